"""NodeDef messages read with suspicion: names, inputs, and attributes held against the op type.

Source: TensorFlow 1.15, core/graph/graph_constructor.cc and core/framework/node_def_util.cc.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType
from tensormill.graph.node_def_codec import attr_from_proto
from tensormill.graph.op_def import AttrDef, OpDef, arg_dtypes
from tensormill.graph.op_def_text import dtype_text, summarize_op_def, value_text
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor

__all__ = ["CONTROL", "AttrCache", "NodeReader", "check_input_dtypes", "split_tensor_name"]

CONTROL = -1
"""The output index that stands for a control input."""

_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*\Z")
# A part of a graph names its inputs from outside with a dollar sign; an input map replaces them.
_INPUT = re.compile(r"(\^?)([$A-Za-z0-9.][A-Za-z0-9_.\\/>-]*)(?::([0-9]{1,9}))?\Z")
# Nodes that a runtime adds may begin with an underscore.
_RUNTIME_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.\\/>-]*\Z")
_RUNTIME_INPUT = re.compile(r"(\^?)([A-Za-z0-9_.][A-Za-z0-9_.\\/>-]*)(?::([0-9]{1,9}))?\Z")
_FIELDS = {
    "string": "s",
    "int": "i",
    "float": "f",
    "bool": "b",
    "type": "type",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
}
_KINDS = {field: kind for kind, field in _FIELDS.items()}


def split_tensor_name(name: str) -> tuple[str, int]:
    """Return (operation name, output index) of `"op"`, `"op:1"` or `"^op"` (index `CONTROL`).

    Raises:
      ValueError: the name is malformed.
    """
    if name.startswith("^"):
        return name[1:], CONTROL
    op_name, colon, index = name.partition(":")
    if not colon:
        return op_name, 0
    if ":" in index:
        raise ValueError(
            f"Cannot convert '{name}' to a tensor name. Tensor names should not contain more "
            "than 1 "
            f"`:`. Obtained {name.count(':')}"
        )
    if not index.isdigit():
        raise ValueError(
            f"Cannot convert {name!r} to a tensor name. Second component of the name following the "
            f"`:` should be an int. Got {index}."
        )
    return op_name, int(index)


AttrCache = dict[tuple[Any, ...], tuple[dict[str, Any], list[DType]]]


@dataclass(slots=True)
class NodeReader:
    """One NodeDef of a GraphDef.

    Attributes:
      node: the message.
      inputs: (name, output index) of each data input.
      controls: the names of the control inputs.
      op_defs: the op types that there are.
      is_from_runtime: the node comes from a running program, of whatever version, and not from a
        file: names may begin with an underscore, and unknown attributes that say nothing (false,
        zero, empty) are left out.
    """

    node: Any
    inputs: list[tuple[str, int]]
    controls: list[str]
    op_defs: Mapping[str, OpDef] = field(default_factory=lambda: OP_DEFS)
    is_from_runtime: bool = False

    @classmethod
    def read(
        cls, node: Any, op_defs: Mapping[str, OpDef] = OP_DEFS, is_from_runtime: bool = False
    ) -> NodeReader:
        """Read the names in a node.

        Raises:
          ValueError: a name is malformed, or a data input follows a control input.
        """
        if not (_RUNTIME_NAME if is_from_runtime else _NAME).match(node.name):
            raise ValueError(f"Node '{node.name}': Node name contains invalid characters")
        inputs: list[tuple[str, int]] = []
        controls: list[str] = []
        pattern = _RUNTIME_INPUT if is_from_runtime else _INPUT
        for text in node.input:
            match = pattern.match(text)
            if match is None:
                raise ValueError(f"Node '{node.name}': Unknown input node '{text}'")
            caret, name, index = match.groups()
            if caret:
                if index is not None:
                    raise ValueError(f"Node '{node.name}': Unknown input node '{text}'")
                controls.append(name)
            elif controls:
                raise ValueError(
                    f"Node '{node.name}': Control dependencies must come after regular dependencies"
                )
            else:
                inputs.append((name, int(index) if index else 0))
        return cls(node, inputs, controls, op_defs, is_from_runtime)

    def attrs(self, full_name: str, known: AttrCache) -> tuple[dict[str, Any], list[DType]]:
        """Return the attributes in the form of `attr_values`, and the dtypes of inputs they say.

        Args:
          full_name: the name of the node in the graph, for messages.
          known: the answers so far; most nodes of a graph have the attributes of another one.

        Raises:
          ValueError: an attribute is unknown, missing, of the wrong kind, or not allowed.
        """
        node = self.node
        if node.op == "Const":
            return self._read_attrs(full_name), []
        given = node.attr
        key = (node.op, *[(name, given[name].SerializeToString()) for name in given])
        found = known.get(key)
        if found is None:
            attrs = self._read_attrs(full_name)
            found = known[key] = attrs, _input_dtypes(self.op_defs[node.op], attrs)
        return found[0].copy(), found[1]

    def _read_attrs(self, full_name: str) -> dict[str, Any]:
        node = self.node
        op_def = self.op_defs[node.op]
        schema = op_def.attrs
        read: dict[str, Any] = {}
        given = node.attr
        where = f"NodeDef: {{{{node {full_name}}}}}"
        for key, attr in schema.items():
            if key in given:
                read[key] = _read_attr(attr, given[key], where, op_def)
            elif attr.has_default:
                default = attr.default
                is_name = attr.kind == "func" and isinstance(default, str)
                read[key] = FunctionRef(default) if is_name else default
            else:
                raise ValueError(
                    f"NodeDef missing attr '{key}' from {summarize_op_def(op_def)}; {where}"
                )
        if len(given) > len(read) or any(key not in given for key in read):
            self._read_others(given, schema, read, where)
        return read

    def _read_others(
        self, given: Any, schema: dict[str, AttrDef], read: dict[str, Any], where: str
    ) -> None:
        for key in given:
            if key in schema:
                continue
            if not key.startswith("_"):
                if self.is_from_runtime and _says_nothing(given[key]):
                    continue
                known = summarize_op_def(self.op_defs[self.node.op])
                raise ValueError(
                    f"NodeDef mentions attr '{key}' not in {known}; "
                    f"{where}. (Check whether your GraphDef-interpreting binary is up to date with "
                    "your GraphDef-generating binary.)."
                )
            if given[key].WhichOneof("value") is not None:
                read[key] = attr_from_proto(given[key])


def _says_nothing(proto: Any) -> bool:
    field = proto.WhichOneof("value")
    if field in ("list", "shape", "tensor", "func"):
        return not getattr(proto, field).ByteSize()
    return field is None or not getattr(proto, field)


def _read_attr(attr: AttrDef, proto: Any, where: str, op_def: OpDef) -> Any:
    kind = attr.kind
    field = proto.WhichOneof("value")
    is_list = kind.startswith("list(")
    if field != ("list" if is_list else _FIELDS[kind]):
        raise _wrong_kind(attr, proto, field, where, op_def)
    if is_list:
        populated = [name for name in _KINDS if len(getattr(proto.list, name))]
        if populated and populated != [_FIELDS[kind[5:-1]]]:
            raise _wrong_kind(attr, proto, field, where, op_def)
    try:
        value = attr_from_proto(proto)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Cannot read attr '{attr.name}': {error}; {where}") from error
    problem = _problem(attr, value, is_list)
    if problem:
        raise ValueError(f"{problem}\n\t; {where}; {summarize_op_def(op_def)}")
    return value


def _wrong_kind(
    attr: AttrDef, proto: Any, field: str | None, where: str, op_def: OpDef
) -> Exception:
    if field is None:
        problem = f"AttrValue missing value with expected type '{attr.kind}'"
    else:
        given = _KINDS.get(field, "list")
        if field == "list":
            items = [kind for name, kind in _KINDS.items() if len(getattr(proto.list, name))]
            given = f"list({items[0]})" if items else "list"
        problem = f"AttrValue had value with type '{given}' when '{attr.kind}' expected"
    return ValueError(
        f"{problem}\n\t for attr '{attr.name}'\n\t; {where}; {summarize_op_def(op_def)}"
    )


def _problem(attr: AttrDef, value: Any, is_list: bool) -> str:
    if attr.allowed is not None:
        for item in value if is_list else (value,):
            if item not in attr.allowed:
                shown = dtype_text(item) if isinstance(item, DType) else value_text(item)
                allowed = ", ".join(
                    dtype_text(a) if isinstance(a, DType) else value_text(a) for a in attr.allowed
                )
                return (
                    f"Value for attr '{attr.name}' of {shown} is not in the list of allowed "
                    "values: "
                    f"{allowed}"
                )
    if attr.minimum is not None:
        size = len(value) if is_list else value
        least = f"{size} must be at least minimum {attr.minimum}"
        if size < attr.minimum:
            if is_list:
                return f"Length for attr '{attr.name}' of {least}"
            return f"Value for attr '{attr.name}' of {least}"
    return ""


def _input_dtypes(op_def: OpDef, attrs: dict[str, Any]) -> list[DType]:
    dtypes: list[DType] = []
    for arg in op_def.inputs:
        dtypes.extend(arg_dtypes(arg, attrs))
    return dtypes


def check_input_dtypes(
    op_def: OpDef, expected: list[DType], inputs: list[Tensor], full_name: str
) -> None:
    """Hold the number and dtypes of the inputs against what the attributes say.

    Raises:
      ValueError: they do not fit.
    """
    if len(expected) != len(inputs):
        wanted = ", ".join(map(dtype_text, expected))
        raise ValueError(
            f"NodeDef expected inputs '{wanted}' do not match {len(inputs)} inputs specified; "
            f"{summarize_op_def(op_def)}; NodeDef: {{{{node {full_name}}}}}"
        )
    for index, tensor in enumerate(inputs):
        have, want = tensor.dtype, expected[index]
        if have is want or (have._is_ref_dtype and have.base_dtype is want):
            continue
        raise ValueError(
            f"Input {index} of node {full_name} was passed {dtype_text(have)} from {tensor.name} "
            f"incompatible with expected {dtype_text(want)}."
        )
