"""Reuse: instructions write over inputs that die there, or keep them, in place of new memory.

An input dies at an instruction that is the only one to read it; that holds in whatever order, and
on whatever threads, the instructions run.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import partial

from tensormill.graph.shapes import is_fully_defined
from tensormill.kernels.overwriting import MAKES_NEW_MEMORY, OVERWRITING
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph
from tensormill.runtime.plan.slot_reads import count_reads
from tensormill.runtime.transfers import RECEIVES

__all__ = ["reuse_memory"]

_WORTH_ELEMENTS = 16_384
_USUAL_SIZE = 64
"""What stands for a size that is not known when the plan is made."""
_FLOATS = frozenset(["float16", "bfloat16", "float32", "float64"])
_KEEPING = frozenset(
    f"{name}{version}" for name in ("QueueEnqueue", "QueueEnqueueMany") for version in ("", "V2")
)
"""Op types whose kernels keep components that nobody else reads."""


def reuse_memory(lowered: LoweredGraph) -> None:
    """Replace the kernels of instructions whose input dies there by such that write over it."""
    given = {slot for slot, _, _, _ in lowered.feeds}
    _reuse(lowered.instructions, count_reads(lowered), given)


def _reuse(instructions: list[Instruction], reads: Counter[Slot], given: set[Slot]) -> None:
    """Reuse memory in one scope.

    Args:
      instructions: the instructions of the scope.
      reads: how often each slot is read.
      given: slots of values that may have come in a message.
    """
    made: set[Slot] = set()
    for instruction in instructions:
        if isinstance(instruction, LoopInstruction):
            _reuse(instruction.condition, reads, set())
            _reuse(instruction.body, reads, set())
            continue
        if instruction.node.op_type in RECEIVES:
            given.update(instruction.outputs)
        if instruction.node.op_type in _KEEPING and not instruction.is_conversion:
            _keep(instruction, reads, made, given)
        if instruction.is_conversion or instruction.is_async or instruction.expression is not None:
            continue
        node = instruction.node
        if node.op_type in OVERWRITING and _is_worth_it(node):
            _overwrite(instruction, reads, made)
        if node.op_type in MAKES_NEW_MEMORY or _hands_on(instruction, reads, made):
            made.update(instruction.outputs)


def _keep(
    instruction: Instruction, reads: Counter[Slot], made: set[Slot], given: set[Slot]
) -> None:
    """Tell an enqueue which components nobody else reads; see `queue_values.taken_over`."""
    _, components = instruction.arguments
    alone = {
        place: slot in made
        for place, slot in enumerate(components)
        if reads[slot] == 1 and (slot in made or slot in given)
    }
    if alone:
        instruction.function = partial(instruction.function, alone=alone)
        if instruction.at_once is not None:
            instruction.at_once = partial(instruction.at_once, alone=alone)


def _hands_on(instruction: Instruction, reads: Counter[Slot], made: set[Slot]) -> bool:
    """Return whether an identity is the only one to read new memory."""
    if instruction.node.op_type != "Identity":
        return False
    (slot,) = instruction.arguments
    return slot in made and reads[slot] == 1


def _overwrite(instruction: Instruction, reads: Counter[Slot], made: set[Slot]) -> None:
    node = instruction.node
    dims = node.output_dims[0]
    for position, make in OVERWRITING[node.op_type]:
        slot = instruction.arguments[position]
        source, index = node.inputs[position]
        is_same = source.output_dims[index] == dims and source.output_dtypes[index] in (
            node.output_dtypes
        )
        if is_same and slot in made and reads[slot] == 1:
            instruction.function = make(instruction.function, _has_one_shape(node))
            return


def _is_worth_it(node: Node) -> bool:
    dims = node.output_dims[0]
    if dims is None or node.output_dtypes[0].name not in _FLOATS:
        return False
    if node.attrs.get("data_format", b"NHWC") != b"NHWC":
        return False
    if dims and _has_one_shape(node):
        return True
    return math.prod(_USUAL_SIZE if size is None else size for size in dims) >= _WORTH_ELEMENTS


def _has_one_shape(node: Node) -> bool:
    """Return whether all inputs have the known shape of the result."""
    dims = node.output_dims[0]
    return is_fully_defined(dims) and all(
        source.output_dims[index] == dims for source, index in node.inputs
    )
