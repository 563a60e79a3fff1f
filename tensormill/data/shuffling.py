"""`shuffle_and_repeat`: the elements of several epochs, each in random order.

Source: TensorFlow 1.15, python/data/experimental/ops/shuffle_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.data.base import as_int64, seed_tensors
from tensormill.data.dataset import Dataset
from tensormill.data.grouping import Transformation
from tensormill.ops import dataset_buffers

__all__ = ["shuffle_and_repeat"]


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """Return a transformation that shuffles and repeats.

    Args:
      buffer_size: among how many elements the next one is chosen.
      count: how often; without end for None.
      seed: decides the order, with the seed of the graph.
    """

    def apply(dataset: Any) -> Dataset:
        size = as_int64(buffer_size, "buffer_size")
        times = as_int64(-1 if count is None else count, "count")
        first, second = seed_tensors(seed)
        return dataset._like(
            dataset_buffers.shuffle_and_repeat_dataset_op, size, first, second, times
        )

    return apply
