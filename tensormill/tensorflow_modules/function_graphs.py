"""`tensorflow.python.framework.function_def_to_graph`: bodies of FunctionDef messages as graphs.

Source: TensorFlow 1.15, python/framework/function_def_to_graph.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorboard.compat.proto import graph_pb2, tensor_shape_pb2

from tensormill.graph.func_graph import FuncGraph
from tensormill.graph.graph import get_default_graph
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.graph_def_writer import GRAPH_DEF_VERSIONS
from tensormill.graph.shapes import TensorShape

__all__ = ["function_def_to_graph", "function_def_to_graph_def", "is_function"]


def is_function(fname: str) -> bool:
    """Return whether the default graph has a function of a name."""
    return fname in get_default_graph().functions


def function_def_to_graph(
    fdef: Any, input_shapes: Sequence[Any] | None = None, copy_functions: bool = True
) -> FuncGraph:
    """Return the body of a function as a graph, with its `inputs` and `outputs`.

    Args:
      fdef: the FunctionDef message.
      input_shapes: the shapes of the arguments, None for those that are not known; by default what
        the message says.
      copy_functions: let the graph have all functions of the default graph.

    Raises:
      ValueError: there are not as many shapes as arguments.
    """
    made = FuncGraph(fdef.signature.name)
    if input_shapes is None and "_input_shapes" in fdef.attr:
        input_shapes = fdef.attr["_input_shapes"].list.shape
    message, names = function_def_to_graph_def(fdef, input_shapes, copy_functions)
    signature = fdef.signature
    with made.building():
        import_graph_def(message, name="")
    made.inputs = [made.get_tensor_by_name(names[arg.name]) for arg in signature.input_arg]
    made.outputs = [
        made.get_tensor_by_name(names[fdef.ret[arg.name]]) for arg in signature.output_arg
    ]
    for node in message.node:
        if "_output_shapes" in node.attr:
            outputs = made.get_operation_by_name(node.name).outputs
            shapes = node.attr["_output_shapes"].list.shape
            for tensor, shape in zip(outputs, shapes, strict=False):
                tensor.set_shape(TensorShape(shape))
    return made


def function_def_to_graph_def(
    fdef: Any, input_shapes: Sequence[Any] | None = None, copy_functions: bool = True
) -> tuple[Any, dict[str, str]]:
    """Return the body of a function as a GraphDef message, with placeholders for the arguments.

    Args:
      fdef: the FunctionDef message.
      input_shapes: the shapes of the arguments, None for those that are not known.
      copy_functions: write all functions of the default graph; those that nodes are named after
        always are.

    Returns:
      The message, and what the names of tensors and control inputs in the body became.

    Raises:
      ValueError: there are not as many shapes as arguments, or a function is missing.
    """
    arguments = fdef.signature.input_arg
    if input_shapes and len(input_shapes) != len(arguments):
        raise ValueError(
            "Length of input_shapes must match the number of input_args. "
            f"len(input_shapes): {len(input_shapes)} len(input_arg): {len(arguments)}"
        )
    functions = get_default_graph().functions
    message = graph_pb2.GraphDef(versions=GRAPH_DEF_VERSIONS)
    if copy_functions:
        functions.write_to(message.library)
    names: dict[str, str] = {}
    for index, arg in enumerate(arguments):
        shape = input_shapes[index] if input_shapes else None
        _add_argument(message, arg, shape, fdef.arg_attr[index].attr)
        names.update({arg.name: f"{arg.name}:0", f"^{arg.name}": f"^{arg.name}"})
    for node in fdef.node_def:
        message.node.add().CopyFrom(node)
        _add_called(message, functions.get(node.op))
        signature = get_default_graph().op_def_for_type(node.op)
        _check_functions(node, signature)
        _note_outputs(node, signature, names)
    for node in message.node:
        for index, name in enumerate(node.input):
            node.input[index] = names[name]
    return message, names


def _add_argument(message: Any, arg: Any, shape: Any, attrs: Any) -> None:
    node = message.node.add(name=arg.name, op="Placeholder")
    node.attr["dtype"].type = arg.type
    if shape is not None:
        is_message = isinstance(shape, tensor_shape_pb2.TensorShapeProto)
        node.attr["shape"].shape.CopyFrom(shape if is_message else TensorShape(shape).as_proto())
    for name in attrs:
        if name.startswith("_"):
            node.attr[name].CopyFrom(attrs[name])


def _add_called(message: Any, function: Any) -> None:
    if function is None:
        return
    if all(known.signature.name != function.name for known in message.library.function):
        message.library.function.add().CopyFrom(function.definition)


def _check_functions(node: Any, signature: Any) -> None:
    for attr in signature.attr:
        value = node.attr.get(attr.name)
        named = []
        if value is not None and attr.type == "func":
            named = [value.func.name]
        elif value is not None and attr.type == "list(func)":
            named = [each.name for each in value.list.func]
        for name in named:
            if not is_function(name):
                raise ValueError(f"{name} function not found.")


def _note_outputs(node: Any, signature: Any, names: dict[str, str]) -> None:
    at = 0
    for arg in signature.output_arg:
        for index in range(_tensor_count(arg, node)):
            names[f"{node.name}:{arg.name}:{index}"] = f"{node.name}:{at}"
            at += 1
    names[f"^{node.name}"] = f"^{node.name}"


def _tensor_count(arg: Any, node: Any) -> int:
    if arg.number_attr:
        return int(node.attr[arg.number_attr].i)
    if arg.type_list_attr:
        return len(node.attr[arg.type_list_attr].list.type)
    return 1
