"""The variables of a rewritten statement, of which only those that tensors can hold are staged.

A value that no tensor can be made of (None, a layer, a function) stays a Python object, and must be
the same whichever way a condition goes, and after each turn of a loop.

Source: TensorFlow 1.15, python/autograph/operators/control_flow.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from malt.operators.variables import Undefined, UndefinedReturnValue

from tensormill.graph import nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.composite_values import components

__all__ = ["State", "as_value", "check_branches", "check_turn", "is_staged", "is_undefined"]

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


def is_undefined(value: Any) -> bool:
    """Return whether a variable has no value yet."""
    return isinstance(value, (Undefined, UndefinedReturnValue))


def is_staged(value: Any) -> bool:
    """Return whether a value is held by tensors: all its parts are some, or can be made some."""
    if is_undefined(value):
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
        (name, is_undefined(one))
        for name, one, other in zip(names, first, second, strict=True)
        if is_undefined(one) != is_undefined(other)
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


def check_turn(names: Sequence[str], before: State, after: State) -> None:
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
    return one is other or (is_undefined(one) and is_undefined(other)) or (one == other) is True


def _holds(old: Tensor, new: Tensor) -> bool:
    """Return whether a tensor of the one shape can hold one of the other."""
    if old.dims is None:
        return True
    if new.dims is None or len(old.dims) != len(new.dims):
        return False
    return all(a is None or a == b for a, b in zip(old.dims, new.dims, strict=True))
