"""`RaggedTensorValue`: the value of a ragged tensor, as a session returns and takes it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["RaggedTensorValue"]


class RaggedTensorValue:
    """Values in NumPy arrays, and where each row of them begins and ends.

    Attributes:
      values: the rows one after the other: an array, or another RaggedTensorValue.
      row_splits: int32 or int64 [rows + 1].
    """

    def __init__(self, values: Any, row_splits: Any) -> None:
        """Put values and splits together.

        Raises:
          TypeError: they are of other types.
          ValueError: the splits are no vector.
        """
        if not isinstance(row_splits, (np.ndarray, np.generic)) or row_splits.dtype not in (
            np.int64,
            np.int32,
        ):
            raise TypeError("row_splits must be a 1-D int32 or int64 numpy array")
        if not isinstance(values, (np.ndarray, np.generic, RaggedTensorValue)):
            raise TypeError("values must be a numpy array or a RaggedTensorValue")
        if isinstance(values, RaggedTensorValue) and row_splits.dtype != values.row_splits.dtype:
            raise ValueError("row_splits and values.row_splits must have the same dtype")
        self.values: Any = values
        self.row_splits: Any = row_splits

    @property
    def flat_values(self) -> Any:
        """The innermost values, in one array."""
        inner = self.values
        while isinstance(inner, RaggedTensorValue):
            inner = inner.values
        return inner

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The splits of all ragged dimensions, from the outermost."""
        found, inner = [self.row_splits], self.values
        while isinstance(inner, RaggedTensorValue):
            found.append(inner.row_splits)
            inner = inner.values
        return tuple(found)

    @property
    def ragged_rank(self) -> int:
        """The number of ragged dimensions."""
        return len(self.nested_row_splits)

    @property
    def dtype(self) -> Any:
        """The NumPy dtype of the innermost values."""
        return self.flat_values.dtype

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The sizes of dimensions, None for ragged ones."""
        return (self.row_splits.shape[0] - 1, None, *self.values.shape[1:])

    def to_list(self) -> list[Any]:
        """Return the rows as nested lists."""
        inner = self.values
        items = inner.to_list() if isinstance(inner, RaggedTensorValue) else inner.tolist()
        edges = self.row_splits.tolist()
        return [items[low:high] for low, high in pairwise(edges)]

    def __str__(self) -> str:
        return f"<tf.RaggedTensorValue {self.to_list()}>"

    def __repr__(self) -> str:
        return f"tf.RaggedTensorValue(values={self.values!r}, row_splits={self.row_splits!r})"
