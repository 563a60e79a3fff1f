"""Kernels of the largest entries, and of targets among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.elementwise_unary import WIDE_UNSIGNED
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import torch_dtype
from tensormill.kernels.value_types import check_scalars

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor
Largest = Callable[[Tensor, int], tuple[Tensor, Tensor]]
_FIRST_ENTRIES = 64
_MOST_IN_A_BYTE = 255


def _largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest entries of the last axis, falling; equal ones by rising index."""
    return _untied_largest(values, k) or _first(_in_order(values), k)


def _untied_largest(values: Tensor, k: int) -> tuple[Tensor, Tensor] | None:
    """Return the k largest entries and their indices, None where equal ones leave these open."""
    if k == 1:
        index = values.argmax(-1, keepdim=True)
        return values.gather(-1, index), index
    top, index = torch.topk(values, min(k + 1, values.shape[-1]), sorted=True)
    return None if k and _has_ties(top) else _first((top, index), k)


def _first(ordered: tuple[Tensor, Tensor], k: int) -> tuple[Tensor, Tensor]:
    return ordered[0][..., :k], ordered[1][..., :k]


def _in_order(values: Tensor) -> tuple[Tensor, Tensor]:
    ordered, index = torch.sort(values, dim=-1, descending=True, stable=True)
    return ordered, index


def _has_ties(top: Tensor) -> bool:
    """Return whether equal entries (or NaNs) leave the choice or the order of the indices open."""
    is_tied = (top[..., 1:] == top[..., :-1]).any()
    return bool(is_tied) or (top.is_floating_point() and bool(top[..., 0].isnan().any()))


