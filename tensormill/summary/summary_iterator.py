"""`tf.train.summary_iterator`: the events of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tensormill.formats.damage import DamagedFileError
from tensormill.formats.event_files import read_events
from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors

__all__ = ["summary_iterator"]


def summary_iterator(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Yield the Event messages of an event file.

    Raises:
      NotFoundError: there is no such file.
      DataLossError: it is damaged.
    """
    try:
        with tensorflow_errors(os.fspath(path)):
            yield from read_events(os.fspath(path))
    except DamagedFileError as error:
        raise errors.data_loss(str(error)) from error
