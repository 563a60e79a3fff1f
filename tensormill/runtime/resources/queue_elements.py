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
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

__all__ = [
    "Block",
    "ElementStore",
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


class Pool(Protocol):
    """Where a store may keep copies of elements, which are numbered from 0 on.

    Attributes:
      size: how many elements there are.
    """

    size: int

    def put_block(self, block: Block) -> bool:
        """Add the elements of a block, unless they do not fit in here."""

    def put(self, row: Row) -> bool:
        """Add an element, unless it does not fit in here."""

    def take(self, numbers: Sequence[int], moved: Mapping[int, int]) -> Block:
        """Remove elements, and return them in the order of their numbers.

        Args:
          numbers: which.
          moved: new numbers of elements that stay, each with the one that it had.
        """

    def take_one(self, number: int) -> Row:
        """Remove an element and return it; the last one has its number then."""

    def exchange(self, number: int, row: Row) -> Row | None:
        """Remove an element and return it, and give its number to a copy of another one.

        Returns:
          The element; None, with nothing changed, where the other one does not fit in here.
        """


class ElementStore(Protocol):
    """What is in a queue.

    Attributes:
      keeps_order: elements leave in the order in which they came.
      gives_whole: who wants many waits until all are there; elsewhere they leave as they come.
      copies: it copies what it is given.
    """

    keeps_order: bool
    gives_whole: bool
    copies: bool

    @property
    def size(self) -> int:
        """The number of elements."""

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""

    def put(self, row: Row) -> None:
        """Add an element."""

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""

    def put_among(self, block: Block, wanted: int) -> list[Piece]:
        """Add the elements of a block one after another while somebody takes all that may leave.

        Args:
          block: the elements.
          wanted: how many elements are wanted at most.

        Returns:
          What was taken.
        """

    def exchange(self, row: Row) -> list[Piece]:
        """Add an element, and remove the next one if any may leave; the store is open."""

    def take(self) -> Piece:
        """Remove the next element: a row, or a block of one."""

    def take_many(self, count: int) -> list[Piece]:
        """Remove the next elements, which are there."""

    def put_back(self, pieces: Sequence[Piece]) -> None:
        """Add what was taken for a dequeue that failed."""


class FifoStore:
    """First in, first out."""

    keeps_order = True
    gives_whole = False
    copies = False

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

    def put_among(self, block: Block, wanted: int) -> list[Piece]:
        """Add elements while somebody takes them."""
        self.put_block(block)
        return self.take_many(min(wanted, self.size))

    def exchange(self, row: Row) -> list[Piece]:
        """Add an element, and remove the next one."""
        self.put(row)
        return [self.take()]

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

    def put_back(self, pieces: Sequence[Piece]) -> None:
        """Add what was taken for a dequeue that failed, where it was."""
        for piece in reversed(pieces):
            self.size += len(piece) if type(piece) is Block else 1
            self._pieces.appendleft(piece)


def _as_it_is(value: Any) -> Any:
    return value


class _NoPool:
    """A pool in which nothing fits."""

    size = 0

    def put_block(self, block: Block) -> bool:
        return False

    def put(self, row: Row) -> bool:
        return False

    def take(self, numbers: Sequence[int], moved: Mapping[int, int]) -> Block:
        raise IndexError

    def take_one(self, number: int) -> Row:
        raise IndexError

    def exchange(self, number: int, row: Row) -> Row | None:
        return None


class RandomStore:
    """Any element may be the next, each with the same chance; some must stay while it is open.

    The element that leaves is replaced by the last one. Elements are in a pool as long as all fit
    in there; from the first one that does not until the store is empty, they are held as rows.
    """

    keeps_order = False
    gives_whole = False
    copies = True

    def __init__(
        self,
        min_after_dequeue: int,
        draw: Callable[[int], list[int]],
        pool: Pool | None = None,
        keep: Callable[[Any], Any] = _as_it_is,
    ) -> None:
        """Make an empty store.

        Args:
          min_after_dequeue: how many elements stay until the queue is closed.
          draw: gives so many random numbers of 32 bits, the last of them first.
          pool: holds the elements that fit in there; without one, all are held as rows.
          keep: returns a copy of a value.
        """
        self._min_after_dequeue = min_after_dequeue
        self._draw = draw
        self._pool: Pool = _NoPool() if pool is None else pool
        self._keep = keep
        self._rows: list[Row] = []

    @property
    def size(self) -> int:
        """The number of elements."""
        return len(self._rows) or self._pool.size

    def available(self, is_closed: bool) -> int:
        """Return how many elements may leave now."""
        return self.size if is_closed else max(0, self.size - self._min_after_dequeue)

    def put(self, row: Row) -> None:
        """Add an element."""
        if self._rows or not self._pool.put(row):
            self._leave_pool()
            self._rows.append(tuple(map(self._keep, row)))

    def put_block(self, block: Block) -> None:
        """Add the elements of a block."""
        if self._rows or not self._pool.put_block(block):
            self._leave_pool()
            self._rows += [tuple(map(self._keep, row)) for row in block.rows()]

    def _leave_pool(self) -> None:
        size = self._pool.size
        if size:
            self._rows += self._pool.take(range(size), {}).rows()

    def put_among(self, block: Block, wanted: int) -> list[Piece]:
        """Add elements one after another while somebody takes all that may leave."""
        staying = max(0, self._min_after_dequeue - self.size)
        count = min(wanted, len(block) - staying)
        if count <= 0:
            self.put_block(block)
            return []
        last = self.size + staying
        words = reversed(self._draw(count))
        self.put_block(block)
        numbers, moved = [], dict[int, int]()
        for added, word in enumerate(words, last):
            number = word % (last + 1)
            if number == last:
                numbers.append(added)
            else:
                numbers.append(moved.get(number, number))
                moved[number] = added
        for place in range(last, self.size - count):
            moved[place] = place + count
        return self._removed(numbers, moved)

    def exchange(self, row: Row) -> list[Piece]:
        """Add an element, and remove one if any may leave."""
        size = self.size
        if size < self._min_after_dequeue:
            self.put(row)
            return []
        if not self._rows:
            number = self._draw(1)[0] % (size + 1)
            if number == size:
                return [tuple(map(self._keep, row))]
            taken = self._pool.exchange(number, row)
            if taken is not None:
                return [taken]
            self.put(row)
            return self._removed([number], {number: size})
        self.put(row)
        return self.take_many(1)

    def take(self) -> Piece:
        """Remove an element: a row, or a block of one."""
        return self.take_many(1)[0]

    def take_many(self, count: int) -> list[Piece]:
        """Remove elements, which are there."""
        size = self.size
        if count == 1 and not self._rows:
            return [self._pool.take_one(self._draw(1)[0] % size)]
        numbers, moved = [], dict[int, int]()
        number_now = moved.get
        for word in reversed(self._draw(count)):
            number = word % size
            size -= 1
            numbers.append(number_now(number, number))
            moved[number] = number_now(size, size)
        return self._removed(numbers, {new: old for new, old in moved.items() if new < size})

    def _removed(self, numbers: list[int], moved: dict[int, int]) -> list[Piece]:
        """Remove elements, and let others that stay have their numbers."""
        if not numbers:
            return []
        if not self._rows:
            return [self._pool.take(numbers, moved)]
        rows = self._rows
        taken: list[Piece] = [rows[number] for number in numbers]
        left = rows.copy()
        for number, old in moved.items():
            left[number] = rows[old]
        del left[len(left) - len(numbers) :]
        self._rows = left
        return taken

    def put_back(self, pieces: Sequence[Piece]) -> None:
        """Add what was taken for a dequeue that failed, the last one first."""
        for piece in reversed(pieces):
            rows = list(piece.rows()) if isinstance(piece, Block) else [piece]
            for row in reversed(rows):
                self.put(row)


class PriorityStore:
    """The smallest first component is the next; among equal ones the first that came."""

    keeps_order = False
    gives_whole = True  # so that a batch is in order
    copies = False

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

    def put_among(self, block: Block, wanted: int) -> list[Piece]:
        """Add elements one after another while somebody takes the smallest."""
        taken: list[Piece] = []
        for row in block.rows():
            self.put(row)
            if len(taken) < wanted:
                taken.append(self.take())
        return taken

    def exchange(self, row: Row) -> list[Piece]:
        """Add an element, and remove the next one."""
        self.put(row)
        return [self.take()]

    def take(self) -> Row:
        """Remove the next element."""
        return heapq.heappop(self._heap)[2]

    def take_many(self, count: int) -> list[Piece]:
        """Remove the next elements, which are there."""
        return [self.take() for _ in range(count)]

    def put_back(self, pieces: Sequence[Piece]) -> None:
        """Add what was taken for a dequeue that failed."""
        for piece in pieces:
            if isinstance(piece, Block):
                self.put_block(piece)
            else:
                self.put(piece)
