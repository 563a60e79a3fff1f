"""Fetches: the structure that a user asks for, and its values put back into that structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.kernels.torch_dtypes import to_host
from tensormill.runtime.plan.instructions import Form

__all__ = ["FetchMapper", "make_result"]

Builder = Callable[[list[Any]], Any]


class FetchMapper:
    """The tensors and operations inside a structure of fetches, each once, and how to fill the structure.

    Attributes:
      tensors: the tensors to fetch.
      targets: the operations to run.
      key: equal for structures with the same elements in the same places.
    """

    def __init__(self, graph: Graph, fetches: Any) -> None:
        self._graph = graph
        self._positions: dict[Tensor, int] = {}
        self._targets: dict[Operation, None] = {}
        self._shape: list[Any] = []
        self.build: Builder = self._builder(fetches)
        self.tensors = list(self._positions)
        self.targets = list(self._targets)
        self.key = (tuple(self.tensors), tuple(self.targets), tuple(self._shape))

    def same_structure(self, other: FetchMapper) -> bool:
        """Return whether both fill the same structure."""
        return self.key == other.key

    def _builder(self, fetch: Any) -> Builder:
        if fetch is None:
            raise TypeError(
                f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}". Cannot be None'
            )
        if isinstance(fetch, (list, tuple)):
            parts = [self._builder(item) for item in fetch]
            self._shape.append((type(fetch), len(parts)))
            if hasattr(fetch, "_fields"):
                kind = type(fetch)
                return lambda values: kind(*[part(values) for part in parts])
            if isinstance(fetch, tuple):
                return lambda values: tuple([part(values) for part in parts])
            return lambda values: [part(values) for part in parts]
        if isinstance(fetch, Mapping):
            items = {key: self._builder(item) for key, item in fetch.items()}
            self._shape.append((type(fetch), tuple(items)))
            kind = type(fetch)
            return lambda values: kind((key, part(values)) for key, part in items.items())
        return self._leaf(fetch)

    def _leaf(self, fetch: Any) -> Builder:
        try:
            element = self._graph.as_graph_element(fetch)
        except TypeError as error:
            raise TypeError(
                f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}" must be a string or Tensor. '
                f"({error})"
            ) from error
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})"
            ) from error
        if isinstance(element, Operation):
            self._targets[element] = None
            self._shape.append(element)
            return lambda values: None
        index = self._positions.setdefault(element, len(self._positions))
        self._shape.append(index)
        return lambda values: values[index]


def make_result(form: Form, dtype: DType, copied: bool) -> Callable[[Any], Any]:
    """Return what turns a program's value into what the user gets: NumPy scalars for rank 0, else arrays."""
    if form is Form.TENSOR:
        return _copied_result if copied else _tensor_result
    if form is Form.HOST:
        return _host_result if not copied else _copied_host_result
    return lambda value: value


def _tensor_result(tensor: Any) -> Any:
    array = to_host(tensor)
    return array[()] if array.ndim == 0 else array


def _copied_result(tensor: Any) -> Any:
    array = to_host(tensor)
    return array[()] if array.ndim == 0 else array.copy()


def _host_result(value: Any) -> Any:
    return value[()] if type(value) is np.ndarray and value.ndim == 0 else value


def _copied_host_result(value: Any) -> Any:
    if type(value) is np.ndarray:
        return value[()] if value.ndim == 0 else value.copy()
    return value
