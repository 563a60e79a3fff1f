"""`tf.train.replica_device_setter`. Devices were recorded from TensorFlow 2.21 (compat.v1)."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill as tf
from tensormill.graph.operation import Operation
from tensormill.ops.state import variable_v2

CLUSTER = {"ps": ["h0:1", "h1:1"], "worker": ["h2:1"]}


def make_variable(name: str | None = None, size: int = 1) -> Operation:
    return variable_v2(shape=(size,), dtype=tf.float32, name=name).op


def make_constant() -> Operation:
    return tf.constant(1.0).op


def in_setter(inner: Any = "", make: Any = make_variable, **options: Any) -> str:
    graph = tf.get_default_graph()
    with graph.device(tf.train.replica_device_setter(**options)), graph.device(inner):
        return make().device


def test_variables_go_round_the_parameter_servers() -> None:
    with tf.get_default_graph().device(tf.train.replica_device_setter(ps_tasks=2)):
        devices = [make_variable().device for _ in range(5)]
    assert devices == [f"/job:ps/task:{task}" for task in (0, 1, 0, 1, 0)]


def test_other_operations_go_to_a_worker() -> None:
    assert in_setter(make=make_constant, ps_tasks=2) == "/job:worker"


@pytest.mark.parametrize("cluster", [CLUSTER, tf.train.ClusterSpec(CLUSTER)])
def test_the_cluster_says_how_many_parameter_servers_there_are(cluster: Any) -> None:
    setter = tf.train.replica_device_setter(cluster=cluster)
    with tf.get_default_graph().device(setter):
        devices = [make_variable().device for _ in range(3)]
    assert devices == [f"/job:ps/task:{task}" for task in (0, 1, 0)]


def test_without_parameter_servers_there_is_no_setter() -> None:
    assert tf.train.replica_device_setter() is None
    assert tf.train.replica_device_setter(cluster={"worker": ["h:1"]}) is None
    assert tf.train.replica_device_setter(cluster={"ps": []}) is None


@pytest.mark.parametrize(
    ("inner", "make", "expected"),
    [
        ("/cpu:0", make_variable, "/job:ps/task:0/device:CPU:0"),
        ("/job:ps/task:1", make_variable, "/job:ps/task:1"),
        ("/job:worker", make_variable, "/job:worker"),
        ("/job:worker/task:2", make_constant, "/job:worker/task:2/device:CPU:0"),
        ("/gpu:1", make_constant, "/job:worker/task:1/device:GPU:1"),
    ],
)
def test_inner_blocks_win(inner: str, make: Any, expected: str) -> None:
    worker = "/job:worker/task:1/cpu:0"
    assert in_setter(inner, make, ps_tasks=2, worker_device=worker) == expected


def test_a_variable_that_an_inner_block_pins_takes_its_turn_all_the_same() -> None:
    graph = tf.get_default_graph()
    with graph.device(tf.train.replica_device_setter(ps_tasks=3)):
        first = make_variable()
        with graph.device("/task:2"):
            pinned = make_variable()
        third = make_variable()
    assert [op.device[-1] for op in (first, pinned, third)] == ["0", "2", "2"]


def test_the_jobs_may_have_other_names_or_none() -> None:
    assert in_setter(ps_tasks=1, ps_device="/job:params/cpu:0") == (
        "/job:params/task:0/device:CPU:0"
    )
    assert in_setter(ps_tasks=1, ps_device="/gpu:0") == "/device:GPU:0"
    assert in_setter(ps_tasks=1, ps_device="") == "/job:worker"
    assert in_setter(make=make_constant, ps_tasks=1, worker_device="") == ""


def test_other_op_types_may_hold_parameters() -> None:
    options: Any = {"ps_tasks": 1, "ps_ops": ["Const"]}
    assert in_setter(make=make_constant, **options) == "/job:ps/task:0"
    assert in_setter(**options) == "/job:worker"


def test_without_merging_a_pinned_operation_is_left_alone() -> None:
    with pytest.warns(DeprecationWarning, match="merge_devices"):
        assert in_setter("/gpu:0", ps_tasks=1, merge_devices=False) == "/device:GPU:0"


def test_a_strategy_that_cannot_be_called_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="ps_strategy must be callable"):
        tf.train.replica_device_setter(ps_tasks=1, ps_strategy=1)  # type: ignore[arg-type]


def test_what_is_no_cluster_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="`cluster` must be a dictionary"):
        tf.train.replica_device_setter(cluster=["h:1"])


def test_the_greedy_strategy_balances_bytes() -> None:
    training = tf.contrib.training
    strategy = training.GreedyLoadBalancingStrategy(2, training.byte_size_load_fn)
    setter = tf.train.replica_device_setter(ps_tasks=2, ps_strategy=strategy)
    with tf.get_default_graph().device(setter):
        devices = [make_variable(size=size).device for size in (100, 10, 20, 30, 100)]
    assert [name[-1] for name in devices] == ["0", "1", "1", "1", "1"]


def test_the_random_strategy_depends_on_the_name_alone() -> None:
    strategy = tf.contrib.training.RandomStrategy(8, seed=1)
    ops = [make_variable(f"v{i}") for i in range(20)]
    tasks = [strategy(op) for op in ops]
    assert tasks == [strategy(op) for op in ops]
    assert len(set(tasks)) > 3
    assert set(tasks) <= set(range(8))


def test_the_byte_size_needs_one_output_of_known_shape() -> None:
    load = tf.contrib.training.byte_size_load_fn
    assert load(make_variable(size=25)) == 100
    with pytest.raises(ValueError, match="must have a single output"):
        load(tf.no_op())
    with pytest.raises(ValueError, match="is not fully defined"):
        load(tf.placeholder(tf.float32, [None]).op)
