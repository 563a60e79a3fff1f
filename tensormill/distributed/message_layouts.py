"""`MessageLayouts`: a message that differs from an earlier one in few places is not taken apart.

The requests of a step, and its answers, are the same from step to step but for the contents of
tensors. Where those stand, and what the rest says, is found out once and remembered. A message
whose rest is the same, byte for byte, says the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Hole", "Layout", "MessageLayouts"]

Meaning = TypeVar("Meaning")

Hole = tuple[int, int]
"""Where something stands that differs from message to message: its start, and what is behind it."""

_MAX_SIZES = 256
_MAX_OF_ONE_SIZE = 8
_MAX_KEPT_BYTES = 1 << 13
"""A message of which more stays the same is not remembered."""


@dataclass(frozen=True, slots=True)
class Layout(Generic[Meaning]):
    """How a message stands.

    Attributes:
      holes: what differs, first things first.
      runs: where it stays the same, and what is there.
      meaning: what is made of what stays the same; nobody changes it.
    """

    holes: tuple[Hole, ...]
    runs: tuple[tuple[int, int, bytes], ...]
    meaning: Meaning

    def fits(self, message: memoryview) -> bool:
        """Return whether a message of the same size stands like this."""
        return all(bytes(message[start:end]) == run for start, end, run in self.runs)


class MessageLayouts(Generic[Meaning]):
    """The layouts of the latest messages of one kind. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By size. Only those who hold _lock change it; what it holds is never changed.
        self._layouts: OrderedDict[int, tuple[Layout[Meaning], ...]] = OrderedDict()

    def find(self, message: memoryview) -> Layout[Meaning] | None:
        """Return the layout of a message, if it is known."""
        for layout in self._layouts.get(len(message), ()):
            if layout.fits(message):
                return layout
        return None

    def is_worth_noting(self, message: memoryview) -> bool:
        """Return whether a message of this size has come before."""
        size = len(message)
        if size in self._layouts:
            return True
        with self._lock:
            self._layouts[size] = ()
            if len(self._layouts) > _MAX_SIZES:
                self._layouts.popitem(last=False)
        return False

    def note(self, message: memoryview, holes: Sequence[Hole], meaning: Meaning) -> None:
        """Remember how a message stands.

        Args:
          message: the message.
          holes: what differs from message to message, first things first.
          meaning: what to make of the rest.
        """
        size = len(message)
        kept_bytes = size - sum(end - start for start, end in holes)
        if kept_bytes > _MAX_KEPT_BYTES:
            return
        starts = [0, *(end for _, end in holes)]
        ends = [*(start for start, _ in holes), size]
        runs = tuple(
            (start, end, bytes(message[start:end]))
            for start, end in zip(starts, ends, strict=True)
            if end > start
        )
        layout = Layout(tuple(holes), runs, meaning)
        with self._lock:
            others = self._layouts.get(size, ())[: _MAX_OF_ONE_SIZE - 1]
            self._layouts[size] = (layout, *others)
            if len(self._layouts) > _MAX_SIZES:
                self._layouts.popitem(last=False)
