"""Elements gathered batch by batch, with a value for indices that name none.

Source: TensorFlow 1.15, python/ops/ragged/ragged_batch_gather_with_default_op.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import default_scopes
from tensormill.graph.constants import constant
from tensormill.graph.dispatch import dispatching
from tensormill.graph.op_scope import OpScope
from tensormill.ops.array_shapes import broadcast_to as broadcast_dense
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_greater_equal
from tensormill.ops.casting import cast
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.joining import concat as dense_concat
from tensormill.ragged_tensors.arrays import expand_dims, rank
from tensormill.ragged_tensors.choosing import where
from tensormill.ragged_tensors.dynamic_shape import RaggedTensorDynamicShape, broadcast_to
from tensormill.ragged_tensors.gathering import batch_gather
from tensormill.ragged_tensors.joining import concat
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    match_row_splits_dtypes,
)

__all__ = ["batch_gather_with_default"]


def batch_gather_with_default(
    params: Any, indices: Any, default_value: Any = "", name: str | None = None
) -> Any:
    """Return for each batch the elements that its indices name, or a value where there is none.

    Args:
      params: [batches..., elements, ...], ragged or not.
      indices: [batches..., indices], ragged or not.
      default_value: what stands for an index below 0 or beyond the last element; a scalar or a
        vector.
      name: the name of the nodes.

    Raises:
      ValueError: a rank is not known, or the value has a higher one.
    """
    with OpScope(name, "RaggedBatchGatherWithDefault", []):
        given = [
            convert_to_tensor_or_ragged_tensor(each, name=own)
            for each, own in (
                (params, "params"),
                (indices, "indices"),
                (default_value, "default_value"),
            )
        ]
        dtype, (params, indices, default) = match_row_splits_dtypes(*given, return_dtype=True)
        if default.shape.ndims not in (0, 1):
            raise ValueError('"default_value" must be a scalar or vector')
        if indices.shape.ndims is None:
            raise ValueError("Indices must have a known rank.")
        if params.shape.ndims is None:
            raise ValueError("Params must have a known rank.")
        batches = indices.shape.ndims - 1
        check = assert_greater_equal(rank(params), rank(indices))
        with default_scopes.control_dependencies([check]):
            if isinstance(params, RaggedTensor):
                limits = expand_dims(params.row_lengths(axis=batches), axis=-1)
                limits = dispatching(cast)(limits, indices.dtype)
                pad = broadcast_to(default, _shape_of_pad(params, indices, batches, dtype))
            else:
                sizes = shape_of(params)
                limits = sizes[batches]
                shape = [sizes[:batches], constant([1]), sizes[batches + 1 : params.shape.ndims]]
                pad = broadcast_dense(default, dense_concat(shape, 0))
            padded = concat([dispatching(cast)(pad, params.dtype), params], axis=batches)
            # The value stands before the elements, so that index 0 means it.
            is_outside = (indices < 0) | (indices > limits)
            none = dispatching(zeros_like)(indices)
            return batch_gather(padded, where(is_outside, none, indices + 1))


def _shape_of_pad(
    params: RaggedTensor, indices: Any, batches: int, dtype: Any
) -> RaggedTensorDynamicShape:
    """Return the shape of the value that stands once before the elements of each batch."""
    shape = RaggedTensorDynamicShape.from_tensor(params, dim_size_dtype=dtype)
    outer = shape.partitioned_dim_sizes
    if params.shape.ndims == indices.shape.ndims:
        if shape.num_inner_dimensions == 0:
            return RaggedTensorDynamicShape((*outer[:-1], ones_like(outer[-1])), [])
        inner = dense_concat([shape.inner_dim_sizes[:-1], constant([1], dtype)], axis=0)
        return RaggedTensorDynamicShape(outer, inner)
    later = len(outer) - batches
    if batches == 0:
        sizes = (constant(1, dtype), *[constant([1], dtype)] * (later - 1))
    else:
        sizes = (*outer[:batches], *[ones_like(outer[batches])] * later)
    return RaggedTensorDynamicShape(sizes, shape.inner_dim_sizes)
