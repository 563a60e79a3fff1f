"""`tensorflow.python.keras.utils.tf_utils`: nested shapes, nested records of nodes, tensors.

Source: TensorFlow 1.15, python/keras/utils/tf_utils.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.graph import nest
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.shapes import Dimension, TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.graph.type_specs import CompositeTensor
from tensormill.variables.base import VariableBase

__all__ = [
    "ListWrapper",
    "are_all_symbolic_tensors",
    "convert_inner_node_data",
    "convert_shapes",
    "is_symbolic_tensor",
    "is_tensor_or_tensor_list",
    "is_tensor_or_variable",
    "map_structure_with_atomic",
    "register_symbolic_tensor_type",
    "shape_type_conversion",
]

_registered: set[type] = set()


def map_structure_with_atomic(
    is_atomic_fn: Callable[[Any], bool], map_fn: Callable[[Any], Any], nested: Any
) -> Any:
    """Return a structure with `map_fn` applied to whatever `is_atomic_fn` calls atomic.

    Raises:
      ValueError: a part is neither atomic nor a structure.
    """
    if is_atomic_fn(nested):
        return map_fn(nested)
    if not nest.is_nested(nested):
        raise ValueError(f"Received non-atomic and non-sequence element: {nested}")
    if isinstance(nested, Mapping):
        made = {
            key: map_structure_with_atomic(is_atomic_fn, map_fn, nested[key])
            for key in sorted(nested)
        }
        return type(nested)((key, made[key]) for key in nested)  # type: ignore[call-arg]
    values = [map_structure_with_atomic(is_atomic_fn, map_fn, each) for each in nested]
    return type(nested)(*values) if hasattr(nested, "_fields") else type(nested)(values)


def _is_size(value: Any) -> bool:
    return value is None or isinstance(value, (int, Dimension))


def _is_shape(value: Any) -> bool:
    if _is_size(value) or isinstance(value, TensorShape):
        return True
    return isinstance(value, (tuple, list)) and all(map(_is_size, value))


def convert_shapes(input_shape: Any, to_tuples: bool = True) -> Any:
    """Return nested shapes as tuples, or as TensorShapes."""

    def converted(shape: Any) -> Any:
        shape = TensorShape(shape)
        return tuple(shape.as_list()) if to_tuples else shape

    return map_structure_with_atomic(_is_shape, converted, input_shape)


def shape_type_conversion(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of shapes that gets tuples and whose result is made of TensorShapes."""

    @functools.wraps(fn)
    def wrapper(instance: Any, input_shape: Any) -> Any:
        if input_shape is not None:
            input_shape = convert_shapes(input_shape, to_tuples=True)
        made = fn(instance, input_shape)
        return None if made is None else convert_shapes(made, to_tuples=False)

    return wrapper


class ListWrapper:
    """A list that counts as one element of a structure."""

    def __init__(self, list_to_wrap: list[Any]) -> None:
        self._list = list_to_wrap

    def as_list(self) -> list[Any]:
        """Return the list."""
        return self._list


def _is_node_record(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str)


def convert_inner_node_data(nested: Any, wrap: bool = False) -> Any:
    """Return nested records of nodes ([layer, node, tensor ...]) as elements, or as lists again."""

    def is_atomic(value: Any) -> bool:
        is_element = isinstance(value, ListWrapper) or _is_node_record(value)
        return is_element or not nest.is_nested(value)

    def converted(value: Any) -> Any:
        if wrap:
            return ListWrapper(value) if _is_node_record(value) else value
        return value.as_list() if isinstance(value, ListWrapper) else value

    return map_structure_with_atomic(is_atomic, converted, nested)


def is_tensor_or_tensor_list(v: Any) -> bool:
    """Return whether the first leaf of a structure is a tensor."""
    leaves = nest.flatten(v)
    return bool(leaves) and isinstance(leaves[0], Tensor)


def is_tensor_or_variable(x: Any) -> bool:
    """Return whether a value is a tensor, sparse or not, or a variable."""
    return isinstance(x, (Tensor, SparseTensor, IndexedSlices, CompositeTensor, VariableBase))


def register_symbolic_tensor_type(cls: type) -> None:
    """Count the objects of a class, which can be converted to tensors, as tensors of a graph."""
    _registered.add(cls)


def is_symbolic_tensor(tensor: Any) -> bool:
    """Return whether a value is a tensor of a graph, or is counted as one."""
    return is_tensor_or_variable(tensor) or isinstance(tensor, tuple(_registered))


def are_all_symbolic_tensors(tensors: Any) -> bool:
    """Return whether all of some values are tensors of a graph."""
    return all(map(is_symbolic_tensor, tensors))
