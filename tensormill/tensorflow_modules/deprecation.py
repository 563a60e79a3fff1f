"""`tensorflow.python.util.deprecation`: decorators that warn of what will go away.

They return functions that do what the decorated ones do; the warning is left out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

__all__ = [
    "deprecated",
    "deprecated_alias",
    "deprecated_arg_values",
    "deprecated_args",
    "deprecated_argument_lookup",
    "deprecated_endpoints",
    "rewrite_argument_docstring",
    "silence",
]

Decorator = Callable[[Any], Any]


def _same(function: Any) -> Any:
    return function


def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Decorator:
    """Mark a function as deprecated."""
    return _same


def deprecated_args(
    date: str | None, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Decorator:
    """Mark arguments of a function as deprecated."""
    return _same


def deprecated_arg_values(
    date: str | None, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Decorator:
    """Mark values of arguments of a function as deprecated."""
    return _same


def deprecated_endpoints(*args: Any) -> Decorator:
    """Mark public names of a function as deprecated."""
    return _same


def deprecated_alias(
    deprecated_name: str, name: str, func_or_class: Any, warn_once: bool = True
) -> Any:
    """Return a function or class under a deprecated name."""
    if isinstance(func_or_class, type):
        return type(func_or_class.__name__, (func_or_class,), {"__doc__": func_or_class.__doc__})

    @functools.wraps(func_or_class)
    def alias(*args: Any, **kwargs: Any) -> Any:
        return func_or_class(*args, **kwargs)

    return alias


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """Return the value of an argument that has an old name as well.

    Raises:
      ValueError: both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    return old_value


def rewrite_argument_docstring(old_doc: str, old_argument: str, new_argument: str) -> str:
    """Return a docstring that calls an argument otherwise."""
    return old_doc.replace(f"`{old_argument}`", f"`{new_argument}`").replace(
        f"{old_argument}:", f"{new_argument}:"
    )


def silence() -> AbstractContextManager[None]:
    """Return a block without warnings of deprecation."""
    return nullcontext()
