"""`Defun`: Python functions that become functions of the graph.

Source: TensorFlow 1.15, python/framework/function.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.functional.defun_graph import DefunGraph, innermost_device
from tensormill.graph import errors
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.function_calls import add_function, call_function
from tensormill.graph.function_def_writer import write_function_def
from tensormill.graph.function_library import GraphFunction
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.node_def_codec import attr_to_proto
from tensormill.graph.tensor import Tensor
from tensormill.variables.scope import get_variable_scope, variable_scope

__all__ = ["Defun"]

_NO_LIMIT = 1_000_000
_FLAGS = {"noinline": "_noinline", "compiled": "_XlaCompile"}
# The attributes that a function may have, by how their names begin.
_KNOWN_PREFIXES = (
    "noinline", "compiled", "separate_compiled_gradients", "experimental_", "_implements",
    "_reference",
)  # fmt: skip
_SHORT_NAMES = {
    as_dtype(name): short
    for name, short in (
        ("float16", "f16"), ("float32", "f32"), ("float64", "f64"), ("bfloat16", "b16"),
        ("int8", "i8"), ("int16", "i16"), ("int32", "i32"), ("int64", "i64"), ("uint8", "i8"),
        ("uint16", "u16"), ("uint32", "u32"), ("uint64", "u64"), ("complex64", "c64"),
        ("complex128", "c128"), ("string", "s"), ("bool", "b"), ("qint8", "qi8"),
        ("quint8", "qu8"), ("qint16", "qi16"), ("quint16", "qu16"), ("qint32", "qi32"),
    )
}  # fmt: skip


class Defun:
    """Decorator that makes a graph function of a Python function of tensors.

    The decorated function adds a node that calls the graph function; its body is built once (for
    each list of input dtypes, where they are not given).
    """

    def __init__(self, *input_types: Any, **kwargs: Any) -> None:
        """Take the input dtypes and options.

        Args:
          *input_types: the dtypes of the arguments; none where they follow from the calls.
          **kwargs: `func_name`, `grad_func` (a function of the arguments and the gradients of the
            results), `python_grad_func` (a gradient function of the calling operation),
            `out_names`, `shape_func` (from a call to the static shapes of its results),
            `capture_by_value`, and attributes of the function such as `noinline`.
        """
        self._input_types = [as_dtype(t) for t in input_types]
        self._options = kwargs

    def __call__(self, func: Callable[..., Any]) -> Any:
        """Return the graph function of `func`.

        Raises:
          ValueError: `func` cannot be called, has default values or keyword arguments, or takes
            another number of arguments than there are dtypes.
        """
        if not callable(func):
            raise ValueError(f"Function {func} must be a callable.")
        names, most = _argument_names(func)
        types = self._input_types
        if types:
            if not len(names) <= len(types) <= most:
                raise ValueError(
                    "The function has fewer arguments than the number of specified input types: "
                    f"{func} takes from {len(names)} to {most}, {len(types)} are specified."
                )
            return DefinedFunction(func, names, types, **self._options)
        if most == 0:
            return DefinedFunction(func, [], [], **self._options)
        return OverloadedFunction(func, names, **self._options)


def _argument_names(func: Callable[..., Any]) -> tuple[list[str], int]:
    """Return the names of the arguments of a function, and how many it takes at most."""
    names = []
    most = None
    for parameter in inspect.signature(func).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            most = _NO_LIMIT
        elif parameter.kind is parameter.VAR_KEYWORD or parameter.default is not parameter.empty:
            raise ValueError(
                "Functions with argument defaults or keywords arguments are not supported. "
                f"{func} has the parameter '{parameter}'."
            )
        else:
            names.append(parameter.name)
    return names, len(names) if most is None else most


class DefinedFunction:
    """A graph function with known input dtypes, built when it is first needed.

    Attributes:
      declared_input_types: the dtypes of the arguments.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        names: Sequence[str],
        input_types: Sequence[DType],
        func_name: str | None = None,
        grad_func: Any = None,
        python_grad_func: Callable[..., Any] | None = None,
        out_names: Sequence[str] | None = None,
        shape_func: Callable[..., Any] | None = None,
        capture_by_value: bool = False,
        whitelisted_stateful_ops: Any = None,
        capture_resource_var_by_value: bool = True,
        **attrs: Any,
    ) -> None:
        self.declared_input_types = tuple(input_types)
        self._func = func
        self._arg_names = [
            names[i] if i < len(names) else f"arg{i}" for i in range(len(input_types))
        ]
        self._func_name = func_name
        self._grad_func = grad_func
        self._python_grad_func = python_grad_func
        self._out_names = list(out_names or ())
        self._shape_func = shape_func
        self._capture_by_value = capture_by_value
        self._allowed_stateful_ops = frozenset(whitelisted_stateful_ops or ())
        self._captures_values = capture_resource_var_by_value
        self._attrs = attrs
        self._device = innermost_device()
        self._function: GraphFunction | None = None
        self._body: DefunGraph | None = None
        self._op_def: Any = None

    @classmethod
    def from_definition(
        cls, definition: Any, grad_func: DefinedFunction | None = None
    ) -> DefinedFunction:
        """Return the function of a FunctionDef message.

        Args:
          definition: the message.
          grad_func: the function that computes its gradient, or None.
        """
        signature = definition.signature
        made = cls(
            _no_python_function,
            [arg.name for arg in signature.input_arg],
            [as_dtype(arg.type) for arg in signature.input_arg],
            signature.name,
            grad_func,
            out_names=[arg.name for arg in signature.output_arg],
        )
        made._function = GraphFunction.of(definition)
        return made

    @property
    def name(self) -> str:
        """The name of the function."""
        return self._built().name

    @property
    def definition(self) -> Any:
        """The function as a FunctionDef message."""
        return self._built().definition

    @property
    def _signature(self) -> Any:
        """The OpDef message of the function, to look at and change: calls follow the function."""
        if self._op_def is None:
            built = self._built().definition.signature
            self._op_def = type(built)()
            self._op_def.CopyFrom(built)
        return self._op_def

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors outside that each call passes on, besides the arguments."""
        self._built()
        return [] if self._body is None else list(self._body.captured)

    @property
    def body(self) -> DefunGraph:
        """The graph of the body.

        Raises:
          ValueError: the function was read from a message, and has none.
        """
        self._built()
        if self._body is None:
            raise ValueError(f"function '{self.name}' has no graph of its own")
        return self._body

    @property
    def stateful_ops(self) -> list[tuple[str, str]]:
        """Name and op type of the operations of the body that have state."""
        self._built()
        operations = [] if self._body is None else self._body.get_operations()
        return [(op.name, op.type) for op in operations if op._is_stateful]

    @property
    def grad_func_name(self) -> str | None:
        """The name of the function that computes the gradient, or None."""
        return None if self._grad_func is None else self._grad_func.name

    @property
    def python_grad_func(self) -> Callable[..., Any] | None:
        """What makes the gradient of a call, or None."""
        return self._python_grad_func

    def set_grad_func(self, grad_func: Any) -> None:
        """Say which function computes the gradient."""
        if self._grad_func is not None:
            raise ValueError(f"function '{self.name}' has a gradient function already")
        self._grad_func = grad_func

    def _built(self) -> GraphFunction:
        if self._function is None:
            self._body, self._function = self._build()
        return self._function

    def _build(self) -> tuple[DefunGraph, GraphFunction]:
        name = self._func_name or str(getattr(self._func, "__name__", type(self._func).__name__))
        body = DefunGraph(
            name,
            capture_by_value=self._capture_by_value,
            allowed_stateful_ops=self._allowed_stateful_ops,
        )
        with (
            body.building(),
            body.device(self._device),
            _variables_outside(body, self._captures_values),
        ):
            arguments = [
                body.add_input(dtype, None, arg_name)
                for arg_name, dtype in zip(self._arg_names, self.declared_input_types, strict=True)
            ]
            body.outputs = _as_outputs(body, self._func(*arguments))
        if self._out_names and len(self._out_names) != len(body.outputs):
            raise errors.invalid_argument(
                "output names must be either empty or equal in size to outputs. output names "
                f"size = {len(self._out_names)} outputs size = {len(body.outputs)}"
            )
        if self._func_name is None and self._grad_func is not None:
            name = f"{name}_{self._grad_func.name}"
        definition = write_function_def(
            name if name.isidentifier() or self._func_name else "lambda",
            body.get_operations(),
            body.inputs,
            body.outputs,
            self._out_names,
            appends_hash=self._func_name is None,
            description=self._func.__doc__ or "",
        )
        for key, value in _function_attrs(self._attrs).items():
            definition.attr[key].CopyFrom(value)
        return body, GraphFunction.of(definition, self._python_grad_func)

    def add_to_graph(self, graph: Graph) -> None:
        """Add the function, and those that it needs, to a graph."""
        function = self._built()
        if self._body is not None and self._body.functions is not graph.functions:
            for other in self._body.functions.values():
                add_function(graph, other)
        add_function(graph, function)
        if self._grad_func is not None:
            self._grad_func.add_to_graph(graph)
            graph.functions.add_gradient(function.name, self._grad_func.name)

    def __call__(
        self, *args: Any, name: str | None = None, noinline: Any = None, **attrs: Any
    ) -> Any:
        """Add a call to the default graph.

        Returns:
          The result, a tuple of several, or the operation where there is none.

        Raises:
          ValueError: the number of arguments is wrong, or an attribute is not known.
          TypeError: an argument is of the wrong dtype.
        """
        _check_known(attrs)
        graph = get_default_graph()
        self.add_to_graph(graph)
        function = self._built()
        inputs = [convert_to_tensor(arg) for arg in args] + self.captured_inputs
        _check_arguments(function, inputs)
        op = call_function(graph, function, inputs, name)
        if noinline is not None or "noinline" in self._attrs:
            op._set_attr("_noinline", bool(self._attrs.get("noinline") or noinline))
        op._gradient_function = self._python_grad_func
        if self._shape_func is not None:
            self._set_shapes(op)
        if not op.outputs:
            return op
        return op.outputs[0] if len(op.outputs) == 1 else tuple(op.outputs)

    def _set_shapes(self, op: Any) -> None:
        assert self._shape_func is not None
        shapes = self._shape_func(op)
        if len(shapes) != len(op.outputs):
            raise ValueError(
                f"shape_func {self._shape_func} produced {len(shapes)} shapes, which does not "
                f"match {len(op.outputs)} outputs."
            )
        for tensor, shape in zip(op.outputs, shapes, strict=True):
            tensor.set_shape(shape)


class OverloadedFunction:
    """A graph function whose input dtypes follow from each call."""

    def __init__(
        self,
        func: Callable[..., Any],
        names: Sequence[str],
        func_name: str | None = None,
        grad_func: OverloadedFunction | None = None,
        **options: Any,
    ) -> None:
        self._func = func
        self._names = names
        self._func_name = func_name
        self._grad_func = grad_func
        self._options = options
        self._known: dict[tuple[DType, ...], DefinedFunction] = {}

    def instantiate(self, input_types: Sequence[Any]) -> DefinedFunction:
        """Return the function for arguments of these dtypes."""
        key = tuple(as_dtype(t).base_dtype for t in input_types)
        found = self._known.get(key)
        if found is None:
            name = self._func_name
            if name is not None:
                name = f"{name}_{_types_text(key)}"
            found = DefinedFunction(self._func, self._names, key, name, **self._options)
            if self._grad_func is not None:
                results = [as_dtype(arg.type) for arg in found.definition.signature.output_arg]
                found.set_grad_func(self._grad_func.instantiate([*key, *results]))
            self._known[key] = found
        return found

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Add a call to the default graph (see `DefinedFunction`)."""
        tensors = [convert_to_tensor(arg) for arg in args]
        return self.instantiate([tensor.dtype for tensor in tensors])(*tensors, **options)


