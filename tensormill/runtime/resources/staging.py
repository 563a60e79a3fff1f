"""Staging areas: buffers between steps, as lists and by key, bounded in elements and bytes.

Source: TensorFlow 1.15, core/kernels/stage_op.cc and map_stage_op.cc.
"""

from __future__ import annotations

import bisect
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.runtime.resources.attempts import NOT_YET, Attempts, Begin
from tensormill.runtime.resources.waiting import Done, Waiting

__all__ = ["MapStagingArea", "StagingArea"]


def _size_bytes(values: Sequence[Any]) -> int:
    total = 0
    for value in values:
        if isinstance(value, torch.Tensor):
            total += value.numel() * value.element_size()
        elif isinstance(value, np.ndarray):
            total += sum(len(text) for text in value.ravel())
    return total


class _Bounds:
    """How much of the room of a staging area is taken.

    Attributes:
      count: elements in it.
      used_bytes: bytes in it.
    """

    def __init__(self, capacity: int, memory_limit_bytes: int) -> None:
        self._capacity = capacity
        self._memory_limit_bytes = memory_limit_bytes
        self.count = 0
        self.used_bytes = 0

    def check(self, size_bytes: int) -> None:
        """Refuse what never fits."""
        limit = self._memory_limit_bytes
        if limit and size_bytes > limit:
            raise errors.resource_exhausted(
                f"Attempted to insert tensors with combined size of '{size_bytes}' bytes into "
                f"Staging Area with a memory limit of '{limit}'."
            )

    def has_room(self, size_bytes: int) -> bool:
        """Return whether so much fits now; bounds of 0 are none."""
        if self._capacity and self.count >= self._capacity:
            return False
        limit = self._memory_limit_bytes
        return not limit or self.used_bytes + size_bytes <= limit


class _Area:
    """What both kinds of staging areas share. Any thread."""

    def __init__(self, capacity: int, memory_limit_bytes: int) -> None:
        self._bounds = _Bounds(capacity, memory_limit_bytes)
        self._waiting = Waiting(Attempts().handle)  # its lock guards what is in the area

    def _attempt(self, done: Done, name: str, attempt: Callable[[], Any]) -> None:
        self._waiting.submit(done, lambda key: Begin(key, attempt, name), lambda made: made)


class StagingArea(_Area):
    """A list of elements, first in, first out."""

    def __init__(self, capacity: int, memory_limit_bytes: int) -> None:
        super().__init__(capacity, memory_limit_bytes)
        self._elements: deque[tuple[list[Any], int]] = deque()

    def put(self, values: list[Any], done: Done) -> None:
        """Add an element once there is room."""
        size_bytes = _size_bytes(values)
        self._bounds.check(size_bytes)

        def attempt() -> Any:
            if not self._bounds.has_room(size_bytes):
                return NOT_YET
            self._elements.append((values, size_bytes))
            self._note(1, size_bytes)
            return None

        self._attempt(done, "Stage", attempt)

    def get(self, done: Done) -> None:
        """Take the first element once there is one."""

        def attempt() -> Any:
            if not self._elements:
                return NOT_YET
            values, size_bytes = self._elements.popleft()
            self._note(-1, -size_bytes)
            return values

        self._attempt(done, "Unstage", attempt)

    def peek(self, index: int, done: Done) -> None:
        """Look at the element of a number once there is one."""

        def attempt() -> Any:
            return self._elements[index][0] if index < len(self._elements) else NOT_YET

        self._attempt(done, "StagePeek", attempt)

    def clear(self, done: Done) -> None:
        """Drop all elements."""

        def attempt() -> Any:
            self._elements.clear()
            self._note(-self._bounds.count, -self._bounds.used_bytes)
            return None

        self._attempt(done, "StageClear", attempt)

    def size(self) -> int:
        """Return how many elements there are."""
        return len(self._elements)

    def _note(self, count: int, size_bytes: int) -> None:
        self._bounds.count += count
        self._bounds.used_bytes += size_bytes


