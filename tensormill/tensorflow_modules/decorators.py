"""The decorators of `tensorflow.python.util`: tf_decorator, all_util.

Source: TensorFlow 1.15, python/util/tf_decorator.py and tf_export.py (`kwarg_only`).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

__all__ = [
    "TFDecorator",
    "kwarg_only",
    "make_all",
    "make_decorator",
    "remove_undocumented",
    "reveal_undocumented",
    "rewrap",
    "unwrap",
]


class TFDecorator:
    """What a decorator did to a function: the function, and the name of the decorator."""

    def __init__(
        self,
        decorator_name: str,
        target: Any,
        decorator_doc: str = "",
        decorator_argspec: Any = None,
    ) -> None:
        functools.update_wrapper(self, target, updated=())
        if decorator_doc:
            self.__doc__ = decorator_doc
        self._decorated_target = target
        self._decorator_name = decorator_name
        self._decorator_doc = decorator_doc
        self._decorator_argspec = decorator_argspec

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the decorated function."""
        return self._decorated_target(*args, **kwargs)

    @property
    def decorated_target(self) -> Any:
        """The function that was decorated."""
        return self._decorated_target

    @decorated_target.setter
    def decorated_target(self, target: Any) -> None:
        self._decorated_target = target

    @property
    def decorator_name(self) -> str:
        """The name of the decorator."""
        return self._decorator_name

    @property
    def decorator_doc(self) -> str:
        """What the decorator says of itself."""
        return self._decorator_doc

    @property
    def decorator_argspec(self) -> Any:
        """The arguments of the decorated function, where the decorator changes them."""
        return self._decorator_argspec


def make_decorator(
    target: Any,
    decorator_func: Any,
    decorator_name: str | None = None,
    decorator_doc: str = "",
    decorator_argspec: Any = None,
) -> Any:
    """Let a wrapper look like the function that it wraps."""
    name = sys._getframe(1).f_code.co_name if decorator_name is None else decorator_name
    decorator = TFDecorator(name, target, decorator_doc, decorator_argspec)
    decorator_func._tf_decorator = decorator
    for attribute in ("__name__", "__qualname__", "__module__"):
        if hasattr(target, attribute):
            setattr(decorator_func, attribute, getattr(target, attribute))
    if hasattr(target, "__dict__"):
        for attribute, value in target.__dict__.items():
            decorator_func.__dict__.setdefault(attribute, value)
    decorator_func.__doc__ = decorator.__doc__
    decorator_func.__wrapped__ = target
    return decorator_func


def unwrap(maybe_tf_decorator: Any) -> tuple[list[TFDecorator], Any]:
    """Return the decorators around a function, the outermost first, and the function."""
    decorators: list[TFDecorator] = []
    current = maybe_tf_decorator
    while True:
        if isinstance(current, TFDecorator):
            decorators.append(current)
        elif isinstance(getattr(current, "_tf_decorator", None), TFDecorator):
            decorators.append(current._tf_decorator)
        else:
            return decorators, current
        current = decorators[-1].decorated_target


def rewrap(decorator_func: Any, previous_target: Any, new_target: Any) -> Any:
    """Put another function in the place of the innermost one that is decorated."""
    decorators, target = unwrap(decorator_func)
    if not decorators or target is not previous_target:
        return new_target
    decorators[-1].decorated_target = new_target
    return decorator_func


def kwarg_only(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that refuses arguments without names."""

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise TypeError(
                f"{f.__name__} only takes keyword args. Please pass these args as kwargs instead."
            )
        return f(**kwargs)

    return wrapper


def make_all(module_name: str, doc_string_modules: Any = None) -> list[str]:
    """Return the public names of a module."""
    return [name for name in vars(sys.modules[module_name]) if not name.startswith("_")]


def remove_undocumented(
    module_name: str, allowed_exception_list: Any = None, doc_string_modules: Any = None
) -> None:
    """Leave a module as it is."""


def reveal_undocumented(symbol_name: str, target_module: Any = None) -> None:
    """Leave a module as it is."""
