"""Inputs of several steps put together to one batch, and its results taken apart again.

Source: TensorFlow 1.15, core/kernels/batch_kernels.cc, core/kernels/batching_util.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph import errors
from tensormill.kernels.background_work import Work
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.resources.waiting import (
    Cancel,
    Done,
    Fail,
    Finish,
    Instruction,
    Waiting,
)

__all__ = ["Batcher", "Gatherer", "Task", "Unbatcher"]

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Task:
    """What one step puts into a batch.

    Attributes:
      key: who waits for the results.
      number: names the task.
      parts: the inputs, which have one size along their first axis.
      size: that size.
    """

    key: Hashable
    number: int
    parts: Sequence[Any]
    size: int


@dataclass(frozen=True, slots=True)
class _Expire:
    """Event: a batch has waited long enough for more tasks."""

    batch_number: int


@dataclass(frozen=True, slots=True)
class _Computed:
    """Event: what became of the tasks of a batch: a result for each, or an error for all."""

    tasks: list[Task]
    results: Sequence[Any]
    error: BaseException | None = None


class Batcher:
    """Puts tasks together to batches, which are computed when they are full or were open too long.

    Args:
      most_rows: how many rows a batch may have.
      timeout_s: how long a batch is open.
      compute: returns the results of the tasks of a batch, one for each; called on a thread of its
        own.
    """

    def __init__(
        self, most_rows: int, timeout_s: float, compute: Callable[[list[Task]], Sequence[Any]]
    ) -> None:
        self._most_rows = most_rows
        self._timeout_s = timeout_s
        self._compute = compute
        self._waiting = Waiting(self._handle)
        self._open: list[Task] = []  # guarded by the lock of _waiting, as are the next two
        self._opened = 0
        self._live: set[Hashable] = set()

    def put(self, parts: Sequence[Any], size: int, done: Done) -> None:
        """Add a task; `done` is called with its result."""
        self._waiting.submit(
            done, lambda key: Task(key, next(_numbers), parts, size), lambda result: result
        )

    def _handle(self, event: Any) -> Sequence[Instruction]:
        if isinstance(event, Task):
            return self._add(event)
        if isinstance(event, _Expire):
            if event.batch_number == self._opened and self._open:
                self._close()
            return []
        if isinstance(event, _Computed):
            return self._finish(event)
        assert isinstance(event, Cancel)
        self._open = [task for task in self._open if task.key is not event.key]
        if event.key not in self._live:
            return []
        self._live.remove(event.key)
        return [Fail(event.key, errors.cancelled("Batch operation was cancelled"))]

    def _add(self, task: Task) -> Sequence[Instruction]:
        if task.size > self._most_rows:
            message = f"Task size {task.size} is larger than maximum batch size {self._most_rows}"
            return [Fail(task.key, errors.invalid_argument(message))]
        rows = sum(each.size for each in self._open)
        if self._open and rows + task.size > self._most_rows:
            self._close()
            rows = 0
        self._live.add(task.key)
        self._open.append(task)
        if rows + task.size == self._most_rows:
            self._close()
        elif len(self._open) == 1:
            self._opened += 1
            number = self._opened
            DEADLINES.after(
                self._timeout_s, lambda: _begin(lambda: self._waiting.tell(_Expire(number)))
            )
        return []

    def _close(self) -> None:
        tasks, self._open = self._open, []
        _begin(lambda: self._run(tasks))

    def _run(self, tasks: list[Task]) -> None:
        try:
            outcome = _Computed(tasks, self._compute(tasks))
        except Exception as error:  # noqa: BLE001 - belongs to who waits
            outcome = _Computed(tasks, (), error)
        self._waiting.tell(outcome)

    def _finish(self, event: _Computed) -> Sequence[Instruction]:
        made: list[Instruction] = []
        for place, task in enumerate(event.tasks):
            if task.key not in self._live:
                continue
            self._live.remove(task.key)
            if event.error is None:
                made.append(Finish(task.key, event.results[place]))
            else:
                made.append(Fail(task.key, _as_op_error(event.error)))
        return made


def _begin(call: Callable[[], object]) -> None:
    Work(call)


def _as_op_error(error: BaseException) -> errors.OpError:
    return error if isinstance(error, errors.OpError) else errors.internal(str(error))


@dataclass(frozen=True, slots=True)
class _Deliver:
    """Event: a step brings a batch, or nothing, and wants its own part.

    Attributes:
      key: who waits.
      number: of the task of the step.
      parts: the parts of the batch by the numbers of their tasks; empty where there is no batch.
    """

    key: Hashable
    number: int
    parts: dict[int, Any]


@dataclass(frozen=True, slots=True)
class _Forget:
    """Event: a part, or somebody who waits for one, has waited long enough."""

    number: int


class Unbatcher:
    """Gives each step its part of a batch, whichever step has the batch.

    Args:
      timeout_s: how long a step waits for its part, and a part for its step.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._waiting = Waiting(self._handle)
        self._keys: dict[int, Hashable] = {}  # guarded by the lock of _waiting, as is the next
        self._parts: dict[int, Any] = {}

    def take(self, number: int, parts: dict[int, Any], done: Done) -> None:
        """Bring the parts of a batch, or none; call `done` with the part of task `number`."""
        self._waiting.submit(done, lambda key: _Deliver(key, number, parts), lambda part: part)

    def _handle(self, event: Any) -> Sequence[Instruction]:
        if isinstance(event, _Forget):
            self._parts.pop(event.number, None)
            key = self._keys.pop(event.number, None)
            late = errors.deadline_exceeded("Batched tensor did not arrive in time")
            return [] if key is None else [Fail(key, late)]
        if isinstance(event, Cancel):
            numbers = [number for number, key in self._keys.items() if key is event.key]
            for number in numbers:
                del self._keys[number]
            return [Fail(event.key, errors.cancelled("Unbatch was cancelled"))] if numbers else []
        assert isinstance(event, _Deliver)
        if event.number in self._keys:
            known = errors.already_exists("A step waits under the same batch key already")
            return [Fail(event.key, known)]
        self._keys[event.number] = event.key
        made: list[Instruction] = []
        self._parts.update(event.parts)
        for number in (*event.parts, event.number):
            if number in self._keys and number in self._parts:
                made.append(Finish(self._keys.pop(number), self._parts.pop(number)))
            elif number in self._keys or number in self._parts:
                self._forget_later(number)
        return made

    def _forget_later(self, number: int) -> None:
        DEADLINES.after(
            self._timeout_s, lambda: _begin(lambda: self._waiting.tell(_Forget(number)))
        )


