"""`tensorflow.python.framework.op_def_library`: nodes made by op type, from named arguments.

Source: TensorFlow 1.15, python/framework/op_def_library.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.dtypes import as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS

__all__ = ["OpDefLibrary"]

# Which kind of attribute each of these fields of an argument names.
_ATTR_KINDS = {"type_attr": "type", "number_attr": "int", "type_list_attr": "list(type)"}


class OpDefLibrary:
    """Makes nodes of the op types of the registry.

    Definitions that are added are checked; those of the registry are the ones that count.
    """

    def __init__(self) -> None:
        self._added: dict[str, Any] = {}

    def add_op(self, op_def: Any) -> None:
        """Check an OpDef message.

        Raises:
          TypeError: it is no OpDef, or contradicts itself.
          RuntimeError: another one of that name was added.
        """
        if not hasattr(op_def, "input_arg"):
            raise TypeError(f"{op_def} is {type(op_def)}, not an op_def_pb2.OpDef")
        if not op_def.name:
            raise ValueError(f"{op_def} missing name.")
        known = self._added.setdefault(op_def.name, op_def)
        if known is not op_def and known != op_def:
            raise RuntimeError(f"Op name {op_def.name} registered twice.")
        kinds = {attr.name: attr.type for attr in op_def.attr}
        for arg in (*op_def.input_arg, *op_def.output_arg):
            _check_arg(op_def.name, arg, kinds)

    def add_op_list(self, op_list: Any) -> None:
        """Check the definitions of an OpList message."""
        for op_def in op_list.op:
            self.add_op(op_def)

    def apply_op(self, op_type_name: str, name: str | None = None, **keywords: Any) -> Any:
        """Make a node and return its outputs; the operation itself where there are none.

        Args:
          op_type_name: the op type.
          name: the name of the node.
          **keywords: inputs and attributes; a name that means something to Python may end in an
            underscore.

        Raises:
          RuntimeError: there is no such op type.
          TypeError: an argument is missing, unknown or of the wrong kind.
          ValueError: a value is not allowed.
        """
        schema = OP_DEFS.get(op_type_name)
        if schema is None:
            raise RuntimeError(f"Unrecognized Op name {op_type_name}")
        # Inputs are converted, and attributes inferred from them, in the graph that is asked for.
        graph = keywords.pop("g", None)
        with (graph or get_default_graph()).as_default():
            return schema.builder(name=name, **_arguments(schema, keywords))


def _check_arg(op_type: str, arg: Any, kinds: dict[str, str]) -> None:
    count = bool(arg.type) + bool(arg.type_attr) + bool(arg.type_list_attr)
    if count != 1:
        raise TypeError(f"Arg '{arg.name}' of '{op_type}' must have one type field not {count}")
    for field, kind in _ATTR_KINDS.items():
        attr = getattr(arg, field)
        if not attr:
            continue
        if attr not in kinds:
            raise TypeError(f"Inconsistent OpDef for '{op_type}', missing attr '{attr}'")
        if kinds[attr] != kind:
            raise TypeError(
                f"Attr '{attr}' of '{op_type}' used as a {field} but has type {kinds[attr]}"
            )


def _arguments(schema: OpDef, keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the builder, by the names of the signature."""
    given = dict(keywords)
    found: dict[str, Any] = {}
    for arg in schema.inputs:
        if arg.name in given:
            found[arg.name] = given.pop(arg.name)
        elif f"{arg.name}_" in given:
            found[arg.name] = given.pop(f"{arg.name}_")
        else:
            raise TypeError(f"No argument for input {arg.name}")
    for key, attr in schema.attrs.items():
        name = key if key in given else f"{key}_"
        if key in schema.inferred_attrs:
            if name in given:
                raise TypeError(f"Should not specify value for inferred attr '{key}'.")
        elif name in given:
            value = given.pop(name)
            if value is None and not attr.has_default:
                kind = "DataType" if attr.kind == "type" else attr.kind
                raise TypeError(f"Expected {kind} for argument '{key}' not None.")
            if attr.kind == "type" and value is not None:
                value = _dtype(key, value)
            found[key] = value
        elif not attr.has_default:
            raise TypeError(f"No argument for attr {key}")
    if given:
        unknown = ", ".join(sorted(given))
        raise TypeError(f"apply_op() got unexpected keyword arguments: {unknown}")
    return found


def _dtype(key: str, value: Any) -> Any:
    try:
        return as_dtype(value)
    except TypeError as error:
        raise TypeError(f"Expected DataType for argument '{key}' not {value!r}.") from error
