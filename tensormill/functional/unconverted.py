"""`tf.autograph`: Python statements in functions of a graph.

tensormill runs them as they stand, while the graph is built: `if` and `while` on tensors are
refused, as TensorFlow refuses them where AutoGraph does not convert.

Source: TensorFlow 1.15, python/autograph/impl/api.py, core/converter.py and utils/ag_logging.py.
"""

from __future__ import annotations

import enum
import functools
import inspect
from collections.abc import Callable
from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.autograph_status import ControlStatusCtx, Status

__all__ = ["Feature", "do_not_convert", "set_loop_options", "set_verbosity", "trace"]


class Feature(enum.Enum):
    """Parts of the conversion that can be asked for."""

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"

    @classmethod
    def all(cls) -> tuple[Feature, ...]:
        """Return all of them."""
        return tuple(cls.__members__.values())

    @classmethod
    def all_but(cls, exclude: Any) -> tuple[Feature, ...]:
        """Return all of them but one or some."""
        excluded = exclude if isinstance(exclude, (list, tuple, set)) else (exclude,)
        return tuple(each for each in cls.all() if each not in excluded)


def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """Return a function that says, while it runs, that it is not converted; or the decorator."""
    if func is None:
        return do_not_convert

    @functools.wraps(func)
    def unconverted(*args: Any, **kwargs: Any) -> Any:
        with ControlStatusCtx(Status.DISABLED):
            return func(*args, **kwargs)

    if inspect.isfunction(func) or inspect.ismethod(func):
        unconverted.autograph_info__ = {"do_not_convert": True}  # type: ignore[attr-defined]
    return unconverted


def set_loop_options(
    parallel_iterations: Any = None,
    back_prop: Any = None,
    swap_memory: Any = None,
    maximum_iterations: Any = None,
) -> None:
    """Do nothing: options are for loops that are converted."""


_settings = {"level": 0, "alsologtostdout": False}


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Set how much is said of the conversion of functions."""
    _settings.update(level=level, alsologtostdout=alsologtostdout)


def trace(*args: Any) -> None:
    """Log some values when the function is traced."""
    tf_logging.info(" ".join(map(str, args)))
