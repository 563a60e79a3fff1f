"""Sparse tensors packed into one tensor of strings or variants, and back.

Source: TensorFlow 1.15, core/ops/sparse_ops.cc, python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.sparse_arrays import as_sparse

__all__ = ["deserialize_many_sparse", "serialize_many_sparse", "serialize_sparse"]

_PARTS = ("sparse_indices: int64", "sparse_values: T", "sparse_shape: int64")
_OUT_ATTRS = ("T: type", "out_type: {string, variant} = DT_STRING")
_READ_PARTS = ("sparse_indices: int64", "sparse_values: dtype", "sparse_shape: int64")

serialize_sparse_op = define(
    "SerializeSparse", _PARTS, ("serialized_sparse: out_type",), _OUT_ATTRS, differentiable=False
)
serialize_many_sparse_op = define(
    "SerializeManySparse",
    _PARTS,
    ("serialized_sparse: out_type",),
    _OUT_ATTRS,
    differentiable=False,
)
deserialize_sparse_op = define(
    "DeserializeSparse",
    ("serialized_sparse: Tserialized",),
    _READ_PARTS,
    ("dtype: type", "Tserialized: {string, variant} = DT_STRING"),
    differentiable=False,
)
deserialize_many_sparse_op = define(
    "DeserializeManySparse",
    ("serialized_sparse: string",),
    _READ_PARTS,
    ("dtype: type",),
    differentiable=False,
)


@serialize_sparse_op.shape
def serialize_sparse_shape(ctx: ShapeContext) -> list[Dims]:
    return [(3,)]


@serialize_many_sparse_op.shape
def serialize_many_sparse_shape(ctx: ShapeContext) -> list[Dims]:
    return [(None, 3)]


@deserialize_sparse_op.shape
@deserialize_many_sparse_op.shape
def deserialize_shapes(ctx: ShapeContext) -> list[Dims]:
    return [(None, None), (None,), (None,)]


def serialize_sparse(sp_input: Any, name: str | None = None, out_type: Any = dtypes.string) -> Any:
    """Return a vector of three items that stands for a sparse tensor.

    Args:
      sp_input: the sparse tensor.
      name: the name of the node.
      out_type: string or variant.
    """
    sparse = as_sparse(sp_input)
    return serialize_sparse_op(
        sparse.indices, sparse.values, sparse.dense_shape, name=name, out_type=out_type
    )


def serialize_many_sparse(
    sp_input: Any, name: str | None = None, out_type: Any = dtypes.string
) -> Any:
    """Return a matrix [n, 3]: a row for each of the n slices of a sparse tensor.

    Args:
      sp_input: the sparse tensor, of rank two at least.
      name: the name of the node.
      out_type: string or variant.
    """
    sparse = as_sparse(sp_input)
    return serialize_many_sparse_op(
        sparse.indices, sparse.values, sparse.dense_shape, name=name, out_type=out_type
    )


def deserialize_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """Return the sparse tensor for which items stand, stacked where there are several.

    Args:
      serialized_sparse: shape [..., 3].
      dtype: of its values.
      rank: of the sparse tensor, where it is known.
      name: the name of the node.
    """
    with OpScope(name, "DeserializeSparse", [serialized_sparse]) as scope:
        indices, values, shape = deserialize_sparse_op(
            serialized_sparse, dtype=as_dtype(dtype), name=scope
        )
    return _with_rank(indices, values, shape, rank)


def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """Return the sparse tensor whose slices the rows of a matrix of strings stand for.

    Args:
      serialized_sparse: shape [n, 3].
      dtype: of its values.
      rank: of the slices, where it is known.
      name: the name of the node.
    """
    indices, values, shape = deserialize_many_sparse_op(
        serialized_sparse, dtype=as_dtype(dtype), name=name
    )
    return _with_rank(indices, values, shape, None if rank is None else rank + 1)


def _with_rank(indices: Tensor, values: Tensor, shape: Tensor, rank: int | None) -> SparseTensor:
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)
