"""Lookups of sparse ids that take empty rows and invalid ids."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import concatenate_dims
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.assertions import assert_same_float_dtype
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater, greater_equal, logical_and
from tensormill.ops.embedding import embedding_lookup_sparse, is_resource, parts_of
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import gather, where
from tensormill.ops.joining import concat, stack, tile
from tensormill.ops.reduction import reduce_prod
from tensormill.ops.slicing import slice as slice_
from tensormill.ops.sparse_arrays import (
    sparse_fill_empty_rows,
    sparse_retain,
)
from tensormill.ops.sparse_shapes import sparse_reshape


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
) -> Tensor:
    """As `embedding_lookup_sparse`, but takes empty rows and drops invalid ids and weights.

    Args:
      embedding_weights: the table, or a list of its parts.
      sparse_ids: a sparse tensor of ids; negative ones are dropped.
      sparse_weights: a sparse tensor of weights, or None; entries that have no positive weight
        are dropped.
      combiner: "sum", "mean" or "sqrtn".
      default_id: the id of empty rows; None gives zeros.
      name: the name of the nodes.
      partition_strategy: see `embedding_lookup`.
      max_norm: shorten longer rows to this norm beforehand.

    Raises:
      ValueError: there is no table.
    """
    if embedding_weights is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    parts = parts_of(embedding_weights)
    dtype = None if sparse_weights is None else sparse_weights.dtype
    parts = [
        part
        if is_resource(part) and dtype in (None, part.dtype)
        else convert_to_tensor(part, dtype)
        for part in parts
    ]
    assert_same_float_dtype([*parts, sparse_weights])
    with OpScope(name, "embedding_lookup", [*parts, sparse_ids, sparse_weights]) as scope:
        original_shape = sparse_ids.dense_shape
        static = original_shape.dims
        rank: Any = None if static is None else static[0]
        rank_value = size_of(original_shape) if rank is None else rank
        outer = reduce_prod(slice_(original_shape, [0], [rank_value - 1]))
        sparse_ids = sparse_reshape(sparse_ids, [outer, gather(original_shape, rank_value - 1)])
        if sparse_weights is not None:
            sparse_weights = SparseTensor(
                sparse_ids.indices, sparse_weights.values, sparse_ids.dense_shape
            )
        sparse_ids, sparse_weights = _without_invalid_ids(sparse_ids, sparse_weights)
        if combiner != "sum":
            sparse_ids, sparse_weights = _without_invalid_weights(sparse_ids, sparse_weights)
        sparse_ids, is_row_empty = sparse_fill_empty_rows(sparse_ids, default_id or 0)
        if sparse_weights is not None:
            sparse_weights, _ = sparse_fill_empty_rows(sparse_weights, 1.0)
        result = embedding_lookup_sparse(
            parts,
            sparse_ids,
            sparse_weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
        )
        if default_id is None:
            mask = tile(reshape(is_row_empty, [-1, 1]), stack([1, shape_of(result)[1]]))
            result = where(mask, zeros_like(result), result, name=scope)
        head = slice_(cast(original_shape, dtypes.int32), [0], [rank_value - 1])
        final = reshape(result, concat([head, slice_(shape_of(result), [1], [-1])], 0))
        known_head = None if rank is None else (None,) * (rank - 1)
        tail = None if result.dims is None else result.dims[1:]
        final.set_shape(concatenate_dims(known_head, tail))
        return final


def _without_invalid_ids(sparse_ids: Any, sparse_weights: Any) -> tuple[Any, Any]:
    is_valid = greater_equal(sparse_ids.values, 0)
    if sparse_weights is not None:
        is_valid = logical_and(is_valid, ones_like(sparse_weights.values, dtype=dtypes.bool))
        sparse_weights = sparse_retain(sparse_weights, is_valid)
    return sparse_retain(sparse_ids, is_valid), sparse_weights


def _without_invalid_weights(sparse_ids: Any, sparse_weights: Any) -> tuple[Any, Any]:
    if sparse_weights is None:
        return sparse_ids, None
    is_valid = greater(sparse_weights.values, 0)
    return sparse_retain(sparse_ids, is_valid), sparse_retain(sparse_weights, is_valid)
