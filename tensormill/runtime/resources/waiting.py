"""Who waits at a resource: entries with callbacks, and the driver of the state behind them.

The state of such a resource is pure: it is told of events under a lock and answers with
instructions, which `Waiting` carries out when the lock is free again. Waiting costs no thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tensormill.graph import errors

__all__ = ["Cancel", "Done", "Entry", "Fail", "Finish", "Instruction", "Waiting"]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Event: an attempt is not wanted any more.

    Attributes:
      key: of the attempt.
      puts_back: what it has taken so far goes back; else it is lost, as in TensorFlow.
    """

    key: Hashable
    puts_back: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """Instruction: an attempt is done, with this result."""

    key: Hashable
    result: Any = None


@dataclass(frozen=True, slots=True)
class Fail:
    """Instruction: an attempt failed."""

    key: Hashable
    error: errors.OpError


Instruction = Finish | Fail


class Done(Protocol):
    """What is called when an attempt ends (see `kernels.registry.async_kernel`)."""

    step: Any
    instruction: Any

    def __call__(self, outputs: Any = None) -> None:
        """Report the outputs."""

    def fail(self, error: BaseException) -> None:
        """Report the error."""


class Entry:
    """Somebody who waits; the key of an attempt.

    Attributes:
      done: what to call.
      convert: makes the outputs of the result of the attempt; called without a lock.
      is_warned: who waits was told that it may be for ever.
    """

    __slots__ = ("convert", "done", "is_over", "is_warned", "token")

    def __init__(self, done: Done, convert: Callable[[Any], Any]) -> None:
        self.done = done
        self.convert = convert
        self.token: int | None = None
        self.is_over = False
        self.is_warned = False

    def end(self, instruction: Instruction) -> None:
        """Do what an instruction says of the attempt."""
        self.is_over = True
        if self.token is not None:
            self.done.step.cancellation.deregister(self.token)
        if isinstance(instruction, Fail):
            self.done.fail(instruction.error)
            return
        try:
            outputs = self.convert(instruction.result)
        except Exception as error:  # noqa: BLE001 - belongs to who waits
            self.done.fail(error)
            return
        self.done(outputs)


class Waiting:
    """Drives the state of one resource. Any thread.

    Attributes:
      lock: guards the state.
    """

    __slots__ = ("_handle", "lock")

    def __init__(self, handle: Callable[[Any], Sequence[Instruction]]) -> None:
        """Make a driver.

        Args:
          handle: takes an event and returns instructions; called with the lock held.
        """
        self._handle = handle
        self.lock = threading.Lock()

    def submit(
        self, done: Done, make_event: Callable[[Entry], Any], convert: Callable[[Any], Any]
    ) -> None:
        """Begin an attempt; `done` is called in the end, which may be now.

        Args:
          done: what to call.
          make_event: returns the event of an attempt with this key.
          convert: makes the outputs of the result.
        """
        entry = Entry(done, convert)
        self.tell(make_event(entry))
        if entry.is_over:
            return
        cancellation = done.step.cancellation
        entry.token = cancellation.register(
            lambda reason: self.tell(Cancel(entry, cancellation.is_abandoned))
        )
        if entry.is_over:
            cancellation.deregister(entry.token)

    def tell(self, event: Any) -> None:
        """Tell the state of an event, and do what it says."""
        with self.lock:
            instructions = self._handle(event)
        self.act(instructions)

    @staticmethod
    def act(instructions: Sequence[Instruction]) -> None:
        """Do what the state says. Called without the lock."""
        for instruction in instructions:
            entry = instruction.key
            assert isinstance(entry, Entry)
            entry.end(instruction)
