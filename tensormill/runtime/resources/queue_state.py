"""`QueueState`: what a queue decides, without threads, clocks or values.

Two lists of attempts, those to enqueue and those to dequeue. Only the head of a list makes
progress, so a large dequeue holds up the small ones behind it, and a close waits for the enqueues
before it. The state is told of events and answers with what became of which attempt;
`runtime.resources.queue` acts on it.

Source: TensorFlow 1.15, core/kernels/queue_base.cc, fifo_queue.cc, random_shuffle_queue.cc.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from tensormill.graph import errors
from tensormill.runtime.resources.queue_elements import Block, ElementStore, Piece, Row
from tensormill.runtime.resources.waiting import Cancel, Fail, Finish, Instruction

__all__ = ["Close", "Dequeue", "Enqueue", "Event", "PutBack", "QueueState"]


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Somebody wants to add elements: a row, or a block."""

    key: Hashable
    piece: Piece


@dataclass(frozen=True, slots=True)
class Dequeue:
    """Somebody wants `count` elements; fewer will do at the end if `allows_fewer`.

    An element that `is_single` is wanted alone, not as a batch of one.
    """

    key: Hashable
    count: int
    allows_fewer: bool = False
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Somebody wants to close the queue, at once or after the enqueues that wait."""

    key: Hashable
    cancels_enqueues: bool = False


@dataclass(frozen=True, slots=True)
class PutBack:
    """Somebody returns elements that were dequeued, and that nobody got."""

    piece: Piece


Event = Enqueue | Dequeue | Close | PutBack | Cancel


@dataclass(slots=True, eq=False)
class _Adding:
    key: Hashable
    piece: Piece


@dataclass(slots=True, eq=False)
class _Closing:
    key: Hashable


@dataclass(slots=True, eq=False)
class _Taking:
    key: Hashable
    count: int
    missing: int
    allows_fewer: bool
    is_single: bool
    pieces: list[Piece] = field(default_factory=list)


class QueueState:
    """The state of one queue.

    Attributes:
      kind: "FIFOQueue" …, for messages.
      name: the resource name, for messages.
      capacity: how many elements fit.
      elements: what is in it.
      is_closed: it takes nothing any more.
      enqueued: how many elements came in so far.
    """

    def __init__(self, kind: str, name: str, capacity: int, elements: ElementStore) -> None:
        self.kind = kind
        # A padding queue differs in its batches alone; whatever else it says it says as a FIFO one.
        self._row_kind = kind.removeprefix("Padding")
        self.name = name
        self.capacity = capacity
        self.elements = elements
        self.is_closed = False
        self.enqueued = 0
        self._enqueues: OrderedDict[Hashable, _Adding | _Closing] = OrderedDict()
        self._dequeues: OrderedDict[Hashable, _Taking] = OrderedDict()

    def offer(self, row: Row) -> Sequence[Instruction] | None:
        """Take an element if that can be done at once; None where it must wait or fails.

        Returns:
          What became of other attempts.
        """
        elements = self.elements
        if self.is_closed or self._enqueues or elements.size >= self.capacity:
            return None
        self.enqueued += 1
        if self._dequeues:
            return self._hand_over(row)
        elements.put(row)
        return ()

    def _hand_over(self, row: Row) -> Sequence[Instruction]:
        """Take an element while somebody waits for elements."""
        elements = self.elements
        attempt = next(iter(self._dequeues.values()))
        if attempt.missing > 1 and not elements.gives_whole:
            if elements.keeps_order and not elements.size:  # it goes straight to who waits
                attempt.pieces.append(row)
                attempt.missing -= 1
                return ()
            if not elements.keeps_order:
                taken = elements.exchange(row)
                attempt.pieces += taken
                attempt.missing -= len(taken)
                return ()
        elements.put(row)
        return self._advanced()

    def offer_block(self, block: Block) -> Sequence[Instruction] | None:
        """Take the elements of a block if that can be done at once, as `offer`."""
        count = len(block)
        if self.is_closed or self._enqueues:
            return None
        if self.elements.size + count > self.capacity:
            return None
        self.enqueued += count
        self.elements.put_block(block)
        return self._advanced() if self._dequeues else ()

    def offer_rows(self, block: Block) -> tuple[int, Sequence[Instruction]]:
        """Take the first elements of a block, one after another, as far as none must wait.

        Returns:
          How many were taken, and what became of other attempts.
        """
        if self.is_closed or self._enqueues:
            return 0, ()
        elements, made = self.elements, list[Instruction]()
        wanted = 0
        if not elements.gives_whole:
            wanted = sum(attempt.missing for attempt in self._dequeues.values())
        count = min(len(block), max(0, self.capacity - elements.size) + wanted)
        if count <= 0:
            return 0, ()
        taken = block.split(count)
        self.enqueued += count
        if self._dequeues and not elements.keeps_order:  # who waits may take one before the next
            if elements.gives_whole:
                for row in taken.rows():
                    elements.put(row)
                    self._advance(made)
            else:
                for piece in elements.put_among(taken, wanted):
                    self._hand_out(piece, made)
        else:
            elements.put_block(taken)
            if self._dequeues:
                self._advance(made)
        return count, made

    def _hand_out(self, piece: Piece, made: list[Instruction]) -> None:
        """Give elements that have left to those who wait, who want as many, one after another."""
        left = len(piece) if isinstance(piece, Block) else 1
        while left:
            attempt = next(iter(self._dequeues.values()))
            count = min(left, attempt.missing)
            part = piece
            if isinstance(piece, Block) and count < left:
                part = piece.split(count)
            attempt.pieces.append(part)
            attempt.missing -= count
            left -= count
            if not attempt.missing:
                made.append(Finish(attempt.key, attempt.pieces))
                self._dequeues.popitem(last=False)

    def poll(self) -> Piece | None:
        """Give the next element if nobody waits for anything and there is one; else None."""
        if self._dequeues or self._enqueues or not self.elements.available(self.is_closed):
            return None
        return self.elements.take()

    def poll_many(self, count: int) -> list[Piece] | None:
        """Give so many elements if nobody waits for anything and they are there; else None."""
        if self._dequeues or self._enqueues or self.elements.available(self.is_closed) < count:
            return None
        return self.elements.take_many(count)

    @property
    def size(self) -> int:
        """How many elements are in the queue, those that a waiting dequeue has taken apart."""
        return self.elements.size

    @property
    def waiting_enqueues(self) -> int:
        """How many attempts to enqueue or close wait."""
        return len(self._enqueues)

    @property
    def waiting_dequeues(self) -> int:
        """How many attempts to dequeue wait."""
        return len(self._dequeues)

    def waiting_keys(self) -> list[Hashable]:
        """Return the attempts to dequeue that wait, the first one first."""
        return list(self._dequeues)

    def handle(self, event: Event) -> list[Instruction]:
        """Take note of an event and return what became of which attempt, in this order."""
        made: list[Instruction] = []
        if isinstance(event, Enqueue):
            self._enqueues[event.key] = _Adding(event.key, event.piece)
        elif isinstance(event, Dequeue):
            self._dequeues[event.key] = _Taking(
                event.key, event.count, event.count, event.allows_fewer, event.is_single
            )
        elif isinstance(event, Cancel):
            self._cancel(event, made)
        elif isinstance(event, PutBack):
            self._put_back(event.piece)
        elif event.cancels_enqueues:
            self._close_at_once(event.key, made)
        else:
            self._enqueues[event.key] = _Closing(event.key)
        self._advance(made)
        return made

    def _put_back(self, piece: Piece) -> None:
        """Return elements to where they were: to the front, if there is one."""
        self.elements.put_back([piece])

    def _cancel(self, event: Cancel, made: list[Instruction]) -> None:
        key = event.key
        attempt = self._enqueues.pop(key, None)
        if attempt is not None:
            made.append(Fail(key, _cancelled(attempt)))
            return
        dequeue = self._dequeues.pop(key, None)
        if dequeue is not None:
            if event.puts_back:
                self.elements.put_back(dequeue.pieces)
            made.append(Fail(key, errors.cancelled("Dequeue operation was cancelled")))

    def _close_at_once(self, key: Hashable, made: list[Instruction]) -> None:
        self.is_closed = True
        for attempt in self._enqueues.values():  # of a close that waits TensorFlow says the same
            made.append(Fail(attempt.key, errors.cancelled("Enqueue operation was cancelled")))
        self._enqueues.clear()
        made.append(Finish(key))

    def _advanced(self) -> list[Instruction]:
        made: list[Instruction] = []
        self._advance(made)
        return made

    def _advance(self, made: list[Instruction]) -> None:
        """Let the heads of both lists make progress until neither can."""
        while True:
            progress = self._advance_enqueues(made)
            progress = self._advance_dequeues(made) or progress
            if not progress:
                return

    def _advance_enqueues(self, made: list[Instruction]) -> bool:
        progress = False
        while self._enqueues:
            attempt = next(iter(self._enqueues.values()))
            if isinstance(attempt, _Closing):
                made.append(self._close(attempt.key))
            elif self.is_closed:
                text = f"{self._row_kind} '{self.name}' is closed."
                made.append(Fail(attempt.key, errors.cancelled(text)))
            else:
                moved, is_done = self._move_in(attempt)
                progress = progress or moved
                if not is_done:
                    return progress
                made.append(Finish(attempt.key))
            self._enqueues.popitem(last=False)
            progress = True
        return progress

    def _close(self, key: Hashable) -> Instruction:
        if self.is_closed:
            return Fail(key, errors.cancelled(f"Queue '{self.name}' is already closed."))
        self.is_closed = True
        return Finish(key)

    def _move_in(self, attempt: _Adding) -> tuple[bool, bool]:
        """Add what fits; return whether something did, and whether that was all."""
        piece = attempt.piece
        count = len(piece) if isinstance(piece, Block) else 1
        room = max(0, self.capacity - self.elements.size)
        if room < count:
            if room and isinstance(piece, Block):
                self.enqueued += room
                self.elements.put_block(piece.split(room))
            return room > 0, False
        self.enqueued += count
        if isinstance(piece, Block):
            self.elements.put_block(piece)
        else:
            self.elements.put(piece)
        return True, True

    def _advance_dequeues(self, made: list[Instruction]) -> bool:
        progress = False
        while self._dequeues:
            attempt = next(iter(self._dequeues.values()))
            if self.is_closed and self.elements.size < attempt.missing:
                failure = self._end_of_data(attempt)
                if failure is not None:
                    made.append(failure)
                    self._dequeues.popitem(last=False)
                    progress = True
                    continue
            count = min(attempt.missing, self.elements.available(self.is_closed))
            if count < attempt.missing and self.elements.gives_whole:
                return progress
            if count:
                attempt.pieces += self.elements.take_many(count)
                attempt.missing -= count
                progress = True
            if attempt.missing:
                return progress
            made.append(Finish(attempt.key, attempt.pieces))
            self._dequeues.popitem(last=False)
            progress = True
        return progress

    def _end_of_data(self, attempt: _Taking) -> Fail | None:
        """Deal with a dequeue that gets less than it wants: it fails, or wants what there is."""
        size = self.elements.size
        self.elements.put_back(attempt.pieces)
        attempt.pieces = []
        if attempt.allows_fewer and self.elements.size:
            attempt.missing = self.elements.size
            return None
        kind = self._row_kind if attempt.is_single else self.kind
        text = (
            f"{kind} '{self.name}' is closed and has insufficient elements "
            f"(requested {attempt.missing}, current size {size})\n"
            f"  this is the end of the data: {self.enqueued} elements came in before it was closed"
        )
        return Fail(attempt.key, errors.out_of_range(text))


def _cancelled(attempt: _Adding | _Closing) -> errors.CancelledError:
    what = "Close" if isinstance(attempt, _Closing) else "Enqueue"
    return errors.cancelled(f"{what} operation was cancelled")
