"""Ragged tensors of nested lists, placeholders for them, and ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant as dense_constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import TensorShape
from tensormill.ops.basics import placeholder as dense_placeholder
from tensormill.ops.casting import cast
from tensormill.ops.ragged import ragged_range_op
from tensormill.ragged_tensors.tensor import RaggedTensor, is_ragged
from tensormill.ragged_tensors.value import RaggedTensorValue

__all__ = ["constant", "constant_value", "placeholder", "range"]


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or np.ndim(value) != 0


def _depths(value: Any) -> tuple[int | None, int]:
    """Return how deep scalars stand in nested lists (None without any), and how deep lists go."""
    if not _is_list(value):
        return 0, 0
    scalars: int | None = None
    deepest = 1
    for child in value:
        inner, depth = _depths(child)
        if inner is not None:
            if scalars is not None and scalars != inner + 1:
                raise ValueError("all scalar values must have the same nesting depth")
            scalars = inner + 1
        deepest = max(deepest, depth + 1)
    return scalars, deepest


def _shape_of(item: Any) -> tuple[int, ...]:
    if not _is_list(item):
        return ()
    return (len(item), *_shape_of(item[0])) if len(item) else (0,)


def _require_shape(item: Any, shape: tuple[int, ...]) -> None:
    if _is_list(item) != bool(shape):
        raise ValueError("inner values have inconsistent shape")
    if shape:
        if shape[0] != len(item):
            raise ValueError("inner values have inconsistent shape")
        for child in item:
            _require_shape(child, shape[1:])


def _inner_shape(pylist: Any, ragged_rank: int) -> tuple[int, ...]:
    """Return the shape of what stands below the ragged dimensions of nested lists."""
    flat = list(pylist)
    for depth in np.arange(ragged_rank):
        if not all(map(_is_list, flat)):
            raise ValueError(
                f"pylist has scalar values depth {depth + 1}, but ragged_rank={ragged_rank} "
                f"requires scalar value depth greater than {ragged_rank}"
            )
        flat = [item for row in flat for item in row]
    shape = _shape_of(flat)
    _require_shape(flat, shape)
    return shape[1:]


def _ragged(
    pylist: Any,
    dtype: Any,
    ragged_rank: int | None,
    inner_shape: Any,
    make_flat: Callable[..., Any],
    make_rows: Callable[[Any, list[int]], Any],
) -> Any:
    if is_ragged(pylist):
        raise TypeError("pylist may not be a RaggedTensor or RaggedTensorValue.")
    if not _is_list(pylist):
        if ragged_rank:
            raise ValueError(f"Invalid pylist={pylist!r}: incompatible with {ragged_rank=}")
        if inner_shape:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with dim(inner_shape)={len(inner_shape)}"
            )
        return make_flat(pylist, dtype, (), None)
    if ragged_rank is not None and ragged_rank < 0:
        raise ValueError(f"Invalid ragged_rank={ragged_rank!r}: must be nonnegative")
    scalars, deepest = _depths(pylist)
    if scalars is not None and deepest > scalars:
        raise ValueError(
            f"Invalid pylist={pylist!r}: empty list nesting is greater than scalar value nesting"
        )
    if inner_shape is not None and ragged_rank is not None:
        expected = ragged_rank + len(inner_shape) + 1
        if (scalars is not None and expected != scalars) or (
            scalars is None and expected < deepest
        ):
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with ragged_rank={ragged_rank} and "
                f"dim(inner_shape)={len(inner_shape)}"
            )
    inner_rank = 0 if inner_shape is None else len(inner_shape)
    if ragged_rank == 0 or (ragged_rank is None and deepest - inner_rank < 2):
        return make_flat(pylist, dtype, inner_shape, None)
    if inner_shape is None:
        inner_shape = () if ragged_rank is None else _inner_shape(pylist, ragged_rank)
    if ragged_rank is None:
        depth = deepest if scalars is None else scalars - len(inner_shape)
        ragged_rank = max(1, depth - 1)
    return _by_rows(pylist, dtype, ragged_rank, tuple(inner_shape), make_flat, make_rows)


def _by_rows(
    pylist: Any,
    dtype: Any,
    ragged_rank: int,
    inner_shape: tuple[int, ...],
    make_flat: Callable[..., Any],
    make_rows: Callable[[Any, list[int]], Any],
) -> Any:
    nested, flat = [], list(pylist)
    for _ in np.arange(ragged_rank):
        splits = [0]
        for row in flat:
            splits.append(splits[-1] + len(row))
        nested.append(splits)
        flat = [item for row in flat for item in row]
    made = make_flat(flat, dtype, (len(flat), *inner_shape), "values")
    for splits in reversed(nested):
        made = make_rows(made, splits)
    return made


def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """Return nested lists as a ragged tensor of constants.

    Args:
      pylist: nested lists, with scalars all at one depth.
      dtype: of the values.
      ragged_rank: the number of ragged dimensions; by default all but the first are ragged.
      inner_shape: the shape of what stands below the ragged dimensions.
      name: the name of the nodes.
      row_splits_dtype: of the splits.

    Raises:
      ValueError: the lists do not fit these.
    """

    def make_flat(values: Any, dtype: Any, shape: Any, name: str | None) -> Any:
        return dense_constant(values, dtype, shape, name or "Const")

    def make_rows(values: Any, splits: list[int]) -> Any:
        edges = dense_constant(splits, as_dtype(row_splits_dtype))
        return RaggedTensor.from_row_splits(values, edges, validate=False)

    with OpScope(name, "RaggedConstant", []):
        return _ragged(pylist, dtype, ragged_rank, inner_shape, make_flat, make_rows)


def constant_value(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    row_splits_dtype: Any = "int64",
) -> Any:
    """Return nested lists as a `RaggedTensorValue`; see `constant`."""
    if isinstance(dtype, DType):
        dtype = dtype.as_numpy_dtype
    splits_type = as_dtype(row_splits_dtype).as_numpy_dtype

    def make_flat(values: Any, dtype: Any, shape: Any, name: str | None) -> Any:
        array = np.array(values, dtype=dtype)
        return array if shape is None else np.reshape(array, shape)

    def make_rows(values: Any, splits: list[int]) -> Any:
        return RaggedTensorValue(values, np.array(splits, splits_type))

    return _ragged(pylist, dtype, ragged_rank, inner_shape, make_flat, make_rows)


def placeholder(
    dtype: Any, ragged_rank: int, value_shape: Any = None, name: str | None = None
) -> Any:
    """Return a ragged tensor that must be fed with a `RaggedTensorValue`."""
    if ragged_rank == 0:
        return dense_placeholder(dtype, value_shape, name)
    with OpScope(name, "RaggedPlaceholder", []):
        shape = TensorShape([None]).concatenate(TensorShape(value_shape))
        made: Any = dense_placeholder(dtype, shape, "flat_values")
        for level in reversed(np.arange(ragged_rank).tolist()):
            splits = dense_placeholder(dtypes.int64, [None], f"row_splits_{level}")
            made = RaggedTensor(made, splits, internal=True)
        return made


def range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> RaggedTensor:
    """Return a row of numbers from each start to each limit.

    Args:
      starts: a scalar or vector; the limits where those are left out.
      limits: a scalar or vector.
      deltas: the steps.
      dtype: of the numbers.
      name: the name of the nodes.
      row_splits_dtype: of the splits.
    """
    if limits is None:
        starts, limits = 0, starts
    with OpScope(name, "RaggedRange", [starts, limits, deltas]) as scope:
        wanted = None if dtype is None else as_dtype(dtype)
        given = [
            convert_to_tensor(value, wanted, name=label)
            for value, label in ((starts, "starts"), (limits, "limits"), (deltas, "deltas"))
        ]
        if wanted is None:
            given = _widened(given)
        splits, values = ragged_range_op(*given, Tsplits=as_dtype(row_splits_dtype), name=scope)
        return RaggedTensor.from_row_splits(values, splits, validate=False)


_ORDER = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


def _widened(tensors: list[Any]) -> list[Any]:
    """Return numbers in the widest of their dtypes."""
    widest = max((t.dtype for t in tensors), key=_ORDER.index)
    return [t if t.dtype == widest else cast(t, widest) for t in tensors]
