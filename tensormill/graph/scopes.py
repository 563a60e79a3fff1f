"""The scopes that are open while operations are made, and the with-statements that open them.

Each thread has its own scopes in a graph, so that several threads can build one graph.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tensormill.graph.device_names import canonical, merge_device_scopes
from tensormill.graph.graph_elements import GraphElements
from tensormill.graph.loop_borders import check_input
from tensormill.graph.node_def_codec import is_attr_value
from tensormill.graph.operation import Operation
from tensormill.graph.scope_places import ScopePlace
from tensormill.graph.tensor import Tensor

__all__ = ["ControlDependencies", "DeviceScope", "GraphScopes", "OpenScopes", "apply_device_scopes"]

_VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")
_MAX_VALID_NAMES = 1 << 14
# Names that were found valid; such a name is valid in every scope.
_valid_root_names: set[str] = set()


@dataclass(frozen=True, slots=True)
class DeviceScope:
    """One `with tf.device(...)`: a canonical name, a function of the operation, or neither (None).

    Neither means that the scopes outside do not count.

    Attributes:
      name: the canonical name.
      function: the function.
      place: what the user gave, and where.
    """

    name: str | None
    function: Callable[[Any], Any] | None
    place: ScopePlace | None = field(default=None, compare=False)

    @classmethod
    def make(cls, value: Any, place: ScopePlace | None = None) -> DeviceScope:
        """Return the scope for what the user gave to `tf.device`."""
        if value is None:
            return cls(None, None, place)
        if isinstance(value, str):
            return cls(canonical(value), None, place)
        if hasattr(value, "to_string"):
            return cls(canonical(value.to_string()), None, place)
        if callable(value):
            return cls(None, value, place)
        raise TypeError(
            f"tf.device takes a device name, a function, a DeviceSpec or None, not {value!r}"
        )


def apply_device_scopes(op: Operation, scopes: tuple[DeviceScope, ...]) -> None:
    """Set the device that the open scopes, innermost first, ask for `op`."""
    if not op._device:
        named = _named_scopes(scopes)
        if named is not None:
            op._device = named
            return
    for scope in reversed(scopes):
        if scope.function is not None:
            op._set_device_text(scope.function(op))
        elif scope.name is None:
            break
        elif scope.name:
            op._device = merge_device_scopes(op._device, scope.name)


@lru_cache(maxsize=1024)
def _named_scopes(scopes: tuple[DeviceScope, ...]) -> str | None:
    """Return what scopes without functions ask for; None where there is a function among them."""
    if any(scope.function is not None for scope in scopes):
        return None
    device = ""
    for scope in reversed(scopes):
        if scope.name is None:
            break
        if scope.name:
            device = merge_device_scopes(device, scope.name)
    return device


class ControlDependencies:
    """One `with tf.control_dependencies(...)`: what runs first, and what was made in the block."""

    __slots__ = ("_seen", "control_inputs")

    def __init__(self, control_inputs: list[Operation]) -> None:
        self.control_inputs = control_inputs
        self._seen: set[Operation] = set()

    def note_seen(self, op: Operation) -> None:
        """Record that `op` was made inside the scope, and so waits for its control inputs."""
        self._seen.add(op)

    def has_seen(self, op: Operation) -> bool:
        """Return whether `op` was made inside the scope."""
        return op in self._seen


class OpenScopes:
    """The scopes that one thread has open in one graph."""

    __slots__ = (
        "attrs",
        "colocation",
        "colocation_places",
        "container",
        "control_flow",
        "controls",
        "devices",
        "gradients",
        "kernels",
        "name",
        "original_op",
    )

    def __init__(self) -> None:
        self.name = ""
        self.original_op: Operation | None = None
        self.devices: tuple[DeviceScope, ...] = ()
        self.colocation: tuple[Operation, ...] = ()
        self.colocation_places: tuple[ScopePlace, ...] = ()
        self.controls: tuple[ControlDependencies, ...] = ()
        self.control_flow: Any = None
        self.container = ""
        self.attrs: dict[str, Any] = {}
        self.gradients: dict[str, str] = {}
        self.kernels: dict[str, str] = {}

    def controls_for(
        self, inputs: list[Tensor], controls: tuple[Operation, ...]
    ) -> tuple[Operation, ...]:
        """Return the control inputs of a new operation: `controls`, and what open blocks ask for.

        A block is left out where a data input was made inside it and so waits for the same already.
        """
        input_ops = {tensor.op for tensor in inputs}
        found = list(controls)
        for scope in self.controls:
            if not any(scope.has_seen(op) for op in input_ops):
                found.extend(c for c in scope.control_inputs if c not in input_ops)
        return tuple(dict.fromkeys(found))

    def apply_to_import(self, op: Operation) -> None:
        """Do for an imported operation what `apply` does, with the device that it brought."""
        brought, op._device = op._device, ""
        devices = self.devices
        if "_class" in op.attrs and op.colocation_groups() != [b"loc:@" + op.name.encode()]:
            self.devices = ()
        elif brought:
            self.devices = (*devices, DeviceScope(brought, None))
        try:
            self.apply(op)
        finally:
            self.devices = devices

    def apply(self, op: Operation) -> None:
        """Give a new operation its attributes, device and colocation, in TensorFlow's order."""
        context = op._control_flow_context = self.control_flow
        for tensor in op.input_tensors:
            source = tensor.op
            if source._control_flow_context is not context:
                check_input(op, source)
        if context is not None:
            around, self.name = self.name, op.name  # what brings the inputs in is named after op
            try:
                context.AddOp(op)
            finally:
                self.name = around
        if self.attrs:
            self._apply_attrs(op)
        if self.kernels and op.type in self.kernels:
            op.attrs["_kernel"] = self.kernels[op.type].encode()
        if self.gradients and op.type in self.gradients:
            op.attrs["_gradient_op_type"] = self.gradients[op.type].encode()
        if self.original_op is not None:
            op._original = self.original_op
        for scope in self.controls:
            scope.note_seen(op)
        if self.devices:
            op._device_scopes = self.devices
            apply_device_scopes(op, self.devices)
        if self.colocation:
            self._apply_colocation(op)
        if self.container and op.op_schema.is_stateful and op.attrs.get("container") == b"":
            op.attrs["container"] = self.container.encode()

    def _apply_attrs(self, op: Operation) -> None:
        for key, value in self.attrs.items():
            if key in op.attrs:
                continue
            made = value(op.node_def) if callable(value) else value
            if made is None:
                continue
            if not is_attr_value(made):
                raise TypeError(
                    f"Callable for scope map key '{key}' must return either None or an AttrValue "
                    f"protocol buffer; but it returned: {made}"
                )
            op._set_attr(key, made)

    def _apply_colocation(self, op: Operation) -> None:
        groups: set[bytes] = set()
        for other in self.colocation:
            groups.update(other.colocation_groups())
            if other.device:
                op._device = other.device
        op.attrs["_class"] = tuple(sorted(groups))
        op._colocation_places = self.colocation_places


