"""Late sums: what iterations of a loop add to a gradient is added at once when the loop has ended.

The gradient of weights that a loop reads from outside is a sum of products, one an iteration, each
too small to be fast. Their factors gather instead, and one product of all of them takes their place
(see `kernels.row_sums`), as does one sum for the bias beside the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tensormill.kernels.matrix_multiplication import adds_column_sums, adds_product_over_rows
from tensormill.kernels.row_sums import RowSums, gather_rows, sum_rows, sum_rows_and_columns
from tensormill.runtime.plan.fusion import changes_nothing
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph

__all__ = ["sum_late"]

_LEAVES_TENSORS_ALONE = ("Stack", "TensorArray", "Random", "TruncatedNormal")
"""How the op types with state begin that do not write into tensors which they, or others, gave."""


def sum_late(lowered: LoweredGraph) -> None:
    """Let the loops of a program gather what they add up over rows."""
    lowered.instructions = _rewritten(lowered.instructions, lowered)


def _rewritten(instructions: list[Instruction], lowered: LoweredGraph) -> list[Instruction]:
    result: list[Instruction] = []
    for instruction in instructions:
        if not isinstance(instruction, LoopInstruction):
            result.append(instruction)
            continue
        instruction.body = _rewritten(instruction.body, lowered)
        after: list[Instruction] = []
        if _leaves_tensors_alone(instruction):
            for product, columns in list(_sums(instruction)):
                before, end = _defer(instruction, product, columns, lowered)
                result.append(before)
                after.append(end)
        result += [instruction, *after]
    return result


def _leaves_tensors_alone(instruction: Instruction) -> bool:
    """Return whether what is gathered in an iteration is still the same at the end of the loop."""
    if isinstance(instruction, LoopInstruction):
        return all(map(_leaves_tensors_alone, (*instruction.condition, *instruction.body)))
    op_type = instruction.node.op_type
    return changes_nothing(instruction) or op_type.startswith(_LEAVES_TENSORS_ALONE)


def _sums(loop: LoopInstruction) -> Iterator[tuple[Instruction, Instruction | None]]:
    """Find additions of products to variables, with those of the columns of the right matrix."""
    products = list(_additions(loop, adds_product_over_rows))
    columns = {a.arguments[1]: a for a in _additions(loop, adds_column_sums)}
    for product in products:
        yield product, columns.pop(product.arguments[2], None)


def _additions(loop: LoopInstruction, is_one: Callable[[Any], bool]) -> Iterator[Instruction]:
    for instruction in loop.body:
        if instruction.guard or not is_one(instruction.function):
            continue
        total = instruction.arguments[0]
        if total in loop.outputs and instruction.outputs == [
            loop.updates[loop.outputs.index(total)]
        ]:
            yield instruction


def _defer(
    loop: LoopInstruction, product: Instruction, columns: Instruction | None, lowered: LoweredGraph
) -> tuple[Instruction, Instruction]:
    """Put a variable that gathers in the place of one or two that grow.

    Returns:
      What comes before the loop and what comes after it.
    """
    begun, gathering = lowered.slot_count, lowered.slot_count + 1
    lowered.slot_count += 2
    total = product.arguments[0]
    at = loop.outputs.index(total)
    initial, totals = [loop.initial[at]], [total]
    loop.outputs[at], loop.initial[at] = gathering, begun
    product.function = gather_rows
    product.arguments = [gathering, *product.arguments[1:]]
    if columns is not None:
        other = loop.outputs.index(columns.arguments[0])
        totals.append(loop.outputs.pop(other))
        initial.append(loop.initial.pop(other))
        loop.updates.pop(other)
        loop.body = [instruction for instruction in loop.body if instruction is not columns]
    loop.arguments = [slot for slot in loop.arguments if slot not in initial] + [begun]
    before = _conversion(loop, RowSums, initial, [begun])
    end = _conversion(
        loop, sum_rows if columns is None else sum_rows_and_columns, [gathering], totals
    )
    end.is_tuple = columns is not None
    return before, end


def _conversion(
    loop: LoopInstruction, function: Any, arguments: list[Slot], outputs: list[Slot]
) -> Instruction:
    return Instruction(
        function, list(arguments), outputs, loop.node, is_conversion=True, guard=loop.guard
    )
