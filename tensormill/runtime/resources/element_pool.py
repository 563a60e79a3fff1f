"""`ElementPool`: elements of a queue in arrays, so that many come and go with one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from tensormill.runtime.resources.queue_elements import Block, Row

__all__ = ["ElementPool"]

Array = np.ndarray[Any, Any]

_LARGEST_ELEMENT_BYTES: Final = 4096
"""Copying a larger one costs more than keeping it by itself."""
_FEWEST_PLACES: Final = 64
_ARRAY_DTYPES: Final = frozenset(
    "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()
)
"""The dtypes of tensors that NumPy has, too."""


class ElementPool:
    """Elements of one form, each in a place that has a number."""

    def __init__(self) -> None:
        self._columns: list[Array] = []
        self._forms: list[tuple[Any, ...]] = []
        self._are_tensors: list[bool] = []
        self._free: list[int] = []
        self._size = 0

    def put_block(self, block: Block) -> list[int] | None:
        """Add the elements of a block; return their places, None where they do not fit in here."""
        components = block.components
        if not self._columns and not self._begin(components):
            return None
        if [_form(component, 1) for component in components] != self._forms:
            return None
        places = self._reserve(len(block))
        index = np.array(places)
        for column, component in zip(self._columns, components, strict=True):
            column[index] = _array(component)[block.start : block.stop]
        return places

    def put(self, row: Row) -> int | None:
        """Add an element; return its place, None where it does not fit in here."""
        if not self._columns or [_form(value, 0) for value in row] != self._forms:
            return None
        place = self._reserve(1)[0]
        for column, value in zip(self._columns, row, strict=True):
            column[place, ...] = _array(value)
        return place

    def take(self, places: Sequence[int]) -> Block:
        """Remove elements, and return them in the order of their places."""
        index = np.array(places)
        taken: list[Any] = []
        for column, is_tensor in zip(self._columns, self._are_tensors, strict=True):
            values = column.take(index, 0)
            taken.append(torch.from_numpy(values) if is_tensor else values)
            if column.dtype == object:
                column[index] = None
        self._free += places
        return Block(tuple(taken), 0, len(places))

    def _begin(self, components: Row) -> bool:
        """Take on the form of some components; return whether elements are small enough."""
        tensors = [type(component) is torch.Tensor for component in components]
        if any(
            is_tensor and (value.device.type != "cpu" or _name(value.dtype) not in _ARRAY_DTYPES)
            for value, is_tensor in zip(components, tensors, strict=True)
        ):
            return False
        arrays = list(map(_array, components))
        if sum(int(np.prod(a.shape[1:])) * a.itemsize for a in arrays) > _LARGEST_ELEMENT_BYTES:
            return False
        self._are_tensors = tensors
        self._forms = [_form(component, 1) for component in components]
        self._columns = [np.empty((0, *array.shape[1:]), array.dtype) for array in arrays]
        return True

    def _reserve(self, count: int) -> list[int]:
        missing = count - len(self._free)
        if missing > 0:
            size = max(_FEWEST_PLACES, 2 * self._size, self._size + missing)
            self._columns = [_grown(column, size) for column in self._columns]
            self._free += range(self._size, size)
            self._size = size
        places = self._free[-count:]
        del self._free[-count:]
        return places


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
