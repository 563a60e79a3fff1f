"""Instructions: nodes of a program bound to their kernels, with the forms of values decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from tensormill.runtime.node import Node

__all__ = ["Form", "Instruction", "LoopInstruction", "Slot", "SlotGuard"]

Slot = int
"""The place of a value in a program."""

SlotGuard = tuple[tuple[Slot, bool], ...]
"""The predicates (host bools) that must have these values for an instruction to run.

Outermost first.
"""


class Form(IntEnum):
    """The form of a value inside a program (see `kernels.registry`)."""

    TENSOR = 0
    HOST = 1
    HANDLE = 2


@dataclass(slots=True)
class Instruction:
    """One call: `outputs = function(*arguments)`.

    Attributes:
      function: the kernel with its attributes bound.
      arguments: slots, or lists of slots where an argument is a list of tensors.
      outputs: the slots of the results; a function with one output returns it bare.
      is_tuple: the function returns a sequence of outputs, whatever their number.
      node: the node that the call computes, for messages and traces; conversions carry their
        consumer's.
      expression: a Python expression with `{0}`, `{1}` for the arguments that computes the same,
        or None.
      drops: slots whose values are not needed after this call.
      takes_step: `function` takes the running step as `step=`.
      is_async: `function` returns at once and reports through `done=`.
      at_once: gives the outputs of an asynchronous instruction where nothing need be waited for.
      at_once_takes_step: `at_once` takes the running step as `step=`.
      is_conversion: changes the form of a value and belongs to no op of its own.
      guard: the predicates that must hold, or the call is left out and its outputs stay unset.
    """

    function: Callable[..., Any]
    arguments: list[Any]
    outputs: list[Slot]
    node: Node
    is_tuple: bool = False
    expression: str | None = None
    drops: list[Slot] = field(default_factory=list)
    takes_step: bool = False
    is_async: bool = False
    at_once: Callable[..., Any] | None = None
    at_once_takes_step: bool = False
    is_conversion: bool = False
    guard: SlotGuard = ()

    def argument_slots(self) -> list[Slot]:
        """Return the slots that the call reads, those of its guard included."""
        slots: list[Slot] = [slot for slot, _ in self.guard]
        for argument in self.arguments:
            if type(argument) is list:
                slots.extend(argument)
            else:
                slots.append(argument)
        return slots


@dataclass(slots=True)
class LoopInstruction(Instruction):
    """A while loop as one instruction.

    Its arguments are everything that it reads from outside, its outputs the variables, which hold
    their last values when it ends.

    Attributes:
      initial: the slot of the first value of each variable.
      condition: what runs before each decision.
      predicate: the slot that says whether to go on.
      body: what runs in each iteration.
      updates: the slot of the next value of each variable.
      nodes: the nodes that hold the variables, for what is ordered after the loop.
    """

    initial: list[Slot] = field(default_factory=list)
    condition: list[Instruction] = field(default_factory=list)
    predicate: Slot = -1
    body: list[Instruction] = field(default_factory=list)
    updates: list[Slot] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
