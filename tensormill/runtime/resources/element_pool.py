"""`ElementPool`: elements of a queue in arrays, so that many come and go with one operation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch

from tensormill.runtime.resources.queue_elements import Block, Row

__all__ = ["ElementPool"]

Array = np.ndarray[Any, Any]

_LARGEST_ELEMENT_BYTES: Final = 4096
"""Copying a larger one costs more than keeping it by itself."""
_FEWEST_PLACES: Final = 64
_MOST_AT_ONCE: Final = 400
"""So few elements NumPy copies without letting other threads run, who would wait for the queue."""
_ARRAY_DTYPES: Final = frozenset(
    "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128 object".split()
)
"""Those of strings, and of tensors that NumPy has, too."""


class ElementPool:
    """Elements of one form in arrays, numbered from 0 on; each stays in one place while it is here.

    Numbers may come as tensors or as NumPy values. An element that leaves alone is NumPy values.

    Its size changes together with what it holds, with nothing between the two at which Python would
    handle a signal.

    Attributes:
      size: how many elements there are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._columns: list[Array] = []
        self._dtypes: list[np.dtype[Any]] = []
        self._shapes: list[tuple[int, ...]] = []
        # The places of the elements in the order of their numbers, then those that are free.
        self._places = np.empty(0, np.int64)

    def put_block(self, block: Block) -> bool:
        """Add copies of the elements of a block, unless they do not fit in here."""
        arrays = self._fitting(block.components, 1)
        if arrays is None:
            return False
        count = len(block)
        self._reserve(count)
        size = self.size
        for first in range(0, count, _MOST_AT_ONCE):
            last = min(first + _MOST_AT_ONCE, count)
            places = self._places[size + first : size + last]
            rows = slice(block.start + first, block.start + last)
            for column, array in zip(self._columns, arrays, strict=True):
                column[places] = array[rows]
        self.size = size + count
        return True

    def put(self, row: Row) -> bool:
        """Add a copy of an element, unless it does not fit in here."""
        if self._written(row) is None:
            return False
        self.size += 1
        return True

    def _written(self, row: Row) -> int | None:
        """Return a free place, where a copy of an element is now; None where it does not fit."""
        arrays = self._fitting(row, 0)
        if arrays is None:
            return None
        size = self.size
        if size == len(self._places):
            self._reserve(1)
        place: int = self._places[size]
        for column, array in zip(self._columns, arrays):  # noqa: B905 - as many, as they fit
            column[place, ...] = array
        return place

    def exchange(self, number: int, row: Row) -> Row | None:
        """Remove an element and return it, and give its number to a copy of another one.

        Returns:
          The element; None, with nothing changed, where the other one does not fit in here.
        """
        added = self._written(row)
        if added is None:
            return None
        places = self._places
        place = places[number]
        taken = self._read(place)
        places[number] = added
        places[self.size] = place
        return taken

    def _read(self, place: int) -> Row:
        """Return the element at a place, which becomes free."""
        row: list[Any] = []
        for column in self._columns:
            if column.dtype == object:
                row.append(column[place, ...].copy())
                column[place] = None
            elif column.ndim == 1:
                row.append(column[place])
            else:
                row.append(column[place].copy())
        return tuple(row)

    def take(self, numbers: Sequence[int], moved: Mapping[int, int]) -> Block:
        """Remove elements, and return them in the order of their numbers.

        Args:
          numbers: which.
          moved: new numbers of elements that stay, each with the one that it had.
        """
        places = self._places[np.array(numbers, np.int64)]
        taken: list[Any] = []
        for column in self._columns:
            values = column[places]
            if column.dtype == object:
                column[places] = None
                taken.append(values)
            else:
                taken.append(torch.from_numpy(values))
        block = Block(tuple(taken), 0, len(numbers))
        size = self.size - len(numbers)
        changed = np.array([*moved, *range(size, self.size)], np.int64)
        order = np.concatenate([self._places[np.array([*moved.values()], np.int64)], places])
        self.size = size
        self._places[changed] = order
        return block

    def take_one(self, number: int) -> Row:
        """Remove an element and return it; the last one has its number then."""
        size, places = self.size - 1, self._places
        place = places[number]
        taken = self._read(place)
        self.size = size
        places[number] = places[size]
        places[size] = place
        return taken

    def _fitting(self, values: Row, axes: int) -> list[Array] | None:
        """Return values as arrays; None where they do not fit in here.

        Args:
          values: the components of an element, or of a block.
          axes: 1 where each has an axis before those of an element, else 0.
        """
        arrays = []
        try:
            for value in values:
                arrays.append(value if type(value) is not torch.Tensor else value.numpy())
        except (TypeError, RuntimeError):  # on a GPU, or of a dtype that NumPy lacks
            return None
        if len(arrays) == len(self._shapes):
            for array, dtype, shape in zip(arrays, self._dtypes, self._shapes):  # noqa: B905 - as many
                if array.dtype is not dtype or (array.shape[1:] if axes else array.shape) != shape:
                    break
            else:
                return arrays
        return None if self.size or not self._begin(arrays, axes) else arrays

    def _begin(self, arrays: list[Array], axes: int) -> bool:
        """Take on the form of some values; return whether elements are small enough."""
        if any(a.dtype.name not in _ARRAY_DTYPES or not a.dtype.isnative for a in arrays):
            return False
        shapes = [array.shape[axes:] for array in arrays]
        sizes = [math.prod(s) * a.itemsize for a, s in zip(arrays, shapes, strict=True)]
        if sum(sizes) > _LARGEST_ELEMENT_BYTES:
            return False
        self._shapes = shapes
        self._dtypes = [array.dtype for array in arrays]
        self._columns = [np.empty((0, *s), a.dtype) for a, s in zip(arrays, shapes, strict=True)]
        self._places = np.empty(0, np.int64)
        return True

    def _reserve(self, count: int) -> None:
        """Have places for so many elements more."""
        had = len(self._places)
        if self.size + count > had:
            wanted = max(_FEWEST_PLACES, 2 * had, self.size + count)
            self._columns = [_grown(column, wanted) for column in self._columns]
            self._places = np.concatenate([self._places, np.arange(had, wanted)])


def _grown(column: Array, size: int) -> Array:
    made = np.empty((size, *column.shape[1:]), column.dtype)
    made[: len(column)] = column
    return made
