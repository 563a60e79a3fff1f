"""Kernels of sparse tensors kept on the task under int64 handles.

Source: TensorFlow 1.15, core/kernels/sparse_tensors_map_ops.cc.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.value_types import as_object_array, owned_copy

Sparse = tuple[Any, Any, Any]


class SparseTensorMap:
    """Sparse tensors by handle: indices [n, rank], values [n] and the dense shape [rank]."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles = itertools.count()
        self._kept: dict[int, Sparse] = {}  # guarded by _lock

    def add(self, sparse: Sparse) -> int:
        """Keep a sparse tensor; return its handle."""
        with self._lock:
            handle = next(self._handles)
            self._kept[handle] = sparse
            return handle

    def take(self, handle: int) -> Sparse:
        """Return a kept sparse tensor, and keep it no longer.

        Raises:
          InvalidArgumentError: none is kept under this handle.
        """
        with self._lock:
            found = self._kept.pop(handle, None)
        if found is None:
            raise errors.invalid_argument(f"Unable to find SparseTensor: {handle} in map: ")
        return found


def _map_of(ctx: KernelContext) -> SparseTensorMap:
    name = ctx.attrs["shared_name"].decode() or ctx.node_name
    return ctx.resources.lookup_or_create(
        "sparse tensors", ctx.attrs["container"].decode(), name, SparseTensorMap
    )


@kernel_factory(
    "AddSparseToTensorsMap",
    "cpu",
    host_inputs=("sparse_indices", "sparse_shape"),
    host_outputs=("sparse_handle",),
)
def make_add_sparse(ctx: KernelContext) -> Callable[[Any, Any, Any], Any]:
    kept = _map_of(ctx)

    def add_sparse(sparse_indices: Any, sparse_values: Any, sparse_shape: Any) -> Any:
        sparse = (np.array(sparse_indices), owned_copy(sparse_values), np.array(sparse_shape))
        return np.int64(kept.add(sparse))

    return add_sparse


@kernel_factory(
    "AddManySparseToTensorsMap",
    "cpu",
    host_inputs=("sparse_indices", "sparse_shape"),
    host_outputs=("sparse_handles",),
)
def make_add_many_sparse(ctx: KernelContext) -> Callable[[Any, Any, Any], Any]:
    kept = _map_of(ctx)

    def add_many_sparse(sparse_indices: Any, sparse_values: Any, sparse_shape: Any) -> Any:
        if len(sparse_shape) < 2:
            raise errors.invalid_argument(
                f"Rank of input SparseTensor should be > 1, but saw rank: {len(sparse_shape)}"
            )
        rows = sparse_indices[:, 0]
        count = int(sparse_shape[0])
        if len(rows) and (rows.min() < 0 or rows.max() >= count):
            raise errors.invalid_argument(
                f"Received unexpected column 0 value {rows.max()} >= {count}"
            )
        handles = np.empty(count, np.int64)
        for row in range(count):
            chosen = np.flatnonzero(rows == row)
            handles[row] = kept.add(
                (sparse_indices[chosen, 1:], owned_copy(sparse_values[chosen]), sparse_shape[1:])
            )
        return handles

    return add_many_sparse


@kernel_factory(
    "TakeManySparseFromTensorsMap",
    "cpu",
    host_inputs=("sparse_handles",),
    host_outputs=("sparse_indices", "sparse_shape"),
)
def make_take_many_sparse(ctx: KernelContext) -> Callable[[Any], Any]:
    kept = _map_of(ctx)

    def take_many_sparse(sparse_handles: Any) -> tuple[Any, Any, Any]:
        sparse = [kept.take(handle) for handle in sparse_handles.tolist()]
        if not sparse:
            raise errors.invalid_argument("Must have at least 1 serialized SparseTensor")
        return stacked(sparse)

    return take_many_sparse


def stacked(sparse: list[Sparse]) -> Sparse:
    """Return sparse tensors of one rank as the rows of one, as large as the largest."""
    rank = len(sparse[0][2])
    for index, (_, _, shape) in enumerate(sparse):
        if len(shape) != rank:
            raise errors.invalid_argument(
                f"Inconsistent rank across SparseTensors: rank prior to SparseTensor[{index}] "
                f"was: {rank + 1} but rank of SparseTensor[{index}] is: {len(shape) + 1}"
            )
    indices = np.concatenate(
        [
            np.concatenate([np.full((len(part), 1), row, np.int64), part], axis=1)
            for row, (part, _, _) in enumerate(sparse)
        ]
    )
    values = [part for _, part, _ in sparse]
    joined: Any
    if isinstance(values[0], torch.Tensor):
        joined = torch.cat(values)
    else:
        joined = as_object_array([item for part in values for item in part.tolist()])
    shape = np.max(np.stack([shape for _, _, shape in sparse]), axis=0)
    return indices, joined, np.concatenate([[len(sparse)], shape]).astype(np.int64)
