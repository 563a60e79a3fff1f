"""The elements of a queue: in which order they leave, and blocks that stay blocks.

An element is a `Row`, a tuple of values. Elements that came together are a `Block`: values with the
elements along the first axis. What leaves a store is a list of such pieces; putting them together
is left to `runtime.resources.queue_values`, outside of any lock.

A store changes its size before what it holds, with nothing between the two at which Python would
handle a signal: an interrupt finds it in order.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

__all__ = [
    "Block",
    "ElementStore",
    "Entry",
    "FifoStore",
    "Piece",
    "Pool",
    "PriorityStore",
    "RandomStore",
    "Row",
]

Row = tuple[Any, ...]
"""One element: the value of each component."""


class Block:
    """Elements `start` to `stop` of values that hold them along their first axis.

    Attributes:
      components: the value of each component.
      start: the first element.
      stop: behind the last element.
    """

    __slots__ = ("components", "start", "stop")

    def __init__(self, components: Row, start: int, stop: int) -> None:
        self.components = components
        self.start = start
        self.stop = stop

    def __len__(self) -> int:
        return self.stop - self.start

    def rows(self) -> Iterator[Row]:
        """Yield the elements."""
        for index in range(self.start, self.stop):
            yield tuple(component[index, ...] for component in self.components)

    def split(self, count: int) -> Block:
        """Return the first `count` elements, and keep the others."""
        first = Block(self.components, self.start, self.start + count)
        self.start += count
        return first


Piece = Row | Block

Entry = Row | Block | int
"""What a store holds: a piece, or the place of an element in its pool."""


class Pool(Protocol):
    """Where a store may keep elements, in places that have numbers."""

    def put_block(self, block: Block) -> list[int] | None:
        """Add the elements of a block; return their places, None where they do not fit in here."""

    def put(self, row: Row) -> int | None:
        """Add an element; return its place, None where it does not fit in here."""

    def take(self, places: Sequence[int]) -> Block:
        """Remove elements, and return them in the order of their places."""


class ElementStore(Protocol):
    """What is in a queue.

    Attributes:
      keeps_order: elements leave in the order in which they came.
      gives_whole: who wants many waits until all are there; elsewhere they leave as they come.
    """

    keeps_order: bool
    gives_whole: bool

    @property
    def size(self) -> int:
        """The number of elements."""

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""

    def put(self, row: Row) -> None:
        """Add an element."""

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""

    def held_apart(self, block: Block) -> Sequence[Entry]:
        """Return the elements of a block one by one, to be put into the store later."""

    def put_entry(self, entry: Entry) -> None:
        """Add an element that `held_apart` returned."""

    def take(self) -> Piece:
        """Remove the next element: a row, or a block of one."""

    def take_many(self, count: int) -> Sequence[Entry]:
        """Remove the next elements, which are there; they become pieces later."""

    def pieces(self, entries: Sequence[Entry]) -> list[Piece]:
        """Return what `take_many` removed as pieces; to be called once for each entry."""

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Add what was taken for a dequeue that failed."""


