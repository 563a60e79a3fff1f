"""Kernels of the largest entries, and of targets among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import torch_dtype

Tensor = torch.Tensor


def _largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest entries of the last axis, falling; equal ones by rising index."""
    if k == 1:
        index = values.argmax(-1, keepdim=True)
        return values.gather(-1, index), index
    top, index = torch.topk(values, k, sorted=True)
    if k == 0 or not _has_ties(values, top):
        return top, index
    ordered, index = torch.sort(values, dim=-1, descending=True, stable=True)
    return ordered[..., :k], index[..., :k]


def _has_ties(values: Tensor, top: Tensor) -> bool:
    """Return whether equal entries (or NaNs) leave the choice or the order of the indices open."""
    reached = (values >= top[..., -1:]).sum()
    return int(reached) != top.numel() or bool((top[..., 1:] == top[..., :-1]).any())


def _top_k(values: Tensor, k: int, index_type: torch.dtype) -> tuple[Tensor, Tensor]:
    if values.dim() < 1:
        raise errors.invalid_argument("input must be >= 1-D, got shape []")
    if values.shape[-1] < k:
        raise errors.invalid_argument(
            f"input must have at least k columns. Had {values.shape[-1]}, needed {k}"
        )
    top, index = _largest(values, k)
    return top, index.to(index_type)


@kernel("TopKV2", "cpu", "gpu", host_inputs=("k",))
def top_k_v2(values: Tensor, k: Any, *, index_type: DType) -> tuple[Tensor, Tensor]:
    count = np.asarray(k)
    if count.ndim:
        raise errors.invalid_argument(f"k must be scalar, got shape {list(count.shape)}")
    if count < 0:
        raise errors.invalid_argument(f"Need k >= 0, got {count}")
    return _top_k(values, int(count), torch_dtype(index_type))


def _in_top_k(predictions: Tensor, targets: Tensor, k: int) -> Tensor:
    if predictions.dim() != 2:
        raise errors.invalid_argument("predictions must be 2-dimensional")
    if targets.dim() != 1:
        raise errors.invalid_argument("targets must be 1-dimensional")
    if predictions.shape[0] != targets.shape[0]:
        raise errors.invalid_argument(
            f"First dimension of predictions {predictions.shape[0]} must match length of targets "
            f"{targets.shape[0]}"
        )
    classes = predictions.shape[1]
    index = targets.to(torch.int64).unsqueeze(1)
    is_valid = (index >= 0) & (index < classes)
    if classes == 0:
        return is_valid.squeeze(1)
    target = predictions.gather(1, index.clamp(0, classes - 1))
    larger = (predictions > target).sum(1)
    is_certain = (torch.isfinite(predictions) | (predictions == -float("inf"))).all(1)
    is_certain &= torch.isfinite(target.squeeze(1))
    return (larger < k) & is_valid.squeeze(1) & is_certain


@kernel("InTopK", "cpu", "gpu")
def in_top_k(predictions: Tensor, targets: Tensor, *, k: int) -> Tensor:
    return _in_top_k(predictions, targets, k)


@kernel("InTopKV2", "cpu", "gpu", host_inputs=("k",))
def in_top_k_v2(predictions: Tensor, targets: Tensor, k: Any) -> Tensor:
    return _in_top_k(predictions, targets, int(k))


@kernel("NthElement", "cpu", host_inputs=("n",))
def nth_element(values: Tensor, n: Any, *, reverse: bool) -> Tensor:
    if values.dim() < 1:
        raise errors.invalid_argument(f"Input must be >= 1-D, got shape {list(values.shape)}")
    if n < 0:
        raise errors.invalid_argument(f"Need n >= 0, got {n}")
    if values.shape[-1] <= n:
        raise errors.invalid_argument("Input must have at least n+1 columns")
    at = values.shape[-1] - int(n) if reverse else int(n) + 1
    return torch.kthvalue(values, at, -1).values
