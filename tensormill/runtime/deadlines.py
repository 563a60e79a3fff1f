"""Deadlines: what is called at a certain time unless it is called off, on one thread for all."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

__all__ = ["DEADLINES", "Deadlines"]

_FEW = 1000
"""So many calls that were called off may stay until they would have been due."""


class Deadlines:
    """Calls that are due at a time. The thread begins with the first and lives with the process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int]] = []  # guarded by _changed
        self._callbacks: dict[int, Callable[[], None]] = {}  # guarded by _changed
        self._numbers = itertools.count()
        self._has_thread = False  # guarded by _changed

    def __len__(self) -> int:
        return len(self._callbacks)

    def after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after some time; the callback does not wait, and raises nothing.

        Returns:
          What calls it off.
        """
        number = next(self._numbers)
        with self._changed:
            self._callbacks[number] = callback
            heapq.heappush(self._heap, (time.monotonic() + seconds, number))
            if self._heap[0][1] == number:
                self._changed.notify()
            if not self._has_thread:
                self._has_thread = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return lambda: self._call_off(number)

    def _call_off(self, number: int) -> None:
        with self._changed:
            self._callbacks.pop(number, None)
            if len(self._heap) > _FEW + 2 * len(self._callbacks):
                self._heap = [entry for entry in self._heap if entry[1] in self._callbacks]
                heapq.heapify(self._heap)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    left_s = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(None if left_s is None else max(0.0, left_s))
                _, number = heapq.heappop(self._heap)
                callback = self._callbacks.pop(number, None)
            if callback is not None:
                callback()
            del callback  # what it holds is not kept until the next deadline


DEADLINES = Deadlines("tensormill-process-deadlines")
"""The deadlines of calls in this process."""
