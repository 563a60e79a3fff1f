"""`OpScope`: the name scope of a function that makes nodes, in the graph of its inputs."""

from __future__ import annotations

from typing import Any

from tensormill.graph.graph import Graph, default_graphs
from tensormill.graph.op_builder import graph_of


class OpScope:
    """`with OpScope(name, "zeros", values) as scope:` opens the scope of a function over tensors.

    The nodes of the block are made in the graph of `values` (tensors, or lists of them), under
    `name`, or under the default name where `name` is None. `scope` ends with a slash: as the name
    of a node it means "called like the scope itself". This is what
    `tf.name_scope(name, default_name, values)` does, without its checks.
    """

    __slots__ = ("_graph", "_name", "_old", "_pushed")

    def __init__(self, name: str | None, default_name: str, values: Any = ()) -> None:
        self._graph: Graph = graph_of(values)
        self._name = default_name if name is None else name
        self._pushed: Any = None

    def __enter__(self) -> str:
        graph = self._graph
        if default_graphs.current() is not graph:
            self._pushed = graph.as_default()
            self._pushed.__enter__()
        self._old = graph.name_scope(self._name)
        return self._old.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._old.__exit__(*error)
        if self._pushed is not None:
            self._pushed.__exit__(*error)
