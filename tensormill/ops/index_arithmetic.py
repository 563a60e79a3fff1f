"""Indices computed from indices and from values: coordinates, buckets, data formats."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

unravel_index_op = define(
    "UnravelIndex",
    inputs=(
        "indices: Tidx",
        "dims: Tidx",
    ),
    outputs=("output: Tidx",),
    attrs=("Tidx: {int32, int64} = DT_INT32",),
    differentiable=False,
)
bucketize_op = define(
    "Bucketize",
    inputs=("input: T",),
    outputs=("output: int32",),
    attrs=(
        "T: {int32, int64, float32, float64}",
        "boundaries: list(float)",
    ),
    differentiable=False,
)
data_format_dim_map_op = define(
    "DataFormatDimMap",
    inputs=("x: T",),
    outputs=("y: T",),
    attrs=(
        "T: {int32, int64} = DT_INT32",
        "src_format: string = 'NHWC'",
        "dst_format: string = 'NCHW'",
    ),
    differentiable=False,
)
data_format_vec_permute_op = define(
    "DataFormatVecPermute",
    inputs=("x: T",),
    outputs=("y: T",),
    attrs=(
        "T: {int32, int64} = DT_INT32",
        "src_format: string = 'NHWC'",
        "dst_format: string = 'NCHW'",
    ),
    differentiable=False,
)


@unravel_index_op.shape
def unravel_index_shape(ctx: ShapeContext) -> list[Dims]:
    indices, sizes = ctx.shape(0), with_rank(ctx.shape(1), 1)
    if indices is None:
        return [None]
    if len(indices) > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {len(indices)}")
    return [(sizes[0], *indices)]


@bucketize_op.shape
@data_format_dim_map_op.shape
@data_format_vec_permute_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """Return the coordinates of places in a flattened array: [rank, ...].

    Args:
      indices: integers, a scalar or a vector.
      dims: the shape of the array, of the same dtype.
      name: the name of the node.
    """
    return unravel_index_op(indices, dims, name=name)


def bucketize(input: Any, boundaries: Any, name: str | None = None) -> Tensor:
    """Return for each value the number of boundaries that are not above it.

    Args:
      input: numbers.
      boundaries: sorted floats.
      name: the name of the node.
    """
    return bucketize_op(input, boundaries=boundaries, name=name)
