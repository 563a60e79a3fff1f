"""Operations made from NodeDef messages, as `tensorflow.python.framework.ops` makes them.

Source: TensorFlow 1.15, python/framework/ops.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tensormill.graph import operation
from tensormill.graph.creation_site import capture_frames
from tensormill.graph.graph import Graph
from tensormill.graph.op_builder import attr_in_memory, attrs_from_flat_inputs
from tensormill.graph.op_def import OpDef
from tensormill.graph.shape_inference import infer_shapes
from tensormill.graph.tensor import Tensor

__all__ = ["Operation", "create_c_op"]

_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*\Z")


class _AnyOperation(type):
    """Every operation of a graph counts as an instance."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, operation.Operation)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, operation.Operation)


class Operation(operation.Operation, metaclass=_AnyOperation):
    """The class of operations; calling it adds one to a graph, without regard to open scopes.

    Args:
      node_def: the NodeDef; or an operation that `create_c_op` made, which is returned.
      g: the graph.
      inputs: the data inputs.
      output_types: not used: the op type says them.
      control_inputs: operations and tensors that must run first.
      input_types: the dtypes that the inputs are taken as.
      original_op: the operation that it comes from.
      op_def: not used: the op type says it.

    Raises:
      ValueError: the name cannot be one or is taken, or inputs or attributes do not fit.
      TypeError: the inputs are no list of tensors.
    """

    def __new__(
        cls,
        node_def: Any,
        g: Any,
        inputs: Any = None,
        output_types: Any = None,
        control_inputs: Any = None,
        input_types: Any = None,
        original_op: Any = None,
        op_def: Any = None,
    ) -> Any:
        """Return the operation."""
        if isinstance(node_def, operation.Operation):
            return node_def
        _check_name(node_def.name)
        if not isinstance(g, Graph):
            raise TypeError("g needs to be a Graph.")
        tensors = _tensors(inputs)
        schema, attrs = _schema_and_attrs(g, node_def, tensors)
        made = g.add_operation(
            schema,
            tensors,
            attrs,
            node_def.name,
            control_inputs=_operations(control_inputs),
            apply_scopes=False,
        )
        g.mark_name_used(made.name)
        made._set_device(node_def.device)
        if original_op is not None:
            made._original = original_op
        return made


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ValueError(f"'{name}' is not a valid node name")


def _tensors(inputs: Any) -> list[Tensor]:
    if inputs is None:
        return []
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(f"inputs needs to be a list of Tensors: {inputs}")
    for each in inputs:
        if not isinstance(each, Tensor):
            raise TypeError(f"input needs to be a Tensor: {each}")
    return list(inputs)


def _operations(control_inputs: Any) -> list[operation.Operation]:
    found = []
    for each in control_inputs or ():
        op = getattr(each, "op", each)
        if not isinstance(op, operation.Operation):
            raise TypeError(
                f"Control input must be an Operation, a Tensor, or IndexedSlices: {each}"
            )
        found.append(op)
    return found


def _schema_and_attrs(
    graph: Graph, node_def: Any, inputs: list[Tensor]
) -> tuple[OpDef, dict[str, Any]]:
    schema = graph._schema(node_def.op)
    given = dict(node_def.attr)
    attrs = attrs_from_flat_inputs(schema, inputs, given)
    for key, attr in schema.attrs.items():
        if key in given:
            attrs[key] = attr_in_memory(schema.name, attr, given[key])
        elif key not in attrs:
            if not attr.has_default:
                raise ValueError(f"NodeDef missing attr '{key}' from Op<name={schema.name}>")
            attrs[key] = attr.default
    for key in given:
        if key.startswith("_"):
            attrs[key] = attr_in_memory(schema.name, None, given[key])
    return schema, attrs


def create_c_op(
    graph: Graph, node_def: Any, inputs: Iterable[Any], control_inputs: Any, op_def: Any = None
) -> operation.Operation:
    """Return an operation that is not in its graph yet.

    `Graph._create_op_from_tf_operation` and `Graph._add_new_tf_operations` take it in.

    Args:
      graph: the graph.
      node_def: the NodeDef.
      inputs: the data inputs, flat or in lists.
      control_inputs: operations that must run first.
      op_def: not used: the op type says it.

    Raises:
      ValueError: inputs or attributes do not fit.
    """
    flat: list[Tensor] = []
    for each in inputs:
        flat.extend(each if isinstance(each, (list, tuple)) else [each])
    schema, attrs = _schema_and_attrs(graph, node_def, flat)
    controls = tuple(_operations(control_inputs))
    made = operation.Operation(
        graph, schema, node_def.name, flat, controls, attrs, capture_frames()
    )
    made._set_device(node_def.device)
    if schema.shape_function is not None:
        infer_shapes(made)
    graph._apart.append(made)
    return made
