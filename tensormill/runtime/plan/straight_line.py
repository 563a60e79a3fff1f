"""Straight-line code: a run of instructions as one generated Python function, or walked one by one.

The generated source holds slot numbers only: kernels, constants and attributes are bound as objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import CodeType, TracebackType
from typing import Any, Protocol

from tensormill.runtime.plan.instructions import Instruction, Slot

__all__ = ["Block", "InstructionFailed", "Observer"]


class Observer(Protocol):
    """Sees each instruction of a walked block, and may raise to end the step."""

    def before(self, instruction: Instruction) -> None:
        """Take note that an instruction is about to run, or to be started where it is asynchronous."""

    def after(self, instruction: Instruction, outputs: Sequence[Any]) -> None:
        """Take note that an instruction has run, with the values of its outputs."""


_MAX_LINES = 1500
_HEADER_LINES = 2


class InstructionFailed(Exception):
    """An instruction raised; the cause is the error, `instruction` says where.

    Attributes:
      instruction: the instruction that failed.
    """

    def __init__(self, instruction: Instruction) -> None:
        super().__init__()
        self.instruction = instruction


class Block:
    """Instructions that run one after another over a list of slot values.

    Attributes:
      instructions: what runs, in order.
      constants: the values of slots that are bound when the plan is made.
      kept: slots that are read after the block.
    """

    def __init__(
        self, instructions: Sequence[Instruction], constants: dict[Slot, Any], kept: frozenset[Slot]
    ) -> None:
        """Prepare a block.

        Args:
          instructions: none of them asynchronous.
          constants: the values of slots that are bound when the plan is made.
          kept: slots that are read after the block, by other blocks or as results.
        """
        self.instructions = list(instructions)
        self.constants = constants
        self.kept = kept
        self._compiled: list[tuple[Callable[[list[Any], Any], None], CodeType, int]] | None = None

    def walk(self, values: list[Any], step: Any, observer: Observer | None = None) -> None:
        """Run the instructions one by one: for steps that run once, are traced, or can be interrupted."""
        for instruction in self.instructions:
            if observer is not None:
                observer.before(instruction)
            try:
                arguments = [
                    [values[s] for s in a] if type(a) is list else values[a]
                    for a in instruction.arguments
                ]
                if instruction.takes_step:
                    result = instruction.function(*arguments, step=step)
                else:
                    result = instruction.function(*arguments)
            except Exception as error:
                raise InstructionFailed(instruction) from error
            outputs = instruction.outputs
            if instruction.is_tuple:
                for slot, value in zip(outputs, result if outputs else (), strict=True):
                    values[slot] = value
            else:
                values[outputs[0]] = result
            if observer is not None:
                observer.after(instruction, [values[slot] for slot in outputs])
            for slot in instruction.drops:
                values[slot] = None

    def run(self, values: list[Any], step: Any) -> None:
        """Run the compiled form, compiling it first where that was not done yet."""
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = self._compile()
        for function, code, first in compiled:
            try:
                function(values, step)
            except Exception as error:
                line = _line_in(error.__traceback__, code)
                if line is None:
                    raise
                raise InstructionFailed(
                    self.instructions[first + line - _HEADER_LINES - 1]
                ) from error

    def _compile(self) -> list[tuple[Callable[[list[Any], Any], None], CodeType, int]]:
        pieces = []
        total = len(self.instructions)
        last_read: dict[Slot, int] = {}
        for index, instruction in enumerate(self.instructions):
            for slot in instruction.argument_slots():
                last_read[slot] = index
        for first in range(0, total, _MAX_LINES):
            pieces.append(self._compile_piece(first, min(first + _MAX_LINES, total), last_read))
        return pieces

    def _compile_piece(
        self, first: int, end: int, last_read: dict[Slot, int]
    ) -> tuple[Callable[[list[Any], Any], None], CodeType, int]:
        names: dict[str, Any] = {}
        constants = self.constants
        loads: set[Slot] = set()
        defined: set[Slot] = set()
        lines = []

        def ref(slot: Slot) -> str:
            if slot in constants:
                names[f"c{slot}"] = constants[slot]
                return f"c{slot}"
            if slot not in defined:
                loads.add(slot)
            return f"v{slot}"

        for index in range(first, end):
            instruction = self.instructions[index]
            arguments = [
                "[" + ", ".join(map(ref, a)) + "]" if type(a) is list else ref(a)
                for a in instruction.arguments
            ]
            if instruction.expression is not None:
                call = instruction.expression.format(*arguments)
            else:
                names[f"k{index}"] = instruction.function
                if instruction.takes_step:
                    arguments.append("step=step")
                call = f"k{index}({', '.join(arguments)})"
            outputs = instruction.outputs
            defined.update(outputs)
            if not outputs:
                line = call
            elif instruction.is_tuple:
                line = "".join(f"v{slot}, " for slot in outputs) + "= " + call
            else:
                line = f"v{outputs[0]} = {call}"
            stored = [s for s in outputs if s in self.kept or last_read.get(s, -1) >= end]
            for slot in stored:
                line += f"; values[{slot}] = v{slot}"
            for slot in instruction.drops:
                line += f"; del v{slot}" + (
                    f"; values[{slot}] = None" if slot not in defined else ""
                )
            lines.append(line)
        load = ", ".join(f"v{s}" for s in sorted(loads))
        values = ", ".join(f"values[{s}]" for s in sorted(loads))
        first_line = f"{load}, = {values}," if loads else "pass"
        source = "\n ".join(["def block(values, step):", first_line, *lines])
        scope: dict[str, Any] = dict(names)
        exec(compile(source, "<plan>", "exec"), scope)
        function = scope["block"]
        return function, function.__code__, first


def _line_in(traceback: TracebackType | None, code: CodeType) -> int | None:
    while traceback is not None:
        if traceback.tb_frame.f_code is code:
            return traceback.tb_lineno
        traceback = traceback.tb_next
    return None
