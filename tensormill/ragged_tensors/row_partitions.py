"""Rows as splits, as lengths and as the row of each value; and what is repeated by rows."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.casting import cast
from tensormill.ops.filling import ones
from tensormill.ops.gathering import gather
from tensormill.ops.histograms import bincount
from tensormill.ops.joining import concat
from tensormill.ops.ragged import ragged_range_op
from tensormill.ops.repetition import repeat
from tensormill.ops.scan import cumsum
from tensormill.ops.sequences import range_of

__all__ = [
    "assert_splits_match",
    "lengths_to_splits",
    "repeat_ranges",
    "row_ids_of",
    "row_splits_to_segment_ids",
    "segment_ids_to_row_splits",
]

_INTEGERS = (dtypes.int32, dtypes.int64)


def lengths_to_splits(lengths: Tensor) -> Tensor:
    """Return the splits of rows of the given lengths."""
    return concat([constant([0], lengths.dtype), cumsum(lengths)], axis=-1)


def row_ids_of(splits: Tensor) -> Tensor:
    """Return the row of each value."""
    lengths = splits[1:] - splits[:-1]
    count = shape_of(lengths, out_type=splits.dtype)[0]
    return repeat(range_of(count), lengths, axis=0)


def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """Return the row of each value, as segment ops want it.

    Raises:
      ValueError: splits are no integers.
    """
    with OpScope(name, "RaggedSplitsToSegmentIds", [splits]):
        splits = convert_to_tensor(splits, name="splits", preferred_dtype=dtypes.int64)
        if splits.dtype not in _INTEGERS:
            raise ValueError("splits must have dtype int32 or int64")
        splits.shape.assert_has_rank(1)
        if splits.dims is not None and splits.dims[0] == 0:
            raise ValueError("Invalid row_splits: []")
        if out_type is not None:
            splits = cast(splits, out_type)
        return row_ids_of(splits)


def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Tensor:
    """Return the splits of rows from the row of each value.

    Raises:
      ValueError: ids are no integers.
    """
    with OpScope(name, "SegmentIdsToRaggedSplits", [segment_ids]):
        ids = convert_to_tensor(segment_ids, name="segment_ids", preferred_dtype=dtypes.int64)
        if ids.dtype not in _INTEGERS:
            raise ValueError("segment_ids must have dtype int32 or int64")
        wanted = ids.dtype if out_type is None else dtypes.as_dtype(out_type)
        ids.shape.assert_has_rank(1)
        limits: dict[str, Any] = {}
        if num_segments is not None:
            count = cast(convert_to_tensor(num_segments, name="num_segments"), dtypes.int32)
            count.shape.assert_has_rank(0)
            limits = {"minlength": count, "maxlength": count}
        lengths = bincount(cast(ids, dtypes.int32), dtype=wanted, **limits)
        splits = concat([constant([0], wanted), cumsum(lengths)], axis=0)
        if num_segments is not None:
            known = constant_value(limits["minlength"])
            if known is not None:
                splits.set_shape([int(known) + 1])
        return splits


def assert_splits_match(nested_splits_lists: Any) -> list[Any]:
    """Return assertions that ragged tensors have the same rows.

    Raises:
      ValueError: they have different numbers of ragged dimensions.
    """
    message = "Inputs must have identical ragged splits"
    first, *others = nested_splits_lists
    if any(len(each) != len(first) for each in others):
        raise ValueError(message)
    return [
        assert_equal(a, b, message=message)
        for each in others
        for a, b in zip(first, each, strict=True)
        if a is not b
    ]


def repeat_ranges(params: Tensor, splits: Tensor, repeats: Tensor) -> Tensor:
    """Return each row `params[splits[i]:splits[i + 1]]` so many times, one after the other."""
    low, high = (repeat(edges, repeats, axis=0) for edges in (splits[:-1], splits[1:]))
    one = ones((), low.dtype)
    places = ragged_range_op(low, high, one, Tsplits=low.dtype)[1]
    return gather(params, places)
