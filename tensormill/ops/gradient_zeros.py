"""Which tensors can have gradients, and the zeros that stand for a gradient that is missing.

Source: TensorFlow 1.15, python/ops/control_flow_state.py, python/ops/default_gradient.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import identity_op

__all__ = ["is_trainable", "zeros_for_output", "zeros_like"]

_TRAINABLE = frozenset(
    [
        dtypes.float16,
        dtypes.bfloat16,
        dtypes.float32,
        dtypes.float64,
        dtypes.complex64,
        dtypes.complex128,
        dtypes.resource,
        dtypes.variant,
    ]
)
_SWITCHES = ("Switch", "RefSwitch")


def is_trainable(dtype: DType) -> bool:
    """Return whether values of a dtype can change by a little, and so have gradients."""
    return dtype.base_dtype in _TRAINABLE


def zeros_like(tensor: Tensor) -> Tensor:
    """Return zeros in the shape and dtype of a tensor, or of the variable behind a resource."""
    if tensor.dtype == dtypes.resource:
        return _zeros(OP_DEFS["VariableShape"].builder(tensor), handle_dtype(tensor))
    return OP_DEFS["ZerosLike"].builder(tensor, name="zeros_like")


def zeros_for_output(op: Operation, index: int) -> Tensor | None:
    """Return the zeros that stand for the missing gradient of an output of `op`.

    For an output of a Switch of `tf.cond` they are computed on the other branch only. None stands
    for the zeros of a resource that is not known to be a variable.
    """
    output = op.outputs[index]
    if output.dtype == dtypes.resource and output._handle_data is None:
        return None
    context = op._control_flow_context
    if op.type not in _SWITCHES or context is None:
        return zeros_like(output)
    switched = OP_DEFS["Switch"].builder(op.input_tensors[0], context.pred)[1 - context.branch]
    pivot = identity_op(switched)
    is_resource = output.dtype == dtypes.resource
    shape_of = OP_DEFS["VariableShape" if is_resource else "Shape"].builder
    with get_default_graph().control_dependencies([pivot]):
        dtype = handle_dtype(output) if is_resource else output.dtype.base_dtype
        return _zeros(shape_of(switched), dtype)


def handle_dtype(handle: Tensor) -> Any:
    """Return the dtype of the variable behind a resource handle.

    Raises:
      ValueError: it is not known.
    """
    if handle._handle_data is None:
        raise ValueError(
            "Internal error: Tried to take gradients (or similar) of a variable without handle "
            f"data:\n{handle}"
        )
    return handle._handle_data[0]


def _zeros(shape: Tensor, dtype: DType) -> Tensor:
    graph = get_default_graph()
    with graph.name_scope("zeros") as scope:
        zero = constant(0, dtype, name="Const")
        return OP_DEFS["Fill"].builder(shape, zero, name=scope)
