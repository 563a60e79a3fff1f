"""Joins over tasks: a NoOp that only waits for nodes of other tasks makes values travel twice.

What `tf.group` makes, for one, waits on the task of the training op for all parameter servers, one
of which then waits for it. Where fewer signals travel, who waits for such a node waits for its
sources instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tensormill.runtime.node import Node, NodeGraph

__all__ = ["bypass_joins"]


def bypass_joins(graph: NodeGraph, place_of: Callable[[Node], str]) -> None:
    """Take NoOps out of a graph where fewer signals then cross places. Changes it in place.

    A step ends when all its nodes have run, so that a target which is a join can be given up for
    its sources.

    Args:
      graph: the nodes of a step.
      place_of: the place of a node: its device, or its task.
    """
    readers: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        for source in node.controls:
            if source.op_type == "NoOp":
                readers.setdefault(source, []).append(node)
    bypassed: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        node.controls = _expanded(node.controls, bypassed)
        if node.op_type == "NoOp" and node.controls:
            home = place_of(node)
            waiting = readers.get(node, ())
            places = {place_of(reader) for reader in waiting}
            sources = [(source, place_of(source)) for source in node.controls]
            before = sum(place != home for _, place in sources) + len(places - {home})
            after = sum(place != other for _, place in sources for other in places)
            # A join of joins is one join, which may then be given up.
            is_inner = bool(waiting) and all(reader.op_type == "NoOp" for reader in waiting)
            if after < before or (after == before and is_inner):
                bypassed[node] = node.controls
    if bypassed:
        graph.nodes = [node for node in graph.nodes if node not in bypassed]
        graph.targets = _expanded(graph.targets, bypassed)


def _expanded(nodes: Iterable[Node], bypassed: dict[Node, list[Node]]) -> list[Node]:
    return list(dict.fromkeys(n for node in nodes for n in bypassed.get(node, (node,))))