class FifoStore:
    """First in, first out."""

    keeps_order = True
    gives_whole = False

    def __init__(self) -> None:
        self.size = 0
        self._pieces: deque[Piece] = deque()

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""
        return self.size

    def put(self, row: Row) -> None:
        """Add an element."""
        self.size += 1
        self._pieces.append(row)

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""
        self.size += block.stop - block.start
        self._pieces.append(block)

    def held_apart(self, block: Block) -> Sequence[Entry]:
        """Return the elements of a block one by one."""
        return [block.split(1) for _ in range(len(block))]

    def put_entry(self, entry: Entry) -> None:
        """Add an element that was held apart."""
        assert isinstance(entry, Block)
        self.put_block(entry)

    def take(self) -> Piece:
        """Remove the next element: a row, or a block of one."""
        head = self._pieces[0]
        if type(head) is Block and head.stop - head.start > 1:
            self.size -= 1
            return head.split(1)
        self.size -= 1
        return self._pieces.popleft()

    def take_many(self, count: int) -> list[Entry]:
        """Remove the next elements, which are there."""
        pieces: list[Entry] = []
        while count:
            head = self._pieces[0]
            length = head.stop - head.start if type(head) is Block else 1
            if length > count:
                assert type(head) is Block
                self.size -= count
                pieces.append(head.split(count))
                break
            self.size -= length
            pieces.append(self._pieces.popleft())
            count -= length
        return pieces

    def pieces(self, entries: Sequence[Entry]) -> list[Piece]:
        """Return what was taken as pieces."""
        return list(entries)  # type: ignore[arg-type]

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Add what was taken for a dequeue that failed, where it was."""
        for piece in reversed(self.pieces(entries)):
            self.size += len(piece) if type(piece) is Block else 1
            self._pieces.appendleft(piece)


class RandomStore:
    """Any element may be the next, each with the same chance; some must stay while it is open.

    The element that leaves is replaced by the last one.
    """

    keeps_order = False
    gives_whole = False

    def __init__(
        self, min_after_dequeue: int, draw: Callable[[int], list[int]], pool: Pool | None = None
    ) -> None:
        """Make an empty store.

        Args:
          min_after_dequeue: how many elements stay until the queue is closed.
          draw: gives so many random numbers of 32 bits, the last of them first.
          pool: holds the elements that come in blocks.
        """
        self._min_after_dequeue = min_after_dequeue
        self._draw = draw
        self._pool = pool
        self._entries: list[Entry] = []

    @property
    def size(self) -> int:
        """The number of elements."""
        return len(self._entries)

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""
        return self.size if is_closed else max(0, self.size - self._min_after_dequeue)

    def put(self, row: Row) -> None:
        """Add an element."""
        place = None if self._pool is None else self._pool.put(row)
        self._entries.append(row if place is None else place)

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""
        self._entries.extend(self.held_apart(block))

    def held_apart(self, block: Block) -> Sequence[Entry]:
        """Return the elements of a block one by one."""
        places = None if self._pool is None else self._pool.put_block(block)
        return list(block.rows()) if places is None else places

    def put_entry(self, entry: Entry) -> None:
        """Add an element that was held apart."""
        self._entries.append(entry)

    def take(self) -> Piece:
        """Remove an element: a row, or a block of one."""
        return self.pieces(self.take_many(1))[0]

    def take_many(self, count: int) -> Sequence[Entry]:
        """Remove elements, which are there."""
        entries = self._entries
        taken = []
        size = len(entries)
        for word in reversed(self._draw(count)):
            index = word % size
            size -= 1
            last = entries.pop()
            if index == size:
                taken.append(last)
            else:
                taken.append(entries[index])
                entries[index] = last
        return taken

    def pieces(self, entries: Sequence[Entry]) -> list[Piece]:
        """Return what was taken as pieces: those from the pool that follow each other as one."""
        if self._pool is not None and set(map(type, entries)) == {int}:
            return [self._pool.take(entries)]  # type: ignore[arg-type]
        made: list[Piece] = []
        for is_place, group in itertools.groupby(entries, _is_place):
            if is_place:
                assert self._pool is not None
                made.append(self._pool.take(list(group)))  # type: ignore[arg-type]
            else:
                made += group  # type: ignore[arg-type]
        return made

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Add what was taken for a dequeue that failed."""
        self._entries += reversed(entries)


def _is_place(entry: Entry) -> bool:
    return type(entry) is int


class PriorityStore:
    """The smallest first component is the next; among equal ones the first that came."""

    keeps_order = False
    gives_whole = True  # so that a batch is in order

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Row]] = []
        self._count = 0

    @property
    def size(self) -> int:
        """The number of elements."""
        return len(self._heap)

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""
        return self.size

    def put(self, row: Row) -> None:
        """Add an element."""
        self._count += 1
        heapq.heappush(self._heap, (int(row[0]), self._count, row))

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""
        for row in block.rows():
            self.put(row)

    def held_apart(self, block: Block) -> Sequence[Entry]:
        """Return the elements of a block one by one."""
        return list(block.rows())

    def put_entry(self, entry: Entry) -> None:
        """Add an element that was held apart."""
        assert type(entry) is tuple
        self.put(entry)

    def take(self) -> Row:
        """Remove the next element."""
        return heapq.heappop(self._heap)[2]

    def take_many(self, count: int) -> Sequence[Entry]:
        """Remove the next elements, which are there."""
        return [self.take() for _ in range(count)]

    def pieces(self, entries: Sequence[Entry]) -> list[Piece]:
        """Return what was taken as pieces."""
        return list(entries)  # type: ignore[arg-type]

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Add what was taken for a dequeue that failed."""
        for entry in entries:
            self.put_entry(entry)
