"""GraphDefs for inference: without what only training needs, batch normalisation in the filters.

Source: TensorFlow 1.15, python/tools/optimize_for_inference_lib.py and strip_unused_lib.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tensormill.graph import tf_logging
from tensormill.graph.graph_def_surgery import extract_sub_graph, remove_training_nodes
from tensormill.graph.tensor_protos import make_ndarray, make_tensor_proto

__all__ = [
    "ensure_graph_is_valid",
    "fold_batch_norms",
    "node_from_map",
    "node_name_from_input",
    "optimize_for_inference",
    "strip_unused",
    "values_from_const",
]

# Where each op has its inputs, and what its epsilon is called.
_INPUTS = {
    "BatchNormWithGlobalNormalization": ("conv", "mean", "var", "beta", "gamma"),
    "FusedBatchNorm": ("conv", "gamma", "beta", "mean", "var"),
    "FusedBatchNormV3": ("conv", "gamma", "beta", "mean", "var"),
}
_EPSILONS = {
    "BatchNormWithGlobalNormalization": "variance_epsilon",
    "FusedBatchNorm": "epsilon",
    "FusedBatchNormV3": "epsilon",
}


def node_name_from_input(node_name: str) -> str:
    """Return the name of the node that an input is of."""
    return node_name.removeprefix("^").partition(":")[0]


def node_from_map(node_map: dict[str, Any], name: str) -> Any:
    """Return the node that an input is of.

    Args:
      node_map: name -> node.
      name: the input.

    Raises:
      ValueError: there is none.
    """
    found = node_map.get(node_name_from_input(name))
    if found is None:
        raise ValueError(f"No node named '{name}' found in map.")
    return found


def values_from_const(node_def: Any) -> Any:
    """Return the value of a constant.

    Args:
      node_def: its node.

    Raises:
      ValueError: it is no constant.
    """
    if node_def.op != "Const":
        raise ValueError(
            f"Node named '{node_def.name}' should be a Const op for values_from_const."
        )
    return make_ndarray(node_def.attr["value"].tensor)


def ensure_graph_is_valid(graph_def: Any) -> None:
    """Check that names are there once, and all inputs.

    Raises:
      ValueError: they are not.
    """
    names = _by_name(graph_def)
    for node in graph_def.node:
        for each in node.input:
            if node_name_from_input(each) not in names:
                raise ValueError("Input for ", node.name, " not found: ", each)


def _by_name(graph_def: Any) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for node in graph_def.node:
        if node.name in names:
            raise ValueError("Duplicate node names detected for ", node.name)
        names[node.name] = node
    return names


def strip_unused(
    input_graph_def: Any,
    input_node_names: Sequence[str],
    output_node_names: Sequence[str],
    placeholder_type_enum: Any,
) -> Any:
    """Return the part of a graph between some nodes, with placeholders for the first of them.

    Args:
      input_graph_def: the graph.
      input_node_names: the nodes that are fed.
      output_node_names: the nodes that are fetched.
      placeholder_type_enum: the dtype of the placeholders, or a list of dtypes.

    Raises:
      ValueError: a name is that of a tensor.
      KeyError: a node that is fed is not there.
    """
    for name in input_node_names:
        if ":" in name:
            raise ValueError(f"Name '{name}' appears to refer to a Tensor, not a Operation.")
    missing = set(input_node_names) - {node.name for node in input_graph_def.node}
    if missing:
        raise KeyError(f"The following input nodes were not found: {missing}")
    kinds = placeholder_type_enum
    if not isinstance(kinds, list):
        kinds = [kinds] * len(input_node_names)
    replaced = GraphDef()
    if input_graph_def.HasField("library"):
        replaced.library.CopyFrom(input_graph_def.library)
    for node in input_graph_def.node:
        if node.name not in input_node_names:
            replaced.node.add().CopyFrom(node)
            continue
        placeholder = replaced.node.add(op="Placeholder", name=node.name)
        placeholder.attr["dtype"].type = kinds[list(input_node_names).index(node.name)]
        for attr in ("_output_shapes", "shape"):
            if attr in node.attr:
                placeholder.attr[attr].CopyFrom(node.attr[attr])
    return extract_sub_graph(replaced, output_node_names)


def optimize_for_inference(
    input_graph_def: Any,
    input_node_names: Sequence[str],
    output_node_names: Sequence[str],
    placeholder_type_enum: Any,
    toco_compatible: bool = False,
) -> Any:
    """Return a graph for inference that gives the same values.

    Args:
      input_graph_def: the graph, with constants for its variables.
      input_node_names: the nodes that are fed.
      output_node_names: the nodes that are fetched.
      placeholder_type_enum: the dtype of the nodes that are fed, or a list of dtypes.
      toco_compatible: makes no difference: resizing stays a node of its own in any case.

    Raises:
      ValueError: a graph has a name twice, or lacks an input.
    """
    ensure_graph_is_valid(input_graph_def)
    made = strip_unused(input_graph_def, input_node_names, output_node_names, placeholder_type_enum)
    made = fold_batch_norms(remove_training_nodes(made, output_node_names))
    ensure_graph_is_valid(made)
    return made


def fold_batch_norms(input_graph_def: Any) -> Any:
    """Return a graph whose convolutions do what batch normalisation behind them did.

    Args:
      input_graph_def: the graph, with constants for its variables.

    Raises:
      ValueError: it has a name twice.
    """
    names = _by_name(input_graph_def)
    gone: set[str] = set()
    added: list[Any] = []
    for node in input_graph_def.node:
        if node.op not in _INPUTS or node.attr["is_training"].b:
            continue
        found = _parts(node, names)
        if found is not None:
            gone.update((node.name, *(part.name for part in found.values())))
            added += _folded(node, found)
    result = GraphDef()
    if input_graph_def.HasField("library"):
        result.library.CopyFrom(input_graph_def.library)
    result.node.extend(node for node in input_graph_def.node if node.name not in gone)
    result.node.extend(added)
    return result


def _parts(node: Any, names: dict[str, Any]) -> dict[str, Any] | None:
    """Return the convolution before a node and its constants, None where it has others."""
    parts = {
        part: node_from_map(names, name)
        for part, name in zip(_INPUTS[node.op], node.input, strict=False)
    }
    convolution = parts["conv"]
    if convolution.op not in ("Conv2D", "DepthwiseConv2dNative"):
        tf_logging.warning(
            "Didn't find expected Conv2D or DepthwiseConv2dNative input to '%s'", node.name
        )
        return None
    parts["weights"] = node_from_map(names, convolution.input[1])
    channels = None
    for part, each in parts.items():
        if part == "conv":
            continue
        if each.op != "Const":
            tf_logging.warning(
                "Didn't find expected %s Constant input to '%s', found %s instead. Maybe because "
                "freeze_graph wasn't run first?",
                part,
                node.name,
                each.op,
            )
            return None
        if part != "weights":
            size = values_from_const(each).shape
            channels = size if channels is None else channels
            if size != channels:
                tf_logging.warning(
                    "Incorrect shape for %s, found %s, expected %s, for node %s",
                    part,
                    size,
                    channels,
                    node.name,
                )
                return None
    return parts


def _folded(node: Any, parts: dict[str, Any]) -> list[Any]:
    """Return the nodes that stand for a convolution and the normalisation behind it."""
    value = {part: values_from_const(each) for part, each in parts.items() if part != "conv"}
    scale = 1.0 / np.sqrt(value["var"] + node.attr[_EPSILONS[node.op]].f)
    has_gain = node.op != "BatchNormWithGlobalNormalization"
    if has_gain or node.attr["scale_after_normalization"].b:
        scale = scale * value["gamma"]
    weights, convolution = value["weights"], parts["conv"]
    if convolution.op == "DepthwiseConv2dNative":
        factors = scale.reshape(weights.shape[2:])
    else:
        factors = scale
    offset_name = f"{convolution.name}_bn_offset"
    bias = NodeDef(op="BiasAdd", name=node.name, input=[convolution.name, offset_name])
    for attr in ("T", "data_format"):
        bias.attr[attr].CopyFrom(convolution.attr[attr])
    return [
        _constant(parts["weights"], parts["weights"].name, weights * factors),
        convolution,
        _constant(parts["mean"], offset_name, value["beta"] - value["mean"] * scale),
        bias,
    ]


def _constant(like: Any, name: str, value: Any) -> Any:
    made = NodeDef(op="Const", name=name)
    made.attr["dtype"].CopyFrom(like.attr["dtype"])
    kind = values_from_const(like).dtype
    made.attr["value"].tensor.CopyFrom(make_tensor_proto(value.astype(kind)))
    return made
