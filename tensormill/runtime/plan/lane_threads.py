"""The threads that lanes run on.

As many as are wanted at once, kept for the life of the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np
import torch

from tensormill.kernels.denormals import start_flushing

__all__ = ["LaneThread", "LaneThreads"]


class LaneThread:
    """One thread that runs a lane at a time and goes back to its owner."""

    def __init__(self, owner: LaneThreads, number: int) -> None:
        self._owner = owner
        self._calls: SimpleQueue[tuple[Callable[[], None], threading.Lock]] = SimpleQueue()
        self._thread = threading.Thread(
            target=self._serve, name=f"tensormill-process-lane-{number}", daemon=True
        )
        self._thread.start()

    def start(self, call: Callable[[], None], done: threading.Lock) -> None:
        """Run `call`, which raises nothing, on the thread; then release `done`.

        The thread is free again before `done` is released, so that the next run finds it.
        """
        self._calls.put((call, done))

    def _serve(self) -> None:
        torch.set_num_threads(1)
        np.seterr(all="ignore")
        start_flushing()
        while True:
            call, done = self._calls.get()
            call()
            del call
            self._owner.give_back(self)
            done.release()


class LaneThreads:
    """A bounded set of lane threads, shared by all programs of a process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._free: list[LaneThread] = []  # guarded by _lock
        self._made = 0  # guarded by _lock

    def reserve(self, count: int) -> list[LaneThread] | None:
        """Return `count` free threads, or None where there are not as many.

        Lanes must never wait for one.
        """
        if not count:
            return []
        with self._lock:
            while len(self._free) < count and self._made < self._limit:
                self._made += 1
                self._free.append(LaneThread(self, self._made))
            if len(self._free) < count:
                return None
            taken = self._free[-count:]
            del self._free[-count:]
            return taken

    def give_back(self, thread: LaneThread) -> None:
        """Take a thread back that has run its lane."""
        with self._lock:
            self._free.append(thread)
