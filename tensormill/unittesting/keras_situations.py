"""What kind of model a test of Keras is about, and how it is run: scopes that the test asks.

Source: TensorFlow 1.15, python/keras/testing_utils.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "experimental_run_tf_function_scope",
    "get_model_type",
    "model_type_scope",
    "run_eagerly_scope",
    "should_run_eagerly",
    "should_run_tf_function",
]


class _Situation(threading.local):
    """What is set on a thread; None outside the scopes."""

    model_type: str | None = None
    run_eagerly: bool | None = None
    run_tf_function: bool | None = None


_situation = _Situation()


@contextmanager
def _set(name: str, value: Any) -> Iterator[Any]:
    before = getattr(_situation, name)
    setattr(_situation, name, value)
    try:
        yield value
    finally:
        setattr(_situation, name, before)


def model_type_scope(value: str) -> Any:
    """Say which kind of model `get_small_mlp` and the like make: "functional" for example."""
    return _set("model_type", value)


def run_eagerly_scope(value: bool) -> Any:
    """Say whether models are to be run eagerly."""
    return _set("run_eagerly", value)


def experimental_run_tf_function_scope(value: bool) -> Any:
    """Say whether models are to be run by a `tf.function`."""
    return _set("run_tf_function", value)


def get_model_type() -> str:
    """Return the kind of model that the test is about.

    Raises:
      ValueError: no scope says it.
    """
    if _situation.model_type is None:
        raise ValueError(
            "Cannot call `get_model_type()` outside of a `model_type_scope()` or "
            "`run_with_all_model_types` decorator."
        )
    return _situation.model_type


def should_run_eagerly() -> bool:
    """Return False, as nothing runs eagerly.

    Raises:
      ValueError: no scope says whether models should.
    """
    if _situation.run_eagerly is None:
        raise ValueError(
            "Cannot call `should_run_eagerly()` outside of a `run_eagerly_scope()` or "
            "`run_all_keras_modes` decorator."
        )
    return False


def should_run_tf_function() -> bool:
    """Return False, as a `tf.function` runs models only where execution is eager.

    Raises:
      ValueError: no scope says whether models should be run so.
    """
    if _situation.run_tf_function is None:
        raise ValueError(
            "Cannot call `should_run_tf_function()` outside of a "
            "`experimental_run_tf_function_scope()` or `run_all_keras_modes` decorator."
        )
    return False
