"""What `tensorflow.python.util` tells of functions, and decorators that check their calls.

Source: TensorFlow 1.15, python/util/function_utils.py, decorator_utils.py and keyword_args.py.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Any

from tensormill.tensorflow_modules.decorators import unwrap

__all__ = [
    "add_notice_to_docstring",
    "classproperty",
    "get_func_code",
    "get_func_name",
    "get_qualified_name",
    "keyword_args_only",
    "validate_callable",
]


def get_func_name(func: Any) -> str:
    """Return the name of a function, `Class.name` of a method, the type of another callable.

    Raises:
      ValueError: it cannot be called.
    """
    _, target = unwrap(func)
    if not callable(target):
        raise ValueError("Argument must be callable")
    if inspect.ismethod(target):
        return f"{type(target.__self__).__name__}.{target.__func__.__name__}"
    return target.__name__ if inspect.isfunction(target) else str(type(target))


def get_func_code(func: Any) -> CodeType | None:
    """Return the code of a callable, None where it is not written in Python.

    Raises:
      ValueError: it cannot be called.
    """
    _, target = unwrap(func)
    if not callable(target):
        raise ValueError("Argument must be callable")
    if not inspect.isroutine(target):
        target = target.__call__
    code: CodeType | None = getattr(target, "__code__", None)
    return code


def get_qualified_name(function: Any) -> str:
    """Return the name of a function with those of the classes around it."""
    name: str = getattr(function, "__qualname__", None) or function.__name__
    return name


def validate_callable(func: Any, decorator_name: str) -> None:
    """Raise `ValueError` where a decorator got something that cannot be called."""
    if not callable(func):
        raise ValueError(
            f"{func} is not a function. If this is a property, make sure @property appears before "
            f"@{decorator_name} in your source code:\n\n@property\n@{decorator_name}\n"
            "def method(...)"
        )


def add_notice_to_docstring(
    doc: str | None, instructions: str, no_doc_str: str, suffix_str: str, notice: list[str]
) -> str:
    """Return a docstring with a notice after its first line.

    Args:
      doc: the docstring.
      instructions: the last line of the notice.
      no_doc_str: stands for the first line where there is no docstring.
      suffix_str: is added to the first line.
      notice: the lines of the notice.
    """
    if doc:
        first, _, rest = doc.partition("\n")
        lines = [f"{first.strip()} {suffix_str}", *textwrap.dedent(rest).rstrip().splitlines()]
    else:
        lines = [no_doc_str]
    added = ["", *notice, instructions]
    if len(lines) > 1 and lines[1].strip():
        added.append("")
    lines[1:1] = added
    return "\n".join(lines)


class classproperty:
    """A property of a class."""

    def __init__(self, func: Callable[[Any], Any]) -> None:
        self._func = func

    def __get__(self, owner_self: Any, owner_cls: Any) -> Any:
        """Return the value."""
        return self._func(owner_cls)


def keyword_args_only(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that refuses arguments without names."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise ValueError(f"Must use keyword args to call {func.__name__}.")
        return func(**kwargs)

    return wrapper
