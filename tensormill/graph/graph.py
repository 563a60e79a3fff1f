"""`Graph`: the operations of a program, with the scopes that are open while it is built.

The graph is a GraphDef in memory: names, input order and attributes are TensorFlow's. It runs nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.collections import GraphCollections
from tensormill.graph.creation_site import capture_frames
from tensormill.graph.graph_def_writer import write_graph_def
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.scopes import ControlDependencies, DeviceScope, apply_device_scopes
from tensormill.graph.shape_inference import infer_shapes
from tensormill.graph.stacks import DefaultStack
from tensormill.graph.tensor import Tensor

_VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


class Graph(GraphCollections):
    """A graph of operations and the tensors between them.

    Attributes:
      seed: the graph-level random seed, or None.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._operations: list[Operation] = []
        self._operations_by_name: dict[str, Operation] = {}
        self._names_in_use: dict[str, int] = {}
        self._name_stack = ""
        self._next_id = 0
        self._change_count = 0
        self._finalized = False
        self._seed: int | None = None
        self._device_stack: tuple[DeviceScope, ...] = ()
        self._colocation_stack: tuple[Operation, ...] = ()
        self._control_stack: tuple[ControlDependencies, ...] = ()
        self._control_flow_context: Any = None
        self._gradient_override_map: dict[str, str] = {}
        self._attr_scope_map: dict[str, Any] = {}
        self._container = ""
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._functions: dict[str, Any] = {}
        self._py_functions: list[Any] = []
        self._graph_def_versions: Any = None
        self._extra: dict[Any, Any] = {}

    # -- nodes -------------------------------------------------------------------------------------------------

    def add_operation(
        self,
        op_def: OpDef,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        name: str,
        *,
        control_inputs: Iterable[Operation] = (),
        apply_scopes: bool = True,
    ) -> Operation:
        """Add a node with all scopes that are open: control dependencies, devices, colocation, control flow.

        Args:
          op_def: the op type.
          inputs: the input tensors, all of this graph.
          attrs: every attribute of the signature, in the form of `attr_values`; the graph keeps the dict.
          name: final and unique (see `unique_name`).
          control_inputs: operations that must run first, besides those of the open scopes.
          apply_scopes: False adds the node bare, as an import does.

        Raises:
          ValueError: an input belongs to another graph, or the static shapes do not fit.
          RuntimeError: the graph is finalized.
        """
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        for tensor in inputs:
            if tensor.op.graph is not self:
                raise ValueError(
                    f"Tensor({tensor.name!r}) must be from the same graph as the operation {name!r}."
                )
        controls = list(control_inputs)
        if self._control_stack and apply_scopes:
            controls = self._scoped_controls(inputs, controls)
        op = Operation(
            self, op_def, name, inputs, controls, attrs, capture_frames(), self._next_id + 1
        )
        if op_def.shape_function is not None:
            infer_shapes(op)
        self._next_id += 1
        self._operations.append(op)
        self._operations_by_name[name] = op
        if apply_scopes:
            self._apply_scopes(op)
        return op

    def _apply_scopes(self, op: Operation) -> None:
        if self._attr_scope_map:
            for key, value in self._attr_scope_map.items():
                made = value(op.node_def) if callable(value) else value
                if made is not None:
                    op._set_attr(key, made)
        if self._gradient_override_map:
            mapped = self._gradient_override_map.get(op.type)
            if mapped is not None and "_gradient_op_type" not in op.attrs:
                op.attrs["_gradient_op_type"] = mapped.encode()
        if self._control_flow_context is not None:
            op._control_flow_context = self._control_flow_context
            self._control_flow_context.AddOp(op)
        for scope in self._control_stack:
            scope.note_seen(op)
        if self._device_stack:
            apply_device_scopes(op, self._device_stack)
        if self._colocation_stack:
            self._apply_colocation(op)
        if self._container and "container" in op.attrs and not op.attrs["container"]:
            op.attrs["container"] = self._container.encode()

    def _scoped_controls(self, inputs: list[Tensor], controls: list[Operation]) -> list[Operation]:
        input_ops = {tensor.op for tensor in inputs}
        for scope in self._control_stack:
            if not any(scope.has_seen(op) for op in input_ops):
                controls.extend(c for c in scope.control_inputs if c not in input_ops)
        return list(dict.fromkeys(controls))

    def _apply_colocation(self, op: Operation) -> None:
        groups: list[bytes] = []
        for other in self._colocation_stack:
            groups.extend(other.colocation_groups())
            if other.device:
                op._set_device(other.device)
        op.attrs["_class"] = tuple(sorted(set(groups) | set(op.attrs.get("_class", ()))))

    def create_op(
        self,
        op_type: str,
        inputs: Iterable[Tensor],
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Create an operation from its type and inputs, as TensorFlow's `Graph.create_op`.

        Attributes that the signature infers from the inputs may be left out; AttrValue messages are accepted.

        Raises:
          ValueError: the op type is not registered, or an attribute is missing.
        """
        if op_type not in OP_DEFS:
            raise ValueError(f"op type {op_type!r} is not registered")
        return OP_DEFS[op_type].builder.create(self, list(inputs), attrs or {}, name)  # type: ignore[no-any-return]

    def note_change(self) -> None:
        """Record that existing nodes were changed."""
        self._change_count += 1

    @property
    def version(self) -> int:
        """The number of operations ever added, which a session compares to find new ones."""
        return self._next_id

    @property
    def _last_id(self) -> int:
        return self._next_id

    @property
    def graph_def_versions(self) -> Any:
        """The VersionDef of an imported graph, or that of new graphs."""
        return self.as_graph_def().versions

    @property
    def seed(self) -> int | None:
        """The graph-level random seed."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def finalized(self) -> bool:
        """Whether the graph is read-only."""
        return self._finalized

    def finalize(self) -> None:
        """Make the graph read-only."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    @property
    def building_function(self) -> bool:
        """Whether the graph is the body of a function."""
        return False

    # -- looking things up -------------------------------------------------------------------------------------

    def get_operations(self) -> list[Operation]:
        """Return all operations, in the order of their creation."""
        return list(self._operations)

    def get_operation_by_name(self, name: str) -> Operation:
        """Return the operation called `name`.

        Raises:
          KeyError: there is none.
          TypeError: `name` is not a string.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        found: Operation = self.as_graph_element(name, allow_tensor=False, allow_operation=True)
        return found

    def get_tensor_by_name(self, name: str) -> Tensor:
        """Return the tensor called `name` (`"operation:index"`).

        Raises:
          KeyError: there is none.
          TypeError: `name` is not a string.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        found: Tensor = self.as_graph_element(name, allow_tensor=True, allow_operation=False)
        return found

    def _get_operation_by_name_unsafe(self, name: str) -> Operation:
        return self._operations_by_name[name]

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """Return the tensor or operation that `obj` is, names, or stands for.

        Raises:
          KeyError: the name is not in the graph.
          TypeError: `obj` is of no usable type.
          ValueError: the name is malformed, or `obj` belongs to another graph.
        """
        if not allow_tensor and not allow_operation:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        kinds = " or ".join(
            k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on
        )
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            obj = convert() or obj
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return self._element_by_name(obj, allow_tensor, allow_operation)
        if isinstance(obj, Tensor) and allow_tensor:
            if obj.op.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(f"Operation {obj.name} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {kinds}.")

    def _element_by_name(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        if ":" in name and allow_tensor:
            op_name, _, index_text = name.rpartition(":")
            if name.count(":") != 1 or not index_text.isdigit():
                raise ValueError(
                    f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names must be "
                    'of the form "<op_name>:<output_index>".'
                )
            op = self._operations_by_name.get(op_name)
            if op is None:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, "
                    "does not exist in the graph."
                )
            index = int(index_text)
            if index >= len(op.outputs):
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, "
                    f"exists but only has {len(op.outputs)} outputs."
                )
            return op.outputs[index]
        if ":" in name:
            raise ValueError(
                f"Name {name!r} appears to refer to a Tensor, not a Operation."
                if name.count(":") == 1 and name.rpartition(":")[2].isdigit()
                else f"The name {name!r} looks like an (invalid) Operation name, not a Tensor."
            )
        if not allow_operation:
            if name in self._operations_by_name:
                raise ValueError(
                    f"The name {name!r} refers to an Operation, not a Tensor. Tensor names must be of the form "
                    '"<op_name>:<output_index>".'
                )
            raise ValueError(
                f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor names must be of "
                'the form "<op_name>:<output_index>".'
            )
        op = self._operations_by_name.get(name)
        if op is None:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return op

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Refuse to feed `tensor` from now on."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """Return whether `tensor` may be fed."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation) -> None:
        """Refuse to fetch `op` and its outputs from now on."""
        self._unfetchable.add(op)

    def is_fetchable(self, element: Tensor | Operation) -> bool:
        """Return whether the tensor or operation may be fetched."""
        return (element.op if isinstance(element, Tensor) else element) not in self._unfetchable

    # -- names -------------------------------------------------------------------------------------------------

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Return `name` under the open name scope, made unique with `_1`, `_2` … where it is taken.

        Names that differ in case only count as the same, as in TensorFlow.
        """
        if self._name_stack:
            name = self._name_stack + "/" + name
        key = name.lower()
        names = self._names_in_use
        count = names.get(key, 0)
        if mark_as_used:
            names[key] = count + 1
        if count:
            base = key
            while key in names:
                key = f"{base}_{count}"
                count += 1
            if mark_as_used:
                names[key] = 1
            name = f"{name}_{count - 1}"
        return name

    def operation_name(self, name: str) -> str:
        """Return the final name of a new node: `name` with a trailing slash is taken as it is.

        Raises:
          ValueError: the name has characters that names cannot have.
        """
        if name and name[-1] == "/":
            return name[:-1]
        if not _VALID_OP_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid node name")
        return self.unique_name(name)

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Open a name scope; its prefix (with a trailing slash) is the value of the with-statement.

        None or "" goes back to the root; a name with a trailing slash is entered as it is.

        Raises:
          ValueError: the name has characters that names cannot have.
        """
        if name:
            if not isinstance(name, str):
                name = str(name)
            if self._name_stack:
                if not _VALID_SCOPE_NAME.match(name):
                    raise ValueError(f"'{name}' is not a valid scope name")
            elif not _VALID_OP_NAME.match(name):
                raise ValueError(f"'{name}' is not a valid scope name")
        old = self._name_stack
        if not name:
            new = ""
        elif name[-1] == "/":
            new = name[:-1]
        else:
            new = self.unique_name(name)
        self._name_stack = new
        try:
            yield "" if not new else new + "/"
        finally:
            self._name_stack = old

    def get_name_scope(self) -> str:
        """Return the open name scope, without a trailing slash."""
        return self._name_stack

    # -- scopes ------------------------------------------------------------------------------------------------

    @contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Ask for a device for the operations made in the block; a string, a function of the operation, or None.

        Inner scopes win over outer ones, part by part; a function's result replaces what the inner scopes asked
        for; None ignores the outer scopes.
        """
        old = self._device_stack
        self._device_stack = (*old, DeviceScope.make(device_name_or_function))
        try:
            yield
        finally:
            self._device_stack = old

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Put the operations made in the block on the device of `op` (an operation, tensor or variable; or None)."""
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        target = None if op is None else self._colocation_target(op)
        old, old_devices = self._colocation_stack, self._device_stack
        if ignore_existing:
            self._colocation_stack = () if target is None else (target,)
        elif target is not None:
            self._colocation_stack = (*old, target)
        # The devices of outer scopes do not reach the operations inside: they follow the target.
        self._device_stack = ()
        try:
            yield
        finally:
            self._colocation_stack, self._device_stack = old, old_devices

    def _colocation_target(self, value: Any) -> Operation:
        if isinstance(value, Operation):
            return value
        element = self.as_graph_element(
            getattr(value, "handle", value) if not isinstance(value, Tensor) else value
        )
        return element if isinstance(element, Operation) else element.op

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Make the operations of the block run after `control_inputs`; None drops all outer dependencies too."""
        old, old_context = self._control_stack, self._control_flow_context
        if control_inputs is None:
            self._control_stack = ()
            self._control_flow_context = None
        else:
            ops: list[Operation] = []
            for item in control_inputs:
                if (
                    hasattr(item, "values")
                    and hasattr(item, "indices")
                    and not isinstance(item, Tensor)
                ):
                    item = item.op
                element = self.as_graph_element(item)
                ops.append(element.op if isinstance(element, Tensor) else element)
            self._control_stack = (*old, ControlDependencies(list(dict.fromkeys(ops))))
        try:
            yield
        finally:
            self._control_stack, self._control_flow_context = old, old_context

    def _current_control_dependencies(self) -> set[Operation]:
        return {op for scope in self._control_stack for op in scope.control_inputs}

    def _get_control_flow_context(self) -> Any:
        return self._control_flow_context

    def _set_control_flow_context(self, context: Any) -> None:
        self._control_flow_context = context

    @contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Keep the state that the operations of the block make in the resource container `container_name`."""
        old = self._container
        self._container = container_name
        try:
            yield container_name
        finally:
            self._container = old

    @contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Use other gradient functions for the operations made in the block.

        Args:
          op_type_map: op type to the name under which a gradient function was registered.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for key, mapped in op_type_map.items():
            if not isinstance(key, str) or not isinstance(mapped, str):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        old = self._gradient_override_map
        self._gradient_override_map = {**old, **op_type_map}
        try:
            yield
        finally:
            self._gradient_override_map = old

    @contextmanager
    def _attr_scope(self, attr_map: dict[str, Any]) -> Iterator[None]:
        old = self._attr_scope_map
        merged = {**old, **attr_map}
        self._attr_scope_map = {k: v for k, v in merged.items() if v is not None}
        try:
            yield
        finally:
            self._attr_scope_map = old

    def as_default(self) -> Any:
        """Return a context manager that makes this graph the default one."""
        return default_graphs.pushed(self)

    # -- GraphDef ----------------------------------------------------------------------------------------------

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """Return the graph as a GraphDef message.

        Args:
          from_version: only nodes added after this version.
          add_shapes: write the static shapes into `_output_shapes`.
        """
        return write_graph_def(self, from_version, add_shapes)


class DefaultGraphs(DefaultStack[Graph]):
    """The default graphs: the innermost `as_default` block of a thread, or else one for the whole process."""

    process_graph: Graph | None = None

    def current(self) -> Graph:
        """Return the default graph of this thread, making one where there is none."""
        items = self.items
        if items:
            return items[-1]
        graph = DefaultGraphs.process_graph
        if graph is None:
            graph = DefaultGraphs.process_graph = Graph()
        return graph

    def reset(self) -> None:
        """Replace the default graph by an empty one.

        Raises:
          AssertionError: an `as_default` block is open.
        """
        if self.items:
            raise AssertionError(
                "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the "
                "nesting and create a new graph."
            )
        DefaultGraphs.process_graph = Graph()


default_graphs = DefaultGraphs()


def get_default_graph() -> Graph:
    """Return the default graph of this thread."""
    return default_graphs.current()


def reset_default_graph() -> None:
    """Replace the default graph by an empty one; tensors of the old graph do not belong to the new one."""
    default_graphs.reset()
