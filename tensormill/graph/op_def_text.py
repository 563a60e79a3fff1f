"""Op definitions, attributes and dtypes as TensorFlow writes them in its messages."""

from __future__ import annotations

from typing import Any

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def import ArgDef, AttrDef, OpDef
from tensormill.graph.tensor_value import TensorValue

__all__ = ["dtype_text", "summarize_op_def", "value_text"]

_CPP_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def dtype_text(dtype: DType) -> str:
    """Return the name of a dtype in C++: "float", "half_ref", "int32"."""
    base = dtype.base_dtype.name
    return _CPP_NAMES.get(base, base) + ("_ref" if dtype._is_ref_dtype else "")


def _enum_text(dtype: DType) -> str:
    name = dtype_text(dtype)
    return "DT_" + name.upper()


def value_text(value: Any) -> str:
    """Return an attribute in memory as `SummarizeAttrValue` does, shortened where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f'"{value.decode(errors="backslashreplace")}"'
    if isinstance(value, DType):
        return _enum_text(value)
    if isinstance(value, TensorValue):
        return f"<{_enum_text(value.dtype)} tensor of shape {list(value.array.shape)}>"
    if isinstance(value, FunctionRef):
        return value.name
    if isinstance(value, tuple):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    return str(value)


def _default_text(attr: AttrDef) -> str:
    if attr.kind == "shape":
        if attr.default is None:
            return "<unknown>"
        return "[" + ",".join("?" if d is None else str(d) for d in attr.default) + "]"
    return value_text(attr.default)


def _arg_text(arg: ArgDef) -> str:
    body = arg.type_list_attr or arg.type_attr or ("" if arg.type is None else dtype_text(arg.type))
    if arg.number_attr is not None:
        body = f"{arg.number_attr}*{body}"
    return f"{arg.name}:Ref({body})" if arg.is_ref else f"{arg.name}:{body}"


def _attr_text(attr: AttrDef) -> str:
    text = f"; attr={attr.name}:{attr.kind}"
    if attr.has_default:
        text += f",default={_default_text(attr)}"
    if attr.minimum is not None:
        text += f",min={attr.minimum}"
    if attr.allowed is not None:
        text += f",allowed={value_text(attr.allowed)}"
    return text


def summarize_op_def(op_def: OpDef) -> str:
    """Return `Op<name=…; signature=… -> …; attr=…>`, as TensorFlow's messages show an op type."""
    inputs = ", ".join(map(_arg_text, op_def.inputs))
    outputs = ", ".join(map(_arg_text, op_def.outputs))
    text = f"Op<name={op_def.name}; signature={inputs} -> {outputs}"
    text += "".join(map(_attr_text, op_def.attrs.values()))
    for flag in ("is_commutative", "is_aggregate", "is_stateful", "allows_uninitialized_input"):
        if getattr(op_def, flag):
            text += f"; {flag}=true"
    return text + ">"
