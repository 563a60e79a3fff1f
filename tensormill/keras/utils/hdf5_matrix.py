"""`HDF5Matrix`: rows of a data set in an HDF5 file, in the place of an array.

Source: TensorFlow 1.15, python/keras/utils/io_utils.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from tensormill.keras.engine.weight_files import h5py

__all__ = ["HDF5Matrix"]


class HDF5Matrix:
    """Rows of a data set, read when they are asked for.

    Args:
      datapath: the file; it stays open.
      dataset: the name of the data set in it.
      start: the first row.
      end: the row behind the last one.
      normalizer: is called on what was read.
    """

    refs: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        datapath: str,
        dataset: str,
        start: int = 0,
        end: int | None = None,
        normalizer: Callable[[Any], Any] | None = None,
    ) -> None:
        if datapath not in self.refs:
            self.refs[datapath] = h5py().File(datapath, "r")
        self.data = self.refs[datapath][dataset]
        self.start = start
        self.end = self.data.shape[0] if end is None else end
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> Any:
        """Return rows by a slice, a number, or several numbers in ascending order.

        Raises:
          IndexError: there is no such row.
        """
        if isinstance(key, slice):
            first = key.start or 0
            last = len(self) if key.stop is None else key.stop
            rows: Any = slice(first + self.start, last + self.start)
            is_inside = rows.stop <= self.end
        elif isinstance(key, (int, np.integer)):
            rows = int(key) + self.start
            is_inside = rows < self.end
        else:
            rows = [int(each) + self.start for each in key]
            is_inside = max(rows) < self.end
        if not is_inside:
            raise IndexError(key)
        found = self.data[rows]
        return found if self.normalizer is None else self.normalizer(found)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self[:], dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, and the shape of each."""
        return (len(self), *self.data.shape[1:])

    @property
    def dtype(self) -> Any:
        """The dtype of what is in the file."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.data.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape))
