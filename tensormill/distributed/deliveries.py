"""Deliveries: which answers of a connection have reached who asked, where that matters.

What a step took out of queues has come out when `Session.run` returns it. A client that is killed
before must not take it along. So the answers of such steps are *confirmed*: the client writes the
number of the call into a page of memory that both processes share, which costs it no message and
holds to the last moment of its life. Between hosts, and for large answers, it sends a frame.
When the connection ends, what was not confirmed goes back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

__all__ = ["NO_RECEIPT", "SENT_RECEIPT", "Deliveries"]

NO_RECEIPT: Final = 0
"""In the head of an answer: it need not be confirmed."""
SENT_RECEIPT: Final = (1 << 16) - 1
"""In the head of an answer: it is to be confirmed by a frame. Others are places, plus one."""

_LARGE_BYTES = 1 << 16
"""What is confirmed in the page is kept until the next answer; more than this is not."""
_MAX_OPEN = 4096


class Deliveries:
    """The answers of one connection that are to be confirmed. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: memoryview | None = None  # guarded by _lock
        self._free: list[int] = []  # guarded by _lock
        self._open: dict[int, tuple[int, Callable[[], None]]] = {}  # guarded by _lock
        self._takes_receipts = False

    def begin(self, places: memoryview | None) -> None:
        """Take note that the client confirms answers.

        Args:
          places: where it writes the numbers of calls; None where it cannot.
        """
        with self._lock:
            self._takes_receipts = True
            self._places = places
            self._free = [] if places is None else list(range(min(len(places), SENT_RECEIPT - 1)))

    def add(self, call: int, size_bytes: int, undelivered: Callable[[], None]) -> int:
        """Take note of an answer that is about to be sent; return what its head says.

        Args:
          call: the number of the call.
          size_bytes: the size of the answer.
          undelivered: called where the client does not get it; not at all where it is not known.
        """
        if not self._takes_receipts:
            return NO_RECEIPT
        with self._lock:
            self._forget_confirmed()
            if len(self._open) >= _MAX_OPEN:
                return NO_RECEIPT
            place = self._free.pop() if self._free and size_bytes <= _LARGE_BYTES else -1
            self._open[call] = place, undelivered
            return SENT_RECEIPT if place < 0 else place + 1

    def _forget_confirmed(self) -> None:
        places = self._places
        if places is None or not self._open:
            return
        for call in [
            c for c, (place, _) in self._open.items() if place >= 0 and places[place] == c
        ]:
            self._free.append(self._open.pop(call)[0])

    def confirm(self, call: int) -> None:
        """Take note that an answer has come to who asked."""
        self._close(call)

    def refuse(self, call: int) -> None:
        """Take note that nobody gets an answer."""
        undelivered = self._close(call)
        if undelivered is not None:
            undelivered()

    def _close(self, call: int) -> Callable[[], None] | None:
        with self._lock:
            place, undelivered = self._open.pop(call, (-1, None))
            if place >= 0:
                self._free.append(place)
            return undelivered

    def end(self) -> None:
        """Take note that the client is gone: what it has not confirmed it does not get."""
        with self._lock:
            self._forget_confirmed()
            left = [undelivered for _, undelivered in self._open.values()]
            self._open.clear()
        for undelivered in reversed(left):
            undelivered()
