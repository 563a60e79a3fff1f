"""The views by op type and by line of code: groups of nodes.

Source: TensorFlow 1.15, core/profiler/internal/tfprof_op.cc, tfprof_code.cc.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from tensormill.profiler.nodes import FIGURES, ProfiledGraph, ProfiledNode
from tensormill.profiler.selection import ROOT, Selection, matches
from tensormill.profiler.trees import NodeLine, node_message
from tensormill.proto.tfprof_output_pb2 import MultiGraphNodeProto

__all__ = ["GroupLine", "code_roots", "group_message", "op_groups", "select_code", "select_ops"]

_GRADIENT = " (gradient)"
_GRADIENT_NODE = re.compile(r".*?gradients/(?P<forward>.+?)_grad/.*")


class GroupLine:
    """An op type, or a line of code, with its nodes.

    Attributes:
      name: the op type or the line.
      nodes: all its nodes, by name.
      counted: those that count.
      children: the lines that it calls.
      shown: what is shown below it.
      is_counted: whether one of its nodes counts.
      own: the sums over its nodes.
      totals: with what is below it; in the view by op type, with all that comes after it.
      depth: how far its line is indented.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: dict[str, ProfiledNode] = {}
        self.counted: list[ProfiledNode] = []
        self.children: dict[str, GroupLine] = {}
        self.shown: list[GroupLine] = []
        self.is_counted = False
        self.own = dict.fromkeys(FIGURES, 0)
        self.totals = dict.fromkeys(FIGURES, 0)
        self.depth = 0

    @property
    def occurrence(self) -> int:
        """How many nodes it has."""
        return len(self.counted)

    def count(self, selection: Selection) -> None:
        """Sum up the nodes that count."""
        self.counted = [
            node for _, node in sorted(self.nodes.items()) if selection.counts(node.types)
        ]
        self.is_counted = bool(self.counted)
        self.own = dict.fromkeys(FIGURES, 0)
        for node in self.counted:
            for name, value in node.figures(selection.numbers["step"]).items():
                self.own[name] += value
        self.reset()

    def reset(self) -> None:
        """Let the totals be its own figures."""
        self.totals = dict(self.own)

    def add(self, other: GroupLine) -> None:
        """Add the totals of another line."""
        for name in FIGURES:
            self.totals[name] += other.totals[name]


def op_groups(graph: ProfiledGraph) -> list[GroupLine]:
    """Return a group for each op type, in the order of their names."""
    groups: dict[str, GroupLine] = {}
    for node in graph.nodes.values():
        groups.setdefault(node.op, GroupLine(node.op)).nodes[node.name] = node
    return [groups[name] for name in sorted(groups)]


def select_ops(groups: Sequence[GroupLine], selection: Selection) -> GroupLine:
    """Return the root of the report by op type: each line's totals hold all lines after it."""
    for group in groups:
        group.count(selection)
    counted = [group for group in selection.sorted(groups) if group.is_counted]
    root = GroupLine(ROOT)
    _add_up(root, counted)
    shown = []
    for depth, group in enumerate(counted[_first(counted, selection) :]):
        if selection.trims(group.name) or depth > selection.numbers["max_depth"]:
            break
        own = {**group.totals, "occurrence": group.occurrence}
        if selection.shows(group, depth, own):
            shown.append(group)
    if selection.is_displayed_only:
        for group in shown:
            group.reset()
        _add_up(root, shown)
    root.shown = shown
    return root


def _add_up(root: GroupLine, groups: Sequence[GroupLine]) -> None:
    following: GroupLine | None = None
    for group in reversed(groups):
        if following is not None:
            group.add(following)
        following = group
    root.totals = dict(following.totals) if following is not None else dict.fromkeys(FIGURES, 0)


def _first(groups: Sequence[GroupLine], selection: Selection) -> int:
    if not selection.start or selection.starts_anywhere():
        return 0
    for index, group in enumerate(groups):
        if matches(group.name, selection.start):
            return index
    return len(groups)


