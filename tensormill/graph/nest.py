"""Structures of lists, tuples, named tuples and dictionaries: their leaves, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

__all__ = [
    "assert_same_structure",
    "flatten",
    "flatten_with_tuple_paths",
    "is_composite",
    "is_nested",
    "items_of",
    "map_structure",
    "pack_sequence_as",
    "paths_in",
]


def is_nested(seq: Any) -> bool:
    """Return whether `seq` is a structure: a list, tuple, or dictionary."""
    return isinstance(seq, (list, tuple, Mapping))


def _children(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value[key] for key in _sorted_keys(value)]
    return list(value)


def _sorted_keys(value: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def is_composite(value: Any) -> bool:
    """Return whether `value` is made of several tensors, as its type spec says."""
    return hasattr(value, "_type_spec")


def _parts(value: Any) -> Any:
    """Return a structure of the tensors that a composite value is made of."""
    return value._type_spec._to_components(value)


def _leaves(structure: Any, expand_composites: bool = False) -> Iterator[Any]:
    stack = [structure]
    while stack:
        value = stack.pop()
        if is_nested(value):
            stack.extend(reversed(_children(value)))
        elif expand_composites and is_composite(value):
            stack.append(_parts(value))
        else:
            yield value


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """Return the leaves of a structure, those of dictionaries in the order of their sorted keys.

    Args:
      structure: the structure.
      expand_composites: whether values made of several tensors are structures of these.

    >>> flatten({"b": [1, 2], "a": (3,)})
    [3, 1, 2]
    """
    return list(_leaves(structure, expand_composites))


def pack_sequence_as(
    structure: Any, flat_sequence: Sequence[Any], expand_composites: bool = False
) -> Any:
    """Return a structure like `structure` with the leaves of `flat_sequence`.

    Args:
      structure: the structure.
      flat_sequence: the leaves.
      expand_composites: whether values made of several tensors are structures of these.

    Raises:
      TypeError: `flat_sequence` is no sequence.
      ValueError: the numbers of leaves differ.

    >>> pack_sequence_as({"b": [0, 0], "a": 0}, [1, 2, 3])
    {'b': [2, 3], 'a': 1}
    """
    if not isinstance(flat_sequence, (list, tuple)):
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence}\ninto a sequence, but found "
            f"incompatible type `{type(flat_sequence)}` instead: flat_sequence must be a sequence."
        )
    count = len(flatten(structure, expand_composites))
    is_scalar = not is_nested(structure) and not (expand_composites and is_composite(structure))
    if is_scalar and len(flat_sequence) != 1:
        raise ValueError(
            f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1"
        )
    if count != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had "
            f"{len(flat_sequence)} elements.  Structure: {structure}, flat_sequence: "
            f"{flat_sequence}."
        )
    return _pack(structure, iter(flat_sequence), expand_composites)


def _pack(structure: Any, leaves: Iterator[Any], expand: bool) -> Any:
    if not is_nested(structure):
        if expand and is_composite(structure):
            spec = structure._type_spec
            return spec._from_components(_pack(_parts(structure), leaves, expand))
        return next(leaves)
    if isinstance(structure, Mapping):
        packed = {key: _pack(structure[key], leaves, expand) for key in _sorted_keys(structure)}
        items = [(key, packed[key]) for key in structure]
        return type(structure)(items)  # type: ignore[call-arg]
    parts = [_pack(part, leaves, expand) for part in structure]
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raise an error unless two structures are alike.

    Args:
      nest1: a structure.
      nest2: another one.
      check_types: whether the sequences must be of the same types.
      expand_composites: whether values made of several tensors are structures of these.

    Raises:
      ValueError: they are nested in different ways.
      TypeError: they are made of different types, and `check_types`.
    """
    stack = [(nest1, nest2)]
    while stack:
        a, b = stack.pop()
        if expand_composites and is_composite(a) and is_composite(b):
            if not a._type_spec.is_compatible_with(b._type_spec):
                reason = f"Incompatible CompositeTensor TypeSpecs: {a._type_spec}, {b._type_spec}"
                raise _differ(nest1, nest2, reason, TypeError)
            continue
        if not is_nested(a) and not is_nested(b) and not isinstance(a, _Length):
            continue
        problem = _problem(a, b, check_types)
        if problem is not None:
            raise _differ(nest1, nest2, *problem)
        if len(a) != len(b):
            # What differs within comes first.
            stack.append((_Length(a), _Length(b)))
        stack.extend(reversed(list(zip(_children(a), _children(b), strict=False))))


