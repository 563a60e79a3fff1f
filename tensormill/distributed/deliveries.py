"""Deliveries: which answers of a connection have reached who asked, where that matters.

What a step took out of queues has come out when `Session.run` returns it. A client that is killed
before must not take it along. So the answers of such steps are *confirmed*: the client writes the
number of the call into a page of memory that both processes share, which costs it no message and
holds to the last moment of its life. Between hosts, and for very large answers, it sends a frame.
When the connection ends, what was not confirmed goes back.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from tensormill.runtime.any_master import Delivery

__all__ = ["NO_RECEIPT", "SENT_RECEIPT", "Deliveries"]

NO_RECEIPT: Final = 0
"""In the head of an answer: it need not be confirmed."""
SENT_RECEIPT: Final = (1 << 16) - 1
"""In the head of an answer: it is to be confirmed by a frame. Others are places, plus one."""

_MAX_PLACED_BYTES = 1 << 20
"""What is confirmed in the page is kept until somebody looks; more than this is confirmed at once.
"""
_SMALL_BYTES = 1 << 16
"""If there is more than this, somebody looks before the next request."""
_FEW = 8
_MAX_OPEN = 1 << 14


class Deliveries:
    """The answers of one connection that are to be confirmed. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: memoryview | None = None  # guarded by _lock
        self._free: list[int] = []  # guarded by _lock
        self._open: dict[int, Delivery] = {}  # by call; guarded by _lock
        self._placed: dict[int, tuple[int, int]] = {}  # call to place and size; guarded by _lock
        self._placed_bytes = 0  # guarded by _lock
        self._look_at = _FEW  # so many in places; guarded by _lock
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

    def add(self, call: int, size_bytes: int, delivery: Delivery) -> int:
        """Take note of an answer that is about to be sent; return what its head says.

        Args:
          call: the number of the call.
          size_bytes: the size of the answer.
          delivery: told what becomes of it; not at all where that is not known.
        """
        if not self._takes_receipts:
            return NO_RECEIPT
        confirmed: Sequence[Delivery] = ()
        with self._lock:
            if len(self._placed) >= self._look_at:
                confirmed = self._take_confirmed()
            code = self._place(call, size_bytes, delivery)
        for each in confirmed:
            each.confirm()
        return code

    def _place(self, call: int, size_bytes: int, delivery: Delivery) -> int:
        if len(self._open) >= _MAX_OPEN:
            return NO_RECEIPT
        self._open[call] = delivery
        if not self._free or self._placed_bytes + size_bytes > _MAX_PLACED_BYTES:
            return SENT_RECEIPT
        place = self._free.pop()
        self._placed[call] = place, size_bytes
        self._placed_bytes += size_bytes
        return place + 1

    def look(self) -> None:
        """Look which answers were confirmed in the page, if they take much memory."""
        if self._placed_bytes <= _SMALL_BYTES:
            return
        with self._lock:
            confirmed = self._take_confirmed()
        for each in confirmed:
            each.confirm()

    def _take_confirmed(self) -> list[Delivery]:
        """Return what the client has confirmed in the page, once."""
        places, found = self._places, []
        if places is not None:
            for call in [c for c, (place, _) in self._placed.items() if places[place] == c]:
                self._leave_place(call)
                found.append(self._open.pop(call))
        self._look_at = 2 * len(self._placed) + _FEW
        return found

    def confirm(self, call: int) -> None:
        """Take note that an answer has come to who asked."""
        delivery = self._close(call)
        if delivery is not None:
            delivery.confirm()

    def refuse(self, call: int) -> None:
        """Take note that nobody gets an answer."""
        delivery = self._close(call)
        if delivery is not None:
            delivery.refuse()

    def _close(self, call: int) -> Delivery | None:
        with self._lock:
            if call in self._placed:
                self._leave_place(call)
            return self._open.pop(call, None)

    def _leave_place(self, call: int) -> None:
        place, size_bytes = self._placed.pop(call)
        self._free.append(place)
        self._placed_bytes -= size_bytes

    def end(self) -> None:
        """Take note that the client is gone: what it has not confirmed it does not get."""
        with self._lock:
            confirmed = self._take_confirmed()
            left = list(self._open.values())
            self._open.clear()
            self._placed.clear()
            self._placed_bytes = 0
            # Who still knows the connection shall not hold on to the page.
            self._places, self._free = None, []
        for delivery in confirmed:
            delivery.confirm()
        for delivery in reversed(left):
            delivery.forsake()
