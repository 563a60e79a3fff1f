"""OpDef messages: the definition of an op type to protobuf, as `Operation.op_def` shows it."""

from __future__ import annotations

from functools import cache
from typing import Any

from tensorboard.compat.proto import op_def_pb2, types_pb2

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.node_def_codec import attr_to_proto
from tensormill.graph.op_def import ArgDef, AttrDef, OpDef
from tensormill.graph.op_table import OP_DEFS

__all__ = ["to_op_def", "to_op_list"]


def to_op_def(op_def: OpDef) -> Any:
    """Return the OpDef message of an op type, a new one each time."""
    if op_def.is_function:
        return _message(op_def)
    copy = op_def_pb2.OpDef()
    copy.CopyFrom(_op_def_message(op_def.name))
    return copy


def to_op_list(op_types: Any) -> Any:
    """Return an OpList with the definitions of the op types, sorted by name."""
    return op_def_pb2.OpList(op=[to_op_def(OP_DEFS[name]) for name in sorted(op_types)])


@cache
def _op_def_message(name: str) -> Any:
    return _message(OP_DEFS[name])


def _message(op_def: OpDef) -> Any:
    message = op_def_pb2.OpDef(
        name=op_def.name,
        input_arg=[_arg(arg) for arg in op_def.inputs],
        output_arg=[_arg(arg) for arg in op_def.outputs],
        attr=[_attr(attr) for attr in op_def.attrs.values()],
        is_stateful=op_def.is_stateful,
        is_commutative=op_def.is_commutative,
        is_aggregate=op_def.is_aggregate,
        allows_uninitialized_input=op_def.allows_uninitialized_input,
    )
    if op_def.deprecation is not None:
        message.deprecation.version, message.deprecation.explanation = op_def.deprecation
    return message


def _arg(arg: ArgDef) -> Any:
    return op_def_pb2.OpDef.ArgDef(
        name=arg.name,
        type=types_pb2.DT_INVALID if arg.type is None else arg.type.as_datatype_enum,
        type_attr=arg.type_attr or "",
        type_list_attr=arg.type_list_attr or "",
        number_attr=arg.number_attr or "",
        is_ref=arg.is_ref,
    )


def _attr(attr: AttrDef) -> Any:
    message = op_def_pb2.OpDef.AttrDef(name=attr.name, type=attr.kind)
    if attr.has_default:
        default = attr.default
        if attr.kind == "func" and isinstance(default, str):
            default = FunctionRef(default)
        message.default_value.CopyFrom(attr_to_proto(default, attr.kind))
    if attr.allowed is not None:
        kind = attr.kind.removeprefix("list(").removesuffix(")")
        allowed = attr_to_proto(attr.allowed, f"list({kind})")
        message.allowed_values.CopyFrom(allowed)
    if attr.minimum is not None:
        message.has_minimum = True
        message.minimum = attr.minimum
    return message