class MapStagingArea(_Area):
    """Elements by key, each put and taken in parts if need be."""

    def __init__(self, capacity: int, memory_limit_bytes: int, is_ordered: bool) -> None:
        """Make an empty area.

        Args:
          capacity: how many elements fit; 0 for any number.
          memory_limit_bytes: how many bytes fit; 0 for any number.
          is_ordered: who wants any element gets that of the smallest key.
        """
        super().__init__(capacity, memory_limit_bytes)
        self._is_ordered = is_ordered
        self._complete: dict[int, list[Any]] = {}
        self._incomplete: dict[int, list[Any]] = {}
        self._keys: list[int] = []  # sorted, of what is complete

    def put(
        self, key: int, indices: Sequence[int], values: list[Any], width: int, done: Done
    ) -> None:
        """Add values of an element once there is room; it can be taken when it is complete.

        Args:
          key: of the element.
          indices: which values of the element these are.
          values: the values.
          width: how many values an element has.
          done: what to call.
        """
        size_bytes = _size_bytes(values)
        self._bounds.check(size_bytes)
        _check_indices(key, indices, width)

        def attempt() -> Any:
            if not self._bounds.has_room(size_bytes):
                return NOT_YET
            element = self._incomplete.get(key, [None] * width)
            for index in indices:
                if element[index] is not None:
                    raise errors.invalid_argument(
                        f"The tensor for index '{index}' for key '{key}' was already initialized "
                        f"'{width}'."
                    )
            self._incomplete[key] = element
            for index, value in zip(indices, values, strict=True):
                element[index] = value
            self._bounds.used_bytes += size_bytes
            if all(value is not None for value in element):
                self._finish(key)
            return None

        self._attempt(done, "MapStage", attempt)

    def _finish(self, key: int) -> None:
        element = self._incomplete.pop(key)
        if key in self._complete:  # the first one stays
            self._bounds.used_bytes -= _size_bytes(element)
            return
        self._complete[key] = element
        self._bounds.count += 1
        bisect.insort(self._keys, key)

    def get(self, key: int, indices: Sequence[int], done: Done) -> None:
        """Take values of an element once it is complete."""

        def attempt() -> Any:
            return self._take(key, indices) if key in self._complete else NOT_YET

        self._attempt(done, "MapUnstage", attempt)

    def get_any(self, indices: Sequence[int], done: Done) -> None:
        """Take the key and values of an element once one is complete."""

        def attempt() -> Any:
            if not self._complete:
                return NOT_YET
            key = self._keys[0] if self._is_ordered else next(iter(self._complete))
            return key, self._take(key, indices)

        self._attempt(done, "MapUnstageNoKey", attempt)

    def peek(self, key: int, indices: Sequence[int], done: Done) -> None:
        """Look at values of an element once it is complete."""

        def attempt() -> Any:
            return self._look(key, indices) if key in self._complete else NOT_YET

        self._attempt(done, "MapPeek", attempt)

    def _look(self, key: int, indices: Sequence[int]) -> list[Any]:
        element = self._complete[key]
        _check_indices(key, indices, len(element))
        for index in indices:
            if element[index] is None:
                raise errors.invalid_argument(
                    f"Tensor at index '{index}' for key '{key}' has already been removed."
                )
        return [element[index] for index in indices]

    def _take(self, key: int, indices: Sequence[int]) -> list[Any]:
        values = self._look(key, indices)
        element = self._complete[key]
        for index in indices:
            element[index] = None
        self._bounds.used_bytes -= _size_bytes(values)
        if all(value is None for value in element):
            del self._complete[key]
            self._keys.remove(key)
            self._bounds.count -= 1
        return values

    def clear(self, done: Done) -> None:
        """Drop all elements."""

        def attempt() -> Any:
            self._complete.clear()
            self._incomplete.clear()
            self._keys.clear()
            self._bounds.count = self._bounds.used_bytes = 0
            return None

        self._attempt(done, "MapClear", attempt)

    def size(self) -> int:
        """Return how many elements are complete."""
        return len(self._complete)

    def incomplete_size(self) -> int:
        """Return how many elements wait for values."""
        return len(self._incomplete)


def _check_indices(key: int, indices: Sequence[int], width: int) -> None:
    for index in indices:
        if not 0 <= index < width:
            raise errors.invalid_argument(
                f"Index '{index}' for key '{key}' was out of bounds '{width}'."
            )
    if any(b <= a for a, b in itertools.pairwise(indices)):
        raise errors.invalid_argument("Indices are not strictly ordered")
