"""Sparse tensors in other shapes.

Source: TensorFlow 1.15, python/ops/sparse_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value, constant_value_as_shape
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import as_dims
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.assertions import assert_equal, assert_less_equal
from tensormill.ops.casting import cast
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.sparse_arrays import as_sparse, sparse_reorder, sparse_reshape_op

__all__ = ["sparse_reset_shape", "sparse_reshape", "sparse_transpose"]


def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor in another shape; one size may be -1."""
    sparse = as_sparse(sp_input)
    shape = convert_to_tensor(shape, dtypes.int64)
    with OpScope(name, "SparseReshape", (sparse.indices,)) as scope:
        indices, dense_shape = sparse_reshape_op(
            sparse.indices, sparse.dense_shape, shape, name=scope
        )
        known = _inferred_shape(sparse, shape)
        if known is not None:
            dense_shape = constant(known, dtypes.int64)
        return SparseTensor(indices, OP_DEFS["Identity"].builder(sparse.values), dense_shape)


def _inferred_shape(sparse: SparseTensor, shape: Tensor) -> list[int] | None:
    """Return the shape that is asked for, as far as it can be known while the graph is built.

    Raises:
      ValueError: the number of elements differs, or more than one size is left open.
    """
    wanted = constant_value_as_shape(shape)
    dims = as_dims(sparse.shape)
    if wanted is None or dims is None or None in dims:
        known = constant_value(shape)
        return known.tolist() if known is not None and (known >= 0).all() else None
    given = constant_value(shape)
    if given is not None and (given == -1).sum() > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {given}")
    if wanted.count(None) > 1:
        return None
    elements = math.prod(dims)  # type: ignore[arg-type]
    others = math.prod(size for size in wanted if size is not None)
    made = [elements // (others or 1) if size is None else size for size in wanted]
    if math.prod(made) != elements:
        raise ValueError(
            f"Cannot reshape a tensor with {elements} elements to shape {list(wanted)} "
            f"({math.prod(made)} elements)."
        )
    return made


def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """Return a sparse tensor with another dense shape; the smallest that fits by default."""
    sparse = as_sparse(sp_input)
    indices = OP_DEFS["Identity"].builder(sparse.indices)
    values = OP_DEFS["Identity"].builder(sparse.values)
    if new_shape is None:
        largest = OP_DEFS["Max"].builder(indices, [0])
        one = constant(1, dtypes.int64)
        wanted = OP_DEFS["Maximum"].builder(
            constant(0, dtypes.int64), OP_DEFS["AddV2"].builder(largest, one)
        )
    else:
        wanted = _larger_shape(sparse, new_shape)
    return SparseTensor(indices, values, wanted)


def _larger_shape(sparse: SparseTensor, new_shape: Any) -> Tensor:
    """Return a shape that must be no smaller than that of a sparse tensor.

    Raises:
      ValueError: it is smaller, or of another rank.
    """
    wanted = convert_to_tensor(new_shape)
    wanted.shape.assert_has_rank(1)
    wanted = cast(wanted, dtypes.int64)
    old = sparse.dense_shape
    wanted.shape[0].merge_with(old.shape[0])
    sizes, dims = constant_value(wanted), as_dims(sparse.shape)
    if sizes is not None and dims is not None and None not in dims:
        if not (np.array(dims) <= sizes).all():
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  Found "
                f"new_shape ({np.array(dims)}), sp_input.shape ({sizes})."
            )
        return constant(sizes.tolist(), dtypes.int64)
    wanted = with_dependencies([assert_equal(shape(old), shape(wanted))], wanted)
    return with_dependencies([assert_less_equal(old, wanted)], wanted)


def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor with its dimensions in another order; reversed by default."""
    with OpScope(name, "SparseTranspose", ()):
        sparse = as_sparse(sp_input)
        if perm is None:
            rank = sparse.shape.ndims
            if rank is not None:
                perm = np.arange(rank)[::-1].astype(np.int32)
            else:
                count = OP_DEFS["Size"].builder(sparse.dense_shape)
                last = OP_DEFS["Sub"].builder(count, 1)
                perm = OP_DEFS["Sub"].builder(last, OP_DEFS["Range"].builder(0, count, 1))
        columns = gather(sparse.indices, perm, axis=1)
        order, dims = constant_value(convert_to_tensor(perm)), as_dims(sparse.shape)
        if order is not None and dims is not None and None not in dims:
            # An order of too few dimensions leaves the others where they are, and fits no indices.
            sizes = list(dims)
            sizes[: len(order)] = [dims[axis] for axis in order]
            dense_shape = constant(sizes, dtypes.int64)
        else:
            dense_shape = gather(sparse.dense_shape, perm)
        return sparse_reorder(SparseTensor(columns, sparse.values, dense_shape))
