"""Fused operations of TensorFlow's graph optimizer, taken apart again.

A real master optimizes a graph before it cuts it up, so that workers get operations that no user
writes: a product with its bias and activation in one, or a chain of unary operations. Here each of
them becomes the operations that it was made of.

Source: TensorFlow 2.21, core/grappler/optimizers/remapper.cc and arithmetic_optimizer.cc.
"""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto import graph_pb2, node_def_pb2

from tensormill.graph.errors import unimplemented

__all__ = ["with_fused_nodes_apart"]

# The contraction of each fused op type, and the attributes that it takes over.
_CONTRACTIONS = {
    "_FusedMatMul": ("MatMul", ("T", "transpose_a", "transpose_b")),
    "_FusedConv2D": (
        "Conv2D",
        ("T", "strides", "padding", "explicit_paddings", "data_format", "dilations"),
    ),
    "_FusedDepthwiseConv2dNative": (
        "DepthwiseConv2dNative",
        ("T", "strides", "padding", "data_format", "dilations"),
    ),
}
_CHAIN = "_UnaryOpsComposition"
_ACTIVATIONS = frozenset({"Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid"})


def with_fused_nodes_apart(message: Any) -> Any:
    """Return a GraphDef without fused nodes; the same one where it has none.

    Raises:
      UnimplementedError: a node fuses what is not known here.
    """
    if not any(node.op in _CONTRACTIONS or node.op == _CHAIN for node in message.node):
        return message
    made = graph_pb2.GraphDef(versions=message.versions, library=message.library)
    for node in message.node:
        if node.op in _CONTRACTIONS:
            made.node.extend(_contraction_parts(node))
        elif node.op == _CHAIN:
            made.node.extend(_chain_parts(node))
        else:
            made.node.append(node)
    return made


def _contraction_parts(node: Any) -> list[Any]:
    op_type, attrs = _CONTRACTIONS[node.op]
    fused = [name.decode() for name in node.attr["fused_ops"].list.s]
    inputs = [text for text in node.input if not text.startswith("^")]
    controls = [text for text in node.input if text.startswith("^")]
    parts = [_part(node, op_type, [*inputs[:2], *controls], attrs)]
    extra = inputs[2:]
    for name in fused:
        last = parts[-1].name
        if name == "BiasAdd":
            part = _part(node, name, [last, extra[0]], ("T", "data_format"))
        elif name == "FusedBatchNorm":
            part = _part(node, name, [last, *extra[:4]], ("T", "data_format", "epsilon"))
            part.attr["is_training"].b = False
        elif name in _ACTIVATIONS:
            part = _part(node, name, [last], ("T",))
            if name == "LeakyRelu" and "leakyrelu_alpha" in node.attr:
                part.attr["alpha"].f = node.attr["leakyrelu_alpha"].f
        else:
            raise unimplemented(f"Node '{node.name}' ({node.op}) fuses {', '.join(fused)}")
        parts.append(part)
    return _named_in_order(node, parts)


def _chain_parts(node: Any) -> list[Any]:
    inputs = list(node.input)
    parts: list[Any] = []
    for name in node.attr["op_names"].list.s:
        parts.append(_part(node, name.decode(), inputs, ("T",)))
        inputs = [parts[-1].name]
    return _named_in_order(node, parts)


def _part(node: Any, op_type: str, inputs: list[str], attrs: tuple[str, ...]) -> Any:
    part = node_def_pb2.NodeDef(
        name=f"{node.name}/{op_type}", op=op_type, input=inputs, device=node.device
    )
    for name in attrs:
        if name in node.attr:
            part.attr[name].CopyFrom(node.attr[name])
    return part


def _named_in_order(node: Any, parts: list[Any]) -> list[Any]:
    """Number parts of one op type, and give the last one the name that others know."""
    for index, part in enumerate(parts):
        name = node.name if part is parts[-1] else f"{part.name}_{index}"
        if index + 1 < len(parts):
            parts[index + 1].input[0] = name
        part.name = name
    return parts
