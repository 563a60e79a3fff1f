"""Ragged tensors joined along a dimension, and stacked along a new one."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops import joining
from tensormill.ops.array_shapes import positive_axis, reshape
from tensormill.ops.assertions import assert_equal
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose
from tensormill.ragged_tensors.arrays import expand_dims, rows_at
from tensormill.ragged_tensors.row_partitions import assert_splits_match, lengths_to_splits
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    match_row_splits_dtypes,
)

__all__ = ["concat", "stack"]


def concat(values: Any, axis: Any, name: str | None = None) -> Any:
    """Return tensors, ragged or not, joined along an axis."""
    values = values if isinstance(values, (list, tuple)) else [values]
    with OpScope(name, "RaggedConcat", values):
        return _joined(list(values), axis, False)


def stack(values: Any, axis: Any = 0, name: str | None = None) -> Any:
    """Return tensors, ragged or not, stacked along a new axis."""
    values = values if isinstance(values, (list, tuple)) else [values]
    with OpScope(name, "RaggedConcat", values):
        return _joined(list(values), axis, True)


def _joined(inputs: list[Any], axis: Any, is_stack: bool) -> Any:
    if not inputs:
        raise ValueError("rt_inputs may not be empty.")
    inputs = [convert_to_tensor_or_ragged_tensor(each, name="rt_input") for each in inputs]
    dtype, matched = match_row_splits_dtypes(*inputs, return_dtype=True)
    inputs = list(matched)
    if len(inputs) == 1:
        return expand_dims(inputs[0], axis=axis) if is_stack else inputs[0]
    rank = None
    for each in inputs:
        if rank is None:
            rank = each.shape.ndims
        else:
            each.shape.assert_has_rank(rank)
    out_rank = rank if rank is None or not is_stack else rank + 1
    axis = positive_axis(axis, out_rank)
    if (
        all(isinstance(each, Tensor) for each in inputs)
        and rank is not None
        and axis in ((out_rank or 0) - 1, rank - 1)
    ):
        return joining.stack(inputs, axis) if is_stack else joining.concat(inputs, axis)
    inputs = [
        each
        if isinstance(each, RaggedTensor)
        else RaggedTensor.from_tensor(each, ragged_rank=1, row_splits_dtype=dtype)
        for each in inputs
    ]
    depth = max(each.ragged_rank for each in inputs)
    inputs = [_deepened(each, depth, dtype) for each in inputs]
    if axis == 0:
        return _over_rows(inputs, is_stack)
    if axis == 1:
        return _within_rows(inputs, is_stack)
    checks = assert_splits_match([[each.row_splits] for each in inputs])
    values = _joined([each.values for each in inputs], axis - 1, is_stack)
    splits = with_dependencies(checks, inputs[0].row_splits)
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def _deepened(rows: Any, depth: int, dtype: Any) -> Any:
    """Return rows with so many ragged dimensions."""
    if depth <= 0:
        return rows
    if not isinstance(rows, RaggedTensor):
        rows = RaggedTensor.from_tensor(rows, row_splits_dtype=dtype)
    if rows.ragged_rank >= depth:
        return rows
    return rows.with_values(_deepened(rows.values, depth - 1, dtype))


def _over_rows(inputs: list[RaggedTensor], is_stack: bool) -> Any:
    flat = joining.concat([each.flat_values for each in inputs], axis=0)
    levels = zip(*[each.nested_row_splits for each in inputs], strict=True)
    nested = [_joined_splits(list(level)) for level in levels]
    if is_stack:
        counts = joining.stack([each.nrows() for each in inputs])
        nested.insert(0, lengths_to_splits(counts))
    return RaggedTensor.from_nested_row_splits(flat, nested, validate=False)


def _joined_splits(each: list[Tensor]) -> Tensor:
    pieces, offset = [each[0]], each[0][-1]
    for splits in each[1:]:
        pieces.append(splits[1:] + offset)
        offset = offset + splits[-1]
    return joining.concat(pieces, axis=0)


def _within_rows(inputs: list[RaggedTensor], is_stack: bool) -> Any:
    rows, count = inputs[0].nrows(), len(inputs)
    text = "Input tensors have incompatible shapes."
    checks = [assert_equal(each.nrows(), rows, message=text) for each in inputs[1:]]
    rows = with_dependencies(checks, rows)
    joined = _over_rows(inputs, False)
    # Row r of input i stands at i * rows + r, and goes to r * count + i.
    order = transpose(reshape(range_of(rows * count), [count, -1]))
    mixed = rows_at(joined, reshape(order, [-1]))
    if is_stack:
        splits = range_of(0, rows * count + 1, count)
        values: Any = mixed
    else:
        splits, values = mixed.row_splits[::count], mixed.values
    for each in inputs:
        known = each.shape.as_list()[0]
        if known is not None:
            splits.set_shape([known + 1])
    return RaggedTensor.from_row_splits(values, splits, validate=False)
