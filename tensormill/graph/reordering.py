"""Functions under another signature: the same arguments in another order, under other names."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["reordered"]


def reordered(
    name: str, target: Callable[..., Any], parameters: str, doc: str
) -> Callable[..., Any]:
    """Return a function that calls another by names.

    Args:
      name: what it is called.
      target: what it calls.
      parameters: its parameters in their order, as words: `new>old` where the target calls one
        otherwise, `name=value` where there is a default, `+name=value` for what the target always
        gets. What has no default here and is not given is left to the target.
      doc: its docstring.
    """
    renamed: dict[str, str] = {}
    defaults: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    for word in parameters.split():
        names, equals, default = word.partition("=")
        new, _, old = names.partition(">")
        if new.startswith("+"):
            fixed[new[1:]] = ast.literal_eval(default)
            continue
        renamed[new] = old or new
        if equals:
            defaults[new] = ast.literal_eval(default)
    order = list(renamed)

    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(order):
            raise TypeError(
                f"{name}() takes {len(order)} positional arguments but {len(args)} were given"
            )
        given = dict(zip(order, args, strict=False))
        for key, value in kwargs.items():
            if key not in renamed or key in given:
                raise TypeError(f"{name}() got an unexpected or repeated argument {key!r}")
            given[key] = value
        values = {renamed[key]: value for key, value in {**defaults, **given}.items()}
        return target(**values, **fixed)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.__signature__ = _signature(target, renamed, defaults)  # type: ignore[attr-defined]
    return function


def _signature(
    target: Callable[..., Any], renamed: dict[str, str], defaults: dict[str, Any]
) -> inspect.Signature:
    """Return the signature of parameters whose other defaults are those of what is called."""
    known = inspect.signature(target).parameters
    made: list[inspect.Parameter] = []
    for name, old in renamed.items():
        default = defaults.get(name, known[old].default if old in known else None)
        if default is inspect.Parameter.empty and made and made[-1].default is not default:
            default = None
        made.append(
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        )
    return inspect.Signature(made)
