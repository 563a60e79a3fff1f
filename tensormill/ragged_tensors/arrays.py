"""Shapes of ragged tensors: masks, tiles, dimensions put in and left out."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops import array_shapes, filling, gathering, grids, joining
from tensormill.ops.array_shapes import positive_axis, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal, assert_less
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.ragged import ragged_gather_op
from tensormill.ops.reduction import count_nonzero, reduce_all
from tensormill.ops.scan import cumprod
from tensormill.ops.sequences import range_of
from tensormill.ops.sorting import argsort
from tensormill.ragged_tensors.mathematics import reduce_sum
from tensormill.ragged_tensors.row_partitions import (
    assert_splits_match,
    lengths_to_splits,
    repeat_ranges,
    row_splits_to_segment_ids,
)
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    match_row_splits_dtypes,
)

__all__ = [
    "boolean_mask",
    "expand_dims",
    "one_hot",
    "rank",
    "rows_at",
    "size",
    "squeeze",
    "stack_dynamic_partitions",
    "tile",
]


def rows_at(rows: Any, places: Tensor) -> Any:
    """Return rows by number, of a tensor that may be ragged."""
    if not isinstance(rows, RaggedTensor):
        return gathering.gather(rows, places)
    nested = list(rows.nested_row_splits)
    splits, values = ragged_gather_op(
        nested, rows.flat_values, places, OUTPUT_RAGGED_RANK=len(nested)
    )
    return RaggedTensor.from_nested_row_splits(values, splits, validate=False)


def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """Return what a mask keeps, without flattening the dimensions of the mask.

    Args:
      data: a tensor, ragged or not.
      mask: flags, of a shape that begins as that of `data`; ragged or not.
      name: the name of the nodes.

    Raises:
      ValueError: the rank of the mask is not known, or it is a scalar.
    """
    with OpScope(name, "RaggedMask", [data, mask]):
        data = convert_to_tensor_or_ragged_tensor(data, name="data")
        mask = convert_to_tensor_or_ragged_tensor(mask, dtypes.bool, name="mask")
        dtype, (data, mask) = match_row_splits_dtypes(data, mask, return_dtype=True)
        mask_rank = mask.shape.ndims
        if mask_rank is None:
            raise ValueError("mask.shape.ndims must be known statically.")
        if mask_rank == 0:
            raise ValueError("mask cannot be scalar.")
        if isinstance(mask, RaggedTensor):
            return _ragged_masked(data, mask, dtype)
        if isinstance(data, RaggedTensor):
            if mask_rank == 1:
                return _rows_masked(data, mask)
            depth = min(data.ragged_rank, mask_rank - 1)
            ragged = RaggedTensor.from_tensor(mask, ragged_rank=depth, row_splits_dtype=dtype)
            return boolean_mask(data, ragged)
        return _dense_masked(data, mask, mask_rank, dtype)


def _ragged_masked(data: Any, mask: RaggedTensor, dtype: Any) -> Any:
    if not isinstance(data, RaggedTensor):
        data = RaggedTensor.from_tensor(data, ragged_rank=mask.ragged_rank, row_splits_dtype=dtype)
    depth = mask.ragged_rank
    checks = assert_splits_match([mask.nested_row_splits, data.nested_row_splits[:depth]])
    splits: list[Tensor] = []
    inner_mask: Any = mask
    while isinstance(inner_mask, RaggedTensor):
        if (inner_mask.shape.ndims or 0) > 2:
            splits.append(inner_mask.row_splits)
        else:
            numbers = inner_mask.with_flat_values(cast(inner_mask.flat_values, dtype))
            splits.append(lengths_to_splits(reduce_sum(numbers, axis=1)))
        inner_mask, data = inner_mask.values, data.values
    values = boolean_mask(data, with_dependencies(checks, inner_mask))
    return RaggedTensor.from_nested_row_splits(values, splits, validate=False)


def _rows_masked(data: RaggedTensor, mask: Tensor) -> RaggedTensor:
    lengths = grids.boolean_mask(data.row_lengths(), mask)
    kept = gathering.gather(mask, row_splits_to_segment_ids(data.row_splits))
    values = boolean_mask(data.values, kept)
    return RaggedTensor.from_row_splits(values, lengths_to_splits(lengths), validate=False)


def _dense_masked(data: Any, mask: Tensor, mask_rank: int, dtype: Any) -> Any:
    values: Any = grids.boolean_mask(data, mask)
    if mask_rank < 2:
        return values
    lengths = reshape(count_nonzero(mask, axis=-1, dtype=dtype), [-1])
    values = RaggedTensor.from_row_lengths(values, lengths, validate=False)
    sizes = shape_of(mask, out_type=dtype)
    counts = cumprod(sizes) + 1
    for axis in range(mask_rank - 3, -1, -1):
        splits = range_of(counts[axis]) * sizes[axis + 1]
        values = RaggedTensor.from_row_splits(values, splits, validate=False)
    return values


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """Return a tensor, ragged or not, repeated along each dimension."""
    with OpScope(name, "RaggedTile", [input, multiples]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        if not isinstance(input, RaggedTensor):
            return joining.tile(input, multiples, name)
        counts = cast(convert_to_tensor(multiples, name="multiples"), input.row_splits.dtype)
        counts.shape.assert_has_rank(1)
        inner = _tiled_within(input, counts)
        rows = joining.tile(range_of(inner.nrows()), counts[:1])
        return rows_at(inner, rows)


def _tiled_within(rows: Any, counts: Tensor) -> Any:
    """Return rows repeated along all dimensions but the first."""
    if not isinstance(rows, RaggedTensor):
        one = constant([1], counts.dtype)
        return joining.tile(rows, joining.concat([one, counts[1:]], axis=0))
    values = _tiled_within(rows.values, counts[1:])
    count, splits = counts[1], rows.row_splits
    places = repeat_ranges(range_of(splits[-1]), splits, count)
    return RaggedTensor.from_row_splits(rows_at(values, places), splits * count, validate=False)


def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """Return a tensor, ragged or not, with a dimension of size 1 put in."""
    with OpScope(name, "RaggedExpandDims", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        if not isinstance(input, RaggedTensor):
            return array_shapes.expand_dims(input, axis)
        rank = input.shape.ndims
        axis = positive_axis(axis, None if rank is None else rank + 1)
        if axis == 0:
            values, splits = input, joining.stack([0, input.nrows()])
        elif axis == 1:
            values, splits = input, range_of(input.nrows() + 1)
        else:
            values, splits = expand_dims(input.values, axis - 1), input.row_splits
        return RaggedTensor.from_row_splits(values, splits, validate=False)


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Return a tensor, ragged or not, without dimensions of size 1.

    Raises:
      ValueError: no axis is given for a ragged tensor.
      TypeError: axes are no integers.
    """
    with OpScope(name, "RaggedSqueeze", [input]):
        input = convert_to_tensor_or_ragged_tensor(input)
        if not isinstance(input, RaggedTensor):
            return array_shapes.squeeze(input, axis, name)
        if axis is None:
            raise ValueError("Ragged.squeeze must have an axis argument.")
        axes = [axis] if isinstance(axis, int) else axis
        if not isinstance(axes, (list, tuple)) or not all(isinstance(a, int) for a in axes):
            raise TypeError("Axis must be a list or tuple of integers.")
        places = [positive_axis(a, input.shape.ndims) for a in axes]
        ragged = {place for place in places if place <= input.ragged_rank}
        dense = [place - input.ragged_rank for place in places if place > input.ragged_rank]
        values: Any = with_dependencies(_squeeze_checks(input, ragged), input.flat_values)
        if dense:
            values = array_shapes.squeeze(values, dense)
        kept = [s for level, s in enumerate(input.nested_row_splits, 1) if level not in ragged]
        if 0 in ragged and kept:
            kept.pop(0)
        made = RaggedTensor.from_nested_row_splits(values, kept)
        if set(range(input.ragged_rank + 1)) <= ragged:
            made = array_shapes.squeeze(made, [0], name)
        return made


