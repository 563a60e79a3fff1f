"""Kernels of sparse tensors packed into strings or variants.

A variant holds the part itself, a string its TensorProto.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import format_dims
from tensormill.graph.tensor_codec import array_from_proto, array_to_proto
from tensormill.kernels.registry import kernel
from tensormill.kernels.sparse_arrays import check_sparse_ranks
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor

__all__: list[str] = []


def _packed(parts: list[Any], value_dtype: DType, out_type: DType) -> np.ndarray[Any, Any]:
    """Return three items that stand for the parts of a sparse tensor."""
    packed = np.empty(3, object)
    for index, part in enumerate(parts):
        if out_type is dtypes.variant:
            packed[index] = part
            continue
        dtype = value_dtype if index == 1 else dtypes.int64
        array = to_host(part) if isinstance(part, torch.Tensor) else part
        packed[index] = array_to_proto(array, dtype).SerializeToString()
    return packed


@kernel("SerializeSparse", "cpu", host_inputs=("sparse_indices", "sparse_shape"))
def serialize_sparse(
    sparse_indices: Any, sparse_values: Any, sparse_shape: Any, *, T: DType, out_type: DType
) -> Any:
    check_sparse_ranks(sparse_indices, sparse_values, sparse_shape)
    return _packed([sparse_indices, sparse_values, sparse_shape], T, out_type)


@kernel("SerializeManySparse", "cpu", host_inputs=("sparse_indices", "sparse_shape"))
def serialize_many_sparse(
    sparse_indices: Any, sparse_values: Any, sparse_shape: Any, *, T: DType, out_type: DType
) -> Any:
    check_sparse_ranks(sparse_indices, sparse_values, sparse_shape)
    if len(sparse_shape) < 2:
        raise errors.invalid_argument(
            f"Rank of input SparseTensor should be > 1, but saw rank: {len(sparse_shape)}"
        )
    count = int(sparse_shape[0])
    rows = np.empty((count, 3), object)
    numbers = sparse_indices[:, 0]
    at = 0
    for row in range(count):
        end = at + int(np.searchsorted(numbers[at:], row, side="right"))
        parts = [sparse_indices[at:end, 1:], sparse_values[at:end], sparse_shape[1:]]
        rows[row] = _packed(parts, T, out_type)
        at = end
    return rows


def _part(item: Any, dtype: DType) -> Any:
    """Return a part as a NumPy array."""
    if isinstance(item, bytes):
        proto = TensorProto()
        try:
            proto.ParseFromString(item)
            found = dtypes.as_dtype(proto.dtype)
            array = array_from_proto(proto)
        except (DecodeError, TypeError, ValueError) as error:
            raise errors.invalid_argument(
                "Could not parse serialized_sparse as a TensorProto"
            ) from error
        if found is not dtype:
            raise errors.invalid_argument(
                f"Requested SparseTensor of type {dtype_text(dtype)} but SparseTensor has type "
                f"{dtype_text(found)}"
            )
        return array
    return to_host(item) if isinstance(item, torch.Tensor) else np.asarray(item)


def _unpacked(serialized: Any, dtype: DType) -> tuple[Any, Any, Any]:
    if serialized.ndim < 1 or serialized.shape[-1] != 3:
        raise errors.invalid_argument(
            "Serialized sparse should have 3 as the last dimension "
            f"{format_dims(serialized.shape, 'kernel')}"
        )
    outer = serialized.shape[:-1]
    indices, values, shapes = [], [], []
    for place in np.ndindex(*outer):
        row_indices = _part(serialized[(*place, 0)], dtypes.int64)
        prefix = np.broadcast_to(np.array(place, np.int64), (len(row_indices), len(place)))
        indices.append(np.concatenate([prefix, row_indices], axis=1))
        values.append(_part(serialized[(*place, 1)], dtype))
        shapes.append(_part(serialized[(*place, 2)], dtypes.int64))
    if not shapes:
        raise errors.invalid_argument("serialized_sparse holds no sparse tensor")
    if len({len(shape) for shape in shapes}) > 1:
        raise errors.invalid_argument("Inconsistent rank across SparseTensors")
    made = np.concatenate(values) if len(values) > 1 else values[0]
    return (
        to_tensor(np.concatenate(indices).astype(np.int64)),
        to_tensor(made) if is_number(dtype) else made,
        to_tensor(np.array([*outer, *np.max(shapes, axis=0)], np.int64)),
    )


@kernel("DeserializeSparse", "cpu")
def deserialize_sparse(serialized_sparse: Any, *, dtype: DType) -> Any:
    return _unpacked(serialized_sparse, dtype)


@kernel("DeserializeManySparse", "cpu")
def deserialize_many_sparse(serialized_sparse: Any, *, dtype: DType) -> Any:
    if serialized_sparse.ndim != 2:
        raise errors.invalid_argument(
            "Serialized sparse should have 2 dimensions but received shape "
            f"{format_dims(serialized_sparse.shape, 'kernel')}"
        )
    return _unpacked(serialized_sparse, dtype)