@dataclass(frozen=True, slots=True)
class _Bring:
    """Event: a step brings its part.

    Attributes:
      key: who waits.
      number: of the task of the step.
      part: what it brings.
      wanted: the numbers of the tasks whose parts it waits for, in order; None for none.
    """

    key: Hashable
    number: int
    part: Any
    wanted: tuple[int, ...] | None


class Gatherer:
    """Collects the parts of a batch from its steps for the one that has the batch."""

    def __init__(self) -> None:
        self._waiting = Waiting(self._handle)
        self._parts: dict[int, Any] = {}  # guarded by the lock of _waiting, as is the next
        self._wanted: dict[Hashable, tuple[int, ...]] = {}

    def bring(self, number: int, part: Any, wanted: Sequence[int] | None, done: Done) -> None:
        """Bring a part; call `done` with all wanted parts, or None where none are."""
        listed = None if wanted is None else tuple(wanted)
        self._waiting.submit(
            done, lambda key: _Bring(key, number, part, listed), lambda parts: parts
        )

    def _handle(self, event: Any) -> Sequence[Instruction]:
        if isinstance(event, Cancel):
            if self._wanted.pop(event.key, None) is None:
                return []
            return [Fail(event.key, errors.cancelled("UnbatchGrad was cancelled"))]
        assert isinstance(event, _Bring)
        if event.number in self._parts:
            same = errors.invalid_argument("Two runs with the same batch key.")
            return [Fail(event.key, same)]
        self._parts[event.number] = event.part
        made: list[Instruction] = []
        if event.wanted is None:
            made.append(Finish(event.key))
        else:
            self._wanted[event.key] = event.wanted
        for key, wanted in list(self._wanted.items()):
            if all(number in self._parts for number in wanted):
                del self._wanted[key]
                made.append(Finish(key, [self._parts.pop(number) for number in wanted]))
        return made
