"""Rows of ragged tensors by number."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.ops import gathering
from tensormill.ops.array_shapes import expand_dims, rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.filling import ones
from tensormill.ops.joining import concat
from tensormill.ops.ragged import ragged_gather_op
from tensormill.ragged_tensors import arrays
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    match_row_splits_dtypes,
)

__all__ = ["batch_gather", "gather", "gather_nd"]


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = 0,
    batch_dims: Any = 0,
    name: str | None = None,
) -> Any:
    """Return the rows that indices name; both may be ragged.

    Raises:
      ValueError: `axis` or `batch_dims` is not 0.
    """
    if axis is None:
        axis = 0
    if not isinstance(axis, int) or axis != 0:
        raise ValueError("axis != 0 is not supported for ragged gather yet.")
    if not isinstance(batch_dims, int) or batch_dims != 0:
        raise ValueError("batch_dims != 0 is not supported for ragged gather yet.")
    with OpScope(name, "RaggedGather", [params, indices]):
        params = convert_to_tensor_or_ragged_tensor(params, name="params")
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        params, indices = match_row_splits_dtypes(params, indices)
        if isinstance(indices, RaggedTensor):
            return indices.with_values(gather(params, indices.values))
        if not isinstance(params, RaggedTensor):
            return gathering.gather(params, indices)
        index_rank = indices.shape.ndims
        if index_rank is None:
            raise ValueError("indices.shape.ndims must be known statically")
        nested = list(params.nested_row_splits)
        splits, values = ragged_gather_op(
            nested,
            params.flat_values,
            indices,
            OUTPUT_RAGGED_RANK=index_rank + len(nested) - 1,
        )
        return RaggedTensor.from_nested_row_splits(values, splits, validate=False)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """Return the elements of each row that the indices of that row name.

    Raises:
      ValueError: a rank is not known, or the shapes do not fit.
    """
    if not (is_ragged(params) or is_ragged(indices)):
        return gathering.batch_gather(params, indices, name)
    with OpScope(name, "RaggedBatchGather", [params, indices]):
        params = convert_to_tensor_or_ragged_tensor(params, name="params")
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        params, indices = match_row_splits_dtypes(params, indices)
        rank_of_indices = indices.shape.ndims
        if rank_of_indices is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        if rank_of_indices == 0:
            raise ValueError("indices.rank must be at least 1.")
        if not isinstance(indices, RaggedTensor):
            if rank_of_indices == 1:
                return gather(params, indices)
            dtype = params.row_splits.dtype
            ragged = RaggedTensor.from_tensor(
                indices, ragged_rank=rank_of_indices - 1, row_splits_dtype=dtype
            )
            found = batch_gather(params, ragged)
            return found
        if not isinstance(params, RaggedTensor):
            params = RaggedTensor.from_tensor(params, row_splits_dtype=indices.row_splits.dtype)
        if rank_of_indices > 2:
            return indices.with_values(batch_gather(params.values, indices.values))
        # Numbers in a row become numbers among all values.
        starts = gathering.gather(params.row_starts(), indices.value_rowids())
        places = cast(indices.values, starts.dtype) + starts
        return indices.with_values(gather(params.values, places))


def gather_nd(params: Any, indices: Any, batch_dims: Any = 0, name: str | None = None) -> Any:
    """Return what stands at the given places; both may be ragged.

    Raises:
      ValueError: `batch_dims` is not 0, or the indices are ragged in their last dimension.
    """
    if not isinstance(batch_dims, int) or batch_dims != 0:
        raise ValueError("batch_dims != 0 is not supported for ragged gather yet.")
    if not (is_ragged(params) or is_ragged(indices)):
        return gathering.gather_nd(params, indices, name)
    with OpScope(name, "RaggedGatherNd", [params, indices]):
        params = convert_to_tensor_or_ragged_tensor(params, name="params")
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        params, indices = match_row_splits_dtypes(params, indices)
        index_rank = indices.shape.ndims
        if index_rank is None:
            raise ValueError("indices.rank be statically known.")
        if index_rank == 0:
            raise ValueError("indices.rank must be at least 1.")
        if isinstance(indices, RaggedTensor) and index_rank == indices.ragged_rank + 1:
            raise ValueError("The innermost dimension of indices may not be ragged")
        width = indices.shape.as_list()[-1]
        if width is None:
            raise ValueError("indices.shape[-1] must be statically known.")
        if index_rank > 2:
            return _gather_by_rows(params, indices, index_rank)
        if width == 0:
            return _repeated(params, indices, index_rank)
        if width == 1:
            return gather(params, reshape(indices, [-1]))
        return _gather_deep(params, convert_to_tensor(indices), width)


def _gather_by_rows(params: Any, indices: Any, index_rank: int) -> Any:
    is_dense = not isinstance(indices, RaggedTensor)
    if is_dense:
        indices = RaggedTensor.from_tensor(
            indices, ragged_rank=index_rank - 2, row_splits_dtype=params.row_splits.dtype
        )
    made = indices.with_flat_values(gather_nd(params, indices.flat_values))
    if is_dense and isinstance(made, RaggedTensor) and made.ragged_rank == index_rank - 2:
        return made.to_tensor()
    return made


def _repeated(params: RaggedTensor, indices: Any, index_rank: int) -> Any:
    depth = params.ragged_rank + rank(params.flat_values)
    whole: Any = params
    for _ in range(index_rank - 1):
        whole = arrays.expand_dims(whole, axis=0)
    counts = concat([shape_of(indices)[:-1], ones([depth], dtypes.int32)], axis=0)
    return arrays.tile(whole, counts)


def _gather_deep(params: RaggedTensor, indices: Any, width: int) -> Any:
    indices = cast(indices, params.row_splits.dtype)
    places = gathering.gather(params.row_splits, indices[..., 0]) + indices[..., 1]
    values = params.values
    for axis in range(2, width):
        if not isinstance(values, RaggedTensor):
            whole = concat([expand_dims(places, axis=1), indices[..., axis:]], axis=1)
            return gathering.gather_nd(values, whole)
        places = gathering.gather(values.row_starts(), places) + indices[..., axis]
        values = values.values
    return gather(values, places)
