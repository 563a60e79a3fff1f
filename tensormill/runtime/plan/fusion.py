"""Fusion: several instructions become one that passes over its memory once.

- A convolution adds the bias and applies the activation that follow it while it writes its result.
- A small product of matrices starts from the row that is added to each of its rows.
- The gradient of an activation before a max pooling is taken of the pooled values, which are fewer:
  what a pooling lets through has the sign of what it came from.
- The gradient of a bias before a max pooling is summed up over the gradient of the pooled values,
  each of which goes to one place of the image.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

from tensormill.kernels.epilogues import find_epilogue
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.lowering import LoweredGraph
from tensormill.runtime.plan.slot_reads import count_reads

__all__ = ["changes_nothing", "fuse"]

_ACTIVATIONS = frozenset(["Relu"])
_ADDITIONS = frozenset(["Add", "AddV2", "BiasAdd"])


def fuse(lowered: LoweredGraph) -> None:
    """Fuse the instructions of a program where nothing else reads what lies between them."""
    lowered.instructions = _fused(lowered.instructions, count_reads(lowered))


def _fused(instructions: list[Instruction], reads: Counter[Slot]) -> list[Instruction]:
    result: list[Instruction | None] = []
    producer: dict[Slot, int] = {}
    for instruction in instructions:
        if isinstance(instruction, LoopInstruction):
            condition = _fused(instruction.condition, reads)
            body = _fused(instruction.body, reads)
            result.append(replace(instruction, condition=condition, body=body))
            continue
        if instruction.node.op_type == "BiasAddGrad":
            _sum_before_pooling(instruction, producer, result)
        source = _only_source(instruction, producer, reads)
        earlier = None if source is None else result[source]
        if earlier is not None and source is not None:
            if instruction.node.op_type == "ReluGrad":
                _pool_after(earlier, instruction)
            else:
                joined = _with_epilogue(earlier, instruction) or _with_row(earlier, instruction)
                between = result[source + 1 :]
                if joined is not None and all(i is None or changes_nothing(i) for i in between):
                    result[source], instruction = None, joined
        for slot in instruction.outputs:
            producer[slot] = len(result)
        result.append(instruction)
    return [instruction for instruction in result if instruction is not None]


def _only_source(
    instruction: Instruction, producer: dict[Slot, int], reads: Counter[Slot]
) -> int | None:
    """Return the place of what makes the first argument, if it is made for nothing else."""
    if instruction.is_conversion or instruction.is_async or not instruction.arguments:
        return None
    slot = instruction.arguments[0]
    if type(slot) is list or reads[slot] != 1:
        return None
    return producer.get(slot)


def _belong_together(earlier: Instruction, later: Instruction) -> bool:
    return (
        not earlier.is_conversion
        and earlier.guard == later.guard
        and earlier.node.device == later.node.device
        and not later.node.controls
    )


def changes_nothing(instruction: Instruction) -> bool:
    """Return whether an instruction leaves all state as it is.

    What stands before such may as well run after them.
    """
    if isinstance(instruction, LoopInstruction):
        return all(map(changes_nothing, (*instruction.condition, *instruction.body)))
    definition = instruction.node.op_def
    if instruction.is_conversion or instruction.node.op_type == "ReadVariableOp":
        return True
    return not definition.is_stateful and not any(arg.is_ref for arg in definition.inputs)


def _with_epilogue(earlier: Instruction, later: Instruction) -> Instruction | None:
    """Return one instruction that does what two do, in the place of the later one."""
    if not _belong_together(earlier, later) or not isinstance(earlier.function, partial):
        return None
    epilogue = find_epilogue(earlier.node.op_type)
    if epilogue is None:
        return None
    attrs = earlier.function.keywords
    if later.node.op_type == "BiasAdd" and earlier.function.func is not epilogue:
        if later.node.attrs["data_format"] != attrs["data_format"]:
            return None
        function = partial(epilogue, **attrs)
        arguments = [*earlier.arguments, later.arguments[1]]
    elif later.node.op_type in _ACTIVATIONS and earlier.function.func is epilogue:
        function = partial(epilogue, **{**attrs, "activation": later.node.op_type})
        arguments = earlier.arguments
    else:
        return None
    return replace(earlier, function=function, arguments=arguments, outputs=later.outputs)


def _with_row(product: Instruction, addition: Instruction) -> Instruction | None:
    """Return one instruction that multiplies and adds a row, in the place of the addition."""
    with_row = getattr(product.function, "with_row", None)
    if with_row is None or addition.node.op_type not in _ADDITIONS:
        return None
    if not _belong_together(product, addition) or addition.expression is not None:
        return None
    (source, index), (row, row_index) = addition.node.inputs
    width = (source.output_dims[index] or (None,))[-1]
    if width is None or row.output_dims[row_index] != (width,):
        return None
    arguments = [addition.arguments[1], *product.arguments]
    return replace(product, function=with_row, arguments=arguments, outputs=addition.outputs)


def _pool_after(pool_grad: Instruction, relu_grad: Instruction) -> None:
    """Make `relu_grad(max_pool_grad(x, y, g), x)` into `max_pool_grad(x, y, relu_grad(g, y))`."""
    if pool_grad.node.op_type != "MaxPoolGrad" or not _belong_together(pool_grad, relu_grad):
        return
    image, pooled, grad = pool_grad.arguments
    if relu_grad.arguments[1] != image:
        return
    (between,) = pool_grad.outputs
    pool_grad.function, relu_grad.function = relu_grad.function, pool_grad.function
    pool_grad.node, relu_grad.node = relu_grad.node, pool_grad.node
    pool_grad.arguments = [grad, pooled]
    relu_grad.arguments = [image, pooled, between]


def _sum_before_pooling(
    bias_grad: Instruction, producer: dict[Slot, int], made: list[Instruction | None]
) -> None:
    """Make `bias_add_grad(max_pool_grad(x, y, g))` into `bias_add_grad(g)`."""
    place = producer.get(bias_grad.arguments[0])
    pool_grad = None if place is None else made[place]
    if pool_grad is None or pool_grad.node.op_type != "MaxPoolGrad" or pool_grad.is_conversion:
        return
    attrs = pool_grad.node.attrs
    layout = attrs["data_format"]
    channels = attrs["ksize"][1 if layout == b"NCHW" else 3]
    if channels == 1 and layout == bias_grad.node.attrs["data_format"]:
        bias_grad.arguments = [pool_grad.arguments[2]]
