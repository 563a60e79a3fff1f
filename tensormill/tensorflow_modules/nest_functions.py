"""The functions of `tensorflow.python.util.nest` that are not public.

Source: TensorFlow 1.15, python/util/nest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tensormill.graph.nest import flatten, is_nested, pack_sequence_as

__all__ = [
    "assert_shallow_structure",
    "flatten_dict_items",
    "flatten_up_to",
    "flatten_with_joined_string_paths",
    "flatten_with_tuple_paths",
    "is_sequence",
    "is_sequence_or_composite",
    "map_structure_up_to",
    "map_structure_with_paths",
    "map_structure_with_tuple_paths",
    "yield_flat_paths",
]

is_sequence = is_sequence_or_composite = is_nested


def _items(structure: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (key or position, part) in the order of `flatten`."""
    if isinstance(structure, Mapping):
        for key in sorted(structure):
            yield key, structure[key]
    elif hasattr(structure, "_fields"):
        yield from zip(structure._fields, structure, strict=True)
    else:
        yield from enumerate(structure)


def _paths(structure: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if not is_nested(structure):
        yield path, structure
        return
    for key, part in _items(structure):
        yield from _paths(part, (*path, key))


def yield_flat_paths(nest: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path of keys and positions to each leaf."""
    return (path for path, _ in _paths(nest))


def flatten_with_tuple_paths(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Return (path, leaf) for each leaf."""
    return list(_paths(structure))


def flatten_with_joined_string_paths(structure: Any, separator: str = "/") -> list[tuple[str, Any]]:
    """Return (path as a text, leaf) for each leaf."""
    return [(separator.join(map(str, path)), leaf) for path, leaf in _paths(structure)]


def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any) -> Any:
    """Return a structure of `func(path, leaf, …)`."""
    columns = [flatten(each) for each in structure]
    rows = zip(yield_flat_paths(structure[0]), *columns, strict=True)
    return pack_sequence_as(structure[0], [func(*row) for row in rows])


def map_structure_with_paths(func: Callable[..., Any], *structure: Any) -> Any:
    """Return a structure of `func("a/0", leaf, …)`."""

    def with_text(path: tuple[Any, ...], *leaves: Any) -> Any:
        return func("/".join(map(str, path)), *leaves)

    return map_structure_with_tuple_paths(with_text, *structure)


def assert_shallow_structure(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    check_subtrees_length: bool = True,
) -> None:
    """Raise an error unless a structure begins as another does.

    Raises:
      TypeError: types differ, or there is a leaf where the shallow one has a structure.
      ValueError: lengths or keys differ.
    """
    if not is_nested(shallow_tree):
        return
    if not is_nested(input_tree):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"{type(input_tree)}."
        )
    mappings = isinstance(shallow_tree, Mapping) and isinstance(input_tree, Mapping)
    if check_types and type(shallow_tree) is not type(input_tree) and not mappings:
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
        )
    if check_subtrees_length and len(input_tree) != len(shallow_tree):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(input_tree)}, while shallow structure has length {len(shallow_tree)}."
        )
    inputs = dict(_items(input_tree))
    for key, part in _items(shallow_tree):
        if key not in inputs:
            raise ValueError(
                "The two structures don't have the same keys. Input structure has keys "
                f"{list(inputs)}, while shallow structure has key {key}."
            )
        assert_shallow_structure(part, inputs[key], check_types, check_subtrees_length)


def _up_to(shallow: Any, tree: Any) -> Iterator[Any]:
    if not is_nested(shallow):
        yield tree
        return
    parts = dict(_items(tree))
    for key, part in _items(shallow):
        yield from _up_to(part, parts[key])


def flatten_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[Any]:
    """Return the parts of a structure where a shallower one has leaves."""
    assert_shallow_structure(shallow_tree, input_tree, check_types, check_subtrees_length)
    return list(_up_to(shallow_tree, input_tree))


def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Return a structure like the shallow one of `func` on the parts of others."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    columns = [flatten_up_to(shallow_tree, each, **kwargs) for each in inputs]
    return pack_sequence_as(shallow_tree, [func(*parts) for parts in zip(*columns, strict=True)])


def flatten_dict_items(dictionary: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a dictionary with an entry for each leaf, where keys and values are alike structures.

    Raises:
      TypeError: it is no dictionary.
      ValueError: a key and its value differ, or a key comes twice.
    """
    if not isinstance(dictionary, Mapping):
        raise TypeError("input must be a dictionary")
    flat: dict[Any, Any] = {}
    for key, value in dictionary.items():
        keys, values = (flatten(key), flatten(value)) if is_nested(key) else ([key], [value])
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had "
                f"{len(values)} elements. Key: {keys}, value: {values}."
            )
        for each, leaf in zip(keys, values, strict=True):
            if each in flat:
                raise ValueError(f"Could not flatten dictionary: key {each} is not unique.")
            flat[each] = leaf
    return flat
