"""The texts of placement errors, which are TensorFlow's.

Source: TensorFlow 1.15, core/common_runtime/colocation_graph.cc, core/framework/op_kernel.cc.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import format_dims
from tensormill.graph.tensor_value import TensorValue
from tensormill.kernels.registry import kernels_of

__all__ = ["colocation_debug_info", "kernel_dtypes", "node_attrs", "registered_kernels"]

_TYPE_NAMES = {
    "bfloat16": "BFLOAT16",
    "bool": "BOOL",
    "float16": "HALF",
    "float32": "FLOAT",
    "float64": "DOUBLE",
}


def _dtype_text(dtype: DType) -> str:
    name = dtype.name
    return f"DT_{_TYPE_NAMES.get(name, name.upper())}"


def registered_kernels(op_type: str) -> str:
    """Return one line for every kernel of an op type, with the dtypes that it takes."""
    lines = []
    for kernel in kernels_of(op_type):
        line = f"  device='{kernel.device_type}'"
        for name, allowed in kernel.types.items():
            dtypes = sorted(allowed, key=lambda dtype: dtype.as_datatype_enum)
            line += f"; {name} in [{', '.join(map(_dtype_text, dtypes))}]"
        lines.append(line + "\n")
    return "".join(lines) or "  <no registered kernels>\n"


def kernel_dtypes(op: Operation) -> str:
    """Return the dtypes by which the kernel for a node is chosen, as `name=DT_TYPE`."""
    names = {name for kernel in kernels_of(op.type) for name in kernel.types}
    return ", ".join(
        f"{name}={_dtype_text(op.attrs[name])}"
        for name in sorted(names)
        if isinstance(op.attrs.get(name), DType)
    )


def _attr_text(value: Any, kind: str) -> str:
    if kind.startswith("list(") and isinstance(value, tuple):
        return f"[{', '.join(_attr_text(item, kind[5:-1]) for item in value)}]"
    if isinstance(value, bytes):
        return f'"{value.decode(errors="backslashreplace")}"'
    if isinstance(value, DType):
        return _dtype_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, TensorValue):
        shape = format_dims(value.array.shape, "kernel")
        return f"Tensor<type: {value.dtype.name} shape: {shape}>"
    if isinstance(value, FunctionRef):
        return f"{value.name}[]"
    if kind == "shape":
        return "<unknown>" if value is None else format_dims(value, "kernel")
    return str(value)


def node_attrs(op: Operation) -> str:
    """Return the attributes of a node as `name=value`, in the order of their names."""
    kinds = op.op_schema.attrs
    texts = []
    for name, value in sorted(op.attrs.items()):
        kind = kinds[name].kind if name in kinds else "list(string)"
        texts.append(f"{name}={_attr_text(value, kind)}")
    return ", ".join(texts)


def colocation_debug_info(
    root: str, members: Iterable[tuple[Operation, tuple[str, ...], str]]
) -> str:
    """Return what is said of a colocation group when it cannot be placed.

    Args:
      root: the line that describes the group as a whole.
      members: the operations of the group in the order of the graph, with the device types that
        each supports and the device that each has already, or "".
    """
    listed = list(members)
    types = {op.type: supported for op, supported, _ in listed}
    lines = [
        "",
        "Colocation Debug Info:",
        "Colocation group had the following types and supported devices: ",
        root,
        *(f"{kind}: {' '.join(types[kind])} " for kind in sorted(types)),
        "",
        "Colocation members, user-requested devices, and framework assigned devices, if any:",
    ]
    for op, _, assigned in listed:
        line = f"  {op.name} ({op.type}) {op.device}"
        lines.append(f"{line} framework assigned device={assigned}" if assigned else line)
    return "\n".join(lines) + "\n"
