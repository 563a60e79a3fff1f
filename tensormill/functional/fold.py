"""`tf.foldl` and `tf.foldr`: a value carried along the rows of tensors.

Source: TensorFlow 1.15, python/ops/functional_ops.py.
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
)
from tensormill.graph import nest
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import name_scope
from tensormill.ops.while_loop import while_loop

__all__ = ["foldl", "foldr"]


def foldl(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Carry a value along the rows of `elems`, from the first to the last; return its last form.

    Args:
      fn: takes the value and a structure like `elems` of rows, returns the next value.
      elems: a tensor, or a structure of tensors with equal numbers of rows.
      initializer: the first value; by default the first row, which `fn` then does not see.
      parallel_iterations: how many rows may be computed at once.
      back_prop: whether gradients may be taken.
      swap_memory: whether values kept for gradients may leave a GPU.
      name: the prefix of the names.

    Raises:
      TypeError: `fn` cannot be called, or returns another structure.
    """
    options = (parallel_iterations, back_prop, swap_memory)
    return _fold(fn, elems, initializer, options, name, "foldl", is_reverse=False)


def foldr(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Carry a value along the rows of `elems`, from the last to the first; return its last form.

    Args:
      fn: takes the value and a structure like `elems` of rows, returns the next value.
      elems: a tensor, or a structure of tensors with equal numbers of rows.
      initializer: the first value; by default the last row, which `fn` then does not see.
      parallel_iterations: how many rows may be computed at once.
      back_prop: whether gradients may be taken.
      swap_memory: whether values kept for gradients may leave a GPU.
      name: the prefix of the names.

    Raises:
      TypeError: `fn` cannot be called, or returns another structure.
    """
    options = (parallel_iterations, back_prop, swap_memory)
    return _fold(fn, elems, initializer, options, name, "foldr", is_reverse=True)


def _fold(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any,
    options: tuple[int, bool, bool],
    name: str | None,
    default_name: str,
    is_reverse: bool,
) -> Any:
    check_callable(fn)
    parallel_iterations, back_prop, swap_memory = options
    with name_scope(name, default_name, [elems]), cached_variables():
        flat = as_elements(nest.flatten(elems))
        count = row_count(flat[0])
        rows = nest.pack_sequence_as(elems, [rows_array(elem, count) for elem in flat])

        def row_at(place: Any) -> Any:
            return nest.map_structure(lambda row: row.read(place), rows)

        def forward(i: Any, value: Any) -> list[Any]:
            following = fn(value, row_at(i))  # its nodes come first
            return [i + 1, following]

        def backward(i: Any, value: Any) -> list[Any]:
            i -= 1
            return [i, fn(value, row_at(i))]

        value, first = initializer, count
        if initializer is None and is_reverse:
            first = count - 1
            value = row_at(first)
        elif not is_reverse:
            value = row_at(0) if initializer is None else initializer
            first = constant(1 if initializer is None else 0)
        _, result = while_loop(
            (lambda i, _: i > 0) if is_reverse else (lambda i, _: i < count),
            backward if is_reverse else forward,
            [first, value],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return result
