"""`tensorflow.python.util.tf_should_use`: results that somebody has to use, or a log tells of it.

Source: TensorFlow 1.15, python/util/tf_should_use.py.
"""

from __future__ import annotations

import sys
import traceback
import weakref
from collections.abc import Callable
from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import TensorLike
from tensormill.tensorflow_modules.decorators import make_decorator

__all__ = ["add_should_use_warning", "must_use_result_or_fatal", "should_use_result"]

_SHOWN_FRAMES = 5
_LINE = "=" * 34
_watched_classes: dict[type, type] = {}


class _Watch:
    """Tells in the log when a value goes that nobody used."""

    def __init__(self, value: Any, is_fatal: bool, stack: str) -> None:
        self.is_used = get_default_graph().building_function
        self._is_fatal = is_fatal
        self._told = (type(value), repr(value), stack)

    def end(self) -> None:
        """Log that the value was not used, unless it was."""
        if self.is_used:
            return
        log = tf_logging.fatal if self._is_fatal else tf_logging.error
        log(
            f"{_LINE}\nObject was never used (type {self._told[0]}):\n{self._told[1]}\n"
            'If you want to mark it as used call its "mark_used()" method.\n'
            f"It was originally created here:\n{self._told[2]}\n{_LINE}"
        )


def _watched_class(base: type) -> type:
    """Return a subclass whose instances stand for values of a class, and note their use."""

    def look_up(self: Any, name: str) -> Any:
        watch, value = _parts[id(self)]
        watch.is_used = True
        return getattr(value, name, None) if name == "mark_used" else getattr(value, name)

    def get(self: Any, name: str) -> Any:
        if name == "mark_used":
            return lambda *args, **kwargs: (look_up(self, name) or _nothing)(*args, **kwargs)
        return look_up(self, name)

    def put(self: Any, name: str, new: Any) -> None:
        watch, value = _parts[id(self)]
        watch.is_used = True
        setattr(value, name, new)

    members = {"__getattribute__": get, "__setattr__": put}
    made = type(base.__name__, (base,), members)
    if issubclass(base, TensorLike):
        register_tensor_conversion_function(made, _convert)
    return made


def _convert(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    watch, stands_for = _parts[id(value)]
    watch.is_used = True
    return convert_to_tensor(stands_for, dtype, name, as_ref=as_ref)


def _nothing(*args: Any, **kwargs: Any) -> None:
    pass


# What the watched values stand for, by their ids: they have no attributes of their own.
_parts: dict[int, tuple[_Watch, Any]] = {}


def _let_go(identity: int) -> None:
    watch, _ = _parts.pop(identity)
    watch.end()


def add_should_use_warning(x: Any, fatal_error: bool = False) -> Any:
    """Return what stands for a value, and lets the log tell if nobody looks at it.

    Args:
      x: the value.
      fatal_error: log as fatal, not as an error.
    """
    if x is None or (isinstance(x, list) and not x):
        return x
    frame = sys._getframe(1)
    stack = "".join(line.rstrip() for line in traceback.format_stack(frame, limit=_SHOWN_FRAMES))
    base = type(x)
    watched = _watched_classes.get(base)
    if watched is None:
        watched = _watched_classes[base] = _watched_class(base)
    made: Any = object.__new__(watched)
    _parts[id(made)] = (_Watch(x, fatal_error, stack), x)
    weakref.finalize(made, _let_go, id(made)).atexit = False
    return made


def _decorator(name: str, is_fatal: bool, must: str) -> Callable[..., Any]:
    def decorated(fn: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return add_should_use_warning(fn(*args, **kwargs), fatal_error=is_fatal)

        doc = (
            f"{fn.__doc__ or ''}\n\n  **NOTE** The output of this function {must} be used, or the "
            "log tells of it. To mark the output as used, call its .mark_used() method."
        )
        return make_decorator(fn, wrapped, name, doc)

    return decorated


should_use_result = _decorator("should_use_result", False, "should")
must_use_result_or_fatal = _decorator("must_use_result_or_fatal", True, "must")
