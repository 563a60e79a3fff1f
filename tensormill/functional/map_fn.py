"""`tf.map_fn`: a function of each row of tensors.

Source: TensorFlow 1.15, python/ops/map_fn.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.functional.rows import (
    as_elements,
    cached_variables,
    check_callable,
    row_count,
    rows_array,
    set_row_count,
)
from tensormill.graph import nest
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop

__all__ = ["map_fn"]


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
    """Return what `fn` gives for each row of `elems`, stacked.

    Args:
      fn: takes a structure like `elems` of rows, returns one like `dtype`.
      elems: a tensor, or a structure of tensors with equal numbers of rows.
      dtype: the dtypes of what `fn` returns, in its structure; by default those of `elems`.
      parallel_iterations: how many rows may be computed at once.
      back_prop: whether gradients may be taken.
      swap_memory: whether values kept for gradients may leave a GPU.
      infer_shape: `fn` returns the same shapes for all rows.
      name: the prefix of the names.

    Raises:
      TypeError: `fn` cannot be called, or returns another structure than `dtype` says.
      ValueError: `elems` is a scalar, or the numbers of rows differ.
    """
    check_callable(fn)
    if isinstance(elems, SparseTensor):
        raise TypeError(
            "To perform a map over the values of a sparse tensor use either "
            " SparseTensor(input.indices, fn(input.values), input.dense_shape) or "
            " SparseTensor(input.indices, map_fn(fn, input.values), input.dense_shape)"
        )
    given = nest.flatten(elems)
    with name_scope(name, "map", given), cached_variables():
        flat = as_elements(given)
        if flat[0].dims is not None and not flat[0].dims:
            raise ValueError("elements in elems must be 1+ dimensional Tensors, not scalars")
        count = row_count(flat[0])
        rows = [rows_array(elem, count) for elem in flat]
        dtypes = [elem.dtype for elem in flat] if dtype is None else nest.flatten(dtype)
        first = constant(0)
        results = [TensorArray(kind, size=count, infer_shape=infer_shape) for kind in dtypes]
        structure = elems if dtype is None else dtype

        def compute(i: Any, arrays: list[TensorArray]) -> tuple[Any, list[TensorArray]]:
            packed = nest.pack_sequence_as(elems, [row.read(i) for row in rows])
            value = fn(packed)
            nest.assert_same_structure(structure, value)
            values = nest.flatten(value)
            arrays = [a.write(i, part) for a, part in zip(arrays, values, strict=True)]
            return i + 1, arrays

        _, results = while_loop(
            lambda i, _: i < count,
            compute,
            (first, results),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        stacked = [array.stack() for array in results]
        set_row_count(stacked, flat)
        return nest.pack_sequence_as(structure, stacked)
