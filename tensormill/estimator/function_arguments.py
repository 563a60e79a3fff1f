"""Which arguments a function of the user takes, and what an input function returned.

Source: TensorFlow 1.15, python/util/function_utils.py; TensorFlow Estimator 1.15,
python/estimator/util.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tensormill.data.dataset import Dataset
from tensormill.train.monitored.session_run_hook import SessionRunHook

__all__ = [
    "DatasetInitializerHook",
    "fn_args",
    "has_kwargs",
    "parse_input_fn_result",
    "parse_iterator_result",
]


def _as_function(fn: Any) -> Any:
    """Return the method that is called when an object is; a function as it is."""
    called = fn.__call__ if callable(fn) else None
    return called if inspect.ismethod(called) else fn


def fn_args(fn: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments of a function that are not bound yet.

    >>> fn_args(lambda features, labels: None)
    ('features', 'labels')
    """
    if isinstance(fn, functools.partial):
        names = fn_args(fn.func)[len(fn.args) :]
        return tuple(name for name in names if name not in fn.keywords)
    fn = _as_function(fn)
    names = tuple(inspect.getfullargspec(inspect.unwrap(fn)).args)
    return names[1:] if inspect.ismethod(fn) and names else names


def has_kwargs(fn: Callable[..., Any]) -> bool:
    """Return whether a function takes any named arguments.

    Raises:
      TypeError: it cannot be called.
    """
    if isinstance(fn, functools.partial):
        fn = fn.func
    elif not callable(fn):
        raise TypeError(f"fn should be a function-like object, but is of type {type(fn)}.")
    fn = _as_function(fn)
    return inspect.getfullargspec(fn).varkw is not None


class DatasetInitializerHook(SessionRunHook):
    """Initializes the iterator of a dataset when its session is made."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator
        self._initializer: Any = None

    def begin(self) -> None:
        """Take the operation, before the graph is finalized."""
        self._initializer = self._iterator.initializer

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Run it."""
        session.run(self._initializer)


def parse_input_fn_result(result: Any) -> tuple[Any, Any, list[SessionRunHook]]:
    """Return features, labels and hooks of what an input function returned.

    Args:
      result: a dataset, a tuple of features and labels, or features.

    Raises:
      ValueError: it is a list or tuple of another length.
    """
    hooks: list[SessionRunHook] = []
    if isinstance(result, Dataset):
        iterator = result.make_initializable_iterator()
        hooks.append(DatasetInitializerHook(iterator))
        result = iterator.get_next()
    return (*parse_iterator_result(result), hooks)


def parse_iterator_result(result: Any) -> tuple[Any, Any]:
    """Return features and labels, None where there are no labels.

    Raises:
      ValueError: it is a list or tuple of another length.
    """
    if isinstance(result, (list, tuple)):
        if len(result) != 2:
            raise ValueError("input_fn should return (features, labels) as a len 2 tuple.")
        return result[0], result[1]
    return result, None
