"""`tensorflow.python.util.deprecation`: decorators that warn of what will go away.

A decorated function does what it did before. The first time that it is called (or called with what
will go away) a warning says so, and its docstring says it as well.

Source: TensorFlow 1.15, python/util/deprecation.py.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph import tf_logging
from tensormill.ops.array_shapes import one_of_two
from tensormill.tensorflow_modules.function_facts import validate_callable

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

_DATE = re.compile(r"20\d\d-[01]\d-[0123]\d")
_silenced: list[None] = []
"""One item an open block of `silence`."""


def _when(date: str | None) -> str:
    return "in a future version" if date is None else f"after {date}"


def _check(date: str | None, instructions: str) -> None:
    if date is not None and not _DATE.match(date):
        raise ValueError("Date must be YYYY-MM-DD.")
    if not instructions:
        raise ValueError("Don't deprecate things without conversion instructions!")


def _caller() -> str:
    """Return the place of the call of a decorated function."""
    frame = sys._getframe(2)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _documented(
    func: Any, wrapper: Any, suffix: str, without_doc: str, notice: str, instructions: str
) -> Any:
    """Give a wrapper the docstring of a function, with a notice after its first line."""
    lines = inspect.cleandoc(func.__doc__).splitlines() if func.__doc__ else []
    first = f"{lines[0]} {suffix}" if lines else without_doc
    rest = lines[1:]
    added = ["", f"Warning: {notice}", "Instructions for updating:", instructions]
    if rest and rest[0].strip():
        added.append("")
    wrapper.__doc__ = "\n".join([first, *added, *rest])
    return wrapper


class _Once:
    """Says whether a warning is still to be given."""

    def __init__(self, warn_once: bool) -> None:
        self._warn_once = warn_once
        self._given: set[Any] = set()

    def is_due(self, *keys: Any) -> bool:
        """Return whether one of the keys has not been warned of; takes note of all."""
        if _silenced:
            return False
        due = not self._given.issuperset(keys)
        if self._warn_once:
            self._given.update(keys)
        return due


def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Decorator:
    """Mark a function as deprecated.

    Args:
      date: when it will be gone, as YYYY-MM-DD; None where that is open.
      instructions: what to use instead.
      warn_once: warn at the first call only.

    Raises:
      ValueError: the date is no date, or there are no instructions.
    """
    _check(date, instructions)

    def decorator(func: Any) -> Any:
        validate_callable(func, "deprecated")
        once = _Once(warn_once)

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if once.is_due(func):
                tf_logging.warning(
                    "From %s: %s (from %s) is deprecated and will be removed %s.\n"
                    "Instructions for updating:\n%s",
                    _caller(),
                    func.__qualname__,
                    func.__module__,
                    _when(date),
                    instructions,
                )
            return func(*args, **kwargs)

        notice = f"THIS FUNCTION IS DEPRECATED. It will be removed {_when(date)}."
        return _documented(
            func, wrapper, "(deprecated)", "DEPRECATED FUNCTION", notice, instructions
        )

    return decorator


def deprecated_args(
    date: str | None, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Decorator:
    """Mark arguments of a function as deprecated.

    Args:
      date: as for `deprecated`.
      instructions: as for `deprecated`.
      *deprecated_arg_names_or_tuples: the names; or (name, value) where that value is no reason
        to warn.
      **kwargs: `warn_once`.

    Raises:
      ValueError: as `deprecated`; or no name is given, or the function has no such argument.
    """
    _check(date, instructions)
    if not deprecated_arg_names_or_tuples:
        raise ValueError("Specify which argument is deprecated.")
    once = _Once(kwargs.pop("warn_once", True))
    if kwargs:
        raise TypeError(f"deprecated_args got unexpected keyword arguments: {', '.join(kwargs)}")
    ok_values: dict[str, Any] = dict(
        tuple(each) if isinstance(each, (tuple, list)) else (each, _NO_VALUE)
        for each in deprecated_arg_names_or_tuples
    )

    def decorator(func: Any) -> Any:
        validate_callable(func, "deprecated_args")
        signature = inspect.signature(func)
        kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
        missing = [name for name in ok_values if name not in kinds]
        if missing and inspect.Parameter.VAR_KEYWORD not in kinds.values():
            raise ValueError(
                f"The following deprecated arguments are not present in the function signature: "
                f"{missing}. Expected next arguments: {list(kinds)}."
            )

        @functools.wraps(func)
        def wrapper(*args: Any, **given: Any) -> Any:
            used = [
                name
                for name, value in _bound(signature, args, given).items()
                if name in ok_values and not _is_value(value, ok_values[name])
            ]
            for name in used:
                if once.is_due((func, name)):
                    tf_logging.warning(
                        "From %s: calling %s (from %s) with %s is deprecated and will be removed "
                        "%s.\nInstructions for updating:\n%s",
                        _caller(),
                        func.__qualname__,
                        func.__module__,
                        name,
                        _when(date),
                        instructions,
                    )
            return func(*args, **given)

        names = ", ".join(sorted(ok_values))
        notice = f"SOME ARGUMENTS ARE DEPRECATED: `({names})`. They will be removed {_when(date)}."
        return _documented(
            func,
            wrapper,
            "(deprecated arguments)",
            "DEPRECATED FUNCTION ARGUMENTS",
            notice,
            instructions,
        )

    return decorator


_NO_VALUE = object()


def _is_value(value: Any, wanted: Any) -> bool:
    return wanted is not _NO_VALUE and (value is wanted or bool(value == wanted))


def _bound(signature: inspect.Signature, args: Any, given: Any) -> dict[str, Any]:
    """Return the arguments of a call by name; those of a starred one only where there are any."""
    try:
        bound = signature.bind(*args, **given).arguments
    except TypeError:  # the function itself says it best
        return {}
    found: dict[str, Any] = {}
    for name, value in bound.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            found.update(value)
        found[name] = value
    return found


def deprecated_arg_values(
    date: str | None, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Decorator:
    """Mark values of arguments of a function as deprecated.

    Args:
      date: as for `deprecated`.
      instructions: as for `deprecated`.
      warn_once: warn at the first such call only.
      **deprecated_kwargs: argument to the value of it.

    Raises:
      ValueError: as `deprecated`; or no argument is given.
    """
    _check(date, instructions)
    if not deprecated_kwargs:
        raise ValueError("Specify which argument values are deprecated.")

    def decorator(func: Any) -> Any:
        validate_callable(func, "deprecated_arg_values")
        signature = inspect.signature(func)
        once = _Once(warn_once)

        @functools.wraps(func)
        def wrapper(*args: Any, **given: Any) -> Any:
            named = _bound(signature, args, given)
            for name, value in deprecated_kwargs.items():
                if name in named and _is_value(named[name], value) and once.is_due((func, name)):
                    tf_logging.warning(
                        "From %s: calling %s (from %s) with %s=%s is deprecated and will be "
                        "removed %s.\nInstructions for updating:\n%s",
                        _caller(),
                        func.__qualname__,
                        func.__module__,
                        name,
                        value,
                        _when(date),
                        instructions,
                    )
            return func(*args, **given)

        values = ", ".join(f"{name}={value!r}" for name, value in sorted(deprecated_kwargs.items()))
        notice = (
            f"SOME ARGUMENT VALUES ARE DEPRECATED: `({values})`. They will be removed "
            f"{_when(date)}."
        )
        return _documented(
            func,
            wrapper,
            "(deprecated argument values)",
            "DEPRECATED FUNCTION ARGUMENT VALUES",
            notice,
            instructions,
        )

    return decorator


def deprecated_endpoints(*args: Any) -> Decorator:
    """Mark public names of a function as deprecated."""

    def decorator(func: Any) -> Any:
        func._tf_deprecated_api_names = args
        return func

    return decorator


def deprecated_alias(
    deprecated_name: str, name: str, func_or_class: Any, warn_once: bool = True
) -> Any:
    """Return a function or class under a deprecated name.

    Args:
      deprecated_name: the name, for the warning.
      name: the name to use instead.
      func_or_class: what it is.
      warn_once: warn at the first use only.
    """
    once = _Once(warn_once)

    def warn() -> None:
        if once.is_due(deprecated_name):
            frame = sys._getframe(2)
            tf_logging.warning(
                "From %s: The name %s is deprecated. Please use %s instead.\n",
                f"{frame.f_code.co_filename}:{frame.f_lineno}",
                deprecated_name,
                name,
            )

    instead = f"Please use {name} instead."
    if isinstance(func_or_class, type):

        def begin(self: Any, *args: Any, **kwargs: Any) -> None:
            warn()
            func_or_class.__init__(self, *args, **kwargs)  # type: ignore[misc]

        alias_class = type(func_or_class.__name__, (func_or_class,), {"__init__": begin})
        notice = "THIS CLASS IS DEPRECATED. It will be removed in a future version. "
        return _documented(
            func_or_class, alias_class, "(deprecated)", "DEPRECATED CLASS", notice, instead
        )
    validate_callable(func_or_class, "deprecated")

    @functools.wraps(func_or_class)
    def alias(*args: Any, **kwargs: Any) -> Any:
        warn()
        return func_or_class(*args, **kwargs)

    notice = "THIS FUNCTION IS DEPRECATED. It will be removed in a future version."
    return _documented(func_or_class, alias, "(deprecated)", "DEPRECATED FUNCTION", notice, instead)


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """Return the value of an argument that has an old name as well.

    Raises:
      ValueError: both are given.
    """
    return one_of_two(new_value, old_value, new_name, old_name)


def rewrite_argument_docstring(old_doc: str, old_argument: str, new_argument: str) -> str:
    """Return a docstring that calls an argument otherwise."""
    return old_doc.replace(f"`{old_argument}`", f"`{new_argument}`").replace(
        f"{old_argument}:", f"{new_argument}:"
    )


@contextmanager
def silence() -> Iterator[None]:
    """Return a block without warnings of deprecation."""
    _silenced.append(None)
    try:
        yield
    finally:
        _silenced.pop()
