"""Calls of functions: nodes whose op type is a function of the graph's library."""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.graph.function_library import GraphFunction
from tensormill.graph.graph import Graph
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = ["add_function", "call_function"]


def add_function(graph: Graph, function: GraphFunction) -> None:
    """Add a function to a graph, so that nodes of its name can be made there.

    Raises:
      ValueError: there is another function, or an op type, of its name.
    """
    if function.schema.builder is None:
        function.schema.builder = OpBuilder(function.schema)
    graph.functions.add(function)


def call_function(
    graph: Graph, function: GraphFunction, inputs: Sequence[Tensor], name: str | None
) -> Operation:
    """Return a new node that calls a function of the graph."""
    builder: OpBuilder = function.schema.builder
    return builder.create(graph, list(inputs), {}, name)
