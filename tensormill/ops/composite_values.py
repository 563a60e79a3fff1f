"""Values made of several tensors (sparse tensors, slices, tensor arrays) as flat lists, and back.

Branches and loops carry plain tensors only. A class takes part by having `_component_tensors()` and
`_from_components(tensors)`.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor

__all__ = ["as_tensors", "components", "flat_components", "pack_components", "rebuild"]


def components(value: Any) -> list[Tensor] | None:
    """Return the tensors that a composite value is made of, or None for a plain one."""
    if isinstance(value, IndexedSlices):
        parts = [value.values, value.indices]
        return parts if value.dense_shape is None else [*parts, value.dense_shape]
    if hasattr(value, "_component_tensors"):
        found: list[Tensor] = value._component_tensors()
        return found
    return None


def rebuild(template: Any, parts: list[Tensor]) -> Any:
    """Return a composite value like `template` from other tensors."""
    if isinstance(template, IndexedSlices):
        return IndexedSlices(*parts)
    return template._from_components(parts)


def as_tensors(structure: Any) -> Any:
    """Return a structure with every leaf a tensor, or a composite value."""
    return nest.map_structure(
        lambda leaf: leaf if components(leaf) is not None else convert_to_tensor(leaf), structure
    )


def flat_components(structure: Any) -> list[Any]:
    """Return all tensors of a structure, those inside of composite values too, in order."""
    found: list[Any] = []
    for leaf in nest.flatten(structure):
        parts = components(leaf)
        if parts is None:
            found.append(leaf)
        else:
            found.extend(parts)
    return found


def pack_components(structure: Any, tensors: list[Any]) -> Any:
    """Return `structure` with its tensors replaced by others, in the order of `flat_components`."""
    leaves = []
    at = 0
    for leaf in nest.flatten(structure):
        parts = components(leaf)
        if parts is None:
            leaves.append(tensors[at])
            at += 1
        else:
            leaves.append(rebuild(leaf, list(tensors[at : at + len(parts)])))
            at += len(parts)
    return nest.pack_sequence_as(structure, leaves)
