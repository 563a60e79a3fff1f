"""The elements of a queue: in which order they leave, and blocks that stay blocks.

An element is a `Row`, a tuple of values. Elements that came together are a `Block`: values with the
elements along the first axis. What leaves a store is a list of such pieces; putting them together
is left to `runtime.resources.queue_values`, outside of any lock.

A store changes its size before what it holds, with nothing between the two at which Python would
handle a signal: an interrupt finds it in order.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

__all__ = ["Block", "ElementStore", "FifoStore", "Piece", "PriorityStore", "RandomStore", "Row"]

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


class ElementStore(Protocol):
    """What is in a queue."""

    @property
    def size(self) -> int:
        """The number of elements."""

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""

    def put(self, row: Row) -> None:
        """Add an element."""

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""

    def take(self) -> Piece:
        """Remove the next element: a row, or a block of one."""

    def take_many(self, count: int) -> list[Piece]:
        """Remove the next elements, which are there."""

    def put_back(self, pieces: list[Piece]) -> None:
        """Add what was taken for a dequeue that failed."""


class FifoStore:
    """First in, first out."""

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

    def take(self) -> Piece:
        """Remove the next element: a row, or a block of one."""
        head = self._pieces[0]
        if type(head) is Block and head.stop - head.start > 1:
            self.size -= 1
            return head.split(1)
        self.size -= 1
        return self._pieces.popleft()

    def take_many(self, count: int) -> list[Piece]:
        """Remove the next elements, which are there."""
        pieces: list[Piece] = []
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

    def put_back(self, pieces: list[Piece]) -> None:
        """Add what was taken for a dequeue that failed, where it was."""
        for piece in reversed(pieces):
            self.size += len(piece) if type(piece) is Block else 1
            self._pieces.appendleft(piece)


class RandomStore:
    """Any element may be the next, each with the same chance; some must stay while it is open.

    The element that leaves is replaced by the last one.
    """

    def __init__(self, min_after_dequeue: int, draw: Callable[[], int]) -> None:
        """Make an empty store.

        Args:
          min_after_dequeue: how many elements stay until the queue is closed.
          draw: gives random numbers of 32 bits.
        """
        self._min_after_dequeue = min_after_dequeue
        self._draw = draw
        self._rows: list[Row] = []

    @property
    def size(self) -> int:
        """The number of elements."""
        return len(self._rows)

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""
        return self.size if is_closed else max(0, self.size - self._min_after_dequeue)

    def put(self, row: Row) -> None:
        """Add an element."""
        self._rows.append(row)

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""
        self._rows.extend(block.rows())

    def take(self) -> Row:
        """Remove an element."""
        rows = self._rows
        index = self._draw() % len(rows)
        last = rows.pop()
        if index == len(rows):
            return last
        row, rows[index] = rows[index], last
        return row

    def take_many(self, count: int) -> list[Piece]:
        """Remove elements, which are there."""
        return [self.take() for _ in range(count)]

    def put_back(self, pieces: list[Piece]) -> None:
        """Add what was taken for a dequeue that failed."""
        for piece in reversed(pieces):
            assert type(piece) is tuple
            self._rows.append(piece)


class PriorityStore:
    """The smallest first component is the next; among equal ones the first that came."""

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

    def take(self) -> Row:
        """Remove the next element."""
        return heapq.heappop(self._heap)[2]

    def take_many(self, count: int) -> list[Piece]:
        """Remove the next elements, which are there."""
        return [self.take() for _ in range(count)]

    def put_back(self, pieces: list[Piece]) -> None:
        """Add what was taken for a dequeue that failed."""
        for piece in pieces:
            assert type(piece) is tuple
            self.put(piece)
