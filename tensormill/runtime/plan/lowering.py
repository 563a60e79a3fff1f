"""Lowering: a partition's nodes to instructions over slots, with kernels and attributes bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.kernels.registry import Kernel, find_host_kernel, find_kernel
from tensormill.kernels.torch_dtypes import is_number, to_tensor
from tensormill.runtime.devices import Device, make_ready
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.plan.instructions import Form, Instruction, Slot, SlotGuard
from tensormill.runtime.plan.node_context import attr_parameters, node_context
from tensormill.runtime.plan.value_table import ValueTable, value_form
from tensormill.runtime.transfers import SENDS

__all__ = ["KernelCache", "LoweredGraph", "NodeLowering"]


class KernelCache(Protocol):
    """Where the kernels of stateful nodes live as long as their session."""

    session_handle: str
    resources: Any

    def stateful(self, node: Node, make: Callable[[], Any]) -> Any:
        """Return what `make` made for the node when it was first seen in this session."""

    def function(self, node: Node, ref: Any) -> Any:
        """Return a function that the kernel of a node calls."""


@dataclass(slots=True)
class LoweredGraph:
    """The instructions of a partition.

    Attributes:
      instructions: in an order that respects data and control edges.
      constants: slot to value, bound when the plan is made.
      feeds: slot, form, dtype and static shape of each fed tensor.
      fetches: slot, form and dtype of each fetched value.
      copied_fetches: positions of fetches whose memory a variable, a feed or a constant may share.
      fetch_guards: position to what must hold for the fetch to have a value, where it may have
        none.
      slot_count: how many slots there are.
      is_bounded: no instruction is a whole graph, which may have loops.
    """

    instructions: list[Instruction]
    constants: dict[Slot, Any]
    feeds: list[tuple[Slot, Form, DType, Dims]]
    fetches: list[tuple[Slot, Form, DType]]
    copied_fetches: frozenset[int]
    fetch_guards: dict[int, SlotGuard]
    slot_count: int
    is_bounded: bool = True


class NodeLowering:
    """Lowers nodes one at a time into the open scope of a value table.

    Attributes:
      values: where the values of the program are.
    """

    def __init__(self, devices: dict[str, Device], cache: KernelCache) -> None:
        self._devices = devices
        self._cache = cache
        self.values = ValueTable(devices)
        self._stack_forms: dict[Slot, Form] = {}  # by the slot of the handle

    def lower_feeds(self, graph: NodeGraph) -> list[tuple[Slot, Form, DType, Dims]]:
        """Define the feeds; return slot, form, dtype and static shape of each."""
        feeds = []
        wanted = self._wanted_feed_forms(graph)
        for node in graph.feeds:
            dtype, dims = node.output_dtypes[0], node.output_dims[0]
            form = wanted[node] if is_number(dtype) else value_form(dtype)
            slot = self.values.define_given((node, 0), form)
            self.values.shared.add((node, 0))
            feeds.append((slot, form, dtype, dims))
        return feeds

    def _wanted_feed_forms(self, graph: NodeGraph) -> dict[Node, Form]:
        """Feeds of static shape [] that only host kernels read arrive as host scalars."""
        forms = {
            node: (Form.HOST if node.output_dims[0] == () else Form.TENSOR) for node in graph.feeds
        }
        if not forms:
            return forms
        for node in graph.nodes:
            for source, _ in node.inputs:
                if forms.get(source) is Form.HOST and not self.runs_on_host(node):
                    forms[source] = Form.TENSOR
        return forms

    def runs_on_host(self, node: Node) -> bool:
        """Return whether a node computes a host scalar."""
        if len(node.output_dims) != 1 or node.output_dims[0] != () or not node.inputs:
            return False
        host = find_host_kernel(node.op_type)
        if host is None or self.values.device(node).type != "CPU":
            return False
        for source, index in node.inputs:
            if source.output_dims[index] != () or source.output_dtypes[index] not in host.types:
                return False
        return True

    def lower_node(self, node: Node) -> None:
        """Write the instructions of a node.

        Raises:
          InvalidArgumentError: the node has no kernel on its device.
        """
        make_ready(self.values.device_of(node))
        if node.op_type == "Const":
            self._lower_constant(node)
        elif self.runs_on_host(node):
            self._lower_host_scalar(node)
        elif node.op_type in _STACK_OPS:
            self._lower_stack(node)
        elif node.op_type == "NoOp" and self.values.is_in_loop:
            pass
        elif not (node.op_type in _SAME_VALUE and self._share_slot(node)):
            self._lower_kernel(node)

    def _lower_stack(self, node: Node) -> None:
        """Keep values on a stack in the form in which the first of them is produced.

        Shapes and counters, which gradients of loops keep in numbers, then stay host values.
        """
        edges = node.inputs
        first_form = Form.TENSOR if len(edges) == 1 else self.values.native[edges[1]]
        form = self._stack_forms.setdefault(self.values.native_slot(edges[0]), first_form)
        self._lower_kernel(node, on_host=form is Form.HOST)

    def _lower_kernel(self, node: Node, on_host: bool = False) -> None:
        device = self.values.device(node)
        kernel = find_kernel(node.op_type, device.type, node.attrs)
        if kernel is None:
            raise errors.invalid_argument(
                f"No OpKernel was registered to support Op '{node.op_type}' used by "
                f"{{{{node {node.name}}}}} on {device.type}"
            )
        if on_host:
            names = frozenset(a.name for a in (*node.op_def.inputs, *node.op_def.outputs))
            kernel = replace(kernel, host_inputs=names - {"handle"}, host_outputs=names)
        elif kernel.host_scalars is not None and all(dims == () for dims in node.output_dims):
            names = frozenset(a.name for a in node.op_def.outputs)
            kernel = replace(kernel, function=kernel.host_scalars, host_outputs=names)
        elif kernel.of_host_scalars is not None and self._takes_host_scalars(node):
            kernel = replace(
                kernel,
                function=kernel.of_host_scalars,
                host_inputs=frozenset(a.name for a in node.op_def.inputs),
                host_outputs=frozenset(a.name for a in node.op_def.outputs),
            )
        function = kernel.function
        if kernel.is_resource or kernel.is_factory:
            make = partial(self._make_kernel, node, kernel, device)
            function = self._cache.stateful(node, make) if node.op_def.is_stateful else make()
        if kernel.is_resource:
            self.values.bind_constant((node, 0), Form.HANDLE, function)
        else:
            self._emit(node, kernel, function)

    def _takes_host_scalars(self, node: Node) -> bool:
        """Return whether all inputs of a node are made as host scalars, or constant."""
        native = self.values.native
        return (
            all(source.output_dims[index] == () for source, index in node.inputs)
            and all(native[e] is Form.HOST or e[0].op_type == "Const" for e in node.inputs)
            and any(native[e] is Form.HOST for e in node.inputs)
        )

    def _make_kernel(self, node: Node, kernel: Kernel, device: Device) -> Any:
        cache = self._cache
        context = node_context(
            node,
            device.torch_device,
            cache.resources,
            cache.session_handle,
            partial(cache.function, node),
        )
        try:
            return kernel.function(context)
        except errors.OpError as error:
            raise errors.attach_operation(
                error,
                op_name=node.name,
                op_type=node.op_type,
                device=node.device,
                op=node.operation,
            ) from None

    def _share_slot(self, node: Node) -> bool:
        """Let the output of an identity be the slot of its input.

        Not where the node orders others, or moves the value. The instructions of a loop run in the
        order in which they are written, so there it orders nothing.
        """
        edge = node.inputs[0]
        if edge[0].output_dtypes[edge[1]]._is_ref_dtype:
            return False
        if node.controls and not self.values.is_in_loop:
            return False
        if self.values.is_elsewhere(edge, node):
            return False
        self.values.alias((node, 0), edge)
        return True

    def _lower_constant(self, node: Node) -> None:
        values = self.values
        value = node.attrs["value"].array
        edge = (node, 0)
        if is_number(node.output_dtypes[0]):
            values.bind_constant(edge, Form.TENSOR, to_tensor(value).to(values.device_of(node)))
            value = value[()] if value.ndim == 0 else value
        values.bind_constant(edge, Form.HOST, value)
        values.shared.add(edge)

    def _lower_host_scalar(self, node: Node) -> None:
        host = find_host_kernel(node.op_type)
        assert host is not None
        arguments = [self.values.use(edge, Form.HOST, node) for edge in node.inputs]
        function = _with_attrs(host.function, node)[0]
        slot = self.values.define((node, 0), Form.HOST)
        self.values.append(
            Instruction(function, arguments, [slot], node, expression=host.expression)
        )

    def _emit(self, node: Node, kernel: Kernel, function: Callable[..., Any]) -> None:
        if kernel.is_factory:
            takes_step = attr_parameters(function)[1]
        else:
            function, takes_step = _with_attrs(function, node)
        if node.op_type in SENDS:
            (edge,) = node.inputs
            may_change = edge in self.values.shared or _is_ref(edge)
            function = partial(function, may_change=may_change)
        arguments = self._arguments(node, kernel)
        outputs = self._define_outputs(node, kernel)
        has_list = any(arg.is_list for arg in node.op_def.outputs)
        at_once, at_once_takes_step = kernel.at_once, False
        if at_once is not None:
            at_once, at_once_takes_step = _with_attrs(at_once, node)
        self.values.append(
            Instruction(
                function,
                arguments,
                outputs,
                node,
                is_tuple=has_list or len(outputs) != 1,
                takes_step=takes_step,
                is_async=kernel.is_async,
                at_once=at_once,
                at_once_takes_step=at_once_takes_step,
            )
        )
        shared = self.values.shared
        may_alias = kernel.aliases or getattr(function, "aliases", False)
        if may_alias and any(edge in shared or _is_ref(edge) for edge in node.inputs):
            shared.update((node, i) for i in range(len(outputs)))
            reads = self.values.reference_reads
            if any(_is_reference(edge) or edge in reads for edge in node.inputs):
                reads.update((node, i) for i in range(len(outputs)))

    def _arguments(self, node: Node, kernel: Kernel) -> list[Any]:
        arguments: list[Any] = []
        at = 0
        for arg in node.op_def.inputs:
            form = Form.HOST if arg.name in kernel.host_inputs else None
            edges = node.inputs[at : at + arg.count(node.attrs)]
            if arg.name in kernel.native_inputs:
                slots = [self._input(edge, self._made_form(edge), node, False) for edge in edges]
            else:
                slots = [self._input(edge, form, node, arg.is_ref) for edge in edges]
            arguments.append(slots if arg.is_list else slots[0])
            at += len(edges)
        return arguments

    def _made_form(self, edge: Edge) -> Form | None:
        """Return the host form for a value that is made in it; None for the usual one."""
        return Form.HOST if self.values.native[edge] is Form.HOST else None

    def _input(self, edge: Edge, form: Form | None, node: Node, takes_ref: bool) -> Slot:
        dtype = edge[0].output_dtypes[edge[1]]
        if dtype._is_ref_dtype and self.values.native[edge] is Form.HANDLE:
            if takes_ref or node.op_type.startswith("Ref"):
                return self.values.native_slot(edge)
            return self.values.dereference(edge, node, form)
        return self.values.use(edge, value_form(dtype) if form is None else form, node)

    def _define_outputs(self, node: Node, kernel: Kernel) -> list[Slot]:
        slots = []
        at = 0
        for arg in node.op_def.outputs:
            for _ in range(arg.count(node.attrs)):
                dtype = node.output_dtypes[at]
                if dtype._is_ref_dtype:
                    form = Form.HANDLE
                elif arg.name in kernel.host_outputs:
                    form = Form.HOST
                else:
                    form = value_form(dtype)
                slots.append(self.values.define((node, at), form))
                at += 1
        return slots

    def lower_fetches(
        self, graph: NodeGraph
    ) -> tuple[list[tuple[Slot, Form, DType]], frozenset[int]]:
        """Return slot, form and dtype of each fetch, and which of them must be copied."""
        fetches = []
        copied = set()
        for index, edge in enumerate(graph.fetches):
            dtype = edge[0].output_dtypes[edge[1]]
            if dtype._is_ref_dtype and self.values.native[edge] is Form.HANDLE:
                slot, form = self.values.dereference(edge, edge[0]), value_form(dtype)
                copied.add(index)
            else:
                form = self.values.native[edge]
                slot = self.values.native_slot(edge)
                if edge in self.values.shared:
                    copied.add(index)
            fetches.append((slot, form, dtype.base_dtype))
        return fetches, frozenset(copied)


_STACK_OPS = frozenset(["StackPushV2", "StackPopV2"])
_SAME_VALUE = frozenset(["Identity", "StopGradient", "Snapshot", "PreventGradient"])


def _is_reference(edge: Edge) -> bool:
    return bool(edge[0].output_dtypes[edge[1]]._is_ref_dtype)


def _is_ref(edge: Edge) -> bool:
    dtype = edge[0].output_dtypes[edge[1]]
    return dtype._is_ref_dtype or dtype.name == "resource"


def _with_attrs(function: Callable[..., Any], node: Node) -> tuple[Callable[..., Any], bool]:
    """Return a kernel with the attributes of a node bound, and whether it takes the step."""
    names, takes_step = attr_parameters(function)
    if names:
        function = partial(function, **{name: node.attrs[name] for name in names})
    return function, takes_step
