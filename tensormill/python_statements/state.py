"""The variables of a rewritten statement, of which only those that tensors can hold are staged.

A value that no tensor can be made of (None, a layer, a function) stays a Python object, and must be
the same whichever way a condition goes, and after each turn of a loop.

Source: TensorFlow 1.15, python/autograph/operators/control_flow.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from malt.operators.variables import Undefined, UndefinedReturnValue

from tensormill.graph import nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.composite_values import components

__all__ = ["LoopVariables", "State", "as_value", "check_branches", "is_staged", "is_tensor"]

State = tuple[Any, ...]


class _Words(NamedTuple):
    """How a message speaks of the two values that are compared."""

    both: str
    first: str
    equals: str
    second: str
    rule: str


_BRANCHES = _Words(
    "in the TRUE and FALSE branches",
    "in the TRUE branch",
    "=",
    "in the FALSE branch",
    "that they are",
)
_LOOP = _Words("after one iteration", "before the loop", " ", "after one iteration", "it stays")

_PLAIN = (bool, int, float, complex, str, bytes, np.ndarray, np.generic)


def is_tensor(value: Any) -> bool:
    """Return whether a value is a tensor or a variable."""
    return isinstance(value, TensorLike)


def _is_undefined(value: Any) -> bool:
    """Return whether a variable has no value yet."""
    return isinstance(value, (Undefined, UndefinedReturnValue))


def is_staged(value: Any) -> bool:
    """Return whether a value is held by tensors: all its parts are some, or can be made some."""
    if _is_undefined(value):
        return False
    parts = nest.flatten(value)
    return bool(parts) and all(_is_part(part) for part in parts)


def _is_part(part: Any) -> bool:
    return is_tensor(part) or isinstance(part, _PLAIN) or components(part) is not None


def as_value(value: Any) -> Any:
    """Return a value whose parts are tensors."""
    return nest.map_structure(
        lambda part: part if components(part) is not None else convert_to_tensor(part), value
    )


def check_branches(names: Sequence[str], first: State, second: State) -> None:
    """Refuse variables that are not alike after both blocks of a condition.

    Raises:
      TypeError: the structure or dtype differs, or what is no tensor is not the same.
      ValueError: a variable has a value after one block only.
    """
    missing = [
        (name, _is_undefined(one))
        for name, one, other in zip(names, first, second, strict=True)
        if _is_undefined(one) != _is_undefined(other)
    ]
    for name, is_in_first in missing:
        where = "if" if is_in_first else "else"
        if name.startswith(("retval_", "do_return")):
            raise ValueError(
                f"A value must also be returned from the {where} branch. If a value is returned "
                "from one branch of a conditional a value must be returned from all branches."
            )
        raise ValueError(
            f"The following symbols must also be initialized in the {where} branch: ('{name}',). "
            "Alternatively, you may initialize them before the if statement."
        )
    for name, one, other in zip(names, first, second, strict=True):
        _check_pair(name, one, other, _BRANCHES)


class LoopVariables:
    """The variables that a loop changes, of which it carries those that tensors hold.

    Args:
      names: their names.
      get_state: returns their values.
      set_state: sets them.

    Attributes:
      before: the values that the loop carries, before the first turn.

    Raises:
      ValueError: one has no value before the loop.
    """

    def __init__(
        self,
        names: Sequence[str],
        get_state: Callable[[], State],
        set_state: Callable[[State], None],
    ) -> None:
        state = get_state()
        _check_defined(names, state)
        self._state = tuple(as_value(value) if is_staged(value) else value for value in state)
        self._names = names
        self._get = get_state
        self._set = set_state
        self.before = tuple(value for value in self._state if is_staged(value))

    def fill(self, carried: Iterable[Any]) -> State:
        """Set the variables from what the loop carries; return the values of all."""
        values = iter(carried)
        state = tuple(next(values) if is_staged(value) else value for value in self._state)
        self._set(state)
        return state

    def after_turn(self, carried: Iterable[Any], body: Callable[[], None]) -> State:
        """Run the block once; return what the loop carries into the next turn.

        Raises:
          TypeError: a variable has another structure or dtype.
          ValueError: a variable has another shape.
        """
        before = self.fill(carried)
        body()
        after = self._get()
        _check_turn(self._names, before, after)
        return tuple(as_value(value) for value in after if is_staged(value))


def _check_defined(symbol_names: Sequence[str], state: State) -> None:
    """Refuse variables without a value before a loop.

    Raises:
      ValueError: there is one.
    """
    if any(isinstance(value, UndefinedReturnValue) for value in state):
        raise ValueError("return statements are not supported within a TensorFlow loop.")
    missing = tuple(
        name for name, value in zip(symbol_names, state, strict=True) if _is_undefined(value)
    )
    if missing:
        raise ValueError(
            "TensorFlow requires that the following symbols must be defined before the loop: "
            f"{missing}"
        )


def _check_turn(names: Sequence[str], before: State, after: State) -> None:
    """Refuse variables that a turn of a loop makes another kind of value.

    Raises:
      TypeError: the structure or dtype differs, or what is no tensor is not the same.
      ValueError: the shape is another, or less is known of it.
    """
    for name, one, other in zip(names, before, after, strict=True):
        _check_pair(name, one, other, _LOOP)
        if not is_staged(one):
            continue
        for old, new in zip(nest.flatten(one), nest.flatten(other), strict=True):
            if isinstance(old, Tensor) and isinstance(new, Tensor) and not _holds(old, new):
                raise ValueError(
                    f'"{name}" has shape {old.shape} before the loop, but shape {new.shape} after '
                    "one iteration. TensorFlow control flow requires it stays the same or be more "
                    "specific."
                )


def _check_pair(name: str, one: Any, other: Any, words: _Words) -> None:
    if is_staged(one) != is_staged(other) or not (is_staged(one) or _is_same(one, other)):
        kinds = " and ".join(sorted({type(one).__name__, type(other).__name__}))
        raise TypeError(
            f'"{name}" does not have the same nested structure {words.both}.\n\nIt is {kinds}: a '
            "value that no tensor can be made of must stay the same object."
        )
    if not is_staged(one):
        return
    try:
        nest.assert_same_structure(one, other)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f'"{name}" does not have the same nested structure {words.both}.\n\n{error}'
        ) from None
    for old, new in zip(nest.flatten(as_value(one)), nest.flatten(as_value(other)), strict=True):
        if old.dtype.base_dtype != new.dtype.base_dtype:
            raise TypeError(
                f'"{name}" has dtype {old.dtype.base_dtype.name} {words.first}, but dtype'
                f"{words.equals}{new.dtype.base_dtype.name} {words.second}. TensorFlow control "
                f"flow requires {words.rule} the same."
            )


def _is_same(one: Any, other: Any) -> bool:
    return one is other or (_is_undefined(one) and _is_undefined(other)) or (one == other) is True


def _holds(old: Tensor, new: Tensor) -> bool:
    """Return whether a tensor of the one shape can hold one of the other."""
    if old.dims is None:
        return True
    if new.dims is None or len(old.dims) != len(new.dims):
        return False
    return all(a is None or a == b for a, b in zip(old.dims, new.dims, strict=True))
