"""Sums of rows that stand in bags one after the other, by the kernel that torch has for these."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = ["sum_bags"]

Tensor = torch.Tensor


def sum_bags(table: Tensor, places: Tensor, ids: Any, count: int) -> Tensor:
    """Return the sums of the rows of each bag.

    Args:
      table: float32 in host memory, [rows, ...].
      places: int64, [n]: which rows are taken.
      ids: whole numbers of NumPy, [n], rising: the bag of each of them.
      count: how many bags there are.

    Returns:
      [count, ...]; zeros for a bag without rows.
    """
    inner = table.shape[1:]
    if not count or not places.numel() or not inner.numel():
        return table.new_zeros((count, *inner))
    starts = torch.from_numpy(np.searchsorted(ids, np.arange(count, dtype=ids.dtype)))
    rows = table.reshape(table.shape[0], -1)
    sums = torch.embedding_bag(rows, places, starts, False, _SUM, False, None, False)[0]
    return sums.reshape(count, *inner)


_SUM = 0  # the mode of `embedding_bag`
