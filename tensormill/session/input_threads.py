"""The threads that feed the queues of a session: what they failed of, and how they end.

A consumer sees that a queue is closed; here it is told why. And where the main thread has ended,
threads that only wait do not keep the process.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from tensormill.graph import errors

__all__ = ["InputThread", "InputThreads"]

_EXIT_GRACE_S = 10.0


class InputThreads:
    """What one session knows of the threads that feed its queues."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: tuple[str, str] | None = None  # guarded by _lock
        self._close_callbacks: list[Callable[[], None]] = []  # guarded by _lock
        self._is_closed = False  # guarded by _lock

    def call_on_close(self, callback: Callable[[], None]) -> None:
        """Call a function when the session is closed; at once where it is already."""
        with self._lock:
            if not self._is_closed:
                self._close_callbacks.append(callback)
                return
        callback()

    def close(self) -> None:
        """Take note that the session is closed."""
        with self._lock:
            self._is_closed = True
            callbacks, self._close_callbacks = self._close_callbacks, []
        for callback in callbacks:
            callback()

    def note_failure(self, thread_name: str, error: BaseException) -> None:
        """Take note that a thread ended with an error; the first one is told of."""
        text = f"{type(error).__name__}: {_first_line(error)}"
        if isinstance(error, errors.OpError):
            op_name = errors.record_of(error).op_name
            text += f" in operation '{op_name}'" if op_name else ""
        with self._lock:
            if self._failure is None:
                self._failure = (thread_name, text)

    def explain(self, error: errors.OpError) -> None:
        """Say in the error of a consumer what a thread failed of before, if one did."""
        failure = self._failure
        if failure is None:
            return
        record = errors.record_of(error)
        thread_name, text = failure
        reason = f"\n  before that, thread {thread_name} failed with {text}"
        if reason not in record.message:
            error.record = replace(record, message=record.message + reason)


def _first_line(error: BaseException) -> str:
    message = error.message if isinstance(error, errors.OpError) else str(error)
    return message.partition("\n")[0]


class InputThread(threading.Thread):
    """A thread that feeds a queue; it does not keep the process where it only waits.

    Python waits for threads at the end, but for daemons. So all of these are daemons; those that
    were not asked to be one are waited for as long as they do something (see `_end_all`).

    Attributes:
      is_kept: the process waits for it while it is busy.
      is_waiting: it waits for others, and does nothing by itself.
      stop: makes it end.
    """

    _changed = threading.Condition()
    _running: ClassVar[set[InputThread]] = set()  # guarded by _changed
    _is_ending = False

    def __init__(self, target: Callable[[InputThread], None], name: str, is_kept: bool) -> None:
        super().__init__(name=name, daemon=True)
        self._work = target
        self.is_kept = is_kept
        self.is_waiting = False
        self._cancel_wait: Callable[[str], object] | None = None
        self.stop: Callable[[], None] = lambda: None

    def run(self) -> None:
        """Do what the thread is for. Called by `start`."""
        with self._changed:
            self._running.add(self)
        try:
            self._work(self)
        finally:
            with self._changed:
                self._running.discard(self)
                self._changed.notify_all()

    def wait_begins(self, cancel: Callable[[str], object]) -> None:
        """Take note that the thread waits from now on, and what ends that."""
        self._cancel_wait = cancel
        self.is_waiting = True
        if InputThread._is_ending:
            with self._changed:
                self._changed.notify_all()

    def wait_ends(self) -> None:
        """Take note that the thread goes on."""
        self.is_waiting = False

    def cancel_wait(self, reason: str) -> None:
        """Cancel what the thread waits for now, if it waits."""
        cancel = self._cancel_wait
        if self.is_waiting and cancel is not None:
            cancel(reason)

    @classmethod
    def end_all(cls) -> None:
        """Wait for the threads that do something, then make all of them end."""
        cls._is_ending = True
        with cls._changed:
            cls._changed.wait_for(
                lambda: all(t.is_waiting or not t.is_kept for t in list(cls._running))
            )
            threads = list(cls._running)
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(_EXIT_GRACE_S)


atexit.register(InputThread.end_all)
