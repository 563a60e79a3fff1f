"""Kernels of dynamic partitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.segments import extremes
from tensormill.kernels.torch_dtypes import to_host
from tensormill.kernels.value_types import NUMBER_TYPES, STRING_TYPES


def _text(value: Any) -> str:
    return format_dims(tuple(value.shape), "kernel")


def _check_partitions(data: Any, partitions: Any, count: int) -> None:
    if tuple(data.shape[: partitions.ndim]) != tuple(partitions.shape):
        raise errors.invalid_argument(
            f"data.shape must start with partitions.shape, got data.shape = {_text(data)}, "
            f"partitions.shape = {_text(partitions)}"
        )
    outside = (partitions < 0) | (partitions >= count)
    if bool(outside.any()):
        host, is_outside = (
            to_host(value) if isinstance(value, torch.Tensor) else np.asarray(value)
            for value in (partitions, outside)
        )
        place = np.argwhere(is_outside)[0].tolist()
        at = f"[{','.join(map(str, place))}]" if place else ""
        raise errors.invalid_argument(
            f"partitions{at} = {host[tuple(place)]} is not in [0, {count})"
        )


@kernel("DynamicPartition", "cpu", types={"T": NUMBER_TYPES}, host_inputs=("partitions",))
def dynamic_partition_on_host(
    data: torch.Tensor, partitions: Any, *, num_partitions: int
) -> list[torch.Tensor]:
    _check_partitions(data, partitions, num_partitions)
    rows = data.reshape(partitions.size, *data.shape[partitions.ndim :])
    flat = np.ravel(partitions)
    order = torch.from_numpy(np.argsort(flat, kind="stable"))
    sizes = np.bincount(flat, minlength=num_partitions).tolist()
    return [part.clone() for part in rows.index_select(0, order).split(sizes)]


@kernel("DynamicPartition", "gpu", types={"T": NUMBER_TYPES})
def dynamic_partition(
    data: torch.Tensor, partitions: torch.Tensor, *, num_partitions: int
) -> list[torch.Tensor]:
    _check_partitions(data, partitions, num_partitions)
    rows = data.reshape(partitions.numel(), *data.shape[partitions.ndim :])
    flat = partitions.reshape(-1)
    return [rows[flat == index] for index in range(num_partitions)]


@kernel("DynamicPartition", "cpu", types={"T": STRING_TYPES}, host_inputs=("partitions",))
def dynamic_partition_strings(data: Any, partitions: Any, *, num_partitions: int) -> list[Any]:
    _check_partitions(data, partitions, num_partitions)
    rows = data.reshape(partitions.size, *data.shape[partitions.ndim :])
    flat = np.ravel(partitions)
    return [rows[flat == index] for index in range(num_partitions)]


def _stitched_size(indices: list[torch.Tensor], data: list[Any]) -> int:
    first = data[0].shape[indices[0].ndim :]
    largest = -1
    for position, (index, rows) in enumerate(zip(indices, data, strict=True)):
        if tuple(rows.shape[: index.ndim]) != tuple(index.shape):
            raise errors.invalid_argument(
                f"data[{position}].shape = {_text(rows)} does not start with "
                f"indices[{position}].shape = {_text(index)}"
            )
        if rows.shape[index.ndim :] != first:
            raise errors.invalid_argument(
                f"Need data[0].shape[{indices[0].ndim}:] = data[{position}].shape[{index.ndim}:], "
                f"got data[0].shape = {_text(data[0])}, data[{position}].shape = {_text(rows)}, "
                f"indices[0].shape = {_text(indices[0])}, "
                f"indices[{position}].shape = {_text(index)}"
            )
        if index.numel():
            low, high = extremes(index)
            largest = max(largest, high)
            if low < 0:
                raise errors.invalid_argument(f"indices[{position}] = {low} is out of range")
    return largest + 1


@kernel("DynamicStitch", "cpu", types={"T": NUMBER_TYPES})
@kernel("ParallelDynamicStitch", "cpu", types={"T": NUMBER_TYPES})
def dynamic_stitch_on_host(indices: list[torch.Tensor], data: list[torch.Tensor]) -> torch.Tensor:
    size = _stitched_size(indices, data)
    inner = data[0].shape[indices[0].ndim :]
    places = np.concatenate([index.numpy().ravel() for index in indices])
    sources = np.full(size, -1, np.int64)
    sources[places] = np.arange(places.size)  # the last one that is written stays
    if sources.size < places.size or (sources < 0).any():
        return dynamic_stitch(indices, data)
    rows = torch.cat(
        [part.reshape(index.numel(), *inner) for index, part in zip(indices, data, strict=True)]
    )
    return rows.index_select(0, torch.from_numpy(sources))


@kernel("DynamicStitch", "gpu", types={"T": NUMBER_TYPES})
def dynamic_stitch(indices: list[torch.Tensor], data: list[torch.Tensor]) -> torch.Tensor:
    size = _stitched_size(indices, data)
    inner = data[0].shape[indices[0].ndim :]
    made = data[0].new_zeros((size, *inner))
    for index, rows in zip(indices, data, strict=True):
        made[index.reshape(-1).long()] = rows.reshape(index.numel(), *inner)
    return made


@kernel("DynamicStitch", "cpu", types={"T": STRING_TYPES})
@kernel("ParallelDynamicStitch", "cpu", types={"T": STRING_TYPES})
def dynamic_stitch_strings(indices: list[torch.Tensor], data: list[Any]) -> Any:
    size = _stitched_size(indices, data)
    inner = data[0].shape[indices[0].ndim :]
    made = np.full((size, *inner), b"", dtype=object)
    for index, rows in zip(indices, data, strict=True):
        made[index.reshape(-1).numpy()] = rows.reshape(index.numel(), *inner)
    return made
