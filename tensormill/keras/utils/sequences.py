"""`Sequence`: data that is read by the number of a batch.

Source: TensorFlow 1.15, python/keras/utils/data_utils.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

__all__ = ["Sequence", "is_generator_or_sequence", "iter_sequence_infinite"]


class Sequence:
    """The base of such data. Subclasses define `__getitem__` and `__len__`."""

    def __getitem__(self, index: int) -> Any:
        """Return a batch."""
        raise NotImplementedError

    def __len__(self) -> int:
        """Return the number of batches."""
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Do something between epochs; nothing by default."""

    def __iter__(self) -> Iterator[Any]:
        """Yield all batches."""
        for index in range(len(self)):
            yield self[index]


def is_generator_or_sequence(x: Any) -> bool:
    """Return whether something is a generator or a `Sequence`."""
    return inspect.isgenerator(x) or isinstance(x, Sequence)


def iter_sequence_infinite(seq: Any) -> Iterator[Any]:
    """Yield the batches of a `Sequence` again and again."""
    while True:
        yield from seq
