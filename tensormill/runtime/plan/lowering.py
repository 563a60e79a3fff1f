"""Lowering: a partition's nodes to instructions over slots, with kernels, attributes and value forms bound."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Protocol

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.kernels.registry import Kernel, find_host_kernel, find_kernel
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor
from tensormill.runtime.devices import Device
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.plan.instructions import Form, Instruction, Slot

__all__ = [
    "KernelCache",
    "LoweredGraph",
    "NodeContext",
    "attr_parameters",
    "is_dereference",
    "lower",
    "node_context",
]


class KernelCache(Protocol):
    """Where the kernels of stateful nodes live as long as their session."""

    session_handle: str
    resources: Any

    def stateful(self, node: Node, make: Callable[[], Any]) -> Any:
        """Return what `make` made for the node when it was first seen in this session."""


@dataclass(slots=True)
class LoweredGraph:
    """The instructions of a partition.

    Attributes:
      instructions: in an order that respects data and control edges.
      constants: slot to value, bound when the plan is made.
      feeds: slot, form, dtype and static shape of each fed tensor.
      fetches: slot, form and dtype of each fetched value.
      copied_fetches: positions of fetches whose memory a variable, a feed or a constant may share.
      slot_count: how many slots there are.
    """

    instructions: list[Instruction]
    constants: dict[Slot, Any]
    feeds: list[tuple[Slot, Form, DType, Dims]]
    fetches: list[tuple[Slot, Form, DType]]
    copied_fetches: frozenset[int]
    slot_count: int


@dataclass(slots=True)
class NodeContext:
    """The `KernelContext` of one node."""

    node_name: str
    op_type: str
    attrs: dict[str, Any]
    input_dims: list[Dims]
    output_dims: list[Dims]
    input_dtypes: list[DType]
    output_dtypes: list[DType]
    torch_device: torch.device
    resources: Any
    session_handle: str
    constants: dict[str, Any] = field(default_factory=dict)

    def constant(self, name: str) -> np.ndarray[Any, Any] | None:
        """Return the value of an input that is a constant in the plan, or None."""
        return self.constants.get(name)


@cache
def _keyword_only(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


@cache
def attr_parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], bool]:
    """Return the attributes that a kernel takes by name, and whether it takes the step."""
    names = (
        _keyword_only(function)
        if getattr(function, "__module__", "").startswith("tensormill")
        else ()
    )
    return tuple(n for n in names if n not in ("step", "done")), "step" in names


class _Lowering:
    """The state while one partition is lowered."""

    def __init__(self, graph: NodeGraph, devices: dict[str, Device], cache: KernelCache) -> None:
        self.graph = graph
        self.devices = devices
        self.cache = cache
        self.instructions: list[Instruction] = []
        self.constants: dict[Slot, Any] = {}
        self.slots: dict[tuple[Node, int, Form], Slot] = {}
        self.copies: dict[tuple[Node, int, torch.device], Slot] = {}
        self.native: dict[Edge, Form] = {}
        self.shared: set[Edge] = set()
        self.count = 0

    def new_slot(self) -> Slot:
        self.count += 1
        return self.count - 1

    def run(self) -> LoweredGraph:
        feeds = []
        wanted = self._wanted_feed_forms()
        for node in self.graph.feeds:
            dtype, dims = node.output_dtypes[0], node.output_dims[0]
            form = wanted[node] if is_number(dtype) else Form.HOST
            slot = self._define((node, 0), form)
            self.shared.add((node, 0))
            feeds.append((slot, form, dtype, dims))
        fed = set(self.graph.feeds)
        for node in self.graph.nodes:
            if node not in fed:
                self._lower_node(node)
        fetches = []
        copied = set()
        for index, (node, output) in enumerate(self.graph.fetches):
            dtype = node.output_dtypes[output]
            if dtype._is_ref_dtype:
                slot, form = self._dereferenced((node, output), node), self._value_form(dtype)
                copied.add(index)
            else:
                form = self.native[(node, output)]
                slot = self.slots[(node, output, form)]
                if (node, output) in self.shared:
                    copied.add(index)
            fetches.append((slot, form, dtype.base_dtype))
        return LoweredGraph(
            self.instructions, self.constants, feeds, fetches, frozenset(copied), self.count
        )

    def _wanted_feed_forms(self) -> dict[Node, Form]:
        """Feeds of static shape [] that only host kernels read arrive as host scalars."""
        forms = {
            node: (Form.HOST if node.output_dims[0] == () else Form.TENSOR)
            for node in self.graph.feeds
        }
        if not forms:
            return forms
        for node in self.graph.nodes:
            for source, _ in node.inputs:
                if forms.get(source) == Form.HOST and not self._runs_on_host(node):
                    forms[source] = Form.TENSOR
        return forms

    @staticmethod
    def _value_form(dtype: DType) -> Form:
        dtype = dtype.base_dtype
        if is_number(dtype):
            return Form.TENSOR
        return Form.HOST if dtype.name == "string" else Form.HANDLE

    def _define(self, edge: Edge, form: Form) -> Slot:
        slot = self.new_slot()
        self.slots[(edge[0], edge[1], form)] = slot
        self.native[edge] = form
        return slot

    def _runs_on_host(self, node: Node) -> bool:
        if len(node.output_dims) != 1 or node.output_dims[0] != () or not node.inputs:
            return False
        host = find_host_kernel(node.op_type)
        if host is None or (not node.device.endswith(("CPU:0", "")) and "CPU" not in node.device):
            return False
        for source, index in node.inputs:
            if source.output_dims[index] != () or source.output_dtypes[index] not in host.types:
                return False
        return True

    # -- one node --------------------------------------------------------------------------------

    def _lower_node(self, node: Node) -> None:
        if node.op_type == "Const":
            self._lower_constant(node)
            return
        if self._runs_on_host(node):
            self._lower_host_scalar(node)
            return
        device = self.devices[node.device]
        kernel = find_kernel(node.op_type, device.type, node.attrs)
        if kernel is None:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"No OpKernel was registered to support Op '{node.op_type}' used by {{{{node {node.name}}}}} on "
                f"{device.type}",
            )
        context = node_context(
            node, device.torch_device, self.cache.resources, self.cache.session_handle
        )
        if kernel.is_resource:
            handle = self.cache.stateful(node, lambda: kernel.function(context))
            self.constants[self._define((node, 0), Form.HANDLE)] = handle
            return
        if node.op_type in _SAME_VALUE and self._share_slot(node):
            return
        self._emit(node, kernel, context)

    def _share_slot(self, node: Node) -> bool:
        """Let the output of an identity be the slot of its input, where nothing is ordered by the node."""
        edge = node.inputs[0]
        source, index = edge
        if node.controls or source.output_dtypes[index]._is_ref_dtype:
            return False
        here, there = self.devices[node.device], self.devices[source.device]
        if self.native[edge] is Form.TENSOR and here.torch_device != there.torch_device:
            return False
        form = self.native[edge]
        self.slots[(node, 0, form)] = self.slots[(edge[0], edge[1], form)]
        self.native[(node, 0)] = form
        if edge in self.shared:
            self.shared.add((node, 0))
        return True

    def _lower_constant(self, node: Node) -> None:
        value = node.attrs["value"].array
        dtype = node.output_dtypes[0]
        form = Form.HOST if not is_number(dtype) else Form.TENSOR
        slot = self._define((node, 0), form)
        if form is Form.HOST:
            self.constants[slot] = value
        else:
            self.constants[slot] = to_tensor(value).to(self.devices[node.device].torch_device)
            host_slot = self.new_slot()
            self.slots[(node, 0, Form.HOST)] = host_slot
            self.constants[host_slot] = value[()] if value.ndim == 0 else value
        self.shared.add((node, 0))

    def _lower_host_scalar(self, node: Node) -> None:
        host = find_host_kernel(node.op_type)
        assert host is not None
        arguments = [self._slot(edge, Form.HOST, node) for edge in node.inputs]
        function = host.function
        names, _ = attr_parameters(function)
        if names:
            function = partial(function, **{name: node.attrs[name] for name in names})
        slot = self._define((node, 0), Form.HOST)
        self.instructions.append(
            Instruction(function, arguments, [slot], node, expression=host.expression)
        )

    def _emit(self, node: Node, kernel: Kernel, context: NodeContext) -> None:
        function = kernel.function
        if kernel.is_factory:
            made = kernel.function
            function = (
                self.cache.stateful(node, lambda: made(context))
                if node.op_def.is_stateful
                else made(context)
            )
        names, takes_step = attr_parameters(function)
        if names and not kernel.is_factory:
            function = partial(function, **{name: node.attrs[name] for name in names})
        arguments = self._arguments(node, kernel)
        outputs = self._define_outputs(node, kernel)
        has_list = any(arg.is_list for arg in node.op_def.outputs)
        self.instructions.append(
            Instruction(
                function,
                arguments,
                outputs,
                node,
                is_tuple=has_list or len(outputs) != 1,
                takes_step=takes_step,
                is_async=kernel.is_async,
            )
        )
        if kernel.aliases and any(
            edge in self.shared or self._is_ref(edge) for edge in node.inputs
        ):
            self.shared.update((node, i) for i in range(len(outputs)))

    @staticmethod
    def _is_ref(edge: Edge) -> bool:
        dtype = edge[0].output_dtypes[edge[1]]
        return dtype._is_ref_dtype or dtype.name == "resource"

    def _arguments(self, node: Node, kernel: Kernel) -> list[Any]:
        arguments: list[Any] = []
        at = 0
        for arg in node.op_def.inputs:
            form = Form.HOST if arg.name in kernel.host_inputs else None
            if arg.number_attr is not None:
                count = node.attrs[arg.number_attr]
            elif arg.type_list_attr is not None:
                count = len(node.attrs[arg.type_list_attr])
            else:
                arguments.append(self._input(node.inputs[at], form, node, arg.is_ref))
                at += 1
                continue
            arguments.append(
                [self._input(e, form, node, arg.is_ref) for e in node.inputs[at : at + count]]
            )
            at += count
        return arguments

    def _input(self, edge: Edge, form: Form | None, node: Node, takes_ref: bool) -> Slot:
        source, index = edge
        dtype = source.output_dtypes[index]
        if dtype._is_ref_dtype:
            if takes_ref or node.op_def.name in _REF_FORWARDERS:
                return self.slots[(source, index, Form.HANDLE)]
            return self._dereferenced(edge, node, form)
        if form is None:
            form = self._value_form(dtype)
        return self._slot(edge, form, node)

    def _define_outputs(self, node: Node, kernel: Kernel) -> list[Slot]:
        slots = []
        at = 0
        for arg in node.op_def.outputs:
            if arg.number_attr is not None:
                count = node.attrs[arg.number_attr]
            elif arg.type_list_attr is not None:
                count = len(node.attrs[arg.type_list_attr])
            else:
                count = 1
            for _ in range(count):
                dtype = node.output_dtypes[at]
                if dtype._is_ref_dtype:
                    form = Form.HANDLE
                elif arg.name in kernel.host_outputs:
                    form = Form.HOST
                else:
                    form = self._value_form(dtype)
                slots.append(self._define((node, at), form))
                at += 1
        return slots

    # -- forms -----------------------------------------------------------------------------------

    def _slot(self, edge: Edge, form: Form, consumer: Node) -> Slot:
        """Return the slot of a value in a form, with a conversion or copy where it does not exist yet."""
        native = self.native[edge]
        source = self.slots[(edge[0], edge[1], native)]
        if native is Form.HANDLE or form is Form.HANDLE:
            return source
        if form is Form.HOST:
            return self._host_slot(edge, native, source, consumer)
        wanted = self.devices[consumer.device].torch_device
        if native is Form.TENSOR and self.devices[edge[0].device].torch_device == wanted:
            return source
        key = (edge[0], edge[1], wanted)
        slot = self.copies.get(key)
        if slot is None:
            slot = self.copies[key] = self.new_slot()
            function = (
                to_tensor
                if wanted.type == "cpu" and native is Form.HOST
                else partial(_to_device, device=wanted)
            )
            self._convert(function, source, slot, consumer)
        return slot

    def _host_slot(self, edge: Edge, native: Form, source: Slot, consumer: Node) -> Slot:
        slot = self.slots.get((edge[0], edge[1], Form.HOST))
        if slot is None:
            slot = self.slots[(edge[0], edge[1], Form.HOST)] = self.new_slot()
            is_scalar = edge[0].output_dims[edge[1]] == ()
            self._convert(_to_host_scalar if is_scalar else to_host, source, slot, consumer)
        return slot

    def _convert(
        self, function: Callable[..., Any], source: Slot, slot: Slot, consumer: Node
    ) -> None:
        self.instructions.append(
            Instruction(function, [source], [slot], consumer, is_conversion=True)
        )

    def _dereferenced(self, edge: Edge, consumer: Node, form: Form | None = None) -> Slot:
        """Return a slot with the value that a reference has when the consumer starts."""
        buffer = self.slots[(edge[0], edge[1], Form.HANDLE)]
        slot = self.new_slot()
        self._convert(_read_buffer, buffer, slot, consumer)
        if not is_number(edge[0].output_dtypes[edge[1]]):
            return slot
        wanted = self.devices[consumer.device].torch_device
        function: Callable[..., Any] | None = None
        if form is Form.HOST:
            function = to_host
        elif self.devices[edge[0].device].torch_device != wanted:
            function = partial(_to_device, device=wanted)
        if function is None:
            return slot
        converted = self.new_slot()
        self._convert(function, slot, converted, consumer)
        return converted


_SAME_VALUE = frozenset(["Identity", "StopGradient", "Snapshot", "PreventGradient"])
_REF_FORWARDERS = frozenset(
    ["RefIdentity", "RefEnter", "RefExit", "RefSwitch", "RefMerge", "RefNextIteration", "RefSelect"]
)


def _read_buffer(buffer: Any) -> Any:
    return buffer.read()


def _to_host_scalar(tensor: torch.Tensor) -> Any:
    return to_host(tensor)[()]


def _to_device(value: Any, device: torch.device) -> torch.Tensor:
    tensor = value if isinstance(value, torch.Tensor) else to_tensor(value)
    return tensor.to(device)


def is_dereference(instruction: Instruction) -> bool:
    """Return whether an instruction takes the value out of a reference, which must wait for its consumer's turn."""
    return instruction.function is _read_buffer


