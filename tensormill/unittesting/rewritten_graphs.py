"""The graph that is left of a graph of a test once it is rewritten.

Source: TensorFlow 1.15, python/kernel_tests/signal/test_util.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorboard.compat.proto.config_pb2 import ConfigProto

from tensormill.graph.graph import Graph
from tensormill.tensorflow_modules.graph_optimizer import OptimizeGraph
from tensormill.train.meta_graph import export_meta_graph

__all__ = ["grappler_optimize"]


def grappler_optimize(
    graph: Graph, fetches: Iterable[Any] | None = None, config_proto: Any = None
) -> Any:
    """Return the GraphDef of a graph, rewritten as for a run.

    Args:
      graph: the graph.
      fetches: the tensors it is run for; they are added to its collection `train_op`, which says so
        where they are left out.
      config_proto: a ConfigProto, which says what may be rewritten.
    """
    for fetch in fetches or ():
        graph.add_to_collection("train_op", fetch)
    meta_graph = export_meta_graph(graph_def=graph.as_graph_def(), graph=graph)
    return OptimizeGraph(ConfigProto() if config_proto is None else config_proto, meta_graph)
