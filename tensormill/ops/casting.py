"""Changes of dtype: Cast, Bitcast, `tf.cast`, `tf.saturate_cast` and `tf.to_float`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

cast_op = define(
    "Cast",
    inputs=("x: SrcT",),
    outputs=("y: DstT",),
    attrs=("SrcT: type", "DstT: type", "Truncate: bool = false"),
)


@cast_op.shape
def cast_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


@cast_op.gradient
def cast_grad(op: Operation, grad: Tensor) -> Tensor | None:
    source = op.inputs[0].dtype.base_dtype
    if not (source.is_floating or source.is_complex):
        return None
    if not (grad.dtype.is_floating or grad.dtype.is_complex):
        return None
    return cast(grad, source)


bitcast_op = define(
    "Bitcast",
    inputs=("input: T",),
    outputs=("output: type",),
    attrs=(
        "T: {bfloat16, float16, float32, float64, int64, int32, uint8, uint16, uint32, uint64,"
        " int8, int16, complex64, complex128, qint8, quint8, qint16, quint16, qint32}",
        "type: {bfloat16, float16, float32, float64, int64, int32, uint8, uint16, uint32, uint64,"
        " int8, int16, complex64, complex128, qint8, quint8, qint16, quint16, qint32}",
    ),
    differentiable=False,
)


@bitcast_op.shape
def bitcast_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape(0)
    if dims is None:
        return [None]
    source, target = ctx.attrs["T"].size, ctx.attrs["type"].size
    if source == target:
        return [dims]
    if source > target:
        return [(*dims, source // target)]
    ratio = target // source
    if not dims:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if dims[-1] is not None and dims[-1] != ratio:
        raise ValueError(f"Cannot bitcast due to shape. {dims[-1]} does not match {ratio}")
    return [dims[:-1]]


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """Return the bytes of a tensor as values of another dtype.

    Args:
      input: a tensor, or what can be made one.
      type: the dtype of the result; a wider one eats the last dimension, a narrower one adds one.
      name: the name of the node.
    """
    made: Tensor = bitcast_op(input, type=type, name=name)
    return made


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Return the values of a tensor in another dtype; the tensor itself where it has it already.

    Args:
      x: a tensor, sparse tensor, IndexedSlices, or what can be made a tensor.
      dtype: the dtype of the result.
      name: the name of the node.
    """
    target = as_dtype(dtype).base_dtype
    if type(x) is Tensor and x.dtype is target:
        return x
    with OpScope(name, "Cast", (x,)) as scope:
        if hasattr(x, "dense_shape") and hasattr(x, "indices"):
            return _cast_slices(x, target, scope)
        x = convert_to_tensor(x, name="x")
        if x.dtype.base_dtype is target:
            return x
        return cast_op(x, DstT=target, name=scope)


def _cast_slices(x: Any, target: DType, scope: str) -> Any:
    values = cast(x.values, target, name=scope)
    if hasattr(x, "is_composite") or type(x).__name__ == "SparseTensor":
        return type(x)(x.indices, values, x.dense_shape)
    return type(x)(values, x.indices, x.dense_shape)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Return the values in another dtype, those that it cannot hold as its nearest limit.

    Args:
      value: a tensor, or what can be made one.
      dtype: the dtype of the result.
      name: the name of the node.
    """
    with OpScope(name, "saturate_cast", (value,)) as scope:
        value = convert_to_tensor(value, name="value")
        target = as_dtype(dtype).base_dtype
        source = value.dtype.base_dtype
        low, high = _limits(source, target)
        if source.min < target.min:
            value = OP_DEFS["Maximum"].builder(value, constant(low, source))
        if source.max > target.max:
            value = OP_DEFS["Minimum"].builder(value, constant(high, source))
        return cast(value, target, name=scope)


def _limits(source: DType, target: DType) -> tuple[Any, Any]:
    """Return the limits of `target` as values of `source` that do not leave them."""
    numpy_type: Any = source.as_numpy_dtype
    low, high = numpy_type(target.min), numpy_type(target.max)
    if source.is_floating:
        if float(low) < float(target.min):
            low = np.nextafter(low, numpy_type(0))
        if float(high) > float(target.max):
            high = np.nextafter(high, numpy_type(0))
    return low, high


def _to(dtype: DType, function_name: str, default_name: str) -> Callable[..., Tensor]:
    def function(x: Any, name: str = default_name) -> Any:
        return cast(x, dtype, name=name)

    function.__name__ = function.__qualname__ = function_name
    function.__doc__ = (
        f"Return the values as {dtype.name}.\n\nArgs:\n"
        "  x: a tensor, or what can be made one.\n  name: the name of the node.\n"
    )
    return function


to_float = _to(dtypes.float32, "to_float", "ToFloat")
to_double = _to(dtypes.float64, "to_double", "ToDouble")
to_int32 = _to(dtypes.int32, "to_int32", "ToInt32")
to_int64 = _to(dtypes.int64, "to_int64", "ToInt64")
to_bfloat16 = _to(dtypes.bfloat16, "to_bfloat16", "ToBFloat16")
to_complex64 = _to(dtypes.complex64, "to_complex64", "ToComplex64")
to_complex128 = _to(dtypes.complex128, "to_complex128", "ToComplex128")
