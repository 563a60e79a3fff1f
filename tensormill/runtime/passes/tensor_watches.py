"""Watch: put a debug op beside each tensor that the options of a step name.

The nodes that read a watched tensor wait for the op, so that it has seen the value before a node
fails or writes over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph import dtypes, errors
from tensormill.graph.control_primitives import MERGES
from tensormill.graph.op_table import OP_DEFS
from tensormill.runtime.node import Edge, Node, NodeGraph

__all__ = ["TensorWatch", "watch", "watches_of"]

_ALL_NODES = "*"
_ALL_OUTPUTS = -1
_DEBUG_OPS = ("DebugIdentity", "DebugNanCount", "DebugNumericSummary")
_VARIABLES = ("Variable", "VariableV2", "TemporaryVariable")
_UNSEEN = ("resource", "variant")


@dataclass(frozen=True)
class TensorWatch:
    """What is to be seen of one tensor, or of all.

    Attributes:
      node: the name of the node, "*" for all.
      output: the output, -1 for all.
      debug_ops: the debug ops, with attributes in brackets, as in
        `DebugNumericSummary(mute_if_healthy=true)`.
      urls: where they write to.
    """

    node: str
    output: int
    debug_ops: tuple[str, ...]
    urls: tuple[str, ...]


def watches_of(options: Any) -> tuple[TensorWatch, ...]:
    """Return the watches that RunOptions ask for."""
    return tuple(
        TensorWatch(each.node_name, each.output_slot, tuple(each.debug_ops), tuple(each.debug_urls))
        for each in options.debug_options.debug_tensor_watch_opts
    )


def watch(graph: NodeGraph, watches: Sequence[TensorWatch]) -> NodeGraph:
    """Return a graph with a debug op beside each watched tensor.

    Tensors without a value that could be shown are passed over, as are variables that the graph
    initializes. The nodes of `graph` are used up.

    Raises:
      InvalidArgumentError: a debug op is not known.
    """
    wanted: dict[tuple[str, int], dict[str, tuple[str, ...]]] = {}
    for each in watches:
        entry = wanted.setdefault((each.node, each.output), {})
        entry.update(dict.fromkeys(each.debug_ops, each.urls))
    assigned = {
        source for node in graph.nodes if node.op_type == "Assign" for source, _ in node.inputs[:1]
    }
    readers: dict[Edge, list[Node]] = {}
    for node in graph.nodes:
        if node.op_type not in MERGES:
            for edge in node.inputs:
                readers.setdefault(edge, []).append(node)
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes.append(node)
        if node in assigned and node.op_type in _VARIABLES:
            continue
        for output, dtype in enumerate(node.output_dtypes):
            if dtype.base_dtype.name in _UNSEEN:
                continue
            for made in _debug_nodes(node, output, wanted):
                nodes.append(made)
                for reader in readers.get((node, output), ()):
                    if reader.device == node.device:
                        reader.controls = [*reader.controls, made]
    targets = [*graph.targets]
    watched = NodeGraph(nodes, graph.feeds, graph.fetches, targets)
    watched.functions = graph.functions
    return watched


def _debug_nodes(
    node: Node, output: int, wanted: dict[tuple[str, int], dict[str, tuple[str, ...]]]
) -> Iterator[Node]:
    found: dict[str, tuple[str, ...]] = {}
    for name in (_ALL_NODES, node.name):
        for slot in (_ALL_OUTPUTS, output):
            found.update(wanted.get((name, slot), {}))
    for number, (text, urls) in enumerate(found.items()):
        yield _debug_node(node, output, text, urls, number)


def _debug_node(node: Node, output: int, text: str, urls: tuple[str, ...], number: int) -> Node:
    op_type, _, settings = text.partition("(")
    if op_type not in _DEBUG_OPS:
        raise errors.InvalidArgumentError(
            None, None, f"Unknown debug op {op_type!r}; there are {', '.join(_DEBUG_OPS)}"
        )
    dtype = node.output_dtypes[output].base_dtype
    op_def = OP_DEFS[op_type]
    attrs: dict[str, Any] = {
        name: attr.default for name, attr in op_def.attrs.items() if attr.has_default
    }
    attrs |= _settings(op_def, settings.removesuffix(")"))
    attrs |= {
        "T": dtype,
        "device_name": node.device.encode(),
        "tensor_name": f"{node.name}:{output}".encode(),
        "debug_urls": [url.encode() for url in urls],
    }
    dims = node.output_dims[output]
    outputs = {
        "DebugIdentity": (dtype, dims),
        "DebugNanCount": (dtypes.int64, (1,)),
        "DebugNumericSummary": (dtypes.float64, None),
    }
    made_dtype, made_dims = outputs[op_type]
    return Node(
        f"__dbg_{node.name}:{output}_{number}_{op_type}",
        op_def,
        attrs,
        [(node, output)],
        [],
        node.device,
        [made_dtype],
        [made_dims],
        node.operation,
    )


def _settings(op_def: Any, text: str) -> dict[str, Any]:
    """Return the attributes in the brackets of a debug op: `a=1;b=true`."""
    found: dict[str, Any] = {}
    for part in filter(None, text.split(";")):
        name, _, value = part.strip().partition("=")
        attr = op_def.attrs.get(name)
        if attr is None:
            raise errors.InvalidArgumentError(
                None, None, f"{op_def.name} has no attribute {name!r}"
            )
        if attr.kind == "bool":
            found[name] = value.lower() in ("true", "1", "t", "yes", "y")
        elif attr.kind == "float":
            found[name] = float(value)
        else:
            found[name] = value.encode()
    return found
