"""Which tensors of a graph are to be fed."""

from __future__ import annotations

from tensormill.graph.graph import Graph
from tensormill.graph.tensor import Tensor

__all__ = ["get_placeholders"]


def get_placeholders(graph: Graph) -> list[Tensor]:
    """Return the placeholders of a graph.

    Args:
      graph: the graph.

    Raises:
      TypeError: it is none.

    Source: TensorFlow 1.15, contrib/framework/python/framework/graph_util.py.
    """
    if not isinstance(graph, Graph):
        raise TypeError(f"Input graph needs to be a Graph: {graph}")
    return [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]
