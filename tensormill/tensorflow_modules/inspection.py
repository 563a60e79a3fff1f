"""`tensorflow.python.util.tf_inspect`: Python's `inspect`, through the decorators of TensorFlow."""

from __future__ import annotations

import functools
import inspect
from collections import namedtuple
from inspect import (
    FullArgSpec,
    currentframe,
    getframeinfo,
    getmodule,
    getmro,
    isabstract,
    isbuiltin,
    isclass,
    isframe,
    isfunction,
    isgenerator,
    isgeneratorfunction,
    ismethod,
    ismodule,
    isroutine,
    stack,
)
from typing import Any

from tensormill.tensorflow_modules.decorators import unwrap

__all__ = [
    "ArgSpec",
    "FullArgSpec",
    "currentframe",
    "getargspec",
    "getcallargs",
    "getdoc",
    "getfile",
    "getframeinfo",
    "getfullargspec",
    "getmembers",
    "getmodule",
    "getmro",
    "getsource",
    "getsourcefile",
    "getsourcelines",
    "isabstract",
    "isbuiltin",
    "isclass",
    "isframe",
    "isfunction",
    "isgenerator",
    "isgeneratorfunction",
    "ismethod",
    "ismodule",
    "isroutine",
    "stack",
]

ArgSpec = namedtuple("ArgSpec", ["args", "varargs", "keywords", "defaults"])


def _target(obj: Any) -> Any:
    return unwrap(obj)[1]


def getfullargspec(obj: Any) -> Any:
    """Return the arguments of a function, as it is beneath its decorators.

    Functions of tensormill have no annotations here: those of TensorFlow have none, and programs
    compare them with their own.
    """
    decorators, target = unwrap(obj)
    for decorator in decorators:
        if decorator.decorator_argspec is not None:
            return decorator.decorator_argspec
    if str(getattr(target, "__module__", "")).startswith("tensormill."):
        return inspect.getfullargspec(inspect.unwrap(target))._replace(annotations={})
    return inspect.getfullargspec(target)


def getargspec(obj: Any) -> Any:
    """Return the arguments of a function or a partial as (args, varargs, keywords, defaults)."""
    target = _target(obj)
    if isinstance(target, functools.partial):
        return _of_partial(target)
    if inspect.isclass(target):
        target = target.__init__
    elif not inspect.isroutine(target) and callable(target):
        target = type(target).__call__
    spec = getfullargspec(target)
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


def _of_partial(partial: Any) -> Any:
    spec = getargspec(partial.func)
    args = spec.args[len(partial.args) :]
    defaults = dict(zip(spec.args[-len(spec.defaults or ()) :], spec.defaults or (), strict=False))
    defaults.update(partial.keywords)
    first = next((i for i, name in enumerate(args) if name in defaults), len(args))
    missing = [name for name in args[first:] if name not in defaults]
    if missing:
        raise ValueError(
            f"Some arguments {missing} do not have default value, but they are "
            "positioned after those with default values."
        )
    return ArgSpec(args, spec.varargs, spec.keywords, tuple(defaults[n] for n in args[first:]))


def getcallargs(*func_and_positional: Any, **named: Any) -> dict[str, Any]:
    """Return the value of each argument of a call."""
    func, *positional = func_and_positional
    bound = inspect.signature(_target(func)).bind(*positional, **named)
    bound.apply_defaults()
    return dict(bound.arguments)


def getmembers(obj: Any, predicate: Any = None) -> list[tuple[str, Any]]:
    """Return the members of an object."""
    return inspect.getmembers(obj, predicate)


def getdoc(obj: Any) -> str | None:
    """Return the docstring of an object."""
    return inspect.getdoc(obj)


def getfile(obj: Any) -> str:
    """Return the file of an object."""
    return inspect.getfile(_target(obj))


def getsource(obj: Any) -> str:
    """Return the source of an object."""
    return inspect.getsource(_target(obj))


def getsourcefile(obj: Any) -> str | None:
    """Return the file with the source of an object."""
    return inspect.getsourcefile(_target(obj))


def getsourcelines(obj: Any) -> tuple[list[str], int]:
    """Return the lines of the source of an object, and where they begin."""
    return inspect.getsourcelines(_target(obj))
