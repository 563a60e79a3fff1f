"""Ctrl-C while a step is started: kept back where it would leave a waiting kernel half registered.

Python raises KeyboardInterrupt between any two instructions of the main thread. Within a deferral
it is raised only while a segment computes, or when the deferral ends. A second Ctrl-C gets through
at once.
"""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

__all__ = ["SIGNAL_CHECK_S", "DeferredInterrupts", "interruptible", "wait_interruptibly"]

SIGNAL_CHECK_S = 0.5
"""How often a main thread that waits looks up."""


class DeferredInterrupts:
    """A with-block in which Ctrl-C waits; it ends with the KeyboardInterrupt that came meanwhile.

    It does nothing outside the main thread, inside another one, and where the program has a handler
    of its own.
    """

    __slots__ = ("_is_active", "_is_pending", "is_open")

    current: DeferredInterrupts | None = None  # of the main thread

    def __init__(self) -> None:
        self._is_active = False
        self._is_pending = False
        self.is_open = False

    def __enter__(self) -> None:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._is_active = True
            DeferredInterrupts.current = self
            signal.signal(signal.SIGINT, self._handle)

    def __exit__(self, *error: object) -> None:
        if not self._is_active:
            return
        DeferredInterrupts.current = None
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._is_pending:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: Any) -> None:
        if self.is_open or self._is_pending:
            self._is_pending = False
            signal.default_int_handler(number, frame)
        self._is_pending = True


class interruptible:
    """A with-block within a deferral in which Ctrl-C is raised where it comes."""

    __slots__ = ("_deferral",)

    def __enter__(self) -> None:
        deferral = DeferredInterrupts.current
        if deferral is not None and threading.current_thread() is not threading.main_thread():
            deferral = None
        self._deferral = deferral
        if deferral is not None:
            deferral.is_open = True

    def __exit__(self, *error: object) -> None:
        if self._deferral is not None:
            self._deferral.is_open = False


def wait_interruptibly(event: threading.Event, timeout_s: float | None) -> bool:
    """Wait for an event such that Ctrl-C is never missed; return whether it was set in time.

    A signal that arrives after CPython's last look and before the lock blocks does not wake the
    main thread, so there the wait looks up now and then.
    """
    if threading.current_thread() is not threading.main_thread():
        return event.wait(timeout_s)
    deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        left_s = SIGNAL_CHECK_S
        if deadline_s is not None:
            left_s = min(left_s, deadline_s - time.monotonic())
        if event.wait(max(0.0, left_s)):
            return True
        if deadline_s is not None and time.monotonic() >= deadline_s:
            return False
