"""Sparse tensors of elements as dense ones of variants, and back.

Source: TensorFlow 1.15, python/data/util/sparse.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.data import nest
from tensormill.graph import dtypes
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.sparse_serialization import (
    deserialize_sparse,
    serialize_many_sparse,
    serialize_sparse,
)

__all__ = [
    "any_sparse",
    "as_dense_shapes",
    "as_dense_types",
    "deserialize_sparse_tensors",
    "get_classes",
    "serialize_many_sparse_tensors",
    "serialize_sparse_tensors",
]


def any_sparse(classes: Any) -> bool:
    """Return whether one of the classes of components is `SparseTensor`."""
    return any(each is SparseTensor for each in nest.flatten(classes))


def get_classes(tensors: Any) -> Any:
    """Return the class of each component: `Tensor` or `SparseTensor`."""
    kinds = [SparseTensor if isinstance(t, SparseTensor) else Tensor for t in nest.flatten(tensors)]
    return nest.pack(tensors, kinds)


def as_dense_shapes(shapes: Any, classes: Any) -> Any:
    """Return shapes, with unknown ones for sparse components."""
    pairs = zip(nest.flatten(shapes), nest.flatten(classes), strict=True)
    return nest.pack(shapes, [TensorShape(None) if c is SparseTensor else s for s, c in pairs])


def as_dense_types(types: Any, classes: Any) -> Any:
    """Return dtypes, with variants for sparse components."""
    pairs = zip(nest.flatten(types), nest.flatten(classes), strict=True)
    return nest.pack(types, [dtypes.variant if c is SparseTensor else t for t, c in pairs])


def serialize_sparse_tensors(tensors: Any) -> Any:
    """Return components with a vector of three variants for each sparse one."""
    return _serialized(tensors, serialize_sparse)


def serialize_many_sparse_tensors(tensors: Any) -> Any:
    """Return components with a row of three variants for each row of a sparse one."""
    return _serialized(tensors, serialize_many_sparse)


def _serialized(tensors: Any, serialize: Any) -> Any:
    return nest.pack(
        tensors,
        [
            serialize(each, out_type=dtypes.variant) if isinstance(each, SparseTensor) else each
            for each in nest.flatten(tensors)
        ],
    )


def deserialize_sparse_tensors(tensors: Any, types: Any, shapes: Any, classes: Any) -> Any:
    """Return components with the sparse tensors that variants stand for.

    Args:
      tensors: the components.
      types: their dtypes.
      shapes: their shapes, of which the rank of sparse ones is used.
      classes: their classes.
    """
    rows = zip(*map(nest.flatten, (tensors, types, shapes, classes)), strict=True)
    return nest.pack(
        types,
        [
            deserialize_sparse(each, dtype=dtype, rank=shape.ndims)
            if kind is SparseTensor
            else each
            for each, dtype, shape, kind in rows
        ],
    )
