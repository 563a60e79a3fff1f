"""Sorted values and the order that sorts them.

Source: TensorFlow 1.15, python/ops/sort_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.joining import concat
from tensormill.ops.sequences import range_of
from tensormill.ops.top_k import top_k
from tensormill.ops.transposition import transpose

__all__ = ["argsort", "sort"]


def sort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """Return values sorted along an axis.

    Args:
      values: numbers.
      axis: the axis.
      direction: "ASCENDING" or "DESCENDING".
      name: the name of the nodes.

    Raises:
      ValueError: the axis is not known, or an unknown direction.
    """
    with OpScope(name, "sort"):
        return _sorted(values, axis, direction, False)


def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the indices that sort values along an axis, int32.

    Args:
      values: numbers.
      axis: the axis.
      direction: "ASCENDING" or "DESCENDING".
      stable: not used; the order is stable.
      name: the name of the nodes.

    Raises:
      ValueError: the axis is not known, or an unknown direction.
    """
    with OpScope(name, "argsort"):
        return _sorted(values, axis, direction, True)


def _sorted(values: Any, axis: Any, direction: str, wants_indices: bool) -> Tensor:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            "Argument `direction` should be one of ['ASCENDING', 'DESCENDING']. Received: "
            f"{direction}"
        )
    known = constant_value(axis) if isinstance(axis, Tensor) else axis
    if known is None or np.ndim(known) != 0:
        raise ValueError("axis must be a constant scalar")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), wants_indices)
    if not values.dtype.is_integer:
        made = _descending(-values, int(known), wants_indices)
        return made if wants_indices else -made
    # The negative of an integer may not be there: turn the order around instead.
    top = values.dtype.max if values.dtype.is_unsigned else -1
    made = _descending(top - values, int(known), wants_indices)
    return made if wants_indices else top - made


def _descending(values: Tensor, axis: int, wants_indices: bool) -> Tensor:
    count = shape_of(values)[axis]
    rank = values.get_shape().ndims
    is_last = axis == -1 or (rank is not None and axis + 1 == rank)
    order: Any = None
    if not is_last:
        order = _exchanged(rank, values, axis)
        values = transpose(values, order)
    found = top_k(values, count)[1 if wants_indices else 0]
    return found if order is None else transpose(found, order)


def _exchanged(rank: int | None, values: Tensor, axis: int) -> Any:
    """Return the order of axes with one and the last exchanged."""
    if rank is not None:
        order = list(range(rank))
        order[axis], order[-1] = order[-1], order[axis]
        return order
    dynamic = rank_of(values)
    place = axis + dynamic if axis < 0 else axis
    return concat([range_of(place), [dynamic - 1], range_of(place + 1, dynamic - 1), [place]], 0)
