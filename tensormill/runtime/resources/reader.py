"""`Reader`: a reader of a task, which takes units of work from a queue and makes records of them.

Waiting for work costs no thread: who waits is an entry with what is called in the end. Those who
want records are served in the order in which they came.

Source: TensorFlow 1.15, core/framework/reader_base.cc.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from tensormill.graph import errors
from tensormill.graph.dtypes import string
from tensormill.proto.reader_state_pb2 import ReaderBaseState
from tensormill.runtime.resources.queue import Queue
from tensormill.runtime.resources.reader_sources import Source, SourceAhead

__all__ = ["Reader", "RecordsAhead"]

Records = tuple[list[bytes], list[bytes]]


@dataclass(frozen=True, slots=True)
class RecordsAhead:
    """Records that nobody has read yet, of one unit of work.

    Attributes:
      unit: which unit of work of the reader it is.
      first: how many records the reader had produced before them.
      keys: their keys; empty where nobody wants them.
      values: the records.
    """

    unit: int
    first: int
    keys: list[bytes]
    values: list[bytes]


class _Attempt:
    """Somebody who wants records: from which queue, how many, and what to call."""

    __slots__ = ("count", "done", "queue", "token")

    def __init__(self, queue: Queue, count: int, done: Any) -> None:
        self.queue = queue
        self.count = count
        self.done = done
        self.token: int | None = None


class _AwaitedWork:
    """What a queue calls when it has the unit of work that an attempt waits for.

    Attributes:
      step: the step that waits, whose cancellation ends the waiting.
      instruction: what waits.
      value: the components that the queue gave, or None.
      error: why it gave none, or None.
    """

    def __init__(self, reader: Reader, attempt: _Attempt) -> None:
        self.step = attempt.done.step
        self.instruction = attempt.done.instruction
        self.value: Any = None
        self.error: BaseException | None = None
        self._reader = reader
        self._attempt = attempt
        self._lock = threading.Lock()
        self._is_there = False  # guarded by _lock
        self._is_left = False  # guarded by _lock

    def __call__(self, outputs: Any = None) -> None:
        self.value = outputs
        self._arrive()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self._arrive()

    def _arrive(self) -> None:
        with self._lock:
            self._is_there = True
            if not self._is_left:
                return
        self._reader.serve(self._attempt, self)

    def is_there_at_once(self) -> bool:
        """Return whether it came already; if not, the reader is told when it comes."""
        with self._lock:
            self._is_left = not self._is_there
            return self._is_there


class Reader:
    """A reader.

    Attributes:
      container: its resource container.
      name: its resource name.
      kind: its op type without a generation, such as "TextLineReader".
    """

    def __init__(
        self, container: str, name: str, kind: str, node_name: str, source: Source
    ) -> None:
        self.container = container
        self.name = name
        self.kind = kind
        self._node_name = node_name
        self._source = source
        self._source_ahead = source if isinstance(source, SourceAhead) else None
        self._lock = threading.Lock()
        self._waiting: deque[_Attempt] = deque()  # guarded by _lock
        self._works = False  # guarded by _lock: a unit of work is being read
        self._started = 0  # guarded by _lock
        self._finished = 0  # guarded by _lock
        self._produced = 0  # guarded by _lock
        self._work = b""  # guarded by _lock
        self._unit = 0  # guarded by _lock: changes whenever other records come next

    def read(self) -> np.ndarray[Any, Any]:
        """Return what a reference to the reader holds: container and name."""
        return np.array([self.container.encode(), self.name.encode()], object)

    def poll(self, queue: Queue, count: int) -> Records | None:
        """Return keys and values of up to `count` records; None where that needs waiting.

        Raises:
          OpError: the work cannot be read, or the queue holds no work.
        """
        with self._lock:
            if self._waiting:
                return None
            return self._produce(queue, count)

    def submit(self, queue: Queue, count: int, done: Any) -> None:
        """Call `done` with keys and values of up to `count` records once they are there."""
        attempt = _Attempt(queue, count, done)
        with self._lock:
            self._waiting.append(attempt)
            is_next = len(self._waiting) == 1
        if is_next:
            self.serve(attempt)
        else:
            cancellation = done.step.cancellation
            attempt.token = cancellation.register(lambda reason: self._cancel(attempt))

    def _cancel(self, attempt: _Attempt) -> None:
        with self._lock:
            if attempt not in self._waiting or self._waiting[0] is attempt:
                return  # it is over, or the queue cancels it
            self._waiting.remove(attempt)
        attempt.done.fail(errors.cancelled("Read operation was cancelled"))

    def serve(self, attempt: _Attempt | None, awaited: _AwaitedWork | None = None) -> None:
        """Serve the attempt that is next, and those after it, until one must wait for work."""
        while attempt is not None:
            outcome: Any = None
            try:
                with self._lock:
                    if awaited is not None:
                        self._take(awaited)
                    outcome = self._produce(attempt.queue, attempt.count)
            except errors.OpError as error:
                outcome = error
            if outcome is None:
                awaited = _AwaitedWork(self, attempt)
                attempt.queue.dequeue(awaited)
                if not awaited.is_there_at_once():
                    return
                continue
            awaited = None
            with self._lock:
                self._waiting.popleft()
                following = self._waiting[0] if self._waiting else None
            attempt.done.step.cancellation.deregister(attempt.token)
            if isinstance(outcome, errors.OpError):
                attempt.done.fail(outcome)
            else:
                attempt.done(outcome)
            attempt = following

    def _take(self, awaited: _AwaitedWork) -> None:
        if awaited.error is not None:
            if isinstance(awaited.error, errors.OpError):
                raise awaited.error
            raise errors.internal(str(awaited.error)) from awaited.error
        self._begin(awaited.value)

    def _begin(self, components: Any) -> None:
        value = components[0]
        if value.size != 1:
            raise errors.invalid_argument("Expected to dequeue a one-element string tensor")
        work = value.item()
        self._source.start(work)
        self._work = work
        self._works = True
        self._started += 1
        self._unit += 1

    def _produce(self, queue: Queue, count: int) -> Records | None:
        """Return up to `count` records, at least one; None where there is no work in the queue."""
        keys: list[bytes] = []
        values: list[bytes] = []
        while count:
            if not self._works:
                _check_queue(queue)
                components = queue.poll()
                if components is None:
                    return None
                self._begin(components)
            try:
                is_over = self._source.read(count - len(keys), keys, values)
            finally:
                self._produced += len(keys)
            if is_over:
                self._works = False
                self._finished = self._started
                self._source.stop()
            if keys:
                break
        return keys, values

    def ahead(self, count: int, wants_keys: bool) -> RecordsAhead | None:
        """Return up to `count` of the records that come next, and leave them unread.

        Returns:
          The records; None where there is no unit of work, somebody waits for one, the end of what
          is in memory was reached, or the kind of reader cannot look ahead.
        """
        source = self._source_ahead
        if source is None:
            return None
        keys: list[bytes] = []
        values: list[bytes] = []
        with self._lock:
            if self._waiting or not self._works:
                return None
            source.ahead(count, keys if wants_keys else None, values)
            if not values:
                return None
            return RecordsAhead(self._unit, self._produced, keys, values)

    def read_ahead(self, records: RecordsAhead, take: Callable[[int], int]) -> int | None:
        """Read some of the records that `ahead` returned, those that somebody takes.

        Args:
          records: what `ahead` returned.
          take: told which of the records is the next, returns how many are taken from there on.
            The reader waits meanwhile, so for everybody else both happens at once.

        Returns:
          How many were taken; None where those records do not come next any more.
        """
        with self._lock:
            at = self._place_in(records)
            if at is None:
                return None
            source = self._source_ahead
            assert source is not None
            count = take(at)
            source.skip(count)
            self._produced += count
            return count

    def read_next(self, records: RecordsAhead) -> int | None:
        """Read the next of the records that `ahead` returned.

        Returns:
          Which of them it is; None where none of them comes next any more.
        """
        with self._lock:
            at = self._place_in(records)
            if at is None:
                return None
            assert self._source_ahead is not None
            self._source_ahead.skip(1)
            self._produced += 1
            return at

    def _place_in(self, records: RecordsAhead) -> int | None:
        """Return which of some records comes next; None where none of them does any more."""
        at = self._produced - records.first
        if self._waiting or not self._works or self._unit != records.unit:
            return None
        return at if 0 <= at < len(records.values) else None

    def records_produced(self) -> int:
        """Return how many records were read."""
        return self._produced

    def work_units_completed(self) -> int:
        """Return how many units of work were read to their end."""
        return self._finished

    def reset(self) -> None:
        """Forget the unit of work and the counts."""
        with self._lock:
            self._reset()

    def _reset(self) -> None:
        self._source.stop()
        self._works = False
        self._started = self._finished = self._produced = 0
        self._work = b""
        self._unit += 1

    def serialize_state(self) -> bytes:
        """Return the state, for `restore_state`.

        Raises:
          UnimplementedError: this kind cannot.
        """
        if not self._source.keeps_state:
            raise errors.unimplemented("Reader SerializeState")
        with self._lock:
            return ReaderBaseState(
                work_started=self._started,
                work_finished=self._finished,
                num_records_produced=self._produced,
                current_work=self._work,
            ).SerializeToString()

    def restore_state(self, serialized: bytes) -> None:
        """Go on from a state that `serialize_state` returned; from the start where that fails.

        Raises:
          UnimplementedError: this kind cannot.
          InvalidArgumentError: it is no state, or one in the middle of a unit of work.
        """
        if not self._source.keeps_state:
            raise errors.unimplemented("Reader RestoreState")
        with self._lock:
            self._reset()
            try:
                state = ReaderBaseState.FromString(serialized)
            except DecodeError as error:
                raise errors.invalid_argument(
                    f"Could not parse state for {self.kind} '{self._node_name}': "
                    f"{serialized.decode(errors='replace')}"
                ) from error
            numbers = (state.work_started, state.work_finished, state.num_records_produced)
            if min(numbers) < 0 or state.work_started > state.work_finished:
                raise errors.invalid_argument(
                    f"The state of {self.kind} '{self._node_name}' has {numbers[0]} units of work "
                    f"begun, {numbers[1]} finished and {numbers[2]} records: it cannot be gone on "
                    "from"
                )
            self._started, self._finished, self._produced = numbers
            self._work = state.current_work


def _check_queue(queue: Queue) -> None:
    dtypes = queue.spec.dtypes
    if len(dtypes) != 1:
        raise errors.invalid_argument("Expected single component queue")
    if dtypes[0] != string:
        raise errors.invalid_argument("Expected queue with single string component")