class _ThreadScopes(threading.local):
    def __init__(self) -> None:
        super().__init__()
        self.open = OpenScopes()


class _NameScope:
    """The with-block of a name scope; written out because every composite function opens one."""

    __slots__ = ("_graph", "_name", "_old", "_open")

    def __init__(self, graph: GraphScopes, name: Any) -> None:
        self._graph = graph
        self._name = name

    def __enter__(self) -> str:
        graph, name = self._graph, self._name
        scopes = self._open = graph._thread_scopes.open
        self._old = scopes.name
        if not name:
            scopes.name = ""
            return ""
        if isinstance(name, bytes):
            name = name.decode()
        elif not isinstance(name, str):
            raise TypeError(f"A scope name is a string, got {name!r} of type {type(name)}.")
        _check_scope_name(name, self._old)
        if name[-1] == "/":
            scopes.name = name[:-1]
            return name
        scopes.name = opened = graph.unique_name(name)
        return opened + "/"

    def __exit__(self, *error: object) -> None:
        self._open.name = self._old


class _DeviceBlock(ContextDecorator):
    """The with-block of a device scope."""

    def __init__(self, graph: GraphScopes, scope: DeviceScope) -> None:
        self._graph = graph
        self._scope = scope

    def _recreate_cm(self) -> _DeviceBlock:
        return _DeviceBlock(self._graph, self._scope)

    def __enter__(self) -> None:
        scopes = self._graph._thread_scopes.open
        self._old = scopes.devices
        self._now = scopes.devices = (*scopes.devices, self._scope)

    def __exit__(self, *error: object) -> None:
        scopes = self._graph._thread_scopes.open
        if scopes.devices is not self._now:
            raise RuntimeError("Exiting device scope without proper scope nesting")
        scopes.devices = self._old


def _check_scope_name(name: str, outer: str) -> None:
    pattern = _VALID_SCOPE_NAME if outer else _VALID_OP_NAME
    if not pattern.match(name):
        kind = "A scope name" if outer else "A root scope name"
        raise ValueError(
            f"'{name}' is not a valid scope name. {kind} has to match the following pattern: "
            f"{pattern.pattern}"
        )


def _check_node_name(name: str, scope: str) -> None:
    final = f"{scope}/{name}" if scope else name
    if not _VALID_OP_NAME.match(final):
        raise ValueError(
            f"'{final}' is not a valid node name. Accepted names conform to Regex "
            f"/{_VALID_OP_NAME.pattern}/"
        )
    if _VALID_OP_NAME.match(name) and len(_valid_root_names) < _MAX_VALID_NAMES:
        _valid_root_names.add(name)


