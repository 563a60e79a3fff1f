"""Functions called for the innermost values of ragged tensors, or for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.functional.map_fn import map_fn as dense_map_fn
from tensormill.graph import dtypes, nest
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.ragged import ragged_tensor_to_variant_op
from tensormill.ops.sequences import range_of
from tensormill.ragged_tensors.row_partitions import assert_splits_match
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
)

__all__ = ["RaggedTensorType", "map_flat_values", "map_fn"]


class RaggedTensorType:
    """What is known of a ragged tensor that a function returns.

    Attributes:
      dtype: of the values.
      ragged_rank: the number of ragged dimensions.
      row_splits_dtype: of the splits.
    """

    def __init__(self, dtype: Any, ragged_rank: int, row_splits_dtype: Any = dtypes.int64) -> None:
        self.dtype = dtype
        self.ragged_rank = ragged_rank
        self.row_splits_dtype = as_dtype(row_splits_dtype)


def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a function makes of the innermost values, in the rows they were in.

    Args:
      op: the function.
      *args: its arguments, with ragged tensors somewhere in them.
      **kwargs: others.

    Raises:
      ValueError: ragged tensors among the arguments have different rows.
    """
    nested: list[Any] = []

    def flat(value: Any) -> Any:
        if is_ragged(value):
            ragged = convert_to_tensor_or_ragged_tensor(value)
            nested.append(ragged.nested_row_splits)
            return ragged.flat_values
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(flat(item) for item in value)
        if isinstance(value, dict):
            return {key: flat(item) for key, item in value.items()}
        return value

    inner_args = [flat(value) for value in args]
    inner_kwargs = {key: flat(value) for key, value in kwargs.items()}
    if not nested:
        return op(*args, **kwargs)
    if len({splits[0].dtype for splits in nested}) > 1:
        raise ValueError(
            "Input RaggedTensors have mismatched row_splits dtypes; use "
            "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
        )
    checks = assert_splits_match(nested)
    splits = list(nested[0])
    if checks:
        splits = [with_dependencies(checks, each) for each in splits]
    made = op(*inner_args, **inner_kwargs)
    return RaggedTensor.from_nested_row_splits(made, splits, validate=False)


def _encoded(row: Any) -> Any:
    if isinstance(row, RaggedTensor):
        return row._to_variant()
    return ragged_tensor_to_variant_op([], row, batched_input=False)


def map_fn(
    fn: Callable[..., Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """Return what a function makes of each row of tensors, ragged or not.

    Args:
      fn: takes a row, or rows in the structure of `elems`; returns tensors, ragged or not.
      elems: what is taken apart along the first dimension.
      dtype: the dtypes of what comes back; `RaggedTensorType` for what is ragged.
      parallel_iterations: how many rows may be worked on at a time.
      back_prop: whether there are gradients.
      swap_memory: has no effect.
      infer_shape: whether all results are known to have one shape.
      name: the name of the nodes.
    """
    parts = [convert_to_tensor_or_ragged_tensor(each) for each in nest.flatten(elems)]
    kinds = [each.dtype for each in parts] if dtype is None else nest.flatten(dtype)
    if not any(isinstance(each, RaggedTensor) for each in parts) and not any(
        isinstance(kind, RaggedTensorType) for kind in kinds
    ):
        return dense_map_fn(
            fn, elems, dtype, parallel_iterations, back_prop, swap_memory, infer_shape, name
        )
    with OpScope(name, "RaggedMap", []):
        first = parts[0]
        rows = first.nrows() if isinstance(first, RaggedTensor) else shape_of(first)[0]

        def one(place: Any) -> Any:
            made = fn(nest.pack_sequence_as(elems, [each[place] for each in parts]))
            flat = [convert_to_tensor_or_ragged_tensor(each) for each in nest.flatten(made)]
            return [
                _encoded(each) if isinstance(kind, RaggedTensorType) else each
                for each, kind in zip(flat, kinds, strict=True)
            ]

        wanted = [
            dtypes.variant if isinstance(kind, RaggedTensorType) else as_dtype(kind)
            for kind in kinds
        ]
        found = dense_map_fn(
            one,
            range_of(rows),
            wanted,
            parallel_iterations,
            back_prop,
            swap_memory,
            infer_shape and dtypes.variant not in wanted,
        )
        whole = [
            RaggedTensor._from_variant(each, kind.dtype, kind.ragged_rank)
            if isinstance(kind, RaggedTensorType)
            else each
            for each, kind in zip(found, kinds, strict=True)
        ]
        return nest.pack_sequence_as(elems if dtype is None else dtype, whole)
