"""Kernels of shapes as values, of reshaping and of broadcasting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import are_compatible, format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_types import (
    HANDLE_TYPES,
    NUMBER_TYPES,
    OBJECT_TYPES,
    STRING_TYPES,
    as_handles,
    as_ints,
)


@kernel("Shape", "cpu", "gpu", host_outputs=("output",))
def shape(value: Any, *, out_type: DType) -> Any:
    return np.array(value.shape, out_type.as_numpy_dtype)


@kernel("ShapeN", "cpu", "gpu", host_outputs=("output",))
def shape_n(values: list[Any], *, out_type: DType) -> Any:
    return [np.array(value.shape, out_type.as_numpy_dtype) for value in values]


@kernel("Size", "cpu", "gpu", host_outputs=("output",))
def size(value: Any, *, out_type: DType) -> Any:
    return out_type.as_numpy_dtype(math.prod(value.shape))


@kernel("Rank", "cpu", "gpu", host_outputs=("output",))
def rank(value: Any) -> Any:
    return np.int32(value.ndim)


@kernel_factory("Reshape", "cpu", "gpu", host_inputs=("shape",), aliases=True)
def make_reshape(ctx: KernelContext) -> Any:
    if ctx.input_dtypes[0].name in HANDLE_TYPES:
        return lambda handles, shape: as_handles(reshape(handles, shape))
    constant = ctx.constant("shape")
    if constant is None or constant.ndim != 1 or (constant < -1).any():
        return reshape
    sizes = tuple(as_ints(constant))
    if sizes.count(-1) > 1 or (-1 in sizes and 0 in sizes):
        return reshape

    def reshape_to_constant(tensor: Any, wanted: Any) -> Any:
        try:
            return tensor.reshape(sizes)
        except (RuntimeError, ValueError):
            return reshape(tensor, wanted)

    return reshape_to_constant


def reshape(tensor: Any, shape: Any) -> Any:
    """Reshape a torch tensor or a string array to a shape that is known now only."""
    if shape.ndim != 1:
        raise errors.invalid_argument(
            f"sizes input must be 1-D, not {format_dims(shape.shape, 'kernel')}"
        )
    sizes = as_ints(shape)
    count = math.prod(tensor.shape)
    known = 1
    unknown_at = None
    for axis, wanted in enumerate(sizes):
        if wanted == -1:
            if unknown_at is not None:
                raise errors.invalid_argument(
                    f"Only one input size may be -1, not both {unknown_at} and {axis}"
                )
            unknown_at = axis
        elif wanted < 0:
            raise errors.invalid_argument(f"Size {axis} must be non-negative, not {wanted}")
        else:
            known *= wanted
    if unknown_at is not None:
        sizes[unknown_at] = _missing_size(tensor.shape, sizes)
        known = math.prod(sizes)
    if known != count:
        raise errors.invalid_argument(
            f"Input to reshape is a tensor with {count} values, but the requested shape has {known}"
        )
    return tensor.reshape(sizes)


def _missing_size(given: Any, wanted: list[int]) -> int:
    """Return what a size of -1 stands for; where another one is 0, that of what is not empty."""
    has_zero = 0 in wanted
    count = math.prod(size for size in given if size or not has_zero)
    known = math.prod(size for size in wanted if size > 0)
    missing = count // known
    if known * missing != count and not (has_zero and 0 in given):
        raise errors.invalid_argument(
            f"Input to reshape is a tensor with {math.prod(given)} values, but the requested shape "
            f"requires a multiple of {known}"
        )
    return missing


@kernel("QuantizedReshape", "cpu", host_inputs=("shape",), aliases=True)
def quantized_reshape(tensor: Any, shape: Any, input_min: Any, input_max: Any) -> tuple[Any, ...]:
    return reshape(tensor, shape), input_min, input_max


@kernel_factory("Squeeze", "cpu", "gpu", aliases=True)
def make_squeeze(ctx: KernelContext) -> Any:
    axes = tuple(ctx.attrs["squeeze_dims"])
    is_string = ctx.input_dtypes[0].name == "string"
    is_handle = ctx.input_dtypes[0].name in HANDLE_TYPES

    def squeeze(value: Any) -> Any:
        rank_of = value.ndim
        for axis in axes:
            if not -rank_of <= axis < rank_of:
                raise errors.invalid_argument(
                    f"Tried to squeeze dim index {axis} for tensor with {rank_of} dimensions."
                )
            if value.shape[axis] != 1:
                raise errors.invalid_argument(
                    f"Can not squeeze dim[{axis % rank_of}], expected a dimension of 1, "
                    f"got {value.shape[axis]}"
                )
        if is_handle:
            return as_handles(value.squeeze(axes or None))
        if is_string:
            return value.squeeze(axes or None)
        return value.squeeze(tuple({a % rank_of for a in axes})) if axes else value.squeeze()

    return squeeze


@kernel_factory("ExpandDims", "cpu", "gpu", host_inputs=("dim",), aliases=True)
def make_expand_dims(ctx: KernelContext) -> Any:
    constant = ctx.constant("dim")
    if constant is None or constant.size != 1 or ctx.input_dtypes[0].name in OBJECT_TYPES:
        return expand_dims
    axis = int(constant.ravel()[0])

    def expand_constant_dim(tensor: Any, dim: Any) -> Any:
        try:
            return tensor.unsqueeze(axis)
        except IndexError:
            return expand_dims(tensor, dim)

    return expand_constant_dim


def expand_dims(value: Any, dim: Any) -> Any:
    """Add a dimension to a torch tensor or a string array at an axis that is known now only."""
    if dim.size != 1:
        raise errors.invalid_argument(
            f"'dim' must be a tensor with a single value, but dim was a tensor with shape "
            f"{format_dims(dim.shape, 'kernel')}"
        )
    axis, rank_of = int(dim.ravel()[0]), value.ndim
    if not -1 - rank_of <= axis <= rank_of:
        raise errors.invalid_argument(
            f"Tried to expand dim index {axis} for tensor with {rank_of} dimensions."
        )
    return np.expand_dims(value, axis) if isinstance(value, np.ndarray) else value.unsqueeze(axis)


@kernel_factory("EnsureShape", "cpu", "gpu", aliases=True)
def make_ensure_shape(ctx: KernelContext) -> Any:
    wanted = ctx.attrs["shape"]

    def ensure_shape(value: Any) -> Any:
        if not are_compatible(tuple(value.shape), wanted):
            shape = format_dims(tuple(value.shape), "kernel")
            raise errors.invalid_argument(
                f"Shape of tensor {ctx.input_names[0]} {shape} is "
                f"not compatible with expected shape {format_dims(wanted, 'kernel')}."
            )
        return value

    return ensure_shape


@kernel(
    "BroadcastTo", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("shape",), aliases=True
)
def broadcast_to(value: torch.Tensor, shape: Any) -> torch.Tensor:
    sizes = as_ints(shape)
    for size in sizes:
        if size < 0:
            raise errors.invalid_argument(f"Dimension {size} must be >= 0")
    try:
        return value.expand(sizes)
    except RuntimeError:
        raise _cannot_broadcast(value, sizes) from None


@kernel("BroadcastTo", "cpu", types={"T": STRING_TYPES}, host_inputs=("shape",), aliases=True)
def broadcast_strings_to(value: Any, shape: Any) -> Any:
    sizes = as_ints(shape)
    try:
        return np.broadcast_to(value, sizes)
    except ValueError:
        raise _cannot_broadcast(value, sizes) from None


def _cannot_broadcast(value: Any, sizes: list[int]) -> errors.InvalidArgumentError:
    given = format_dims(tuple(value.shape), "kernel")
    wanted = format_dims(tuple(sizes), "kernel")
    if value.ndim > len(sizes):
        return errors.invalid_argument(
            f"Rank of input ({value.ndim}) must be no greater than rank of output shape "
            f"({len(sizes)})."
        )
    return errors.invalid_argument(f"Incompatible shapes: {given} vs. {wanted}")


@kernel("BroadcastArgs", "cpu", "gpu", host_inputs=("s0", "s1"), host_outputs=("r0",))
def broadcast_args(s0: Any, s1: Any) -> Any:
    try:
        return np.array(np.broadcast_shapes(tuple(s0), tuple(s1)), s0.dtype)
    except ValueError:
        raise errors.invalid_argument(
            f"Incompatible shapes: {format_dims(tuple(as_ints(s0)), 'kernel')} vs. "
            f"{format_dims(tuple(as_ints(s1)), 'kernel')}"
        ) from None


@kernel(
    "BroadcastGradientArgs",
    "cpu",
    "gpu",
    host_inputs=("s0", "s1"),
    host_outputs=("r0", "r1"),
)
def broadcast_gradient_args(s0: Any, s1: Any) -> Any:
    a, b = as_ints(s0), as_ints(s1)
    if a == b:
        empty = np.empty(0, s0.dtype)
        return empty, empty
    rank_of = max(len(a), len(b))
    a = [1] * (rank_of - len(a)) + a
    b = [1] * (rank_of - len(b)) + b
    left, right = [], []
    for axis in range(rank_of):
        x, y = a[axis], b[axis]
        if x == y:
            # Both are 1: summing over the axis changes nothing, as TensorFlow does it.
            if x == 1:
                left.append(axis)
                right.append(axis)
        elif x == 1:
            left.append(axis)
        elif y == 1:
            right.append(axis)
        else:
            raise errors.invalid_argument(
                f"Incompatible shapes: {format_dims(tuple(as_ints(s0)), 'kernel')} vs. "
                f"{format_dims(tuple(as_ints(s1)), 'kernel')}"
            )
    return np.array(left, s0.dtype), np.array(right, s0.dtype)
