"""Sparse components of examples, which go through queues as handles of kept sparse tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, shape, squeeze
from tensormill.ops.filling import ones
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.smart_cond import smart_cond
from tensormill.ops.sparse_arrays import sparse_retain
from tensormill.ops.sparse_tensor_maps import (
    add_many_sparse_to_tensors_map,
    add_sparse_to_tensors_map,
    take_many_sparse_from_tensors_map,
)

__all__ = ["SparseComponents"]

_KEEPING = ("AddSparseToTensorsMap", "AddManySparseToTensorsMap")


@dataclass(frozen=True)
class _Kept:
    """Where the sparse tensors of one component are kept, and the rank of an example."""

    op: Operation
    rank: int | None


class SparseComponents:
    """Stores the sparse components of examples and restores those of batches.

    Args:
      enqueue_many: the tensors are batches of examples.
      keep_input: which examples are taken: a bool scalar, or a vector.
    """

    def __init__(self, enqueue_many: bool, keep_input: Tensor) -> None:
        self._enqueue_many = enqueue_many
        self._keep_input = keep_input
        self._kept: list[_Kept | None] | None = None

    def store(self, tensors: Sequence[Any]) -> list[Any]:
        """Return the components for a queue: dense ones as they are, sparse ones as handles.

        Raises:
          ValueError: another list of tensors had sparse components elsewhere.
        """
        known: Sequence[_Kept | None] = self._kept or [None] * len(tensors)
        stored: list[Any] = []
        kept: list[_Kept | None] = []
        for tensor, before in zip(tensors, known, strict=False):
            if not isinstance(tensor, SparseTensor):
                stored.append(tensor)
                kept.append(None)
                continue
            handle = self._stored(tensor, None if before is None else before.op.name)
            rank = tensor.dense_shape.shape.with_rank(1).as_list()[0]
            if rank is not None and self._enqueue_many:
                rank -= 1
            kept.append(_Kept(_keeping_op(handle) if before is None else before.op, rank))
            stored.append(expand_dims(handle, [-1]))
        if self._kept is not None and list(map(bool, kept)) != list(map(bool, self._kept)):
            raise ValueError(f"Inconsistent SparseTensors list: {kept} vs. {self._kept}")
        self._kept = kept
        return stored

    def _stored(self, tensor: SparseTensor, shared_name: str | None) -> Tensor:
        keep = self._keep_input
        if keep.shape.ndims == 1:
            rows = tensor.indices[:, 0]
            return add_many_sparse_to_tensors_map(
                sparse_retain(tensor, gather(keep, rows)), shared_name=shared_name
            )
        if not self._enqueue_many:
            made: Tensor = smart_cond(
                keep,
                lambda: add_sparse_to_tensors_map(tensor, shared_name=shared_name),
                lambda: constant(-1, dtypes.int64),
            )
            return made
        many: Tensor = smart_cond(
            keep,
            lambda: add_many_sparse_to_tensors_map(tensor, shared_name=shared_name),
            lambda: -1 * ones(shape(tensor)[0:1], dtypes.int64),
        )
        many.set_shape(TensorShape([None]))
        return many

    def restore(self, batch: Any) -> Any:
        """Return what a queue gave with its sparse components as sparse tensors."""
        kept = self._kept or []
        if not any(kept):
            return batch
        is_list = isinstance(batch, (list, tuple))
        components = batch if is_list else [batch]
        restored = [
            component
            if found is None
            else take_many_sparse_from_tensors_map(
                found.op, squeeze(component, [1]), None if found.rank is None else found.rank + 1
            )
            for component, found in zip(components, kept, strict=True)
        ]
        # Whoever uses one component takes all of them out, so that none is kept for ever.
        values = [item.values if isinstance(item, SparseTensor) else item for item in restored]
        ordered = [_after(values, item) for item in restored]
        return ordered if is_list else ordered[0]


def _keeping_op(handle: Tensor) -> Operation:
    for source in handle.op.inputs:
        if source.op.type in _KEEPING:
            return source.op
    return handle.op


def _after(values: Sequence[Tensor], item: Any) -> Any:
    if not isinstance(item, SparseTensor):
        return with_dependencies(values, item)
    return SparseTensor(
        with_dependencies(values, item.indices),
        with_dependencies(values, item.values),
        with_dependencies(values, item.dense_shape),
    )
