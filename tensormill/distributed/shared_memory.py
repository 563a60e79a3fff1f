"""Memory that two processes of one host share: a file without a name, gone when nobody holds it.

The system frees it with the last process that has it open or mapped, whatever these die of. Memory
that both have mapped already costs one copy; new memory costs ten times as much. So one end of a
connection keeps *segments* and writes them again when the other end has no more use for what was in
them.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import mmap
import os
import threading
from collections import deque
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tensormill.graph.tensor_wire_codec import Piece
from tensormill.runtime.shared_segment import SEALS, Segment

__all__ = [
    "MAX_SEGMENTS",
    "Releases",
    "SegmentPool",
    "make_numbers",
    "map_numbers",
    "map_segment",
    "map_shared",
    "shared_file",
]

_MAX_POOL_BYTES = 160 << 20
_ROUNDING_BYTES = 1 << 15
_LARGE_BYTES = 1 << 22
"""The owner of so large a segment misses it before long."""
MAX_SEGMENTS = 256
"""How many segments one end of a connection keeps at most."""
_MAX_PIECES = 512  # in one call; the system takes at most 1024


def shared_file(offset: int, pieces: Sequence[Piece]) -> int:
    """Return the descriptor of a file of memory that holds pieces, one after another.

    Args:
      offset: where the first one begins, in bytes.
      pieces: what is written.

    Raises:
      OSError: there is not enough memory.
    """
    file = os.memfd_create("tensormill", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        views = [memoryview(piece).cast("B") for piece in pieces if len(piece)]
        while views:
            written = os.pwritev(file, views[:_MAX_PIECES], offset)
            offset += written
            while written and written >= len(views[0]):
                written -= len(views.pop(0))
            if written:
                views[0] = views[0][written:]
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, SEALS)
    except BaseException:
        os.close(file)
        raise
    return file


def map_shared(file: int, offset: int, size: int) -> memoryview:
    """Return what a file of memory holds, mapped; it stays as long as the view does.

    Args:
      file: its descriptor, which may be closed afterwards.
      offset: where it begins.
      size: how many bytes.

    Raises:
      ValueError: the file is too small, or its owner could still cut it.
    """
    if fcntl.fcntl(file, fcntl.F_GET_SEALS) & SEALS != SEALS:
        raise ValueError("its size is not sealed")
    if os.fstat(file).st_size < offset + size:
        raise ValueError("it is too small")
    flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
    mapped = mmap.mmap(file, offset + size, flags, mmap.PROT_READ | mmap.PROT_WRITE)
    return memoryview(mapped)[offset : offset + size]


def map_segment(file: int) -> np.ndarray[Any, Any]:
    """Return the bytes of a segment of the other side, mapped; they stay as long as the array does.

    Raises:
      ValueError: it is empty, or its owner could still cut it.
    """
    size = os.fstat(file).st_size
    if not size:
        raise ValueError("it is empty")
    return np.frombuffer(map_shared(file, 0, size), np.uint8)


def make_numbers(count: int) -> tuple[int, memoryview]:
    """Return the descriptor of a file of memory, and the numbers of 64 bits in it, mapped.

    Raises:
      OSError: there is not enough memory.
    """
    file = shared_file(0, [bytes(8 * count)])
    try:
        return file, map_numbers(file)
    except BaseException:
        os.close(file)
        raise


def map_numbers(file: int) -> memoryview:
    """Return the numbers in a file that `make_numbers` of the other side made, mapped.

    Raises:
      ValueError: it is empty, or its owner could still cut it.
    """
    return map_segment(file).data.cast("Q")


class SegmentPool:
    """The segments that one end of a connection writes. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._all: dict[int, Segment] = {}  # guarded by _lock
        self._free: dict[int, Segment] = {}  # longest free first; guarded by _lock
        self._given_up: list[int] = []  # the other side is not told yet; guarded by _lock
        self._is_closed = False  # guarded by _lock

    def take(self, size_bytes: int) -> tuple[Segment, bool, list[int]] | None:
        """Return a segment with room, whether it is new, and the numbers of those given up for it.

        Returns None where there is too little memory, or too much in use.
        """
        with self._lock:
            for number, segment in self._free.items():
                if size_bytes <= segment.size_bytes <= 2 * size_bytes:
                    del self._free[number]
                    return segment, False, []
            wanted = size_bytes + -size_bytes % _ROUNDING_BYTES
            busy = [segment for n, segment in self._all.items() if n not in self._free]
            if self._is_closed or not _fits(busy, wanted):
                return None
            while not _fits(self._all.values(), wanted):
                number = next(iter(self._free))
                del self._free[number], self._all[number]
                self._given_up.append(number)
            try:
                made = Segment(next(self._numbers), wanted)
            except OSError:
                return None
            self._all[made.number] = made
            given_up, self._given_up = self._given_up, []
            return made, True, given_up

    def give_back(self, number: int) -> None:
        """Take note that nobody reads a segment any more."""
        with self._lock:
            segment = self._all.get(number)
            if segment is not None:
                self._free[number] = segment

    def close(self) -> None:
        """Let go of all segments. Idempotent."""
        with self._lock:
            self._is_closed = True
            self._all.clear()
            self._free.clear()


class Releases:
    """Segments of the other side that nobody here reads any more. Any thread.

    Attributes:
      numbers: those of which the other side is not told yet.
      has_large: whether it misses one of them before long.
    """

    def __init__(self) -> None:
        self.numbers: deque[int] = deque()
        self.has_large = False

    def note(self, number: int, size_bytes: int) -> None:
        """Take note of a segment; wherever the last reader of it ends, within any other call."""
        self.has_large = self.has_large or size_bytes >= _LARGE_BYTES
        self.numbers.append(number)

    def take(self) -> list[int]:
        """Return the numbers, once."""
        self.has_large = False
        taken: list[int] = []
        with contextlib.suppress(IndexError):  # where another thread is faster
            while self.numbers:
                taken.append(self.numbers.popleft())
        return taken


def _fits(segments: Collection[Segment], size_bytes: int) -> bool:
    """Return whether there may be another segment beside these."""
    used_bytes = sum(segment.size_bytes for segment in segments)
    return len(segments) < MAX_SEGMENTS and used_bytes + size_bytes <= _MAX_POOL_BYTES
