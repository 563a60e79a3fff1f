"""A NoOp that joins what other tasks do is taken out where fewer signals then travel."""

from __future__ import annotations

from typing import Any

import tensormill as tf
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.passes.joins import bypass_joins
from tensormill.runtime.passes.prune import prune
from tensormill.runtime.rendezvous_keys import task_of

A, B, C = (f"/job:{job}/replica:0/task:0/device:CPU:0" for job in "abc")


def pruned(fetches: list[Any], targets: list[Any]) -> NodeGraph:
    operations = tf.get_default_graph().get_operations()
    return prune([], fetches, targets, {op: op.device or A for op in operations})


def bypassed(fetches: list[Any], targets: list[Any]) -> NodeGraph:
    graph = pruned(fetches, targets)
    bypass_joins(graph, lambda node: task_of(node.device))
    return graph


def names(nodes: list[Any]) -> list[str]:
    return sorted(node.name for node in nodes)


def made_on(device: str, name: str, *after: Any) -> Any:
    with tf.device(device), tf.control_dependencies(list(after)):
        return tf.timestamp(name=name).op


def test_who_waits_for_a_join_elsewhere_waits_for_its_sources() -> None:
    first, second = made_on(A, "first"), made_on(B, "second")
    with tf.device(C), tf.control_dependencies([first, second]):
        join = tf.no_op("join")
    last = made_on(A, "last", join)
    graph = bypassed([last.outputs[0]], [])
    assert "join" not in names(graph.nodes)
    (found,) = [node for node in graph.nodes if node.name == "last"]
    assert names(found.controls) == ["first", "second"]


def test_a_join_beside_its_sources_stays_so_that_one_signal_travels() -> None:
    sources = [made_on(A, f"source{i}") for i in range(3)]
    with tf.device(A), tf.control_dependencies(sources):
        join = tf.no_op("join")
    last = made_on(B, "last", join)
    graph = bypassed([last.outputs[0]], [])
    assert "join" in names(graph.nodes)


def test_a_join_that_many_tasks_wait_for_stays_where_it_saves_signals() -> None:
    sources = [made_on(A, "first"), made_on(A, "second"), made_on(A, "third")]
    with tf.device(C), tf.control_dependencies(sources):
        join = tf.no_op("join")
    lasts = [made_on(device, f"last{i}", join) for i, device in enumerate((A, B))]
    kept = bypassed([last.outputs[0] for last in lasts], [])
    assert "join" not in names(kept.nodes)  # 3 + 2 signals become 3
    many = [made_on(device, f"more{i}", join) for i, device in enumerate((B, B, C))]
    with tf.device("/job:d/replica:0/task:0/device:CPU:0"), tf.control_dependencies([join]):
        other = tf.timestamp()
    kept = bypassed([*(last.outputs[0] for last in many), other], [])
    assert "join" in names(kept.nodes)  # 3 + 2 signals would become 9


def test_a_target_that_is_a_join_is_given_up_for_its_sources() -> None:
    first, second = made_on(A, "first"), made_on(B, "second")
    with tf.device(C), tf.control_dependencies([first, second]):
        join = tf.no_op("join")
    graph = bypassed([], [join])
    assert names(graph.targets) == names(graph.nodes)
    assert "join" not in names(graph.nodes)
    assert len(graph.targets) == 2


def test_a_join_of_joins_is_seen_through() -> None:
    first, second = made_on(A, "first"), made_on(B, "second")
    with tf.device(C):
        with tf.control_dependencies([first, second]):
            inner = tf.no_op("inner")
        with tf.control_dependencies([inner]):
            outer = tf.no_op("outer")
    last = made_on(A, "last", outer)
    graph = bypassed([last.outputs[0]], [])
    assert not [node for node in graph.nodes if node.op_type == "NoOp"]


def test_what_starts_nothing_and_waits_for_nothing_is_left_alone() -> None:
    with tf.device(C):
        alone = tf.no_op("alone")
    last = made_on(A, "last", alone)
    before = names(pruned([last.outputs[0]], []).nodes)
    assert names(bypassed([last.outputs[0]], []).nodes) == before
