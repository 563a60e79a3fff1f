"""The threads of a server: those that compute, and those that may wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tensormill.distributed.limits import ServerLimits

__all__ = ["ServerThreads"]

_log = logging.getLogger(__name__)


_here = threading.local()


def _mark_computing() -> None:
    _here.is_computing = True


class ServerThreads:
    """Two pools, which grow as they are needed; a `runtime.step.Dispatcher` of steps.

    Attributes:
      computing: runs kernels and answers requests; nothing waits there.
      waiting: opens sessions, registers graphs, waits for other tasks.
    """

    def __init__(self, name: str, limits: ServerLimits) -> None:
        """Start no thread yet.

        Args:
          name: part of the names of the threads.
          limits: how many there may be.
        """
        self.computing = ThreadPoolExecutor(limits.threads, f"tensormill {name}", _mark_computing)
        self.waiting = ThreadPoolExecutor(limits.sessions, f"tensormill {name} waiting")

    def submit(self, function: Callable[[], Any]) -> None:
        """Run a function on a thread that computes."""
        self._submit(self.computing, function)

    @staticmethod
    def mark_computing() -> None:
        """Say that the calling thread, which is none of these, computes as they do."""
        _mark_computing()

    def is_here(self) -> bool:
        """Return whether the calling thread is one that computes."""
        return getattr(_here, "is_computing", False)

    def read(self, function: Callable[[], Any]) -> None:
        """Run a function that takes an answer: on a thread that computes, once all are closed here.

        Whoever waits for the answer must get it in either case.
        """
        try:
            self.computing.submit(_guarded(function))
        except RuntimeError:  # closed
            _guarded(function)()

    @staticmethod
    def here(function: Callable[[], Any]) -> None:
        """Run a function that takes an answer on the calling thread, which goes on in any case."""
        _guarded(function)()

    def wait(self, function: Callable[[], Any]) -> None:
        """Run a function that may wait."""
        self._submit(self.waiting, function)

    def close(self) -> None:
        """Wait for what runs, drop what has not begun, and end the threads."""
        self.waiting.shutdown(wait=True, cancel_futures=True)
        self.computing.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _submit(pool: ThreadPoolExecutor, function: Callable[[], Any]) -> None:
        try:
            pool.submit(_guarded(function))
        except RuntimeError:  # closed
            _log.debug("something came after the server was closed")


def _guarded(function: Callable[[], Any]) -> Callable[[], None]:
    def guarded() -> None:
        try:
            function()
        except Exception:  # noqa: BLE001 - the thread goes on
            _log.exception("a task of a server thread failed")

    return guarded
