"""`ElementPool`: elements of a queue in arrays, so that many come and go with one operation."""

from __future__ import annotations

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
    "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()
)
"""The dtypes of tensors that NumPy has, too."""


class ElementPool:
    """Elements of one form in arrays, numbered from 0 on; each stays in one place while it is here.

    Its size changes together with what it holds, with nothing between the two at which Python would
    handle a signal.

    Attributes:
      size: how many elements there are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._columns: list[Array] = []
        self._forms: list[tuple[Any, ...]] = []
        self._are_tensors: list[bool] = []
        # The places of the elements in the order of their numbers, then those that are free.
        self._places = np.empty(0, np.int64)

    def put_block(self, block: Block) -> bool:
        """Add copies of the elements of a block, unless they do not fit in here."""
        components = block.components
        if not self._fits([_form(component, 1) for component in components], components, 1):
            return False
        count = len(block)
        self._reserve(count)
        size = self.size
        for first in range(0, count, _MOST_AT_ONCE):
            last = min(first + _MOST_AT_ONCE, count)
            places = self._places[size + first : size + last]
            rows = slice(block.start + first, block.start + last)
            for column, component in zip(self._columns, components, strict=True):
                column[places] = _array(component)[rows]
        self.size = size + count
        return True

    def put(self, row: Row) -> bool:
        """Add a copy of an element, unless it does not fit in here."""
        if not self._fits([_form(value, 0) for value in row], row, 0):
            return False
        size = self.size
        if size == len(self._places):
            self._reserve(1)
        place = self._places[size]
        for column, value in zip(self._columns, row, strict=True):
            column[place, ...] = _array(value)
        self.size = size + 1
        return True

    def take(self, numbers: Sequence[int], moved: Mapping[int, int]) -> Block:
        """Remove elements, and return them in the order of their numbers.

        Args:
          numbers: which.
          moved: new numbers of elements that stay, each with the one that it had.
        """
        places = self._places[np.array(numbers, np.int64)]
        taken: list[Any] = []
        for column, is_tensor in zip(self._columns, self._are_tensors, strict=True):
            values = column[places]
            taken.append(torch.from_numpy(values) if is_tensor else values)
            if column.dtype == object:
                column[places] = None
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
        row: list[Any] = []
        for column, is_tensor in zip(self._columns, self._are_tensors, strict=True):
            value = column[place, ...].copy()
            row.append(torch.from_numpy(value) if is_tensor else value)
            if column.dtype == object:
                column[place] = None
        taken = tuple(row)
        self.size = size
        places[number] = places[size]
        places[size] = place
        return taken

    def _fits(self, forms: list[tuple[Any, ...]], values: Row, axes: int) -> bool:
        if forms == self._forms:
            return True
        return not self.size and self._begin(forms, values, axes)

    def _begin(self, forms: list[tuple[Any, ...]], values: Row, axes: int) -> bool:
        """Take on the form of some values; return whether elements are small enough."""
        tensors = [type(value) is torch.Tensor for value in values]
        if any(
            is_tensor and (value.device.type != "cpu" or _name(value.dtype) not in _ARRAY_DTYPES)
            for value, is_tensor in zip(values, tensors, strict=True)
        ):
            return False
        arrays = list(map(_array, values))
        sizes = [int(np.prod(array.shape[axes:])) * array.itemsize for array in arrays]
        if sum(sizes) > _LARGEST_ELEMENT_BYTES:
            return False
        self._are_tensors = tensors
        self._forms = forms
        self._columns = [np.empty((0, *array.shape[axes:]), array.dtype) for array in arrays]
        self._places = np.empty(0, np.int64)
        return True

    def _reserve(self, count: int) -> None:
        """Have places for so many elements more."""
        had = len(self._places)
        if self.size + count > had:
            wanted = max(_FEWEST_PLACES, 2 * had, self.size + count)
            self._columns = [_grown(column, wanted) for column in self._columns]
            self._places = np.concatenate([self._places, np.arange(had, wanted)])


def _array(value: Any) -> Array:
    array: Array = value.numpy() if type(value) is torch.Tensor else value
    return array


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _form(value: Any, axes: int) -> tuple[Any, ...]:
    """Return the type, the dtype and the shape of a value behind its first axes."""
    return type(value), value.dtype, tuple(value.shape[axes:])


def _grown(column: Array, size: int) -> Array:
    made = np.empty((size, *column.shape[1:]), column.dtype)
    made[: len(column)] = column
    return made
