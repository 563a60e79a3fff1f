"""`BriefWatch`: waiting for the other side with open eyes, where its answer usually comes at once.

A core that has nothing to do sleeps, and takes as long to wake as a small step takes to run: 70 us
where the machine is a virtual one. So who waits for what usually comes at once looks for it a while
before it sleeps. It gives way to every thread that has something to do.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

__all__ = ["BriefWatch"]

WATCHES_S = 1e-3
"""How long a watch takes at most."""
_MAX_PAUSE = 64
_watching = threading.Lock()  # one thread of a process watches at a time
_give_way: Callable[[], None] = getattr(os, "sched_yield", lambda: None)


def _core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class BriefWatch:
    """Decides for those who wait for the same thing whether to watch. Any thread may ask.

    Each watch in vain, or that sees it late, doubles the number of waits without one, up to 64;
    each other one halves it.
    """

    __slots__ = ("_clock", "_is_worth_it", "_left", "_pause")

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, core_count: int | None = None
    ) -> None:
        """Watch at the first wait.

        Args:
          clock: the time in seconds.
          core_count: how many cores there are; this process's own where None. On one alone, the
            other side would wait for who watches.
        """
        self._clock = clock
        self._is_worth_it = (_core_count() if core_count is None else core_count) > 1
        self._pause = 1
        self._left = 0

    def is_due(self) -> bool:
        """Return whether the wait that begins now is one with a watch."""
        left = self._left
        if left > 0:  # a count that two threads take down at once is still sound
            self._left = left - 1
            return False
        return self._is_worth_it

    def sees(self, has_come: Callable[[int], Any]) -> bool:
        """Watch for a moment, if nobody else in this process does; return whether it has come.

        Args:
          has_come: looks, without waiting when it is given 0.
        """
        if not _watching.acquire(blocking=False):
            return False
        try:
            end_s = self._clock() + WATCHES_S
            found = self._watch(has_come, end_s)
        finally:
            _watching.release()
        # Late is what took its time because another process had the core: who sleeps gets it back.
        if found and self._clock() <= end_s:
            self._pause = max(1, self._pause // 2)
        else:
            self._pause = min(2 * self._pause, _MAX_PAUSE)
        self._left = self._pause - 1
        return found

    def _watch(self, has_come: Callable[[int], Any], end_s: float) -> bool:
        clock = self._clock
        while not has_come(0):
            if clock() > end_s:
                return False
            _give_way()
        return True
