"""The loops over epochs and batches behind `fit`, `evaluate` and `predict`.

Source: TensorFlow 1.15, python/keras/engine/training_arrays.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.callbacks import CallbackList, History, reporting_callbacks
from tensormill.keras.engine.data_checks import should_run_validation
from tensormill.keras.progress import Progbar

__all__ = ["evaluate", "fit", "predict"]


class _Averages:
    """The means of what batches report: of losses; of metrics, the last ones.

    Args:
      loss_count: how many of the reports are losses, the total first.
      by_size: whether the total is weighted by the sizes of batches: for data of a known number
        of elements.
    """

    def __init__(self, loss_count: int, by_size: bool) -> None:
        self._loss_count = loss_count
        self._by_size = by_size
        self._total: Any = 0.0
        self._samples = 0
        self._last: list[Any] = []

    def add(self, size: int, reports: list[Any]) -> None:
        """Add what a batch reports."""
        weight = size if self._by_size else 1
        self._total = self._total + np.asarray(reports[: self._loss_count], np.float64) * weight
        self._samples += weight
        self._last = reports[self._loss_count :]

    def values(self) -> list[float]:
        """Return the means."""
        if not self._samples:
            return []
        means = np.atleast_1d(self._total) / self._samples
        return [float(each) for each in means] + [float(each) for each in self._last]


def _loss_count(model: Any) -> int:
    return 1 + len(model._output_losses)


def fit(
    model: Any,
    batches: Any,
    validation: Any,
    *,
    epochs: int,
    initial_epoch: int,
    verbose: int,
    callbacks: Any,
    shuffle: Any,
    steps: int | None,
    validation_freq: Any,
) -> History:
    """Train a compiled model and return what it reported."""
    names = model.metrics_names
    history = History()
    called = CallbackList(
        reporting_callbacks(history, callbacks, verbose, by_steps=batches.samples is None)
    )
    called.set_model(model)
    called.set_params(
        {
            "batch_size": batches.batch_size,
            "epochs": epochs,
            "steps": steps if batches.samples is None else None,
            "samples": batches.samples,
            "verbose": verbose,
            "do_validation": validation is not None,
            "metrics": names + [f"val_{name}" for name in names] * (validation is not None),
        }
    )
    model.history = history
    model.stop_training = False
    heading = _heading(batches, validation)
    if verbose == 1 and heading is not None:
        print(heading)  # noqa: T201 - the report that `verbose` asks for
    called.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        if model.stop_training:
            break
        model.reset_metrics()
        called.on_epoch_begin(epoch)
        logs = _train_epoch(model, batches, shuffle, called, names)
        if _interrupted(batches, epochs):
            model.stop_training = True
        if validation is not None and should_run_validation(validation_freq, epoch):
            results = _run_test(model, validation, None, called)
            logs.update({f"val_{name}": value for name, value in zip(names, results, strict=True)})
        called.on_epoch_end(epoch, logs)
    called.on_train_end()
    return history


def _heading(batches: Any, validation: Any) -> str | None:
    """Return the line that says what `fit` trains on, None where that is not known."""
    parts = [("Train on ", batches), (", validate on ", validation)]
    text = ""
    for start, each in parts:
        count = None if each is None else each.samples or each.steps
        if count is None:
            break
        text += f"{start}{count} {'steps' if each.samples is None else 'samples'}"
    return text or None


def _interrupted(batches: Any, epochs: int) -> bool:
    """Return whether a data set had not as many batches as it was to have, and say so."""
    if not getattr(batches, "ran_out", False):
        return False
    tf.logging.warning(
        "Your dataset ran out of data; interrupting training. Make sure that your dataset can "
        "generate at least `steps_per_epoch * epochs` batches (in this case, %s batches). You may "
        "need to use the repeat() function when building your dataset.",
        (batches.steps or 0) * epochs,
    )
    return True


def _train_epoch(
    model: Any, batches: Any, shuffle: Any, called: CallbackList, names: list[str]
) -> dict[str, Any]:
    averages = _Averages(_loss_count(model), batches.samples is not None)
    for index, (size, arrays) in enumerate(batches.epoch(shuffle)):
        logs: dict[str, Any] = {"batch": index, "size": size}
        called.on_train_batch_begin(index, logs)
        reports = model.run_batch("train", arrays)
        averages.add(size, reports)
        logs.update(zip(names, reports, strict=True))
        called.on_train_batch_end(index, logs)
        if model.stop_training:
            break
    return dict(zip(names, averages.values(), strict=False))


def _run_test(model: Any, batches: Any, bar: Any, called: CallbackList) -> list[float]:
    model.reset_metrics()
    averages = _Averages(_loss_count(model), batches.samples is not None)
    called.on_test_begin()
    done = 0
    for index, (size, arrays) in enumerate(batches.epoch()):
        logs = {"batch": index, "size": size}
        called.on_test_batch_begin(index, logs)
        averages.add(size, model.run_batch("test", arrays))
        called.on_test_batch_end(index, logs)
        done += size if batches.samples is not None else 1
        if bar is not None:
            bar.update(done)
    called.on_test_end()
    return averages.values()


def _started(model: Any, callbacks: Any) -> CallbackList:
    called = CallbackList(list(callbacks or []))
    called.set_model(model)
    return called


def evaluate(
    model: Any, batches: Any, steps: int | None, verbose: int, callbacks: Any
) -> list[float]:
    """Return the loss and the metrics of a compiled model for all batches."""
    target = batches.samples if batches.samples is not None else steps
    bar = Progbar(target) if verbose == 1 else None
    return _run_test(model, batches, bar, _started(model, callbacks))


def predict(model: Any, batches: Any, steps: int | None, verbose: int, callbacks: Any) -> list[Any]:
    """Return the outputs of a model for all batches."""
    bar = Progbar(batches.samples or steps) if verbose == 1 else None
    called = _started(model, callbacks)
    called.on_predict_begin()
    parts: list[list[Any]] = []
    done = 0
    for index, (size, arrays) in enumerate(batches.epoch()):
        logs = {"batch": index, "size": size}
        called.on_predict_batch_begin(index, logs)
        parts.append(model.run_batch("predict", arrays))
        called.on_predict_batch_end(index, logs)
        done += size if batches.samples is not None else 1
        if bar is not None:
            bar.update(done)
    called.on_predict_end()
    return [np.concatenate(each) for each in zip(*parts, strict=True)]
