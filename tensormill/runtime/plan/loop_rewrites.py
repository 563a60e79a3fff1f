"""Loops: what is the same in every iteration is prepared once, and sums grow in their own memory.

Gradients of loops multiply by the same transposed matrix in each iteration, and add one value after
the other to the gradient of what the loop reads from outside. Where a product is split and only one
part of it is read, as that of the state is where the inputs of a cell need no gradient, only that
part is computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from tensormill.graph.shapes import is_fully_defined
from tensormill.kernels.matrix_multiplication import (
    add_column_sums,
    add_product,
    multiply,
    multiply_and_add_row,
)
from tensormill.kernels.matrix_products import is_large
from tensormill.kernels.torch_dtypes import torch_dtype
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph
from tensormill.runtime.plan.slot_reads import count_reads

__all__ = ["rewrite_loops"]

_FLOATS = frozenset(["float32", "float64"])
_SUMS = frozenset(["BiasAddGrad", "Sum"])
_SPLIT_AXIS = {"Split": 0, "SplitV": 2}
"""Which input of an op that splits says along which dimension."""


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
                result += self._narrow_products(instruction)
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

    def _narrow_products(self, loop: LoopInstruction) -> Iterator[Instruction]:
        """Multiply by those columns of a matrix from outside of the loop that are read later."""
        inside = _inside(loop)
        makers = {i.outputs[0]: i for i in loop.body if len(i.outputs) == 1}
        for split in loop.body:
            part = self._only_part(split)
            if part is None:
                continue
            value, slot, start, size = part
            product = makers.get(value)
            if product is None or self._reads[value] != 1 or product.guard != split.guard:
                continue
            if product.is_conversion or not _is_small_product(product.node):
                continue
            matrix = product.arguments[-1]
            if len(product.arguments) != 2 or matrix in inside:
                continue
            axis = 0 if product.node.attrs["transpose_b"] else 1
            before = self._prepare(loop, partial(_part, axis=axis, start=start, size=size), matrix)
            product.arguments = [product.arguments[0], before.outputs[0]]
            product.outputs = [slot]
            loop.body = [instruction for instruction in loop.body if instruction is not split]
            yield before

    def _only_part(self, split: Instruction) -> tuple[Slot, Slot, int, int] | None:
        """Return the matrix that is split along its columns, and the one part that is read.

        The part is given by its slot, its first column and the number of its columns.
        """
        node = split.node
        axis = _SPLIT_AXIS.get(node.op_type)
        if axis is None or split.is_conversion or node.controls:
            return None
        read = [n for n, slot in enumerate(split.outputs) if self._reads[slot]]
        dims = [d for d in node.output_dims if d is not None and len(d) == 2]
        along = node.inputs[axis][0]
        if len(read) != 1 or len(dims) != len(split.outputs) or along.op_type != "Const":
            return None
        widths = [width for _, width in dims if width is not None]
        if along.attrs["value"].array.ravel().tolist() not in ([1], [-1]):
            return None
        if len(widths) != len(dims):
            return None
        (at,) = read
        value = split.arguments[0 if axis else 1]
        return value, split.outputs[at], sum(widths[:at]), widths[at]

    def _transpose_once(self, loop: LoopInstruction) -> Iterator[Instruction]:
        """Lay out anew what products of an iteration read transposed from outside of the loop."""
        inside = _inside(loop)
        transposed: dict[Slot, Slot] = {}
        for instruction in loop.body:
            if instruction.is_conversion or not _is_small_product(instruction.node):
                continue
            *row, a, b = instruction.arguments
            if not instruction.node.attrs["transpose_b"] or b in inside:
                continue
            if b not in transposed:
                before = self._prepare(loop, _transposed, b)
                transposed[b] = before.outputs[0]
                yield before
            make = multiply_and_add_row if row else multiply
            instruction.function = make(instruction.node.attrs["transpose_a"], False)
            instruction.arguments = [*row, a, transposed[b]]
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
            self._absorb(loop.body, at, term)
            copy = self._prepare(loop, torch.clone, loop.initial[index])
            loop.initial[index] = copy.outputs[0]
            yield copy

    def _absorb(self, body: list[Instruction], at: int, term: Slot) -> None:
        """Add a term where it is computed, in the same call, if nothing else reads it."""
        made = next((n for n, i in enumerate(body[:at]) if term in i.outputs), None)
        if made is None or self._reads[term] != 1:
            return
        source, addition = body[made], body[at]
        if source.guard or source.is_conversion or source.node.controls:
            return
        function = self._adding(source)
        if function is None:
            return
        addition.function = function
        operands = 1 if source.node.op_type in _SUMS else 2  # a sum also takes its axes
        addition.arguments = [addition.arguments[0], *source.arguments[:operands]]
        addition.node = source.node
        body[made] = addition
        del body[at]

    def _adding(self, source: Instruction) -> Callable[..., Any] | None:
        """Return what adds the result of an instruction to a total in place, if anything does."""
        node = source.node
        if _is_small_product(node) and len(source.arguments) == 2:
            flips_b = node.attrs["transpose_b"] and id(source) not in self._laid_out
            return add_product(node.attrs["transpose_a"], flips_b)
        rows = _summed_rows(node)
        return None if rows is None else add_column_sums(rows, torch_dtype(node.output_dtypes[0]))


def _transposed(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.t().contiguous()


def _add_to(total: torch.Tensor, term: torch.Tensor) -> torch.Tensor:
    return torch.add(total, term, out=total)


def _part(matrix: torch.Tensor, axis: int, start: int, size: int) -> torch.Tensor:
    return matrix.narrow(axis, start, size).contiguous()


def _inside(loop: LoopInstruction) -> set[Slot]:
    """Return the slots that change from one iteration to the next."""
    return {*loop.outputs, *_made_in(loop.condition), *_made_in(loop.body)}


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


def _summed_rows(node: Node) -> int | None:
    """Return the number of rows of a matrix whose columns a node on the CPU sums up, or None."""
    if node.op_type not in _SUMS or node.output_dtypes[0].name not in _FLOATS:
        return None
    source, index = node.inputs[0]
    dims = source.output_dims[index]
    if dims is None or len(dims) != 2 or None in dims or "GPU" in node.device:
        return None
    if node.op_type == "Sum":
        axes = node.inputs[1][0]
        if node.attrs["keep_dims"] or axes.op_type != "Const":
            return None
        if axes.attrs["value"].array.ravel().tolist() not in ([0], [-2]):
            return None
    return dims[0]


def _adds_equal_shapes(instruction: Instruction) -> bool:
    node = instruction.node
    if node.op_type not in ("Add", "AddV2") or instruction.is_conversion or instruction.guard:
        return False
    dims = node.output_dims[0]
    if not dims or not is_fully_defined(dims) or node.output_dtypes[0].name not in _FLOATS:
        return False
    return all(source.output_dims[index] == dims for source, index in node.inputs)
