"""How often the values of a program are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph

__all__ = ["count_reads"]


def count_reads(lowered: LoweredGraph) -> Counter[Slot]:
    """Return how many readers each slot has: instructions, fetches and guards.

    What a loop reads from outside, it reads again and again; such a slot has more than one.
    """
    reads: Counter[Slot] = Counter(slot for slot, _, _ in lowered.fetches)
    for guard in lowered.fetch_guards.values():
        reads.update(slot for slot, _ in guard)
    _count(lowered.instructions, reads)
    return reads


def _count(instructions: Iterable[Instruction], reads: Counter[Slot]) -> None:
    for instruction in instructions:
        reads.update(instruction.argument_slots())
        if isinstance(instruction, LoopInstruction):
            reads.update([*instruction.initial, instruction.predicate, *instruction.updates])
            _count([*instruction.condition, *instruction.body], reads)
