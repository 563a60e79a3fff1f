"""The writers of summaries that a graph writes by itself: an event file behind a handle.

Source: TensorFlow 1.15, core/summary/summary_file_writer.cc.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any

from tensormill.formats.event_files import EventFile
from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors

__all__ = ["SummaryFile", "SummaryWriterHandle"]

_KIND = "summary writer"


class SummaryFile:
    """Appends events to a new event file of a folder. Any thread.

    Args:
      folder: made where it is missing.
      suffix: ends the name of the file.
      most_waiting: how many events may wait for the file to be flushed.
      flush_s: how long an event may wait, looked at when the next one comes.

    Raises:
      OpError: the folder or the file cannot be made.
    """

    def __init__(self, folder: str, suffix: str, most_waiting: int, flush_s: float) -> None:
        with tensorflow_errors(folder):
            os.makedirs(folder, exist_ok=True)
            self._file = EventFile(folder, suffix)
        # Whoever lets go of the last handle does not close it.
        weakref.finalize(self, self._file.close)
        self._most_waiting = most_waiting
        self._flush_s = flush_s
        self._lock = threading.Lock()
        self._waiting = 0  # guarded by _lock
        self._flushed_s = time.monotonic()  # guarded by _lock

    def write(self, event: Any) -> None:
        """Append an Event message."""
        with self._lock, tensorflow_errors(self._file.path):
            self._file.write(event)
            self._waiting += 1
            late = time.monotonic() - self._flushed_s > self._flush_s
            if late or self._waiting > self._most_waiting:
                self._flush()

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        with self._lock, tensorflow_errors(self._file.path):
            self._flush()

    def _flush(self) -> None:
        self._file.flush()
        self._waiting = 0
        self._flushed_s = time.monotonic()

    def close(self) -> None:
        """Write the rest and close the file."""
        with self._lock, tensorflow_errors(self._file.path):
            self._file.close()


class SummaryWriterHandle:
    """Names a writer in a container; the writer is there once somebody has created it."""

    def __init__(self, resources: Any, container: str, name: str) -> None:
        self._resources = resources
        self._container = container
        self._name = name

    def create(self, folder: str, suffix: str, most_waiting: int, flush_s: float) -> None:
        """Make the writer, unless it is there."""
        self._resources.lookup_or_create(
            _KIND,
            self._container,
            self._name,
            lambda: SummaryFile(folder, suffix, most_waiting, flush_s),
        )

    def writer(self) -> SummaryFile:
        """Return the writer.

        Raises:
          NotFoundError: nobody has created it, or it was closed.
        """
        found: SummaryFile | None = self._resources.lookup(_KIND, self._container, self._name)
        if found is None:
            raise self._missing()
        return found

    def close(self) -> None:
        """Close the writer and forget it.

        Raises:
          NotFoundError: it is not there.
        """
        found = self.writer()
        if not self._resources.delete(_KIND, self._container, self._name):
            raise self._missing()
        found.close()

    def _missing(self) -> errors.NotFoundError:
        return errors.not_found(
            f"Resource {self._container}/{self._name}/SummaryWriterInterface does not exist."
        )
