"""`tensorflow.python.util.dispatch`: functions that let others handle arguments they refuse.

A function with a list of dispatchers asks each of them where its own arguments raise TypeError or
ValueError. tensormill's own functions do the same for ragged tensors in `graph.dispatch`.

Source: TensorFlow 1.15, python/util/dispatch.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.tensorflow_modules.decorators import make_decorator
from tensormill.tensorflow_modules.inspection import getargspec

__all__ = [
    "DISPATCH_ATTR",
    "OpDispatcher",
    "add_dispatch_list",
    "add_dispatch_support",
    "dispatch",
    "dispatch_for_types",
]

Function = Callable[..., Any]

DISPATCH_ATTR = "_tf_dispatchers"


class OpDispatcher:
    """Something that may handle a call in the place of a function."""

    NOT_SUPPORTED = object()

    def handle(self, args: Any, kwargs: Any) -> Any:
        """Return the result of a call, `NOT_SUPPORTED` where this cannot handle it."""
        return self.NOT_SUPPORTED

    def register(self, op: Any) -> None:
        """Let a function ask this.

        Raises:
          AssertionError: the function has no list of dispatchers.
        """
        if not hasattr(op, DISPATCH_ATTR):
            raise AssertionError(f"Dispatching not enabled for {op}")
        getattr(op, DISPATCH_ATTR).append(self)


class _ForTypes(OpDispatcher):
    """Handles calls with an argument of some classes, by itself or in a list."""

    def __init__(self, function: Function, types: tuple[type, ...]) -> None:
        self._function = function
        self._types = types

    def _is_handled(self, value: Any) -> bool:
        parts = value if isinstance(value, (list, tuple)) else ()
        return any(isinstance(each, self._types) for each in (value, *parts))

    def handle(self, args: Any, kwargs: Any) -> Any:
        if any(map(self._is_handled, (*args, *kwargs.values()))):
            return self._function(*args, **kwargs)
        return self.NOT_SUPPORTED


def dispatch(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what the first dispatcher of a function that handles a call gives."""
    for dispatcher in getattr(op, DISPATCH_ATTR):
        result = dispatcher.handle(args, kwargs)
        if result is not OpDispatcher.NOT_SUPPORTED:
            return result
    return OpDispatcher.NOT_SUPPORTED


def dispatch_for_types(op: Any, *types: type) -> Callable[[Function], Function]:
    """Return a decorator for what is called instead of `op` with arguments of some classes."""

    def decorator(func: Function) -> Function:
        if getargspec(func) != getargspec(op):
            raise AssertionError(
                "The decorated function's signature must exactly match the signature of the "
                "overridden op."
            )
        _ForTypes(func, types).register(op)
        return func

    return decorator


def add_dispatch_list(target: Any) -> Any:
    """Give a function an empty list of dispatchers.

    Raises:
      AssertionError: it has one.
    """
    if hasattr(target, DISPATCH_ATTR):
        raise AssertionError(f"{target} already has a dispatch list")
    setattr(target, DISPATCH_ATTR, [])
    return target


def add_dispatch_support(target: Function) -> Function:
    """Return a function that asks its dispatchers where it refuses its arguments."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return target(*args, **kwargs)
        except (TypeError, ValueError):
            result = dispatch(wrapper, *args, **kwargs)
            if result is OpDispatcher.NOT_SUPPORTED:
                raise
            return result

    return make_decorator(target, add_dispatch_list(wrapper))
