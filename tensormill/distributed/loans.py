"""`Loans`: the blocks of outgoing memory that the other side of one connection reads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensormill.graph.tensor_wire_codec import Piece
from tensormill.runtime.outgoing_memory import OUTGOING, ROOM_BYTES
from tensormill.runtime.shared_segment import Segment

__all__ = ["Loan", "Loans"]


@dataclass(frozen=True, slots=True)
class Loan:
    """A message that stands in a block.

    Attributes:
      block: the block.
      start: where the message begins in it.
      is_new: the other side does not know the block yet.
      given_up: the numbers of blocks that the other side knows and that are gone.
    """

    block: Segment
    start: int
    is_new: bool
    given_up: list[int]


class Loans:
    """What one end of a connection has lent. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[int] = set()  # blocks of which the other side was told; guarded by _lock
        self._lent: dict[int, Piece] = {}  # by block, what keeps it from new use; guarded by _lock
        self._is_closed = False  # guarded by _lock

    def lend(self, body: Sequence[Piece]) -> Loan | None:
        """Lend the block in which the largest piece of a message was made, with all of the message.

        Returns:
          None where it was not made in one.
        """
        at = max(range(len(body)), key=lambda index: len(body[index]))
        result = body[at]
        before = sum(map(len, body[:at]))
        behind = sum(map(len, body[at + 1 :]))
        if before > ROOM_BYTES or behind > ROOM_BYTES:
            return None
        block = OUTGOING.lend(np.frombuffer(result, np.uint8).ctypes.data, len(result))
        if block is None:
            return None
        number = block.number
        with self._lock:
            if self._is_closed:
                OUTGOING.end_loan(number)
                return None
            given_up = [known for known in self._known if not OUTGOING.has(known)]
            self._known.difference_update(given_up)
            is_new = number not in self._known
            self._known.add(number)
            self._lent[number] = result
        start = ROOM_BYTES - before
        block.write(start, body[:at])
        block.write(ROOM_BYTES + len(result), body[at + 1 :])
        return Loan(block, start, is_new, given_up)

    def give_back(self, number: int) -> bool:
        """Take note that the other side reads a block no more; return whether it was lent."""
        with self._lock:
            result = self._lent.pop(number, None)
        if result is None:
            return False
        OUTGOING.end_loan(number)
        return True

    def close(self) -> None:
        """Leave what is lent to the other side. Idempotent."""
        with self._lock:
            self._is_closed = True
            lent, self._lent = self._lent, {}
        for number in lent:
            OUTGOING.abandon(number)
