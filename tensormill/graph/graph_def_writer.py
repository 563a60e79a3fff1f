"""A graph to a GraphDef message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto import graph_pb2, versions_pb2

from tensormill.graph.node_def_codec import to_node_def
from tensormill.graph.tensor_codec import shape_to_proto

if TYPE_CHECKING:
    from tensormill.graph.graph import Graph

GRAPH_DEF_VERSIONS = versions_pb2.VersionDef(producer=134)
"""The versions of TensorFlow's GraphDef that we write: what TensorFlow 1.15 reads."""


def write_graph_def(
    graph: Graph,
    from_version: int | None = None,
    add_shapes: bool = False,
    to_version: int | None = None,
) -> Any:
    """Return the GraphDef of a graph: nodes in the order of their creation.

    Args:
      graph: the graph.
      from_version: only nodes added after this version; None for all.
      add_shapes: write the static shapes into the attribute `_output_shapes`.
      to_version: only nodes added up to this version; None for all.
    """
    message = graph_pb2.GraphDef(versions=graph._versions)
    with graph._lock:  # who adds nodes waits: all that a node names is written
        for op in graph._operations:
            if from_version is not None and op._id <= from_version:
                continue
            if to_version is not None and op._id > to_version:
                break
            node = to_node_def(op, sort_controls=True)
            if add_shapes and op.outputs:
                node.attr["_output_shapes"].list.shape.extend(
                    shape_to_proto(t.dims) for t in op.outputs
                )
            message.node.append(node)
    if graph.functions:
        graph.functions.write_to(message.library)
    return message
