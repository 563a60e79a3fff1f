"""Kernels of unique values, set differences, sorted search and edit distances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_host, to_tensor
from tensormill.kernels.value_types import NUMBER_TYPES, STRING_TYPES, as_ints, as_object_array


def _first_seen(values: Any) -> tuple[Any, Any, Any]:
    """Return where each value first stands, the index of each element, and the counts."""
    if values.dtype == object:
        seen: dict[Any, int] = {}
        index = np.array([seen.setdefault(v, len(seen)) for v in values.tolist()], np.int64)
        firsts = np.full(len(seen), len(values), np.int64)
        np.minimum.at(firsts, index, np.arange(len(values)))
        return firsts, index, np.bincount(index, minlength=len(seen))
    if values.ndim == 1 and values.dtype.kind in "iub":
        firsts, index = _first_seen_numbers(values)
        return firsts, index, np.bincount(index, minlength=len(firsts))
    _, first, inverse, counts = np.unique(
        values,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=None if values.ndim == 1 else 0,
        equal_nan=False,
    )
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return first[order], place[inverse.reshape(-1)], counts[order]


def _first_seen_numbers(values: Any) -> tuple[Any, Any]:
    """Return where each whole number of a vector first stands, and the index of each element."""
    if values.size and values.dtype.kind == "i":
        low, high = int(values.min()), int(values.max())
        if high - low <= max(_CLOSE * values.size, _SMALL_TABLE):
            return _first_seen_close_numbers(values, low, high)
    order = values.argsort(kind="stable")
    ranked = values[order]
    is_new = np.empty(ranked.size, bool)
    is_new[:1] = True
    np.not_equal(ranked[1:], ranked[:-1], out=is_new[1:])
    first = order[is_new]
    by_place = first.argsort()
    place = np.empty_like(by_place)
    place[by_place] = np.arange(by_place.size)
    index = np.empty_like(order)
    index[order] = place[is_new.cumsum() - 1]
    return first[by_place], index


_CLOSE, _SMALL_TABLE = 4, 1 << 16
"""A table is kept where so many times as many numbers lie between two as there are, or so many."""


def _first_seen_close_numbers(values: Any, low: int, high: int) -> tuple[Any, Any]:
    """Return the same by a table of all whole numbers between the least and the greatest."""
    offsets = values.astype(np.int64) - low
    table = np.full(high - low + 1, -1, np.int64)
    table[offsets[::-1]] = np.arange(values.size - 1, -1, -1)  # the last one that is written stays
    firsts = np.sort(table[table >= 0])
    table[offsets[firsts]] = np.arange(firsts.size)
    return firsts, table[offsets]


def _check_vector(values: Any) -> None:
    if values.ndim != 1:
        raise errors.invalid_argument("unique expects a 1D vector.")


def _unique(values: Any, out_idx: DType) -> tuple[Any, Any, Any]:
    """Return the unique values, indices and counts of a vector in host memory."""
    _check_vector(values)
    firsts, index, counts = _first_seen(values)
    kind = out_idx.as_numpy_dtype
    return values[firsts], to_tensor(index.astype(kind)), to_tensor(counts.astype(kind))


def _form(value: Any) -> Any:
    return value if value.dtype == object else to_tensor(value)


@kernel("Unique", "cpu", "gpu", types={"T": NUMBER_TYPES})
def unique(x: torch.Tensor, *, out_idx: DType) -> Any:
    host = to_host(x)
    _check_vector(host)
    if host.dtype.kind in "iub":
        firsts, index = _first_seen_numbers(host)
    else:
        firsts, index, _ = _first_seen(host)
    return (
        to_tensor(host[firsts]).to(x.device),
        to_tensor(index.astype(out_idx.as_numpy_dtype)).to(x.device),
    )


@kernel("Unique", "cpu", types={"T": STRING_TYPES})
def unique_strings(x: Any, *, out_idx: DType) -> Any:
    return _unique(x, out_idx)[:2]


@kernel("UniqueWithCounts", "cpu", "gpu", types={"T": NUMBER_TYPES})
def unique_with_counts(x: torch.Tensor, *, out_idx: DType) -> Any:
    values, index, counts = _unique(to_host(x), out_idx)
    return to_tensor(values).to(x.device), index.to(x.device), counts.to(x.device)


@kernel("UniqueWithCounts", "cpu", types={"T": STRING_TYPES})
def unique_strings_with_counts(x: Any, *, out_idx: DType) -> Any:
    return _unique(x, out_idx)


def _unique_along(values: Any, axis: Any, out_idx: DType) -> tuple[Any, Any, Any]:
    if axis.ndim != 1:
        raise errors.invalid_argument("axis expects a 1D vector.")
    if axis.size > 1:
        raise errors.invalid_argument("axis does not support input tensors larger than 1 elements")
    if axis.size == 0:
        return _unique(values, out_idx)
    at = as_ints(axis)[0]
    if not -values.ndim <= at < values.ndim:
        raise errors.invalid_argument(f"axis has to be between [0, {values.ndim})")
    if values.ndim == 1:
        return _unique(values, out_idx)
    rows = np.moveaxis(values, at, 0)
    flat = np.ascontiguousarray(rows.reshape(rows.shape[0], math.prod(rows.shape[1:])))
    if values.dtype == object:
        flat = as_object_array([tuple(row) for row in flat.tolist()])
    firsts, index, counts = _first_seen(flat)
    kind = out_idx.as_numpy_dtype
    taken = np.ascontiguousarray(np.moveaxis(rows[firsts], 0, at))
    return taken, to_tensor(index.astype(kind)), to_tensor(counts.astype(kind))


@kernel("UniqueV2", "cpu", types={"T": NUMBER_TYPES}, host_inputs=("axis",))
def unique_v2(x: torch.Tensor, axis: Any, *, out_idx: DType) -> Any:
    values, index, _ = _unique_along(to_host(x), axis, out_idx)
    return to_tensor(values), index


@kernel("UniqueV2", "cpu", types={"T": STRING_TYPES}, host_inputs=("axis",))
def unique_v2_strings(x: Any, axis: Any, *, out_idx: DType) -> Any:
    return _unique_along(x, axis, out_idx)[:2]


@kernel("UniqueWithCountsV2", "cpu", host_inputs=("axis",))
def unique_with_counts_v2(x: Any, axis: Any, *, out_idx: DType) -> Any:
    host = x if isinstance(x, np.ndarray) else to_host(x)
    values, index, counts = _unique_along(host, axis, out_idx)
    return _form(values), index, counts


def _list_diff(x: Any, y: Any, out_idx: DType) -> tuple[Any, torch.Tensor]:
    for name, value in (("x", x), ("y", y)):
        if value.ndim != 1:
            raise errors.invalid_argument(f"{name} should be a 1D vector.")
    if x.dtype == object:
        excluded = set(y.tolist())
        keep = np.array([v not in excluded for v in x.tolist()], bool)
    else:
        keep = ~np.isin(x, y)
    places = np.flatnonzero(keep).astype(out_idx.as_numpy_dtype)
    return x[keep], to_tensor(places)


@kernel("ListDiff", "cpu", types={"T": NUMBER_TYPES})
def list_diff(x: torch.Tensor, y: torch.Tensor, *, out_idx: DType) -> Any:
    values, places = _list_diff(to_host(x), to_host(y), out_idx)
    return to_tensor(values), places


@kernel("ListDiff", "cpu", types={"T": STRING_TYPES})
def list_diff_strings(x: Any, y: Any, *, out_idx: DType) -> Any:
    return _list_diff(x, y, out_idx)


def _search(rows: torch.Tensor, values: torch.Tensor, out_type: DType, right: bool) -> Any:
    if rows.shape[0] != values.shape[0]:
        raise errors.invalid_argument("Leading dim_size of both tensors must match.")
    places = torch.searchsorted(rows.contiguous(), values.contiguous(), right=right)
    return places.int() if out_type.name == "int32" else places


@kernel("LowerBound", "cpu", "gpu")
def lower_bound(rows: torch.Tensor, values: torch.Tensor, *, out_type: DType) -> torch.Tensor:
    return _search(rows, values, out_type, right=False)


@kernel("UpperBound", "cpu", "gpu")
def upper_bound(rows: torch.Tensor, values: torch.Tensor, *, out_type: DType) -> torch.Tensor:
    return _search(rows, values, out_type, right=True)


def _levenshtein(a: list[Any], b: list[Any]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, corner + (x != y)),
            )
    return row[-1]


def _sequences(indices: Any, values: Any) -> dict[tuple[int, ...], list[Any]]:
    groups: dict[tuple[int, ...], list[Any]] = {}
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        groups.setdefault(tuple(index[:-1]), []).append(value)
    return groups


@kernel(
    "EditDistance",
    "cpu",
    host_inputs=(
        "hypothesis_indices",
        "hypothesis_values",
        "hypothesis_shape",
        "truth_indices",
        "truth_values",
        "truth_shape",
    ),
)
def edit_distance(
    hypothesis_indices: Any,
    hypothesis_values: Any,
    hypothesis_shape: Any,
    truth_indices: Any,
    truth_values: Any,
    truth_shape: Any,
    *,
    normalize: bool,
) -> torch.Tensor:
    shapes = [as_ints(hypothesis_shape), as_ints(truth_shape)]
    if len(shapes[0]) != len(shapes[1]):
        raise errors.invalid_argument(
            f"Expected hypothesis_shape.NumElements() == truth_shape.NumElements(), got: "
            f"{format_dims(tuple(shapes[0]), 'kernel')} vs. "
            f"{format_dims(tuple(shapes[1]), 'kernel')}"
        )
    sizes = [max(a, b) for a, b in zip(shapes[0][:-1], shapes[1][:-1], strict=True)]
    hypotheses = _sequences(hypothesis_indices, hypothesis_values)
    truths = _sequences(truth_indices, truth_values)
    if min(sizes, default=0) < 0:
        raise errors.invalid_argument(f"Dimension {min(sizes)} must be >= 0")
    made = np.zeros(sizes, np.float32)
    strides = [math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
    for group in hypotheses.keys() | truths.keys():
        hypothesis, truth = hypotheses.get(group, []), truths.get(group, [])
        distance = float(_levenshtein(truth, hypothesis))
        if normalize:
            distance = distance / len(truth) if truth else (np.inf if hypothesis else 0.0)
        place = sum(index * stride for index, stride in zip(group, strides, strict=True))
        if not 0 <= place < made.size:
            raise errors.internal(
                f"Got an inner product {place} which would require writing to outside of the "
                f"buffer for the output tensor (max elements {made.size})"
            )
        made.reshape(-1)[place] = distance
    return torch.from_numpy(made)