def _largest_by_keys(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return what `_largest` does, of entries of 32 bits in host memory.

    An entry and its index make one integer of 64 bits, so that NumPy's sort, the faster one, keeps
    the order of equal entries.
    """
    size = values.shape[-1]
    found = _untied_largest(values, k) if k * _FEW < size else None
    if found is not None:
        return found
    if values.is_floating_point() and bool(values.isnan().any()):
        return _first(_in_order(values), k)
    # Adding zero makes a negative zero a positive one.
    bits = (values.numpy() + values.numpy().dtype.type(0)).view(np.int32)
    if values.is_floating_point():
        bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # rises with the number
    keys = (~bits).astype(np.int64) << 32
    keys |= np.arange(size, dtype=np.int64)
    keys.sort(-1)
    index = torch.from_numpy(keys[..., :k] & 0xFFFFFFFF)
    return values.gather(-1, index), index


# One of so many entries, and fewer, are found faster without sorting all of them.
_FEW = 8


def _top_k(values: Tensor, k: Any, index_type: DType, largest: Largest) -> tuple[Tensor, Tensor]:
    count = np.asarray(k)
    if count.ndim:
        raise errors.invalid_argument(f"k must be scalar, got shape {list(count.shape)}")
    if count < 0:
        raise errors.invalid_argument(f"Need k >= 0, got {count}")
    if values.dim() < 1:
        raise errors.invalid_argument("input must be >= 1-D, got shape []")
    if values.shape[-1] < count:
        raise errors.invalid_argument(
            f"input must have at least k columns. Had {values.shape[-1]}, needed {count}"
        )
    top, index = largest(values, int(count))
    return top, index.to(torch_dtype(index_type))


_BY_KEYS = ("float32", "int32")
_OTHER_TYPES = ("bfloat16", "float16", "float64", "int8", "int16", "int64", "uint8", *WIDE_UNSIGNED)


@kernel("TopKV2", "cpu", types={"T": _BY_KEYS}, host_inputs=("k",))
def top_k_v2_by_keys(values: Tensor, k: Any, *, index_type: DType) -> tuple[Tensor, Tensor]:
    return _top_k(values, k, index_type, _largest_by_keys)


@kernel("TopKV2", "gpu", types={"T": _BY_KEYS}, host_inputs=("k",))
@kernel("TopKV2", "cpu", "gpu", types={"T": _OTHER_TYPES}, host_inputs=("k",))
def top_k_v2(values: Tensor, k: Any, *, index_type: DType) -> tuple[Tensor, Tensor]:
    return _top_k(values, k, index_type, _largest)


def _check_predictions(predictions: Tensor, targets: Tensor) -> None:
    if predictions.dim() != 2:
        raise errors.invalid_argument("predictions must be 2-dimensional")
    if targets.dim() != 1:
        raise errors.invalid_argument("targets must be 1-dimensional")
    if predictions.shape[0] != targets.shape[0]:
        raise errors.invalid_argument(
            f"First dimension of predictions {predictions.shape[0]} must match length of targets "
            f"{targets.shape[0]}"
        )


def _in_top_k(predictions: Tensor, targets: Tensor, k: int) -> Tensor:
    _check_predictions(predictions, targets)
    classes = predictions.shape[1]
    index = targets.to(torch.int64).unsqueeze(1)
    is_valid = (index >= 0) & (index < classes)
    if classes == 0:
        return is_valid.squeeze(1)
    target = predictions.gather(1, index.clamp(0, classes - 1))
    larger = (predictions > target).view(torch.uint8).sum(1, dtype=torch.int32)
    greatest, least = predictions.amax(1), predictions.amin(1)
    # Entries must be finite or minus infinity. The extremes of a row with NaN are NaN.
    is_certain = (greatest < float("inf")) & ~least.isnan() & torch.isfinite(target.squeeze(1))
    return (larger < k) & is_valid.squeeze(1) & is_certain


def _in_top_k_on_host(predictions: Tensor, targets: Tensor, k: int) -> Tensor:
    """Return what `_in_top_k` does.

    A row in which a few entries decide that the target is not among the largest is left at that.
    """
    _check_predictions(predictions, targets)
    values, places = predictions.numpy(), targets.numpy()
    rows, classes = values.shape
    found = (places >= 0) & (places < classes)
    if classes == 0 or rows == 0:
        return torch.from_numpy(found)
    target = values[np.arange(rows), places.clip(0, classes - 1)][:, None]
    found &= np.isfinite(target[:, 0])
    with np.errstate(invalid="ignore", over="ignore"):
        if classes >= 4 * _FIRST_ENTRIES:
            found &= _count_true(values[:, :_FIRST_ENTRIES] > target) < k
        if not found.all():
            values, target = values[found], target[found]
        found[found] = (_count_true(values > target) < k) & _are_certain(values)
    return torch.from_numpy(found)


def _count_true(conditions: Array) -> Array:
    """Return for each row how many of its conditions hold.

    Eight of them are added up as one word, in rounds that are too short for a byte to overflow.
    """
    rows, columns = conditions.shape
    whole = columns // 8 * 8
    counts: Array = conditions[:, whole:].sum(1)
    if rows and whole:
        words = np.ascontiguousarray(conditions[:, :whole]).view(np.int64)
        for first in range(0, words.shape[1], _MOST_IN_A_BYTE):
            totals = words[:, first : first + _MOST_IN_A_BYTE].sum(1)
            counts += totals.view(np.uint8).reshape(rows, 8).sum(1, dtype=counts.dtype)
    return counts


def _are_certain(values: Array) -> Array | bool:
    """Return for each row whether all its entries are finite, or minus infinity."""
    if np.isfinite(values.sum()):
        return True
    # Of rows with NaN the extremes are NaN.
    certain: Array = (values.max(1) < np.inf) & ~np.isnan(values.min(1))
    return certain


@kernel("InTopK", "gpu")
def in_top_k(predictions: Tensor, targets: Tensor, *, k: int) -> Tensor:
    return _in_top_k(predictions, targets, k)


@kernel("InTopKV2", "gpu", host_inputs=("k",))
def in_top_k_v2(predictions: Tensor, targets: Tensor, k: Any) -> Tensor:
    check_scalars(k=k)
    return _in_top_k(predictions, targets, int(k))


@kernel("InTopK", "cpu")
def in_top_k_on_host(predictions: Tensor, targets: Tensor, *, k: int) -> Tensor:
    return _in_top_k_on_host(predictions, targets, k)


@kernel("InTopKV2", "cpu", host_inputs=("k",))
def in_top_k_v2_on_host(predictions: Tensor, targets: Tensor, k: Any) -> Tensor:
    return _in_top_k_on_host(predictions, targets, int(k))


@kernel("NthElement", "cpu", host_inputs=("n",))
def nth_element(values: Tensor, n: Any, *, reverse: bool) -> Tensor:
    if values.dim() < 1:
        raise errors.invalid_argument(f"Input must be >= 1-D, got shape {list(values.shape)}")
    if n.ndim:
        raise errors.invalid_argument(f"N must be scalar but has rank {n.ndim}")
    if n < 0:
        raise errors.invalid_argument(f"Need n >= 0, got {n}")
    if values.shape[-1] <= n:
        raise errors.invalid_argument("Input must have at least n+1 columns")
    at = values.shape[-1] - int(n) if reverse else int(n) + 1
    return torch.kthvalue(values, at, -1).values
