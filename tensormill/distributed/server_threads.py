"""The threads of a server: those that compute, and those that may wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tensormill.distributed.limits import ServerLimits

__all__ = ["ServerThreads"]

_log = logging.getLogger(__name__)


class ServerThreads:
    """Two pools, which grow as they are needed.

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
        self.computing = ThreadPoolExecutor(limits.threads, f"tensormill {name}")
        self.waiting = ThreadPoolExecutor(limits.sessions, f"tensormill {name} waiting")

    def compute(self, function: Callable[[], Any]) -> None:
        """Run a function on a thread that computes."""
        self._submit(self.computing, function)

    def wait(self, function: Callable[[], Any]) -> None:
        """Run a function that may wait."""
        self._submit(self.waiting, function)

    def close(self) -> None:
        """Wait for what runs, drop what has not begun, and end the threads."""
        self.waiting.shutdown(wait=True, cancel_futures=True)
        self.computing.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _submit(pool: ThreadPoolExecutor, function: Callable[[], Any]) -> None:
        def guarded() -> None:
            try:
                function()
            except Exception:  # noqa: BLE001 - the thread goes on
                _log.exception("a task of a server thread failed")

        try:
            pool.submit(guarded)
        except RuntimeError:  # closed
            _log.debug("something came after the server was closed")
