"""Fetches: the structure that a user asks for, and its values put back into that structure."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tensormill.graph.errors import InaccessibleTensorError
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.kernels.torch_dtypes import to_host, to_tensor
from tensormill.runtime.any_master import FetchForm
from tensormill.runtime.plan.instructions import Form
from tensormill.session.conversions import find_expansion

__all__ = ["FetchMapper", "make_result"]

Builder = Callable[[list[Any]], Any]


class FetchMapper:
    """The tensors and operations inside a structure, each once, and how to fill the structure.

    Attributes:
      tensors: the tensors to fetch, in the order in which `build` takes their values.
      targets: the operations to run.
      build: makes the result, in the caller's structure, from the values of `tensors`.
    """

    def __init__(self, graph: Graph, fetches: Any) -> None:
        """Take a structure apart.

        Raises:
          TypeError: something in it is no fetch.
          ValueError: a fetch is not in the graph, or may not be fetched.
        """
        self._graph = graph
        self._positions: dict[Tensor, int] = {}
        self._targets: dict[Operation, None] = {}
        self.build: Builder = self._builder(fetches)
        self.tensors = list(self._positions)
        self.targets = list(self._targets)

    def _builder(self, fetch: Any) -> Builder:
        if fetch is None:
            raise TypeError('Argument `fetch` = None has invalid type "NoneType". Cannot be None')
        if isinstance(fetch, (list, tuple)):
            return self._sequence(fetch)
        if isinstance(fetch, Mapping):
            return self._mapping(fetch)
        if getattr(type(fetch), "__attrs_attrs__", None) is not None:
            return self._attrs_instance(fetch)
        expansion = find_expansion(fetch)
        if expansion is None:
            return self._leaf(fetch)
        if expansion.fetch is None:
            raise TypeError(
                f'Argument `fetch` = {fetch} of type "{type(fetch).__name__}" cannot be fetched'
            )
        parts, contract = expansion.fetch(fetch)
        builders = [self._leaf(part) for part in parts]
        return lambda values: contract([build(values) for build in builders])

    def _sequence(self, fetch: Any) -> Builder:
        builders = [self._builder(item) for item in fetch]
        kind = type(fetch)
        if hasattr(fetch, "_fields"):
            return lambda values: kind(*[build(values) for build in builders])
        if isinstance(fetch, tuple):
            return lambda values: tuple([build(values) for build in builders])
        return lambda values: [build(values) for build in builders]

    def _mapping(self, fetch: Any) -> Builder:
        builders = {key: self._builder(item) for key, item in fetch.items()}
        kind = type(fetch)
        if issubclass(kind, collections.defaultdict):
            factory = fetch.default_factory
            return lambda values: kind(factory, {k: build(values) for k, build in builders.items()})
        return lambda values: kind((k, build(values)) for k, build in builders.items())

    def _attrs_instance(self, fetch: Any) -> Builder:
        kind = type(fetch)
        builders = [self._builder(getattr(fetch, a.name)) for a in kind.__attrs_attrs__]
        return lambda values: kind(*[build(values) for build in builders])

    def _leaf(self, fetch: Any) -> Builder:
        try:
            element = self._graph.as_graph_element(fetch)
        except TypeError as error:
            raise TypeError(
                f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}" must be a '
                f"string or Tensor. ({error})"
            ) from error
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})"
            ) from error
        op = element if isinstance(element, Operation) else element.op
        if not self._graph.is_fetchable(op):
            raise InaccessibleTensorError(
                f"Operation {op.name} has been marked as not fetchable. Typically this happens "
                "when it is defined in another function or code block. Use return values, explicit "
                "Python locals or TensorFlow collections to access it."
            )
        if isinstance(element, Operation):
            self._targets[element] = None
            return lambda values: None
        index = self._positions.setdefault(element, len(self._positions))
        return lambda values: values[index]


def make_result(fetched: FetchForm) -> Callable[[Any], Any]:
    """Return what makes of a step's value what the user gets: NumPy scalars and arrays."""
    form, dtype, copied = fetched
    if form is Form.HANDLE:
        return _same
    if dtype.is_quantized:
        return _quantized_result
    if form is Form.HOST:
        return _copied_host_result if copied else _host_result
    if dtype.is_complex or dtype.name in _WITHOUT_NUMPY_FORM:
        return _copied_odd_result if copied else _odd_result
    return _copied_tensor_result if copied else _tensor_result


_WITHOUT_NUMPY_FORM = frozenset(["bfloat16"])


def _quantized_result(value: Any) -> Any:
    """Return quantized numbers as plain integers; from a remote master they come in a structure."""
    tensor = value if hasattr(value, "untyped_storage") else to_tensor(value)
    return _copied_tensor_result(tensor)


def _tensor_result(tensor: Any) -> Any:
    try:
        array = tensor.numpy()
    except (RuntimeError, TypeError):  # not in host memory, or a view that negates
        array = to_host(tensor)
    return array if array.ndim else array[()]


def _copied_tensor_result(tensor: Any) -> Any:
    array = _tensor_result(tensor)
    return array.copy() if type(array) is np.ndarray else array


def _odd_result(tensor: Any) -> Any:
    array = to_host(tensor)
    return array if array.ndim else array[()]


def _copied_odd_result(tensor: Any) -> Any:
    array = to_host(tensor)
    return array.copy() if array.ndim else array[()]


def _host_result(value: Any) -> Any:
    return value if type(value) is not np.ndarray or value.ndim else value[()]


def _copied_host_result(value: Any) -> Any:
    if type(value) is np.ndarray:
        return value.copy() if value.ndim else value[()]
    return value


def _same(value: Any) -> Any:
    return value
