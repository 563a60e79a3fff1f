"""Functions of the public API that take other values than tensors as well.

A function is called first as it is. Where it refuses its arguments, and one of them is of a kind
that has registered another way, that way is taken.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, MutableMapping
from types import FunctionType
from typing import Any

__all__ = ["add_dispatch", "dispatching", "public_form", "register_dispatch"]

Function = Callable[..., Any]

_handlers: dict[Function, Function] = {}
_dispatching: dict[Function, Function] = {}
_kinds: list[type] = []


def register_dispatch(kinds: Iterable[type], handlers: Iterable[tuple[Function, Function]]) -> None:
    """Say what stands for functions where an argument is of one of some classes.

    Args:
      kinds: the classes.
      handlers: pairs of a function and what is called instead, with the same arguments.
    """
    _kinds.extend(kinds)
    pairs = dict(handlers)
    _handlers.update(pairs)
    for function in pairs:
        dispatching(function)


def _holds_kind(values: Iterable[Any]) -> bool:
    kinds = tuple(_kinds)
    for value in values:
        if isinstance(value, kinds):
            return True
        if isinstance(value, (list, tuple)) and any(isinstance(item, kinds) for item in value):
            return True
    return False


def dispatching(function: Function) -> Function:
    """Return a function that calls what is registered for it where it refuses its arguments."""
    made = _dispatching.get(function)
    if made is not None:
        return made

    @functools.wraps(function)
    def dispatched(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError, AttributeError):
            handler = _handlers.get(function)
            if handler is None or not _holds_kind((*args, *kwargs.values())):
                raise
        return handler(*args, **kwargs)

    _dispatching[function] = dispatched
    _dispatching[dispatched] = dispatched
    return dispatched


def public_form(value: Any) -> Any:
    """Return the function that dispatches in the place of a function, other values as they are."""
    return _dispatching.get(value, value) if isinstance(value, FunctionType) else value


def add_dispatch(namespace: MutableMapping[str, Any], names: str) -> None:
    """Put functions that dispatch in the place of those of a namespace that have these names."""
    for name in names.split():
        function = namespace.get(name)
        if callable(function):
            namespace[name] = dispatching(function)
