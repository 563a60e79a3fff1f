"""Outgoing results: what is made only to be sent to another task is made in outgoing memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from tensormill.graph.shapes import Dims, is_fully_defined, num_elements
from tensormill.kernels.given_memory import INTO
from tensormill.kernels.torch_dtypes import torch_dtype
from tensormill.runtime.node import Node
from tensormill.runtime.outgoing_memory import OUTGOING, WORTH_BYTES
from tensormill.runtime.plan.instructions import Instruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph
from tensormill.runtime.plan.slot_reads import count_reads
from tensormill.runtime.rendezvous_keys import task_of
from tensormill.runtime.shared_segment import HAS_SHARED_MEMORY
from tensormill.runtime.transfers import SENDS

__all__ = ["make_outside"]

_FLOATS = frozenset(["float16", "float32", "float64"])


def make_outside(lowered: LoweredGraph) -> None:
    """Let instructions make in outgoing memory what nothing reads but a send to another task."""
    if not HAS_SHARED_MEMORY:
        return
    sent = _sent_elsewhere(lowered.instructions)
    if not sent:
        return
    reads = count_reads(lowered)
    for instruction in lowered.instructions:
        if len(instruction.outputs) != 1 or not _is_usual(instruction):
            continue
        (slot,) = instruction.outputs
        if slot in sent and reads[slot] == 1 and _is_worth_it(instruction.node):
            node = instruction.node
            into = INTO[node.op_type](instruction.function, node.attrs)
            if into is not None:
                dtype = torch_dtype(node.output_dtypes[0])
                instruction.function = _outside(
                    instruction.function, into, node.output_dims[0], dtype
                )


def _sent_elsewhere(instructions: list[Instruction]) -> set[Slot]:
    """Return the slots of what is sent to other tasks."""
    sent = set()
    for instruction in instructions:
        node = instruction.node
        if node.op_type in SENDS and not instruction.is_conversion:
            tasks = [task_of(node.attrs[f"{end}_device"].decode()) for end in ("send", "recv")]
            if tasks[0] != tasks[1]:
                sent.update(instruction.argument_slots())
    return sent


def _is_usual(instruction: Instruction) -> bool:
    """Return whether an instruction does with its inputs what its node says, and no more."""
    return (
        instruction.node.op_type in INTO
        and instruction.expression is None
        and not (instruction.is_conversion or instruction.is_tuple or instruction.takes_step)
        and len(instruction.arguments) == len(instruction.node.inputs)
    )


def _is_worth_it(node: Node) -> bool:
    size, dtype = num_elements(node.output_dims[0]), node.output_dtypes[0]
    if size is None or dtype.name not in _FLOATS:
        return False
    if not all(is_fully_defined(source.output_dims[index]) for source, index in node.inputs):
        return False
    return size * torch_dtype(dtype).itemsize >= WORTH_BYTES


def _outside(
    usual: Callable[..., Any], into: Callable[..., Any], dims: Dims, dtype: torch.dtype
) -> Callable[..., Any]:
    """Return a kernel that makes its result in outgoing memory as long as there is some."""
    assert dims is not None
    shape = [size or 0 for size in dims]
    size_bytes = math.prod(shape) * dtype.itemsize

    def outside(*inputs: Any) -> Any:
        memory = OUTGOING.take(size_bytes)
        if memory is None:
            return usual(*inputs)
        return into(torch.from_numpy(memory).view(dtype).view(shape), *inputs)

    return outside
