"""Looking up rows of one table, or of a table spread over several tensors, by id."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import Dims, TensorShape, as_dims, concatenate_dims, merge_dims
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.arithmetic import div, maximum
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_norm
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.filling import ones
from tensormill.ops.gathering import gather, where
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat, stack
from tensormill.ops.partitioning import dynamic_partition, parallel_dynamic_stitch
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.segments import (
    segment_sum,
    sparse_segment_mean,
    sparse_segment_sqrt_n,
    sparse_segment_sum,
)
from tensormill.ops.sequences import range_of
from tensormill.ops.uniqueness import unique


def parts_of(params: Any) -> list[Any]:
    """Return the parts of a table: a list, a partitioned variable, or one tensor or variable."""
    if params is None:
        raise ValueError("Need at least one param")
    if isinstance(params, (list, tuple)):
        if not params:
            raise ValueError("Need at least one param")
        return list(params)
    if not isinstance(params, TensorLike) and hasattr(params, "_variable_list"):
        return list(params)
    return [params]


def is_resource(param: Any) -> bool:
    """Return whether a part of a table is a resource variable."""
    return getattr(param, "handle", None) is not None


def _clip(params: Tensor, ids: Tensor, max_norm: Any) -> Tensor:
    """Return the rows, those longer than `max_norm` shortened to it."""
    if max_norm is None:
        return params
    if ids.dims is not None and params.dims is not None:
        axes: Any = list(range(len(ids.dims), len(params.dims)))
    else:
        axes = range_of(rank_of(ids), rank_of(params))
    return clip_by_norm(params, max_norm, axes=axes)


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Tensor:
    """Return the rows of `params` that `ids` name.

    Args:
      params: the table [rows, ...], or a list of the parts that it is spread over.
      ids: int32 or int64 row numbers, of any shape.
      partition_strategy: "mod" (row i is in part i % n) or "div" (each part holds a run of rows).
      name: the name of the nodes.
      validate_indices: not used.
      max_norm: shorten longer rows to this norm.

    Returns:
      Rows, of shape [*ids, ...].

    Raises:
      ValueError: `params` is empty, or the strategy unknown.
      InvalidArgumentError: an id is out of range (in the step).
    """
    parts = parts_of(params)
    with OpScope(name, "embedding_lookup", [*parts, ids]) as scope:
        if not any(is_resource(part) for part in parts):
            parts = [
                convert_to_tensor(part, name="params" if len(parts) == 1 else f"params_{index}")
                for index, part in enumerate(parts)
            ]
        ids = convert_to_tensor(ids, name="ids")
        graph = ids.graph
        if len(parts) == 1:
            with graph.colocate_with(parts[0]):
                rows = _clip(gather(parts[0], ids, name=scope), ids, max_norm)
                return identity(rows)
        return _partitioned_lookup(parts, ids, partition_strategy, scope, max_norm)


def _partitioned_lookup(
    parts: list[Any], ids: Tensor, partition_strategy: str, scope: str, max_norm: Any
) -> Tensor:
    graph, count = ids.graph, len(parts)
    flat_ids = reshape(ids, [-1])
    positions = range_of(size_of(flat_ids))
    assignments, new_ids = _assign(parts, flat_ids, partition_strategy)
    assignments = cast(assignments, dtypes.int32)
    gather_ids = dynamic_partition(new_ids, assignments, count)
    indices = dynamic_partition(positions, assignments, count)
    rows = []
    for part, part_ids in zip(parts, gather_ids, strict=True):
        with graph.colocate_with(part):
            rows.append(gather(part, part_ids))
    made = parallel_dynamic_stitch(indices, rows, name=scope)
    row_dims = _row_dims(parts)
    if row_dims is not None and None not in row_dims:
        row_shape: Any = TensorShape.from_dims(row_dims)
    else:
        with graph.colocate_with(parts[0]):
            row_shape = shape_of(parts[0])[1:]
    made = reshape(made, concat([shape_of(ids), row_shape], 0))
    made.set_shape(concatenate_dims(ids.dims, row_dims))
    return _clip(made, ids, max_norm)


def _row_dims(parts: list[Any]) -> Dims:
    dims: Dims = None
    for part in parts:
        own = as_dims(part.get_shape())
        dims = merge_dims(dims, None if own is None else own[1:])
    return dims


def _assign(parts: list[Any], flat_ids: Tensor, strategy: str) -> tuple[Tensor, Tensor]:
    """Return for each id its part, and its row there."""
    count = len(parts)
    if strategy == "mod":
        return flat_ids % count, flat_ids // count
    if strategy != "div":
        raise ValueError("Unrecognized partition strategy: " + strategy)
    total = _total_rows(parts, flat_ids)
    each = total // count
    extras = total % count
    assignments = maximum(flat_ids // (each + 1), (flat_ids - extras) // each)
    new_ids = where(assignments < extras, flat_ids % (each + 1), (flat_ids - extras) % each)
    return assignments, new_ids


def _total_rows(parts: list[Any], flat_ids: Tensor) -> Tensor:
    known = [(as_dims(part.get_shape()) or (None,))[0] for part in parts]
    if None not in known:
        return constant(sum(known), flat_ids.dtype)
    sizes: list[Any] = []
    for part, size in zip(parts, known, strict=True):
        if size is not None:
            sizes.append(size)
            continue
        with flat_ids.graph.colocate_with(part):
            sizes.append(shape_of(part)[0])
    return reduce_sum(cast(stack(sizes), flat_ids.dtype))


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
) -> Tensor:
    """Return for each row of ids the weighted sum, mean or normed sum of the table's rows.

    Args:
      params: the table [rows, ...], or a list of the parts that it is spread over.
      sp_ids: a sparse tensor of ids, [batch, n]; every row has at least one.
      sp_weights: a sparse tensor of weights with the same indices, or None.
      partition_strategy: see `embedding_lookup`.
      name: the name of the nodes.
      combiner: "sum", "mean" (the default) or "sqrtn".
      max_norm: shorten longer rows to this norm beforehand.

    Raises:
      TypeError: ids or weights are not sparse.
      ValueError: an unknown combiner.
    """
    combiner = combiner or "mean"
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    parts = parts_of(params)
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None:
        if not isinstance(sp_weights, SparseTensor):
            raise TypeError("sp_weights must be either None or SparseTensor")
        merge_dims(sp_ids.values.dims, sp_weights.values.dims)
    with OpScope(name, "embedding_lookup_sparse", [*parts, sp_ids]) as scope:
        segment_ids = sp_ids.indices[:, 0]
        if segment_ids.dtype != dtypes.int32:
            segment_ids = cast(segment_ids, dtypes.int32)
        ids, index = unique(sp_ids.values)
        rows = embedding_lookup(
            parts, ids, partition_strategy=partition_strategy, max_norm=max_norm
        )
        if sp_weights is not None:
            return _combine_weighted(rows, index, segment_ids, sp_weights.values, combiner, scope)
        combine = {
            "sum": sparse_segment_sum,
            "mean": sparse_segment_mean,
            "sqrtn": sparse_segment_sqrt_n,
        }[combiner]
        return combine(rows, index, segment_ids, name=scope)


def _combine_weighted(
    rows: Tensor, index: Tensor, segment_ids: Tensor, weights: Tensor, combiner: str, scope: str
) -> Tensor:
    if weights.dtype != rows.dtype:
        weights = cast(weights, rows.dtype)
    rows = gather(rows, index)
    ones_shape = expand_dims(rank_of(rows) - 1, 0)
    weights_shape = shape_of(weights)
    ones_tail = ones(ones_shape, dtype=weights_shape.dtype)
    dims = weights.dims
    weights = reshape(weights, concat([weights_shape, ones_tail], 0))
    if rows.dims is not None:
        weights.set_shape(concatenate_dims(dims, (1,) * (len(rows.dims) - 1)))
    rows *= weights
    if combiner == "sum":
        return segment_sum(rows, segment_ids, name=scope)
    rows = segment_sum(rows, segment_ids)
    if combiner == "mean":
        return div(rows, segment_sum(weights, segment_ids), name=scope)
    squares = segment_sum(pow(weights, 2), segment_ids)
    return div(rows, sqrt(squares), name=scope)
