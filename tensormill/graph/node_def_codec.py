"""NodeDef and AttrValue messages: one operation or attribute to protobuf and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto import attr_value_pb2, node_def_pb2

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor_codec import (
    array_from_proto,
    array_to_proto,
    shape_from_proto,
    shape_to_proto,
)
from tensormill.graph.tensor_value import TensorValue

if TYPE_CHECKING:
    from tensormill.graph.operation import Operation


def to_node_def(op: Operation, sort_controls: bool = False) -> Any:
    """Return the NodeDef of an operation: inputs as `name`, `name:i`, `^name`, and all attributes.

    Args:
      op: the operation.
      sort_controls: control inputs by name, as in a GraphDef, and not in the order of the program.
    """
    node = node_def_pb2.NodeDef(name=op.name, op=op.type, device=op.device)
    for tensor in op.input_tensors:
        node.input.append(
            tensor.op.name if tensor.value_index == 0 else f"{tensor.op.name}:{tensor.value_index}"
        )
    if op.control_input_list:
        controls = [f"^{control.name}" for control in op.control_input_list]
        node.input.extend(sorted(controls) if sort_controls else controls)
    schema = op.op_schema.attrs
    for name, value in op.attrs.copy().items():  # other threads may be adding the node just now
        attr = schema.get(name)
        node.attr[name].CopyFrom(attr_to_proto(value, attr.kind if attr is not None else None))
    return node


def attr_to_proto(value: Any, kind: str | None = None) -> Any:
    """Return the AttrValue of an attribute in memory; `kind` says what the value may leave open."""
    proto = attr_value_pb2.AttrValue()
    if kind is None:
        kind = _kind_of(value)
    if kind.startswith("list("):
        proto.list.SetInParent()
        for item in value:
            _put(proto.list, item, kind[5:-1], is_list=True)
    else:
        _put(proto, value, kind, is_list=False)
    return proto


def _put(proto: Any, value: Any, kind: str, *, is_list: bool) -> None:
    if kind == "shape":
        target = proto.shape.add() if is_list else proto.shape
        target.CopyFrom(shape_to_proto(value))
        if not is_list:
            proto.shape.SetInParent()
    elif kind == "tensor":
        target = proto.tensor.add() if is_list else proto.tensor
        target.CopyFrom(array_to_proto(value.array, value.dtype))
    elif kind == "func":
        target = proto.func.add() if is_list else proto.func
        target.name = value.name
        for name, item in value.attrs.items():
            target.attr[name].CopyFrom(attr_to_proto(item))
    else:
        field = {"string": "s", "int": "i", "float": "f", "bool": "b", "type": "type"}[kind]
        plain = value.as_datatype_enum if kind == "type" else value
        if is_list:
            getattr(proto, field).append(plain)
        else:
            setattr(proto, field, plain)


def _kind_of(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"list({_kind_of(value[0]) if value else 'string'})"
    for kind, types in (
        ("bool", bool),
        ("int", int),
        ("float", float),
        ("string", (bytes, str)),
        ("type", DType),
        ("tensor", TensorValue),
        ("func", FunctionRef),
    ):
        if isinstance(value, types):
            return kind
    raise TypeError(f"no attribute kind for {value!r}")


_LIST_KINDS = (
    ("s", "string"),
    ("i", "int"),
    ("f", "float"),
    ("b", "bool"),
    ("type", "type"),
    ("shape", "shape"),
    ("tensor", "tensor"),
    ("func", "func"),
)


def is_attr_value(value: Any) -> bool:
    """Return whether `value` is an AttrValue message, of this package or of another one."""
    return getattr(getattr(value, "DESCRIPTOR", None), "name", None) == "AttrValue"


def attr_from_proto(proto: Any) -> Any:
    """Return the in-memory form of an AttrValue.

    Raises:
      ValueError: the attribute holds nothing, or a tensor that is not consistent.
    """
    field = proto.WhichOneof("value")
    if field == "list":
        for name, _ in _LIST_KINDS:
            items = getattr(proto.list, name)
            if len(items):
                return tuple(_take(item, name) for item in items)
        return ()
    if field is None:
        raise ValueError("an attribute holds no value")
    return _take(getattr(proto, field), field)


def _take(value: Any, field: str) -> Any:
    if field == "type":
        return as_dtype(value)
    if field == "shape":
        return shape_from_proto(value)
    if field == "tensor":
        return TensorValue(array_from_proto(value), as_dtype(value.dtype))
    if field == "func":
        return FunctionRef(value.name, {n: attr_from_proto(a) for n, a in value.attr.items()})
    return value


def public_attr(value: Any, kind: str | None = None) -> Any:
    """Return an attribute as `Operation.get_attr` does: messages for shapes, tensors, functions."""
    if kind is not None and kind.endswith("shape)"):
        return [shape_to_proto(item) for item in value]
    if kind == "shape":
        return shape_to_proto(value)
    if isinstance(value, TensorValue):
        return array_to_proto(value.array, value.dtype)
    if isinstance(value, FunctionRef):
        return attr_to_proto(value, "func").func
    if isinstance(value, TensorShape):
        return value.as_proto()
    if isinstance(value, tuple):
        return [public_attr(item) for item in value]
    return value
