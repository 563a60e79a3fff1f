"""Kernels of reductions of rows that belong together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.elementwise_unary import COMPLEX, FLOATS, SIGNED_INTEGERS, WIDE_UNSIGNED
from tensormill.kernels.reduction import empty_extreme
from tensormill.kernels.registry import kernel
from tensormill.kernels.row_bags import sum_bags
from tensormill.kernels.torch_dtypes import to_host, to_tensor

Tensor = torch.Tensor
Total = Callable[[Tensor, Tensor, Tensor, int], Tensor]
"""Rows, which of them are taken, the segment of each of these, the number of segments -> sums."""
Combine = Callable[[Tensor, Tensor, int], Tensor]
"""Rows, the segment of each of them (negative: dropped), the number of segments -> the segments."""

_TORCH_TYPES = (*FLOATS, *SIGNED_INTEGERS, "uint8")
_ON_GPU = {"T": _TORCH_TYPES}


def _shape(x: Tensor) -> str:
    return format_dims(tuple(x.shape), "kernel")


def sum_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
    out = rows.new_zeros((count, *rows.shape[1:]))
    return out.index_add_(0, ids, rows)


def _reduce(kind: str, initial: Callable[[torch.dtype], Any]) -> Combine:
    def reduce_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
        out = rows.new_full((count, *rows.shape[1:]), initial(rows.dtype))
        places = ids.reshape(-1, *[1] * (rows.dim() - 1)).expand_as(rows)
        return out.scatter_reduce_(0, places, rows, kind)

    return reduce_rows


def _reduce_present(kind: str) -> Combine:
    """Return a reduction that leaves segments without rows 0."""

    def reduce_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
        out = rows.new_zeros((count, *rows.shape[1:]))
        places = ids.reshape(-1, *[1] * (rows.dim() - 1)).expand_as(rows)
        return out.scatter_reduce_(0, places, rows, kind, include_self=False)

    return reduce_rows


def _numpy_rows(
    function: Any, initial: Callable[[torch.dtype], Any], present_only: bool = False
) -> Combine:
    def reduce_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
        array, places = to_host(rows), to_host(ids)
        out = np.full((count, *array.shape[1:]), initial(rows.dtype), array.dtype)
        function.at(out, places, array)
        if present_only:
            out[np.bincount(places, minlength=count) == 0] = 0
        return to_tensor(out).to(rows.device)

    return reduce_rows


def _one(dtype: torch.dtype) -> Any:
    return 1


def _zero(dtype: torch.dtype) -> Any:
    return 0


def _lowest(dtype: torch.dtype) -> Any:
    if dtype.is_floating_point:
        return torch.finfo(dtype).min
    return empty_extreme(dtype, greatest=True)


def _highest(dtype: torch.dtype) -> Any:
    if dtype.is_floating_point:
        return torch.finfo(dtype).max
    return empty_extreme(dtype, greatest=False)


_PROD = _reduce("prod", _one)
_MAX = _reduce("amax", _lowest)
_MIN = _reduce("amin", _highest)
_NUMPY_SUM = _numpy_rows(np.add, _zero)
_NUMPY_PROD = _numpy_rows(np.multiply, _one)
_NUMPY_MAX = _numpy_rows(np.maximum, _lowest)
_NUMPY_MIN = _numpy_rows(np.minimum, _highest)


def check_sorted(data: Tensor, ids: Tensor) -> int:
    """Return the number of segments.

    Raises:
      InvalidArgumentError: the ids are not a sorted vector with an entry for each row.
    """
    if ids.dim() != 1:
        raise errors.invalid_argument("segment_ids should be a vector.")
    if data.dim() < 1:
        raise errors.invalid_argument("data must be at least 1-D")
    if ids.shape[0] != data.shape[0]:
        raise errors.invalid_argument(
            "segment_ids should be the same size as dimension 0 of input."
        )
    if not ids.shape[0]:
        return 0
    vector: Any = ids.numpy() if ids.device.type == "cpu" else ids
    if int(vector[0]) < 0:
        raise errors.invalid_argument("segment ids must be >= 0")
    if bool((vector[1:] < vector[:-1]).any()):
        raise errors.invalid_argument("segment ids are not increasing")
    return int(vector[-1]) + 1


def segment_counts(ids: Tensor, count: int) -> Tensor:
    """Return how many entries each segment has."""
    return torch.bincount(ids.to(torch.int64), minlength=count)


def _devices(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the devices of kernels for some dtypes; NumPy computes on the CPU alone."""
    return ("cpu",) if set(WIDE_UNSIGNED) & set(types) else ("cpu", "gpu")


