"""The functions of a graph: FunctionDef messages by name, and their gradients.

A function is an op type of its graph alone: a node of that type calls it. The body stays a message
until somebody runs or differentiates it (see `function_body`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tensormill.graph import errors
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

__all__ = ["FunctionLibrary", "GraphFunction"]


@dataclass(eq=False)
class GraphFunction:
    """One function.

    Attributes:
      definition: the FunctionDef message; not to be changed.
      schema: the op type that calls the function.
      python_gradient: makes the gradient of a call, as a gradient function of an op type; None
        where the gradient is that of the body, or another function of the library.
    """

    definition: Any
    schema: OpDef
    python_gradient: Callable[..., Any] | None = None

    @classmethod
    def of(cls, definition: Any, python_gradient: Callable[..., Any] | None = None) -> Any:
        """Return the function of a FunctionDef message."""
        return cls(definition, _schema(definition.signature), python_gradient)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.schema.name


class FunctionLibrary(Mapping[str, GraphFunction]):
    """The functions of a graph, shared with the graphs of their bodies.

    Attributes:
      gradients: the name of a function to the name of the function that computes its gradient.
    """

    def __init__(self) -> None:
        self._functions: dict[str, GraphFunction] = {}
        self.gradients: dict[str, str] = {}

    def __getitem__(self, name: str) -> GraphFunction:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def add(self, function: GraphFunction) -> None:
        """Add a function.

        Raises:
          InvalidArgumentError: there is another function of its name.
          ValueError: there is an op type of its name.
        """
        name = function.name
        known = self._functions.setdefault(name, function)
        if known is not function and known.definition != function.definition:
            raise errors.invalid_argument(
                f"Cannot add function '{name}' because a different function with the same name "
                "already exists."
            )
        if name in OP_DEFS:
            del self._functions[name]
            raise ValueError(
                f"Cannot add function '{name}' because an op with the same name already exists."
            )

    def add_gradient(self, name: str, gradient_name: str) -> None:
        """Say which function computes the gradient of a function.

        Raises:
          ValueError: it has another one already.
        """
        if self.gradients.setdefault(name, gradient_name) != gradient_name:
            raise ValueError(
                f"Cannot assign gradient function '{gradient_name}' to '{name}' because it already "
                f"has gradient function '{self.gradients[name]}'"
            )

    def add_message(self, message: Any) -> None:
        """Add the functions of a FunctionDefLibrary.

        Raises:
          ValueError: there are other functions of their names.
        """
        for definition in message.function:
            known = self._functions.get(definition.signature.name)
            if known is None or known.definition != definition:
                copy = type(definition)()
                copy.CopyFrom(definition)
                self.add(GraphFunction.of(copy))
        for gradient in message.gradient:
            self.add_gradient(gradient.function_name, gradient.gradient_func)

    def write_to(self, message: Any) -> None:
        """Write the functions into a FunctionDefLibrary."""
        for function in self._functions.values():
            message.function.add().CopyFrom(function.definition)
        for name, gradient_name in self.gradients.items():
            message.gradient.add(function_name=name, gradient_func=gradient_name)

    def op_defs(self) -> dict[str, OpDef]:
        """Return the op types of the functions by name."""
        return {name: function.schema for name, function in self._functions.items()}


def _schema(signature: Any) -> OpDef:
    """Return the op type of a function's signature."""
    return OpDef(
        signature.name,
        [_arg_text(arg) for arg in signature.input_arg],
        [_arg_text(arg) for arg in signature.output_arg],
        [f"{attr.name}: {attr.type}" for attr in signature.attr],
        is_stateful=signature.is_stateful,
        is_function=True,
        shape_function=_unknown_shapes,
    )


def _arg_text(arg: Any) -> str:
    text = arg.type_list_attr or arg.type_attr or as_dtype(arg.type).base_dtype.name
    if arg.number_attr:
        text = f"{arg.number_attr} * {text}"
    return f"{arg.name}: Ref({text})" if arg.is_ref else f"{arg.name}: {text}"


def _unknown_shapes(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.op.outputs)
