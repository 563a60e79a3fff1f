"""Kernels of rows that are overwritten, and of values without content."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import is_number, torch_dtype
from tensormill.kernels.value_types import NUMBER_TYPES, as_ints


def _check(x: torch.Tensor, rows: Any, v: torch.Tensor) -> None:
    if not x.ndim:
        raise errors.invalid_argument("x must be at least 1-D")
    if rows.ndim > 1:
        shape = format_dims(rows.shape, "kernel")
        raise errors.invalid_argument(f"i must be a vector. {shape}")
    if x.ndim != v.ndim or x.shape[1:] != v.shape[1:]:
        raise errors.invalid_argument(
            "x and v shape doesn't match (ranks differ or sizes): "
            f"{format_dims(tuple(x.shape), 'kernel')} vs. {format_dims(tuple(v.shape), 'kernel')}"
        )
    if rows.size != v.shape[0]:
        raise errors.invalid_argument(
            f"i and x shape doesn't match at index 0: {rows.size} vs. {v.shape[0]}"
        )


def _places(x: torch.Tensor, rows: Any) -> list[int]:
    """Return the rows, counted from the front: they wrap around."""
    return [row % x.shape[0] for row in as_ints(rows)] if rows.size else []


@kernel("InplaceUpdate", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("i",))
def inplace_update(x: torch.Tensor, i: Any, v: torch.Tensor) -> torch.Tensor:
    _check(x, i, v)
    made = x.clone()
    for place, row in zip(_places(x, i), v, strict=True):
        made[place] = row
    return made


@kernel("InplaceAdd", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("i",))
def inplace_add(x: torch.Tensor, i: Any, v: torch.Tensor) -> torch.Tensor:
    _check(x, i, v)
    made = x.clone()
    for place, row in zip(_places(x, i), v, strict=True):
        made[place] += row
    return made


@kernel("InplaceSub", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("i",))
def inplace_sub(x: torch.Tensor, i: Any, v: torch.Tensor) -> torch.Tensor:
    _check(x, i, v)
    made = x.clone()
    for place, row in zip(_places(x, i), v, strict=True):
        made[place] -= row
    return made


@kernel("DeepCopy", "cpu", "gpu")
def deep_copy(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x.clone()


@kernel_factory("Empty", "cpu", "gpu", host_inputs=("shape",))
def make_empty(ctx: KernelContext) -> Any:
    dtype: DType = ctx.attrs["dtype"]
    device = ctx.torch_device

    def empty(shape: Any) -> Any:
        sizes = as_ints(shape) if shape.size else []
        if is_number(dtype):
            return torch.zeros(sizes, dtype=torch_dtype(dtype), device=device)
        return np.full(sizes, b"", object)

    return empty
