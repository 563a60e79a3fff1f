"""Which functions are rewritten, and when: the transpiler is loaded for the first that needs it.

Source: TensorFlow 1.15, python/autograph/impl/api.py (tf_convert).
"""

from __future__ import annotations

import builtins
import dis
import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from tensormill.graph.autograph_status import Status, control_status_ctx

__all__ = ["call_converted", "conversion", "converted", "is_marked", "needs_conversion"]

_OWN = __name__.partition(".")[0]
# Built-in functions that take tensors in a rewritten function.
_BUILTINS = frozenset("abs enumerate filter float int len map print range sorted zip".split())
_STATEMENTS = frozenset({*dis.hasjrel, *dis.hasjabs, dis.opmap["UNARY_NOT"]})
_MOST_DEPTH = 4


def converted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what calls a function, rewritten if it may have statements on tensors.

    A function is left alone where rewriting is turned off around it (`do_not_convert`).
    """
    if control_status_ctx().status is Status.DISABLED or not needs_conversion(function):
        return function
    return functools.partial(call_converted, function, None)


def call_converted(function: Callable[..., Any], features: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a function as a program asked for: rewritten, with all that it calls.

    Args:
      function: the function.
      features: optional features of the conversion, or None.
      *args: its arguments.
      **kwargs: likewise, by name.
    """
    return conversion().call(function, features, args, kwargs)


def conversion() -> Any:
    """Return the module that rewrites, which is loaded when it is needed first."""
    return importlib.import_module("tensormill.python_statements.conversion")


def is_marked(function: Any) -> bool:
    """Return whether a function is never rewritten: it is already, or asked not to be."""
    return hasattr(function, "autograph_info__")


def needs_conversion(function: Any) -> bool:
    """Return whether a function may run statements on tensors, itself or in those it calls.

    It may say so of a function that has none, and not the other way round, but for functions that
    come from places that cannot be known before they run.
    """
    return _needs(function, set(), _MOST_DEPTH)


def _needs(function: Any, seen: set[CodeType], depth: int) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    if is_marked(function):
        return False
    if not isinstance(function, (FunctionType, MethodType)):
        call = inspect.getattr_static(type(function), "__call__", None)
        if not isinstance(call, FunctionType) or isinstance(function, type):
            return False
        function = call.__get__(function)
    if (function.__module__ or "").partition(".")[0] in (_OWN, "numpy", "torch"):
        return False
    code = function.__code__
    if code in seen:
        return False
    seen.add(code)
    if _has_statements(code):
        return True
    return depth > 0 and any(_needs(each, seen, depth - 1) for each in _called(function, code))


@functools.cache
def _has_statements(code: CodeType) -> bool:
    if _BUILTINS.intersection(code.co_names):
        return True
    if any(each.opcode in _STATEMENTS for each in dis.get_instructions(code)):
        return True
    # The loop of a comprehension runs as it stands; functions within may have statements.
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return any(_has_statements(each) for each in inner if not each.co_name.endswith("comp>"))


def _called(function: Any, code: CodeType) -> Iterator[Any]:
    """Yield the functions of the program that a function may call."""
    names = set(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            names.update(inner.co_names)
    scope = inspect.unwrap(function).__globals__
    reached = [scope[name] for name in names if name in scope]
    for cell in function.__closure__ or ():
        try:
            reached.append(cell.cell_contents)
        except ValueError:  # not assigned yet
            continue
    if isinstance(function, MethodType):
        reached.append(function.__self__)
    for value in reached:
        yield value
        kind = value if isinstance(value, (type, ModuleType)) else type(value)
        home = kind.__name__ if isinstance(kind, ModuleType) else kind.__module__
        if home == builtins.__name__ or home.partition(".")[0] == _OWN:
            continue
        for name in names:
            found = inspect.getattr_static(kind, name, None)
            if isinstance(found, FunctionType):
                yield found
