"""Tensors made of one or two values: zeros, ones, fill, one_hot."""

from __future__ import annotations

import math
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape, shape_internal

_MAX_CONSTANT_ELEMENTS = 1000

fill_op = define(
    "Fill",
    inputs=("dims: index_type", "value: T"),
    outputs=("output: T",),
    attrs=("T: type", "index_type: {int32, int64} = DT_INT32"),
)


@fill_op.shape
def fill_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    if dims is not None and len(dims) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    value_dims = ctx.op.input_tensors[1].dims
    if value_dims:
        raise ValueError(f"Shape must be rank 0 but is rank {len(value_dims)}")
    sizes = ctx.value(0)
    if sizes is not None:
        for size_of in sizes.tolist():
            if size_of < 0:
                raise ValueError("Fill dimensions must be >= 0")
    return [ctx.value_as_shape(0)]


@fill_op.gradient
def fill_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    axes = OP_DEFS["Range"].builder(0, rank(grad), 1, name="range")
    return [None, OP_DEFS["Sum"].builder(grad, axes, name="Sum")]


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """Return a tensor of shape `dims` in which every element is `value`, a scalar."""
    filled = fill_op(dims, value, name=name)
    return filled


zeros_like_op = define(
    "ZerosLike", inputs=("x: T",), outputs=("y: T",), attrs=("T: type",), differentiable=False
)
ones_like_op = define(
    "OnesLike",
    inputs=("x: T",),
    outputs=("y: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64, int8, uint8, int16, uint16, int32, uint32, "
        "int64, uint64, complex64, complex128, bool}",
    ),
    differentiable=False,
)


@zeros_like_op.shape
@ones_like_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


def _neutral(dtype: dtypes.DType, number: int) -> Any:
    if dtype is dtypes.bool:
        return bool(number)
    if dtype is dtypes.string:
        return ""
    return number


def _filled(number: int, shape: Any, dtype: Any, scope: str) -> Tensor:
    """Return zeros or ones called `scope`: a constant where the shape is static and small."""
    dtype = dtypes.as_dtype(dtype).base_dtype
    value = _neutral(dtype, number)
    if not isinstance(shape, Tensor):
        sizes = _static_sizes(shape)
        if sizes is not None:
            if math.prod(sizes) < _MAX_CONSTANT_ELEMENTS:
                return constant(value, dtype, sizes, name=scope)
            shape = convert_to_tensor(TensorShape(sizes))
        else:
            shape = convert_to_tensor(shape, dtypes.int32)
    if not shape.dims:
        shape = reshape(shape, [-1])
    return fill_op(shape, constant(value, dtype), name=scope)


def _static_sizes(shape: Any) -> tuple[int, ...] | None:
    try:
        dims = as_dims(shape)
    except (TypeError, ValueError):
        return None
    return None if dims is None or None in dims else dims  # type: ignore[return-value]


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Return a tensor of zeros (False, "").

    Args:
      shape: a static shape, or an integer vector.
      dtype: the dtype.
      name: the name of the node.
    """
    with OpScope(name, "zeros", (shape,)) as scope:
        return _filled(0, shape, dtype, scope)


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Return a tensor of ones (True).

    Args:
      shape: a static shape, or an integer vector.
      dtype: the dtype.
      name: the name of the node.
    """
    with OpScope(name, "ones", (shape,)) as scope:
        return _filled(1, shape, dtype, scope)


def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Return zeros in the shape of `tensor`.

    Args:
      tensor: a tensor.
      dtype: the dtype; that of `tensor` by default.
      name: the name of the node.
      optimize: make a constant where the shape is static.
    """
    with OpScope(name, "zeros_like", (tensor,)) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        given = tensor.dtype.base_dtype
        wanted = given if dtype is None else dtypes.as_dtype(dtype)
        dims = tensor.dims
        if optimize and dims is not None and None not in dims and given is not dtypes.variant:
            return zeros(dims, wanted, name=scope)
        if wanted is not given and wanted is not dtypes.variant:
            return zeros(shape_internal(tensor, optimize=optimize), wanted, name=scope)
        return zeros_like_op(tensor, name=scope)


def zeros_like_v2(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return zeros in the shape of `input`."""
    return zeros_like(input, dtype, name)


def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Return ones in the shape of `tensor`.

    Args:
      tensor: a tensor.
      dtype: the dtype; that of `tensor` by default.
      name: the name of the node.
      optimize: make a constant where the shape is static.
    """
    with OpScope(name, "ones_like", (tensor,)) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        ones_shape = shape_internal(tensor, optimize=optimize)
        made = ones(ones_shape, tensor.dtype if dtype is None else dtype, name=scope)
        made.set_shape(tensor.dims)
        return made


def ones_like_v2(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return ones in the shape of `input`."""
    return ones_like(input, dtype, name)


one_hot_op = define(
    "OneHot",
    inputs=("indices: TI", "depth: int32", "on_value: T", "off_value: T"),
    outputs=("output: T",),
    attrs=("axis: int = -1", "T: type", "TI: {uint8, int8, int32, int64} = DT_INT64"),
    differentiable=False,
)


@one_hot_op.shape
def one_hot_shape(ctx: ShapeContext) -> list[Dims]:
    axis = ctx.attrs["axis"]
    if axis < -1:
        raise ValueError("axis must be >= -1")
    indices = ctx.op.input_tensors[0].dims
    depth_size = ctx.size(1)
    if indices is None:
        return [None]
    at = len(indices) if axis == -1 else axis
    if at > len(indices):
        raise ValueError(f"Shape must be at least rank {at} but is rank {len(indices)}")
    return [(*indices[:at], depth_size, *indices[at:])]


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return a tensor that has `on_value` at the places that `indices` name, `off_value` elsewhere.

    Args:
      indices: integers of any shape.
      depth: the size of the new dimension.
      on_value: 1 by default.
      off_value: 0 by default.
      axis: where the new dimension stands; the last by default.
      dtype: the dtype of the result; that of the values, or float32.
      name: the name of the node.

    Raises:
      TypeError: the dtypes of the values and `dtype` differ.
    """
    with OpScope(name, "one_hot", (indices, depth, on_value, off_value)) as scope:
        on_dtype = off_dtype = None
        if on_value is not None:
            on_value = convert_to_tensor(on_value, dtype_hint=dtype)
            on_dtype = on_value.dtype.base_dtype
        if off_value is not None:
            off_value = convert_to_tensor(off_value, dtype_hint=dtype)
            off_dtype = off_value.dtype.base_dtype
        if on_dtype is not None or off_dtype is not None:
            if dtype is not None:
                wanted = dtypes.as_dtype(dtype)
                for given, what in ((on_dtype, "on_value"), (off_dtype, "off_value")):
                    if given is not None and given is not wanted:
                        raise TypeError(
                            f"dtype {given} of {what} does not match dtype parameter {wanted}"
                        )
            else:
                dtype = on_dtype if on_dtype is not None else off_dtype
        else:
            dtype = dtypes.float32 if dtype is None else dtypes.as_dtype(dtype)
        if on_value is None:
            on_value = convert_to_tensor(1, dtype, name="on_value")
            on_dtype = dtype
        if off_value is None:
            off_value = convert_to_tensor(0, dtype, name="off_value")
            off_dtype = dtype
        if on_dtype is not off_dtype:
            raise TypeError(
                f"dtype {on_dtype} of on_value does not match dtype {off_dtype} of off_value"
            )
        return one_hot_op(
            indices, depth, on_value, off_value, axis=-1 if axis is None else axis, name=scope
        )