def _problem(a: Any, b: Any, check_types: bool) -> tuple[str, type[Exception]] | None:
    """Return how two structures differ at their top, and the class of the error for it."""
    if isinstance(a, _Length):
        return (
            "The two structures don't have the same number of elements. First structure: "
            f"{_shown(a.of)}. Second structure: {_shown(b.of)}"
        ), ValueError
    if is_nested(a) != is_nested(b):
        nested, other = (a, b) if is_nested(a) else (b, a)
        return (
            f'Substructure "{_shown(nested)}" is a sequence, while substructure "{_shown(other)}" '
            "is not"
        ), ValueError
    both_mappings = isinstance(a, Mapping) and isinstance(b, Mapping)
    if check_types and type(a) is not type(b) and not both_mappings and not _are_same_named(a, b):
        kind = "namedtuples" if hasattr(a, "_fields") and hasattr(b, "_fields") else "structures"
        return (
            f"The two {kind} don't have the same sequence type. First structure has type "
            f"{type(a)}, while second structure has type {type(b)}"
        ), TypeError
    if both_mappings and set(a) != set(b):
        return (
            "The two dictionaries don't have the same set of keys. First structure has keys "
            f"{list(a)}, while second structure has keys {list(b)}"
        ), ValueError
    return None


class _Length:
    """Stands for the length of a structure that differs from that of the other one."""

    def __init__(self, of: Any) -> None:
        self.of = of


def _are_same_named(a: Any, b: Any) -> bool:
    """Return whether two named tuples are of classes with the same name and fields."""
    fields = getattr(a, "_fields", None)
    return (
        fields is not None
        and fields == getattr(b, "_fields", None)
        and type(a).__name__ == type(b).__name__
    )


def _shown(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


class _Dot:
    """Shows as a dot."""

    def __repr__(self) -> str:
        return "."


def _differ(nest1: Any, nest2: Any, reason: str, error: type[Exception]) -> Exception:
    outlines = [pack_sequence_as(each, [_Dot()] * len(flatten(each))) for each in (nest1, nest2)]
    return error(
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: {_shown(nest1)}\n\nSecond structure: {_shown(nest2)}\n\n"
        f"More specifically: {reason}\n"
        f"Entire first structure:\n{outlines[0]}\nEntire second structure:\n{outlines[1]}"
    )


def map_structure(func: Callable[..., Any], *structure: Any, **options: Any) -> Any:
    """Return a structure of the results of `func` on the leaves of structures that are alike.

    Args:
      func: takes a leaf of each structure.
      *structure: the structures.
      **options: `check_types` and `expand_composites`, as of `assert_same_structure`.

    Raises:
      TypeError: `func` cannot be called, or types differ.
      ValueError: there are no structures, or they are not alike, or an option is unknown.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = options.pop("check_types", True)
    expand = options.pop("expand_composites", False)
    if options:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(options)}`"
        )
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand)
    columns = [flatten(each, expand) for each in structure]
    results = [func(*leaves) for leaves in zip(*columns, strict=True)]
    return pack_sequence_as(structure[0], results, expand)


def items_of(structure: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (key or position, part) in the order of `flatten`."""
    if isinstance(structure, Mapping):
        for key in sorted(structure):
            yield key, structure[key]
    elif hasattr(structure, "_fields"):
        yield from zip(structure._fields, structure, strict=True)
    else:
        yield from enumerate(structure)


def paths_in(
    structure: Any, path: tuple[Any, ...] = (), expand_composites: bool = False
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (path, leaf) for each leaf; a path is made of keys and positions.

    Args:
      structure: the structure.
      path: the path of the structure itself.
      expand_composites: whether the tensors that another one is made of are leaves, by position.
    """
    if is_nested(structure):
        items = items_of(structure)
    elif expand_composites and is_composite(structure):
        items = iter(enumerate(flatten(structure, expand_composites=True)))
    else:
        yield path, structure
        return
    for key, part in items:
        yield from paths_in(part, (*path, key), expand_composites)


def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[tuple[Any, ...], Any]]:
    """Return (path, leaf) for each leaf."""
    return list(paths_in(structure, (), expand_composites))
