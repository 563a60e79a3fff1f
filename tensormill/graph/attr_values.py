"""The in-memory form of attribute values, and what makes it from what a caller gives.

string -> bytes, int -> int, float -> float, bool -> bool, type -> DType, shape -> Dims (None:
unknown rank), tensor -> TensorValue, func -> FunctionRef, list(x) -> tuple of the above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_def import AttrDef
from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor_codec import array_from_proto
from tensormill.graph.tensor_value import TensorValue as TensorValue


@dataclass(slots=True, frozen=True)
class FunctionRef:
    """The name of a function with its attributes, TensorFlow's NameAttrList."""

    name: str
    attrs: dict[str, Any] = field(default_factory=dict)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    raise TypeError(f"expected bytes or str, got {value!r}")


def _as_int(value: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, (str, bytes)):
        raise TypeError(f"expected int, got {value!r}")
    if getattr(value, "value", None) is not None and hasattr(value, "is_compatible_with"):
        return int(value.value)  # a Dimension
    try:
        return int(value)  # as TensorFlow, which also takes 2.5 for 2
    except (OverflowError, ValueError) as error:
        raise TypeError(f"expected int, got {value!r}") from error


def _as_float(value: Any) -> float:
    if isinstance(value, (str, bytes)):
        raise TypeError(f"expected float, got {value!r}")
    return float(value)


def _as_bool(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise TypeError(f"expected bool, got {value!r}")


def _as_tensor_value(value: Any) -> TensorValue:
    if isinstance(value, TensorValue):
        return value
    if hasattr(value, "tensor_shape") and hasattr(value, "dtype"):  # a TensorProto
        return TensorValue(array_from_proto(value), as_dtype(value.dtype))
    raise TypeError(f"expected a tensor value, got {value!r}")


def _as_function(value: Any) -> FunctionRef:
    if isinstance(value, FunctionRef):
        return value
    return FunctionRef(value if isinstance(value, str) else value.name)


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "string": _as_bytes,
    "int": _as_int,
    "float": _as_float,
    "bool": _as_bool,
    "type": lambda value: as_dtype(value).base_dtype,
    "shape": as_dims,
    "tensor": _as_tensor_value,
    "func": _as_function,
}


def _made(attr: AttrDef, kind: str, value: Any) -> Any:
    try:
        return _MAKERS[kind](value)
    except TypeError as error:
        shown = "DataType" if kind == "type" else kind
        raise TypeError(f"Expected {shown} for argument '{attr.name}' not {value!r}.") from error


def make_attr(op_type: str, attr: AttrDef, value: Any) -> Any:
    """Return `value` in the in-memory form, after the checks that the signature asks for.

    Raises:
      TypeError: the value is of the wrong kind.
      ValueError: the value is not among the allowed ones, or below the minimum.
    """
    kind = attr.kind
    if kind.startswith("list("):
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise TypeError(f"Expected list for attr {attr.name}")
        made: Any = tuple(_made(attr, kind[5:-1], item) for item in value)
    else:
        made = _made(attr, kind, value)
    check_attr(op_type, attr, made)
    return made


def check_attr(op_type: str, attr: AttrDef, value: Any, parameter: str | None = None) -> None:
    """Hold a value in memory against the allowed values and the minimum of its attribute.

    Args:
      op_type: the op type.
      attr: the attribute.
      value: its value.
      parameter: the argument that the value comes from, where it is not the attribute itself.
    """
    if attr.allowed is not None:
        for item in value if attr.kind.startswith("list(") else (value,):
            if item not in attr.allowed:
                raise _not_allowed(op_type, attr, item, parameter or attr.name)
    if attr.minimum is not None:
        if attr.kind.startswith("list("):
            if len(value) < attr.minimum:
                raise ValueError(
                    f"Attr '{attr.name}' of '{op_type}' Op passed list of length {len(value)} "
                    "less than "
                    f"minimum {attr.minimum}."
                )
        elif value < attr.minimum:
            raise ValueError(
                f"Attr '{attr.name}' of '{op_type}' Op passed {value} less than minimum "
                f"{attr.minimum}."
            )


def _not_allowed(op_type: str, attr: AttrDef, item: Any, parameter: str) -> Exception:
    assert attr.allowed is not None
    if isinstance(item, DType):
        allowed = ", ".join(d.name for d in attr.allowed)
        return TypeError(
            f"Value passed to parameter '{parameter}' has DataType {item.name} not in list of "
            "allowed "
            f"values: {allowed}"
        )
    allowed = '", "'.join(a.decode() for a in attr.allowed)
    return ValueError(
        f"Attr '{attr.name}' of '{op_type}' Op passed string '{item.decode()}' not in: "
        f'"{allowed}".'
    )
