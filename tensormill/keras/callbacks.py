"""`tf.keras.callbacks`: what is called between the batches and epochs of training.

Source: TensorFlow 1.15, python/keras/callbacks.py.
"""

from __future__ import annotations

import csv
import importlib
import json
import os
import time
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.values import get_value, set_value
from tensormill.keras.callback_base import Callback, CallbackList, say
from tensormill.keras.model_checkpoint import ModelCheckpoint, comparison
from tensormill.keras.progress import Progbar
from tensormill.keras.tensorboard_callback import TensorBoard

__all__ = [
    "BaseLogger",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "TensorBoard",
    "TerminateOnNaN",
]


def reporting_callbacks(
    history: History, callbacks: Any, verbose: int, by_steps: bool
) -> list[Any]:
    """Return the callbacks of `fit`: those that report, and the program's own."""
    found: list[Any] = [BaseLogger(), *(callbacks or []), history]
    if verbose:
        found.insert(1, ProgbarLogger("steps" if by_steps else "samples"))
    return found


class BaseLogger(Callback):
    """Has nothing to do: what epochs report are means already."""

    def __init__(self, stateful_metrics: Any = None) -> None:
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or [])


class TerminateOnNaN(Callback):
    """Ends training where the loss is not a number."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and (np.isnan(loss) or np.isinf(loss)):
            say(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


class History(Callback):
    """Keeps what epochs report.

    Attributes:
      history: lists of values by name.
      epoch: the numbers of the epochs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep what the epoch reports."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class ProgbarLogger(Callback):
    """Shows a bar for each epoch, or a line.

    Args:
      count_mode: whether "samples" or "steps" are counted.
      stateful_metrics: taken and ignored.
    """

    def __init__(self, count_mode: str = "samples", stateful_metrics: Any = None) -> None:
        super().__init__()
        if count_mode not in ("samples", "steps"):
            raise ValueError("Unknown `count_mode`: " + str(count_mode))
        self.use_steps = count_mode == "steps"
        self._bar: Progbar | None = None
        self._done = 0
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin a bar."""
        self._done, self._start = 0, time.time()
        if self.params["epochs"] > 1:
            say(f"Epoch {epoch + 1}/{self.params['epochs']}")
        if self.params["verbose"] == 1:
            target = self.params["steps" if self.use_steps else "samples"]
            self._bar = Progbar(target, stateful_metrics=self.params["metrics"][1:])

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar."""
        logs = logs or {}
        self._done += 1 if self.use_steps else logs.get("size", 0)
        if self._bar is not None and (self._bar.target is None or self._done < self._bar.target):
            self._bar.update(self._done, self._values(logs))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show the end of the epoch."""
        values = self._values(logs or {})
        if self._bar is not None:
            self._bar.target = self._bar.target or self._done
            self._bar._sums.clear()
            self._bar._stateful = {name for name, _ in values}
            self._bar.update(self._done, values)
            return
        text = "".join(f" - {name}: {value:.4f}" for name, value in values)
        count = self.params["samples"] or self._done
        say(f"{count}/{count} - {time.time() - self._start:.0f}s{text}")

    def _values(self, logs: dict[str, Any]) -> list[tuple[str, Any]]:
        return [(name, logs[name]) for name in self.params["metrics"] if name in logs]


class EarlyStopping(Callback):
    """Ends training where a report has stopped to become better.

    Args:
      monitor: the report.
      min_delta: the least change that counts.
      patience: how many epochs without a change are borne.
      verbose: 1 for a line at the end.
      mode: "min", "max", or "auto" by the name of the report.
      baseline: what is to be better than at least.
      restore_best_weights: whether to go back to the weights of the best epoch.
    """

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0,
        mode: str = "auto", baseline: float | None = None, restore_best_weights: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.monitor_op, self._worst = comparison(mode, monitor, "EarlyStopping")
        self.min_delta = abs(min_delta) * (1 if self.monitor_op is np.greater else -1)
        self.best_weights: Any = None
        self.wait = self.stopped_epoch = 0
        self.best = self._worst

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self.wait = self.stopped_epoch = 0
        self.best = self._worst if self.baseline is None else self.baseline

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the report."""
        current = self.get_monitor_value(logs)
        if current is None:
            return
        if self.monitor_op(current - self.min_delta, self.best):
            self.best = current
            self.wait = 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self.restore_best_weights and self.best_weights is not None:
                self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Any) -> Any:
        """Return the report that counts; None where there is none, which is said."""
        current = (logs or {}).get(self.monitor)
        if current is None:
            tf.logging.warning(
                "Early stopping conditioned on metric `%s` which is not available. Available "
                "metrics are: %s", self.monitor, ",".join(logs or {}),
            )  # fmt: skip
        return current

    def on_train_end(self, logs: Any = None) -> None:
        """Say when it ended."""
        if self.stopped_epoch > 0 and self.verbose:
            say(f"Epoch {self.stopped_epoch + 1:05d}: early stopping")


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
      schedule: a function of the epoch, or of the epoch and the learning rate.
      verbose: 1 for a line an epoch.
    """

    def __init__(self, schedule: Any, verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the learning rate."""
        optimizer = self.model.optimizer
        try:
            rate = self.schedule(epoch, float(get_value(optimizer.lr)))
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.floating)):
            raise ValueError('The output of the "schedule" function should be float.')
        set_value(optimizer.lr, rate)
        if self.verbose:
            say(f"\nEpoch {epoch + 1:05d}: LearningRateScheduler reducing learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report the learning rate."""
        if logs is not None:
            logs["lr"] = float(get_value(self.model.optimizer.lr))


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate where a report has stopped to become better.

    Args:
      monitor: the report.
      factor: by what the learning rate is multiplied.
      patience: how many epochs without a change are borne.
      verbose: 1 for a line for each change.
      mode: "min", "max", or "auto" by the name of the report.
      min_delta: the least change that counts.
      cooldown: how many epochs after a change do not count.
      min_lr: the least learning rate.
      **kwargs: `epsilon`, the older name of `min_delta`.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0,
        mode: str = "auto", min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if factor >= 1.0:
            raise ValueError("ReduceLROnPlateau does not support a factor >= 1.0.")
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        better, self._worst = comparison(mode, monitor, "Learning Rate Plateau Reducing")
        self.min_delta = kwargs.get("epsilon", min_delta)
        delta = -self.min_delta if better is np.less else self.min_delta
        self.monitor_op = lambda value, best: better(value, best + delta)
        self.wait = self.cooldown_counter = 0
        self.best = self._worst

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self.wait = self.cooldown_counter = 0
        self.best = self._worst

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the report."""
        logs = logs if logs is not None else {}
        lr = self.model.optimizer.lr
        logs["lr"] = float(get_value(lr))
        current = logs.get(self.monitor)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.monitor_op(current, self.best):
            self.best = current
            self.wait = 0
            return
        if self.cooldown_counter > 0:
            return
        self.wait += 1
        old = float(get_value(lr))
        if self.wait >= self.patience and old > self.min_lr:
            rate = max(old * self.factor, self.min_lr)
            set_value(lr, rate)
            if self.verbose:
                say(f"\nEpoch {epoch + 1:05d}: ReduceLROnPlateau reducing learning rate to {rate}.")
            self.cooldown_counter = self.cooldown
            self.wait = 0

    def in_cooldown(self) -> bool:
        """Return whether the last change was so lately that epochs do not count."""
        return self.cooldown_counter > 0


class RemoteMonitor(Callback):
    """Posts what epochs report to a server; needs the package `requests`.

    Args:
      root: the address of the server.
      path: where to post, below it.
      field: the field of the form that holds the report.
      headers: further headers of HTTP.
      send_as_json: whether to post the report itself, not a form with it.
    """

    def __init__(
        self, root: str = "http://localhost:9000", path: str = "/publish/epoch/end/",
        field: str = "data", headers: Any = None, send_as_json: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Post the report.

        Raises:
          ImportError: the package is not there.
        """
        try:
            requests = importlib.import_module("requests")
        except ImportError as error:
            raise ImportError("RemoteMonitor requires the `requests` library.") from error
        report = {"epoch": epoch, **(logs or {})}
        try:
            if self.send_as_json:
                requests.post(self.root + self.path, json=report, headers=self.headers)
            else:
                form = {self.field: json.dumps(report, default=float)}
                requests.post(self.root + self.path, form, headers=self.headers)
        except requests.exceptions.RequestException:
            tf.logging.warning("Could not reach RemoteMonitor root server at %s", self.root)


class CSVLogger(Callback):
    """Writes what epochs report to a file of comma-separated values."""

    def __init__(self, filename: str, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = filename
        self.sep = separator
        self.append = append
        self._keys: list[str] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin the file."""
        has_header = self.append and os.path.exists(self.filename)
        self._has_header = has_header and os.path.getsize(self.filename) > 0
        if not self.append:
            with open(self.filename, "w", newline=""):
                pass
        self._keys = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write a row."""
        logs = logs or {}
        if self._keys is None:
            self._keys = sorted(logs)
        with open(self.filename, "a", newline="") as file:
            writer = csv.DictWriter(file, ["epoch", *self._keys], delimiter=self.sep)
            if not self._has_header:
                writer.writeheader()
                self._has_header = True
            writer.writerow({"epoch": epoch, **{key: logs.get(key, "NA") for key in self._keys}})


class LambdaCallback(Callback):
    """Calls functions that are given by name: `on_epoch_end=...` and so on."""

    def __init__(self, **functions: Any) -> None:
        super().__init__()
        for name, function in functions.items():
            if function is not None:
                setattr(self, name, function)
