"""What `tensorflow.python.framework.ops` and `.device` have besides the public functions.

Source: TensorFlow 1.15, python/framework/ops.py and device.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tensorboard.compat.proto import node_def_pb2

from tensormill.graph import device_names, errors
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.device_names import DeviceSpec
from tensormill.graph.function_def_writer import write_function_def
from tensormill.graph.graph import default_graphs, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.stacks import default_sessions
from tensormill.graph.tensor import Tensor

__all__ = [
    "NullContextmanager",
    "RegisterShape",
    "canonical_name",
    "check_valid",
    "default_session",
    "dismantle_graph",
    "executing_eagerly_outside_functions",
    "get_graph_from_inputs",
    "get_name_scope",
    "has_default_graph",
    "inside_function",
    "is_constant",
    "is_device_spec",
    "merge_device",
    "name_from_scope_name",
    "name_scope_v2",
    "register_dense_tensor_like_type",
    "tensor_id",
    "uid",
]

_uids = itertools.count()


def uid() -> int:
    """Return a number that this process has not used before."""
    return next(_uids)


def tensor_id(tensor: Any) -> int:
    """Return a number that only this tensor has."""
    return id(tensor)


def has_default_graph() -> bool:
    """Return whether a block made a graph the default in this thread."""
    return default_graphs.top() is not None


def inside_function() -> bool:
    """Return whether the body of a graph function is being built."""
    return bool(get_default_graph().building_function)


def executing_eagerly_outside_functions() -> bool:
    """Return False: nothing is executed eagerly."""
    return False


def default_session(session: Any) -> AbstractContextManager[Any]:
    """Make a session the default within a with-block."""
    return default_sessions.pushed(session)


def NullContextmanager(*args: Any, **kwargs: Any) -> AbstractContextManager[None]:
    """Return a with-block that does nothing."""
    return nullcontext()


def dismantle_graph(graph: Any) -> None:
    """Give up a graph; Python frees it when nothing refers to it."""


def register_dense_tensor_like_type(tensor_type: type) -> None:
    """Take a type for one that behaves like a dense tensor.

    Raises:
      TypeError: it lacks `name` or `dtype` as properties.
    """
    for name in ("name", "dtype"):
        if not isinstance(getattr(tensor_type, name, None), property):
            raise TypeError(f"Type {tensor_type.__name__} does not define a `{name}` property")


def get_name_scope() -> str:
    """Return the name scope that is open in the default graph, without a slash at its end."""
    return get_default_graph().get_name_scope()


def name_from_scope_name(name: str) -> str:
    """Return the name of an operation for a scope: without a slash at its end."""
    return name[:-1] if name.endswith("/") else name


class name_scope_v2:
    """A with-statement that opens a name scope; it may be used several times, and within itself."""

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ValueError("name for name_scope must be a string.")
        self._name = name
        self._open: list[name_scope] = []

    @property
    def name(self) -> str:
        """The name as it was given."""
        return self._name

    def __enter__(self) -> str:
        scope = name_scope(self._name, None, None)
        prefix = scope.__enter__()
        self._open.append(scope)
        return prefix

    def __exit__(self, *error: object) -> None:
        self._open.pop().__exit__(*error)


def get_graph_from_inputs(op_input_list: Any, graph: Any = None) -> Any:
    """Return the graph that an operation with these inputs belongs into.

    Args:
      op_input_list: tensors, operations and other values.
      graph: must be that of all inputs, where it is given.

    Raises:
      ValueError: the inputs are of several graphs, or not of `graph`.
    """
    first: Any = None
    for each in op_input_list:
        element = each
        if not isinstance(each, (Tensor, Operation)):
            convert = getattr(each, "_as_graph_element", None)
            element = each if convert is None else convert()
        its_graph = getattr(element, "graph", None)
        if its_graph is None:
            continue
        if graph is not None and its_graph is not graph:
            raise ValueError(f"{element} is not from the passed-in graph.")
        if first is None:
            first = element
        elif first.graph is not its_graph:
            raise ValueError(f"{element} must be from the same graph as {first}.")
    if graph is not None:
        return graph
    return get_default_graph() if first is None else first.graph


def make_node_def(
    op_type: str, name: str, device: Any = None, attrs: dict[str, Any] | None = None
) -> Any:
    """Return a NodeDef message; the device may be a name, a DeviceSpec, or a function of it."""
    made = node_def_pb2.NodeDef(op=op_type, name=name)
    for key, value in (attrs or {}).items():
        made.attr[key].CopyFrom(value)
    if device is not None:
        asked = device(made) if callable(device) else device
        made.device = asked.to_string() if is_device_spec(asked) else asked
    return made


def graph_to_function_def(
    graph: Any, operations: Any, inputs: Any, outputs: Any, out_names: Any = None
) -> Any:
    """Return operations of a graph as a FunctionDef message without a name.

    Args:
      graph: not needed: the operations know it.
      operations: the operations.
      inputs: the tensors that are its arguments.
      outputs: the tensors that are its results.
      out_names: the names of the results.
    """
    return write_function_def("", list(operations), list(inputs), list(outputs), out_names or ())


def set_call_cpp_shape_fn(call_cpp_shape_fn: Any) -> None:
    """Do nothing: each op has its one shape function."""


def make_specific_exception(node_def: Any, op: Any, message: str, error_code: int) -> Exception:
    """Return the error of a code."""
    return errors.error_from_code(error_code, message, node_def=node_def, op=op)


class RegisterShape:
    """Does nothing, as in TensorFlow 1.15: the ops bring their shape functions."""

    def __init__(self, op_type: str) -> None:
        self._op_type = op_type

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function."""
        return function


def is_constant(tensor_or_op: Any) -> bool:
    """Return whether a tensor, or an operation, is a constant."""
    op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
    return isinstance(op, Operation) and op.type == "Const"


def is_device_spec(obj: Any) -> bool:
    """Return whether an object is a `DeviceSpec`."""
    return isinstance(obj, DeviceSpec)


def check_valid(spec: str) -> None:
    """Raise `ValueError` unless a text is a device."""
    DeviceSpec.from_string(spec)


def canonical_name(device: Any) -> str:
    """Return the full form of a device's name: `/job:ps/task:0/device:CPU:*`."""
    if device is None:
        return ""
    spec: DeviceSpec = device if is_device_spec(device) else DeviceSpec.from_string(device)
    return spec.to_string()


def merge_device(spec: Any) -> Callable[[Any], str]:
    """Return a device function that adds to a device what it lacks."""
    outer = spec if is_device_spec(spec) else DeviceSpec.from_string(spec or "")

    def device_function(node_def: Any) -> str:
        inner: Any = getattr(node_def, "device", node_def) or ""
        text = inner.to_string() if is_device_spec(inner) else str(inner)
        return device_names.merge_device_scopes(text, outer.to_string())

    return device_function
