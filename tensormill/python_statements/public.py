"""`tf.autograph`: what programs say of the rewriting of their functions.

Source: TensorFlow 1.15, python/autograph/impl/api.py, core/converter.py and utils/ag_logging.py.
"""

from __future__ import annotations

import enum
import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.autograph_status import ControlStatusCtx, Status
from tensormill.graph.converted_functions import conversion

__all__ = [
    "Feature",
    "convert",
    "do_not_convert",
    "set_loop_options",
    "set_verbosity",
    "to_code",
    "to_graph",
    "trace",
]


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
    """Give options to the loop that begins with this call, as `tf.while_loop` takes them.

    In a loop that is not made of nodes it does nothing.
    """


def to_graph(
    entity: Any,
    recursive: bool = True,
    arg_values: Any = None,
    arg_types: Any = None,
    experimental_optional_features: Any = None,
) -> Any:
    """Return a function rewritten: what its statements do with tensors becomes nodes.

    Args:
      entity: a function, or a method; of a method one is made that takes the object first.
      recursive: whether functions that it calls are rewritten, too.
      arg_values: not used.
      arg_types: not used.
      experimental_optional_features: one or several of `Feature`.

    Raises:
      ConversionError: it cannot be rewritten.
    """
    return conversion().to_graph(entity, recursive, experimental_optional_features)


def to_code(
    entity: Any,
    recursive: bool = True,
    arg_values: Any = None,
    arg_types: Any = None,
    indentation: str = "  ",
    experimental_optional_features: Any = None,
) -> str:
    """Return the source of a function as `to_graph` rewrites it; see there."""
    made = conversion().to_graph(entity, recursive, experimental_optional_features)
    return textwrap.dedent(inspect.getsource(made))


def convert(
    recursive: bool = False, optional_features: Any = None, user_requested: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that rewrites a function whenever it is called."""

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            made = conversion().options_of(recursive, user_requested, optional_features)
            return conversion().converted_call(function, args, kwargs, options=made)

        wrapper.autograph_info__ = {}  # type: ignore[attr-defined]
        return wrapper

    return decorator


_settings = {"level": 0, "alsologtostdout": False}


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Set how much is said of the conversion of functions."""
    _settings.update(level=level, alsologtostdout=alsologtostdout)


def trace(*args: Any) -> None:
    """Log some values when the function is traced."""
    tf_logging.info(" ".join(map(str, args)))
