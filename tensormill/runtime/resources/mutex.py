"""`Mutex`: a lock that steps hold, one at a time, in the order in which they asked.

Source: TensorFlow 1.15, core/kernels/mutex_ops.cc.
"""

from __future__ import annotations

import weakref
from typing import Any

from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.resources.attempts import NOT_YET, Attempts, Begin
from tensormill.runtime.resources.waiting import Done, Instruction, Waiting

__all__ = ["Mutex", "MutexLock"]


class MutexLock:
    """What a step holds. The mutex is free again when it is released, or nothing refers to it."""

    def __init__(self, mutex: Mutex) -> None:
        self._mutex = mutex
        # It may end within any call, one that holds the mutex's own lock among them.
        self._finalizer = weakref.finalize(self, DEADLINES.after, 0.0, mutex._free)
        self._finalizer.atexit = False

    def release(self) -> None:
        """Free the mutex. Idempotent."""
        if self._finalizer.detach() is not None:
            self._mutex._free()


class Mutex:
    """A mutex. Any thread."""

    def __init__(self) -> None:
        self._attempts = Attempts()
        self._is_held = False  # guarded by the lock of _waiting
        self._waiting = Waiting(self._handle)

    def lock(self, done: Done) -> None:
        """Call `done` with a `MutexLock` once nobody else has one."""

        def hand_out(made: Any) -> MutexLock:
            lock = MutexLock(self)
            # A step that fails does not get to the operation that releases the lock.
            done.step.cancellation.register(lambda reason: lock.release())
            return lock

        self._waiting.submit(done, lambda key: Begin(key, self._take, "MutexLock"), hand_out)

    def _take(self) -> Any:
        if self._is_held:
            return NOT_YET
        self._is_held = True
        return None

    def _handle(self, event: Any) -> list[Instruction]:
        if event is _FREED:
            self._is_held = False
            return self._attempts.go_on()
        return self._attempts.handle(event)

    def _free(self) -> None:
        self._waiting.tell(_FREED)


_FREED = object()
