"""Loops and branches as instructions: what `passes.structure` found, lowered."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes, errors
from tensormill.graph.control_primitives import MERGES, NEXT_ITERATIONS, SWITCHES
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import find_kernel
from tensormill.kernels.torch_dtypes import is_number
from tensormill.runtime.devices import Device
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.passes.structure import (
    MERGE_IS_LIVE,
    Guard,
    Item,
    Loop,
    Structure,
    find_structure,
    has_control_flow,
)
from tensormill.runtime.plan.instructions import Form, Instruction, LoopInstruction, Slot, SlotGuard
from tensormill.runtime.plan.lowering import KernelCache, LoweredGraph, NodeLowering
from tensormill.runtime.plan.value_table import value_form

__all__ = ["lower"]

_SCALAR_VARIABLES = frozenset(
    [dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.bool]
)


def lower(graph: NodeGraph, devices: dict[str, Device], cache: KernelCache) -> LoweredGraph | None:
    """Return the instructions of a partition.

    None where its control flow does not spell loops and branches.

    Args:
      graph: the nodes, placed on devices of this task.
      devices: the task's devices by full name.
      cache: keeps stateful kernels and gives access to the task's resources.

    Raises:
      InvalidArgumentError: a node has no kernel on its device.
    """
    structure = None
    if has_control_flow(graph):
        structure = find_structure(graph, lambda node: _may_wait(node, devices))
        if structure is None:
            return None
    lowering = _StructureLowering(devices, cache, structure)
    feeds = lowering.lower_feeds(graph)
    for feed in graph.feeds:
        lowering.note_predicates(feed)
    fed = set(graph.feeds)
    items: list[Item] = list(graph.nodes) if structure is None else structure.items
    for item in items:
        if item not in fed:
            lowering.lower_item(item)
    lowering.values.scope.guard = ()
    fetches, copied = lowering.lower_fetches(graph)
    values = lowering.values
    return LoweredGraph(
        values.scope.instructions,
        values.constants,
        feeds,
        fetches,
        copied,
        lowering.fetch_guards(graph),
        values.count,
    )


def _may_wait(node: Node, devices: dict[str, Device]) -> bool:
    device = devices.get(node.device)
    kernel = None if device is None else find_kernel(node.op_type, device.type, node.attrs)
    return kernel is not None and kernel.is_async


class _StructureLowering(NodeLowering):
    """Lowers the items of a structure: nodes under guards, and loops."""

    def __init__(
        self, devices: dict[str, Device], cache: KernelCache, structure: Structure | None
    ) -> None:
        super().__init__(devices, cache)
        self._structure = structure
        self._predicates: dict[Edge, Slot] = {}
        self._predicate_edges: frozenset[Edge] = (
            frozenset() if structure is None else structure.predicate_edges()
        )

    def lower_item(self, item: Item) -> None:
        """Write the instructions of an item under its guard."""
        structure = self._structure
        if structure is None:
            assert isinstance(item, Node)
            self.lower_node(item)
            return
        self.values.scope.guard = self._slot_guard(structure.guards[item])
        if isinstance(item, Loop):
            self._lower_loop(item)
            return
        if item.op_type in SWITCHES:
            self._lower_switch(item)
        elif item.op_type in MERGES:
            self._lower_merge(item, structure)
        elif item.op_type == "LoopCond" or item.op_type in NEXT_ITERATIONS:
            self.values.alias((item, 0), item.inputs[0])
        elif item.op_type != "ControlTrigger":
            self.lower_node(item)
        self.note_predicates(item)

    def note_predicates(self, node: Node) -> None:
        """Bring the outputs of a node that decide branches into the form of host bools."""
        if not self._predicate_edges:
            return
        for index in range(len(node.output_dtypes)):
            edge = (node, index)
            if edge in self._predicate_edges:
                self._predicates[edge] = self._predicate_slot(edge, node)

    def _predicate_slot(self, edge: Edge, node: Node) -> Slot:
        """Return the slot of a predicate as a host bool, after a check of a shape not known."""
        slot = self.values.use(edge, Form.HOST, node)
        if edge[0].output_dims[edge[1]] == ():
            return slot
        checked = self.values.new_slot()
        self.values.append(
            Instruction(_scalar_predicate, [slot], [checked], node, is_conversion=True)
        )
        return checked

    def fetch_guards(self, graph: NodeGraph) -> dict[int, SlotGuard]:
        """Return the guards of the fetches that lie inside branches."""
        if self._structure is None:
            return {}
        guards = {i: self._structure.edge_guard(edge) for i, edge in enumerate(graph.fetches)}
        return {i: self._slot_guard(guard) for i, guard in guards.items() if guard}

    def _slot_guard(self, guard: Guard) -> SlotGuard:
        """Return a guard over slots; predicates that are made inside others come after them."""
        return tuple(sorted((self._predicates[edge], value) for edge, value in guard))

    def _lower_switch(self, node: Node) -> None:
        for index in range(2):
            self.values.alias((node, index), node.inputs[0])

    def _lower_merge(self, node: Node, structure: Structure) -> None:
        """Write a move in each branch: the value, and the number of the input that it came from.

        Where it is not sure that any input is live, what is moved first says so too.
        """
        values = self.values
        moves: list[tuple[Slot, Slot]] = []
        form = self._merged_form(node)
        slot = values.define((node, 0), form)
        which = values.define((node, 1), Form.HOST)
        common = values.scope.guard
        live_edge = (node, MERGE_IS_LIVE)
        if live_edge in self._predicate_edges:
            live = self._predicates[live_edge] = values.new_slot()
            self._move(self._constant(False), live, node)
            moves.append((self._constant(True), live))
        for number, edge in reversed(list(enumerate(node.inputs))):
            values.scope.guard = self._slot_guard(structure.edge_guard(edge))
            source = self._moved(edge, form, node)
            index = self._constant(node.output_dtypes[1].as_numpy_dtype(number))
            for origin, target in [(source, slot), (index, which), *moves]:
                self._move(origin, target, node)
            if edge in values.shared:
                values.shared.add((node, 0))
        values.scope.guard = common

    def _constant(self, value: Any) -> Slot:
        slot = self.values.new_slot()
        self.values.constants[slot] = value
        return slot

    def _move(self, origin: Slot, target: Slot, node: Node) -> None:
        self.values.append(Instruction(_same, [origin], [target], node, expression="{0}"))

    def _moved(self, edge: Edge, form: Form, node: Node) -> Slot:
        dtype = edge[0].output_dtypes[edge[1]]
        is_ref = dtype._is_ref_dtype and self.values.native[edge] is Form.HANDLE
        if is_ref and not node.op_type.startswith("Ref"):
            return self.values.dereference(edge, node, form)
        return self.values.use(edge, form, node)

    def _merged_form(self, node: Node) -> Form:
        if node.output_dtypes[0]._is_ref_dtype:
            return Form.HANDLE
        forms = {self.values.native[edge] for edge in node.inputs}
        if forms == {Form.HOST}:
            return Form.HOST
        return value_form(node.output_dtypes[0])

    def _lower_loop(self, loop: Loop) -> None:
        values = self.values
        node = loop.variables[0].merge if loop.variables else loop.invariants[0]
        initial = []
        variables = []
        for variable in loop.variables:
            form = self._variable_form(variable.merge)
            initial.append(self._moved(variable.enter.inputs[0], form, variable.enter))
            variables.append((variable, values.new_slot(), form))
        for enter in loop.invariants:
            self._bind_invariant(enter)
        with values.inner_scope() as condition:
            for variable, slot, form in variables:
                values.bind((variable.merge, 0), form, slot, values.device_of(variable.merge))
                self.note_predicates(variable.merge)
            self._lower_items(loop.condition)
            assert loop.predicate is not None
            values.scope.guard = ()
            predicate = self._predicate_slot(loop.predicate, loop.predicate[0])
            # What the condition computes is there in the body, as both run in each iteration.
            body_start = len(condition.instructions)
            self._lower_items(loop.body)
            values.scope.guard = ()
            updates = [
                self._moved(variable.next_iteration.inputs[0], form, variable.next_iteration)
                for variable, _, form in variables
            ]
        written = condition.instructions
        instruction = LoopInstruction(
            _run_by_block,
            [],
            [slot for _, slot, _ in variables],
            node,
            is_tuple=True,
            takes_step=True,
            initial=initial,
            condition=written[:body_start],
            predicate=predicate,
            body=written[body_start:],
            updates=updates,
            nodes=[variable.merge for variable, _, _ in variables],
        )
        instruction.arguments = _outer_reads(instruction)
        values.append(instruction)
        for variable, slot, form in variables:
            if variable.exit is not None:
                home = values.device_of(variable.merge)
                values.bind((variable.exit, 0), form, slot, home)
                if (variable.enter.inputs[0]) in values.shared:
                    values.shared.add((variable.exit, 0))
                self.note_predicates(variable.exit)

    def _lower_items(self, items: list[Item]) -> None:
        for item in items:
            if (
                isinstance(item, Node)
                and item.op_type in MERGES
                and (item, 0) in self.values.native
            ):
                continue  # a variable of the loop
            self.lower_item(item)

    def _bind_invariant(self, enter: Node) -> None:
        edge = enter.inputs[0]
        is_ref = edge[0].output_dtypes[edge[1]]._is_ref_dtype
        if is_ref and self.values.native[edge] is Form.HANDLE and enter.op_type == "Enter":
            slot = self.values.dereference(edge, enter)
            form = value_form(edge[0].output_dtypes[edge[1]])
            self.values.bind((enter, 0), form, slot, self.values.device_of(enter))
        else:
            self.values.alias((enter, 0), edge)
        self.note_predicates(enter)

    @staticmethod
    def _variable_form(merge: Node) -> Form:
        dtype = merge.output_dtypes[0]
        if dtype._is_ref_dtype:
            return Form.HANDLE
        if merge.output_dims[0] == () and dtype in _SCALAR_VARIABLES and is_number(dtype):
            return Form.HOST
        return value_form(dtype)


def _scalar_predicate(value: Any) -> bool:
    if np.ndim(value):
        raise errors.invalid_argument(
            "The second input must be a scalar, but it has shape "
            f"{format_dims(np.shape(value), 'kernel')}"
        )
    return bool(value)


def _same(value: Any) -> Any:
    return value


def _run_by_block(*values: Any, step: Any) -> Any:
    raise AssertionError("a loop is run by the block that holds it")


def _outer_reads(loop: LoopInstruction) -> list[Slot]:
    """Return the slots that a loop reads and does not define."""
    defined = set(loop.outputs)
    read: dict[Slot, None] = dict.fromkeys(loop.initial)
    pending = [*loop.condition, *loop.body]
    for instruction in pending:
        defined.update(instruction.outputs)
    for instruction in pending:
        read.update(dict.fromkeys(instruction.argument_slots()))
    read.update(dict.fromkeys([loop.predicate, *loop.updates]))
    return [slot for slot in read if slot not in defined or slot in loop.initial]
