"""The views by name scope and by data flow: trees of nodes, with sums over what is below.

Source: TensorFlow 1.15, core/profiler/internal/tfprof_scope.cc, tfprof_graph.cc,
tfprof_node_show.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.profiler.nodes import FIGURES, ProfiledGraph, ProfiledNode, shape_message
from tensormill.profiler.selection import ROOT, Selection, matches
from tensormill.proto.tfprof_output_pb2 import GraphNodeProto

__all__ = ["NodeLine", "graph_roots", "node_message", "scope_roots", "select_graph", "select_scope"]

TOTALS = (*FIGURES, "definition_count")


class NodeLine:
    """A node, or a scope, in a report.

    Attributes:
      node: what it tells of.
      children: all that is below it.
      shown: what is shown below it.
      is_counted: whether its own figures count.
      own: its figures.
      totals: the sums of its figures and of what is below it.
      depth: how far its line is indented.
    """

    def __init__(self, node: ProfiledNode) -> None:
        self.node = node
        self.name = node.name
        self.children: list[NodeLine] = []
        self.shown: list[NodeLine] = []
        self.is_counted = False
        self.own = dict.fromkeys(FIGURES, 0)
        self.totals = dict.fromkeys(TOTALS, 0)
        self.depth = 0

    @property
    def occurrence(self) -> int:
        """How often it ran, with all below it."""
        return self.totals["run_count"]

    def reset(self) -> None:
        """Let the totals be its own figures."""
        self.totals = {**self.own, "definition_count": 1}

    def add(self, other: NodeLine) -> None:
        """Add the totals of another line."""
        for name in TOTALS:
            self.totals[name] += other.totals[name]


def scope_roots(graph: ProfiledGraph) -> list[NodeLine]:
    """Return nodes and scopes without a scope above them, in the order of their names."""
    lines = {name: NodeLine(graph.nodes[name]) for name in graph.nodes}
    for name in list(lines):
        parent = name.rpartition("/")[0]
        while parent:
            if parent not in lines:
                lines[parent] = NodeLine(ProfiledNode(parent, "_TFScopeParent"))
            parent = parent.rpartition("/")[0]
    roots: list[NodeLine] = []
    for name in sorted(lines):
        parent = name.rpartition("/")[0]
        (lines[parent].children if parent else roots).append(lines[name])
    return roots


def graph_roots(graph: ProfiledGraph) -> list[NodeLine]:
    """Return the nodes that no other reads, with their inputs as children."""
    lines = {name: NodeLine(graph.nodes[name]) for name in sorted(graph.nodes)}
    read = set()
    for line in lines.values():
        for _, (source, _output) in sorted(line.node.inputs.items()):
            read.add(source)
            if source in lines:
                line.children.append(lines[source])
    return [line for name, line in lines.items() if name not in read]


def select_scope(roots: Sequence[NodeLine], selection: Selection) -> NodeLine:
    """Return the root of the report by name scope."""
    return _select(_account(roots, selection, None, passes_on=False), selection, None)


def select_graph(roots: Sequence[NodeLine], selection: Selection) -> NodeLine:
    """Return the root of the report by data flow; a node is shown once."""
    counted = _account(roots, selection, set(), passes_on=True)
    return _select(counted, selection, set())


def _account(
    lines: Sequence[NodeLine], selection: Selection, visited: set[str] | None, passes_on: bool
) -> list[NodeLine]:
    """Compute the totals from below, and return the lines that count.

    Args:
      lines: where to begin.
      selection: what counts.
      visited: the nodes that had their turn; None for a tree.
      passes_on: what does not count gives way to what is below it.
    """
    counted: list[NodeLine] = []
    for line in lines:
        if visited is not None:
            if line.name in visited:
                continue
            visited.add(line.name)
        below = _account(line.children, selection, visited, passes_on)
        line.own = line.node.figures(selection.numbers["step"])
        line.is_counted = selection.counts(line.node.types)
        line.totals = dict.fromkeys(TOTALS, 0)
        if line.is_counted or (below and not passes_on):
            line.reset()
            line.shown = below
            for each in below:
                line.add(each)
            counted.append(line)
        elif passes_on:
            counted.extend(below)
    return counted


def _select(counted: list[NodeLine], selection: Selection, visited: set[str] | None) -> NodeLine:
    root = NodeLine(ProfiledNode(ROOT, "_TFScopeParent"))
    for line in counted:
        root.add(line)
    if not selection.starts_anywhere():
        counted = _starts(counted, selection.start, None if visited is None else set())
    root.shown = counted
    return _shown_lines([root], selection, 1, 0, visited)[0]


def _starts(
    lines: Sequence[NodeLine], patterns: list[str], visited: set[str] | None
) -> list[NodeLine]:
    found: list[NodeLine] = []
    for line in lines:
        if visited is not None:
            if line.name in visited:
                continue
            visited.add(line.name)
        if matches(line.name, patterns):
            found.append(line)
        else:
            found.extend(_starts(line.shown, patterns, visited))
    return found


def _shown_lines(
    lines: Sequence[NodeLine],
    selection: Selection,
    depth: int,
    indent: int,
    visited: set[str] | None,
) -> list[NodeLine]:
    found: list[NodeLine] = []
    for line in lines:
        if visited is not None:
            if line.name in visited:
                continue
            visited.add(line.name)
        own = {**line.own, "occurrence": line.own["run_count"]}
        is_shown = selection.shows(line, depth, own)
        below: list[NodeLine] = []
        if not selection.trims(line.name) and depth <= selection.numbers["max_depth"]:
            inner = indent + 2 if is_shown else indent
            below = _shown_lines(line.shown, selection, depth + 1, inner, visited)
        if not is_shown:
            found.extend(below)
            continue
        line.shown = selection.sorted(below)
        line.depth = indent
        if selection.is_displayed_only:
            line.reset()
            for each in line.shown:
                line.add(each)
        found.append(line)
    return found


def node_message(line: NodeLine, graph: ProfiledGraph) -> Any:
    """Return the message of a line, with all that is shown below it."""
    figures: dict[str, Any] = {
        **line.own,
        **{f"total_{name}": value for name, value in line.totals.items()},
    }
    devices = [line.node.device] if line.node.device else []
    message = GraphNodeProto(name=line.name, devices=devices, **figures)
    for index, sizes in graph.input_shapes(line.node).items():
        message.input_shapes[index].CopyFrom(shape_message(sizes))
    message.children.extend(node_message(each, graph) for each in line.shown)
    return message