def _as_column(counts: Tensor, like: Tensor) -> Tensor:
    return counts.reshape(-1, *[1] * (like.dim() - 1))


def _register_sorted(
    op_type: str, combine: Combine, types: tuple[str, ...], devices: tuple[str, ...] | None = None
) -> None:
    def segment(data: Tensor, segment_ids: Tensor) -> Tensor:
        count = check_sorted(data, segment_ids)
        return combine(data, segment_ids.to(torch.int64), count)

    kernel(op_type, *(devices or _devices(types)), types={"T": types})(segment)


def _sum_sorted_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
    return sum_bags(rows, torch.arange(rows.shape[0]), ids.numpy(), count)


def _mean_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
    return _divided(sum_rows(rows, ids, count), rows, ids, count)


def _mean_sorted_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
    return _divided(_sum_sorted_rows(rows, ids, count), rows, ids, count)


def _divided(total: Tensor, rows: Tensor, ids: Tensor, count: int) -> Tensor:
    counts = _as_column(segment_counts(ids, count).clamp(min=1), rows)
    if rows.dtype.is_floating_point or rows.is_complex():
        return total / counts.to(rows.dtype)
    return torch.div(total, counts, rounding_mode="trunc").to(rows.dtype)


def _mean_wide_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
    total = to_host(_NUMPY_SUM(rows, ids, count))
    counts = to_host(_as_column(segment_counts(ids, count).clamp(min=1), rows))
    return to_tensor(total // counts.astype(total.dtype))


_BAGS = ("float32",)
_WITHOUT_BAGS = tuple(each for each in (*_TORCH_TYPES, *COMPLEX) if each not in _BAGS)

_register_sorted("SegmentSum", _sum_sorted_rows, _BAGS, ("cpu",))
_register_sorted("SegmentSum", sum_rows, _BAGS, ("gpu",))
_register_sorted("SegmentSum", sum_rows, _WITHOUT_BAGS)
_register_sorted("SegmentSum", _NUMPY_SUM, WIDE_UNSIGNED)
_register_sorted("SegmentMean", _mean_sorted_rows, _BAGS, ("cpu",))
_register_sorted("SegmentMean", _mean_rows, _BAGS, ("gpu",))
_register_sorted("SegmentMean", _mean_rows, _WITHOUT_BAGS)
_register_sorted("SegmentMean", _mean_wide_rows, WIDE_UNSIGNED)
_register_sorted("SegmentProd", _PROD, _TORCH_TYPES)
_register_sorted("SegmentProd", _NUMPY_PROD, (*WIDE_UNSIGNED, *COMPLEX))
_register_sorted("SegmentMax", _reduce_present("amax"), _TORCH_TYPES)
_register_sorted("SegmentMax", _numpy_rows(np.maximum, _lowest, True), WIDE_UNSIGNED)
_register_sorted("SegmentMin", _reduce_present("amin"), _TORCH_TYPES)
_register_sorted("SegmentMin", _numpy_rows(np.minimum, _highest, True), WIDE_UNSIGNED)


def extremes(ids: Tensor) -> tuple[int, int]:
    """Return the smallest and the greatest id; (0, -1) where there are none."""
    if not ids.numel():
        return 0, -1
    if ids.device.type == "cpu":  # on small vectors NumPy is several times as fast
        host = ids.numpy()
        return int(host.min()), int(host.max())
    low, high = map(int, ids.aminmax())
    return low, high


def _count_of(num_segments: Any) -> int:
    if num_segments.ndim:
        raise errors.invalid_argument(
            f"num_segments should be a scalar, not shape {_shape(num_segments)}"
        )
    return int(num_segments)


def _register_unsorted(
    op_type: str, combine: Combine, types: tuple[str, ...], devices: tuple[str, ...] | None = None
) -> None:
    def unsorted_segment(data: Tensor, segment_ids: Tensor, num_segments: Any) -> Tensor:
        count = _count_of(num_segments)
        if tuple(data.shape[: segment_ids.dim()]) != tuple(segment_ids.shape):
            raise errors.invalid_argument(
                f"data.shape = {_shape(data)} does not start with "
                f"segment_ids.shape = {_shape(segment_ids)}"
            )
        if count < 0:
            raise errors.invalid_argument("num_segments must be non-negative.")
        ids = segment_ids.reshape(-1).to(torch.int64)
        rows = data.reshape(ids.shape[0], *data.shape[segment_ids.dim() :])
        low, high = extremes(ids)
        if high >= count:
            place = int((ids >= count).nonzero()[0])
            at = np.unravel_index(place, tuple(segment_ids.shape)) if segment_ids.dim() else ()
            index = "".join(f"[{i}]" for i in at) if len(at) == 1 else str([int(i) for i in at])
            raise errors.invalid_argument(
                f"segment_ids{index} = {int(ids[place])} is out of range [0, {count})"
            )
        if low < 0:
            kept = ids >= 0
            ids, rows = ids[kept], rows[kept]
        return combine(rows, ids, count)

    kernel(
        op_type,
        *(devices or _devices(types)),
        types={"T": types},
        host_inputs=("num_segments",),
    )(unsorted_segment)


def _sum_wide_rows(rows: Tensor, ids: Tensor, count: int) -> Tensor:
    """Return what `sum_rows` does, of rows in host memory; of wide ones as bags."""
    if rows.dim() < 2 or rows[:1].numel() < _WIDE or count > _MOST_BAGS:
        return sum_rows(rows, ids, count)
    order = ids.numpy().astype(np.uint16).argsort(kind="stable")
    return sum_bags(rows, torch.from_numpy(order), ids.numpy()[order], count)


_WIDE, _MOST_BAGS = 64, 1 << 16

_register_unsorted("UnsortedSegmentSum", _sum_wide_rows, _BAGS, ("cpu",))
_register_unsorted("UnsortedSegmentSum", sum_rows, _BAGS, ("gpu",))
_register_unsorted("UnsortedSegmentSum", sum_rows, _WITHOUT_BAGS)
_register_unsorted("UnsortedSegmentSum", _NUMPY_SUM, WIDE_UNSIGNED)
_register_unsorted("UnsortedSegmentProd", _PROD, _TORCH_TYPES)
_register_unsorted("UnsortedSegmentProd", _NUMPY_PROD, (*WIDE_UNSIGNED, *COMPLEX))
_register_unsorted("UnsortedSegmentMax", _MAX, _TORCH_TYPES)
_register_unsorted("UnsortedSegmentMax", _NUMPY_MAX, WIDE_UNSIGNED)
_register_unsorted("UnsortedSegmentMin", _MIN, _TORCH_TYPES)
_register_unsorted("UnsortedSegmentMin", _NUMPY_MIN, WIDE_UNSIGNED)


def _weights(kind: str, counts: Tensor, dtype: torch.dtype) -> Tensor | None:
    """Return what the sum of each segment is multiplied by, or None."""
    if kind == "Sum":
        return None
    counts = counts.clamp(min=1).to(torch.float64)
    return (1 / counts if kind == "Mean" else counts.rsqrt()).to(dtype)


def _places(data: Tensor, indices: Tensor) -> Tensor:
    """Return the rows that indices name, as int64.

    Raises:
      InvalidArgumentError: there is no such row.
    """
    places = indices.to(torch.int64)
    low, high = extremes(places)
    if low < 0 or high >= data.shape[0]:
        at = int(((places < 0) | (places >= data.shape[0])).nonzero()[0])
        raise errors.invalid_argument(
            f"indices[{at}] == {int(places[at])} out of range [0, {data.shape[0]})"
        )
    return places


def _sparse_segment(
    kind: str,
    total_rows: Total,
    data: Tensor,
    indices: Tensor,
    segment_ids: Tensor,
    count: int | None,
) -> Tensor:
    if data.dim() < 1:
        raise errors.invalid_argument("Shape must be at least rank 1")
    if indices.shape != segment_ids.shape:
        raise errors.invalid_argument("segment_ids and indices should have same size.")
    places = _places(data, indices)
    found = check_sorted(places, segment_ids)
    if count is None:
        count = found
    elif found > count:
        raise errors.invalid_argument("segment ids must be < num_segments")
    ids = segment_ids.to(torch.int64)
    if str(data.dtype).removeprefix("torch.") in WIDE_UNSIGNED:
        return _NUMPY_SUM(data[places], ids, count)
    total = total_rows(data, places, ids, count)
    weights = _weights(kind, segment_counts(ids, count), total.dtype)
    return total if weights is None else total * _as_column(weights, total)


def _sparse_segment_grad(
    kind: str, grad: Tensor, indices: Tensor, segment_ids: Tensor, rows: int
) -> Tensor:
    if indices.dim() != 1:
        raise errors.invalid_argument("indices should be a vector.")
    if segment_ids.dim() != 1:
        raise errors.invalid_argument("segment_ids should be a vector.")
    if indices.shape != segment_ids.shape:
        raise errors.invalid_argument("segment_ids and indices should have same size.")
    if grad.dim() < 1:
        raise errors.invalid_argument("Shape must be at least rank 1")
    ids = segment_ids.to(torch.int64)
    places = indices.to(torch.int64)
    if bool(((places < 0) | (places >= rows)).any()):
        raise errors.invalid_argument(f"Index out of range [0, {rows})")
    if bool(((ids < 0) | (ids >= grad.shape[0])).any()):
        raise errors.invalid_argument(f"Segment id out of range [0, {grad.shape[0]})")
    weights = _weights(kind, segment_counts(ids, grad.shape[0]), grad.dtype)
    if weights is not None:
        grad = grad * _as_column(weights, grad)
    return sum_rows(grad[ids], places, rows)


def _total_gathered(data: Tensor, places: Tensor, ids: Tensor, count: int) -> Tensor:
    return sum_rows(data[places], ids, count)


def _total_bags(data: Tensor, places: Tensor, ids: Tensor, count: int) -> Tensor:
    return sum_bags(data, places, ids.numpy(), count)


def _register_sparse(kind: str, total_rows: Total, *devices: str, **conditions: Any) -> None:
    @kernel(f"SparseSegment{kind}", *devices, **conditions)
    def sparse_segment(
        data: Tensor, indices: Tensor, segment_ids: Tensor, *, sparse_gradient: bool
    ) -> Tensor:
        return _sparse_segment(kind, total_rows, data, indices, segment_ids, None)

    @kernel(
        f"SparseSegment{kind}WithNumSegments",
        *devices,
        host_inputs=("num_segments",),
        **conditions,
    )
    def counted_sparse_segment(
        data: Tensor,
        indices: Tensor,
        segment_ids: Tensor,
        num_segments: Any,
        *,
        sparse_gradient: bool,
    ) -> Tensor:
        count = _count_of(num_segments)
        return _sparse_segment(kind, total_rows, data, indices, segment_ids, count)


def _register_sparse_gradient(kind: str) -> None:
    @kernel(f"SparseSegment{kind}Grad", "cpu", "gpu", host_inputs=("output_dim0",))
    def sparse_segment_grad(
        grad: Tensor, indices: Tensor, segment_ids: Tensor, output_dim0: Any
    ) -> Tensor:
        if output_dim0.ndim:
            raise errors.invalid_argument("output_dim0 should be a scalar.")
        return _sparse_segment_grad(kind, grad, indices, segment_ids, int(output_dim0))


_OTHERS = tuple(each for each in (*_TORCH_TYPES, *COMPLEX, *WIDE_UNSIGNED) if each not in _BAGS)

for _kind in ("Sum", "Mean", "SqrtN"):
    _register_sparse(_kind, _total_bags, "cpu", types={"T": _BAGS})
    _register_sparse(_kind, _total_gathered, "cpu", types={"T": _OTHERS})
    _register_sparse(_kind, _total_gathered, "gpu", types=_ON_GPU)
    _register_sparse_gradient(_kind)
