"""`Queue`: a queue of a task, which carries out what its `QueueState` decides. Any thread.

Waiting costs no thread: who waits is an entry with what is called in the end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import DType, int32
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import Dims, are_compatible, concatenate_dims, format_dims
from tensormill.kernels.philox import random_blocks, seed_stream
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.resources.element_pool import ElementPool
from tensormill.runtime.resources.feeders import Feeders
from tensormill.runtime.resources.queue_elements import (
    Block,
    ElementStore,
    FifoStore,
    Piece,
    PriorityStore,
    RandomStore,
)
from tensormill.runtime.resources.queue_state import Close, Dequeue, Enqueue, PutBack, QueueState
from tensormill.runtime.resources.queue_values import (
    batch,
    empty_batch,
    kept,
    padded_batch,
    single,
    taken_over,
)
from tensormill.runtime.resources.waiting import Done, Entry, Instruction, Waiting

__all__ = ["Queue", "QueueSpec"]

WARNING_AFTER_S = 5.0
"""How long the last one that fed a queue has for closing it, before who waits is warned."""


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """What a queue is like; a queue that is shared must be like what every user of it asks for.

    Attributes:
      kind: "FIFOQueue", "RandomShuffleQueue", "PaddingFIFOQueue" or "PriorityQueue".
      op_type: the op type that asks for it, for messages.
      capacity: how many elements fit.
      dtypes: of the components, the priority of a PriorityQueue included.
      dims: of the components; () where they are not specified.
      min_after_dequeue: of a RandomShuffleQueue.
      seeds: of a RandomShuffleQueue.
    """

    kind: str
    op_type: str
    capacity: int
    dtypes: tuple[DType, ...]
    dims: tuple[Dims, ...]
    min_after_dequeue: int = 0
    seeds: tuple[int, int] = (0, 0)

    def check_matches(self, other: QueueSpec, name: str) -> None:
        """Refuse another spec for the queue of this one.

        Raises:
          InvalidArgumentError: the specs differ.
        """
        if other.kind != self.kind:
            raise errors.invalid_argument(f"Expected {self.kind}, found {other.op_type}")
        queue = f"Shared queue '{name}' has"
        if other.capacity != self.capacity:
            raise errors.invalid_argument(
                f"{queue} capacity {self.capacity} but requested capacity was {other.capacity}"
            )
        if other.min_after_dequeue != self.min_after_dequeue:
            raise errors.invalid_argument(
                f"{queue} min_after_dequeue {self.min_after_dequeue} but requested "
                f"min_after_dequeue was {other.min_after_dequeue}."
            )
        if other.seeds not in (self.seeds, (0, 0)):
            raise errors.invalid_argument(
                f"{queue} random seeds ({self.seeds[0]}, {self.seeds[1]}) but requested seeds are "
                f"({other.seeds[0]}, {other.seeds[1]})."
            )
        if other.dtypes != self.dtypes:
            raise errors.invalid_argument(
                f"{queue} component types {_types_text(self.dtypes)} but requested component types "
                f"were {_types_text(other.dtypes)}"
            )
        if not self._has_dims_like(other):
            raise errors.invalid_argument(
                f"{queue} component shapes {_shapes_text(self.dims)} but requested component "
                f"shapes were {_shapes_text(other.dims)}"
            )

    def _has_dims_like(self, other: QueueSpec) -> bool:
        if self.kind != "PaddingFIFOQueue":
            return other.dims == self.dims
        return len(other.dims) == len(self.dims) and all(map(are_compatible, self.dims, other.dims))

    def check(self, name: str) -> None:
        """Refuse what no queue can be like.

        Raises:
          InvalidArgumentError: shapes are missing, there are too many, or their rank is open.
        """
        if self.kind == "PaddingFIFOQueue" and len(self.dims) != len(self.dtypes):
            raise errors.invalid_argument(
                f"Shapes must be provided for all components, but received {len(self.dtypes)} "
                f"dtypes and {len(self.dims)} shapes."
            )
        if self.kind == "PriorityQueue" and not self.dims:
            raise errors.invalid_argument(
                f"Shared queue '{name}' has component shapes [] but requested component shapes "
                "were [[]]"
            )
        if any(dims is None for dims in self.dims):
            raise errors.invalid_argument("shape <unknown> must have known rank.")
        if self.dims and len(self.dims) != len(self.dtypes):
            raise errors.invalid_argument(
                f"Different number of component types.  Types: {_types_text(self.dtypes)}, Shapes: "
                f"{_shapes_text(self.dims)}"
            )


def _types_text(dtypes: Sequence[DType]) -> str:
    return ", ".join(map(dtype_text, dtypes))


def _shapes_text(dims: Sequence[Dims]) -> str:
    return "[" + ", ".join(format_dims(item, "kernel") for item in dims) + "]"


class Queue:
    """A queue.

    Attributes:
      container: its resource container.
      name: its resource name.
      spec: what it is like.
    """

    def __init__(self, container: str, name: str, spec: QueueSpec) -> None:
        self.container = container
        self.name = name
        self.spec = spec
        self._words = _Words(spec.seeds)
        store = _new_store(spec, self._words)
        self._state = QueueState(spec.kind, name, spec.capacity, store)
        self._copies = store.copies
        self._waiting = Waiting(self._state.handle)
        self._lock = self._waiting.lock  # guards _state
        self._pads = spec.kind == "PaddingFIFOQueue"
        self._feeders = Feeders()  # guarded by _lock
        self._is_watched = False  # guarded by _lock

    def read(self) -> np.ndarray[Any, Any]:
        """Return what a reference to the queue holds: container and name."""
        return np.array([self.container.encode(), self.name.encode()], object)

    def check_tuple(self, components: Sequence[Any], dtypes: tuple[DType, ...]) -> None:
        """Refuse components that are no element of this queue.

        Raises:
          InvalidArgumentError: their number, dtypes or shapes are wrong.
        """
        spec = self.spec
        if dtypes != spec.dtypes:
            self._check_dtypes(dtypes)
        for value, dims in zip(components, spec.dims):  # noqa: B905 - none, or as many
            if value.shape != dims and not self._fits(value, dims):
                raise self._first_mismatch(components)

    def _first_mismatch(self, components: Sequence[Any]) -> errors.OpError:
        return next(
            _shape_mismatch(index, dims, value)
            for index, (value, dims) in enumerate(zip(components, self.spec.dims, strict=True))
            if value.shape != dims and not self._fits(value, dims)
        )

    def check_many(self, components: Sequence[Any], dtypes: tuple[DType, ...]) -> int:
        """Refuse components that are no batch of elements; return how many elements they are.

        Raises:
          InvalidArgumentError: their number, dtypes or shapes are wrong.
        """
        self._check_dtypes(dtypes)
        shape = components[0].shape
        count = int(shape[0]) if len(shape) else 0
        if self.spec.dims:
            for index, (value, dims) in enumerate(zip(components, self.spec.dims, strict=True)):
                expected = concatenate_dims((count,), dims)
                if value.shape != expected and not self._fits(value, expected):
                    raise _shape_mismatch(index, expected, value)
            return count
        for index, value in enumerate(components):
            size = int(value.shape[0]) if len(value.shape) else 0
            if size != count:
                raise errors.invalid_argument(
                    "All input tensors must have the same size in the 0th dimension. Component "
                    f"{index} has {size}, and should have {count}"
                )
        return count

    def _check_dtypes(self, dtypes: tuple[DType, ...]) -> None:
        if dtypes != self.spec.dtypes:
            handle = self._handle_text()
            raise errors.invalid_argument(
                f"Signature mismatch, have: {handle}, {_types_text(dtypes)}-> "
                f"expected: {handle}, {_types_text(self.spec.dtypes)}->"
            )

    def _handle_text(self) -> str:
        """Return the dtype of what refers to the queue, by the generation of its op type."""
        return "resource" if self.spec.op_type.endswith("V2") else "string_ref"

    def check_outputs(self, dtypes: tuple[DType, ...], inputs: tuple[DType, ...] = ()) -> None:
        """Refuse to give elements as other dtypes than they have.

        Args:
          dtypes: those wanted.
          inputs: the dtypes of the operation's inputs after the queue, for the message.

        Raises:
          InvalidArgumentError: the dtypes are others.
        """
        if dtypes != self.spec.dtypes:
            start = ", ".join((self._handle_text(), *map(dtype_text, inputs)))
            raise errors.invalid_argument(
                f"Signature mismatch, have: {start}->{_types_text(dtypes)} "
                f"expected: {start}->{_types_text(self.spec.dtypes)}"
            )

    def _fits(self, value: Any, dims: Dims) -> bool:
        """Return whether a value has a shape that leaves sizes open."""
        if not self._pads or dims is None or len(dims) != len(value.shape):
            return False
        return all(d is None or d == size for d, size in zip(dims, value.shape, strict=True))

    def check_batches(self, count: int, dtypes: tuple[DType, ...], op_name: str) -> None:
        """Refuse a dequeue of many that cannot be.

        Raises:
          InvalidArgumentError: the dtypes are wrong, the count is negative, or the shapes are not
            specified.
        """
        self.check_outputs(dtypes, (int32,))
        if count < 0:
            raise errors.invalid_argument(f"{op_name} requested {count} < 0 elements")
        if not self.spec.dims:
            raise errors.invalid_argument(
                f"{self.spec.kind}'s DequeueMany and DequeueUpTo require the components to have "
                "specified shapes."
            )

    def offer(self, components: Sequence[Any], alone: Mapping[int, bool]) -> bool:
        """Add an element if that can be done at once; return whether it was.

        Args:
          components: its values.
          alone: see `queue_values.taken_over`.
        """
        row = tuple(components) if self._copies else taken_over(components, alone)
        with self._lock:
            instructions = self._state.offer(row)
        return self._is_done(instructions)

    def offer_many(self, components: Sequence[Any], count: int, alone: Mapping[int, bool]) -> bool:
        """Add elements if that can be done at once, as `offer`; return whether it was."""
        values = tuple(components) if self._copies else taken_over(components, alone)
        block = Block(values, 0, count)
        with self._lock:
            instructions = self._state.offer_block(block)
        return self._is_done(instructions)

    def offer_rows(
        self, components: Sequence[Any], start: int, stop: int
    ) -> tuple[int, Callable[[], None]]:
        """Add elements one after another, as far as that can be done at once.

        Args:
          components: hold the elements along their first axis; nobody changes them.
          start: the first element to add.
          stop: behind the last one.

        Returns:
          How many were added, and what must be called once the caller holds no lock: it tells
          those who waited for them.
        """
        if not self._state.elements.keeps_order:
            self._words.prepare()
        with self._lock:
            count, instructions = self._state.offer_rows(Block(tuple(components), start, stop))
        return count, lambda: self._waiting.act(instructions)

    def _is_done(self, instructions: Sequence[Instruction] | None) -> bool:
        if instructions is None:
            return False
        if instructions:
            self._waiting.act(instructions)
        return True

    def poll(self) -> list[Any] | None:
        """Return the next element if there is one and nobody waits; else None."""
        with self._lock:
            piece = self._state.poll()
        return None if piece is None else single(piece)

    def poll_many(self, count: int) -> list[Any] | None:
        """Return so many elements if they are there and nobody waits; else None."""
        if count == 0:
            return self._none()
        with self._lock:
            pieces = self._state.poll_many(count)
        return None if pieces is None else self._batch(pieces)

    def enqueue(self, components: Sequence[Any], alone: Mapping[int, bool], done: Done) -> None:
        """Add an element; `done` is called when it is in the queue, or never will be."""
        row = tuple(map(kept, components)) if self._copies else taken_over(components, alone)
        self._waiting.submit(done, lambda key: Enqueue(key, row), _nothing)

    def enqueue_many(
        self, components: Sequence[Any], count: int, alone: Mapping[int, bool], done: Done
    ) -> None:
        """Add elements, as there is room for them; `done` is called when all are in the queue."""
        block = Block(taken_over(components, alone), 0, count)
        self._waiting.submit(done, lambda key: Enqueue(key, block), _nothing)

    def dequeue(self, done: Done) -> None:
        """Take an element; `done` is called with its components."""
        self._waiting.submit(
            done, lambda key: Dequeue(key, 1, is_single=True), lambda pieces: single(pieces[0])
        )
        self._watch()

    def dequeue_many(self, count: int, allows_fewer: bool, done: Done) -> None:
        """Take elements; `done` is called with a batch of them.

        Args:
          count: how many.
          allows_fewer: once the queue is closed, fewer will do, but one.
          done: what to call.
        """
        if count == 0:
            done(self._none())
            return
        self._waiting.submit(done, lambda key: Dequeue(key, count, allows_fewer), self._batch)
        self._watch()

    def close(self, cancels_enqueues: bool, done: Done) -> None:
        """Let nothing in any more; `done` is called when that holds."""
        self._waiting.submit(done, lambda key: Close(key, cancels_enqueues), _nothing)

    def put_back(self, outputs: Sequence[Any], is_single: bool) -> None:
        """Return elements that were dequeued and that nobody got, also to a closed queue.

        Args:
          outputs: what a dequeue gave.
          is_single: it was one element, and no batch.
        """
        if is_single:
            pieces: Sequence[Piece] = [tuple(outputs)]
        elif isinstance(outputs, _PaddedBatch):
            pieces = outputs.pieces
        else:
            count = len(outputs[0])
            pieces = [Block(tuple(outputs), 0, count)] if count else []
        for piece in reversed(pieces):
            self._waiting.tell(PutBack(piece))

    def size(self) -> int:
        """Return how many elements are in the queue."""
        return self._state.size

    def waiting_counts(self) -> tuple[int, int]:
        """Return how many wait to enqueue, and how many to dequeue."""
        return self._state.waiting_enqueues, self._state.waiting_dequeues

    def is_closed(self) -> bool:
        """Return whether the queue takes nothing any more."""
        return self._state.is_closed

    def feeding_begins(self) -> None:
        """Take note of a loop of steps that enqueues."""
        with self._lock:
            self._feeders.begin()

    def feeding_ends(self, how: str) -> None:
        """Take note of how one ended; who waits now is told of it, unless the queue is closed."""
        with self._lock:
            self._feeders.end(how, self._state.enqueued)
        self._watch()

    def why_not_fed(self) -> str | None:
        """Return why nothing feeds the queue any more, if that is known, and it is not closed."""
        if self._state.is_closed:
            return None
        return self._feeders.why_none(self._state.enqueued)

    def _watch(self) -> None:
        """Look after those who may wait for ever, in a while: the queue may be closed till then."""
        if self.why_not_fed() is None:
            return
        with self._lock:
            is_first, self._is_watched = not self._is_watched, True
        if is_first:
            DEADLINES.after(WARNING_AFTER_S, self._warn)

    def _warn(self) -> None:
        with self._lock:
            self._is_watched = False
            reason = self.why_not_fed()
            entries = [] if reason is None else self._state.waiting_keys()
        for entry in entries:
            assert isinstance(entry, Entry)
            if not entry.is_warned:
                entry.is_warned = True
                entry.done.step.warn(
                    f"'{entry.done.instruction.node.name}' waits for {self.spec.kind} "
                    f"'{self.name}', which has {self.size()} elements and is not closed; {reason}"
                )

    def _batch(self, pieces: Sequence[Piece]) -> list[Any]:
        if not self._pads:
            return batch(pieces)
        padded = _PaddedBatch(padded_batch(pieces, self.spec.dims))
        padded.pieces = pieces
        return padded

    def _none(self) -> list[Any]:
        """Return a batch without elements; sizes that the spec leaves open are 0."""
        return [
            empty_batch(dtype, [size or 0 for size in dims or ()])
            for dtype, dims in zip(self.spec.dtypes, self.spec.dims, strict=True)
        ]


class _PaddedBatch(list[Any]):
    """The components of a batch whose elements were filled up.

    Attributes:
      pieces: the elements as they were.
    """

    __slots__ = ("pieces",)
    pieces: Sequence[Piece]


def _nothing(pieces: Any) -> None:
    """Return the outputs of an operation that has none."""


def _shape_mismatch(index: int, dims: Dims, value: Any) -> errors.OpError:
    return errors.invalid_argument(
        f"Shape mismatch in tuple component {index}. Expected {format_dims(dims, 'kernel')}, got "
        f"{format_dims(tuple(value.shape), 'kernel')}"
    )


class _Words:
    """Random numbers of 32 bits, one after another, as TensorFlow's shuffling queue draws them."""

    _BLOCKS = 1024

    def __init__(self, seeds: tuple[int, int]) -> None:
        self._stream = seed_stream(*seeds)
        self._lock = threading.Lock()
        self._words: list[int] = []  # guarded by the lock of the queue
        self._prepared: list[int] = []  # guarded by _lock

    def __call__(self, count: int) -> list[int]:
        """Return the next ones, the last of them first. Called with the queue held."""
        if count == 1 and self._words:
            return [self._words.pop()]
        while len(self._words) < count:
            with self._lock:
                words, self._prepared = self._prepared or self._made(), []
            self._words = words + self._words
        drawn = self._words[-count:]
        del self._words[-count:]
        return drawn

    def prepare(self) -> None:
        """Have numbers ready, so that who takes elements need not make them. Any thread."""
        if not self._prepared:
            with self._lock:
                self._prepared = self._prepared or self._made()

    def _made(self) -> list[int]:
        place = self._stream.reserve(4 * self._BLOCKS)
        words: list[int] = random_blocks(place.key, place.counter, self._BLOCKS).ravel().tolist()
        words.reverse()
        return words


def _new_store(spec: QueueSpec, words: _Words) -> ElementStore:
    if spec.kind == "PriorityQueue":
        return PriorityStore()
    if spec.kind != "RandomShuffleQueue":
        return FifoStore()
    if spec.min_after_dequeue < 0:
        raise errors.invalid_argument(f"min_after_dequeue {spec.min_after_dequeue} must be >= 0")
    if spec.min_after_dequeue >= spec.capacity:
        raise errors.invalid_argument(
            f"min_after_dequeue {spec.min_after_dequeue} must be < capacity {spec.capacity}"
        )
    return RandomStore(spec.min_after_dequeue, words, ElementPool(), kept)
