"""`ModelCheckpoint`: writes a model to files while it is trained.

Source: TensorFlow 1.15, python/keras/callbacks.py.
"""

from __future__ import annotations

import glob
import os
import re
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.callback_base import Callback, say

__all__ = ["ModelCheckpoint", "comparison"]

# A place that is filled in, as `{epoch:02d}`.
_PLACE = re.compile(r"{.*?}")


def comparison(mode: str, monitor: str, who: str) -> tuple[Any, float]:
    """Return what tells a better value from a worse one, and the worst value of all.

    Args:
      mode: "min", "max", or "auto" by the name of the report.
      monitor: the name of the report.
      who: the callback, for the log where there is no such mode.
    """
    if mode not in ("auto", "min", "max"):
        tf.logging.warning("%s mode %s is unknown, fallback to auto mode.", who, mode)
        mode = "auto"
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
      **kwargs: `period`, after how many epochs; `load_weights_on_restart`, whether training
        begins with the weights of the newest file that is there.

    Raises:
      ValueError: `save_freq` is neither a number nor "epoch".
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
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"Unrecognized save_freq: {save_freq}")
        self.period = kwargs.get("period", 1)
        self.load_weights_on_restart = bool(kwargs.get("load_weights_on_restart", False))
        self.monitor_op, self.best = comparison(mode, monitor, "ModelCheckpoint")
        self._since = 0
        self._samples = 0
        self._epoch = 0

    def set_model(self, model: Any) -> None:
        """Take the model; of one of a program's own class the weights alone are saved."""
        super().set_model(model)
        is_own = not getattr(model, "_is_graph_network", True)
        if is_own and type(model).__name__ != "Sequential":
            self.save_weights_only = True

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin with the weights of the newest file, where that is asked for.

        Raises:
          ValueError: the file cannot be read.
        """
        path = self._newest() if self.load_weights_on_restart else None
        if path is None:
            return
        try:
            self.model.load_weights(path)
        except (OSError, ValueError) as error:
            raise ValueError(f"Error loading file from {path}. Reason: {error}") from error

    def _newest(self) -> str | None:
        """Return the path of the newest file or checkpoint, None where there is none."""
        found: dict[str, float] = {}
        pattern = "*".join(map(glob.escape, _PLACE.split(self.filepath)))
        for path in [*glob.glob(pattern), *glob.glob(f"{pattern}.index")]:
            whole = path.removesuffix(".index")
            found[whole] = max(os.path.getmtime(path), found.get(whole, 0.0))
        return max(found, key=lambda path: found[path]) if found else None

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
                    say(
                        f"\nEpoch {epoch + 1:05d}: {self.monitor} did not improve "
                        f"from {self.best:0.5f}"
                    )
                return
            if self.verbose:
                say(
                    f"\nEpoch {epoch + 1:05d}: {self.monitor} improved from "
                    f"{self.best:0.5f} to {current:0.5f}, saving model to {path}"
                )
            self.best = current
        elif self.verbose:
            say(f"\nEpoch {epoch + 1:05d}: saving model to {path}")
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
