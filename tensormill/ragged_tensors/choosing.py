"""`where` over ragged tensors."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops import gathering
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.joining import stack
from tensormill.ops.ragged import ragged_tensor_to_sparse_op
from tensormill.ops.sequences import range_of
from tensormill.ragged_tensors.arrays import rows_at
from tensormill.ragged_tensors.joining import concat as concat_ragged
from tensormill.ragged_tensors.mapping import map_flat_values
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    match_row_splits_dtypes,
)

__all__ = ["where"]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Return where a condition holds, or what it chooses from two tensors.

    Args:
      condition: flags, ragged or not; a vector chooses rows.
      x: what is chosen where the condition holds.
      y: what is chosen where it does not.
      name: the name of the nodes.

    Raises:
      ValueError: one of `x` and `y` is left out, or shapes do not fit.
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must be either both None or both non-None")
    with OpScope(name, "RaggedWhere", [condition, x, y]):
        condition = convert_to_tensor_or_ragged_tensor(condition, name="condition")
        if x is None:
            return _places(condition)
        x = convert_to_tensor_or_ragged_tensor(x, name="x")
        y = convert_to_tensor_or_ragged_tensor(y, name="y")
        condition, x, y = match_row_splits_dtypes(condition, x, y)
        return _chosen(condition, x, y)


def _places(condition: Any) -> Tensor:
    if not isinstance(condition, RaggedTensor):
        return gathering.where(condition)
    made = ragged_tensor_to_sparse_op(
        list(condition.nested_row_splits), cast(condition.flat_values, dtypes.bool)
    )
    return gathering.gather(made[0], gathering.where(made[1])[:, 0])


def _chosen(condition: Any, x: Any, y: Any) -> Any:
    parts = (condition, x, y)
    if not any(isinstance(each, RaggedTensor) for each in parts):
        return gathering.where(condition, x, y)
    if isinstance(condition, RaggedTensor):
        return map_flat_values(gathering.where, condition, x, y)
    rank = condition.shape.ndims
    if rank is None:
        raise ValueError("condition.shape.ndims must be known statically.")
    if rank == 0:
        # One flag for all: the rows of both, one after the other, and those of one of them.
        flags = cast(condition, dtypes.int32)
        first, second = _row_count(x), _row_count(y)
        both = concat_ragged([x, y], axis=0)
        low = gathering.gather(stack([first, cast(0, first.dtype)]), flags)
        high = gathering.gather(stack([first + second, first]), flags)
        return rows_at(both, range_of(low, high))
    if rank > 1:
        raise ValueError("condition must be a scalar, a vector, or ragged as x and y are.")
    count = _row_count(x)
    both = concat_ragged([x, y], axis=0)
    rows = range_of(count)
    return rows_at(both, gathering.where(condition, rows, rows + count))


def _row_count(rows: Any) -> Tensor:
    if isinstance(rows, RaggedTensor):
        return rows.nrows()
    return shape_of(rows, out_type=dtypes.int64)[0]
