"""`AccumulatorState`: what a conditional accumulator decides, without threads.

It counts gradients, drops those of former steps, and hands out their sum or mean to who asked first
once there are as many as that wants.

Source: TensorFlow 1.15, core/kernels/conditional_accumulator_base.cc.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tensormill.graph import errors
from tensormill.runtime.resources.waiting import Cancel, Fail, Finish, Instruction

__all__ = ["AccumulatorState", "Apply", "GradientSum", "SetGlobalStep", "Take"]


@dataclass(frozen=True, slots=True)
class Apply:
    """A gradient comes, computed in a step."""

    gradient: Any
    local_step: int


@dataclass(frozen=True, slots=True)
class Take:
    """Somebody wants what so many gradients make."""

    key: Hashable
    required: int


@dataclass(frozen=True, slots=True)
class SetGlobalStep:
    """Gradients of earlier steps than this one are not wanted any more."""

    global_step: int


class GradientSum(Protocol):
    """Adds gradients up."""

    def add(self, gradient: Any) -> None:
        """Add one.

        Raises:
          InvalidArgumentError: it does not fit to the others.
        """

    def take(self) -> Any:
        """Return what they make, and begin anew."""


class AccumulatorState:
    """The state of one accumulator.

    Attributes:
      count: how many gradients it holds.
      global_step: gradients of earlier steps are dropped.
    """

    def __init__(self, gradient_sum: GradientSum) -> None:
        self._sum = gradient_sum
        self.count = 0
        self.global_step = 0
        self._takes: OrderedDict[Hashable, Take] = OrderedDict()

    def handle(self, event: Apply | Take | SetGlobalStep | Cancel) -> Sequence[Instruction]:
        """Take note of an event and return what became of which attempt.

        Raises:
          InvalidArgumentError: a gradient does not fit; nothing has changed.
        """
        if isinstance(event, Apply):
            if event.local_step < self.global_step:
                return ()
            self._sum.add(event.gradient)
            self.count += 1
        elif isinstance(event, Take):
            self._takes[event.key] = event
        elif isinstance(event, SetGlobalStep):
            self.global_step = event.global_step
            return ()
        elif self._takes.pop(event.key, None) is not None:
            error = errors.cancelled("TakeGrad operation was cancelled")
            return [Fail(event.key, error), *self._advance()]
        return self._advance()

    def poll(self, required: int) -> Any | None:
        """Hand out what the gradients make if there are enough and nobody waits; else None."""
        if self._takes or self.count < required:
            return None
        return self._take()

    def _take(self) -> Any:
        self.count = 0
        self.global_step += 1
        return self._sum.take()

    def _advance(self) -> list[Instruction]:
        made: list[Instruction] = []
        while self._takes:
            first = next(iter(self._takes.values()))
            if self.count < first.required:
                break
            self._takes.popitem(last=False)
            made.append(Finish(first.key, self._take()))
        return made
