"""Structures of elements: tuples, named tuples and dictionaries; a list is one tensor.

Source: TensorFlow 1.15, python/data/util/nest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tensormill.graph.sparse_tensor import SparseTensorValue

__all__ = [
    "assert_same_structure",
    "assert_shallow_structure",
    "flatten",
    "flatten_up_to",
    "is_structure",
    "map_structure",
    "map_structure_up_to",
    "pack",
]


def is_structure(value: Any) -> bool:
    """Return whether a value has components: a tuple or a dictionary."""
    return isinstance(value, Mapping) or (
        isinstance(value, tuple) and not isinstance(value, SparseTensorValue)
    )


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    return list(value)


def _leaves(value: Any) -> Iterator[Any]:
    if is_structure(value):
        for part in _parts(value):
            yield from _leaves(part)
    else:
        yield value


def flatten(structure: Any) -> list[Any]:
    """Return the leaves, those of dictionaries in the order of their sorted keys."""
    return list(_leaves(structure))


def pack(structure: Any, flat_sequence: Any) -> Any:
    """Return a structure like another one with other leaves.

    Raises:
      ValueError: there are more or fewer leaves.
      TypeError: they stand in no list.
    """
    if not isinstance(flat_sequence, (list, tuple)):
        raise TypeError("flat_sequence must be a sequence")
    count = sum(1 for _ in _leaves(structure))
    if count != len(flat_sequence):
        if not is_structure(structure):
            raise ValueError(
                f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1"
            )
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had "
            f"{len(flat_sequence)} elements.  Structure: {structure}, flat_sequence: "
            f"{flat_sequence}."
        )
    return _pack(structure, iter(flat_sequence))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_structure(structure):
        return next(leaves)
    if isinstance(structure, Mapping):
        packed = {key: _pack(structure[key], leaves) for key in sorted(structure)}
        return type(structure)((key, packed[key]) for key in structure)  # type: ignore[call-arg]
    parts = [_pack(part, leaves) for part in structure]
    return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)


def map_structure(func: Callable[..., Any], *structure: Any, check_types: bool = True) -> Any:
    """Return the results of a function on the leaves of structures that are alike.

    Args:
      func: the function.
      *structure: the structures.
      check_types: whether they must be made of the same types.

    Raises:
      TypeError: the function cannot be called, or the structures are made of different types.
      ValueError: there is no structure, or they are nested in different ways.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types)
    columns = [flatten(each) for each in structure]
    return pack(structure[0], [func(*leaves) for leaves in zip(*columns, strict=True)])


def map_structure_up_to(shallow: Any, function: Callable[..., Any], *structures: Any) -> Any:
    """Return the results of a function on what stands where one structure has its leaves."""
    columns = [flatten_up_to(shallow, structure) for structure in structures]
    return pack(shallow, [function(*parts) for parts in zip(*columns, strict=True)])


def flatten_up_to(shallow: Any, structure: Any) -> list[Any]:
    """Return what stands where another structure has its leaves.

    Raises:
      TypeError: the structures are made of different types.
      ValueError: they have different numbers of parts, or keys.
    """
    assert_shallow_structure(shallow, structure)
    return _up_to(shallow, structure)


def _up_to(shallow: Any, value: Any) -> list[Any]:
    if not is_structure(shallow):
        return [value]
    pairs = zip(_parts(shallow), _parts(value), strict=True)
    return [leaf for part, item in pairs for leaf in _up_to(part, item)]


def assert_shallow_structure(shallow: Any, structure: Any, check_types: bool = True) -> None:
    """Raise an error unless a structure is nested at least as another one is.

    Raises:
      TypeError: it ends before the other one does, or is made of other types, and `check_types`.
      ValueError: it has another number of parts, or other keys.
    """
    if not is_structure(shallow):
        return
    both_mappings = isinstance(shallow, Mapping) and isinstance(structure, Mapping)
    if not is_structure(structure):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has "
            f"type: {type(structure)}."
        )
    if check_types and not both_mappings and not isinstance(structure, type(shallow)):
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(structure)}, while shallow structure has type {type(shallow)}."
        )
    if len(structure) != len(shallow):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has "
            f"length {len(structure)}, while shallow structure has length {len(shallow)}."
        )
    if both_mappings and set(shallow) != set(structure):
        raise ValueError(
            "The two structures don't have the same keys. Input structure has keys "
            f"{list(structure)}, while shallow structure has keys {list(shallow)}."
        )
    for part, item in zip(_parts(shallow), _parts(structure), strict=True):
        assert_shallow_structure(part, item, check_types)


def assert_same_structure(first: Any, second: Any, check_types: bool = True) -> None:
    """Raise an error unless two structures are alike.

    Raises:
      ValueError: they are nested in different ways.
      TypeError: they are made of different types, and `check_types`.
    """
    if is_structure(first) != is_structure(second):
        raise ValueError(
            "The two structures don't have the same nested structure. First structure: "
            f"{first}, second structure: {second}."
        )
    if not is_structure(first):
        return
    both_mappings = isinstance(first, Mapping) and isinstance(second, Mapping)
    if check_types and type(first) is not type(second) and not both_mappings:
        raise TypeError(
            "The two structures don't have the same sequence type. First structure has type "
            f"{type(first)}, while second structure has type {type(second)}."
        )
    if len(first) != len(second):
        raise ValueError(
            "The two structures don't have the same number of elements. First structure: "
            f"{first}, second structure: {second}."
        )
    if both_mappings and set(first) != set(second):
        raise ValueError(
            "The two dictionaries don't have the same set of keys. First structure has keys "
            f"{list(first)}, while second structure has keys {list(second)}."
        )
    for a, b in zip(_parts(first), _parts(second), strict=True):
        assert_same_structure(a, b, check_types)
