"""`ConcreteFunction`: one trace of a `tf.function`, which can be looked at and called.

Source: TensorFlow 1.15, python/eager/function.py (ConcreteFunction).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensormill.functional.defun import DefinedFunction
from tensormill.functional.defun_graph import DefunGraph
from tensormill.graph import nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.type_specs import TensorSpec

__all__ = ["ConcreteFunction"]


class ConcreteFunction:
    """A Python function, traced once for arguments of certain shapes and dtypes.

    Attributes:
      structured_input_signature: positional and keyword arguments, with specs in place of tensors.
      structured_outputs: what the function returns, with tensors of its body; None for nothing.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: inspect.Signature,
        args: Sequence[Any],
        kwargs: dict[str, Any],
    ) -> None:
        """Trace a function.

        Args:
          function: makes nodes of what it is given.
          signature: its parameters.
          args: positional arguments; specs and tensors stand for all tensors like them.
          kwargs: keyword arguments.

        Raises:
          TypeError: they do not fit the parameters.
        """
        self._function = function
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        beyond = (f"args_{number}" for number in range(len(bound.args)))
        names = (*_positional(signature), *beyond)
        self._specs: list[TensorSpec] = []
        self.structured_input_signature = (
            tuple(self._signed(n, value) for n, value in zip(names, bound.args, strict=False)),
            {name: self._signed(name, value) for name, value in bound.kwargs.items()},
        )
        self.structured_outputs: Any = None

        def trace(*tensors: Tensor) -> list[Tensor]:
            return self._trace(tensors)

        trace.__name__ = getattr(function, "__name__", "function")
        trace.__doc__ = function.__doc__
        self._defined = DefinedFunction(
            trace,
            [str(spec.name) for spec in self._specs],
            [spec.dtype for spec in self._specs],
            capture_resource_var_by_value=False,
        )
        self.__name__ = self._defined.name

    def _signed(self, name: str, argument: Any) -> Any:
        """Return an argument with specs in place of tensors."""

        def sign(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                value = convert_to_tensor(value)
            if not isinstance(value, (Tensor, TensorSpec)):
                return value
            wanted = getattr(value, "name", None) if isinstance(value, TensorSpec) else None
            spec = TensorSpec(value.shape, value.dtype, self._argument_name(wanted or name))
            self._specs.append(spec)
            return spec

        return nest.map_structure(sign, argument)

    def _argument_name(self, name: str) -> str:
        """Return a name that no argument has yet, of the letters that those of a function have."""
        base = re.sub(r"\W", "_", name.lower()).lstrip("_0123456789") or "argument"
        taken = {spec.name for spec in self._specs}
        candidates = (f"{base}_{number}" for number in range(1, len(taken) + 1))
        return base if base not in taken else next(n for n in candidates if n not in taken)

    def _trace(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        given = iter(tensors)

        def argument(spec: Any) -> Any:
            if not isinstance(spec, TensorSpec):
                return spec
            tensor = next(given)
            tensor.set_shape(spec.shape)
            return tensor

        args, kwargs = nest.map_structure(argument, self.structured_input_signature)
        result = self._function(*args, **kwargs)
        if isinstance(result, Operation):
            return []
        self.structured_outputs = result
        leaves = nest.flatten(result, expand_composites=True)
        return [leaf for leaf in leaves if leaf is not None]

    @property
    def name(self) -> str:
        """The name of the function in a graph."""
        return self._defined.name

    @property
    def graph(self) -> DefunGraph:
        """The body."""
        return self._defined.body

    @property
    def inputs(self) -> list[Tensor]:
        """The arguments in the body, then what stands there for captured tensors."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors of the body that the function returns."""
        return self.graph.outputs

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors outside that each call passes on, besides the arguments."""
        return self._defined.captured_inputs

    @property
    def function_def(self) -> Any:
        """The function as a FunctionDef message."""
        return self._defined.definition

    @property
    def output_dtypes(self) -> Any:
        """The dtypes of what the function returns, in its structure."""
        return self._of_outputs(lambda tensor: tensor.dtype)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of what the function returns, in its structure."""
        return self._of_outputs(lambda tensor: tensor.shape)

    def _of_outputs(self, fact: Callable[[Any], Any]) -> Any:
        return nest.map_structure(
            lambda leaf: None if leaf is None else fact(leaf), self.structured_outputs
        )

    def add_to_graph(self, graph: Graph) -> None:
        """Add the function, and those that it needs, to a graph."""
        self._defined.add_to_graph(graph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a call to the default graph.

        Args:
          *args: the tensors of the signature, in its order.
          **kwargs: those that are not among `args`, by name.

        Returns:
          What the function returns; the operation where that is nothing.

        Raises:
          TypeError: there are too many arguments, or too few.
        """
        values = nest.flatten(args)
        rest = [str(spec.name) for spec in self._specs[len(values) :]]
        if len(values) > len(self._specs) or set(rest) != set(kwargs):
            wanted = ", ".join(str(spec.name) for spec in self._specs)
            raise TypeError(
                f"{self.name} takes the tensors ({wanted}), but got {len(values)} by position and "
                f"{sorted(kwargs)} by name"
            )
        values += [kwargs[name] for name in rest]
        tensors = [
            convert_to_tensor(value, spec.dtype)
            for value, spec in zip(values, self._specs, strict=True)
        ]
        made = self._defined(*tensors)
        if isinstance(made, Operation):
            return made
        flat = list(made) if isinstance(made, tuple) else [made]
        for tensor, inner in zip(flat, self.outputs, strict=True):
            tensor.set_shape(inner.shape)
        given = iter(flat)
        leaves = nest.flatten(self.structured_outputs, expand_composites=True)
        return nest.pack_sequence_as(
            self.structured_outputs,
            [None if leaf is None else next(given) for leaf in leaves],
            expand_composites=True,
        )


def _positional(signature: inspect.Signature) -> list[str]:
    """Return the names of the parameters that take positional arguments."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        parameter.name for parameter in signature.parameters.values() if parameter.kind in kinds
    ]
