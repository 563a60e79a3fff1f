"""The evaluation of nodes with constant inputs while a plan is made."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch

from tensormill.graph.shapes import Dims
from tensormill.kernels.registry import find_kernel
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor
from tensormill.runtime.node import Node
from tensormill.runtime.plan.node_context import attr_parameters, node_context

__all__ = ["fold_node"]

_MAX_FOLDED_BYTES = 10 << 20
_MAX_GROWN_BYTES = 1 << 18
"""Larger values than this, and than what they come from, are not kept, but made in each step."""
_CPU = torch.device("cpu")


def fold_node(node: Node) -> list[np.ndarray[Any, Any]] | None:
    """Return the outputs of a node whose inputs are Const nodes.

    Returns:
      None where the node has no plain CPU kernel, raises (the step will then report it), or
      gives more than a plan should hold.
    """
    kernel = find_kernel(node.op_type, "CPU", node.attrs)
    if kernel is None or kernel.is_resource or kernel.is_async:
        return None
    if any(not is_number(d) and d.name != "string" for d in node.output_dtypes):
        return None
    if any(_element_count(dims) > _MAX_FOLDED_BYTES for dims in node.output_dims):
        return None
    try:
        if kernel.is_factory:
            function = kernel.function(node_context(node, _CPU, None, ""))
        else:
            names, takes_step = attr_parameters(kernel.function)
            if takes_step:
                return None
            function = partial(kernel.function, **{name: node.attrs[name] for name in names})
        with np.errstate(all="ignore"):
            result = function(*_arguments(node, kernel.host_inputs))
    except Exception:  # noqa: BLE001 - whatever it is, the step runs the node and reports it
        return None
    has_list = any(arg.is_list for arg in node.op_def.outputs)
    values = list(result) if has_list or len(node.output_dtypes) != 1 else [result]
    given = sum(source.attrs["value"].array.nbytes for source, _ in node.inputs)
    arrays = []
    for value, dtype in zip(values, node.output_dtypes, strict=True):
        array = np.asarray(value) if not hasattr(value, "untyped_storage") else to_host(value)
        if array.nbytes > _MAX_FOLDED_BYTES:
            return None
        if array.nbytes > max(_MAX_GROWN_BYTES, given):
            return None
        # A view of an input's memory must not tie the constant to the user's array.
        arrays.append(array.copy() if is_number(dtype) else array)
    return arrays


def _element_count(dims: Dims) -> int:
    return math.prod(size or 0 for size in dims) if dims else 0


def _arguments(node: Node, host_inputs: frozenset[str]) -> list[Any]:
    arguments: list[Any] = []
    at = 0
    for arg in node.op_def.inputs:
        count = arg.count(node.attrs)
        values = []
        for source, index in node.inputs[at : at + count]:
            array = source.attrs["value"].array
            as_host = arg.name in host_inputs or not is_number(source.output_dtypes[index])
            values.append(array if as_host else to_tensor(array))
        at += count
        arguments.append(values if arg.is_list else values[0])
    return arguments