class GraphScopes(GraphElements):
    """What a graph knows of names and of the scopes that are open while it is built."""

    def __init__(self) -> None:
        super().__init__()
        self._thread_scopes = _ThreadScopes()
        self._names_lock = threading.Lock()
        self._names_in_use: dict[str, int] = {}  # guarded by _names_lock

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Return `name` under the open name scope, made unique with `_1`, `_2` … where it is taken.

        Names that differ in case only count as the same, as in TensorFlow.
        """
        scope = self._thread_scopes.open.name
        if scope:
            name = f"{scope}/{name}"
        key = name.lower()
        names = self._names_in_use
        with self._names_lock:
            count = names.get(key)
            if count is None:
                if mark_as_used:
                    names[key] = 1
                return name
            if mark_as_used:
                names[key] = count + 1
            base = key
            while key in names:
                key = f"{base}_{count}"
                count += 1
            if mark_as_used:
                names[key] = 1
            return f"{name}_{count - 1}"

    def mark_name_used(self, name: str) -> None:
        """Keep `unique_name` from giving out a name that an imported node has."""
        with self._names_lock:
            self._names_in_use.setdefault(name.lower(), 1)

    def operation_name(self, name: str | bytes) -> str:
        """Return the final name of a new node: `name` with a trailing slash is taken as it is.

        Raises:
          ValueError: the name has characters that names cannot have.
        """
        if isinstance(name, bytes):
            name = name.decode()
        if name[-1] == "/":
            return name[:-1]
        if name not in _valid_root_names:
            _check_node_name(name, self._thread_scopes.open.name)
        return self.unique_name(name)

    def name_scope(self, name: str | None) -> _NameScope:
        """Open a name scope; its prefix (with a trailing slash) is the value of the with-statement.

        None or "" goes back to the root; a name with a trailing slash is entered as it is.

        Raises:
          ValueError: the name has characters that names cannot have.
        """
        return _NameScope(self, name)

    def get_name_scope(self) -> str:
        """Return the open name scope, without a trailing slash."""
        return self._thread_scopes.open.name

    @property
    def _name_stack(self) -> str:
        return self._thread_scopes.open.name

    @_name_stack.setter
    def _name_stack(self, name: str) -> None:
        self._thread_scopes.open.name = name

    def _apply_device_functions(self, op: Any) -> None:
        """Tell something like an operation the device that open scopes of names ask for.

        Programs call it to learn the device; nothing is told where no scope names one.
        """
        device = ""
        for scope in reversed(self._thread_scopes.open.devices):
            if scope.function is not None or scope.name is None:
                break
            device = merge_device_scopes(device, scope.name)
        if device:
            op._set_device_from_string(device)

    def device(self, device_name_or_function: Any) -> _DeviceBlock:
        """Ask for a device for the operations made in the block; a string, a function, or None.

        Inner scopes win over outer ones, part by part. A function is called with the operation and
        returns the whole device; its result replaces what the inner scopes asked for. None ignores
        the outer scopes.
        """
        place = ScopePlace.of_caller(device_name_or_function)
        return _DeviceBlock(self, DeviceScope.make(device_name_or_function, place))

    @contextmanager
    def _devices_replaced(self, devices: tuple[DeviceScope, ...]) -> Iterator[None]:
        """Let other device scopes than the open ones count in the block."""
        scopes = self._thread_scopes.open
        old, scopes.devices = scopes.devices, devices
        try:
            yield
        finally:
            scopes.devices = old

    def colocate_with(self, op: Any, ignore_existing: bool = False) -> AbstractContextManager[None]:
        """Put operations made in the block where `op` is; device scopes outside do not reach them.

        Args:
          op: an operation, tensor or variable; None, with `ignore_existing`, drops what is outside.
          ignore_existing: outer colocation scopes do not count.

        Raises:
          ValueError: `op` is None, but not `ignore_existing`.
        """
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        if op is None:
            return self._colocated((), (), ignore_existing)
        target = _colocation_target(op)
        return self._colocated((target,), (ScopePlace.of_caller(target.name),), ignore_existing)

    @contextmanager
    def _colocated(
        self,
        targets: tuple[Operation, ...],
        places: tuple[ScopePlace, ...],
        ignore_existing: bool,
    ) -> Iterator[None]:
        scopes = self._thread_scopes.open
        old = scopes.colocation, scopes.colocation_places, scopes.devices
        if not ignore_existing:
            targets, places = (*old[0], *targets), (*old[1], *places)
        scopes.colocation, scopes.colocation_places, scopes.devices = targets, places, ()
        try:
            yield
        finally:
            scopes.colocation, scopes.colocation_places, scopes.devices = old

    def control_dependencies(self, control_inputs: Any) -> Any:
        """Make operations of the block run after `control_inputs`; None drops outer dependencies.

        Args:
          control_inputs: operations, tensors, variables, IndexedSlices, or their names.

        Raises:
          TypeError: one of them is of no usable type.
          KeyError, ValueError: one of them is not in this graph.
        """
        if control_inputs is None:
            return self._no_control_dependencies()
        known = self._current_control_dependencies()
        ops: list[Operation] = []
        for item in control_inputs:
            op = self._control_operation(item)
            if op not in known:
                known.add(op)
                ops.append(op)
        return self._more_control_dependencies(ControlDependencies(ops))

    @contextmanager
    def _no_control_dependencies(self) -> Iterator[None]:
        scopes = self._thread_scopes.open
        old, old_context = scopes.controls, scopes.control_flow
        scopes.controls, scopes.control_flow = (), None
        try:
            yield
        finally:
            scopes.controls, scopes.control_flow = old, old_context

    @contextmanager
    def _more_control_dependencies(self, dependencies: ControlDependencies) -> Iterator[None]:
        scopes = self._thread_scopes.open
        old = scopes.controls
        scopes.controls = (*old, dependencies)
        try:
            yield
        finally:
            scopes.controls = old

    def _control_operation(self, item: Any) -> Operation:
        is_slices = hasattr(item, "values") and hasattr(item, "indices")
        is_resource_variable = hasattr(item, "_handle") and hasattr(item, "op")
        if is_slices or is_resource_variable:
            item = item.op
        element = self.as_graph_element(item)
        return element.op if isinstance(element, Tensor) else element

    def _current_control_dependencies(self) -> set[Operation]:
        scopes = self._thread_scopes.open
        return {op for scope in scopes.controls for op in scope.control_inputs}

    def _control_dependencies_for_inputs(self, input_ops: Iterable[Operation]) -> list[Operation]:
        inputs = [output for op in input_ops for output in op.outputs[:1]]
        return list(self._thread_scopes.open.controls_for(inputs, ()))

    def _get_control_flow_context(self) -> Any:
        return self._thread_scopes.open.control_flow

    def _set_control_flow_context(self, context: Any) -> None:
        self._thread_scopes.open.control_flow = context

    @contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Keep the state that operations of the block make in the container of that name."""
        scopes = self._thread_scopes.open
        old = scopes.container
        scopes.container = container_name
        try:
            yield container_name
        finally:
            scopes.container = old

    @property
    def _container(self) -> str:
        return self._thread_scopes.open.container

    def gradient_override_map(self, op_type_map: dict[str, str]) -> Any:
        """Use other gradient functions for the operations made in the block.

        Args:
          op_type_map: op type to the name under which a gradient function was registered.

        Raises:
          TypeError: it is not a dictionary of strings.
        """
        _check_string_map(op_type_map, "op_type_map")
        return self._merged("gradients", op_type_map)

    def _kernel_label_map(self, op_to_kernel_label_map: dict[str, str]) -> Any:
        _check_string_map(op_to_kernel_label_map, "op_to_kernel_label_map")
        return self._merged("kernels", op_to_kernel_label_map)

    def _attr_scope(self, attr_map: dict[str, Any]) -> Any:
        if not isinstance(attr_map, dict) or not all(
            isinstance(name, str) and (value is None or is_attr_value(value) or callable(value))
            for name, value in attr_map.items()
        ):
            raise TypeError(
                "attr_map must be a dictionary mapping strings to AttrValue protocol buffers or "
                "callables that emit AttrValue protocol buffers"
            )
        return self._merged("attrs", attr_map)

    @contextmanager
    def _original_op(self, op: Operation) -> Iterator[None]:
        """Record that the operations made in the block come from `op`, as gradients do."""
        scopes = self._thread_scopes.open
        old, scopes.original_op = scopes.original_op, op
        try:
            yield
        finally:
            scopes.original_op = old

    @contextmanager
    def _merged(self, field: str, entries: dict[str, Any]) -> Iterator[None]:
        scopes = self._thread_scopes.open
        old = getattr(scopes, field)
        merged = {**old, **entries}
        setattr(scopes, field, {k: v for k, v in merged.items() if v is not None})
        try:
            yield
        finally:
            setattr(scopes, field, old)


def _check_string_map(entries: Any, name: str) -> None:
    if not isinstance(entries, dict) or not all(
        isinstance(key, str) and isinstance(value, str) for key, value in entries.items()
    ):
        raise TypeError(f"{name} must be a dictionary mapping strings to strings")


def _colocation_target(value: Any) -> Operation:
    if isinstance(value, Operation):
        return value
    handle = getattr(value, "handle", None)
    op = (handle if isinstance(handle, Tensor) else value).op
    if not isinstance(op, Operation):
        raise TypeError(f"Cannot colocate with {value!r}, which is no operation of a graph.")
    return op
