"""Kernels of tensors joined and taken apart along a dimension."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import Dims, format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_types import (
    DEVICE_TYPES,
    HANDLE_TYPES,
    HOST_TYPES,
    NUMBER_TYPES,
    OBJECT_TYPES,
    STRING_TYPES,
    as_ints,
    as_object_array,
)

INT32 = ("int32",)
_JOINED_COPIES = 16


def _text(value: Any) -> str:
    return format_dims(tuple(value.shape), "kernel")


@kernel_factory("ConcatV2", "cpu", "gpu", types={"T": DEVICE_TYPES}, host_inputs=("axis",))
def make_concat_v2(ctx: KernelContext) -> Any:
    constant = ctx.constant("axis")
    if constant is None or constant.ndim:
        return concat_v2
    at = int(constant)

    def concat_at_constant_axis(values: list[torch.Tensor], axis: Any) -> torch.Tensor:
        try:
            return torch.cat(values, at)
        except (RuntimeError, IndexError):
            raise _concat_error(values, at) from None

    # torch.cat lets vectors of size 0 pass whatever the shape of the others; TensorFlow does not.
    dims = ctx.input_dims[:-1]
    if any(d is None or (len(d) == 1 and d[0] in (None, 0)) for d in dims):
        return concat_v2
    return concat_at_constant_axis


def concat_v2(values: list[torch.Tensor], axis: Any) -> torch.Tensor:
    """Join torch tensors along an axis, after the checks that torch leaves out."""
    at = _concat_axis(values, axis)
    if any(value.ndim != values[0].ndim for value in values):
        raise _concat_error(values, at)
    try:
        return torch.cat(values, at)
    except RuntimeError:
        raise _concat_error(values, at) from None


@kernel(
    "ConcatV2",
    "cpu",
    types={"T": HOST_TYPES},
    host_inputs=("values", "axis"),
    host_outputs=("output",),
)
@kernel(
    "ConcatV2", "gpu", types={"T": INT32}, host_inputs=("values", "axis"), host_outputs=("output",)
)
def concat_v2_on_host(values: list[Any], axis: Any) -> Any:
    try:
        return np.concatenate(values, int(axis))
    except (ValueError, TypeError):
        raise _concat_error(values, _concat_axis(values, axis)) from None


@kernel("Concat", "cpu", "gpu", types={"T": DEVICE_TYPES}, host_inputs=("concat_dim",))
def concat(axis: Any, values: list[torch.Tensor]) -> torch.Tensor:
    return concat_v2(values, axis)


@kernel(
    "Concat",
    "cpu",
    types={"T": HOST_TYPES},
    host_inputs=("concat_dim", "values"),
    host_outputs=("output",),
)
@kernel(
    "Concat",
    "gpu",
    types={"T": INT32},
    host_inputs=("concat_dim", "values"),
    host_outputs=("output",),
)
def concat_on_host(axis: Any, values: list[Any]) -> Any:
    return concat_v2_on_host(values, axis)


def _concat_axis(values: list[Any], axis: Any) -> int:
    if axis.size != 1:
        raise errors.invalid_argument(
            f"ConcatOp : Expected concat dimensions to be in range [{-values[0].ndim}, "
            f"{values[0].ndim}), but got a tensor of shape {_text(axis)}"
        )
    at, rank = int(axis.ravel()[0]), values[0].ndim
    if not -rank <= at < rank:
        raise errors.invalid_argument(
            f"ConcatOp : Expected concatenating dimensions in the range [{-rank}, {rank}), "
            f"but got {at}"
        )
    return at


def _concat_error(values: list[Any], axis: int) -> errors.InvalidArgumentError:
    first = values[0]
    if not -first.ndim <= axis < first.ndim:
        _concat_axis(values, np.int32(axis))
    axis %= first.ndim
    for index, value in enumerate(values):
        if value.ndim != first.ndim:
            return errors.invalid_argument(
                f"ConcatOp : Ranks of all input tensors should match: shape[0] = {_text(first)} "
                f"vs. shape[{index}] = {_text(value)}"
            )
        for at in range(first.ndim):
            if at != axis and value.shape[at] != first.shape[at]:
                return errors.invalid_argument(
                    f"ConcatOp : Dimension {at} in both shapes must be equal: "
                    f"shape[0] = {_text(first)} vs. shape[{index}] = {_text(value)}"
                )
    return errors.invalid_argument("ConcatOp : the inputs cannot be joined")


@kernel(
    "ConcatOffset",
    "cpu",
    "gpu",
    host_inputs=("concat_dim", "shape"),
    host_outputs=("offset",),
)
def concat_offset(concat_dim: Any, shape: list[Any]) -> list[Any]:
    first = as_ints(shape[0])
    rank = len(first)
    axis = int(concat_dim)
    if not -rank <= axis < rank:
        raise errors.invalid_argument(f"Concat dim is out of range: {axis} vs. {rank}")
    axis %= rank
    offsets = []
    start = 0
    for index, sizes in enumerate(shape):
        listed = as_ints(sizes)
        if len(listed) != rank:
            raise errors.invalid_argument(
                f"input {index} should contain {rank} elements, but got {len(listed)}"
            )
        for at in range(rank):
            if at != axis and listed[at] != first[at]:
                raise errors.invalid_argument(
                    f"All dimensions except {axis} must match. Input {index} has shape "
                    f"[{' '.join(map(str, listed))}] and doesn't match input 0 with shape "
                    f"[{' '.join(map(str, first))}]."
                )
        offset = np.zeros(rank, sizes.dtype)
        offset[axis] = start
        start += listed[axis]
        offsets.append(offset)
    return offsets


def pack_scalars(values: list[Any], *, axis: int) -> Any:
    return np.array(values, values[0].dtype)


@kernel("Pack", "cpu", types={"T": DEVICE_TYPES}, of_host_scalars=pack_scalars)
@kernel("Pack", "gpu", types={"T": DEVICE_TYPES})
def pack(values: list[torch.Tensor], *, axis: int) -> torch.Tensor:
    try:
        return torch.stack(values, axis)
    except RuntimeError:
        raise _pack_error(values) from None


@kernel("Pack", "cpu", types={"T": HOST_TYPES}, host_inputs=("values",), host_outputs=("output",))
@kernel("Pack", "gpu", types={"T": INT32}, host_inputs=("values",), host_outputs=("output",))
def pack_on_host(values: list[Any], *, axis: int) -> Any:
    if values[0].ndim == 0 and values[0].dtype != object:
        try:
            return np.array(values, values[0].dtype)
        except ValueError:
            raise _pack_error(values) from None
    try:
        return np.stack(values, axis)
    except ValueError:
        raise _pack_error(values) from None


@kernel("Pack", "cpu", types={"T": HANDLE_TYPES})
def pack_handles(values: list[Any], *, axis: int) -> Any:
    """Return handles, which are objects by themselves or arrays of them, as an array."""
    if isinstance(values[0], np.ndarray):
        return pack_on_host(values, axis=axis)
    return as_object_array(values)


@kernel("Unpack", "cpu", types={"T": HANDLE_TYPES})
def unpack_handles(value: Any, *, num: int, axis: int) -> Any:
    """Return the handles of a vector, each by itself, or the rows of an array of them."""
    _check_unpack(value, num, axis)
    return list(np.moveaxis(value, axis, 0))


def _pack_error(values: list[Any]) -> errors.InvalidArgumentError:
    first = values[0]
    for index, value in enumerate(values):
        if value.shape != first.shape:
            return errors.invalid_argument(
                f"Shapes of all inputs must match: values[0].shape = {_text(first)} != "
                f"values[{index}].shape = {_text(value)}"
            )
    return errors.invalid_argument("Pack: the inputs cannot be stacked")


@kernel("Unpack", "cpu", "gpu", types={"T": DEVICE_TYPES}, aliases=True)
def unpack(value: torch.Tensor, *, num: int, axis: int) -> Any:
    _check_unpack(value, num, axis)
    return value.unbind(axis)


@kernel(
    "Unpack",
    "cpu",
    types={"T": HOST_TYPES},
    host_inputs=("value",),
    host_outputs=("output",),
    aliases=True,
)
@kernel(
    "Unpack",
    "gpu",
    types={"T": INT32},
    host_inputs=("value",),
    host_outputs=("output",),
    aliases=True,
)
def unpack_on_host(value: Any, *, num: int, axis: int) -> Any:
    _check_unpack(value, num, axis)
    return [np.asarray(part, value.dtype) for part in np.moveaxis(value, axis, 0)]


def _check_unpack(value: Any, num: int, axis: int) -> None:
    rank = value.ndim
    if not -rank <= axis < rank:
        raise errors.invalid_argument(f"axis = {axis} not in [{-rank}, {rank})")
    if value.shape[axis] != num:
        raise errors.invalid_argument(
            f"Input shape axis {axis % rank} must equal {num}, got shape {_text(value)}"
        )


@kernel("ParallelConcat", "cpu", "gpu", types={"T": DEVICE_TYPES})
def parallel_concat(values: list[torch.Tensor], *, shape: Dims) -> torch.Tensor:
    return torch.cat(values, 0)


@kernel("ParallelConcat", "cpu", types={"T": HOST_TYPES}, host_inputs=("values",))
def parallel_concat_on_host(values: list[Any], *, shape: Dims) -> Any:
    joined = np.concatenate(values, 0)
    return torch.from_numpy(joined) if joined.dtype != object else joined


@kernel_factory("Split", "cpu", "gpu", host_inputs=("split_dim",), aliases=True)
def make_split(ctx: KernelContext) -> Any:
    count = ctx.attrs["num_split"]
    is_object = ctx.input_dtypes[1].name in OBJECT_TYPES
    known = _known_split(ctx.constant("split_dim"), ctx.input_dims[1])
    if known is not None and known[1] % count == 0 and not is_object:
        at, sizes = known[0], [known[1] // count] * count
        return lambda split_dim, value: torch.split_with_sizes(value, sizes, at)

    def split(split_dim: Any, value: Any) -> Any:
        axis = _split_axis(split_dim, value)
        size = value.shape[axis]
        if size % count:
            raise errors.invalid_argument(
                f"Number of ways to split should evenly divide the split dimension, but got "
                f"split_dim {axis} (size = {size}) and num_split {count}"
            )
        if is_object:
            return np.split(value, count, axis)
        return torch.split_with_sizes(value, [size // count] * count, axis)

    return split


def _known_split(split_dim: Any, dims: Dims) -> tuple[int, int] | None:
    """Return axis and size of what is split, where both are known when the plan is made."""
    if split_dim is None or split_dim.size != 1 or dims is None:
        return None
    axis = int(split_dim.ravel()[0])
    if not -len(dims) <= axis < len(dims):
        return None
    size = dims[axis]
    return None if size is None else (axis % len(dims), size)


def _split_axis(split_dim: Any, value: Any) -> int:
    if split_dim.size != 1:
        raise errors.invalid_argument("split_dim must be a scalar but has rank 1")
    axis, rank = int(split_dim.ravel()[0]), value.ndim
    if not -rank <= axis < rank:
        raise errors.invalid_argument(
            f"-input rank({-rank}) <= split_dim < input rank ({rank}), but got {axis}"
        )
    return axis % rank


@kernel_factory("SplitV", "cpu", "gpu", host_inputs=("size_splits", "split_dim"), aliases=True)
def make_split_v(ctx: KernelContext) -> Any:
    count = ctx.attrs["num_split"]
    is_object = ctx.input_dtypes[0].name in OBJECT_TYPES
    known, given = _known_split(ctx.constant("split_dim"), ctx.input_dims[0]), None
    if known is not None and not is_object:
        given = ctx.constant("size_splits")
    if given is not None and known is not None and given.shape == (count,):
        at, fixed = known[0], as_ints(given)
        if min(fixed, default=-1) >= 0 and sum(fixed) == known[1]:
            return lambda value, size_splits, split_dim: torch.split_with_sizes(value, fixed, at)

    def split_v(value: Any, size_splits: Any, split_dim: Any) -> Any:
        axis = _split_axis(split_dim, value)
        sizes = as_ints(size_splits)
        if size_splits.ndim != 1 or len(sizes) != count:
            raise errors.invalid_argument(
                "size of the split_tensor must be 1-D and have the same elements as outputs got "
                f"{size_splits.ndim} -D and {len(sizes)} elements"
            )
        total = value.shape[axis]
        known = sum(size for size in sizes if size != -1)
        if sizes.count(-1) == 1 and known <= total:
            sizes[sizes.index(-1)] = total - known
        elif known != total or -1 in sizes:
            raise errors.invalid_argument(
                f"Determined shape must either match input shape along split_dim exactly if fully "
                f"specified, or be less than the size of the input along split_dim if not fully "
                f"specified.  Got: {known}"
            )
        for index, size in enumerate(sizes):
            if size < 0:
                raise errors.invalid_argument(
                    f"Split size at index {index} must be >= 0. Got: {size}"
                )
        if is_object:
            return np.split(value, np.cumsum(sizes)[:-1], axis)
        return torch.split_with_sizes(value, sizes, axis)

    return split_v


@kernel("Tile", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("multiples",), aliases=True)
def tile(value: torch.Tensor, multiples: Any) -> torch.Tensor:
    times = _multiples(value, multiples)
    if 0 in times or max(times, default=1) > _JOINED_COPIES:
        return value.repeat(times)
    # Joining a few copies along each dimension is quicker than torch's general way.
    for axis, count in enumerate(times):
        if count > 1:
            value = torch.cat([value] * count, axis)
    return value


@kernel("Tile", "cpu", types={"T": STRING_TYPES}, host_inputs=("multiples",))
def tile_strings(value: Any, multiples: Any) -> Any:
    return np.tile(value, _multiples(value, multiples))


def _multiples(value: Any, multiples: Any) -> list[int]:
    times = as_ints(multiples)
    if multiples.ndim != 1:
        raise errors.invalid_argument(
            f"Expected multiples to be 1-D, but got shape {_text(multiples)}"
        )
    if len(times) != value.ndim:
        raise errors.invalid_argument(
            f"Expected multiples argument to be a vector of length {value.ndim} but got length "
            f"{len(times)}"
        )
    for index, count in enumerate(times):
        if count < 0:
            raise errors.invalid_argument(f"Expected multiples[{index}] >= 0, but got {count}")
    return times


@kernel("TileGrad", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("multiples",))
def tile_grad(value: torch.Tensor, multiples: Any) -> torch.Tensor:
    """Return the sum of the copies that `Tile` made."""
    times = _multiples(value, multiples)
    apart: list[int] = []
    for index, (size, count) in enumerate(zip(value.shape, times, strict=True)):
        if count == 0 or size % count:
            raise errors.invalid_argument(
                f"Expected input_dim[{index}] to be divisible by multiples[{index}], but {size} % "
                f"{count} != 0"
            )
        apart += [count, size // count]
    if not apart:
        return value.clone()
    copies = list(range(0, len(apart), 2))
    return value.reshape(apart).sum(copies, dtype=value.dtype)
