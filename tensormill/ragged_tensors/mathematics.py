"""Reductions and segment ops over ragged tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops import reduction, segments
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import positive_axis
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.filling import ones, ones_like
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.ragged import ragged_range_op
from tensormill.ragged_tensors.row_partitions import lengths_to_splits
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    match_row_splits_dtypes,
)

__all__ = [
    "over_axes",
    "reduce_all",
    "reduce_any",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sqrt_n",
    "segment_sum",
]

Segments = Callable[..., Tensor]


def _aggregate(
    function: Segments, data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Return what an unsorted segment op makes of ragged rows.

    Raises:
      ValueError: ids are no vector, or of another number of rows.
    """
    if not (is_ragged(data) or is_ragged(segment_ids)):
        return function(data, segment_ids, num_segments, name=name)
    with OpScope(name, "RaggedSegment", [data, segment_ids, num_segments]) as scope:
        data = convert_to_tensor_or_ragged_tensor(data, name="data")
        ids = convert_to_tensor_or_ragged_tensor(segment_ids, name="segment_ids")
        data, ids = match_row_splits_dtypes(data, ids)
        if ids.dtype not in (dtypes.int32, dtypes.int64):
            raise ValueError("segment_ids must have dtype int32 or int64.")
        if isinstance(ids, RaggedTensor):
            if not isinstance(data, RaggedTensor):
                raise ValueError(
                    "segment_ids.shape must be a prefix of data.shape, but segment_ids is ragged "
                    "and data is not."
                )
            check = assert_equal(
                ids.row_splits,
                data.row_splits,
                message="segment_ids.shape must be a prefix of data.shape",
            )
            inner = (
                with_dependencies([check], ids.values)
                if not isinstance(ids.values, RaggedTensor)
                else ids.values
            )
            return _aggregate(function, data.values, inner, num_segments)
        if not isinstance(data, RaggedTensor):
            return function(data, ids, num_segments, name=scope)
        return _ragged_segments(function, data, ids, num_segments)


