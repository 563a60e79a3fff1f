"""Structures of lists, tuples, named tuples and dictionaries: their leaves, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

__all__ = [
    "assert_same_structure",
    "flatten",
    "is_nested",
    "map_structure",
    "pack_sequence_as",
]


def is_nested(value: Any) -> bool:
    """Return whether `value` is a structure: a list, tuple, or dictionary."""
    return isinstance(value, (list, tuple, Mapping))


def _children(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value[key] for key in _sorted_keys(value)]
    return list(value)


def _sorted_keys(value: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def _leaves(structure: Any) -> Iterator[Any]:
    stack = [structure]
    while stack:
        value = stack.pop()
        if is_nested(value):
            stack.extend(reversed(_children(value)))
        else:
            yield value


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of a structure, those of dictionaries in the order of their sorted keys.

    >>> flatten({"b": [1, 2], "a": (3,)})
    [3, 1, 2]
    """
    return list(_leaves(structure))


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """Return a structure like `structure` with the leaves of `flat_sequence`.

    Raises:
      TypeError: `flat_sequence` is no sequence.
      ValueError: the numbers of leaves differ.

    >>> pack_sequence_as({"b": [0, 0], "a": 0}, [1, 2, 3])
    {'b': [2, 3], 'a': 1}
    """
    if not isinstance(flat_sequence, (list, tuple)):
        raise TypeError("flat_sequence must be a sequence")
    count = len(flatten(structure))
    if not is_nested(structure) and len(flat_sequence) != 1:
        raise ValueError(
            f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1"
        )
    if count != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had "
            f"{len(flat_sequence)} elements.  Structure: {structure}, flat_sequence: "
            f"{flat_sequence}."
        )
    return _pack(structure, iter(flat_sequence))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    if isinstance(structure, Mapping):
        packed = {key: _pack(structure[key], leaves) for key in _sorted_keys(structure)}
        items = [(key, packed[key]) for key in structure]
        return type(structure)(items)  # type: ignore[call-arg]
    parts = [_pack(part, leaves) for part in structure]
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True) -> None:
    """Raise an error unless two structures are alike.

    Raises:
      ValueError: they are nested in different ways.
      TypeError: they are made of different types, and `check_types`.
    """
    stack = [(nest1, nest2)]
    while stack:
        a, b = stack.pop()
        if not is_nested(a) and not is_nested(b):
            continue
        if is_nested(a) != is_nested(b) or len(a) != len(b):
            raise ValueError(_differ(nest1, nest2))
        both_mappings = isinstance(a, Mapping) and isinstance(b, Mapping)
        if check_types and type(a) is not type(b) and not both_mappings:
            reason = (
                "The two structures don't have the same sequence type. First structure has type "
                f"{type(a)}, while second structure has type {type(b)}."
            )
            raise TypeError(_differ(nest1, nest2, reason))
        if both_mappings and set(a) != set(b):
            reason = (
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{list(a)}, while second structure has keys {list(b)}."
            )
            raise ValueError(_differ(nest1, nest2, reason))
        stack.extend(zip(_children(a), _children(b), strict=True))


def _differ(nest1: Any, nest2: Any, reason: str = "") -> str:
    more = f"\n\nMore specifically: {reason}" if reason else ""
    return (
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: {nest1}\n\nSecond structure: {nest2}{more}"
    )


def map_structure(func: Callable[..., Any], *structure: Any, check_types: bool = True) -> Any:
    """Return a structure of the results of `func` on the leaves of structures that are alike.

    Raises:
      TypeError: `func` cannot be called, or types differ.
      ValueError: there are no structures, or they are not alike.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types=check_types)
    columns = [flatten(each) for each in structure]
    return pack_sequence_as(structure[0], [func(*leaves) for leaves in zip(*columns, strict=True)])
