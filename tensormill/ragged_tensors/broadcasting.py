"""Two tensors, ragged or not, brought to the same rows."""

from __future__ import annotations

from typing import Any

from tensormill.graph.shapes import broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.gathering import gather, where
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.sequences import range_of
from tensormill.ragged_tensors.arrays import expand_dims, rows_at
from tensormill.ragged_tensors.row_partitions import lengths_to_splits, row_ids_of
from tensormill.ragged_tensors.tensor import RaggedTensor, match_row_splits_dtypes

__all__ = ["broadcast_together"]

_MISFIT = "Unable to broadcast: dimension size mismatch in dimension"


def broadcast_together(x: Any, y: Any) -> tuple[Any, Any]:
    """Return two tensors with the same rows; what is left to broadcast is in their flat values.

    Raises:
      ValueError: a rank is not known, or splits have different dtypes.
    """
    x, y = match_row_splits_dtypes(x, y)
    if isinstance(x, RaggedTensor) and isinstance(y, RaggedTensor) and _has_same_rows(x, y):
        return x, y
    if any(isinstance(each, Tensor) and each.shape.ndims == 0 for each in (x, y)):
        return x, y
    ranks = x.shape.ndims, y.shape.ndims
    if ranks[0] is None or ranks[1] is None:
        raise ValueError("Unable to determine ragged_rank: a rank is not known statically")
    for ragged, dense in ((x, y), (y, x)):
        inner = (ragged.shape.ndims or 0) - getattr(ragged, "ragged_rank", 0)
        if isinstance(dense, Tensor) and (dense.shape.ndims or 0) < inner:
            return x, y
    while (x.shape.ndims or 0) < (y.shape.ndims or 0):
        x = expand_dims(x, 0)
    while (y.shape.ndims or 0) < (x.shape.ndims or 0):
        y = expand_dims(y, 0)
    dtype = x.row_splits.dtype if isinstance(x, RaggedTensor) else y.row_splits.dtype
    rows_x, rows_y = _rows(x, dtype), _rows(y, dtype)
    count = maximum(rows_x, rows_y)
    known = broadcast_dims((x.shape.as_list()[0],), (y.shape.as_list()[0],))
    x, y = _stretched(x, rows_x, count, 0), _stretched(y, rows_y, count, 0)
    return _aligned(x, y, dtype, 1, known[0] if known else None)


def _has_same_rows(x: RaggedTensor, y: RaggedTensor) -> bool:
    a, b = x.nested_row_splits, y.nested_row_splits
    return len(a) == len(b) and all(one is other for one, other in zip(a, b, strict=True))


def _rows(tensor: Any, dtype: Any) -> Tensor:
    if isinstance(tensor, RaggedTensor):
        return tensor.nrows()
    return shape_of(tensor, out_type=dtype)[0]


def _stretched(tensor: Any, rows: Tensor, count: Tensor, axis: int) -> Any:
    """Return so many rows of a tensor that has one, or as many."""
    is_one = cast(equal(rows, cast(1, rows.dtype)), rows.dtype)
    check = assert_equal(where(equal(is_one, 1), count, rows), count, message=f"{_MISFIT} {axis}")
    places = range_of(with_dependencies([check], count)) * (1 - is_one)
    made = rows_at(tensor, places)
    known = tensor.shape.as_list()[0]
    if isinstance(made, Tensor) and known is not None and known != 1:
        made.set_shape([known, *[None] * (len(tensor.shape) - 1)])
    return made


def _aligned(x: Any, y: Any, dtype: Any, axis: int, rows: int | None = None) -> tuple[Any, Any]:
    """Return two tensors of as many rows with the same rows below."""
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        return x, y
    x, y = _as_ragged(x, dtype), _as_ragged(y, dtype)
    lengths_x, lengths_y = x.row_lengths(), y.row_lengths()
    one = cast(1, dtype)
    lengths = where(equal(lengths_x, one), lengths_y, lengths_x)
    splits = lengths_to_splits(lengths)
    if rows is not None:
        splits.set_shape([rows + 1])
    made = []
    for each, own in ((x, lengths_x), (y, lengths_y)):
        text = f"{_MISFIT} {axis}"
        fits = assert_equal(where(equal(own, one), lengths, own), lengths, message=text)
        ids = with_dependencies([fits], row_ids_of(splits))
        offsets = range_of(shape_of(ids, out_type=dtype)[0]) - gather(splits, ids)
        moves = cast(equal(own, lengths), dtype)
        made.append(
            rows_at(each.values, gather(each.row_starts(), ids) + offsets * gather(moves, ids))
        )
    inner_x, inner_y = _aligned(made[0], made[1], dtype, axis + 1)
    return (
        RaggedTensor.from_row_splits(inner_x, splits, validate=False),
        RaggedTensor.from_row_splits(inner_y, splits, validate=False),
    )


def _as_ragged(tensor: Any, dtype: Any) -> RaggedTensor:
    if isinstance(tensor, RaggedTensor):
        return tensor
    return RaggedTensor.from_tensor(tensor, row_splits_dtype=dtype)
