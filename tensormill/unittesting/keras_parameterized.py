"""Tests of Keras that run once for each kind of model, or for each way to run one.

Only the way of TensorFlow 1, a graph in a session, runs; the eager ones are skipped.

Source: TensorFlow 1.15, python/keras/keras_parameterized.py.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from absl.testing import parameterized

from tensormill.graph import nest
from tensormill.keras.backend import clear_session
from tensormill.unittesting import keras_situations, test_case

__all__ = ["TestCase", "run_all_keras_modes", "run_with_all_model_types"]

_MODEL_TYPES = ("functional", "subclass", "sequential")
_SESSION = "v1_session"


class TestCase(test_case.TestCase, parameterized.TestCase):
    """A test case that leaves no layer or model behind."""

    def tearDown(self) -> None:
        """Forget the graph of Keras."""
        clear_session()
        super().tearDown()


def run_with_all_model_types(test_or_class: Any = None, exclude_models: Any = None) -> Any:
    """Run a test, or all tests of a class, for each kind of model (see `get_model_type`).

    Args:
      test_or_class: what is decorated; None to get a decorator.
      exclude_models: a kind, or several, for which it does not run.
    """
    excluded = nest.flatten(exclude_models)
    params = [(f"_{kind}", kind) for kind in _MODEL_TYPES if kind not in excluded]

    def decorate(method: Callable[..., Any]) -> Any:
        @parameterized.named_parameters(*params)
        @functools.wraps(method)
        def decorated(self: Any, model_type: str, *args: Any, **kwargs: Any) -> None:
            with keras_situations.model_type_scope(model_type):
                method(self, *args, **kwargs)

        return decorated

    return _applied(decorate, test_or_class)


def run_all_keras_modes(
    test_or_class: Any = None,
    config: Any = None,
    always_skip_v1: bool = False,
    always_skip_eager: bool = False,
) -> Any:
    """Run a test, or all tests of a class, in each way in which Keras runs models.

    Args:
      test_or_class: what is decorated; None to get a decorator.
      config: how to run the session.
      always_skip_v1: it does not run in a session.
      always_skip_eager: it does not run layer by layer.
    """
    modes = ["v2_function", "v2_funcgraph"]
    modes += [] if always_skip_eager else ["v2_eager"]
    modes += [] if always_skip_v1 else [_SESSION]
    params = [(f"_{mode}", mode) for mode in modes]

    def decorate(method: Callable[..., Any]) -> Any:
        @parameterized.named_parameters(*params)
        @functools.wraps(method)
        def decorated(self: Any, run_mode: str, *args: Any, **kwargs: Any) -> None:
            if run_mode != _SESSION:
                self.skipTest("There is no eager execution.")
            with (
                keras_situations.run_eagerly_scope(False),
                keras_situations.experimental_run_tf_function_scope(False),
                self.test_session(use_gpu=True, config=config),
            ):
                method(self, *args, **kwargs)

        return decorated

    return _applied(decorate, test_or_class)


def _applied(decorate: Callable[[Any], Any], test_or_class: Any) -> Any:
    """Return what is decorated: a method, the tests made of one by parameters, or a class."""

    def applied(target: Any) -> Any:
        if isinstance(target, Iterable):
            return itertools.chain.from_iterable(decorate(method) for method in target)
        if not isinstance(target, type):
            return decorate(target)
        for name, value in list(vars(target).items()):
            if name.startswith("test") and callable(value):
                setattr(target, name, decorate(value))
        # Made again, so that the metaclass makes methods of the parameters.
        return type(target)(target.__name__, target.__bases__, dict(vars(target)))

    return applied if test_or_class is None else applied(test_or_class)
