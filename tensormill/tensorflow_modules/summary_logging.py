"""`tensorflow.python.training.tensorboard_logging`: messages that also go into event files.

Source: TensorFlow 1.15, python/training/tensorboard_logging.py.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from tensorboard.compat.proto import event_pb2

from tensormill.graph import tf_logging

__all__ = [
    "DEBUG",
    "ERROR",
    "FATAL",
    "INFO",
    "WARN",
    "debug",
    "error",
    "fatal",
    "get_verbosity",
    "info",
    "log",
    "set_summary_writer",
    "set_verbosity",
    "warn",
]

DEBUG, INFO, WARN, ERROR, FATAL = "DEBUG", "INFO", "WARN", "ERROR", "FATAL"
_LEVELS = {
    DEBUG: (event_pb2.LogMessage.DEBUGGING, tf_logging.DEBUG),
    INFO: (event_pb2.LogMessage.INFO, tf_logging.INFO),
    WARN: (event_pb2.LogMessage.WARN, tf_logging.WARN),
    ERROR: (event_pb2.LogMessage.ERROR, tf_logging.ERROR),
    FATAL: (event_pb2.LogMessage.FATAL, tf_logging.FATAL),
}
_NOT_SET = object()


class _Destination:
    """Where messages go, and which."""

    verbosity = WARN
    writer: Any = _NOT_SET


def get_verbosity() -> str:
    """Return the lowest level that goes into event files."""
    return _Destination.verbosity


def set_verbosity(verbosity: str) -> None:
    """Set the lowest level that goes into event files.

    Raises:
      ValueError: there is no such level.
    """
    _check_level(verbosity)
    _Destination.verbosity = verbosity


def _check_level(level: str) -> None:
    if level not in _LEVELS:
        raise ValueError(f"Level {level} is not a valid tensorboard_logging level")


def set_summary_writer(summary_writer: Any) -> None:
    """Set the writer of the events; None for none, so that messages only go to the log."""
    _Destination.writer = summary_writer


def _clear_summary_writer() -> None:
    _Destination.writer = _NOT_SET


def log(level: str, message: str, *args: Any) -> None:
    """Log a message.

    Args:
      level: its level.
      message: its text, with places for `args` as in `%`.
      *args: what stands in those places.

    Raises:
      RuntimeError: no writer was set.
      ValueError: there is no such level.
    """
    writer = _Destination.writer
    if writer is _NOT_SET:
        raise RuntimeError(
            "Must call set_summary_writer before doing any logging from tensorboard_logging"
        )
    _check_level(level)
    number, log_level = _LEVELS[level]
    if writer and number >= _LEVELS[_Destination.verbosity][0]:
        text = message % args
        note = event_pb2.LogMessage(level=number, message=text)
        writer.add_event(event_pb2.Event(wall_time=time.time(), log_message=note))
    tf_logging.log(log_level, message, *args)


debug = partial(log, DEBUG)
info = partial(log, INFO)
warn = partial(log, WARN)
error = partial(log, ERROR)
fatal = partial(log, FATAL)
