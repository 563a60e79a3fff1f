"""Simplify: fold constants, merge equal nodes, drop identities.

Never across state, randomness or devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph.control_primitives import MERGES, PRIMITIVES
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor_value import TensorValue
from tensormill.runtime.node import Edge, Node, NodeGraph

__all__ = ["Evaluator", "simplify"]

Evaluator = Callable[[Node], list[np.ndarray[Any, Any]] | None]
"""Computes a node whose inputs are all constants.

None where it cannot, or the result would be too large.
"""

_MAX_HASHED_BYTES = 4096
_PASS_THROUGH = frozenset(["Identity", "StopGradient", "Snapshot"])
_CONTROL_FLOW = PRIMITIVES | {"ControlTrigger"}
_WANTED_FOR_ERRORS = frozenset(["CheckNumerics", "EnsureShape"])
_NEVER_MERGED = _CONTROL_FLOW | {"Placeholder", "PlaceholderV2", "NoOp", "PyFuncStateless", "_Arg"}


def simplify(graph: NodeGraph, evaluate: Evaluator) -> NodeGraph:
    """Return a graph with the same results that does less.

    The nodes of `graph` are used up: their inputs are rewritten in place.

    Args:
      graph: what `prune` returned; every node placed.
      evaluate: computes nodes of constant inputs.
    """
    return _Simplification(graph, evaluate).run()


class _Simplification:
    """The state of one pass over the nodes, producers first."""

    def __init__(self, graph: NodeGraph, evaluate: Evaluator) -> None:
        self._graph = graph
        self._evaluate = evaluate
        self._edges: dict[Edge, Edge] = {}
        self._nodes: dict[Node, Node] = {}
        self._known: dict[Any, Node] = {}
        self._kept: list[Node] = []
        self._mergeable_ops: dict[str, bool] = {}

    def run(self) -> NodeGraph:
        for node in self._graph.nodes:
            self._visit(node)
        for node in self._kept:
            if node.op_type in MERGES:  # back edges point forward in the order
                node.inputs = [self._edges.get(edge, edge) for edge in node.inputs]
        fetches = [self._edges.get(edge, edge) for edge in self._graph.fetches]
        targets = [self._nodes.get(node, node) for node in self._graph.targets]
        graph = NodeGraph(self._kept, self._graph.feeds, fetches, targets)
        self._release_idle_nodes(graph)
        return _without_unused(graph)

    def _release_idle_nodes(self, graph: NodeGraph) -> None:
        """Let nobody wait for nodes that only compute what nothing reads.

        Who waited for it waits for what it would have waited for. A gated gradient, for one, asks
        for the gradients of all inputs of an operation, those of the data too.
        A node that reads a Switch stays: it says on which side who waits for it runs.
        """
        idle = self._idle_nodes(graph)
        replaced: dict[Node, list[Node]] = {}
        for node in graph.nodes:
            if node.controls:
                expanded = (
                    c for control in node.controls for c in replaced.get(control, (control,))
                )
                node.controls = list(dict.fromkeys(expanded))
            if node in idle:
                sources = (s for source, _ in node.inputs for s in replaced.get(source, (source,)))
                replaced[node] = list(dict.fromkeys([*node.controls, *sources]))

    def _idle_nodes(self, graph: NodeGraph) -> set[Node]:
        """Return the nodes that compute what no other node reads, or only nodes of this kind."""
        read = {node for node, _ in graph.fetches}
        read.update(graph.targets)
        idle: set[Node] = set()
        for node in reversed(graph.nodes):
            if (
                node not in read
                and node.op_type not in _WANTED_FOR_ERRORS
                and self._is_mergeable(node)
                and not any(source.op_type in _CONTROL_FLOW for source, _ in node.inputs)
            ):
                idle.add(node)
            else:
                read.update(source for source, _ in node.inputs)
        return idle

    def _visit(self, node: Node) -> None:
        edges = self._edges
        if edges:
            node.inputs = [edges.get(edge, edge) for edge in node.inputs]
        if node.controls:
            node.controls = self._live_controls(node)
        if not self._is_mergeable(node):
            self._kept.append(node)
            return
        if node.op_type in _PASS_THROUGH and not node.controls and self._passes_through(node):
            edges[(node, 0)] = node.inputs[0]
            self._nodes[node] = node.inputs[0][0]
            return
        if node.inputs and all(source.op_type == "Const" for source, _ in node.inputs):
            self._fold(node)
            return
        self._merge(node)

    def _live_controls(self, node: Node) -> list[Node]:
        """Return the control inputs without constants and repetitions.

        Constants are there before anything runs.
        """
        sources = {source for source, _ in node.inputs}
        controls = dict.fromkeys(self._nodes.get(c, c) for c in node.controls)
        return [
            c
            for c in controls
            if (c.op_type != "Const" or c.controls)
            and (c not in sources or c.op_type in _CONTROL_FLOW)
        ]

    def _is_mergeable(self, node: Node) -> bool:
        known = self._mergeable_ops.get(node.op_type)
        if known is None:
            known = self._mergeable_ops[node.op_type] = not (
                node.op_def.is_stateful
                or node.op_type in _NEVER_MERGED
                or any(arg.is_ref for arg in node.op_def.inputs)
            )
        if not known:
            return False
        for source, index in node.inputs:
            dtype = source.output_dtypes[index]
            if dtype._is_ref_dtype or dtype.name in ("resource", "variant"):
                return False
        return True

    @staticmethod
    def _passes_through(node: Node) -> bool:
        source = node.inputs[0][0]
        return source.device == node.device and source.op_type not in _CONTROL_FLOW

    def _fold(self, node: Node) -> None:
        """Compute a node of constant inputs now; where that fails the step will report it."""
        values = self._evaluate(node)
        if values is None:
            self._merge(node)
            return
        controls = dict.fromkeys(node.controls)
        for source, _ in node.inputs:
            controls.update(dict.fromkeys(source.controls))
        for index, (value, dtype) in enumerate(zip(values, node.output_dtypes, strict=True)):
            folded = Node(
                node.name if len(values) == 1 else f"{node.name}/folded_{index}",
                OP_DEFS["Const"],
                {"value": TensorValue(value, dtype), "dtype": dtype},
                [],
                list(controls),
                node.device,
                [dtype],
                [value.shape],
                node.operation,
            )
            self._edges[(node, index)] = (self._merge(folded), 0)
        self._nodes[node] = self._edges[(node, 0)][0]

    def _merge(self, node: Node) -> Node:
        """Keep the node, or replace it by an equal one that is there already.

        Return which stands for it.
        """
        key = _merge_key(node)
        known = self._known.get(key) if key is not None else None
        if known is None:
            if key is not None:
                self._known[key] = node
            self._kept.append(node)
            return node
        self._nodes[node] = known
        for index in range(len(node.output_dtypes)):
            self._edges[(node, index)] = (known, index)
        return known


def _merge_key(node: Node) -> Any:
    if node.op_type == "Const":
        value = node.attrs["value"]
        array = value.array
        if array.nbytes > _MAX_HASHED_BYTES:
            return None
        content = tuple(array.ravel().tolist()) if array.dtype == object else array.tobytes()
        return ("Const", value.dtype, array.shape, content, node.device, frozenset(node.controls))
    attrs = node.attrs
    if "_class" in attrs:
        attrs = {name: value for name, value in attrs.items() if name != "_class"}
    try:
        values = frozenset(attrs.items())
    except TypeError:
        return None
    return (node.op_type, node.device, tuple(node.inputs), frozenset(node.controls), values)


def _without_unused(graph: NodeGraph) -> NodeGraph:
    used = set(graph.targets)
    used.update(node for node, _ in graph.fetches)
    pending = list(used)
    while pending:
        node = pending.pop()
        for source, _ in node.inputs:
            if source not in used:
                used.add(source)
                pending.append(source)
        for source in node.controls:
            if source not in used:
                used.add(source)
                pending.append(source)
    used.update(graph.feeds)
    graph.nodes = [node for node in graph.nodes if node in used]
    return graph
