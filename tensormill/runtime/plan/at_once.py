"""A short program that may wait, as one function that goes as far as it comes without waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tensormill.kernels.denormals import end_flushing, start_flushing
from tensormill.runtime.plan.code_writer import write_piece
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.straight_line import Block, computes, run_piece

__all__ = ["AtOnce"]

_MOST_INSTRUCTIONS: Final = 64
"""The steps of longer programs are not much shorter for this."""


class AtOnce:
    """Blocks and what may wait behind each of them, one after another.

    Args:
      parts: each block, with the asynchronous instructions that are started at its end.
    """

    def __init__(self, parts: Sequence[tuple[Block, Sequence[Instruction]]]) -> None:
        block = parts[0][0]
        instructions = [i for block, starts in parts for i in (*block.instructions, *starts)]
        given = {slot for i in instructions if i.is_async for slot in i.outputs}
        self._piece = write_piece(instructions, block.constants, block.kept | given)
        self._computes = any(computes(i) for i in instructions if not i.is_async)

    @staticmethod
    def suits(parts: Sequence[tuple[Block, Sequence[Instruction]]]) -> bool:
        """Return whether a program is short."""
        if any(block.is_long for block, _ in parts):
            return False
        return sum(len(b.instructions) + len(s) for b, s in parts) <= _MOST_INSTRUCTIONS

    def run(self, values: list[Any], step: Any) -> int | None:
        """Run until an instruction must wait; return which of the asynchronous ones, if any.

        Raises:
          InstructionFailed: an instruction raised.
        """
        is_flushing = self._computes and start_flushing()
        try:
            return run_piece(self._piece, values, step)
        finally:
            if is_flushing:
                end_flushing()
