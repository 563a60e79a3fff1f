"""`tf.scan`: a value carried along the rows of tensors, with all that it was on the way.

Source: TensorFlow 1.15, python/ops/functional_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.functional.rows import (
    as_elements,
    cached_variables,
    check_callable,
    set_row_count,
)
from tensormill.graph import nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop

__all__ = ["scan"]


def scan(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Carry a value along the rows of `elems`; return what it was after each of them, stacked.

    Args:
      fn: takes the value and a structure like `elems` of rows, returns the next value.
      elems: a tensor, or a structure of tensors with equal numbers of rows.
      initializer: the first value; by default the first row, which `fn` then does not see.
      parallel_iterations: how many rows may be computed at once.
      back_prop: whether gradients may be taken.
      swap_memory: whether values kept for gradients may leave a GPU.
      infer_shape: the value has the same shape after all rows.
      reverse: go from the last row to the first.
      name: the prefix of the names.

    Raises:
      TypeError: `fn` cannot be called, or returns another structure than that of the value.
      ValueError: `fn` returns another structure, or the numbers of rows differ.
    """
    check_callable(fn)
    structure = elems if initializer is None else initializer
    given = nest.flatten(elems)
    with name_scope(name, "scan", given), cached_variables():
        flat = as_elements(given)
        count: Any = TensorShape.from_dims(flat[0].dims)[0].value
        if count is None:
            count = shape_of(flat[0])[0]
        arrays = [
            TensorArray(elem.dtype, size=count, element_shape=_row_dims(elem)) for elem in flat
        ]
        rows = [array.unstack(elem) for array, elem in zip(arrays, flat, strict=True)]
        if initializer is None:
            value = [row.read(count - 1 if reverse else 0) for row in rows]
        else:
            value = [convert_to_tensor(part) for part in nest.flatten(initializer)]
        results = [
            TensorArray(
                part.dtype,
                size=count,
                element_shape=part.dims if infer_shape else None,
                infer_shape=infer_shape,
            )
            for part in value
        ]
        if initializer is None:
            place = count - 1 if reverse else 0
            results = [a.write(place, part) for a, part in zip(results, value, strict=True)]
        done = 1 if initializer is None else 0

        def compute(i: Any, parts: list[Tensor], made: list[TensorArray]) -> tuple[Any, ...]:
            row = nest.pack_sequence_as(elems, [row.read(i) for row in rows])
            given = fn(nest.pack_sequence_as(structure, parts), row)
            nest.assert_same_structure(structure, given)
            following = nest.flatten(given)
            made = [a.write(i, part) for a, part in zip(made, following, strict=True)]
            return (i - 1 if reverse else i + 1), following, made

        _, _, results = while_loop(
            (lambda i, *_: i >= 0) if reverse else (lambda i, *_: i < count),
            compute,
            (count - 1 - done if reverse else done, value, results),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        stacked = [array.stack() for array in results]
        set_row_count(stacked, flat)
        return nest.pack_sequence_as(structure, stacked)


def _row_dims(elem: Tensor) -> Any:
    return None if elem.dims is None else elem.dims[1:]