def node_context(
    node: Node, torch_device: torch.device, resources: Any, session_handle: str
) -> NodeContext:
    """Return what a kernel factory sees of a node."""
    return NodeContext(
        node.name,
        node.op_type,
        node.attrs,
        [source.output_dims[i] for source, i in node.inputs],
        node.output_dims,
        [source.output_dtypes[i] for source, i in node.inputs],
        node.output_dtypes,
        torch_device,
        resources,
        session_handle,
        _constant_inputs(node),
    )


def _constant_inputs(node: Node) -> dict[str, Any]:
    found = {}
    at = 0
    for arg in node.op_def.inputs:
        if arg.number_attr is not None:
            at += node.attrs[arg.number_attr]
        elif arg.type_list_attr is not None:
            at += len(node.attrs[arg.type_list_attr])
        else:
            source = node.inputs[at][0]
            if source.op_type == "Const":
                found[arg.name] = source.attrs["value"].array
            at += 1
    return found


def lower(graph: NodeGraph, devices: dict[str, Device], cache: KernelCache) -> LoweredGraph:
    """Return the instructions of a partition.

    Args:
      graph: the nodes, placed on devices of this task.
      devices: the task's devices by full name.
      cache: keeps stateful kernels and gives access to the task's resources.

    Raises:
      InvalidArgumentError: a node has no kernel on its device.
    """
    return _Lowering(graph, devices, cache).run()
