"""`tf.keras.callbacks`: what is called between the batches and epochs of training.

Source: TensorFlow 1.15, python/keras/callbacks.py.
"""

from __future__ import annotations

import csv
import os
import time
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.state import get_session
from tensormill.keras.backend.values import get_value, set_value
from tensormill.keras.callback_base import Callback, CallbackList
from tensormill.keras.progress import Progbar

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


def _say(text: str) -> None:
    """Print a line that `verbose` asks for."""
    print(text)  # noqa: T201


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
            _say(f"Batch {batch}: Invalid loss, terminating training")
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
            _say(f"Epoch {epoch + 1}/{self.params['epochs']}")
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
        _say(f"{count}/{count} - {time.time() - self._start:.0f}s{text}")

    def _values(self, logs: dict[str, Any]) -> list[tuple[str, Any]]:
        return [(name, logs[name]) for name in self.params["metrics"] if name in logs]


def _comparison(mode: str, monitor: str) -> tuple[Any, float]:
    """Return what tells a better value from a worse one, and the worst value of all."""
    if mode == "auto":
        mode = "max" if "acc" in monitor or monitor.startswith("fmeasure") else "min"
    return (np.greater, -np.inf) if mode == "max" else (np.less, np.inf)


class ModelCheckpoint(Callback):
    """Saves the model after epochs.

    Args:
      filepath: the path; `{epoch}` and what epochs report are filled in.
      monitor: the report that says which model is the best.
      verbose: 1 for a line for each file.
      save_best_only: whether to save where the report is better than before alone.
      save_weights_only: whether to save the weights alone.
      mode: "min", "max", or "auto" by the name of the report.
      save_freq: "epoch", or after how many elements.
      **kwargs: `period`, after how many epochs; `load_weights_on_restart`.
    """

    def __init__(
        self, filepath: str, monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: Any = "epoch", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.filepath = filepath
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.period = kwargs.get("period", 1)
        self.monitor_op, self.best = _comparison(mode, monitor)
        self._since = 0
        self._samples = 0
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note which epoch it is."""
        self._epoch = epoch

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save after a number of elements, where that is asked for."""
        if isinstance(self.save_freq, int):
            self._samples += (logs or {}).get("size", 1)
            if self._samples >= self.save_freq:
                self._save(self._epoch, logs or {})
                self._samples = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save after a number of epochs."""
        self._since += 1
        if self.save_freq == "epoch" and self._since >= self.period:
            self._since = 0
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: dict[str, Any]) -> None:
        path = self.filepath.format(epoch=epoch + 1, **logs)
        if self.save_best_only:
            current = logs.get(self.monitor)
            if current is None:
                tf.logging.warning(
                    "Can save best model only with %s available, skipping.", self.monitor
                )
                return
            if not self.monitor_op(current, self.best):
                if self.verbose:
                    _say(
                        f"\nEpoch {epoch + 1:05d}: {self.monitor} did not improve "
                        f"from {self.best:0.5f}"
                    )
                return
            if self.verbose:
                _say(
                    f"\nEpoch {epoch + 1:05d}: {self.monitor} improved from "
                    f"{self.best:0.5f} to {current:0.5f}, saving model to {path}"
                )
            self.best = current
        elif self.verbose:
            _say(f"\nEpoch {epoch + 1:05d}: saving model to {path}")
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)


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
        self.monitor_op, self._worst = _comparison(mode, monitor)
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
        current = (logs or {}).get(self.monitor)
        if current is None:
            tf.logging.warning(
                "Early stopping conditioned on metric `%s` which is not available. Available "
                "metrics are: %s", self.monitor, ",".join(logs or {}),
            )  # fmt: skip
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

    def on_train_end(self, logs: Any = None) -> None:
        """Say when it ended."""
        if self.stopped_epoch > 0 and self.verbose:
            _say(f"Epoch {self.stopped_epoch + 1:05d}: early stopping")


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
            _say(
                f"\nEpoch {epoch + 1:05d}: LearningRateScheduler reducing learning rate to {rate}."
            )

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
        better, self._worst = _comparison(mode, monitor)
        delta = kwargs.get("epsilon", min_delta)
        sign = -1 if better is np.less else 1
        self.monitor_op = lambda value, best: better(value, best + sign * delta)
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
                _say(
                    f"\nEpoch {epoch + 1:05d}: ReduceLROnPlateau reducing learning rate to {rate}."
                )
            self.cooldown_counter = self.cooldown
            self.wait = 0


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


class TensorBoard(Callback):
    """Writes what epochs report to event files.

    Args:
      log_dir: the folder.
      histogram_freq: after how many epochs to write histograms of the weights; 0 for never.
      batch_size: taken and ignored.
      write_graph: whether to write the graph.
      write_grads: taken and ignored.
      write_images: taken and ignored.
      **kwargs: further arguments of TensorFlow's, of no effect; `update_freq`: "epoch", or
        "batch" for reports of each batch.
    """

    def __init__(
        self, log_dir: str = "./logs", histogram_freq: int = 0, batch_size: int = 32,
        write_graph: bool = True, write_grads: bool = False, write_images: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.log_dir = log_dir
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.update_freq = kwargs.get("update_freq", "epoch")
        self._batches = 0
        self.writer: Any = None
        self._histograms: Any = None

    def set_model(self, model: Any) -> None:
        """Begin the event file."""
        super().set_model(model)
        graph = tf.get_default_graph() if self.write_graph else None
        self.writer = tf.summary.FileWriter(self.log_dir, graph)
        if self.histogram_freq:
            names = [weight.name.replace(":", "_") for weight in model.weights]
            made = [
                tf.summary.histogram(name, weight, collections=[])
                for name, weight in zip(names, model.weights, strict=True)
            ]
            self._histograms = tf.summary.merge(made, collections=[]) if made else None

    def _write(self, values: dict[str, Any], step: int) -> None:
        summary = tf.Summary()
        for name, value in values.items():
            if name not in ("batch", "size", "num_steps"):
                summary.value.add(tag=name, simple_value=float(value))
        self.writer.add_summary(summary, step)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write what a batch reports, where that is asked for."""
        self._batches += 1
        if self.update_freq == "batch":
            reports = {
                f"batch_{name}": value
                for name, value in (logs or {}).items()
                if name not in ("batch", "size")
            }
            self._write(reports, self._batches)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write what an epoch reports."""
        self._write({f"epoch_{name}": value for name, value in (logs or {}).items()}, epoch)
        if self._histograms is not None and epoch % self.histogram_freq == 0:
            self.writer.add_summary(get_session().run(self._histograms), epoch)
        self.writer.flush()

    def on_train_end(self, logs: Any = None) -> None:
        """End the event file."""
        self.writer.close()
