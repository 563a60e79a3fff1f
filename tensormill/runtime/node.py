"""`Node`: an operation as the passes see it, apart from the user's graph, which stays as it is."""

from __future__ import annotations

from typing import Any

from tensormill.graph.dtypes import DType
from tensormill.graph.function_library import FunctionLibrary
from tensormill.graph.op_def import OpDef
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dims

__all__ = ["Edge", "Node", "NodeGraph"]

Edge = tuple["Node", int]
"""An output of a node: the node and the index of the output."""


class Node:
    """A node of the graph that one step runs.

    Attributes:
      name: the name of the operation, or a generated one.
      op_def: the definition of the op type.
      op_type: the op type.
      attrs: the attributes; not to be changed in place.
      inputs: the data inputs.
      controls: nodes that must run first.
      device: the full name of the assigned device.
      output_dtypes: the dtype of each output.
      output_dims: the static shape of each output.
      operation: the user's operation that the node comes from, for messages; None for generated
        nodes.
    """

    __slots__ = (
        "attrs",
        "controls",
        "device",
        "inputs",
        "name",
        "op_def",
        "op_type",
        "operation",
        "output_dims",
        "output_dtypes",
    )

    def __init__(
        self,
        name: str,
        op_def: OpDef,
        attrs: dict[str, Any],
        inputs: list[Edge],
        controls: list[Node],
        device: str,
        output_dtypes: list[DType],
        output_dims: list[Dims],
        operation: Operation | None = None,
    ) -> None:
        self.name = name
        self.op_def = op_def
        self.op_type = op_def.name
        self.attrs = attrs
        self.inputs = inputs
        self.controls = controls
        self.device = device
        self.output_dtypes = output_dtypes
        self.output_dims = output_dims
        self.operation = operation

    def __repr__(self) -> str:
        return f"<Node {self.name!r} {self.op_type}>"


class NodeGraph:
    """The nodes of a step in topological order, with what is fed and fetched.

    Attributes:
      nodes: every node once, producers before consumers; cycles are closed through NextIteration
        only.
      feeds: the nodes (op type `_Arg`) that stand for the fed tensors, in the order of the feeds.
      fetches: the edges whose values the step returns, in the order of the fetches.
      targets: the nodes that must run, besides what the fetches need.
      functions: the functions that nodes may call, where the graph came with some; else they are
        those of the graphs of the nodes' operations.
    """

    __slots__ = ("feeds", "fetches", "functions", "nodes", "targets")

    def __init__(
        self, nodes: list[Node], feeds: list[Node], fetches: list[Edge], targets: list[Node]
    ) -> None:
        self.nodes = nodes
        self.feeds = feeds
        self.fetches = fetches
        self.targets = targets
        self.functions: FunctionLibrary | None = None

    def library(self) -> FunctionLibrary | None:
        """Return the functions that nodes may call, or None where there are none."""
        if self.functions is not None:
            return self.functions
        for node in self.nodes:
            if node.operation is not None and node.operation.graph.functions:
                return node.operation.graph.functions
        return None
