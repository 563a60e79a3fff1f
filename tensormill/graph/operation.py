"""`Operation`: a node of the graph, and where the user's code made it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from tensormill.graph import errors, node_def_codec, op_def_codec
from tensormill.graph.creation_site import CreationSite, GivenFrames, RawFrames, StackFrame
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def import OpDef
from tensormill.graph.scope_places import ScopePlace
from tensormill.graph.shapes import are_compatible, format_dims
from tensormill.graph.tensor import Tensor, session_for

if TYPE_CHECKING:
    from tensormill.graph.graph import Graph

__all__ = ["Operation", "OperationInputs"]


class _InputList(Sequence[Tensor]):
    """The data inputs of an operation: by position, or by the name of the argument."""

    __slots__ = ("_op",)

    def __init__(self, op: Operation) -> None:
        self._op = op

    def __len__(self) -> int:
        return len(self._op.input_tensors)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._op.input_tensors)

    @overload
    def __getitem__(self, key: int) -> Tensor: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> list[Tensor]: ...

    def __getitem__(self, key: int | str | slice) -> Any:
        if isinstance(key, str):
            return self._op.input_argument(key)
        return self._op.input_tensors[key]

    def __add__(self, other: Any) -> list[Tensor]:
        return self._op.input_tensors + list(other)

    def __radd__(self, other: Any) -> list[Tensor]:
        return list(other) + self._op.input_tensors

    def __eq__(self, other: object) -> bool:
        return self._op.input_tensors == list(other)  # type: ignore[call-overload]

    def __hash__(self) -> int:
        return id(self._op)

    def __repr__(self) -> str:
        return repr(self._op.input_tensors)


OperationInputs = _InputList


class Operation:
    """A node of a graph.

    Attributes:
      graph: the graph that holds the operation.
      op_schema: the definition of its op type.
      type: the op type, such as "MatMul".
      name: unique in the graph.
      input_tensors: the data inputs, in the order of the signature.
      control_inputs: the operations that must run first.
      attrs: the attributes in the form of `attr_values`.
      outputs: the output tensors.
      device: the device that was asked for, "" where none was.
      frames: where the user's code made the operation.
    """

    __slots__ = (
        "__weakref__",
        "_colocation_places",
        "_control_flow_context",
        "_control_outputs",
        "_device",
        "_device_scopes",
        "_gradient_function",
        "_id",
        "_original",
        "attrs",
        "control_input_list",
        "frames",
        "graph",
        "input_tensors",
        "name",
        "op_schema",
        "outputs",
        "type",
    )

    _original: Operation
    _colocation_places: tuple[ScopePlace, ...]
    _device_scopes: tuple[Any, ...]

    def __init__(
        self,
        graph: Graph,
        op_schema: OpDef,
        name: str,
        inputs: list[Tensor],
        control_inputs: tuple[Operation, ...],
        attrs: dict[str, Any],
        frames: RawFrames,
    ) -> None:
        self.graph = graph
        self.op_schema = op_schema
        self.type = op_schema.name
        self.name = name
        self.input_tensors = inputs
        self.control_input_list = control_inputs
        self.attrs = attrs
        self.frames = frames
        self._id = 0
        self._device = ""
        self._control_outputs: list[Operation] | None = None
        self._control_flow_context: Any = None
        self._gradient_function: Any = None
        dtypes = op_schema.output_dtypes(attrs)
        make = graph.tensor_type
        if len(dtypes) == 1:
            self.outputs = [make(self, 0, dtypes[0])]
        else:
            self.outputs = [make(self, index, dtype) for index, dtype in enumerate(dtypes)]

    @property
    def _original_op(self) -> Operation | None:
        """The operation that this one was derived from, None where it stands for itself."""
        original: Operation | None = getattr(self, "_original", None)
        return original

    @property
    def _device_assignments(self) -> list[ScopePlace]:
        """The device scopes that were open when it was made, the innermost first."""
        scopes = getattr(self, "_device_scopes", ())
        return [scope.place.shown() for scope in reversed(scopes) if scope.place is not None]

    @property
    def _colocation_dict(self) -> dict[str, ScopePlace]:
        """The places of the colocation scopes that it was made in, by what it goes with."""
        places = getattr(self, "_colocation_places", ())
        return {place.opened_for: place for place in reversed(places)}

    def _connect(self) -> None:
        """Tell the inputs of their new consumer, once the operation is known to be sound."""
        for tensor in self.input_tensors:
            if tensor._consumers is None:
                tensor._consumers = [self]
            else:
                tensor._consumers.append(self)
        for control_input in self.control_input_list:
            control_input._note_control_output(self)

    def _disconnect(self) -> None:
        for tensor in self.input_tensors:
            if tensor._consumers is not None:
                tensor._consumers.remove(self)
        self._remove_all_control_inputs()

    def _note_control_output(self, op: Operation) -> None:
        if self._control_outputs is None:
            self._control_outputs = [op]
        else:
            self._control_outputs.append(op)

    @property
    def device(self) -> str:
        """The device that was asked for; "" where none was."""
        return self._device

    def _set_device(self, device: Any) -> None:
        """Ask for a device, by name or DeviceSpec; the text is kept as it is, as in TensorFlow."""
        self._set_device_text(device)

    def _set_device_text(self, device: Any) -> None:
        if hasattr(device, "to_string"):
            device = device.to_string()
        elif isinstance(device, bytes):
            device = device.decode()
        if not isinstance(device, str):
            raise TypeError(f"Expected binary or unicode string, got {device!r}")
        self._device = device

    _set_device_from_string = _set_device_text

    @property
    def inputs(self) -> OperationInputs:
        """The data inputs, by position or by argument name."""
        return OperationInputs(self)

    @property
    def control_inputs(self) -> list[Operation]:
        """The operations that must run before this one."""
        return list(self.control_input_list)

    # Programs that copy or rewrite graphs know these names.
    @property
    def _inputs(self) -> OperationInputs:
        return self.inputs

    @property
    def _outputs(self) -> list[Tensor]:
        return self.outputs

    @property
    def _control_inputs(self) -> list[Operation]:
        return self.control_inputs

    @property
    def _graph(self) -> Graph:
        return self.graph

    @property
    def _control_outputs_list(self) -> list[Operation]:
        return list(self._control_outputs or ())

    @property
    def op_def(self) -> Any:
        """The definition of the op type, as an OpDef message."""
        return op_def_codec.to_op_def(self.op_schema)

    @property
    def _is_stateful(self) -> bool:
        return self.op_schema.is_stateful

    @property
    def _input_types(self) -> list[DType]:
        return self.op_schema.input_dtypes(self.attrs)

    @property
    def _output_types(self) -> list[int]:
        return [tensor.dtype.as_datatype_enum for tensor in self.outputs]

    def input_argument(self, name: str) -> Any:
        """Return the tensor of an input argument, or the list of tensors where it is a list.

        Raises:
          KeyError: the op type has no such input.
        """
        at = 0
        for arg in self.op_schema.inputs:
            count = arg.count(self.attrs)
            if arg.name == name:
                found = self.input_tensors[at : at + count]
                return found if arg.is_list else found[0]
            at += count
        raise KeyError(f"op type {self.type} has no input {name!r}")

    def values(self) -> tuple[Tensor, ...]:
        """Return the output tensors."""
        return tuple(self.outputs)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run the operation in `session`, or in the default session.

        Raises:
          ValueError: there is no session to run it in, or it runs another graph.
        """
        session_for(self, session).run(self, feed_dict)

    def colocation_groups(self) -> list[bytes]:
        """Return the colocation groups, `loc:@name`; its own group where it is in no other."""
        groups = [c for c in self.attrs.get("_class", ()) if c.startswith(b"loc:@")]
        return groups or [b"loc:@" + self.name.encode()]

    @property
    def creation_site(self) -> CreationSite | None:
        """The user's line that made the operation, or None."""
        return self.frames.site()

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """The user's stack when it was made: (file, line, function, source), outermost first."""
        return self.frames.format()

    @property
    def traceback_with_start_lines(self) -> list[tuple[str, int, str, str, int]]:
        """The user's stack, and with each frame the line in which its function begins."""
        return self.frames.format_with_start_lines()

    @property
    def _traceback(self) -> list[StackFrame]:
        return self.frames.stack()

    @_traceback.setter
    def _traceback(self, frames: Iterable[Any]) -> None:
        self.frames = GivenFrames(frames)

    def get_attr(self, name: str) -> Any:
        """Return the value of an attribute, in the form in which TensorFlow returns it.

        Raises:
          ValueError: the operation has no such attribute.
        """
        if name not in self.attrs:
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.")
        attr = self.op_schema.attrs.get(name)
        return node_def_codec.public_attr(self.attrs[name], attr.kind if attr is not None else None)

    @property
    def node_def(self) -> Any:
        """The operation as a NodeDef message."""
        return node_def_codec.to_node_def(self)

    def _set_attr(self, name: str, value: Any) -> None:
        self.attrs[name] = (
            node_def_codec.attr_from_proto(value) if node_def_codec.is_attr_value(value) else value
        )

    def _clear_attr(self, name: str) -> None:
        self.attrs.pop(name, None)

    def _update_input(self, index: int, tensor: Tensor) -> None:
        """Replace a data input: for the back edges of loops."""
        if not isinstance(tensor, Tensor):
            raise TypeError(f"tensor must be a Tensor: {tensor}")
        if tensor.op.graph is not self.graph:
            raise ValueError(f"{tensor} must be from the same graph as {self!r}.")
        if index >= len(self.input_tensors):
            raise errors.out_of_range(
                f"Cannot update edge. Input index [{index}] is greater than the number of total "
                f"inputs [{len(self.input_tensors)}]."
            )
        old = self.input_tensors[index]
        if not are_compatible(old.dims, tensor.dims):
            raise errors.invalid_argument(
                "Cannot update edge, incompatible shapes: "
                f"{format_dims(tensor.dims, 'kernel')} and {format_dims(old.dims, 'kernel')}."
            )
        if old._consumers is not None and self in old._consumers:
            old._consumers.remove(self)
        self.graph.note_new_input(self, index, tensor)
        self.input_tensors[index] = tensor
        if tensor._consumers is None:
            tensor._consumers = []
        tensor._consumers.append(self)

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops: Sequence[Operation]) -> None:
        for op in ops:
            if op not in self.control_input_list:
                self.control_input_list = (*self.control_input_list, op)
                op._note_control_output(self)
        self.graph.note_change()

    def _remove_all_control_inputs(self) -> None:
        for op in self.control_input_list:
            if op._control_outputs is not None:
                op._control_outputs.remove(self)
        self.control_input_list = ()
        self.graph.note_change()

    def _get_control_flow_context(self) -> Any:
        return self._control_flow_context

    def _set_control_flow_context(self, context: Any) -> None:
        self._control_flow_context = context

    def __str__(self) -> str:
        return str(self.node_def)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"
