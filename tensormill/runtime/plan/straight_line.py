"""Blocks: a run of instructions as compiled Python functions, or walked one by one."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType, TracebackType
from typing import Any, Final, Protocol

from tensormill.kernels.denormals import end_flushing, is_unflushed, start_flushing
from tensormill.kernels.tracking import untracked
from tensormill.runtime.plan.code_writer import CompiledPiece, write_piece
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot, SlotGuard

__all__ = ["Block", "InstructionFailed", "Observer", "computes", "run_piece"]


class Observer(Protocol):
    """Sees each instruction of a walked block, and may raise to end the step."""

    def before(self, instruction: Instruction) -> None:
        """Take note that an instruction is about to run.

        An asynchronous one is about to be started.
        """

    def after(self, instruction: Instruction, outputs: Sequence[Any]) -> None:
        """Take note that an instruction has run, with the values of its outputs."""


_MAX_INSTRUCTIONS = 1500
_WORTH_UNTRACKED = 8
"""With so many instructions it pays to leave out the books of torch's autograd."""


class InstructionFailed(Exception):
    """An instruction raised; the cause is the error, `instruction` says where.

    Attributes:
      instruction: the instruction that failed.
    """

    def __init__(self, instruction: Instruction) -> None:
        super().__init__()
        self.instruction = instruction


_MOVES: Final = frozenset(["Identity", "NoOp", "Pack"])
"""Op types whose kernels compute nothing."""


def computes(instruction: Instruction) -> bool:
    """Return whether an instruction is to compute without denormal numbers."""
    if instruction.is_conversion or instruction.node.op_type in _MOVES:
        return False
    return not is_unflushed(instruction.function)


class Block:
    """Instructions that run one after another over a list of slot values.

    Attributes:
      instructions: what runs, in order.
      constants: the values of slots that are bound when the plan is made.
      kept: slots that are read after the block.
      is_long: it pays to leave out the books of torch's autograd.
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
        self._compiled: list[CompiledPiece] | None = None
        self._computes = any(map(computes, self.instructions))
        self.is_long = len(self.instructions) >= _WORTH_UNTRACKED or any(
            isinstance(instruction, LoopInstruction) for instruction in instructions
        )

    def walk(self, values: list[Any], step: Any, observer: Observer | None = None) -> None:
        """Run the instructions one by one.

        For steps that run once, are traced, or can be interrupted.
        """
        is_flushing = start_flushing()
        try:
            self._walk_list(self.instructions, values, step, observer)
        finally:
            if is_flushing:
                end_flushing()

    def _walk_list(
        self,
        instructions: Sequence[Instruction],
        values: list[Any],
        step: Any,
        observer: Observer | None,
    ) -> None:
        for instruction in instructions:
            if not instruction.guard or _holds(instruction.guard, values):
                if isinstance(instruction, LoopInstruction):
                    self._walk_loop(instruction, values, step, observer)
                else:
                    _walk_one(instruction, values, step, observer)
            for slot in instruction.drops:
                values[slot] = None

    def _walk_loop(
        self, loop: LoopInstruction, values: list[Any], step: Any, observer: Observer | None
    ) -> None:
        variables = loop.outputs
        for slot, source in zip(variables, [values[s] for s in loop.initial], strict=True):
            values[slot] = source
        while True:
            self._walk_list(loop.condition, values, step, observer)
            if not values[loop.predicate]:
                return
            try:
                step.check()
            except Exception as error:
                raise InstructionFailed(loop) from error
            self._walk_list(loop.body, values, step, observer)
            for slot, source in zip(variables, [values[s] for s in loop.updates], strict=True):
                values[slot] = source

    def run(self, values: list[Any], step: Any) -> None:
        """Run the compiled form, compiling it first where that was not done yet."""
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = self._compile()
        is_flushing = self._computes and start_flushing()
        try:
            if self.is_long:
                with untracked():
                    self._run_pieces(compiled, values, step)
            else:
                self._run_pieces(compiled, values, step)
        finally:
            if is_flushing:
                end_flushing()

    @staticmethod
    def _run_pieces(compiled: list[CompiledPiece], values: list[Any], step: Any) -> None:
        for piece in compiled:
            run_piece(piece, values, step)

    def _compile(self) -> list[CompiledPiece]:
        total = len(self.instructions)
        read_by: dict[Slot, int] = {}
        for index, instruction in enumerate(self.instructions):
            for slot in instruction.argument_slots():
                read_by[slot] = index
        pieces = []
        set_before: set[Slot] = set()
        for first in range(0, total, _MAX_INSTRUCTIONS):
            end = min(first + _MAX_INSTRUCTIONS, total)
            chunk = self.instructions[first:end]
            stored = frozenset(
                slot
                for instruction in chunk
                for slot in instruction.outputs
                if slot in self.kept or read_by.get(slot, -1) >= end
            )
            pieces.append(write_piece(chunk, self.constants, stored, set_before))
            set_before |= stored
        return pieces


def run_piece(piece: CompiledPiece, values: list[Any], step: Any) -> int | None:
    """Run a piece; return which of its asynchronous instructions must wait, if one must.

    Raises:
      InstructionFailed: an instruction raised.
    """
    try:
        return piece.function(values, step)
    except Exception as error:
        line = _line_in(error.__traceback__, piece.code)
        instruction = None if line is None else piece.instructions[line]
        if instruction is None:
            raise
        raise InstructionFailed(instruction) from error


def _holds(guard: SlotGuard, values: list[Any]) -> bool:
    return all(bool(values[slot]) is value for slot, value in guard)


def _walk_one(
    instruction: Instruction, values: list[Any], step: Any, observer: Observer | None
) -> None:
    if observer is not None:
        observer.before(instruction)
    try:
        arguments = [
            [values[s] for s in a] if type(a) is list else values[a] for a in instruction.arguments
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


def _line_in(traceback: TracebackType | None, code: CodeType) -> int | None:
    while traceback is not None:
        if traceback.tb_frame.f_code is code:
            return traceback.tb_lineno
        traceback = traceback.tb_next
    return None
