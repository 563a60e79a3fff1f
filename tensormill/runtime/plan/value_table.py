"""The values of a program while it is lowered.

Where each one is, in which form, and how it gets into another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from tensormill.graph.dtypes import DType
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor
from tensormill.runtime.devices import Device
from tensormill.runtime.node import Edge, Node
from tensormill.runtime.plan.host_arithmetic import is_host_arithmetic
from tensormill.runtime.plan.instructions import Form, Instruction, Slot, SlotGuard

__all__ = ["Scope", "ValueTable", "is_dereference", "value_form"]

_HOST = torch.device("cpu")


def value_form(dtype: DType) -> Form:
    """Return the form in which values of a dtype usually travel."""
    dtype = dtype.base_dtype
    if is_number(dtype):
        return Form.TENSOR
    return Form.HOST if dtype.name == "string" else Form.HANDLE


@dataclass(slots=True, eq=False)
class Scope:
    """A list of instructions that is being written.

    The program, or the condition or body of a loop.

    Attributes:
      instructions: what was written so far.
      guard: what must hold for the instruction that is written next.
    """

    instructions: list[Instruction] = field(default_factory=list)
    guard: SlotGuard = ()


@dataclass(slots=True, frozen=True)
class _Place:
    """Where a slot is defined: valid from there on, inside that scope, under that guard."""

    slot: Slot
    scope: Scope
    guard: SlotGuard


class ValueTable:
    """Where the values of a program are.

    Attributes:
      constants: slots that are bound when the plan is made.
      native: the form in which each edge is produced.
      shared: edges whose memory a feed, a constant or a variable may share.
      reference_reads: edges that are the memory of a variable taken by reference; an operation
        that uses one sees what the variable holds when the operation starts.
      scopes: the scopes that are open, outermost first.
      count: how many slots there are.
    """

    def __init__(self, devices: dict[str, Device]) -> None:
        self._devices = devices
        self._are_all_host = all(d.torch_device == _HOST for d in devices.values())
        self._host = next(d for d in devices.values() if d.type == "CPU")
        self._slots: dict[tuple[Edge, Form], Slot] = {}
        self._homes: dict[Edge, torch.device | None] = {}
        self._defined_in: dict[Edge, Scope] = {}
        self._converted: dict[tuple[Edge, Form, torch.device | None], list[_Place]] = {}
        self.constants: dict[Slot, Any] = {}
        self._moved_constants: dict[tuple[Slot, torch.device], Slot] = {}
        self.native: dict[Edge, Form] = {}
        self.shared: set[Edge] = set()
        self.reference_reads: set[Edge] = set()
        self.scopes = [Scope()]
        self.count = 0

    @property
    def scope(self) -> Scope:
        """The scope that is written now."""
        return self.scopes[-1]

    @property
    def is_in_loop(self) -> bool:
        """Whether what is written now runs in a loop."""
        return len(self.scopes) > 1

    @contextmanager
    def inner_scope(self) -> Iterator[Scope]:
        """Write the instructions of the block into a scope of their own."""
        scope = Scope()
        self.scopes.append(scope)
        try:
            yield scope
        finally:
            self.scopes.pop()

    def append(self, instruction: Instruction) -> None:
        """Write an instruction into the open scope, under its guard."""
        instruction.guard = self.scope.guard
        self.scope.instructions.append(instruction)

    def new_slot(self) -> Slot:
        """Return a slot that nothing uses yet."""
        self.count += 1
        return self.count - 1

    def device(self, node: Node) -> Device:
        """Return the device whose kernel a node runs."""
        device = self._devices[node.device]
        return self._host if device.type == "GPU" and is_host_arithmetic(node) else device

    def device_of(self, node: Node) -> torch.device:
        """Return where the tensors of a node live."""
        return self.device(node).torch_device

    def define(self, edge: Edge, form: Form) -> Slot:
        """Return a new slot for an edge that the open scope produces."""
        slot = self.new_slot()
        self.bind(edge, form, slot, self.device_of(edge[0]))
        return slot

    def define_given(self, edge: Edge, form: Form) -> Slot:
        """Return a new slot for a value that is given from outside, on any device of the task."""
        slot = self.new_slot()
        self.bind(edge, form, slot, _HOST if self._are_all_host else None)
        return slot

    def bind(self, edge: Edge, form: Form, slot: Slot, home: torch.device | None) -> None:
        """Let an edge be the value of a slot; `home` is None where its device is not known."""
        self._slots[(edge, form)] = slot
        self._homes[edge] = home
        self._defined_in[edge] = self.scope
        self.native[edge] = form

    def bind_constant(self, edge: Edge, form: Form, value: Any) -> None:
        """Let an edge be a value that is known now; further forms of it may be bound too."""
        slot = self.new_slot()
        if edge not in self.native:
            self.bind(edge, form, slot, self.device_of(edge[0]))
        else:
            self._slots[(edge, form)] = slot
        self.constants[slot] = value

    def alias(self, edge: Edge, source: Edge) -> None:
        """Let an edge be the value of another one."""
        form = self.native[source]
        self.bind(edge, form, self._slots[(source, form)], self._homes[source])
        self._defined_in[edge] = self._defined_in[source]
        other = self._slots.get((source, Form.HOST))
        if other is not None:
            self._slots[(edge, Form.HOST)] = other
        if source in self.shared:
            self.shared.add(edge)
        if source in self.reference_reads:
            self.reference_reads.add(edge)

    def native_slot(self, edge: Edge) -> Slot:
        """Return the slot of an edge in the form in which it is produced."""
        return self._slots[(edge, self.native[edge])]

    def is_elsewhere(self, edge: Edge, node: Node) -> bool:
        """Return whether a tensor lives on another device than a node."""
        return self.native[edge] is Form.TENSOR and self._homes[edge] != self.device_of(node)

    def use(self, edge: Edge, form: Form, consumer: Node) -> Slot:
        """Return the slot of a value in a form on the consumer's device.

        It is converted where need be.
        """
        native = self.native[edge]
        source = self._slots[(edge, native)]
        if native is Form.HANDLE or form is Form.HANDLE:
            return source
        if form is Form.HOST:
            known = self._slots.get((edge, Form.HOST))
            if known is not None:
                return known
            is_scalar = edge[0].output_dims[edge[1]] == ()
            if is_scalar and edge in self.reference_reads and not self.is_in_loop:
                return self._converted_once(_to_host_scalar_late, source, consumer)
            function = _to_host_scalar if is_scalar else to_host
            return self._convert(edge, form, None, function, consumer)
        wanted = self.device_of(consumer)
        if native is Form.TENSOR and self._homes[edge] == wanted:
            return source
        if native is Form.HOST and wanted.type == "cpu":
            return self._convert(edge, form, wanted, to_tensor, consumer)
        if source in self.constants:
            return self._moved_constant(source, wanted)
        return self._convert(edge, form, wanted, partial(_to_device, device=wanted), consumer)

    def _moved_constant(self, source: Slot, device: torch.device) -> Slot:
        """Return a constant on another device, where it is brought when the plan is made."""
        slot = self._moved_constants.get((source, device))
        if slot is None:
            slot = self._moved_constants[source, device] = self.new_slot()
            self.constants[slot] = _to_device(self.constants[source], device)
        return slot

    def _convert(
        self,
        edge: Edge,
        form: Form,
        device: torch.device | None,
        function: Callable[..., Any],
        consumer: Node,
    ) -> Slot:
        """Return a converted value.

        One that is there already and always defined here, or a new one.

        A value from outside a loop is converted outside of it.
        """
        places = self._converted.setdefault((edge, form, device), [])
        for place in places:
            if place.scope in self.scopes and set(place.guard) <= set(place.scope.guard):
                return place.slot
        home = self._defined_in[edge]
        scope = home if home in self.scopes else self.scope
        slot = self.new_slot()
        instruction = Instruction(function, [self.native_slot(edge)], [slot], consumer)
        instruction.is_conversion = True
        instruction.guard = scope.guard
        scope.instructions.append(instruction)
        places.append(_Place(slot, scope, scope.guard))
        return slot

    def dereference(self, edge: Edge, consumer: Node, form: Form | None = None) -> Slot:
        """Return a slot with the value that a reference has when the consumer starts."""
        buffer = self._slots[(edge, Form.HANDLE)]
        slot = self._converted_once(_read_buffer, buffer, consumer)
        if not is_number(edge[0].output_dtypes[edge[1]]):
            return slot
        if form is Form.HOST:
            return self._converted_once(to_host, slot, consumer)
        wanted = self.device_of(consumer)
        if self._homes[edge] != wanted:
            return self._converted_once(partial(_to_device, device=wanted), slot, consumer)
        return slot

    def _converted_once(self, function: Callable[..., Any], source: Slot, consumer: Node) -> Slot:
        slot = self.new_slot()
        self.append(Instruction(function, [source], [slot], consumer, is_conversion=True))
        return slot


def _read_buffer(buffer: Any) -> Any:
    return buffer.read()


def _to_host_scalar(tensor: torch.Tensor) -> Any:
    try:
        return tensor.numpy()[()]
    except (RuntimeError, TypeError):  # on a GPU, or of a dtype that NumPy lacks
        return to_host(tensor)[()]


def _to_host_scalar_late(tensor: torch.Tensor) -> Any:
    return _to_host_scalar(tensor)


def _to_device(value: Any, device: torch.device) -> torch.Tensor:
    tensor = value if isinstance(value, torch.Tensor) else to_tensor(value)
    # From pageable memory CUDA has read all when the call returns; to the host, torch waits.
    return tensor.to(device, non_blocking=device.type != "cpu")


def is_dereference(instruction: Instruction) -> bool:
    """Return whether an instruction takes the value out of a reference, or of its memory.

    It waits for its consumer's turn.
    """
    return instruction.function in (_read_buffer, _to_host_scalar_late)
