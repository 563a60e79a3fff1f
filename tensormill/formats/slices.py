"""Slices of tensors: what parts have in common, and whether they make up a whole."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.formats.slice_keys import WHOLE

__all__ = ["Extents", "MissingSliceError", "closed_extents", "copy_overlap", "covers"]

Array = np.ndarray[Any, Any]
Extents = Sequence[tuple[int, int]]
"""Where a slice starts and how long it is, for each dimension."""


class MissingSliceError(Exception):
    """A checkpoint does not hold all of a slice."""


def closed_extents(extents: Extents, sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return extents in which no length is left open."""
    return [
        (0, size) if length == WHOLE else (start, length)
        for (start, length), size in zip(extents, sizes, strict=True)
    ]


def copy_overlap(source: Array, at: Extents, target: Array, wanted: Extents) -> None:
    """Copy what two slices of one tensor have in common.

    Args:
      source: the values of the slice that stands `at` these extents.
      at: the place of `source` in the tensor.
      target: receives the values.
      wanted: the place of `target` in the tensor.
    """
    inner, outer = [], []
    for (start, length), (other, size) in zip(at, wanted, strict=True):
        low, high = max(start, other), min(start + length, other + size)
        inner.append(slice(low - start, high - start))
        outer.append(slice(low - other, high - other))
    target[tuple(outer)] = source[tuple(inner)]


def covers(wanted: Extents, parts: Sequence[Extents]) -> bool:
    """Return whether every element of a slice is in one of some parts.

    >>> covers([(0, 4)], [[(0, 2)], [(2, 2)]]), covers([(0, 4)], [[(0, 2)], [(3, 1)]])
    (True, False)
    """
    if any(list(part) == list(wanted) for part in parts):
        return True
    # Borders cut the slice into cells, each of which lies in a part as a whole or not at all.
    borders = []
    for axis, (start, length) in enumerate(wanted):
        cuts = {start, start + length}
        for part in parts:
            low, size = part[axis]
            cuts.update(cut for cut in (low, low + size) if start < cut < start + length)
        borders.append(sorted(cuts))
    if math.prod(length for _, length in wanted) == 0:
        return True
    for cell in itertools.product(*(itertools.pairwise(cuts) for cuts in borders)):
        if not any(
            all(
                low <= first and last <= low + size
                for (first, last), (low, size) in zip(cell, part, strict=True)
            )
            for part in parts
        ):
            return False
    return True
