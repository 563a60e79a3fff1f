"""The definition of an op type: its signature, in TensorFlow's own signature language.

An `OpDef` is written down as text (`"x: T"`, `"N: int >= 2"`, `"Tidx: {int32, int64} = DT_INT32"`)
and parsed when it is first needed, so that importing the op modules stays cheap. The module knows
the grammar and the data; `op_registry` keeps the definitions, `op_builder` makes nodes from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_value import parse_tensor

NUMBER_TYPES = (
    "float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 uint16 "
    "complex128 float16 uint32 uint64"
).split()
REAL_NUMBER_TYPES = (
    "float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 float16 uint32 uint64"
).split()
QUANTIZED_TYPES = "qint8 quint8 qint32 qint16 quint16".split()

_TYPE_SETS = {
    "numbertype": tuple(map(as_dtype, NUMBER_TYPES)),
    "realnumbertype": tuple(map(as_dtype, REAL_NUMBER_TYPES)),
    "quantizedtype": tuple(map(as_dtype, QUANTIZED_TYPES)),
}
_SCALAR_KINDS = frozenset(["string", "int", "float", "bool", "type", "shape", "tensor", "func"])
_ARG = re.compile(r"^(\w+):\s*(.+)$")
_ATTR = re.compile(r"^(\w+):\s*(.+)$", re.S)
_MINIMUM = re.compile(r"^(.*?)\s*>=\s*(-?\d+)$")


class NoDefault:
    """The mark of an attribute that must be given."""

    def __repr__(self) -> str:
        return "<no default>"


NO_DEFAULT = NoDefault()


@dataclass(slots=True, frozen=True)
class ArgDef:
    """One input or output argument, which stands for one tensor or a list of them.

    Attributes:
      name: as in the signature.
      type: the fixed dtype, or None.
      type_attr: the attribute that holds the dtype, or None.
      type_list_attr: the attribute that holds a list of dtypes (a list of mixed tensors), or None.
      number_attr: the attribute that holds the length (a list of tensors of one dtype), or None.
      is_ref: the tensor is a reference to a mutable buffer.
    """

    name: str
    type: DType | None = None
    type_attr: str | None = None
    type_list_attr: str | None = None
    number_attr: str | None = None
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the argument stands for any number of tensors."""
        return self.number_attr is not None or self.type_list_attr is not None

    def count(self, attrs: Mapping[str, Any]) -> int:
        """Return for how many tensors it stands in a node with some attributes."""
        if self.number_attr is not None:
            return int(attrs[self.number_attr])
        return 1 if self.type_list_attr is None else len(attrs[self.type_list_attr])


@dataclass(slots=True, frozen=True)
class AttrDef:
    """One attribute: `kind` is "int", "type", "list(shape)" … as in TensorFlow's OpDef."""

    name: str
    kind: str
    default: Any = NO_DEFAULT
    allowed: tuple[Any, ...] | None = None
    minimum: int | None = None

    @property
    def has_default(self) -> bool:
        """Whether the attribute may be left out."""
        return self.default is not NO_DEFAULT


@dataclass
class OpDef:
    """An op type with its rules; the fields parsed from the signature are computed on first use.

    Attributes:
      is_function: the op type is a function of a graph's library.
      deprecation: the version of graphs from which on the op type may not be used, and what to use
        instead; None where it may be used in all.
    """

    name: str
    input_texts: Sequence[str]
    output_texts: Sequence[str]
    attr_texts: Sequence[str]
    is_stateful: bool = False
    is_commutative: bool = False
    is_aggregate: bool = False
    allows_uninitialized_input: bool = False
    differentiable: bool = True
    is_function: bool = False
    deprecation: tuple[int, str] | None = None
    module: str = ""
    shape_function: Callable[[Any], Any] | None = None
    gradient_function: Callable[..., Any] | None = field(default=None, repr=False)
    builder: Any = field(default=None, repr=False)

    @cached_property
    def attrs(self) -> dict[str, AttrDef]:
        """The attributes by name, in the order of the signature."""
        return {a.name: a for a in map(parse_attr, self.attr_texts)}

    @cached_property
    def inputs(self) -> tuple[ArgDef, ...]:
        """The input arguments."""
        return tuple(self._parse_arg(text) for text in self.input_texts)

    @cached_property
    def outputs(self) -> tuple[ArgDef, ...]:
        """The output arguments."""
        return tuple(self._parse_arg(text) for text in self.output_texts)

    @cached_property
    def inferred_attrs(self) -> frozenset[str]:
        """The attributes that follow from the inputs and are not given by a caller."""
        names: set[str | None] = set()
        for arg in self.inputs:
            names.update((arg.type_attr, arg.type_list_attr, arg.number_attr))
        names.discard(None)
        return frozenset(name for name in names if name is not None)

    def input_dtypes(self, attrs: dict[str, Any]) -> list[DType]:
        """Return the dtype of each input tensor of a node with these attributes."""
        return [dtype for arg in self.inputs for dtype in arg_dtypes(arg, attrs)]

    def output_dtypes(self, attrs: dict[str, Any]) -> list[DType]:
        """Return the dtype of each output tensor of a node with these attributes."""
        if self._fixed_outputs is not None:
            return [attrs[t] if isinstance(t, str) else t for t in self._fixed_outputs]
        dtypes: list[DType] = []
        for arg in self.outputs:
            dtypes.extend(arg_dtypes(arg, attrs))
        return dtypes

    def unavailable(self, version: int) -> str:
        """Return why there are no nodes of this op type in graphs of a version; "" where not."""
        if self.deprecation is None or version < self.deprecation[0]:
            return ""
        removed, explanation = self.deprecation
        return (
            f"Op {self.name} is not available in GraphDef version {version}. It has been removed "
            f"in version {removed}. {explanation}."
        )

    @cached_property
    def _fixed_outputs(self) -> tuple[DType | str, ...] | None:
        if any(arg.is_list or arg.is_ref for arg in self.outputs):
            return None
        return tuple(
            arg.type if arg.type is not None else str(arg.type_attr) for arg in self.outputs
        )

    def _parse_arg(self, text: str) -> ArgDef:
        match = _ARG.match(text)
        if match is None:
            raise ValueError(f"op {self.name}: cannot read the argument {text!r}")
        name, body = match.groups()
        is_ref = body.startswith("Ref(")
        if is_ref:
            body = body[4:-1]
        number_attr = None
        if "*" in body:
            number_attr, body = (part.strip() for part in body.split("*"))
        attr = self.attrs.get(body)
        if attr is None:
            return ArgDef(name, type=as_dtype(body), number_attr=number_attr, is_ref=is_ref)
        if attr.kind == "list(type)":
            return ArgDef(name, type_list_attr=body, is_ref=is_ref)
        return ArgDef(name, type_attr=body, number_attr=number_attr, is_ref=is_ref)


