"""`for` over tensors, data sets and iterators.

Source: TensorFlow 1.15, python/autograph/operators/control_flow.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensormill.api as tf
from tensormill.data.dataset import Dataset
from tensormill.data.iterator import Iterator
from tensormill.data.optional import get_next_as_optional
from tensormill.python_statements.control_flow import run_loop
from tensormill.python_statements.state import LoopVariables, State, is_tensor

__all__ = ["for_stmt"]


def for_stmt(
    iter_: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
    opts: Mapping[str, Any],
) -> None:
    """Run a block for each element; nodes of a loop where these are in a tensor or a data set.

    Args:
      iter_: what has the elements.
      extra_test: returns whether the loop goes on: there are `break`s; or None.
      body: runs the block for an element, and changes the state.
      get_state: returns the values of the variables that the block changes.
      set_state: sets them.
      symbol_names: their names.
      opts: options of the loop.

    Raises:
      TypeError: a variable has another structure or dtype after a turn.
      ValueError: a variable has no value before the loop, or another shape after a turn.
    """
    if is_tensor(iter_):
        over = _over_range if iter_.op.type == "Range" else _over_rows
        over(iter_, extra_test, body, get_state, set_state, symbol_names, opts)
    elif isinstance(iter_, Dataset):
        _over_dataset(iter_, extra_test, body, get_state, set_state, symbol_names)
    elif isinstance(iter_, Iterator):
        _over_iterator(iter_, extra_test, body, get_state, set_state, symbol_names, opts)
    else:
        for element in iter_:
            if extra_test is not None and not extra_test():
                break
            body(element)


def _with_one_more(
    cell: list[Any], get_state: Callable[[], State], set_state: Callable[[State], None]
) -> tuple[Callable[[], State], Callable[[State], None]]:
    """Return what gets and sets the variables and, before them, the one in `cell`."""

    def get_all() -> State:
        return (cell[0], *get_state())

    def set_all(state: State) -> None:
        cell[0] = state[0]
        set_state(state[1:])

    return get_all, set_all


def _counted(
    start: Any,
    goes_on: Callable[[Any], Any],
    following: Callable[[Any], Any],
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
    opts: Mapping[str, Any],
) -> None:
    """Run a block for the numbers from `start` on, with the number as one more variable."""
    numbers = [start]
    get_all, set_all = _with_one_more(numbers, get_state, set_state)

    def test() -> Any:
        number = numbers[0]
        if extra_test is None:
            return goes_on(number)
        return tf.cond(goes_on(number), lambda: tf.identity(extra_test()), lambda: False)

    def turn() -> None:
        number = numbers[0]
        body(number)
        numbers[0] = following(number)

    run_loop(test, turn, get_all, set_all, ("<counter>", *symbol_names), opts)


def _over_range(numbers: Any, extra_test: Any, body: Any, *rest: Any) -> None:
    start, limit, step = numbers.op.inputs
    known = tf.get_static_value(step)

    def goes_on(number: Any) -> Any:
        if known is not None:
            return number < limit if known >= 0 else number > limit
        up = tf.logical_and(step > 0, number < limit)
        return tf.logical_or(up, tf.logical_and(step < 0, number > limit))

    _counted(start, goes_on, lambda number: number + step, extra_test, body, *rest)


def _over_rows(rows: Any, extra_test: Any, body: Callable[[Any], None], *rest: Any) -> None:
    rows = tf.convert_to_tensor(rows)
    count = tf.shape(rows)[0]
    array = tf.TensorArray(
        rows.dtype, count, element_shape=rows.shape[1:], clear_after_read=False
    ).unstack(rows)
    _counted(
        tf.constant(0),
        lambda number: number < count,
        lambda number: number + 1,
        extra_test,
        lambda number: body(array.read(number)),
        *rest,
    )


def _over_iterator(
    iterator: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
    opts: Mapping[str, Any],
) -> None:
    going = [tf.constant(True)]
    get_all, set_all = _with_one_more(going, get_state, set_state)

    def test() -> Any:
        return going[0] if extra_test is None else tf.logical_and(going[0], extra_test())

    def turn() -> None:
        variables = LoopVariables(symbol_names, get_state, set_state)
        element = get_next_as_optional(iterator)
        has_value = element.has_value()

        def run() -> State:
            after = variables.after_turn(variables.before, lambda: body(element.get_value()))
            return (*after, tf.constant(0))

        kept = (*variables.before, tf.constant(0))
        variables.fill(tf.cond(has_value, run, lambda: kept, strict=True))
        going[0] = has_value

    run_loop(test, turn, get_all, set_all, ("<going>", *symbol_names), opts)


def _over_dataset(
    dataset: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
) -> None:
    variables = LoopVariables(symbol_names, get_state, set_state)

    def turn(carried: Any, element: Any) -> State:
        return (*variables.after_turn(carried, lambda: body(element)), carried[-1])

    def turn_while(carried: Any, element: Any) -> Any:
        variables.fill(carried)
        goes_on = tf.convert_to_tensor(extra_test())  # type: ignore[misc]
        return tf.cond(goes_on, lambda: turn(carried, element), lambda: carried, strict=True)

    step = turn if extra_test is None else turn_while
    first = (*variables.before, tf.constant(0))  # a data set is reduced to one value at least
    variables.fill(dataset.reduce(first, lambda carried, element: step(carried, element)))
