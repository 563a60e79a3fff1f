"""The ways to make a ragged tensor: from splits, lengths, rows of values, starts or limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import OPERATORS
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import (
    assert_equal,
    assert_less,
    assert_less_equal,
    assert_non_negative,
    assert_rank,
    assert_rank_at_least,
)
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.histograms import bincount
from tensormill.ops.joining import concat, stack
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.ragged_tensors.value import RaggedTensorValue

__all__ = ["RaggedFactories"]

_INTEGERS = (dtypes.int32, dtypes.int64)


def _row_count(tensor: Any, out_type: DType = dtypes.int32) -> Tensor:
    if isinstance(tensor, RaggedFactories):
        return tensor.nrows(out_type=out_type)
    return shape_of(tensor, out_type=out_type)[0]


def _rises(tensor: Tensor, message: str) -> Any:
    return assert_non_negative(tensor[1:] - tensor[:-1], message=message)


def _is_zero(tensor: Tensor, message: str) -> Any:
    return assert_equal(tensor, constant(0, dtype=tensor.dtype), message=message)


def _checked(partition: Tensor, values: Any, checks: list[Any]) -> Tensor:
    if not isinstance(values, RaggedFactories):
        checks.append(assert_rank_at_least(values, 1))
    return with_dependencies(checks, partition)


def _require_bool(validate: Any) -> None:
    if not isinstance(validate, bool):
        raise TypeError("validate must have type bool")


def _known_row_count(nrows: Tensor, known_ids: Any) -> Any:
    known = constant_value(nrows)
    if known is None:
        return None
    if known < 0:
        raise ValueError(f"Expected nrows >= 0; got {int(known)}")
    if known_ids is not None and known_ids.size and known < known_ids[-1] + 1:
        raise ValueError(
            f"Expected nrows >= value_rowids[-1] + 1; got nrows={int(known)}, "
            f"value_rowids[-1]={int(known_ids[-1])}"
        )
    return known


def _require_list(value: Any, name: str) -> None:
    if isinstance(value, Tensor):
        raise TypeError(f"{name} must be a list of Tensors")


class RaggedFactories:
    """The class methods of `RaggedTensor` that make one."""

    nrows: Any
    row_splits: Any

    @classmethod
    def _made(cls, *args: Any, **kwargs: Any) -> Any:
        return cls(*args, **kwargs)

    @classmethod
    def from_value_rowids(
        cls,
        values: Any,
        value_rowids: Any,
        nrows: Any = None,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Return the ragged tensor whose value i is in row `value_rowids[i]`.

        Args:
          values: [values, ...], ragged or not.
          value_rowids: the row of each value; rows do not fall.
          nrows: the number of rows; by default up to the last that has a value.
          name: the name of the nodes.
          validate: whether the step checks the arguments.

        Raises:
          ValueError: `nrows` is known to be wrong.
        """
        _require_bool(validate)
        with OpScope(name, "RaggedFromValueRowIds", [values, value_rowids, nrows]):
            values, rowids = cls._convert(values, value_rowids, "value_rowids")
            known_ids = constant_value(rowids)
            known: Any = None
            if nrows is None:
                if known_ids is None:
                    nrows = concat([rowids[-1:], constant([-1], rowids.dtype)], axis=0)[0] + 1
                else:
                    known = int(known_ids[-1]) + 1 if known_ids.size else 0
                    nrows = convert_to_tensor(known, rowids.dtype, name="nrows")
            else:
                nrows = convert_to_tensor(nrows, rowids.dtype, "nrows")
                known = _known_row_count(nrows, known_ids)
            rowids.shape.assert_has_rank(1)
            nrows.shape.assert_has_rank(0)
            values.shape[:1].assert_is_compatible_with(rowids.shape)
            if validate:
                text = "Arguments to from_value_rowids do not form a valid RaggedTensor"
                checks = [
                    assert_rank(rowids, 1, message=text),
                    assert_rank(nrows, 0, message=text),
                    assert_equal(_row_count(values), _row_count(rowids), message=text),
                    assert_non_negative(rowids[:1], message=text),
                    _rises(rowids, text),
                    assert_less(rowids[-1:], nrows, message=text),
                ]
                rowids = _checked(rowids, values, checks)
            count = cast(nrows, dtypes.int32)
            lengths = bincount(
                cast(rowids, dtypes.int32), minlength=count, maxlength=count, dtype=rowids.dtype
            )
            splits = concat([constant([0], rowids.dtype), cumsum(lengths)], axis=0)
            if known is not None:
                lengths.set_shape([int(known)])
                splits.set_shape([int(known) + 1])
            return cls._made(values, splits, lengths, rowids, nrows, internal=True)

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Return the ragged tensor whose row i is `values[row_splits[i]:row_splits[i + 1]]`.

        Raises:
          ValueError: there are no splits, or they are no vector.
        """
        _require_bool(validate)
        if isinstance(row_splits, (list, tuple)) and not row_splits:
            raise ValueError("row_splits tensor may not be empty.")
        with OpScope(name, "RaggedFromRowSplits", [values, row_splits]):
            values, splits = cls._convert(values, row_splits, "row_splits")
            splits.shape.assert_has_rank(1)
            if validate:
                text = "Arguments to from_row_splits do not form a valid RaggedTensor"
                checks = [
                    assert_rank(splits, 1, message=text),
                    _is_zero(splits[0], text),
                    _rises(splits, text),
                    assert_equal(splits[-1], _row_count(values, splits.dtype), message=text),
                ]
                splits = _checked(splits, values, checks)
            return cls._made(values, splits, internal=True)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Return the ragged tensor whose rows have the given lengths."""
        _require_bool(validate)
        with OpScope(name, "RaggedFromRowLengths", [values, row_lengths]):
            values, lengths = cls._convert(values, row_lengths, "row_lengths")
            lengths.shape.assert_has_rank(1)
            if validate:
                text = "Arguments to from_row_lengths do not form a valid RaggedTensor"
                total, count = reduce_sum(lengths), _row_count(values, lengths.dtype)
                checks = [
                    assert_rank(lengths, 1, message=text),
                    assert_non_negative(lengths, message=text),
                    assert_equal(total, count, message=text),
                ]
                lengths = _checked(lengths, values, checks)
            splits = concat([constant([0], lengths.dtype), cumsum(lengths)], axis=0)
            return cls._made(values, splits, cached_row_lengths=lengths, internal=True)

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Return the ragged tensor whose rows begin at the given places."""
        _require_bool(validate)
        with OpScope(name, "RaggedFromRowStarts", [values, row_starts]):
            values, starts = cls._convert(values, row_starts, "row_starts")
            starts.shape.assert_has_rank(1)
            count = _row_count(values, starts.dtype)
            if validate:
                text = "Arguments to from_row_starts do not form a valid RaggedTensor"
                checks = [
                    assert_rank(starts, 1, message=text),
                    _is_zero(starts[:1], text),
                    _rises(starts, text),
                    assert_less_equal(starts[-1:], count, message=text),
                ]
                starts = _checked(starts, values, checks)
            splits = concat([starts, stack([count])], axis=0)
            return cls._made(values, splits, internal=True)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Return the ragged tensor whose rows end before the given places."""
        _require_bool(validate)
        with OpScope(name, "RaggedFromRowLimits", [values, row_limits]):
            values, limits = cls._convert(values, row_limits, "row_limits")
            limits.shape.assert_has_rank(1)
            if validate:
                text = "Arguments to from_row_limits do not form a valid RaggedTensor"
                count = _row_count(values, limits.dtype)
                checks = [
                    assert_rank(limits, 1, message=text),
                    assert_non_negative(limits[:1], message=text),
                    _rises(limits, text),
                    assert_equal(limits[-1:], count, message=text),
                ]
                limits = _checked(limits, values, checks)
            splits = concat([zeros([1], limits.dtype), limits], axis=0)
            return cls._made(values, splits, internal=True)

    @classmethod
    def from_nested_value_rowids(
        cls,
        flat_values: Any,
        nested_value_rowids: Any,
        nested_nrows: Any = None,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Return a ragged tensor with a ragged dimension for each list of rows."""
        _require_bool(validate)
        _require_list(nested_value_rowids, "nested_value_rowids")
        if nested_nrows is None:
            nested_nrows = [None] * len(nested_value_rowids)
        _require_list(nested_nrows, "nested_nrows")
        if len(nested_nrows) != len(nested_value_rowids):
            raise ValueError("nested_nrows must have the same length as nested_value_rowids")
        inputs = [flat_values, *nested_value_rowids, *nested_nrows]
        with OpScope(name, "RaggedFromNestedValueRowIds", inputs):
            made = flat_values
            for ids, count in reversed(list(zip(nested_value_rowids, nested_nrows, strict=True))):
                made = cls.from_value_rowids(made, ids, count, validate=validate)
            return made

    @classmethod
    def from_nested_row_splits(
        cls,
        flat_values: Any,
        nested_row_splits: Any,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Return a ragged tensor with a ragged dimension for each vector of splits."""
        _require_bool(validate)
        _require_list(nested_row_splits, "nested_row_splits")
        with OpScope(name, "RaggedFromNestedRowSplits", [flat_values, *nested_row_splits]):
            made = flat_values
            for splits in reversed(nested_row_splits):
                made = cls.from_row_splits(made, splits, validate=validate)
            return made

    @classmethod
    def from_nested_row_lengths(
        cls,
        flat_values: Any,
        nested_row_lengths: Any,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Return a ragged tensor with a ragged dimension for each vector of lengths."""
        _require_bool(validate)
        _require_list(nested_row_lengths, "nested_row_lengths")
        with OpScope(name, "RaggedFromNestedRowlengths", [flat_values, *nested_row_lengths]):
            made = flat_values
            for lengths in reversed(nested_row_lengths):
                made = cls.from_row_lengths(made, lengths, validate=validate)
            return made

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: str | None = None,
        row_splits_dtype: Any = dtypes.int64,
    ) -> Any:
        """Return the rows of a tensor, without their ends where lengths or a padding say so."""
        return OPERATORS["ragged_from_tensor"](
            tensor, lengths, padding, ragged_rank, name, as_dtype(row_splits_dtype)
        )

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = dtypes.int64
    ) -> Any:
        """Return the rows of a sparse matrix whose elements begin at the left of each."""
        return OPERATORS["ragged_from_sparse"](st_input, name, as_dtype(row_splits_dtype))

    @classmethod
    def _from_variant(
        cls,
        variant: Any,
        dtype: Any,
        output_ragged_rank: int,
        input_ragged_rank: int | None = None,
        name: str | None = None,
    ) -> Any:
        """Return what was encoded by `_to_variant`; several are stacked in the variant's shape."""
        return OPERATORS["ragged_from_variant"](
            variant, dtype, output_ragged_rank, input_ragged_rank, name
        )

    @classmethod
    def _convert(cls, values: Any, partition: Any, name: str) -> tuple[Any, Tensor]:
        """Return values and partition as tensors whose splits have one dtype."""
        if isinstance(values, RaggedTensorValue):
            values = cls.from_nested_row_splits(
                values.flat_values, values.nested_row_splits, validate=False
            )
        if isinstance(values, RaggedFactories):
            wanted = values.row_splits.dtype
            if not isinstance(partition, Tensor):
                return values, convert_to_tensor(partition, wanted, name=name)
            if partition.dtype not in _INTEGERS:
                raise ValueError(f"{name} must have dtype int32 or int64")
            if wanted != partition.dtype:
                raise ValueError(
                    f"dtype mismatch: {name} ({partition.dtype}) vs values.row_splits ({wanted})"
                )
            return values, partition
        values = convert_to_tensor(values, name="values")
        if isinstance(partition, np.ndarray) and partition.dtype == np.int32:
            made = convert_to_tensor(partition, name=name)
        else:
            made = convert_to_tensor(partition, preferred_dtype=dtypes.int64, name=name)
        if made.dtype not in _INTEGERS:
            raise ValueError(f"{name} must have dtype int32 or int64")
        return values, made
