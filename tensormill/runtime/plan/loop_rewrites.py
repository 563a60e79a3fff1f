"""Loops: what is the same in every iteration is prepared once, and sums grow in their own memory.

Gradients of loops multiply by the same transposed matrix in each iteration, and add one value after
the other to the gradient of what the loop reads from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from tensormill.graph.shapes import is_fully_defined
from tensormill.kernels.matrix_multiplication import add_product, multiply
from tensormill.kernels.matrix_products import is_large
from tensormill.runtime.node import Node
from tensormill.runtime.plan.fusion import changes_nothing
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph
from tensormill.runtime.plan.slot_reads import count_reads

__all__ = ["rewrite_loops"]

_FLOATS = frozenset(["float32", "float64"])


def rewrite_loops(lowered: LoweredGraph) -> None:
    """Rewrite the loops of a program, inner ones first."""
    if any(isinstance(i, LoopInstruction) for i in lowered.instructions):
        rewriting = _Rewriting(lowered)
        lowered.instructions = rewriting.rewritten(lowered.instructions)


class _Rewriting:
    def __init__(self, lowered: LoweredGraph) -> None:
        self._lowered = lowered
        self._reads = count_reads(lowered)
        self._laid_out: set[int] = set()  # products whose matrix is transposed before the loop

    def rewritten(self, instructions: list[Instruction]) -> list[Instruction]:
        result: list[Instruction] = []
        for instruction in instructions:
            if isinstance(instruction, LoopInstruction):
                instruction.body = self.rewritten(instruction.body)
                result += self._transpose_once(instruction)
                result += self._add_in_place(instruction)
            result.append(instruction)
        return result

    def _new_slot(self) -> Slot:
        self._lowered.slot_count += 1
        return self._lowered.slot_count - 1

    def _prepare(self, loop: LoopInstruction, function: Any, source: Slot) -> Instruction:
        """Return an instruction before a loop whose result the loop reads."""
        slot = self._new_slot()
        loop.arguments.append(slot)
        self._reads[slot] += 1
        return Instruction(
            function, [source], [slot], loop.node, is_conversion=True, guard=loop.guard
        )

    def _transpose_once(self, loop: LoopInstruction) -> Iterator[Instruction]:
        """Lay out anew what products of an iteration read transposed from outside of the loop."""
        inside = {*loop.outputs, *_made_in(loop.condition), *_made_in(loop.body)}
        transposed: dict[Slot, Slot] = {}
        for instruction in loop.body:
            if instruction.is_conversion or not _is_small_product(instruction.node):
                continue
            a, b = instruction.arguments
            if not instruction.node.attrs["transpose_b"] or b in inside:
                continue
            if b not in transposed:
                before = self._prepare(loop, _transposed, b)
                transposed[b] = before.outputs[0]
                yield before
            instruction.function = multiply(instruction.node.attrs["transpose_a"], False)
            instruction.arguments = [a, transposed[b]]
            self._laid_out.add(id(instruction))

    def _add_in_place(self, loop: LoopInstruction) -> Iterator[Instruction]:
        """Let sums that only the next iteration reads grow in the memory of a copy."""
        read_inside = _reads_inside(loop)
        for index, (variable, update) in enumerate(zip(loop.outputs, loop.updates, strict=True)):
            at = next((n for n, i in enumerate(loop.body) if update in i.outputs), None)
            if at is None or read_inside[variable] != 1 or read_inside[update] != 1:
                continue
            addition = loop.body[at]
            if variable not in addition.arguments or not _adds_equal_shapes(addition):
                continue
            (term,) = (slot for slot in addition.arguments if slot != variable)
            addition.function, addition.arguments = _add_to, [variable, term]
            self._add_product(loop.body, at, term)
            copy = self._prepare(loop, torch.clone, loop.initial[index])
            loop.initial[index] = copy.outputs[0]
            yield copy

    def _add_product(self, body: list[Instruction], at: int, term: Slot) -> None:
        """Multiply and add in one, where the term is a product that nothing else reads."""
        made = next((n for n, i in enumerate(body[:at]) if term in i.outputs), None)
        if made is None or self._reads[term] != 1:
            return
        product, addition = body[made], body[at]
        node = product.node
        if product.guard or product.is_conversion or not _is_small_product(node) or node.controls:
            return
        if not all(changes_nothing(i) for i in body[made + 1 : at]):
            return
        flips_b = node.attrs["transpose_b"] and id(product) not in self._laid_out
        addition.function = add_product(node.attrs["transpose_a"], flips_b)
        addition.arguments = [addition.arguments[0], *product.arguments]
        addition.node = node
        del body[made]


def _transposed(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.t().contiguous()


def _add_to(total: torch.Tensor, term: torch.Tensor) -> torch.Tensor:
    return torch.add(total, term, out=total)


def _made_in(instructions: list[Instruction]) -> Iterator[Slot]:
    return (slot for instruction in instructions for slot in instruction.outputs)


def _reads_inside(loop: LoopInstruction) -> Counter[Slot]:
    reads: Counter[Slot] = Counter([*loop.updates, loop.predicate])
    for instruction in (*loop.condition, *loop.body):
        reads.update(instruction.argument_slots())
    return reads


def _is_small_product(node: Node) -> bool:
    """Return whether a node multiplies matrices of known shapes that one thread soon has."""
    if node.op_type != "MatMul" or node.output_dtypes[0].name not in _FLOATS:
        return False
    a, b = (source.output_dims[index] for source, index in node.inputs)
    if a is None or b is None or len(a) != 2 or len(b) != 2 or None in b:
        return False
    if node.attrs["transpose_a"]:
        a = a[::-1]
    return not is_large(a, b[::-1] if node.attrs["transpose_b"] else b)


def _adds_equal_shapes(instruction: Instruction) -> bool:
    node = instruction.node
    if node.op_type not in ("Add", "AddV2") or instruction.is_conversion or instruction.guard:
        return False
    dims = node.output_dims[0]
    if not dims or not is_fully_defined(dims) or node.output_dtypes[0].name not in _FLOATS:
        return False
    return all(source.output_dims[index] == dims for source, index in node.inputs)