def _squeeze_checks(input: RaggedTensor, axes: set[int]) -> list[Any]:
    checks = []
    one = constant(1, dtype=input.row_splits.dtype)
    for level, lengths in enumerate(input.nested_row_lengths(), 1):
        if level in axes:
            text = f"the given axis (axis = {level}) is not squeezable!"
            checks.append(Assert(reduce_all(equal(lengths, one)), [text]))
    if 0 in axes:
        text = "the given axis (axis = 0) is not squeezable!"
        checks.append(Assert(equal(array_shapes.size(input.row_splits), 2), [text]))
    return checks


def size(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Tensor:
    """Return the number of elements."""
    flat = input.flat_values if is_ragged(input) else input
    return array_shapes.size(flat, out_type=out_type, name=name)


def rank(input: Any, name: str | None = None) -> Tensor:
    """Return the number of dimensions."""
    with OpScope(name, "RaggedRank", [input]) as scope:
        if not is_ragged(input):
            return array_shapes.rank(input, scope)
        made: Tensor = input.ragged_rank + array_shapes.rank(input.flat_values)
        return made


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """Return a vector with one mark for each index.

    Raises:
      ValueError: the vectors would stand in a ragged dimension.
    """
    with OpScope(name, "RaggedOneHot", [indices]):
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        if axis is not None:
            axis = positive_axis(axis, indices.shape.ndims)
            if axis < indices.ragged_rank:
                raise ValueError("axis may not be less than indices.ragged_rank.")
            axis -= indices.ragged_rank
        hot = filling.one_hot(indices.flat_values, depth, on_value, off_value, axis, dtype)
        return indices.with_flat_values(hot)


def stack_dynamic_partitions(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> Any:
    """Return a ragged tensor with a row for each partition: the data that go there, in order.

    Args:
      data: [...], ragged or not.
      partitions: the partition of each; a shape that begins that of `data`.
      num_partitions: the number of partitions.
      name: the name of the nodes.

    Raises:
      ValueError: the rank of `partitions` is not known.
    """
    with OpScope(name, "SegmentStack", [data, partitions, num_partitions]):
        data = convert_to_tensor_or_ragged_tensor(data, name="data")
        dtype = data.row_splits.dtype if isinstance(data, RaggedTensor) else None
        partitions = convert_to_tensor_or_ragged_tensor(
            partitions, name="partitions", preferred_dtype=dtype
        )
        count = convert_to_tensor(num_partitions, None, "num_partitions", partitions.dtype)
        if dtype is not None and not isinstance(partitions, RaggedTensor):
            partitions = cast(partitions, dtype)
        count = cast(count, partitions.dtype)
        depth = partitions.shape.ndims
        if depth is None:
            raise ValueError("partitions must have known rank.")
        count.shape.assert_has_rank(0)
        partitions.shape.assert_is_compatible_with(data.shape[:depth])
        if depth == 0:
            row = joining.stack([data]) if not is_ragged(data) else expand_dims(data, 0)
            ids = joining.stack([partitions])
            return RaggedTensor.from_value_rowids(row, ids, nrows=count, validate=False)
        if depth == 1:
            order = argsort(partitions, stable=True)
            ids = gathering.gather(partitions, order)
            text = "partitions must be less than num_partitions"
            check = assert_less(ids[-1:], count, message=text)
            rows = rows_at(data, order)
            ids = with_dependencies([check], ids)
            return RaggedTensor.from_value_rowids(rows, ids, nrows=count, validate=False)
        return _stack_deep(data, partitions, count, depth)


def _stack_deep(data: Any, partitions: Any, count: Tensor, depth: int) -> Any:
    splits_type = dtypes.int64
    for each in (data, partitions):
        if isinstance(each, RaggedTensor):
            splits_type = each.row_splits.dtype
    if not isinstance(data, RaggedTensor):
        data = RaggedTensor.from_tensor(data, row_splits_dtype=splits_type, ragged_rank=1)
    if not isinstance(partitions, RaggedTensor):
        partitions = RaggedTensor.from_tensor(
            partitions,
            row_splits_dtype=splits_type,
            ragged_rank=max(data.ragged_rank, depth - 1),
        )
    check = assert_equal(
        data.row_splits,
        partitions.row_splits,
        message="data and partitions have incompatible ragged shapes",
    )
    inner = partitions.values
    if not isinstance(inner, RaggedTensor):
        inner = with_dependencies([check], inner)
    return stack_dynamic_partitions(data.values, inner, count)
