"""A graph is cut by task: every node in its place, transfers on the edges that are cut."""

from __future__ import annotations

from collections import Counter
from typing import Any

import tensormill as tf
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.passes.loop_frames import colocate_control_flow
from tensormill.runtime.passes.partition import Partition, partition
from tensormill.runtime.passes.prune import prune
from tensormill.runtime.rendezvous_keys import task_of

A = "/job:a/replica:0/task:0/device:CPU:0"
B = "/job:b/replica:0/task:0/device:CPU:0"
TRANSFERS = ("_Send", "_Recv")


def on(device: str) -> Any:
    return tf.device(device)


def cut(feeds: list[Any], fetches: list[Any]) -> tuple[NodeGraph, dict[str, Partition]]:
    graph = tf.get_default_graph()
    devices = {op: op.device or A for op in graph.get_operations()}
    nodes = prune(feeds, fetches, [], devices)
    colocate_control_flow(nodes)
    parts = partition(nodes, lambda node: task_of(node.device), lambda device: 7)
    return nodes, {task.split("/")[1]: part for task, part in parts.items()}


def types_in(part: Partition) -> Counter[str]:
    return Counter(node.op_type for node in part.graph.nodes)


def test_every_node_is_in_its_place_once() -> None:
    x = tf.placeholder(tf.float32, [])
    with on(A):
        y = tf.square(x)
    with on(B):
        z = tf.negative(y)
    with on(A):
        w = z + y
    nodes, parts = cut([x], [w])
    for task, part in parts.items():
        for node in part.graph.nodes:
            assert f"/{task}/" in node.device
    placed = [
        node.name for p in parts.values() for node in p.graph.nodes if node.op_type not in TRANSFERS
    ]
    assert sorted(placed) == sorted(node.name for node in nodes.nodes)
    assert parts["job:a"].feed_indices == [0]
    assert parts["job:a"].fetch_indices == [0]
    assert parts["job:b"].feed_indices == parts["job:b"].fetch_indices == []


def test_a_value_is_sent_to_a_task_once_and_both_ends_agree() -> None:
    x = tf.placeholder(tf.float32, [])
    with on(A):
        y = tf.square(x)
    with on(B):
        z = tf.negative(y) + tf.exp(y)
    _, parts = cut([x], [z])
    (send,) = [n for n in parts["job:a"].graph.nodes if n.op_type == "_Send"]
    (receive,) = [n for n in parts["job:b"].graph.nodes if n.op_type == "_Recv"]
    names = ("tensor_name", "send_device", "send_device_incarnation", "recv_device")
    assert [send.attrs[n] for n in names] == [receive.attrs[n] for n in names]
    assert send.attrs["send_device_incarnation"] == 7
    assert send in parts["job:a"].graph.targets


def test_constants_and_feeds_do_not_travel() -> None:
    x = tf.placeholder(tf.float32, [])
    c = tf.constant(2.0)
    with on(A):
        y = x * c
    with on(B):
        z = x + c
    _, parts = cut([x], [y, z])
    for part in parts.values():
        assert types_in(part)["Const"] == 1
        assert not any(types_in(part)[op_type] for op_type in TRANSFERS)
        assert part.feed_indices == [0]


def test_a_control_edge_travels_as_an_empty_value() -> None:
    with on(A):
        first = tf.random_uniform([])
    with on(B), tf.control_dependencies([first]):
        second = tf.random_uniform([])
    _, parts = cut([], [second])
    (receive,) = [n for n in parts["job:b"].graph.nodes if n.op_type == "_Recv"]
    waiting = {n.op_type for n in parts["job:b"].graph.nodes if receive in n.controls}
    assert waiting
    (send,) = [n for n in parts["job:a"].graph.nodes if n.op_type == "_Send"]
    source = send.inputs[0][0]
    assert source.attrs["value"].array.shape == (0,)
    assert [control.op_type for control in source.controls]


def test_who_gets_a_value_gets_no_signal_that_it_was_made() -> None:
    with on(A):
        first = tf.timestamp()
    with on(B):
        with tf.control_dependencies([first]):
            second = tf.timestamp()
        third = first + second
    _, parts = cut([], [third])
    (receive,) = [n for n in parts["job:b"].graph.nodes if n.op_type == "_Recv"]
    (send,) = [n for n in parts["job:a"].graph.nodes if n.op_type == "_Send"]
    assert send.inputs[0][0].name == first.op.name
    (waiting,) = [n for n in parts["job:b"].graph.nodes if n.name == second.op.name]
    assert waiting.controls == [receive]


def test_who_waits_for_a_switch_does_not_wait_for_one_of_its_outputs() -> None:
    with on(A):
        switched, _ = tf.raw_ops.Switch(data=tf.timestamp(), pred=tf.timestamp() > 0.0)
    with on(B):
        with tf.control_dependencies([switched.op]):
            second = tf.timestamp()
        third = switched + second
    _, parts = cut([], [third])
    receives = [n for n in parts["job:b"].graph.nodes if n.op_type == "_Recv"]
    assert len(receives) == 2


def test_a_loop_over_tasks_has_a_control_loop_where_its_condition_is_not() -> None:
    def body(i: Any) -> Any:
        with on(B):
            return tf.multiply(i, 2)

    with on(A):
        result = tf.while_loop(lambda i: i < 5, body, [tf.constant(1)])
    _, parts = cut([], [result])
    types = types_in(parts["job:b"])
    assert [types[t] for t in ("Merge", "Switch", "NextIteration")] == [1, 1, 1]
    (merge,) = [n for n in parts["job:b"].graph.nodes if n.op_type == "Merge"]
    receives = [n for n in parts["job:b"].graph.nodes if n.op_type == "_Recv"]
    assert receives
    assert all(merge in receive.controls for receive in receives)


def test_a_loop_on_one_task_gets_no_control_loop() -> None:
    with on(B):
        result = tf.while_loop(lambda i: i < 5, lambda i: i + 1, [tf.constant(0)])
    with on(A):
        total = result + 1
    _, parts = cut([], [total])
    assert not any("_cloop" in n.name for part in parts.values() for n in part.graph.nodes)
