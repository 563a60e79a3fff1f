"""`tf.train.CheckpointManager`: keeps the latest checkpoints of an object, and deletes others.

Source: TensorFlow 1.15, python/training/checkpoint_management.py.
"""

from __future__ import annotations

import os
import time
from typing import Any

from tensormill.platform import gfile
from tensormill.train.checkpoints.checkpoint import Checkpoint
from tensormill.train.checkpoints.restore_status import session_or_default
from tensormill.train.checkpoints.state_file import (
    get_checkpoint_state,
    remove_checkpoint,
    update_checkpoint_state_internal,
)

__all__ = ["CheckpointManager"]

_HOUR_S = 3600.0


class CheckpointManager:
    """Saves a `Checkpoint` into a folder.

    A folder that has checkpoints already is gone on with.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
    ) -> None:
        """Look for checkpoints in the folder.

        Args:
          checkpoint: what is saved.
          directory: the folder.
          max_to_keep: how many checkpoints to keep; None keeps all.
          keep_checkpoint_every_n_hours: how often to keep one for good.
          checkpoint_name: the name of the files.

        Raises:
          ValueError: `max_to_keep` is not positive.
        """
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(
                f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}."
            )
        self._checkpoint = checkpoint
        self._max_to_keep = max_to_keep
        self._every_n_hours = keep_checkpoint_every_n_hours
        self._directory = os.fspath(directory)
        self._prefix = os.path.join(self._directory, checkpoint_name)
        # Path -> when it was written; those that may be deleted, oldest first.
        self._kept: dict[str, float] = {}
        self._last_preserved = time.time()
        self._recover()

    def _recover(self) -> None:
        state = get_checkpoint_state(self._directory)
        if state is None:
            return
        paths = list(state.all_model_checkpoint_paths)
        times = list(state.all_model_checkpoint_timestamps)
        if len(times) != len(paths):
            times = [self._last_preserved] * len(paths)
        if state.last_preserved_timestamp:
            self._last_preserved = state.last_preserved_timestamp
        self._kept = dict(zip(paths, times, strict=True))

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the last checkpoint, None where there is none."""
        return next(reversed(self._kept), None)

    @property
    def checkpoints(self) -> list[str]:
        """The paths of the checkpoints that are kept, oldest first."""
        return list(self._kept)

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    def save(self, checkpoint_number: Any = None, session: Any = None) -> str:
        """Write a checkpoint, and delete those that are too many.

        Args:
          checkpoint_number: the number that ends its path; by default how often was saved. A
            variable or a tensor is read.
          session: where the variables are, by default the default session.

        Returns:
          Its path.
        """
        session = session_or_default(session)
        number = self._checkpoint._next_number(session)
        if checkpoint_number is not None:
            is_number = isinstance(checkpoint_number, int)
            number = int(checkpoint_number if is_number else session.run(checkpoint_number))
        path = self._checkpoint.write(f"{self._prefix}-{number}", session)
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._record()  # before anything is deleted
        if self._sweep():
            self._record()
        return path

    def _record(self) -> None:
        latest = self.latest_checkpoint
        assert latest is not None
        update_checkpoint_state_internal(
            self._directory,
            latest,
            list(self._kept),
            all_model_checkpoint_timestamps=list(self._kept.values()),
            last_preserved_timestamp=self._last_preserved,
            save_relative_paths=True,
        )

    def _sweep(self) -> bool:
        """Delete the oldest checkpoints; return whether any are no longer counted."""
        before = len(self._kept)
        while self._max_to_keep is not None and len(self._kept) > self._max_to_keep:
            path, written = next(iter(self._kept.items()))
            del self._kept[path]
            hours = self._every_n_hours
            if hours is not None and written - hours * _HOUR_S >= self._last_preserved:
                self._last_preserved = written
            elif gfile.Exists(f"{path}.index"):
                remove_checkpoint(path)
        return len(self._kept) < before
