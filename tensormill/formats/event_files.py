"""Event files, which TensorBoard shows: records of Event messages.

Source: TensorFlow 1.15, core/util/events_writer.cc.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Iterator
from typing import Any, Final

from tensorboard.compat.proto.event_pb2 import Event

from tensormill.formats.record_files import RecordReader, RecordWriter

__all__ = ["EventFile", "read_events"]

_FILE_VERSION: Final = "brain.Event:2"


class EventFile:
    """A new event file in a folder.

    No other file is overwritten: where the name is taken, the time in it is a second later.

    Args:
      folder: the folder, which exists.
      suffix: ends the name.

    Attributes:
      path: of the file.
    """

    def __init__(self, folder: str, suffix: str = "") -> None:
        now_s = int(time.time())
        for later in itertools.count():
            name = f"events.out.tfevents.{now_s + later:010d}.{socket.gethostname()}{suffix}"
            self.path = os.path.join(folder, name)
            try:
                file = open(self.path, "xb")  # noqa: SIM115
            except FileExistsError:
                continue
            break
        self._writer = RecordWriter(file)
        self.write(Event(wall_time=now_s, file_version=_FILE_VERSION))
        self.flush()

    def write(self, event: Any) -> None:
        """Append an Event message."""
        self._writer.write(event.SerializeToString())

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def read_events(path: str) -> Iterator[Any]:
    """Yield the Event messages of a file.

    Raises:
      OSError: there is no such file.
      DamagedFileError: it is damaged.
    """
    with RecordReader(path) as records:
        for record in records:
            yield Event.FromString(record)