def code_roots(graph: ProfiledGraph) -> GroupLine:
    """Return the root of all lines of code; gradients are below the lines that made the op."""
    root = GroupLine(ROOT)
    gradients: list[tuple[str, ProfiledNode]] = []
    forward: dict[str, ProfiledNode] = {}
    for name in sorted(graph.nodes):
        node = graph.nodes[name]
        if not node.code.traces:
            continue
        found = _GRADIENT_NODE.fullmatch(name)
        if found is not None:
            gradients.append((found["forward"], node))
        else:
            forward[name] = node
            _leaf(root, node, graph, "").nodes[name] = node
    lost = set()
    for name, node in gradients:
        if name in forward:
            _leaf(root, forward[name], graph, _GRADIENT).nodes[node.name] = node
        else:
            lost.add(name)
    if lost:
        sys.stderr.write(f"{len(lost)} gradient nodes not accounted\n")
    return root


def _leaf(root: GroupLine, node: ProfiledNode, graph: ProfiledGraph, suffix: str) -> GroupLine:
    """Return the line that made a node; those that called it are made on the way."""
    line = root
    for trace in node.code.traces:
        file = os.path.basename(graph.strings.get(trace.file_id, ""))
        function = graph.strings.get(trace.function_id, "")
        short = function if len(function) < 20 else f"{function[:17]}..."
        name = f"{file}:{trace.lineno}:{short}{suffix}"
        line = line.children.setdefault(name, GroupLine(name))
    return line


def select_code(root: GroupLine, selection: Selection) -> GroupLine:
    """Return the root of the report by line of code."""
    top = GroupLine(ROOT)
    counted = _account(root.children.values(), selection)
    for line in counted:
        top.add(line)
    if not selection.starts_anywhere():
        counted = _starts(counted, selection.start)
    top.shown = counted
    return _shown_lines([top], selection, 1, 0)[0]


def _account(lines: Any, selection: Selection) -> list[GroupLine]:
    counted = []
    for line in lines:
        below = _account(line.children.values(), selection)
        line.count(selection)
        if line.is_counted or below:
            line.shown = below
            for each in below:
                line.add(each)
            counted.append(line)
    return counted


def _starts(lines: Sequence[GroupLine], patterns: list[str]) -> list[GroupLine]:
    found: list[GroupLine] = []
    for line in lines:
        found.extend([line] if matches(line.name, patterns) else _starts(line.shown, patterns))
    return found


def _shown_lines(
    lines: Sequence[GroupLine], selection: Selection, depth: int, indent: int
) -> list[GroupLine]:
    found: list[GroupLine] = []
    for line in lines:
        if selection.trims(line.name) or depth > selection.numbers["max_depth"]:
            continue
        own = {**line.totals, "occurrence": selection.numbers["min_occurrence"]}
        is_shown = selection.shows(line, depth, own)
        inner = indent + 2 if is_shown else indent
        below = _shown_lines(line.shown, selection, depth + 1, inner)
        if is_shown:
            line.shown = selection.sorted(below)
            line.depth = indent
            found.append(line)
        else:
            found.extend(below)
    return found


_MESSAGE_FIGURES = tuple(name for name in FIGURES if name != "run_count")


def group_message(line: GroupLine, graph: ProfiledGraph, selection: Selection, chains: bool) -> Any:
    """Return the message of a line, with all that is shown below it.

    Args:
      line: the line.
      graph: where the nodes are.
      selection: which step's figures the nodes have.
      chains: each line is below the one before it, as in the view by op type.
    """
    figures: dict[str, Any] = {
        **{name: line.own[name] for name in _MESSAGE_FIGURES},
        **{f"total_{name}": line.totals[name] for name in _MESSAGE_FIGURES},
    }
    message = MultiGraphNodeProto(name=line.name, **figures)
    for node in line.counted:
        each = NodeLine(node)
        each.own = node.figures(selection.numbers["step"])
        each.reset()
        message.graph_nodes.append(node_message(each, graph))
    if chains:
        last = message
        for group in line.shown:
            last.children.append(group_message(group, graph, selection, False))
            last = last.children[0]
    else:
        message.children.extend(group_message(each, graph, selection, False) for each in line.shown)
    return message
