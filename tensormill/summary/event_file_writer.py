"""`EventFileWriter`: Event messages into a file of a folder, flushed every so often."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any

from tensormill.formats.event_files import EventFile
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.platform import gfile

__all__ = ["EventFileWriter"]


class EventFileWriter:
    """Writes events, from any thread; the file is made for the first of them.

    Args:
      logdir: the folder, made where it is missing.
      max_queue: not used: an event goes to the file's buffer at once.
      flush_secs: how often the buffer is handed to the operating system, at an event.
      filename_suffix: ends the name of the file, which is then made at once.
    """

    def __init__(
        self,
        logdir: Any,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str | None = None,
    ) -> None:
        self._logdir = os.fspath(logdir)
        gfile.MakeDirs(self._logdir)
        self._flush_s = flush_secs
        self._suffix = filename_suffix or ""
        self._lock = threading.Lock()
        self._file: EventFile | None = None  # guarded by _lock
        self._next_flush_s = 0.0  # guarded by _lock
        self._closed = False
        if self._suffix:
            with self._lock:
                self._opened()

    def get_logdir(self) -> str:
        """Return the folder."""
        return self._logdir

    def _opened(self) -> EventFile:
        if self._file is None:
            with tensorflow_errors():
                self._file = EventFile(self._logdir, self._suffix)
            # A file that the program forgets to close is closed with its writer.
            weakref.finalize(self, self._file.close)
        return self._file

    def add_event(self, event: Any) -> None:
        """Write an event; nothing where the writer is closed."""
        with self._lock:
            if self._closed:
                return
            file = self._opened()
            with tensorflow_errors(file.path):
                file.write(event)
                now_s = time.monotonic()
                if now_s > self._next_flush_s:
                    file.flush()
                    self._next_flush_s = now_s + self._flush_s

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        with self._lock:
            if self._file is not None:
                with tensorflow_errors(self._file.path):
                    self._file.flush()

    def close(self) -> None:
        """Write the rest and close the file."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                file, self._file = self._file, None
                with tensorflow_errors(file.path):
                    file.close()

    def reopen(self) -> None:
        """Let a closed writer write again, to a new file."""
        with self._lock:
            self._closed = False
            self._next_flush_s = 0.0
