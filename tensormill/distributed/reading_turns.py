"""Turns: which of the threads that serve a connection reads next.

A thread that has read a request answers it, and lets another one read meanwhile. Where the system
has epoll, that other thread is not woken for it: it sleeps until something comes. With a plain lock
every request would wake a second thread, which then waits for the interpreter.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from tensormill.runtime.brief_watch import BriefWatch

__all__ = ["ReadingTurns", "reading_turns"]


class ReadingTurns(Protocol):
    """The turns of one socket. Any thread may use them."""

    def take(self, before_sleep: Callable[[], None]) -> None:
        """Wait until the calling thread is the one that reads, and there is something.

        Args:
          before_sleep: called where that may take a while.
        """

    def try_take(self) -> bool:
        """Take the turn before there is something; return False where another thread reads."""

    def pass_on(self) -> None:
        """Let another thread read, as soon as there is something; only by who reads."""

    def close(self) -> None:
        """Let go; nobody may be waiting."""


def reading_turns(connected: socket.socket, *, watches: bool) -> ReadingTurns:
    """Return the turns of a socket.

    Args:
      connected: the socket.
      watches: who waits for its turn looks out for what comes for a moment.
    """
    return _EpollTurns(connected, watches) if hasattr(select, "epoll") else _LockTurns()


class _EpollTurns:
    """Turns that the system gives: it wakes one thread when bytes have come, or the end."""

    def __init__(self, connected: socket.socket, watches: bool) -> None:
        self._socket = connected
        self._events = select.EPOLLIN | select.EPOLLONESHOT
        self._arrivals = select.epoll()
        self._arrivals.register(connected, self._events)
        self._look = select.poll()
        self._look.register(connected, select.POLLIN)
        self._watch = BriefWatch() if watches else None
        self._lock = threading.Lock()
        self._is_taken = False  # guarded by _lock

    def take(self, before_sleep: Callable[[], None]) -> None:
        watch = self._watch
        if watch is not None and self._claim(watch):
            if watch.sees(self._look.poll):
                return
            self.pass_on()
        before_sleep()
        while True:
            if self._arrivals.poll() and self._claim_woken():
                return

    def try_take(self) -> bool:
        return self._claim(None)

    def _claim(self, watch: BriefWatch | None) -> bool:
        """Take the turn before anything has come; no other thread is woken for what comes."""
        with self._lock:
            if self._is_taken or not (watch is None or watch.is_due()):
                return False
            self._is_taken = True
            self._arrivals.modify(self._socket, select.EPOLLONESHOT)
            return True

    def _claim_woken(self) -> bool:
        """Take the turn, unless another thread was faster, which then sees what has come."""
        with self._lock:
            if self._is_taken:
                return False
            self._is_taken = True
            return True

    def pass_on(self) -> None:
        with self._lock:
            self._is_taken = False
            self._arrivals.modify(self._socket, self._events)

    def close(self) -> None:
        self._arrivals.close()


class _LockTurns:
    """Turns of threads that wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def take(self, before_sleep: Callable[[], None]) -> None:
        before_sleep()
        self._lock.acquire()

    def try_take(self) -> bool:
        return self._lock.acquire(blocking=False)

    def pass_on(self) -> None:
        self._lock.release()

    def close(self) -> None:
        pass
