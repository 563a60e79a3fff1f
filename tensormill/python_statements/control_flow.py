"""`if`, `while` and conditional expressions: on tensors, nodes; else what Python does.

Source: TensorFlow 1.15, python/autograph/operators/control_flow.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.graph.func_graph import FuncGraph
from tensormill.python_statements.effects import Effects
from tensormill.python_statements.state import (
    LoopVariables,
    State,
    as_value,
    check_branches,
    is_staged,
    is_tensor,
)

__all__ = ["if_exp", "if_stmt", "while_stmt"]

_LOOP_OPTIONS = ("parallel_iterations", "back_prop", "swap_memory", "maximum_iterations")


def if_stmt(
    cond: Any,
    body: Callable[[], None],
    orelse: Callable[[], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
    nouts: int,
) -> None:
    """Run one of two blocks; both become nodes where the condition is a tensor.

    Args:
      cond: the condition.
      body: runs the first block, which changes the state.
      orelse: runs the other one.
      get_state: returns the values of the variables that the blocks change.
      set_state: sets them.
      symbol_names: their names.
      nouts: how many of them, the first ones, are used after the statement.

    Raises:
      TypeError: a variable has another structure or dtype after one block than after the other.
      ValueError: a variable has a value after one block only.
    """
    if not is_tensor(cond):
        (body if cond else orelse)()
        return
    before = get_state()
    given: list[State] = []
    effects = Effects()

    def branch(block: Callable[[], None]) -> State:
        def values() -> State:
            set_state(before)
            block()
            given.append(get_state()[:nouts])
            if len(given) == 2:
                check_branches(symbol_names[:nouts], *given)
            staged = [as_value(value) for value in given[-1] if is_staged(value)]
            return (*staged, tf.constant(0))  # so that there is something to wait for

        return effects.within(values)

    merged = tf.cond(cond, lambda: branch(body), lambda: branch(orelse), strict=True)
    effects.note(nest.flatten(merged))
    staged = iter(merged)
    after = [next(staged) if is_staged(value) else value for value in given[0]]
    set_state((*after, *before[nouts:]))


def if_exp(
    cond: Any, if_true: Callable[[], Any], if_false: Callable[[], Any], expr_repr: str
) -> Any:
    """Return one of two values, chosen in the graph where the condition is a tensor."""
    if not is_tensor(cond):
        return if_true() if cond else if_false()
    given: list[State] = []

    def branch(value: Callable[[], Any]) -> Any:
        given.append((value(),))
        if len(given) == 2:
            check_branches([expr_repr], *given)
        return as_value(given[-1][0])

    return tf.cond(cond, lambda: branch(if_true), lambda: branch(if_false))


def while_stmt(
    test: Callable[[], Any],
    body: Callable[[], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
    opts: Mapping[str, Any],
) -> None:
    """Run a block while a condition holds; nodes of a loop where the condition is a tensor.

    Args:
      test: returns the condition.
      body: runs the block, which changes the state.
      get_state: returns the values of the variables that the block changes.
      set_state: sets them.
      symbol_names: their names.
      opts: options of the loop, from `tf.autograph.experimental.set_loop_options`.

    Raises:
      TypeError: a variable has another structure or dtype after a turn.
      ValueError: a variable has no value before the loop, or another shape after a turn.
    """
    with FuncGraph("condition").building():
        is_true = test()
    if not is_tensor(is_true):
        while is_true:
            body()
            is_true = test()
        return
    run_loop(test, body, get_state, set_state, symbol_names, opts)


def run_loop(
    test: Callable[[], Any],
    body: Callable[[], None],
    get_state: Callable[[], State],
    set_state: Callable[[State], None],
    symbol_names: Sequence[str],
    opts: Mapping[str, Any],
) -> None:
    """Make the nodes of a loop; see `while_stmt`."""
    variables = LoopVariables(symbol_names, get_state, set_state)
    effects = Effects()

    def condition(_: Any, staged: Sequence[Any]) -> Any:
        variables.fill(staged)
        return test()

    def turn(count: Any, staged: Sequence[Any]) -> Any:
        def values() -> State:
            return (*variables.after_turn(staged, body), tf.identity(count))

        *kept, waiting = effects.within(values)
        return waiting, tuple(kept)

    count, staged = tf.while_loop(
        condition,
        turn,
        (tf.constant(0), variables.before),
        **{name: opts[name] for name in _LOOP_OPTIONS if name in opts},
    )
    variables.fill(staged)
    effects.note_loop(count)
