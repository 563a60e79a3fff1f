"""What sessions make of objects that stand for several tensors, such as sparse ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph.indexed_slices import IndexedSlices, IndexedSlicesValue
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue

__all__ = ["Expansion", "find_expansion", "register_session_run_conversion_functions"]


@dataclass(frozen=True, slots=True)
class Expansion:
    """How objects of one type are fetched and fed.

    Attributes:
      type: the type.
      fetch: returns the tensors to fetch, and what puts their values together.
      feed: returns (tensor, value) pairs for a fed object and its value; None where it cannot be
        fed.
      feed_for_partial_run: returns the tensors of an object that a partial run is fed; None where
        it cannot be.
    """

    type: type
    fetch: Callable[[Any], tuple[Sequence[Any], Callable[[list[Any]], Any]]] | None
    feed: Callable[[Any, Any], Sequence[tuple[Any, Any]]] | None = None
    feed_for_partial_run: Callable[[Any], Sequence[Any]] | None = None


_expansions: list[Expansion] = []


def find_expansion(value: Any) -> Expansion | None:
    """Return how an object is expanded, or None for what is one tensor or operation by itself."""
    for expansion in _expansions:
        if isinstance(value, expansion.type):
            return expansion
    return None


def register_session_run_conversion_functions(
    tensor_type: type,
    fetch_function: Any = None,
    feed_function: Any = None,
    feed_function_for_partial_run: Any = None,
) -> None:
    """Say how `Session.run` fetches and feeds objects of a type.

    Args:
      tensor_type: the type; its subclasses are included.
      fetch_function: `f(object)` returns the tensors to fetch and a function that makes a result of
        the list of their values.
      feed_function: `f(object, value)` returns a list of (tensor, value) pairs.
      feed_function_for_partial_run: `f(object)` returns the tensors that are fed.

    Raises:
      ValueError: the type, or a base of it, is registered already.
    """
    for expansion in _expansions:
        if issubclass(tensor_type, expansion.type):
            raise ValueError(f"{tensor_type} has already been registered so ignore it.")
    _expansions.insert(
        0, Expansion(tensor_type, fetch_function, feed_function, feed_function_for_partial_run)
    )


def _slices_parts(slices: IndexedSlices) -> list[Any]:
    parts = [slices.values, slices.indices]
    return parts if slices.dense_shape is None else [*parts, slices.dense_shape]


def _slices_value(values: list[Any]) -> IndexedSlicesValue:
    return IndexedSlicesValue(values[0], values[1], values[2] if len(values) == 3 else None)


register_session_run_conversion_functions(
    IndexedSlices,
    lambda slices: (_slices_parts(slices), _slices_value),
    lambda slices, value: list(zip(_slices_parts(slices), value, strict=False)),
    _slices_parts,
)

register_session_run_conversion_functions(
    SparseTensor,
    lambda sparse: (
        [sparse.indices, sparse.values, sparse.dense_shape],
        lambda values: SparseTensorValue(*values),
    ),
    lambda sparse, value: list(
        zip([sparse.indices, sparse.values, sparse.dense_shape], value, strict=False)
    ),
    lambda sparse: [sparse.indices, sparse.values, sparse.dense_shape],
)
