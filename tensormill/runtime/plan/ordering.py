"""Ordering: small updates of variables run one after another.

Between the large kernels of a step, the code of a small one has left the caches of the processor,
and most of its time is spent to fetch it again. Where many small updates follow each other, only
the first one pays for that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tensormill.graph.shapes import is_fully_defined
from tensormill.ops.training import UPDATE_RULES
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph

__all__ = ["gather_updates"]

_SMALL_ELEMENTS = 1 << 16
"""The gradient of a larger variable is better used while it is in the cache."""
_UPDATES = frozenset(
    f"{form}{rule.name}" for rule in UPDATE_RULES for form in rule.forms if "Sparse" not in form
)


def gather_updates(lowered: LoweredGraph) -> None:
    """Move small dense updates of one kind to the place of the last of them."""
    kinds = {i.node.op_type for i in lowered.instructions if _is_small_update(i)}
    for kind in sorted(kinds):
        lowered.instructions = _gathered(lowered.instructions, kind)


def _is_small_update(instruction: Instruction) -> bool:
    node = instruction.node
    if node.op_type not in _UPDATES or instruction.is_conversion or instruction.guard:
        return False
    gradients = node.op_def.inputs
    at = next(i for i, arg in enumerate(gradients) if arg.name in ("grad", "delta"))
    source, index = node.inputs[at]
    dims = source.output_dims[index]
    return is_fully_defined(dims) and math.prod(size or 0 for size in dims or ()) <= _SMALL_ELEMENTS


def _gathered(instructions: list[Instruction], kind: str) -> list[Instruction]:
    places = [
        place
        for place, instruction in enumerate(instructions)
        if instruction.node.op_type == kind and _is_small_update(instruction)
    ]
    first, last = places[0], places[-1]
    moved = [instructions[place] for place in places]
    while first and _is_for(instructions[first - 1], moved[0]):
        first -= 1
    others = [instructions[place] for place in range(first, last) if place not in set(places)]
    if any(i.is_async or isinstance(i, LoopInstruction) for i in others):
        return instructions
    wanted = {instruction.node for instruction in moved}
    made = {slot for instruction in moved for slot in instruction.outputs}
    if not made.isdisjoint(slot for i in others for slot in i.argument_slots()):
        return instructions
    others, for_moved = _apart(others, wanted)
    if _any_depends((i.node for i in others), wanted) or _any_depends(
        (source for node in wanted for source in _sources(node)), wanted
    ):
        return instructions
    for_moved = _without_repeats(for_moved, moved)
    return [*instructions[:first], *others, *for_moved, *moved, *instructions[last + 1 :]]


def _apart(
    instructions: list[Instruction], wanted: set[Node]
) -> tuple[list[Instruction], list[Instruction]]:
    """Return the instructions that stay, and the conversions that only wanted updates need."""
    stay, move = [], []
    read: set[Slot] = set()
    for instruction in reversed(instructions):
        is_for_wanted = instruction.is_conversion and instruction.node in wanted
        if is_for_wanted and read.isdisjoint(instruction.outputs):
            move.append(instruction)
        else:
            stay.append(instruction)
            read.update(instruction.argument_slots())
    return stay[::-1], move[::-1]


def _is_for(instruction: Instruction, update: Instruction) -> bool:
    return instruction.is_conversion and instruction.node is update.node


def _without_repeats(
    conversions: list[Instruction], updates: list[Instruction]
) -> list[Instruction]:
    """Let updates that read the same scalar before any of them runs read it once."""
    made: dict[Any, Slot] = {}
    same: dict[Slot, Slot] = {}
    kept = []
    for conversion in conversions:
        conversion.arguments = [same.get(slot, slot) for slot in conversion.arguments]
        key = (conversion.function, *conversion.arguments)
        known = made.setdefault(key, conversion.outputs[0])
        if known == conversion.outputs[0]:
            kept.append(conversion)
        else:
            same[conversion.outputs[0]] = known
    for update in updates:
        update.arguments = [same.get(slot, slot) for slot in update.arguments]
    return kept


def _any_depends(nodes: Iterable[Node], wanted: set[Node]) -> bool:
    """Return whether any of the nodes is one of the wanted ones, or runs after one."""
    pending = list(nodes)
    seen = set(pending)
    while pending:
        node = pending.pop()
        if node in wanted:
            return True
        for source in _sources(node):
            if source not in seen:
                seen.add(source)
                pending.append(source)
    return False


def _sources(node: Node) -> Iterable[Node]:
    yield from (source for source, _ in node.inputs)
    yield from node.controls
