"""Profiles of graphs and of traced steps; those of graphs are compared with real TensorFlow's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorboard.compat.proto.step_stats_pb2 import NodeExecStats
from tensorboard.compat.proto.tfprof_log_pb2 import OpLogProto, ProfileProto

import tensormill as tf

Builder = tf.profiler.ProfileOptionBuilder

PROGRAM = """
images = tf.placeholder(tf.float32, [4, 8, 8, 3], name="images")
with tf.variable_scope("conv"):
    filters = tf.get_variable("filters", [3, 3, 3, 5], initializer=tf.zeros_initializer())
    convolved = tf.nn.conv2d(images, filters, [1, 2, 2, 1], "SAME")
    hidden = tf.nn.max_pool(tf.nn.relu(convolved), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
with tf.variable_scope("dense"):
    flat = tf.reshape(hidden, [4, 20])
    w = tf.get_variable("w", [20, 7], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [7], initializer=tf.zeros_initializer())
    scores = tf.nn.bias_add(tf.matmul(flat, w), b)
loss = tf.reduce_sum(tf.square(scores) * 2.0)
"""

OPTIONS = {
    "parameters": ("scope", Builder.trainable_variables_parameter()),
    "float operations by scope": ("scope", Builder.float_operation()),
    "float operations by op": ("op", Builder.float_operation()),
    "float operations by data flow": ("graph", Builder.float_operation()),
    "variables by op": (
        "op",
        Builder(Builder.trainable_variables_parameter()).order_by("params").build(),
    ),
    "all nodes below a scope": (
        "scope",
        Builder()
        .select(["params", "input_shapes", "op_types"])
        .with_node_names(start_name_regexes=["dense"], hide_name_regexes=[".*read"])
        .build(),
    ),
    "some types of a trimmed graph": (
        "graph",
        Builder()
        .with_accounted_types(["MatMul", "Conv2D", "VariableV2"])
        .with_node_names(trim_name_regexes=["conv/Conv2D"])
        .build(),
    ),
    "two levels": ("scope", Builder().with_max_depth(2).order_by("params").build()),
}  # fmt: skip


def silent(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "output": "none"}


@pytest.mark.oracle
@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_a_graph_has_the_profile_that_tensorflow_makes(oracle: Any, name: str) -> None:
    cmd, options = OPTIONS[name]
    exec(PROGRAM, {"tf": tf})
    ours = tf.profiler.profile(cmd=cmd, options=silent(options))
    source = (
        PROGRAM + f"\nresult = str(tf.profiler.profile(cmd={cmd!r}, options={silent(options)!r}))"
    )
    theirs = text_format.Parse(oracle.run(source), type(ours)())
    assert text_format.MessageToString(ours) == text_format.MessageToString(theirs)


def test_the_report_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    exec(PROGRAM, {"tf": tf})
    profile = tf.profiler.profile()
    assert profile.total_parameters == 3 * 3 * 3 * 5 + 20 * 7 + 7
    printed = capsys.readouterr().out
    assert "=Options=" in printed
    assert "-account_type_regexes       _trainable_variables\n" in printed
    assert printed.partition("Profile:\n")[2].partition("\n\n")[0].splitlines() == [
        "node name | # parameters",
        "_TFProfRoot (--/282 params)",
        "  conv (--/135 params)",
        "    conv/filters (3x3x3x5, 135/135 params)",
        "  dense (--/147 params)",
        "    dense/b (7, 7/7 params)",
        "    dense/w (20x7, 140/140 params)",
    ]


def test_float_operations_are_summed_up(tmp_path: Path) -> None:
    exec(PROGRAM, {"tf": tf})
    file = tmp_path / "report.txt"
    options = Builder(Builder.float_operation()).with_file_output(str(file)).build()
    profile = tf.profiler.profile(cmd="op", options=options)
    assert profile.total_float_ops == 4 * 4 * 4 * 5 * 27 * 2 + 4 * 4 * 20 + 1120 + 28 * 3 + 27
    assert profile.children[0].name == "Conv2D"
    first = file.read_text().partition("\n")[2].partition("\n")[2].splitlines()[0]
    assert first.split() == ["Conv2D", "17.28k", "float_ops", "(100.00%,", "91.76%)"]


def traced() -> tuple[Any, Any]:
    """Return the sum of a product and the RunMetadata of a step that computed it."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    w = tf.Variable(tf.ones([4, 2]), name="w")
    total = tf.reduce_sum(tf.matmul(tf.tanh(x), w, name="product"), name="total")
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        session.run(total, {x: [[1.0] * 4] * 3}, options=options, run_metadata=metadata)
    return total, metadata


@pytest.mark.usefixtures("no_gpu")
def test_a_step_tells_time_and_memory_of_each_operation() -> None:
    _, metadata = traced()
    profile = tf.profiler.profile(
        run_meta=metadata, cmd="op", options=silent(Builder.time_and_memory(min_bytes=0))
    )
    found = {}
    line = profile
    while line.children:
        line = line.children[0]
        found[line.name] = line
    assert found["MatMul"].output_bytes == 3 * 2 * 4
    assert found["MatMul"].graph_nodes[0].run_count == 1
    assert found["MatMul"].exec_micros >= 1
    assert "cpu:0" in found["MatMul"].graph_nodes[0].devices[0]
    assert profile.total_exec_micros == sum(each.exec_micros for each in found.values())
    # The shape that the graph does not know is that of the step.
    assert found["MatMul"].float_ops == 3 * 2 * 4 * 2


def test_a_step_tells_of_lines_of_code(capsys: pytest.CaptureFixture[str]) -> None:
    _, metadata = traced()
    options = Builder(Builder.time_and_memory(min_bytes=0)).with_stdout_output().build()
    profile = tf.profiler.profile(run_meta=metadata, cmd="code", options=options)
    assert profile.total_exec_micros > 0
    assert "test_profiles.py" in capsys.readouterr().out


def stats(name: str, start: int, micros: int, size: int) -> Any:
    """Return the NodeExecStats of a run of a node."""
    message = NodeExecStats(node_name=name, all_start_micros=start, op_end_rel_micros=micros)
    message.memory.add(allocator_name="cpu", total_bytes=size, peak_bytes=size)
    return message


def metadata_of(device: str, *each: Any) -> Any:
    metadata = tf.RunMetadata()
    metadata.step_stats.dev_stats.add(device=device, node_stats=each)
    return metadata


def test_a_profiler_averages_over_steps_and_selects_one() -> None:
    tf.no_op(name="a")
    profiler = tf.profiler.Profiler()
    device = "/job:localhost/replica:0/task:0/device:CPU:0"
    profiler.add_step(1, metadata_of(device, stats("a", 100, 10, 64)))
    profiler.add_step(
        5,
        metadata_of(device, stats("a", 100, 20, 32), stats("a", 130, 10, 32), stats("x", 9, 5, 0)),
    )
    options = silent(Builder.time_and_memory())
    assert profiler.profile_name_scope(options).children[0].exec_micros == 20
    chosen = profiler.profile_name_scope({**options, "step": 1}).children[0]
    assert (chosen.exec_micros, chosen.requested_bytes, chosen.run_count) == (10, 64, 1)
    chosen = profiler.profile_graph({**options, "step": 5}).children[0]
    assert (chosen.exec_micros, chosen.peak_bytes, chosen.run_count) == (30, 64, 2)
    assert profiler._coverage == 0.5
    saved = ProfileProto.FromString(profiler.serialize_to_string())
    assert list(saved.steps) == [1, 5]
    assert saved.nodes[0].name == "a"
    assert saved.nodes[0].execs[5].run_count == 2


def test_a_step_that_was_not_added_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    profiler = tf.profiler.Profiler()
    given = profiler.profile_operations({**Builder.time_and_memory(), "step": 7})
    assert given == tf.profiler.MultiGraphNodeProto()
    assert "step=7 not found" in capsys.readouterr().err


def test_a_timeline_has_each_run(tmp_path: Path) -> None:
    _, metadata = traced()
    options = Builder(Builder.time_and_memory()).with_timeline_output(str(tmp_path / "line"))
    profiler = tf.profiler.Profiler()
    profiler.add_step(3, metadata)
    profiler.profile_graph(options.with_step(3).build())
    events = json.loads((tmp_path / "line_3").read_text())["traceEvents"]
    assert "product" in {event["args"]["name"] for event in events}


def test_advice_names_the_slowest_operations(capsys: pytest.CaptureFixture[str]) -> None:
    tf.no_op(name="BatchNorm")
    metadata = metadata_of("/device:CPU:0", stats("BatchNorm", 1, 2500, 0))
    advice = tf.profiler.advise(run_meta=metadata)
    assert (
        "top 1 operation type: NoOp, cpu: 2.50ms"
        in (advice.checkers["ExpensiveOperationChecker"].reports[0])
    )
    assert "FusedBatchNorm" in advice.checkers["OperationChecker"].reports[0]
    assert "ExpensiveOperationChecker:" in capsys.readouterr().out


def test_advice_tells_how_busy_a_gpu_was(capsys: pytest.CaptureFixture[str]) -> None:
    tf.no_op(name="a")
    metadata = metadata_of("/device:GPU:0", stats("a", 1000, 100, 0))
    metadata.step_stats.dev_stats.add(
        device="/device:GPU:0/stream:all", node_stats=[stats("a", 1000, 25, 0)]
    )
    advice = tf.profiler.advise(run_meta=metadata, options={"AcceleratorUtilizationChecker": {}})
    assert list(advice.checkers) == ["AcceleratorUtilizationChecker"]
    report = advice.checkers["AcceleratorUtilizationChecker"].reports[0]
    assert report == "device: /device:gpu:0 low utilization: 0.25"
    assert report in capsys.readouterr().out


def test_gradients_are_below_the_line_that_made_the_operation() -> None:
    x = tf.Variable(3.0, name="x")
    tf.gradients(tf.square(x, name="y"), x)
    profile = tf.profiler.profile(
        cmd="code",
        options={**silent(Builder()._options), "show_name_regexes": [r".* \(gradient\)"]},
    )
    assert all(child.name.endswith(" (gradient)") for child in profile.children)
    assert profile.children


def test_the_log_of_a_graph_is_written(tmp_path: Path) -> None:
    exec(PROGRAM, {"tf": tf})
    tf.profiler.write_op_log(tf.get_default_graph(), str(tmp_path), add_trace=False)
    log = OpLogProto.FromString((tmp_path / "tfprof_log").read_bytes())
    entries = {entry.name: entry for entry in log.log_entries}
    assert list(entries["dense/w"].types) == ["_trainable_variables"]
    assert entries["dense/MatMul"].float_ops == 1120


def test_own_types_can_be_counted() -> None:
    tf.get_variable("v", [5])
    tf.get_variable("u", [7])
    log = OpLogProto()
    log.log_entries.add(name="v", types=["mine"], float_ops=3)
    options = {**Builder.trainable_variables_parameter(), "account_type_regexes": ["mine"]}
    profile = tf.profiler.profile(op_log=log, options=silent(options))
    assert profile.total_parameters == 5
    assert profile.children[0].float_ops == 3


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"select": ["speed"]}, "Unknown value 'speed' of option select"),
        ({"order_by": "speed"}, "Unknown value 'speed' of option order_by"),
        ({"output": "file"}, "misses its outfile"),
        ({"output": "paper"}, "Unknown value 'paper' of option output"),
    ],
)
def test_options_that_are_not_known_are_named(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        tf.profiler.profile(options={**Builder.float_operation(), **changed})


def test_an_unknown_view_is_named() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="unknown cmd: speed"):
        tf.profiler.profile(cmd="speed")
