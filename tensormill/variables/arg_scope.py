"""`arg_scope`: default arguments for functions, within a block.

    with arg_scope([conv2d, fully_connected], activation_fn=elu):
        net = conv2d(images, 32, [3, 3])

Source: TensorFlow 1.15, contrib/framework/python/ops/arg_scope.py.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = [
    "add_arg_scope",
    "arg_scope",
    "arg_scope_func_key",
    "arg_scoped_arguments",
    "current_arg_scope",
    "has_arg_scope",
]

Function = TypeVar("Function", bound=Callable[..., Any])
Scope = dict[Any, dict[str, Any]]

_DECORATED: dict[Any, tuple[str, ...]] = {}


def arg_scope_func_key(op: Any) -> Any:
    """Return what stands for a function in a scope."""
    return getattr(op, "_key_op", str(op))


class _Stack(threading.local):
    """The scopes that are open on a thread, whatever its default graph is."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = [{}]


_OPEN = _Stack()


def current_arg_scope() -> Scope:
    """Return the arguments that hold now, by function."""
    return _OPEN.scopes[-1]


def has_arg_scope(func: Any) -> bool:
    """Return whether a function was decorated with `add_arg_scope`."""
    return arg_scope_func_key(func) in _DECORATED


def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """Return the names of the arguments of a decorated function that have defaults."""
    assert has_arg_scope(func)
    return _DECORATED[arg_scope_func_key(func)]


@contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[Scope]:
    """Give functions other default arguments within the block.

    Args:
      list_ops_or_scope: decorated functions, or what another `arg_scope` yielded.
      **kwargs: the arguments; none with a scope.

    Yields:
      The scope, to be used again.

    Raises:
      TypeError: `list_ops_or_scope` is neither.
      ValueError: arguments come with a scope, or a function was not decorated.
    """
    stack = _OPEN.scopes
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError(
                "When attempting to re-use a scope by suppling a dictionary, kwargs must be empty."
            )
        scope = list_ops_or_scope.copy()
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError(
                "list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)"
            )
        scope = stack[-1].copy()
        for function in list_ops_or_scope:
            key = arg_scope_func_key(function)
            if not has_arg_scope(function):
                where = f"{getattr(function, '__module__', '')}, {function}"
                raise ValueError(f"{where} is not decorated with @add_arg_scope")
            scope[key] = {**scope.get(key, {}), **kwargs}
    stack.append(scope)
    try:
        yield scope
    finally:
        stack.pop()


def add_arg_scope(func: Function) -> Function:
    """Let a function take arguments from `arg_scope`."""

    @functools.wraps(func)
    def with_scope(*args: Any, **kwargs: Any) -> Any:
        scope = current_arg_scope()
        if scope:
            given = scope.get(key)
            if given:
                kwargs = {**given, **kwargs}
        return func(*args, **kwargs)

    key = arg_scope_func_key(func)
    with_scope._key_op = key  # type: ignore[attr-defined]
    code = getattr(func, "__code__", None)
    defaults = getattr(func, "__defaults__", None) or ()
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    _DECORATED[key] = tuple(names[len(names) - len(defaults) :])
    return with_scope  # type: ignore[return-value]