def _types_text(types: Sequence[DType]) -> str:
    """Return how names of functions tell dtypes."""
    if any(dtype not in _SHORT_NAMES for dtype in types):
        raise ValueError(f"Unsupported dtypes: {list(types)}")
    return "".join(_SHORT_NAMES[dtype] for dtype in types)


def _no_python_function(*arguments: Any) -> Any:
    raise AssertionError("a function of a message has its body already")


def _as_outputs(body: DefunGraph, results: Any) -> list[Tensor]:
    if results is None:
        return []
    listed = list(results) if isinstance(results, (list, tuple)) else [results]
    if any(result is None for result in listed):
        raise ValueError(f"Function {body.name} can not return None.")
    return [body.capture(convert_to_tensor(result)) for result in listed]


def _variables_outside(body: DefunGraph, captures_values: bool) -> Any:
    """Make the variables that the body asks for outside of it."""

    def getter(getter: Callable[..., Any], name: str, **options: Any) -> Any:
        return body.take_variable(lambda: getter(name, **options), captures_values)

    return variable_scope(get_variable_scope(), custom_getter=getter)


def _check_known(options: dict[str, Any]) -> None:
    unknown = [key for key in options if not key.startswith(_KNOWN_PREFIXES)]
    if unknown:
        raise ValueError(f"Unknown keyword arguments: {unknown}")


def _function_attrs(options: dict[str, Any]) -> dict[str, Any]:
    attrs = {}
    _check_known(options)
    for key, value in options.items():
        if not isinstance(value, (bool, int, float, str)):
            raise ValueError(f"Attribute {key} must be bool, int, float, or str. Got {type(value)}")
        text = value.encode() if isinstance(value, str) else value
        attrs[_FLAGS.get(key, key)] = attr_to_proto(text)
    return attrs


def _check_arguments(function: GraphFunction, inputs: Sequence[Tensor]) -> None:
    wanted = [arg.type for arg in function.schema.inputs]
    if len(wanted) != len(inputs):
        raise ValueError(
            f"Expected number of arguments: {len(wanted)}, received: {len(inputs)}, "
            f"in the call of '{function.name}': {list(inputs)}"
        )
    for index, (tensor, dtype) in enumerate(zip(inputs, wanted, strict=True)):
        if tensor.dtype.base_dtype is not dtype:
            raise TypeError(
                f"Expected {dtype!r} for argument {index} of the call of '{function.name}', "
                f"got {tensor.dtype!r}."
            )
