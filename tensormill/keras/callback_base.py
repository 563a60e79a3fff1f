"""`Callback`: what is called between the batches and epochs of training, and lists of such.

Source: TensorFlow 1.15, python/keras/callbacks.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["Callback", "CallbackList", "say"]


def say(text: str) -> None:
    """Print a line that `verbose` asks for."""
    print(text)  # noqa: T201


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

    def __init__(self, callbacks: Any = None, queue_length: int = 10) -> None:
        self.callbacks = list(callbacks or [])
        self.queue_length = queue_length
        self.params: dict[str, Any] = {}
        self.model: Any = None

    def __iter__(self) -> Iterator[Any]:
        """Yield the callbacks."""
        return iter(self.callbacks)

    def append(self, callback: Any) -> None:
        """Add a callback."""
        self.callbacks.append(callback)

    def set_model(self, model: Any) -> None:
        """Tell all of the model."""
        self.model = model
        for each in self.callbacks:
            each.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell all what `fit` was told."""
        self.params = params
        for each in self.callbacks:
            each.set_params(params)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Call all before a batch of training."""
        self._call("on_train_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Call all after a batch of training."""
        self._call("on_train_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Call all before a batch of training."""
        self._call("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Call all after a batch of training."""
        self._call("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Call all before a batch of a test."""
        self._call("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Call all after a batch of a test."""
        self._call("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Call all before a batch of predictions."""
        self._call("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Call all after a batch of predictions."""
        self._call("on_predict_batch_end", batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Call all before an epoch."""
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Call all after an epoch."""
        self._call("on_epoch_end", epoch, logs)

    def on_train_begin(self, logs: Any = None) -> None:
        """Call all before training."""
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Call all after training."""
        self._call("on_train_end", logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """Call all before a test."""
        self._call("on_test_begin", logs)

    def on_test_end(self, logs: Any = None) -> None:
        """Call all after a test."""
        self._call("on_test_end", logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Call all before predictions."""
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs: Any = None) -> None:
        """Call all after predictions."""
        self._call("on_predict_end", logs)

    def _call(self, hook: str, *arguments: Any) -> None:
        *first, logs = arguments
        for each in self.callbacks:
            getattr(each, hook)(*first, {} if logs is None else logs)
