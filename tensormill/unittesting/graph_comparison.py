"""Whether two graph definitions mean the same graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

__all__ = ["assert_equal_graph_def", "assert_equal_graph_def_v2"]

# What savers write as the names of temporary files; random in checkpoints of version 2.
_TEMPORARY = ("_temp_", "part-")


def assert_equal_graph_def(
    actual: GraphDef, expected: GraphDef, checkpoint_v2: bool = False
) -> None:
    """Fail unless two graph definitions have the same nodes, in whatever order.

    Args:
      actual: the graph that was made.
      expected: the graph to hold it against.
      checkpoint_v2: leave out the random names of temporary files in savers.

    Raises:
      AssertionError: they differ; the message names the first difference.
      TypeError: one of them is no `GraphDef`.
    """
    for name, graph_def in (("actual", actual), ("expected", expected)):
        if not isinstance(graph_def, GraphDef):
            raise TypeError(f"Expected tf.GraphDef for {name}, got {type(graph_def).__name__}")
    for difference in _differences(_nodes(actual), _nodes(expected), checkpoint_v2):
        raise AssertionError(difference)


def assert_equal_graph_def_v2(expected: GraphDef, actual: GraphDef) -> None:
    """Fail unless two graph definitions are equal but for the random names of checkpoints."""
    assert_equal_graph_def(actual, expected, checkpoint_v2=True)


def _nodes(graph_def: GraphDef) -> dict[str, NodeDef]:
    return {node.name: node for node in graph_def.node}


def _differences(
    actual: dict[str, NodeDef], expected: dict[str, NodeDef], checkpoint_v2: bool
) -> Iterator[str]:
    for name, node in actual.items():
        if name not in expected:
            yield f"Found unexpected node '{name}' of type {node.op}"
    for name, wanted in expected.items():
        if name not in actual:
            yield f"Did not find expected node '{name}' of type {wanted.op}"
        node = actual[name]
        if node.op != wanted.op:
            yield f"Node named '{name}' has op '{node.op}' that is not expected op '{wanted.op}'"
        if node.device != wanted.device:
            yield (
                f"Node named '{name}' has device '{node.device}' that is not expected device "
                f"'{wanted.device}'"
            )
        if _inputs(node) != _inputs(wanted):
            yield (
                f"Node named '{name}' has inputs {_inputs(node)} that are not expected inputs "
                f"{_inputs(wanted)}"
            )
        yield from _attr_differences(node, wanted, checkpoint_v2)


def _inputs(node: NodeDef) -> list[str]:
    """Return the inputs: data in order, then control inputs sorted."""
    names = [name.removesuffix(":0") for name in node.input]
    data = [name for name in names if not name.startswith("^")]
    return data + sorted(name for name in names if name.startswith("^"))


def _attr_differences(node: NodeDef, wanted: NodeDef, checkpoint_v2: bool) -> Iterator[str]:
    for key in sorted({*node.attr, *wanted.attr}):
        if key.startswith("_output_shapes"):
            continue
        if key not in wanted.attr:
            yield f"Node named '{node.name}' has unexpected attr '{key}'"
        if key not in node.attr:
            yield f"Node named '{node.name}' is missing expected attr '{key}'"
        made, value = node.attr[key], wanted.attr[key]
        if made != value and not (checkpoint_v2 and _is_temporary(made) and _is_temporary(value)):
            yield (
                f"Node named '{node.name}' has for attr '{key}' different value than expected:\n"
                f"{made}instead of\n{value}"
            )


def _is_temporary(value: Any) -> bool:
    return any(
        part in text.decode(errors="replace")
        for text in value.tensor.string_val
        for part in _TEMPORARY
    )
