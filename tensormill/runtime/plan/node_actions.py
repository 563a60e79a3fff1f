"""Node actions: nodes compiled one by one, for the general executor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tensormill.runtime.devices import Device
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Form, Instruction, Slot
from tensormill.runtime.plan.lowering import KernelCache, NodeLowering
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.plan.value_table import value_form

__all__ = ["NodeAction", "make_action"]


class NodeAction:
    """What one node does, with inputs and outputs in the usual forms of their dtypes.

    Attributes:
      is_async: the last instruction reports later.
    """

    __slots__ = ("_constants", "_inputs", "_instructions", "_outputs", "_slot_count", "is_async")

    def __init__(
        self,
        instructions: list[Instruction],
        constants: dict[Slot, Any],
        inputs: list[Slot],
        outputs: list[Slot],
        slot_count: int,
    ) -> None:
        self._instructions = instructions
        self._constants = constants
        self._inputs = inputs
        self._outputs = outputs
        self._slot_count = slot_count
        self.is_async = any(instruction.is_async for instruction in instructions)

    def run(self, inputs: list[Any], step: Any, start: Callable[..., None]) -> list[Any] | None:
        """Return the outputs; None where they come later, to what `start` is given.

        Args:
          inputs: one value an input.
          step: the running step.
          start: called with the asynchronous instruction, its arguments, and a function from what
            the kernel reports to the outputs of the node.

        Raises:
          InstructionFailed: an instruction raised.
        """
        values: list[Any] = [None] * self._slot_count
        for slot, value in self._constants.items():
            values[slot] = value
        for slot, value in zip(self._inputs, inputs, strict=True):
            values[slot] = value
        for position, instruction in enumerate(self._instructions):
            arguments = [
                [values[s] for s in a] if type(a) is list else values[a]
                for a in instruction.arguments
            ]
            if instruction.is_async:
                start(instruction, arguments, partial(self._finish, position, values, step))
                return None
            self._call(instruction, arguments, values, step)
        return [values[slot] for slot in self._outputs]

    def _finish(self, position: int, values: list[Any], step: Any, given: Any) -> list[Any]:
        _store(self._instructions[position], values, given)
        for instruction in self._instructions[position + 1 :]:
            self._call(instruction, [values[s] for s in instruction.arguments], values, step)
        return [values[slot] for slot in self._outputs]

    @staticmethod
    def _call(instruction: Instruction, arguments: list[Any], values: list[Any], step: Any) -> None:
        try:
            if instruction.takes_step:
                given = instruction.function(*arguments, step=step)
            else:
                given = instruction.function(*arguments)
        except Exception as error:
            raise InstructionFailed(instruction) from error
        _store(instruction, values, given)


def _store(instruction: Instruction, values: list[Any], given: Any) -> None:
    if instruction.is_tuple:
        for slot, value in zip(instruction.outputs, given or (), strict=True):
            values[slot] = value
    else:
        values[instruction.outputs[0]] = given


def make_action(node: Node, devices: dict[str, Device], cache: KernelCache) -> NodeAction:
    """Compile one node.

    Raises:
      InvalidArgumentError: it has no kernel on its device.
    """
    lowering = NodeLowering(devices, cache)
    values = lowering.values
    inputs = []
    for edge in node.inputs:
        if edge not in values.native:
            dtype = edge[0].output_dtypes[edge[1]]
            values.define_given(edge, Form.HANDLE if dtype._is_ref_dtype else value_form(dtype))
        inputs.append(values.native_slot(edge))
    lowering.lower_node(node)
    outputs = []
    for index, dtype in enumerate(node.output_dtypes):
        edge = (node, index)
        form = Form.HANDLE if dtype._is_ref_dtype else value_form(dtype)
        outputs.append(values.use(edge, form, node))
    return NodeAction(values.scope.instructions, values.constants, inputs, outputs, values.count)
