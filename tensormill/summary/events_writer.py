"""`EventsWriter`: writes events to one file, which loggers of training programs open by hand.

Source: TensorFlow 1.15, core/util/events_writer.cc.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from tensorboard.compat.proto import event_pb2

from tensormill.io.record_io import TFRecordWriter
from tensormill.platform.strings import as_str_any

__all__ = ["EventsWriter"]


class EventsWriter:
    """Writes events to `PREFIX.out.tfevents.TIME.HOST`, which is opened when it is first needed.

    Args:
      file_prefix: what the path begins with.
    """

    def __init__(self, file_prefix: Any) -> None:
        self._prefix = as_str_any(file_prefix)
        self._path = ""
        self._writer: TFRecordWriter | None = None

    def _opened(self) -> TFRecordWriter:
        if self._writer is None:
            now_s = time.time()
            host = socket.gethostname()
            self._path = f"{self._prefix}.out.tfevents.{int(now_s):010d}.{host}"
            self._writer = TFRecordWriter(self._path)
            first = event_pb2.Event(wall_time=now_s, file_version="brain.Event:2")
            self._writer.write(first.SerializeToString())
        return self._writer

    def FileName(self) -> str:
        """Return the path of the file."""
        self._opened()
        return self._path

    def WriteEvent(self, event: Any) -> None:
        """Write an Event message."""
        self._opened().write(event.SerializeToString())

    def Flush(self) -> bool:
        """Bring what was written to the disk."""
        if self._writer is not None:
            self._writer.flush()
        return True

    def Close(self) -> bool:
        """Close the file; the next event begins another one."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        return True
