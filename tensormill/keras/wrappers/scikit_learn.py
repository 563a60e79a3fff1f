"""Models with the methods of scikit-learn's estimators; scikit-learn itself is not needed.

Source: TensorFlow 1.15, python/keras/wrappers/scikit_learn.py.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.keras import losses
from tensormill.keras.models import Sequential
from tensormill.keras.utils.arrays import to_categorical
from tensormill.keras.utils.functions import has_arg

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]


class BaseWrapper:
    """A model that is made when it is fitted.

    Args:
      build_fn: a function or an object that returns a compiled model; None for the own `__call__`.
      **sk_params: arguments of it, and of the methods of the model.

    Raises:
      ValueError: there is no such argument.
    """

    def __init__(self, build_fn: Any = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params
        self.model: Any = None
        self.check_params(sk_params)

    def _builder(self) -> Callable[..., Any]:
        own: Any = self
        if self.build_fn is None:
            return own.__call__
        if isinstance(self.build_fn, (types.FunctionType, types.MethodType)):
            return self.build_fn
        return self.build_fn.__call__

    def check_params(self, params: Any) -> None:
        """Raise ValueError for a name that is no argument."""
        methods: list[Any] = [
            Sequential.fit, Sequential.predict, Sequential.predict_classes, Sequential.evaluate,
            self._builder(),
        ]  # fmt: skip
        for name in params:
            if name != "nb_epoch" and not any(has_arg(method, name) for method in methods):
                raise ValueError(f"{name} is not a legal parameter")

    def get_params(self, **params: Any) -> dict[str, Any]:
        """Return the settings; what is given is ignored."""
        found = copy.deepcopy(self.sk_params)
        found["build_fn"] = self.build_fn
        return found

    def set_params(self, **params: Any) -> BaseWrapper:
        """Set some of the settings."""
        self.check_params(params)
        self.sk_params.update(params)
        return self

    def filter_sk_params(self, fn: Any, override: Any = None) -> dict[str, Any]:
        """Return the settings that are arguments of a function, and what is given besides."""
        found = {name: value for name, value in self.sk_params.items() if has_arg(fn, name)}
        return {**found, **(override or {})}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Make the model and train it; returns its history."""
        build = self._builder()
        self.model = build(**self.filter_sk_params(build))
        if _loss_name(self.model) == "categorical_crossentropy" and np.ndim(y) != 2:
            y = to_categorical(y)
        return self.model.fit(x, y, **{**self.filter_sk_params(Sequential.fit), **kwargs})


def _loss_name(model: Any) -> str:
    loss = model.loss
    if isinstance(loss, losses.CategoricalCrossentropy):
        return "categorical_crossentropy"
    return str(getattr(loss, "__name__", loss))


class KerasClassifier(BaseWrapper):
    """A model that tells classes apart."""

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Make the model and train it with classes, or with one-hot rows.

        Raises:
          ValueError: the labels are neither.
        """
        y = np.array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        else:
            raise ValueError(f"Invalid shape for y: {y.shape}")
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """Return the class of each row."""
        kwargs = self.filter_sk_params(Sequential.predict_classes, kwargs)
        return self.classes_[self.model.predict_classes(x, **kwargs)]

    def predict_proba(self, x: Any, **kwargs: Any) -> Any:
        """Return the probability of each class for each row."""
        kwargs = self.filter_sk_params(Sequential.predict_proba, kwargs)
        chances = self.model.predict(x, **kwargs)
        return np.hstack([1 - chances, chances]) if chances.shape[1] == 1 else chances

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Return the accuracy.

        Raises:
          ValueError: the model does not compute it.
        """
        y = np.searchsorted(self.classes_, y)
        kwargs = self.filter_sk_params(Sequential.evaluate, kwargs)
        if _loss_name(self.model) == "categorical_crossentropy" and y.ndim != 2:
            y = to_categorical(y)
        results = self.model.evaluate(x, y, **kwargs)
        results = results if isinstance(results, list) else [results]
        for name, value in zip(self.model.metrics_names, results, strict=True):
            if name in ("accuracy", "acc"):
                return float(value)
        raise ValueError(
            "The model is not configured to compute accuracy. You should pass "
            '`metrics=["accuracy"]` to the `model.compile()` method.'
        )


class KerasRegressor(BaseWrapper):
    """A model that gives numbers."""

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """Return the number of each row."""
        kwargs = self.filter_sk_params(Sequential.predict, kwargs)
        return np.squeeze(self.model.predict(x, **kwargs))

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Return the loss with its sign turned, so that more is better."""
        kwargs = self.filter_sk_params(Sequential.evaluate, kwargs)
        loss = self.model.evaluate(x, y, **kwargs)
        return -float(loss[0] if isinstance(loss, list) else loss)
