"""`Callback`: what is called between the batches and epochs of training, and lists of such.

Source: TensorFlow 1.15, python/keras/callbacks.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Callback", "CallbackList"]


class Callback:
    """The base of callbacks; does nothing.

    Attributes:
      model: the model that is trained.
      params: what `fit` was told: "epochs", "steps", "samples", "metrics" and so on.
    """

    def __init__(self) -> None:
        self.validation_data: Any = None
        self.model: Any = None
        self.params: dict[str, Any] = {}

    def set_params(self, params: dict[str, Any]) -> None:
        """Take what `fit` was told."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self.model = model

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Do something before a batch of training."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do something after a batch of training."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Do something before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Do something after an epoch."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Do something before a batch of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do something after a batch of training."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Do something before a batch of a test."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do something after a batch of a test."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Do something before a batch of predictions."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do something after a batch of predictions."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Do something before training."""

    def on_train_end(self, logs: Any = None) -> None:
        """Do something after training."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Do something before a test."""

    def on_test_end(self, logs: Any = None) -> None:
        """Do something after a test."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Do something before predictions."""

    def on_predict_end(self, logs: Any = None) -> None:
        """Do something after predictions."""


class CallbackList:
    """Several callbacks, called one after another."""

    def __init__(self, callbacks: Any = None) -> None:
        self.callbacks = list(callbacks or [])

    def append(self, callback: Any) -> None:
        """Add a callback."""
        self.callbacks.append(callback)

    def set_model(self, model: Any) -> None:
        """Tell all of the model."""
        for each in self.callbacks:
            each.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell all what `fit` was told."""
        for each in self.callbacks:
            each.set_params(params)

    def on_batch_begin(self, kind: str, batch: int, logs: Any) -> None:
        """Call all before a batch: of "train", "test" or "predict"."""
        for each in self.callbacks:
            getattr(each, f"on_{kind}_batch_begin")(batch, logs)

    def on_batch_end(self, kind: str, batch: int, logs: Any) -> None:
        """Call all after a batch: of "train", "test" or "predict"."""
        for each in self.callbacks:
            getattr(each, f"on_{kind}_batch_end")(batch, logs)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        takes_number = "epoch" in name or "batch" in name

        def call_all(*args: Any) -> None:
            whole = args if len(args) > takes_number else (*args, {})
            for each in self.callbacks:
                getattr(each, name)(*whole)

        return call_all
