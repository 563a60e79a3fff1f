"""Outgoing memory: large results that only go to another task are made where that can read them.

Between processes of one host such a result is neither copied nor does it take new memory, which
costs three times as much as writing it: the block that it is made in is lent to the other side, and
used again when that and this one have let go of it. To whoever sends the result in another way it
is memory like any other.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import Any, Final

import numpy as np

from tensormill.runtime.shared_segment import HAS_SHARED_MEMORY, Segment

__all__ = ["MAX_BLOCKS", "OUTGOING", "ROOM_BYTES", "WORTH_BYTES", "OutgoingMemory"]

WORTH_BYTES: Final = 1 << 20
"""The size of a result from which on it pays."""
MAX_BLOCKS: Final = 64
"""How many blocks a process keeps at most."""
ROOM_BYTES: Final = 1 << 12
"""How much room there is before and behind a result, for what is sent along with it."""
_MAX_BYTES: Final = 256 << 20
_ROUNDING_BYTES: Final = 1 << 16
_FIRST_NUMBER: Final = 1 << 40
"""The segments that a connection has of its own have smaller numbers."""


class OutgoingMemory:
    """The blocks of one process. Any thread may use it."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        # A result may end within any call of this thread.
        self._lock = threading.RLock()
        self._numbers = itertools.count(_FIRST_NUMBER)
        self._blocks: dict[int, Segment] = {}  # by number; guarded by _lock
        self._by_address: dict[int, int] = {}  # where its result begins; guarded by _lock
        self._free: dict[int, Segment] = {}  # longest free first; guarded by _lock
        self._lent: set[int] = set()  # guarded by _lock

    def take(self, size_bytes: int) -> np.ndarray[Any, Any] | None:
        """Return bytes, not cleared, for a result; None where there is too little memory."""
        block = self._take(size_bytes)
        if block is None:
            return None
        part = block.content[ROOM_BYTES : ROOM_BYTES + size_bytes]
        # Everything that is made of the part holds on to it.
        weakref.finalize(part, self._give_back, block.number).atexit = False
        return part

    def _take(self, size_bytes: int) -> Segment | None:
        wanted = 2 * ROOM_BYTES + size_bytes
        wanted += -wanted % _ROUNDING_BYTES
        with self._lock:
            for number, block in list(self._free.items()):
                if wanted <= block.size_bytes <= 2 * wanted:
                    del self._free[number]
                    return block
            busy_bytes = sum(b.size_bytes for n, b in self._blocks.items() if n not in self._free)
            busy = len(self._blocks) - len(self._free)
            is_too_much = busy >= MAX_BLOCKS or busy_bytes + wanted > self._max_bytes
            if is_too_much or not HAS_SHARED_MEMORY:
                return None
            while not self._has_room_for(wanted):
                self._drop(next(iter(self._free)))
            try:
                made = Segment(next(self._numbers), wanted)
            except OSError:
                return None
            self._blocks[made.number] = made
            self._by_address[made.content.ctypes.data + ROOM_BYTES] = made.number
            return made

    def _has_room_for(self, size_bytes: int) -> bool:
        used_bytes = sum(block.size_bytes for block in self._blocks.values())
        return len(self._blocks) < MAX_BLOCKS and used_bytes + size_bytes <= self._max_bytes

    def _drop(self, number: int) -> None:
        block = self._blocks.pop(number)
        self._free.pop(number, None)
        self._lent.discard(number)
        del self._by_address[block.content.ctypes.data + ROOM_BYTES]
        block.close_file()

    def _give_back(self, number: int) -> None:
        with self._lock:
            block = self._blocks.get(number)
            if block is not None:
                self._free[number] = block

    def lend(self, address: int, size_bytes: int) -> Segment | None:
        """Return the block of a result, which is lent to one reader from now on.

        Args:
          address: where the result begins.
          size_bytes: its size.

        Returns:
          None where it is in no block, or lent already.
        """
        with self._lock:
            number = self._by_address.get(address)
            if number is None or number in self._lent:
                return None
            block = self._blocks[number]
            if size_bytes > block.size_bytes - 2 * ROOM_BYTES:
                return None
            self._lent.add(number)
            return block

    def end_loan(self, number: int) -> None:
        """Take note that the reader has no more use for a block."""
        with self._lock:
            self._lent.discard(number)

    def abandon(self, number: int) -> None:
        """Leave a block to its reader, who can no longer say when he has done with it."""
        with self._lock:
            if number in self._blocks:
                self._drop(number)

    def has(self, number: int) -> bool:
        """Return whether there still is a block of a number."""
        return number in self._blocks

    def clear(self) -> None:
        """Let go of the blocks that nobody uses."""
        with self._lock:
            for number in list(self._free):
                self._drop(number)


OUTGOING = OutgoingMemory()
"""The blocks of this process."""
