"""Functions of `tensorflow.python.framework.test_util` about graphs and layouts.

Source: TensorFlow 1.15, python/framework/test_util.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.ops.array_shapes import reshape
from tensormill.ops.transposition import transpose

__all__ = [
    "NCHWToNHWC",
    "NCHW_VECT_CToNHWC",
    "NHWCToNCHW",
    "NHWCToNCHW_VECT_C",
    "assert_meta_graph_protos_equal",
    "assert_ops_in_graph",
    "get_node_def_from_graph",
    "set_producer_version",
]

_VECTOR = 4


def assert_ops_in_graph(expected_ops: Mapping[str, str], graph: Any) -> dict[str, Any]:
    """Return the nodes of a graph by name.

    Args:
      expected_ops: name -> op type.
      graph: the graph.

    Raises:
      ValueError: a node is missing, or is of another type.
    """
    nodes = {node.name: node for node in graph.as_graph_def().node}
    found = {}
    for name, op_type in expected_ops.items():
        if name not in nodes:
            raise ValueError(
                f"Not all expected ops are present. Expected {list(expected_ops)}, "
                f"found {list(nodes)}"
            )
        if nodes[name].op != op_type:
            raise ValueError(
                f"Expected op for node {name} is different. {op_type} vs {nodes[name].op}"
            )
        found[name] = nodes[name]
    return found


def get_node_def_from_graph(node_name: str, graph_def: Any) -> Any:
    """Return a node of a GraphDef, None where there is none of that name."""
    return next((node for node in graph_def.node if node.name == node_name), None)


def assert_meta_graph_protos_equal(tester: Any, a: Any, b: Any) -> None:
    """Fail unless two MetaGraphDefs are equal, each collection compared by itself."""
    tester.assertEqual(set(a.collection_def), set(b.collection_def))
    for key, first in a.collection_def.items():
        second = b.collection_def[key]
        kind = first.WhichOneof("kind")
        tester.assertEqual(kind, second.WhichOneof("kind"))
        tester.assertEqual(list(getattr(first, kind).value), list(getattr(second, kind).value))
    copies = []
    for each in (a, b):
        copy = type(each)()
        copy.CopyFrom(each)
        copy.ClearField("collection_def")
        copies.append(copy)
    tester.assertProtoEquals(*copies)


def _on_shape_or_tensor(
    on_shape: Callable[[list[Any]], list[Any]],
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    def decorator(on_tensor: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @wraps(on_tensor)
        def converted(input_tensor: Any) -> Any:
            if isinstance(input_tensor, (list, tuple)):
                return on_shape(list(input_tensor))
            return on_tensor(input_tensor)

        return converted

    return decorator


def _to_first(shape: list[Any]) -> list[Any]:
    return [shape[0], shape[-1], *shape[1:-1]]


def _to_last(shape: list[Any]) -> list[Any]:
    return [shape[0], *shape[2:], shape[1]]


@_on_shape_or_tensor(_to_first)
def NHWCToNCHW(input_tensor: Any) -> Any:
    """Return images, or their shape, with the channels in front of rows and columns."""
    return transpose(input_tensor, _to_first(list(range(input_tensor.shape.ndims))))


@_on_shape_or_tensor(_to_last)
def NCHWToNHWC(input_tensor: Any) -> Any:
    """Return images, or their shape, with the channels at the end."""
    return transpose(input_tensor, _to_last(list(range(input_tensor.shape.ndims))))


def _divided(size: int) -> int:
    if size % _VECTOR:
        raise ValueError(
            "last dimension of input must be evenly divisible by 4 to convert to NCHW_VECT_C."
        )
    return size // _VECTOR


def NHWCToNCHW_VECT_C(input_shape_or_tensor: Any) -> Any:
    """Return images, or their shape, with channels in groups of four: [batch, groups, …, 4]."""
    is_tensor = not isinstance(input_shape_or_tensor, (list, tuple))
    old = input_shape_or_tensor.shape.as_list() if is_tensor else list(input_shape_or_tensor)
    split = [*old[:-1], _divided(old[-1]), _VECTOR]
    order = [0, len(old) - 1, *range(1, len(old) - 1), len(old)]
    if is_tensor:
        return transpose(reshape(input_shape_or_tensor, split), order)
    return [split[axis] for axis in order]


def NCHW_VECT_CToNHWC(input_shape_or_tensor: Any) -> Any:
    """Return images, or their shape, with the groups of channels together at the end."""
    is_tensor = not isinstance(input_shape_or_tensor, (list, tuple))
    old = input_shape_or_tensor.shape.as_list() if is_tensor else list(input_shape_or_tensor)
    order = [0, *range(2, len(old) - 1), 1, len(old) - 1]
    sizes = [old[axis] for axis in order]
    merged = [*sizes[:-2], sizes[-2] * sizes[-1]]
    if is_tensor:
        return reshape(transpose(input_shape_or_tensor, order), merged)
    return merged


def set_producer_version(graph: Graph, producer_version: int) -> None:
    """Let a graph without nodes say that it was made by another version."""
    message = GraphDef()
    message.versions.producer = producer_version
    with graph.as_default():
        import_graph_def(message)
