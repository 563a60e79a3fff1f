"""`ragged[...]`: rows, slices of rows, and slices of what is in them."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import operator
from tensormill.graph.shapes import Dimension
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater_equal
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather, where
from tensormill.ops.joining import concat, stack
from tensormill.ops.ragged import ragged_range_op
from tensormill.ragged_tensors.tensor import RaggedTensor

_FULL = slice(None, None, None)


@operator("ragged_getitem")
def ragged_getitem(ragged: RaggedTensor, key: Any) -> Any:
    """Return the piece of a ragged tensor that an index expression names.

    Raises:
      ValueError: it names one element of each row of a ragged dimension.
    """
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    with OpScope(None, "RaggedGetItem", [ragged, *(k for k in keys if isinstance(k, Tensor))]):
        return _piece(ragged, keys)


def _piece(ragged: Any, keys: list[Any]) -> Any:
    if not keys:
        return ragged
    if not isinstance(ragged, RaggedTensor):
        return ragged[tuple(keys)]
    first, rest = keys[0], keys[1:]
    if first is Ellipsis:
        return _piece(ragged, _without_ellipsis(keys, ragged.shape.ndims))
    if first is None:
        inner = _piece(ragged, rest)
        if isinstance(inner, RaggedTensor):
            count = shape_of(inner.row_splits, out_type=inner.row_splits.dtype)[0]
            return RaggedTensor.from_row_splits(inner, stack([0, count - 1]), validate=False)
        return inner[None]
    if isinstance(first, slice):
        return _inner_piece(_row_slice(ragged, first), rest)
    row = ragged.values[ragged.row_splits[:-1][first] : ragged.row_splits[1:][first]]
    return _piece(row, rest)


def _without_ellipsis(keys: list[Any], rank: int | None) -> list[Any]:
    """Return index expressions with slices of everything for the first ellipsis."""
    if rank is None:
        raise ValueError("Ellipsis not supported for unknown shape RaggedTensors")
    count = sum(1 for key in keys[1:] if key is not None and key is not Ellipsis)
    missing = rank - count
    if missing < 0:
        raise IndexError("Too many indices for RaggedTensor")
    if missing == 0:
        return keys[1:]
    return [_FULL] * missing + keys[1:]


def _row_slice(ragged: RaggedTensor, key: slice) -> RaggedTensor:
    """Return some of the rows."""
    if key == _FULL:
        return ragged
    starts, limits = ragged.row_splits[:-1][key], ragged.row_splits[1:][key]
    if key.step is None or key.step == 1:
        zero = zeros([1], ragged.row_splits.dtype)
        splits = concat([zero[size_of(starts) :], starts[:1], limits], axis=0)
        low, high = splits[0], splits[-1]
        return RaggedTensor.from_row_splits(ragged.values[low:high], splits - low, validate=False)
    return _of_ranges(ragged, starts, limits, 1)


def _of_ranges(ragged: RaggedTensor, starts: Tensor, limits: Tensor, step: Any) -> RaggedTensor:
    """Return the rows whose values stand at the given ranges."""
    step = cast(step, starts.dtype)
    splits, places = ragged_range_op(starts, limits, step, Tsplits=starts.dtype)
    values = ragged.values
    picked = (
        _gathered_rows(values, places)
        if isinstance(values, RaggedTensor)
        else gather(values, places)
    )
    return RaggedTensor.from_row_splits(picked, splits, validate=False)


def _gathered_rows(ragged: RaggedTensor, rows: Tensor) -> RaggedTensor:
    starts, limits = ragged.row_splits[:-1], ragged.row_splits[1:]
    return _of_ranges(ragged, gather(starts, rows), gather(limits, rows), 1)


def _inner_piece(ragged: RaggedTensor, keys: list[Any]) -> Any:
    """Return a piece of every row."""
    if not keys:
        return ragged
    first, rest = keys[0], keys[1:]
    if first is Ellipsis:
        rank = ragged.shape.ndims
        expanded = _without_ellipsis(keys, None if rank is None else rank - 1)
        return _inner_piece(ragged, expanded)
    if first is None:
        inner = _inner_piece(ragged, rest)
        count = shape_of(inner.row_splits, out_type=inner.row_splits.dtype)[0]
        splits = _whole_rows(count)
        return RaggedTensor.from_row_splits(inner, splits, validate=False)
    if not isinstance(first, slice):
        raise ValueError("Cannot index into an inner ragged dimension.")
    sliced = _column_slice(ragged, first)
    values = sliced.values
    if rest:
        values = (
            _inner_piece(values, rest)
            if isinstance(values, RaggedTensor)
            else values[(_FULL, *rest)]
        )
    return sliced.with_values(values) if values is not sliced.values else sliced


def _whole_rows(count: Tensor) -> Tensor:
    splits: Tensor = ragged_range_op(
        cast(0, count.dtype), count, cast(1, count.dtype), Tsplits=count.dtype
    )[1]
    return splits


def _number(value: Any, dtype: Any) -> Any:
    if isinstance(value, Dimension):
        value = value.value
    return cast(value, dtype)


def _column_slice(ragged: RaggedTensor, key: slice) -> RaggedTensor:
    """Return a slice of each row."""
    if key == _FULL:
        return ragged
    dtype = ragged.row_splits.dtype
    starts, limits = ragged.row_splits[:-1], ragged.row_splits[1:]
    step = 1 if key.step is None else key.step
    goes_back = isinstance(step, int) and step < 0
    low = _bound(key.start, starts, limits, goes_back, True, dtype)
    high = _bound(key.stop, starts, limits, goes_back, False, dtype)
    return _of_ranges(ragged, low, high, _number(step, dtype))


def _bound(
    value: Any, starts: Tensor, limits: Tensor, goes_back: bool, is_start: bool, dtype: Any
) -> Tensor:
    """Return where a slice of each row begins or ends, counted from all values."""
    lowest, highest = (starts - 1, limits - 1) if goes_back else (starts, limits)
    if value is None:
        if goes_back:
            return highest if is_start else lowest
        return lowest if is_start else highest
    offset = _number(value, dtype)
    from_front = starts + offset
    from_end = limits + offset
    if isinstance(value, int):
        place = from_front if value >= 0 else from_end
    else:
        is_front = greater_equal(offset, cast(0, dtype))
        place = where(_like(is_front, starts), from_front, from_end)
    return minimum(maximum(place, lowest), highest)


def _like(flag: Tensor, rows: Tensor) -> Tensor:
    """Return a flag for each row."""
    return cast(cast(flag, dtypes.int32) + zeros(shape_of(rows), dtypes.int32), dtypes.bool)
