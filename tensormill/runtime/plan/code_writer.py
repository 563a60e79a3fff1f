"""Generated source for straight-line code with loops and branches.

The source holds slot numbers only: `v3` for a value, `c3` for a value bound when the plan is made,
`k3` for a kernel. Kernels, constants and attributes are bound as objects; no text of a graph ever
enters it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from tensormill.kernels.registry import WAITS
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot, SlotGuard

__all__ = ["CompiledPiece", "write_piece"]


@dataclass(slots=True)
class CompiledPiece:
    """A run of instructions as one Python function.

    Attributes:
      function: takes the list of slot values and the running step. Where it comes to an
        asynchronous instruction that must wait, it returns which of them that is, counted from 0.
      code: its code object, to find its line in a traceback.
      instructions: the instruction on each line of the source; None for lines without one.
    """

    function: Callable[[list[Any], Any], int | None]
    code: CodeType
    instructions: list[Instruction | None]


def write_piece(
    instructions: Sequence[Instruction],
    constants: dict[Slot, Any],
    stored: frozenset[Slot],
    set_before: Container[Slot] = (),
) -> CompiledPiece:
    """Compile instructions.

    Args:
      instructions: what runs, in order; asynchronous ones where they need not wait.
      constants: the values of slots that are bound when the plan is made.
      stored: slots that are read after these instructions, or where one of them waits.
      set_before: slots that instructions before these may have set, as the other branch of a Merge
        does.
    """
    return _Writer(constants, stored, set_before).write(instructions)


class _Writer:
    """The state while one function is written."""

    def __init__(
        self, constants: dict[Slot, Any], stored: frozenset[Slot], set_before: Container[Slot]
    ) -> None:
        self._constants = constants
        self._stored = stored
        self._set_before = set_before
        self._names: dict[str, Any] = {}
        self._loads: set[Slot] = set()
        self._defined: set[Slot] = set()
        self._maybe_unset: set[Slot] = set()
        self._lines: list[str] = []
        self._line_instructions: list[Instruction | None] = []
        self._asynchronous = 0

    def write(self, instructions: Sequence[Instruction]) -> CompiledPiece:
        self._write_list(instructions, " ")
        loads = sorted(self._loads)
        if loads:
            names = ", ".join(f"v{s}" for s in loads)
            values = ", ".join(f"values[{s}]" for s in loads)
            head = [f" {names}, = {values},"]
        else:
            head = [" pass"]
        # A value that only a branch sets is None where the branch is not taken.
        unset = sorted(self._maybe_unset - self._loads)
        if unset:
            head.append(" " + " = ".join(f"v{s}" for s in unset) + " = None")
        source = "\n".join(["def block(values, step):", *head, *self._lines])
        scope: dict[str, Any] = dict(self._names)
        exec(compile(source, "<plan>", "exec"), scope)
        function = scope["block"]
        no_instructions: list[Instruction | None] = [None] * (2 + len(head))
        return CompiledPiece(function, function.__code__, no_instructions + self._line_instructions)

    def _write_list(self, instructions: Iterable[Instruction], indent: str) -> None:
        open_guard: SlotGuard = ()
        for instruction in instructions:
            guard = instruction.guard
            if not guard and _does_nothing(instruction):
                continue
            if guard != open_guard and guard:
                test = " and ".join(
                    self._ref(slot) if value else f"not {self._ref(slot)}" for slot, value in guard
                )
                self._line(f"{indent}if {test}:", instruction)
            open_guard = guard
            self._write(instruction, indent + " " if guard else indent)

    def _write(self, instruction: Instruction, indent: str) -> None:
        if isinstance(instruction, LoopInstruction):
            self._write_loop(instruction, indent)
        elif instruction.is_async:
            self._write_at_once(instruction, indent)
        else:
            call = self._call(instruction, instruction.function, instruction.takes_step)
            self._define(instruction)
            self._line(indent + self._assigned(instruction, call), instruction)

    def _write_at_once(self, instruction: Instruction, indent: str) -> None:
        """Write what an asynchronous instruction does where it need not wait."""
        position, self._asynchronous = self._asynchronous, self._asynchronous + 1
        if instruction.at_once is None:
            self._line(f"{indent}return {position}", instruction)
            return
        call = self._call(instruction, instruction.at_once, instruction.at_once_takes_step)
        self._names["waits"] = WAITS
        self._line(f"{indent}made = {call}", instruction)
        self._line(f"{indent}if made is waits: return {position}", instruction)
        self._define(instruction)
        if instruction.outputs:
            self._line(indent + self._assigned(instruction, "made"), instruction)

    def _assigned(self, instruction: Instruction, made: str) -> str:
        outputs = instruction.outputs
        if not outputs:
            line = made
        elif instruction.is_tuple:
            line = "".join(f"v{slot}, " for slot in outputs) + "= " + made
        else:
            line = f"v{outputs[0]} = {made}"
        return line + self._after(instruction)

    def _call(
        self, instruction: Instruction, function: Callable[..., Any], takes_step: bool
    ) -> str:
        arguments = [
            "[" + ", ".join(map(self._ref, a)) + "]" if type(a) is list else self._ref(a)
            for a in instruction.arguments
        ]
        if instruction.expression is not None:
            return instruction.expression.format(*arguments)
        name = f"k{len(self._lines)}"
        self._names[name] = function
        if takes_step:
            arguments.append("step=step")
        return f"{name}({', '.join(arguments)})"

    def _write_loop(self, loop: LoopInstruction, indent: str) -> None:
        variables = "".join(f"v{slot}, " for slot in loop.outputs)
        if variables:
            first = "".join(f"{self._ref(slot)}, " for slot in loop.initial)
            self._line(f"{indent}{variables}= {first}", loop)
        self._define(loop)
        self._line(f"{indent}while True:", loop)
        inner = indent + " "
        self._write_list(loop.condition, inner)
        self._line(f"{inner}if not {self._ref(loop.predicate)}: break", loop)
        self._line(f"{inner}step.check()", loop)
        self._write_list(loop.body, inner)
        if variables:
            following = "".join(f"{self._ref(slot)}, " for slot in loop.updates)
            self._line(f"{inner}{variables}= {following}", loop)
        after = self._after(loop)
        if after:
            self._line(indent + after.removeprefix("; "), loop)

    def _define(self, instruction: Instruction) -> None:
        outputs = instruction.outputs
        if instruction.guard:
            self._maybe_unset.update(outputs)
            self._loads.update(
                s for s in outputs if s in self._set_before and s not in self._defined
            )
        self._defined.update(outputs)

    def _after(self, instruction: Instruction) -> str:
        """Return what stores the results that others read, and lets go of the rest."""
        text = "".join(f"; values[{s}] = v{s}" for s in instruction.outputs if s in self._stored)
        for slot in instruction.drops:
            if slot in self._maybe_unset:
                text += f"; v{slot} = None"
            else:
                text += f"; del v{slot}"
            if slot in self._loads:
                text += f"; values[{slot}] = None"
        return text

    def _ref(self, slot: Slot) -> str:
        if slot in self._constants:
            self._names[f"c{slot}"] = self._constants[slot]
            return f"c{slot}"
        if slot not in self._defined:
            self._loads.add(slot)
        return f"v{slot}"

    def _line(self, text: str, instruction: Instruction) -> None:
        self._lines.append(text)
        self._line_instructions.append(instruction)


def _does_nothing(instruction: Instruction) -> bool:
    """Return whether a node only says what others wait for, which their order says already."""
    return instruction.node.op_type == "NoOp" and not (
        instruction.is_conversion or instruction.outputs or instruction.drops
    )
