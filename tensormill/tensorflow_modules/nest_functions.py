"""The functions of `tensorflow.python.util.nest` that are not public.

Source: TensorFlow 1.15, python/util/nest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tensormill.graph.nest import (
    flatten,
    flatten_with_tuple_paths,
    is_composite,
    is_nested,
    items_of,
    pack_sequence_as,
    paths_in,
)

__all__ = [
    "assert_shallow_structure",
    "flatten_dict_items",
    "flatten_up_to",
    "flatten_with_joined_string_paths",
    "flatten_with_tuple_paths",
    "flatten_with_tuple_paths_up_to",
    "get_traverse_shallow_structure",
    "is_named_tuple",
    "is_sequence",
    "is_sequence_or_composite",
    "map_structure_up_to",
    "map_structure_with_paths",
    "map_structure_with_tuple_paths",
    "map_structure_with_tuple_paths_up_to",
    "yield_flat_paths",
]

is_sequence = is_nested


def is_named_tuple(instance: Any, strict: bool = False) -> bool:
    """Return whether a value is a named tuple; `strict`: of no class derived from one."""
    if not isinstance(instance, tuple) or (strict and type(instance).__base__ is not tuple):
        return False
    fields = getattr(instance, "_fields", None)
    return isinstance(fields, tuple) and all(isinstance(each, str) for each in fields)


def is_sequence_or_composite(seq: Any) -> bool:
    """Return whether a value is a structure, or made of several tensors."""
    return is_nested(seq) or is_composite(seq)


def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[tuple[Any, ...]]:
    """Yield the path of keys and positions to each leaf."""
    return (path for path, _ in paths_in(nest, (), expand_composites))


def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """Return (path as a text, leaf) for each leaf."""
    return [
        (separator.join(map(str, path)), leaf)
        for path, leaf in paths_in(structure, (), expand_composites)
    ]


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


_MUST_BE_SEQUENCE = (
    "If shallow structure is a sequence, input must also be a sequence. Input has type: {}."
)
_TYPES_DIFFER = (
    "The two structures don't have the same sequence type. Input structure has type {input_type}, "
    "while shallow structure has type {shallow_type}."
)
_LENGTHS_DIFFER = (
    "The two structures don't have the same sequence length. Input structure has length "
    "{input_length}, while shallow structure has length {shallow_length}."
)
_TOO_FEW = (
    "The input_tree has fewer elements than the input_tree. Input structure has length "
    "{input_size}, while shallow structure has length {shallow_size}."
)
_UNKNOWN_KEYS = (
    "The shallow_tree's keys are not a subset of the input_tree's keys. The shallow_tree has the "
    "following keys that are not in the input_tree: {}."
)


def assert_shallow_structure(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
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
        raise TypeError(_MUST_BE_SEQUENCE.format(type(input_tree)))
    kinds = type(shallow_tree), type(input_tree)
    mappings = isinstance(shallow_tree, Mapping) and isinstance(input_tree, Mapping)
    same_names = all(hasattr(each, "_fields") for each in (shallow_tree, input_tree)) and (
        (kinds[0].__name__, shallow_tree._fields) == (kinds[1].__name__, input_tree._fields)
    )
    if check_types and kinds[0] is not kinds[1] and not mappings and not same_names:
        raise TypeError(_TYPES_DIFFER.format(input_type=kinds[1], shallow_type=kinds[0]))
    sizes = len(input_tree), len(shallow_tree)
    if check_subtrees_length and sizes[0] != sizes[1]:
        raise ValueError(_LENGTHS_DIFFER.format(input_length=sizes[0], shallow_length=sizes[1]))
    if sizes[0] < sizes[1]:
        raise ValueError(_TOO_FEW.format(input_size=sizes[0], shallow_size=sizes[1]))
    if isinstance(shallow_tree, Mapping):
        absent = set(shallow_tree) - set(input_tree)
        if absent:
            raise ValueError(_UNKNOWN_KEYS.format(sorted(absent)))
    for part, other in _pairs(shallow_tree, input_tree):
        assert_shallow_structure(part, other, check_types, expand_composites, check_subtrees_length)


def _pairs(shallow: Any, tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the parts of a shallow structure with those of the other in the same places."""
    if isinstance(shallow, Mapping):
        parts = tree if isinstance(tree, Mapping) else dict(items_of(tree))
        for key in sorted(shallow):
            yield shallow[key], parts[key]
    else:
        for (_, part), (_, other) in zip(items_of(shallow), items_of(tree), strict=False):
            yield part, other


def _up_to(
    shallow: Any, tree: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if not is_nested(shallow):
        yield path, tree
        return
    keys = [key for key, _ in items_of(shallow)]
    for key, (part, other) in zip(keys, _pairs(shallow, tree), strict=True):
        yield from _up_to(part, other, (*path, key))


def flatten_with_tuple_paths_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[tuple[tuple[Any, ...], Any]]:
    """Return (path, part) for the parts of a structure where a shallower one has leaves."""
    assert_shallow_structure(
        shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length
    )
    return list(_up_to(shallow_tree, input_tree))


def flatten_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[Any]:
    """Return the parts of a structure where a shallower one has leaves."""
    found = flatten_with_tuple_paths_up_to(
        shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length
    )
    return [part for _, part in found]


def map_structure_with_tuple_paths_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Return a structure like the shallow one of `func(path, part, …)` on the parts of others."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    columns = [flatten_up_to(shallow_tree, each, **kwargs) for each in inputs]
    paths = [path for path, _ in _up_to(shallow_tree, inputs[0])]
    rows = zip(paths, *columns, strict=True)
    return pack_sequence_as(shallow_tree, [func(*row) for row in rows])


def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Return a structure like the shallow one of `func` on the parts of others."""

    def without_path(path: tuple[Any, ...], *parts: Any) -> Any:
        return func(*parts)

    return map_structure_with_tuple_paths_up_to(shallow_tree, without_path, *inputs, **kwargs)


def get_traverse_shallow_structure(traverse_fn: Callable[[Any], Any], structure: Any) -> Any:
    """Return a structure of booleans: as deep as a function says that it is to be walked.

    Args:
      traverse_fn: says of a part whether to go on below it: a boolean, or booleans for the parts
        of it.
      structure: the structure.

    Raises:
      TypeError: the function returns something else, or parts where there are none.
    """
    deeper = traverse_fn(structure)
    if not is_nested(structure):
        if not isinstance(deeper, bool):
            raise TypeError(
                f"traverse_fn returned structure: {deeper} for non-structure: {structure}"
            )
        return deeper
    parts = [part for _, part in items_of(structure)]
    if isinstance(deeper, bool):
        if not deeper:
            return False
        walk = [True] * len(parts)
    else:
        try:
            assert_shallow_structure(deeper, structure)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"traverse_fn returned a non-depth==1 structure for {structure}: {deeper}"
            ) from error
        walk = [each for _, each in items_of(deeper)]
    made = []
    for part, goes_on in zip(parts, walk, strict=True):
        if not isinstance(goes_on, bool):
            raise TypeError(f"traverse_fn didn't return a depth=1 structure of bools: {deeper}")
        made.append(get_traverse_shallow_structure(traverse_fn, part) if goes_on else False)
    if isinstance(structure, Mapping):
        return type(structure)(zip(sorted(structure), made, strict=True))  # type: ignore[call-arg]
    return type(structure)(*made) if hasattr(structure, "_fields") else type(structure)(made)


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
