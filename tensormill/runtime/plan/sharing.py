"""Sharing: an instruction keeps for that of its gradient what would be computed again."""

from __future__ import annotations

from functools import partial

from tensormill.kernels.registry import find_shared_work
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph

__all__ = ["share_work"]


def share_work(lowered: LoweredGraph) -> None:
    """Connect the instructions of ops with those of their gradients by a slot of their own."""
    _share(lowered.instructions, lowered)


def _share(instructions: list[Instruction], lowered: LoweredGraph) -> None:
    by_values: dict[tuple[str, Slot, Slot], Instruction] = {}
    for instruction in instructions:
        if isinstance(instruction, LoopInstruction):
            _share(instruction.body, lowered)
            continue
        arguments, outputs = instruction.arguments, instruction.outputs
        if len(arguments) == 1 and len(outputs) == 1 and type(arguments[0]) is not list:
            by_values[instruction.node.op_type, arguments[0], outputs[0]] = instruction
        shared = find_shared_work(instruction.node.op_type)
        if shared is None or instruction.is_conversion:
            continue
        x, y, _ = arguments
        forward = by_values.get((shared.forward_op, x, y))
        if forward is None or not _belong_together(forward, instruction):
            continue
        kept = lowered.slot_count
        lowered.slot_count += 1
        attrs = {k: v for k, v in _attrs(instruction.node).items() if k != "T"}
        forward.function = partial(shared.forward, **attrs)
        forward.outputs, forward.is_tuple = [y, kept], True
        instruction.function = partial(shared.gradient, **attrs)
        instruction.arguments = [kept, arguments[2]]


def _belong_together(forward: Instruction, gradient: Instruction) -> bool:
    return (
        forward.guard == gradient.guard
        and forward.node.device == gradient.node.device
        and _attrs(forward.node) == _attrs(gradient.node)
    )


def _attrs(node: Node) -> dict[str, object]:
    return {k: v for k, v in node.attrs.items() if not k.startswith("_")}
