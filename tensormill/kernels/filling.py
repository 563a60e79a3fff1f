"""Kernels of tensors made of one or two values."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.tensor_list_value import as_list, zero_list
from tensormill.kernels.torch_dtypes import torch_dtype
from tensormill.kernels.value_types import (
    DEVICE_TYPES,
    HOST_TYPES,
    NUMBER_TYPES,
    STRING_TYPES,
    as_ints,
)


@kernel_factory("Fill", "cpu", "gpu", types={"T": DEVICE_TYPES}, host_inputs=("dims",))
def make_fill(ctx: KernelContext) -> Any:
    dtype, device = torch_dtype(ctx.output_dtypes[0]), ctx.torch_device
    constant = ctx.constant("value")
    if constant is not None and constant.ndim == 0 and constant.dtype.kind in "fib":
        number = constant.item()

        def fill_with_constant(dims: Any, value: Any) -> torch.Tensor:
            return torch.full(_sizes(dims), number, dtype=dtype, device=device)

        return fill_with_constant

    def fill(dims: Any, value: torch.Tensor) -> torch.Tensor:
        _check_scalar(value)
        return value.expand(_sizes(dims)).clone(memory_format=torch.contiguous_format)

    return fill


@kernel(
    "Fill",
    "cpu",
    types={"T": HOST_TYPES},
    host_inputs=("dims", "value"),
    host_outputs=("output",),
)
@kernel(
    "Fill",
    "gpu",
    types={"T": ("int32",)},
    host_inputs=("dims", "value"),
    host_outputs=("output",),
)
def fill_on_host(dims: Any, value: Any) -> Any:
    _check_scalar(value)
    return np.full(_sizes(dims), value, dtype=value.dtype)


def _sizes(dims: Any) -> list[int]:
    if dims.ndim != 1:
        raise errors.invalid_argument(
            f"dims must be a vector, got shape {format_dims(dims.shape, 'kernel')}"
        )
    sizes = as_ints(dims)
    for size in sizes:
        if size < 0:
            raise errors.invalid_argument(f"Dimension {size} must be >= 0")
    return sizes


def _check_scalar(value: Any) -> None:
    if value.ndim:
        raise errors.invalid_argument(
            f"value must represent a scalar, got shape {format_dims(tuple(value.shape), 'kernel')}"
        )


@kernel("ZerosLike", "cpu", "gpu", types={"T": NUMBER_TYPES})
def zeros_like(value: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(value, memory_format=torch.contiguous_format)


@kernel("ZerosLike", "cpu", types={"T": STRING_TYPES})
def empty_strings_like(value: Any) -> Any:
    return np.full(value.shape, b"", dtype=object)


@kernel("ZerosLike", "cpu", "gpu", types={"T": ("variant",)})
def zeros_like_variant(value: Any) -> Any:
    return zero_list(as_list(value))


@kernel("OnesLike", "cpu", "gpu")
def ones_like(value: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(value, memory_format=torch.contiguous_format)


@kernel("OneHot", "cpu", types={"T": NUMBER_TYPES}, host_inputs=("depth",))
def one_hot(
    indices: torch.Tensor, depth: Any, on_value: torch.Tensor, off_value: torch.Tensor, *, axis: int
) -> torch.Tensor:
    size = _depth(depth)
    if on_value.ndim or off_value.ndim:
        _refuse_values(on_value, off_value)
    column = indices.reshape(-1, 1).to(torch.int64)
    rows = off_value.expand(column.shape[0], size).clone(memory_format=torch.contiguous_format)
    is_there = (column >= 0) & (column < size)
    if bool(is_there.all()):
        rows.scatter_(1, column, on_value.expand(column.shape))
    else:
        row = is_there.squeeze(1).nonzero().squeeze(1)
        rows[row, column[row, 0]] = on_value
    shaped = rows.reshape(*indices.shape, size)
    return shaped if axis in (-1, indices.ndim) else shaped.movedim(-1, axis).contiguous()


@kernel_factory("OneHot", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("depth",))
def make_one_hot(ctx: KernelContext) -> Any:
    axis = ctx.attrs["axis"]
    places: dict[int, torch.Tensor] = {}

    def one_hot(
        indices: torch.Tensor, depth: Any, on_value: torch.Tensor, off_value: torch.Tensor
    ) -> torch.Tensor:
        size = _depth(depth)
        if on_value.ndim or off_value.ndim:
            _refuse_values(on_value, off_value)
        at = indices.ndim if axis == -1 else axis
        row = places.get(size)
        if row is None:
            places.clear()
            row = places[size] = torch.arange(size, device=indices.device)
        if at != indices.ndim:
            row = row.reshape([-1] + [1] * (indices.ndim - at))
        return torch.where(indices.unsqueeze(at) == row, on_value, off_value)

    return one_hot


@kernel("OneHot", "cpu", types={"T": STRING_TYPES}, host_inputs=("indices", "depth"))
def one_hot_strings(indices: Any, depth: Any, on_value: Any, off_value: Any, *, axis: int) -> Any:
    size = _depth(depth)
    indices = np.asarray(indices)
    at = indices.ndim if axis == -1 else axis
    row = np.arange(size).reshape([-1] + [1] * (indices.ndim - at))
    return np.where(np.expand_dims(indices, at) == row, on_value, off_value)


def _refuse_values(on_value: torch.Tensor, off_value: torch.Tensor) -> None:
    for name, value in (("on_value", on_value), ("off_value", off_value)):
        if value.ndim:
            raise errors.invalid_argument(
                f"{name} must be a scalar, but got: {format_dims(tuple(value.shape), 'kernel')}"
            )


def _depth(depth: Any) -> int:
    if depth.ndim:
        raise errors.invalid_argument(
            f"depth must be a scalar, but got: {format_dims(depth.shape, 'kernel')}"
        )
    size = int(depth)
    if size < 0:
        raise errors.invalid_argument(f"depth must be non-negative, got: {size}")
    return size
