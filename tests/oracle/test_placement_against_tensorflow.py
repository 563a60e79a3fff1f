"""One program on both sides: which devices are asked for and given, and what errors say."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

import tensormill as tf
from tensormill.testing.oracle import Oracle

pytestmark = pytest.mark.oracle

DEVICES_ASKED_FOR = {
    "scopes": """
        def gpu(op): return "/gpu:1"
        def job(op): return "/job:q/cpu:0"
        def nothing(op): return ""
        def merged(op):
            spec = tf.DeviceSpec.from_string("/job:m/task:3")
            return spec.make_merged_spec(tf.DeviceSpec.from_string(op.device)).to_string()
        result = []
        for scopes in (
            ["/job:ps/task:0", "/cpu:1"],
            ["/job:ps/task:0", "/job:worker"],
            ["/job:ps/task:0/cpu:0", "/gpu:1"],
            ["/gpu:0", None, "/job:a"],
            ["/job:a", ""],
            ["/cpu:0", gpu],
            [job, "/gpu:1"],
            [gpu, job],
            ["/cpu:0", nothing],
            ["/cpu:0", merged, "/task:4"],
            [tf.DeviceSpec(job="ps", device_type="GPU", device_index=1), "/task:2"],
        ):
            with contextlib.ExitStack() as stack:
                for scope in scopes:
                    stack.enter_context(tf.device(scope))
                result.append(tf.no_op().device)
    """,
    "setter": """
        result = []
        for options in (
            {"ps_tasks": 2},
            {"ps_tasks": 2, "worker_device": "/job:worker/task:1/cpu:0"},
            {"ps_tasks": 1, "ps_device": "/gpu:0"},
            {"ps_tasks": 1, "ps_device": "/job:params/cpu:0", "worker_device": ""},
            {"cluster": {"ps": ["a:1", "b:1"], "worker": ["c:1"]}},
            {"cluster": {"worker": ["c:1"]}},
        ):
            for inner in ("", "/gpu:1", "/job:ps/task:1", "/job:worker/task:2", "/task:3"):
                with tf.device(tf.train.replica_device_setter(**options)):
                    for _ in range(2):
                        with tf.device(inner):
                            v = tf.Variable(1.0)
                            c = tf.constant(1.0)
                        result.append((v.op.device, v.initializer.device, c.device))
    """,
}

PLACEMENTS = {
    "generators": """
        c, d, e = (tf.constant(1.0, name=name) for name in "cde")
        with tf.device("/cpu:1"):
            tf.identity(c, name="x"), tf.identity(d, name="y")
        with tf.device("/cpu:2"):
            tf.identity(d, name="z")
            with tf.control_dependencies([e.op]):
                tf.no_op(name="n")
    """,
    "metadata": """
        with tf.device("/cpu:1"):
            p = tf.placeholder_with_default(tf.constant([1.0]), [None], name="p")
        tf.shape(p, name="s"), tf.size(p, name="z"), tf.identity(p, name="i")
    """,
    "group": """
        with tf.device("/cpu:1"):
            a = tf.constant(1.0, name="a")
        with tf.colocate_with(a.op):
            b = tf.constant(2.0, name="b")
        c = a + b
    """,
}

FAILURES = {
    "no such cpu": "with tf.device('/cpu:7'): tf.constant(1.0, name='a')",
    "no gpu": "with tf.device('/gpu:0'): tf.constant(1.0, name='a')",
    "no such job": "with tf.device('/job:w/task:1'): tf.constant(1.0, name='a')",
    "conflict": """
        with tf.device("/cpu:1"): a = tf.constant(1.0, name="a")
        with tf.colocate_with(a.op):
            b = tf.constant(2.0, name="b")
        b.op._set_device("/cpu:2")
    """,
}

RUN = """
    import collections
    config = tf.ConfigProto(device_count={"CPU": 3}, allow_soft_placement=soft)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    session = tf.Session(config=config)
    operations = tf.get_default_graph().get_operations()
"""
SEE = """
    metadata = tf.RunMetadata()
    session.run(operations, None, tf.RunOptions(output_partition_graphs=True), metadata)
    names = {op.name for op in operations}
    result = {}
    for graph in metadata.partition_graphs:
        for node in graph.node:
            if node.name in names: result[node.name] = node.device
"""
CATCH = """
    try:
        session.run(operations)
        result = None
    except tf.errors.OpError as error:
        result = (type(error).__name__, error.message)
"""


def run_here(source: str, **inputs: Any) -> Any:
    names: dict[str, Any] = {"tf": tf, **inputs}
    exec(compile(source, "<program>", "exec"), names)
    return names["result"]


def program(*parts: str) -> str:
    return "import contextlib\n" + "\n".join(textwrap.dedent(part) for part in parts)


@pytest.mark.parametrize("case", DEVICES_ASKED_FOR)
def test_operations_ask_for_the_same_devices(oracle: Oracle, case: str) -> None:
    source = program(DEVICES_ASKED_FOR[case])
    assert run_here(source) == oracle.run(source)


@pytest.mark.parametrize("case", PLACEMENTS)
def test_operations_go_to_the_same_devices(oracle: Oracle, case: str) -> None:
    theirs = oracle.run(program(PLACEMENTS[case], RUN, SEE), soft=False)
    run_here(program(PLACEMENTS[case], "result = None"))
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 3, "GPU": 0})) as session:
        table = tf.placement(session)
    ours = {row.operation: row.device for row in table}
    assert {name: ours[name] for name in theirs} == theirs


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("case", FAILURES)
def test_failures_have_the_same_class_and_text(
    oracle: Oracle, case: str, soft: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENSORMILL_EMULATED_GPUS", raising=False)
    source = program(FAILURES[case], RUN, CATCH)
    theirs = oracle.run(source, soft=soft)
    ours = run_here(source, soft=soft)
    if theirs is None:
        assert ours is None
    else:
        assert ours[0] == theirs[0]
        assert bare_text(ours[1]) == bare_text(theirs[1])


def bare_text(message: str) -> str:
    """Return a message without where the operation was made, which TensorFlow 2 puts before it."""
    start = max(message.rfind("Cannot "), 0)
    return message[start:].partition("\n\t [[")[0]
