"""`StructuredFunction`: a Python function of elements as a function of the graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.data import nest
from tensormill.data.components import (
    as_component_value,
    component_of,
    flat_dims,
    flat_dtypes,
    packed,
    unpacked,
)
from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.converted_functions import converted
from tensormill.graph.func_graph import FuncGraph
from tensormill.graph.function_calls import add_function
from tensormill.graph.function_def_writer import write_function_def
from tensormill.graph.function_library import GraphFunction
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.tensor import Tensor

__all__ = ["StructuredFunction"]

_COUNTER = "data_functions"
# How the types of operations that make tables end.
_TABLES = ("HashTable", "HashTableV2", "HashTableOfTensorsV2")


class StructuredFunction:
    """A function of the graph that takes and returns elements.

    Attributes:
      ref: names the function in attributes.
      structure: the components of what it returns.
      captured: the tensors outside that each call takes besides an element.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        structure: Any,
        *,
        unpacks: bool | None = None,
    ) -> None:
        """Build the function in the default graph.

        Args:
          function: takes and returns elements.
          name: the transformation for which it is, for the name of the graph function.
          structure: the components of the element that it takes.
          unpacks: whether the parts of a tuple are several arguments; by default they are.

        Raises:
          TypeError: it returns what no tensor can be made of.
        """
        graph = get_default_graph()
        body = FuncGraph(name)
        with body.building():
            tensors = [
                body.add_input(dtype, dims, f"args_{index}")
                for index, (dtype, dims) in enumerate(
                    zip(flat_dtypes(structure), flat_dims(structure), strict=True)
                )
            ]
            argument = packed(structure, tensors)
            if unpacks is None:
                unpacks = type(argument) is tuple
            run = converted(function)
            result = run(*argument) if unpacks else run(argument)
            if isinstance(result, list):
                # More likely several tensors than the rows of one.
                result = tuple(result)
            self.structure, values = _normalized(result, name)
            body.outputs = [body.capture(value) for value in values]
        _warn_of_resources(body, name)
        self.captured: list[Tensor] = body.captured
        self.ref = FunctionRef(_add(graph, function, name, body))


def _warn_of_resources(body: FuncGraph, name: str) -> None:
    """Warn where a function makes a table: each call would make its own."""
    if any(op.type.endswith(_TABLES) for op in body.get_operations()):
        warnings.warn(
            f"Creating resources inside a function passed to Dataset.{name}() is not supported. "
            "Create each resource outside the function, and capture it inside the function to use "
            "it.",
            stacklevel=4,
        )


def _add(graph: Graph, function: Callable[..., Any], name: str, body: FuncGraph) -> str:
    number = graph._extra[_COUNTER] = graph._extra.get(_COUNTER, 0) + 1
    own = getattr(function, "__name__", type(function).__name__)
    full = f"__inference_Dataset_{name}_{own}_{number}"
    while full in graph.functions:
        number += 1
        full = f"__inference_Dataset_{name}_{own}_{number}"
    definition = write_function_def(full, body.get_operations(), body.inputs, body.outputs)
    add_function(graph, GraphFunction.of(definition))
    return full


def _normalized(result: Any, name: str) -> tuple[Any, list[Tensor]]:
    """Return the components of a result, and the tensors that stand for it."""
    result = _with_tensors_for_lists(result)
    values = []
    for value in nest.flatten(result):
        if value is None:
            raise TypeError(
                f"Unsupported return value from function passed to Dataset.{name}(): {result}."
            )
        try:
            values.append(as_component_value(value))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Unsupported return value from function passed to Dataset.{name}(): {result}."
            ) from error
    structure = nest.pack(result, [component_of(value) for value in values])
    return structure, unpacked(structure, nest.pack(result, values))


def _with_tensors_for_lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return type(value)(  # type: ignore[call-arg]
            (key, _with_tensors_for_lists(item)) for key, item in value.items()
        )
    if nest.is_structure(value):
        parts = [_with_tensors_for_lists(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
