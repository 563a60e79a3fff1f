"""Kernels of counting."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import torch_dtype

Tensor = torch.Tensor


def _count(values: Tensor, size: int, weights: Tensor) -> Tensor:
    """Return the counts of a vector of integers, or the sums of their weights."""
    bins = torch.zeros(size, dtype=weights.dtype, device=values.device)
    if not values.numel():
        return bins
    low, high = values.aminmax()
    if int(low) < 0:
        raise errors.invalid_argument("Input arr must be non-negative!")
    weights = weights.reshape(-1)
    if int(high) >= size:
        kept = values < size
        values, weights = values[kept], weights[kept] if weights.numel() else weights
    places = values.to(torch.int64)
    if weights.numel():
        return bins.index_add_(0, places, weights)
    return torch.bincount(places, minlength=size).to(weights.dtype) if size else bins


def _check_size(size: Any) -> int:
    if int(size) < 0:
        raise errors.invalid_argument(f"size ({int(size)}) must be non-negative")
    return int(size)


@kernel("Bincount", "cpu", "gpu", host_inputs=("size",))
def bincount(arr: Tensor, size: Any, weights: Tensor) -> Tensor:
    count = _check_size(size)
    if weights.numel() and weights.shape != arr.shape:
        raise errors.invalid_argument(
            "If weights are passed, they must have the same shape as arr: "
            f"{format_dims(tuple(weights.shape), 'kernel')} vs. "
            f"{format_dims(tuple(arr.shape), 'kernel')}"
        )
    return _count(arr.reshape(-1), count, weights)


@kernel("DenseBincount", "cpu", "gpu", host_inputs=("size",))
def dense_bincount(input: Tensor, size: Any, weights: Tensor, *, binary_output: bool) -> Tensor:
    count = _check_size(size)
    if input.dim() > 2:
        raise errors.invalid_argument("Shape must be at most rank 2")
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    made = []
    for index, row in enumerate(rows):
        weight = weights.reshape(rows.shape)[index] if weights.numel() else weights
        bins = _count(row, count, weights[:0].reshape(-1) if binary_output else weight)
        made.append((bins > 0).to(weights.dtype) if binary_output else bins)
    if input.dim() < 2:
        return made[0]
    return torch.stack(made) if made else weights.new_zeros((0, count))


@kernel("HistogramFixedWidth", "cpu", "gpu", host_inputs=("value_range", "nbins"))
def histogram_fixed_width(values: Tensor, value_range: Any, nbins: Any, *, dtype: DType) -> Tensor:
    low, high = (item.item() for item in np.asarray(value_range))
    count = int(nbins)
    if not low < high:
        raise errors.invalid_argument(
            f"value_range should satisfy value_range[0] < value_range[1], but got '[{low}, {high}]'"
        )
    if count <= 0:
        raise errors.invalid_argument(f"nbins should be a positive number, but got '{count}'")
    width = (high - low) / count
    places = ((values.reshape(-1).double() - low) / width).floor().clamp(0, count - 1)
    return torch.bincount(places.to(torch.int64), minlength=count).to(torch_dtype(dtype))