def _ragged_segments(function: Segments, data: RaggedTensor, ids: Tensor, count: Any) -> Any:
    ids = cast(ids, data.row_splits.dtype)
    lengths = data.row_lengths()
    count = cast(convert_to_tensor(count), ids.dtype)
    longest = segments.unsorted_segment_max(lengths, ids, count)
    longest = maximum(longest, cast(0, longest.dtype))
    splits = lengths_to_splits(longest)
    # Column j of a row goes to column j of the row that its segment becomes.
    starts = gather(splits, ids)
    places = ragged_range_op(starts, starts + lengths, cast(1, starts.dtype), Tsplits=starts.dtype)[
        1
    ]
    values = _aggregate(function, data.values, places, splits[-1])
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def _segment_function(name: str, function: Segments, what: str) -> Callable[..., Any]:
    def apply(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return _aggregate(function, data, segment_ids, num_segments, name)

    apply.__name__ = apply.__qualname__ = f"segment_{name}"
    apply.__doc__ = f"Return the {what} of the rows of each segment."
    return apply


segment_sum = _segment_function("sum", segments.unsorted_segment_sum, "sum")
segment_prod = _segment_function("prod", segments.unsorted_segment_prod, "product")
segment_max = _segment_function("max", segments.unsorted_segment_max, "greatest")
segment_min = _segment_function("min", segments.unsorted_segment_min, "least")


def _count_like(data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any]:
    """Return the sums of segments, and how many values went into each of them."""
    total = segment_sum(data, segment_ids, num_segments)
    if isinstance(data, RaggedTensor):
        units: Any = data.with_flat_values(ones_like(data.flat_values))
    else:
        units = ones_like(data)
    return total, segment_sum(units, segment_ids, num_segments)


def segment_mean(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """Return the mean of the rows of each segment."""
    with OpScope(name, "RaggedSegmentMean", [data, segment_ids, num_segments]):
        total, count = _count_like(data, segment_ids, num_segments)
        if isinstance(total, RaggedTensor):
            return total.with_flat_values(total.flat_values / count.flat_values)
        return total / count


def segment_sqrt_n(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """Return the sum of the rows of each segment over the square root of their number."""
    with OpScope(name, "RaggedSegmentSqrtN", [data, segment_ids, num_segments]):
        total, count = _count_like(data, segment_ids, num_segments)
        if isinstance(total, RaggedTensor):
            return total.with_flat_values(total.flat_values / sqrt(count.flat_values))
        return total / sqrt(count)


def _reduce(
    dense: Callable[..., Tensor],
    segment: Callable[..., Any],
    rt_input: Any,
    axis: Any,
    keepdims: Any,
    name: str | None,
) -> Any:
    if not is_ragged(rt_input):
        return (
            dense(rt_input, axis, name=name)
            if keepdims is None
            else dense(rt_input, axis, keepdims=keepdims, name=name)
        )
    if keepdims:
        raise ValueError("keepdims=True is not supported for RaggedTensors.")
    rt_input = convert_to_tensor_or_ragged_tensor(rt_input, name="rt_input")
    if isinstance(axis, Tensor):
        known = constant_value(axis)
        if known is None:
            raise ValueError("axis must be known at graph construction time.")
        if known.dtype.kind not in "iu":
            raise TypeError("axis must be an int; got a tensor of another dtype")
        axis = known.tolist()
    if axis is None:
        return dense(rt_input.flat_values, None, name=name)
    with OpScope(name, "RaggedReduce", [rt_input, axis]):
        if isinstance(axis, (tuple, list)):
            return over_axes(dense, segment, rt_input, list(axis))
        return _over_axis(dense, segment, rt_input, axis)


def over_axes(
    dense: Callable[..., Tensor], segment: Callable[..., Any], ragged: Any, axes: list[int]
) -> Any:
    """Return a reduction of a ragged tensor over axes, from the last to the first."""
    if not axes:
        return ragged
    if len(axes) == 1:
        return _over_axis(dense, segment, ragged, axes[0])
    rank = ragged.shape.ndims
    if rank is None and any(axis < 0 for axis in axes):
        raise ValueError("axis may only be negative if ndims is statically known.")
    ordered = sorted({positive_axis(axis, rank) for axis in axes})
    reduced = _over_axis(dense, segment, ragged, ordered[-1])
    for axis in reversed(ordered[:-1]):
        reduced = _over_axis(dense, segment, reduced, axis)
    return reduced


def _over_axis(
    dense: Callable[..., Tensor], segment: Callable[..., Any], ragged: Any, axis: int
) -> Any:
    if not isinstance(ragged, RaggedTensor):
        return dense(ragged, axis)
    axis = positive_axis(axis, ragged.shape.ndims)
    if axis == 0:
        lengths = ragged.row_lengths()
        longest = maximum(reduction.reduce_max(lengths), cast(0, lengths.dtype))
        zero, one = cast(0, lengths.dtype), cast(1, lengths.dtype)
        columns = ragged_range_op(zero, lengths, one, Tsplits=lengths.dtype)[1]
        return segment(ragged.values, columns, longest)
    if axis == 1:
        return segment(ragged.values, ragged.value_rowids(), ragged.nrows())
    return ragged.with_values(_over_axis(dense, segment, ragged.values, axis - 1))


def _reduction(name: str, dense: Callable[..., Tensor], segment: Callable[..., Any]) -> Any:
    def apply(
        input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None
    ) -> Any:
        return _reduce(dense, segment, input_tensor, axis, keepdims, name)

    apply.__name__ = apply.__qualname__ = f"reduce_{name}"
    apply.__doc__ = f"Return the {name} over axes of a tensor that may be ragged."
    return apply


reduce_sum = _reduction("sum", reduction.reduce_sum, segment_sum)
reduce_prod = _reduction("prod", reduction.reduce_prod, segment_prod)
reduce_min = _reduction("min", reduction.reduce_min, segment_min)
reduce_max = _reduction("max", reduction.reduce_max, segment_max)


def reduce_mean(
    input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None
) -> Any:
    """Return the mean over axes of a tensor that may be ragged."""
    with OpScope(name, "RaggedReduceMean", [input_tensor, axis]):
        total = reduce_sum(input_tensor, axis, keepdims)
        if is_ragged(input_tensor):
            ragged = convert_to_tensor_or_ragged_tensor(input_tensor)
            flat = ragged.flat_values
            units: Any = ragged.with_flat_values(ones(shape_of(flat), flat.dtype))
        else:
            units = ones_like(input_tensor)
        count = reduce_sum(units, axis, keepdims)
        if isinstance(total, RaggedTensor):
            return total.with_flat_values(total.flat_values / count.flat_values)
        return total / count


def _of_flags(ragged: Any, reduce: Callable[..., Any], axis: Any, keepdims: Any) -> Any:
    ragged = convert_to_tensor_or_ragged_tensor(ragged)
    numbers = (
        ragged.with_flat_values(cast(ragged.flat_values, dtypes.int32))
        if isinstance(ragged, RaggedTensor)
        else cast(ragged, dtypes.int32)
    )
    found = reduce(numbers, axis, keepdims)
    if isinstance(found, RaggedTensor):
        return found.with_flat_values(cast(found.flat_values, dtypes.bool))
    return cast(found, dtypes.bool)


def reduce_all(
    input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None
) -> Any:
    """Return whether all are true, over axes of a tensor that may be ragged."""
    with OpScope(name, "RaggedReduceAll", [input_tensor, axis]):
        return _of_flags(input_tensor, reduce_prod, axis, keepdims)


def reduce_any(
    input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None
) -> Any:
    """Return whether any is true, over axes of a tensor that may be ragged."""
    with OpScope(name, "RaggedReduceAny", [input_tensor, axis]):
        found = _of_flags(input_tensor, reduce_sum, axis, keepdims)
        return found
