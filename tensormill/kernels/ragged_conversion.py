"""The kernel that makes a dense tensor of the parts of a ragged one.

Source: TensorFlow 1.15, core/kernels/ragged_tensor_to_tensor_op.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import NUMBER_TYPES, STRING_TYPES

Array = np.ndarray[Any, Any]
_HOST = ("shape", "row_partition_tensors")


def _rows_of(partition: Array, kind: bytes, rows: int) -> tuple[Array, Array]:
    """Return the row of each item of a dimension, and its place in the row."""
    if kind == b"ROW_SPLITS":
        if partition.size != rows + 1:
            raise errors.invalid_argument(f"Invalid row split size: {partition.size}")
        lengths = np.diff(partition)
        if partition[0] or (lengths < 0).any():
            raise errors.invalid_argument("row splits must begin with 0 and not decrease")
        parents = np.repeat(np.arange(rows), lengths)
        return parents, np.arange(parents.size) - partition[parents]
    if kind != b"VALUE_ROWIDS":
        raise errors.invalid_argument(f"Unsupported partition type: {kind.decode()}")
    if partition.size and ((np.diff(partition) < 0).any() or partition[0] < 0):
        raise errors.invalid_argument("value_rowids must be sorted, and not negative")
    if partition.size and partition[-1] >= rows:
        raise errors.invalid_argument(f"value_rowids must be less than {rows}")
    starts = np.searchsorted(partition, np.arange(rows))
    return partition, np.arange(partition.size) - starts[partition]


def _coordinates(partitions: list[Array], types: tuple[bytes, ...]) -> tuple[list[Array], int]:
    """Return the coordinates of the values in the ragged dimensions, and the number of rows."""
    if types[0] == b"FIRST_DIM_SIZE":
        rows = int(partitions[0])
        partitions, types = partitions[1:], types[1:]
    elif types[0] == b"ROW_SPLITS":
        rows = max(partitions[0].size - 1, 0)
    else:
        raise errors.invalid_argument("Cannot handle VALUE_ROWIDS in first dimension.")
    coordinates: list[Array] = [np.arange(rows)]
    count = rows
    for partition, kind in zip(partitions, types, strict=True):
        parents, places = _rows_of(np.ravel(partition), kind, count)
        coordinates = [axis[parents] for axis in coordinates] + [places]
        count = parents.size
    return coordinates, rows


def _target(
    shape: Array, values: Any, partitions: list[Array], types: tuple[bytes, ...]
) -> tuple[tuple[int, ...], Array, tuple[Array, ...]]:
    """Return the shape of the result, which values stand in it, and where."""
    coordinates, rows = _coordinates(partitions, types)
    if not values.ndim:
        raise errors.invalid_argument("the values of a ragged tensor must not be a scalar")
    natural = [rows, *(int(axis.max(initial=-1)) + 1 for axis in coordinates[1:])]
    # What the partitions say of values that there are not does not count, nor the reverse.
    count = min(coordinates[0].size, values.shape[0])
    coordinates = [axis[:count] for axis in coordinates]
    sizes = [*natural, *values.shape[1:]]
    if shape.ndim:
        if shape.size != len(sizes):
            raise errors.invalid_argument(
                f"shape {shape.tolist()} has not the rank of the ragged tensor, {len(sizes)}"
            )
        for axis, size in enumerate(shape.tolist()):
            if axis >= len(natural) and size not in (-1, sizes[axis]):
                raise errors.invalid_argument(
                    f"shape {shape.tolist()} is not compatible with the shape of the values, "
                    f"{format_dims(tuple(values.shape), 'kernel')}"
                )
            sizes[axis] = sizes[axis] if size < 0 else size
    fits = np.ones(count, bool)
    for axis, places in enumerate(coordinates):
        fits &= places < sizes[axis]
    kept = np.flatnonzero(fits)
    return tuple(sizes), kept, tuple(axis[kept] for axis in coordinates)


@kernel("RaggedTensorToTensor", "cpu", types={"T": NUMBER_TYPES}, host_inputs=_HOST)
def ragged_tensor_to_tensor(
    shape: Array,
    values: torch.Tensor,
    default_value: torch.Tensor,
    row_partition_tensors: list[Array],
    *,
    row_partition_types: tuple[bytes, ...],
) -> torch.Tensor:
    sizes, kept, places = _target(shape, values, row_partition_tensors, row_partition_types)
    made = default_value.expand(sizes).clone()
    if kept.size:
        index = tuple(torch.from_numpy(axis.astype(np.int64)) for axis in places)
        made[index] = values[torch.from_numpy(kept)]
    return made


@kernel("RaggedTensorToTensor", "cpu", types={"T": STRING_TYPES}, host_inputs=_HOST)
def ragged_tensor_to_tensor_of_strings(
    shape: Array,
    values: Array,
    default_value: Array,
    row_partition_tensors: list[Array],
    *,
    row_partition_types: tuple[bytes, ...],
) -> Array:
    sizes, kept, places = _target(shape, values, row_partition_tensors, row_partition_types)
    made = np.broadcast_to(default_value, sizes).copy()
    made[places] = values[kept]
    return made
