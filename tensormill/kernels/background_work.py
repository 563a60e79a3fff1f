"""Work that pipelines do ahead, on threads that all of them share.

A piece of work that no thread has begun is done by whoever waits for it; so work that waits for
other work never waits for a free thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

__all__ = ["Work"]

_MOST_THREADS = max(8, 4 * (os.cpu_count() or 1))


def _prepare_thread() -> None:
    torch.set_num_threads(1)
    np.seterr(all="ignore")


class _Pool:
    """The threads of this process, made when the first work is given to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None  # guarded by _lock

    def submit(self, call: Callable[[], object]) -> None:
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(
                    _MOST_THREADS, "tensormill-process-data", _prepare_thread
                )
            executor = self._executor
        executor.submit(call)


_pool = _Pool()


class Work:
    """One call that runs on a thread of the pool, or on the thread that waits for it."""

    __slots__ = ("_call", "_claim", "_done", "error", "result")

    def __init__(self, call: Callable[[], Any]) -> None:
        """Give a call to the pool."""
        self._call: Callable[[], Any] | None = call
        self._claim = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self.result: Any = None
        self.error: BaseException | None = None
        _pool.submit(self.begin)

    def begin(self) -> bool:
        """Run the call here unless somebody has begun it; return whether it was run."""
        if not self._claim.acquire(blocking=False):
            return False
        call, self._call = self._call, None
        assert call is not None
        try:
            self.result = call()
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            self.error = error
        finally:
            self._done.release()
        return True

    def wait(self) -> Any:
        """Return what the call returned, after running it here where nobody has begun it.

        Raises:
          BaseException: what the call raised.
        """
        if not self.begin():
            self._done.acquire()
            self._done.release()
        if self.error is not None:
            raise self.error
        return self.result

    def cancel(self) -> bool:
        """Let nobody begin the call; return whether that came in time."""
        if not self._claim.acquire(blocking=False):
            return False
        self._call = None
        self._done.release()
        return True
