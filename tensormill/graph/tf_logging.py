"""`tf.logging`: the log of a TensorFlow program, Python's logger "tensorflow"."""

from __future__ import annotations

import itertools
import logging
import sys
import threading
from typing import Any

__all__ = [
    "DEBUG",
    "ERROR",
    "FATAL",
    "INFO",
    "WARN",
    "TaskLevelStatusMessage",
    "debug",
    "error",
    "fatal",
    "flush",
    "get_logger",
    "get_verbosity",
    "info",
    "log",
    "log_every_n",
    "log_first_n",
    "log_if",
    "set_verbosity",
    "vlog",
    "warn",
    "warning",
]

DEBUG = logging.DEBUG
INFO = logging.INFO
WARN = logging.WARNING
ERROR = logging.ERROR
FATAL = logging.FATAL

_lock = threading.Lock()
_logger: logging.Logger | None = None  # guarded by _lock
_counts: dict[tuple[str, int], Any] = {}
# How many frames a caller is away from `Logger.log`, so that the record names the user's line.
_STACK_LEVEL = 2


class _StandardStream(logging.StreamHandler):
    """Writes to what `sys.stderr` or `sys.stdout` is at the moment."""

    def __init__(self, name: str) -> None:
        logging.Handler.__init__(self)
        self._stream_name = name
        self.setFormatter(logging.Formatter(logging.BASIC_FORMAT, None))

    @property
    def stream(self) -> Any:
        return getattr(sys, self._stream_name)


def get_logger() -> logging.Logger:
    """Return the logger; without handlers of the program's own it writes to standard error.

    In an interactive interpreter it writes to standard output, from INFO on.
    """
    global _logger
    with _lock:
        if _logger is None:
            _logger = logging.getLogger("tensorflow")
            if not logging.getLogger().handlers and not _logger.handlers:
                is_interactive = hasattr(sys, "ps1") or bool(sys.flags.interactive)
                if is_interactive:
                    _logger.setLevel(INFO)
                _logger.addHandler(_StandardStream("stdout" if is_interactive else "stderr"))
                _logger.propagate = False
        return _logger


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log a message at a level."""
    get_logger().log(level, msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log a message for whoever looks for a fault."""
    get_logger().debug(msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log what goes on."""
    get_logger().info(msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


def warning(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log what may be wrong."""
    get_logger().warning(msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


warn = warning


def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log what went wrong."""
    get_logger().error(msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log why the program cannot go on."""
    get_logger().critical(msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log a message at a level (`log`)."""
    get_logger().log(level, msg, *args, stacklevel=_STACK_LEVEL, **kwargs)


def _count_here() -> int:
    """Return how often the caller's caller was here before."""
    frame = sys._getframe(2)
    place = (frame.f_code.co_filename, frame.f_lineno)
    counter = _counts.setdefault(place, itertools.count())
    return int(next(counter))


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first of every `n` calls from a line of the program."""
    if _count_here() % n == 0:
        get_logger().log(level, msg, *args, stacklevel=_STACK_LEVEL)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first `n` calls from a line of the program."""
    if _count_here() < n:
        get_logger().log(level, msg, *args, stacklevel=_STACK_LEVEL)


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Log a message where `condition` is true."""
    if condition:
        get_logger().log(level, msg, *args, stacklevel=_STACK_LEVEL)


def TaskLevelStatusMessage(msg: Any) -> None:
    """Log the state of a task, as an error."""
    get_logger().error(msg, stacklevel=_STACK_LEVEL)


def get_verbosity() -> int:
    """Return the level from which on messages are logged."""
    return get_logger().getEffectiveLevel()


def set_verbosity(v: int) -> None:
    """Log messages from level `v` on."""
    get_logger().setLevel(v)


def flush() -> None:
    """Write out what handlers hold back."""
    for handler in get_logger().handlers:
        handler.flush()
