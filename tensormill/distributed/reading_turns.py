"""Turns: which of the threads that serve a connection reads next.

A thread that has read a request answers it, and lets another one read meanwhile. Where the system
has epoll, that other thread is not woken for it: it sleeps until something comes. With a plain lock
every request would wake a second thread, which then waits for the interpreter.
"""

from __future__ import annotations

import select
import socket
import threading
from typing import Protocol

__all__ = ["ReadingTurns", "reading_turns"]


class ReadingTurns(Protocol):
    """The turns of one socket. Any thread may use them."""

    def take(self) -> None:
        """Wait until the calling thread is the one that reads."""

    def pass_on(self) -> None:
        """Let another thread read, as soon as there is something; only by who reads."""

    def close(self) -> None:
        """Let go; nobody may be waiting."""


def reading_turns(connected: socket.socket) -> ReadingTurns:
    """Return the turns of a socket."""
    return _EpollTurns(connected) if hasattr(select, "epoll") else _LockTurns()


class _EpollTurns:
    """Turns that the system gives: it wakes one thread when bytes have come, or the end."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._events = select.EPOLLIN | select.EPOLLONESHOT
        self._arrivals = select.epoll()
        self._arrivals.register(connected, self._events)

    def take(self) -> None:
        while not self._arrivals.poll():
            pass

    def pass_on(self) -> None:
        self._arrivals.modify(self._socket, self._events)

    def close(self) -> None:
        self._arrivals.close()


class _LockTurns:
    """Turns of threads that wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def take(self) -> None:
        self._lock.acquire()

    def pass_on(self) -> None:
        self._lock.release()

    def close(self) -> None:
        pass
