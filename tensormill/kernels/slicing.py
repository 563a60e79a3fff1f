"""Kernels of slices."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.graph.strided_slicing import SliceMasks, shape_free_key, slice_key
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.value_types import DEVICE_TYPES, HANDLE_TYPES, HOST_TYPES, as_ints

_BOUNDS = ("begin", "end", "strides")
_INT32 = ("int32",)


def _checked_bounds(begin: Any, end: Any, strides: Any) -> list[list[int]]:
    if not begin.shape == end.shape == strides.shape or begin.ndim != 1:
        shapes = [format_dims(v.shape, "kernel") for v in (begin, end, strides)]
        raise errors.invalid_argument(
            f"Expected begin, end, and strides to be 1D equal size tensors, but got shapes "
            f"{shapes[0]}, {shapes[1]}, and {shapes[2]} instead."
        )
    return [as_ints(begin), as_ints(end), as_ints(strides)]


def resolve_key(shape: Any, begin: Any, end: Any, strides: Any, masks: SliceMasks) -> Any:
    """Return the key of a strided slice of a tensor of this shape, and the dimensions to flip.

    Raises:
      InvalidArgumentError: the indices do not fit the shape.
    """
    first, last, steps = _checked_bounds(begin, end, strides)
    try:
        return slice_key(tuple(shape), first, last, steps, masks)
    except ValueError as error:
        raise errors.invalid_argument(str(error)) from None


def _constant_key(ctx: KernelContext, masks: SliceMasks) -> tuple[Any, ...] | None:
    values = [ctx.constant(name) for name in _BOUNDS]
    if any(value is None or value.ndim != 1 for value in values):
        return None
    begin, end, strides = (as_ints(value) for value in values)
    if not len(begin) == len(end) == len(strides):
        return None
    return shape_free_key(begin, end, strides, masks)


@kernel_factory(
    "StridedSlice", "cpu", "gpu", types={"T": DEVICE_TYPES}, host_inputs=_BOUNDS, aliases=True
)
def make_strided_slice(ctx: KernelContext) -> Any:
    masks = SliceMasks.of(ctx.attrs)
    constant_key = _constant_key(ctx, masks)

    def strided_slice(value: torch.Tensor, begin: Any, end: Any, strides: Any) -> torch.Tensor:
        key, flips = resolve_key(value.shape, begin, end, strides, masks)
        part = value[key]
        return part.flip(flips) if flips else part

    if constant_key is None:
        return strided_slice
    if len(constant_key) == 1 and type(constant_key[0]) is int:
        row = constant_key[0]

        def select_row(value: torch.Tensor, begin: Any, end: Any, strides: Any) -> torch.Tensor:
            try:
                return value.select(0, row)
            except IndexError:
                return strided_slice(value, begin, end, strides)

        return select_row

    def slice_by_constants(value: torch.Tensor, begin: Any, end: Any, strides: Any) -> torch.Tensor:
        try:
            return value[constant_key]
        except IndexError:
            return strided_slice(value, begin, end, strides)

    return slice_by_constants


def _make_strided_slice_on_host(ctx: KernelContext) -> Any:
    masks = SliceMasks.of(ctx.attrs)
    constant_key = _constant_key(ctx, masks)
    is_string = ctx.input_dtypes[0].name == "string"
    if constant_key is not None and is_string and Ellipsis not in constant_key:
        constant_key = (*constant_key, Ellipsis)  # keeps an element an array
    dtype = object if is_string else np.int32

    def strided_slice(value: Any, begin: Any, end: Any, strides: Any) -> Any:
        key, flips = resolve_key(value.shape, begin, end, strides, masks)
        part = np.asarray(value[(*key, Ellipsis)], dtype)
        return np.flip(part, flips) if flips else part

    if constant_key is None:
        return strided_slice

    def slice_by_constants(value: Any, begin: Any, end: Any, strides: Any) -> Any:
        try:
            return value[constant_key]
        except IndexError:
            return strided_slice(value, begin, end, strides)

    return slice_by_constants


kernel_factory(
    "StridedSlice",
    "cpu",
    types={"T": HOST_TYPES},
    host_inputs=("input", *_BOUNDS),
    host_outputs=("output",),
    aliases=True,
)(_make_strided_slice_on_host)
kernel_factory(
    "StridedSlice",
    "gpu",
    types={"T": _INT32},
    host_inputs=("input", *_BOUNDS),
    host_outputs=("output",),
    aliases=True,
)(_make_strided_slice_on_host)


@kernel_factory("StridedSlice", "cpu", types={"T": HANDLE_TYPES}, host_inputs=_BOUNDS)
def make_strided_slice_of_handles(ctx: KernelContext) -> Any:
    masks = SliceMasks.of(ctx.attrs)

    def strided_slice(value: Any, begin: Any, end: Any, strides: Any) -> Any:
        key, flips = resolve_key(value.shape, begin, end, strides, masks)
        part = value[tuple(key)]
        return np.flip(part, flips) if flips else part

    return strided_slice


@kernel_factory("StridedSliceGrad", "cpu", "gpu", host_inputs=("shape", *_BOUNDS))
def make_strided_slice_grad(ctx: KernelContext) -> Any:
    masks = SliceMasks.of(ctx.attrs)
    constant_key = _constant_key(ctx, masks)

    def strided_slice_grad(
        shape: Any, begin: Any, end: Any, strides: Any, grad: torch.Tensor
    ) -> torch.Tensor:
        if np.ndim(shape) != 1:
            raise errors.invalid_argument(
                f"shape must be 1-D, got shape.shape = {format_dims(np.shape(shape), 'kernel')}"
            )
        sizes = as_ints(shape)
        if min(sizes, default=0) < 0:
            raise errors.invalid_argument(f"Dimension {min(sizes)} must be >= 0")
        whole = grad.new_zeros(sizes)
        if constant_key is not None:
            key: Any = constant_key
        else:
            key, flips = resolve_key(whole.shape, begin, end, strides, masks)
            if flips:
                grad = grad.flip(flips)
        try:
            part = whole[key]
        except IndexError:
            resolve_key(whole.shape, begin, end, strides, masks)
            raise
        if part.shape != grad.shape:
            raise errors.invalid_argument(
                f"shape of dy was {format_dims(tuple(grad.shape), 'kernel')} instead of "
                f"{format_dims(tuple(part.shape), 'kernel')}"
            )
        part.copy_(grad)
        return whole

    return strided_slice_grad


@kernel_factory("TensorStridedSliceUpdate", "cpu", "gpu", host_inputs=_BOUNDS)
def make_tensor_strided_slice_update(ctx: KernelContext) -> Any:
    masks = SliceMasks.of(ctx.attrs)

    def update(
        tensor: torch.Tensor, begin: Any, end: Any, strides: Any, value: torch.Tensor
    ) -> torch.Tensor:
        made = tensor.clone(memory_format=torch.contiguous_format)
        write_slice(made, begin, end, strides, value, masks)
        return made

    return update


def write_slice(
    target: torch.Tensor, begin: Any, end: Any, strides: Any, value: torch.Tensor, masks: SliceMasks
) -> None:
    """Write `value`, broadcast, into a strided slice of `target` in place.

    Raises:
      InvalidArgumentError: the indices or the shape of `value` do not fit.
    """
    key, flips = resolve_key(target.shape, begin, end, strides, masks)
    part = target[key]
    try:
        value = value.expand(part.shape)
    except RuntimeError:
        raise errors.invalid_argument(
            f"Assign: shape of value {format_dims(tuple(value.shape), 'kernel')} does not fit the "
            f"slice {format_dims(tuple(part.shape), 'kernel')}"
        ) from None
    part.copy_(value.flip(flips) if flips else value)


def _make_strided_slice_assign(ctx: KernelContext) -> Any:
    masks = SliceMasks.of(ctx.attrs)

    def assign(ref: Any, begin: Any, end: Any, strides: Any, value: Any) -> Any:
        buffer = ref.initialized()
        with buffer.lock:
            target = buffer.writable()
            if isinstance(target, np.ndarray):
                key, flips = resolve_key(target.shape, begin, end, strides, masks)
                target[key] = np.flip(value, flips) if flips else value
            else:
                write_slice(target, begin, end, strides, value, masks)
        return ref

    return assign


for _op_type in ("StridedSliceAssign", "ResourceStridedSliceAssign"):
    kernel_factory(_op_type, "cpu", host_inputs=_BOUNDS)(_make_strided_slice_assign)
    kernel_factory(_op_type, "gpu", types={"T": DEVICE_TYPES}, host_inputs=_BOUNDS)(
        _make_strided_slice_assign
    )


@kernel_factory(
    "Slice", "cpu", "gpu", types={"T": DEVICE_TYPES}, host_inputs=("begin", "size"), aliases=True
)
def make_slice(ctx: KernelContext) -> Any:
    def slice_tensor(value: torch.Tensor, begin: Any, size: Any) -> torch.Tensor:
        return value[_key(value, begin, size)]

    return slice_tensor


def _make_slice_on_host(ctx: KernelContext) -> Any:
    def slice_array(value: Any, begin: Any, size: Any) -> Any:
        return value[(*_key(value, begin, size), Ellipsis)]

    return slice_array


kernel_factory(
    "Slice",
    "cpu",
    types={"T": HOST_TYPES},
    host_inputs=("input", "begin", "size"),
    host_outputs=("output",),
    aliases=True,
)(_make_slice_on_host)
kernel_factory(
    "Slice",
    "gpu",
    types={"T": _INT32},
    host_inputs=("input", "begin", "size"),
    host_outputs=("output",),
    aliases=True,
)(_make_slice_on_host)


def _key(value: Any, begin: Any, size: Any) -> tuple[slice, ...]:
    starts, sizes = as_ints(begin), as_ints(size)
    if len(starts) != value.ndim or len(sizes) != value.ndim or begin.ndim != 1 or size.ndim != 1:
        raise errors.invalid_argument(
            f"Expected begin and size arguments to be 1-D tensors of size {value.ndim}, but got "
            f"shapes {format_dims(begin.shape, 'kernel')} and {format_dims(size.shape, 'kernel')} "
            f"instead."
        )
    key = []
    for axis, (start, count) in enumerate(zip(starts, sizes, strict=True)):
        total = value.shape[axis]
        if count == -1:
            count = total - start
        if total == 0:
            if start != 0 or count != 0:
                raise errors.invalid_argument(
                    f"Expected begin[{axis}] == 0 (got {start}) and size[{axis}] == 0 (got "
                    f"{count}) when input.dim_size({axis}) == 0"
                )
        elif not 0 <= start <= total:
            raise errors.invalid_argument(
                f"Expected begin[{axis}] in [0, {total}], but got {start}"
            )
        elif count < 0 or start + count > total:
            raise errors.invalid_argument(
                f"Expected size[{axis}] in [0, {total - start}], but got {count}"
            )
        key.append(slice(start, start + count))
    return tuple(key)
