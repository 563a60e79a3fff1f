"""`tensorflow.python.util.lock_util`: a lock that threads of one group hold together.

Source: TensorFlow 1.15, python/util/lock_util.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["GroupLock"]


class GroupLock:
    """Any number of threads may hold it, as long as all are of one group."""

    def __init__(self, num_groups: int = 2) -> None:
        if num_groups < 1:
            raise ValueError(f"num_groups must be a positive integer, got {num_groups}")
        self._free = threading.Condition()
        self._holders = [0] * num_groups  # guarded by _free

    def acquire(self, group_id: int) -> None:
        """Wait until no other group holds the lock, and take it."""
        self._check(group_id)
        with self._free:
            while sum(self._holders) != self._holders[group_id]:
                self._free.wait()
            self._holders[group_id] += 1

    def release(self, group_id: int) -> None:
        """Give the lock up once."""
        self._check(group_id)
        with self._free:
            self._holders[group_id] -= 1
            if not self._holders[group_id]:
                self._free.notify_all()

    @contextmanager
    def group(self, group_id: int) -> Iterator[None]:
        """Hold the lock in the block."""
        self.acquire(group_id)
        try:
            yield
        finally:
            self.release(group_id)

    def _check(self, group_id: int) -> None:
        count = len(self._holders)
        if not 0 <= group_id < count:
            raise ValueError(f"group_id={group_id} out of range, num_groups={count}")