def arg_dtypes(arg: ArgDef, attrs: dict[str, Any]) -> list[DType]:
    """Return the dtypes of the tensors that an argument stands for, given the node's attributes."""
    if arg.type_list_attr is not None:
        dtypes = list(attrs[arg.type_list_attr])
    else:
        dtype = arg.type if arg.type is not None else attrs[str(arg.type_attr)]
        dtypes = [dtype] * (attrs[arg.number_attr] if arg.number_attr is not None else 1)
    return [d._as_ref for d in dtypes] if arg.is_ref else dtypes


def parse_attr(text: str) -> AttrDef:
    """Read one attribute of a signature, such as `"Tidx: {int32, int64} = DT_INT32"`."""
    match = _ATTR.match(text)
    if match is None:
        raise ValueError(f"cannot read the attribute {text!r}")
    name, body = match.groups()
    kind, allowed, rest = _split_kind(body.strip())
    default: Any = NO_DEFAULT
    if "=" in rest.replace(">=", ""):
        head, _, literal = _partition_default(rest)
        rest = head
        default = _parse_literal(literal.strip(), kind)
    minimum = None
    found = _MINIMUM.match(rest.strip())
    if found:
        minimum = int(found.group(2))
    return AttrDef(name, kind, default, allowed, minimum)


def _partition_default(rest: str) -> tuple[str, str, str]:
    at = 0
    while True:
        at = rest.index("=", at)
        if rest[at - 1 : at] != ">":
            return rest[:at], "=", rest[at + 1 :]
        at += 1


def _split_kind(body: str) -> tuple[str, tuple[Any, ...] | None, str]:
    is_list = body.startswith("list(")
    if is_list:
        end = body.index(")")
        inner, rest = body[5:end], body[end + 1 :]
    elif body.startswith("{"):
        end = body.index("}")
        inner, rest = body[: end + 1], body[end + 1 :]
    else:
        inner, _, tail = body.partition(" ")
        rest = " " + tail if tail else ""
    kind: str
    allowed: tuple[Any, ...] | None = None
    if inner.startswith("{"):
        items = [item.strip() for item in inner[1:-1].split(",")]
        if items[0].startswith("'"):
            kind, allowed = "string", tuple(item[1:-1].encode() for item in items)
        else:
            kind, allowed = "type", tuple(as_dtype(item) for item in items)
    elif inner in _TYPE_SETS:
        kind, allowed = "type", _TYPE_SETS[inner]
    elif inner in _SCALAR_KINDS:
        kind = inner
    else:
        raise ValueError(f"unknown attribute type {inner!r}")
    return (f"list({kind})" if is_list else kind), allowed, rest


def _parse_literal(text: str, kind: str) -> Any:
    if kind.startswith("list("):
        inner = text[1:-1].strip()
        return (
            tuple(_parse_literal(item.strip(), kind[5:-1]) for item in inner.split(","))
            if inner
            else ()
        )
    if kind == "string":
        return text[1:-1].encode("latin-1").decode("unicode_escape").encode("utf-8")
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "bool":
        return text == "true"
    if kind == "type":
        return as_dtype(text.removeprefix("DT_").lower())
    if kind == "shape":
        if "unknown_rank" in text:
            return None
        inner = text[1:-1].strip()
        return (
            tuple(None if d.strip() == "-1" else int(d) for d in inner.split(",")) if inner else ()
        )
    if kind == "tensor":
        return parse_tensor(text)
    if kind == "func":
        match = re.search(r'"(.*)"', text)
        return match.group(1) if match else text
    raise ValueError(f"no literal of kind {kind}: {text!r}")
