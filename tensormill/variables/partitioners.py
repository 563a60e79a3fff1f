"""Partitioners: into how many slices a large variable is cut, along one dimension."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import TensorShape

__all__ = [
    "Partitioner",
    "fixed_size_partitioner",
    "min_max_variable_partitioner",
    "variable_axis_size_partitioner",
]

Partitioner = Callable[..., list[int]]
"""Called with `shape=` and `dtype=`; returns the number of slices along each dimension."""


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """Return a partitioner that cuts every variable into `num_shards` slices along `axis`."""

    def partitioner(shape: TensorShape, **unused: Any) -> list[int]:
        partitions = [1] * len(shape)
        size = shape.as_list()[axis]
        assert size is not None
        partitions[axis] = min(num_shards, size)
        return partitions

    return partitioner


def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """Return a partitioner that keeps each slice below `max_shard_bytes`, along `axis`.

    Args:
      max_shard_bytes: the most that a slice may take.
      axis: the dimension that is cut.
      bytes_per_string_element: what a string is taken to need.
      max_shards: the most slices, or None.

    Raises:
      ValueError: a number is not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. "
            f"Currently they are {max_shard_bytes} and {bytes_per_string_element}"
        )
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Any, dtype: DType) -> list[int]:
        shape = TensorShape(shape)
        sizes = _known_sizes(shape)
        partitions = [1] * len(sizes)
        slice_bytes = (
            math.prod(sizes) / sizes[axis] * _element_bytes(dtype, bytes_per_string_element)
        )
        slices_per_shard = max(1, math.floor(max_shard_bytes / slice_bytes))
        shards = math.ceil(sizes[axis] / slices_per_shard)
        if max_shards:
            shards = min(max_shards, shards)
        partitions[axis] = shards
        return partitions

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """Return a partitioner that makes at most `max_partitions` slices of at least a minimal size.

    Args:
      max_partitions: the most slices.
      axis: the dimension that is cut.
      min_slice_size: the least that a slice takes, in bytes.
      bytes_per_string_element: what a string is taken to need.
    """

    def partitioner(shape: Any, dtype: DType) -> list[int]:
        shape = TensorShape(shape)
        if axis >= len(shape):
            raise ValueError(
                f"Cannot partition variable along axis {axis} when shape is only {shape}"
            )
        sizes = _known_sizes(shape)
        total_bytes = math.prod(sizes) * _element_bytes(dtype, bytes_per_string_element)
        partitions = [1] * len(sizes)
        wanted = math.ceil(total_bytes / min_slice_size)
        partitions[axis] = max(1, min(sizes[axis], max_partitions, wanted))
        return partitions

    return partitioner


def _known_sizes(shape: TensorShape) -> list[int]:
    sizes = shape.as_list()
    if any(size is None for size in sizes):
        raise ValueError(f"shape is not fully defined: {shape}")
    return [size for size in sizes if size is not None]


def _element_bytes(dtype: DType, bytes_per_string_element: int) -> int:
    dtype = as_dtype(dtype).base_dtype
    return bytes_per_string_element if dtype is dtypes.string else dtype.size
