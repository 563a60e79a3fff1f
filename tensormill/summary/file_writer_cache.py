"""`tf.summary.FileWriterCache`: one file writer for each folder."""

from __future__ import annotations

import os
import threading
from typing import Any, ClassVar

from tensormill.graph.graph import get_default_graph
from tensormill.summary.file_writer import FileWriter

__all__ = ["FileWriterCache"]


class FileWriterCache:
    """The file writers of the process, by folder."""

    _lock: ClassVar[threading.RLock] = threading.RLock()
    _cache: ClassVar[dict[str, FileWriter]] = {}  # guarded by _lock

    @staticmethod
    def clear() -> None:
        """Flush, and forget the writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache.clear()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """Return the writer of a folder; a new one writes the default graph first."""
        folder = os.fspath(logdir)
        with FileWriterCache._lock:
            writer = FileWriterCache._cache.get(folder)
            if writer is None:
                writer = FileWriter(folder, graph=get_default_graph())
                FileWriterCache._cache[folder] = writer
            return writer
