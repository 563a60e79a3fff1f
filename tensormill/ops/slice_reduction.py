"""Reductions of slices of one dimension: `tf.contrib.reduce_slice_ops`.

Source: TensorFlow 1.15, contrib/reduce_slice_ops/ops/reduce_slice_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank_at_least

__all__ = ["reduce_slice_max", "reduce_slice_min", "reduce_slice_prod", "reduce_slice_sum"]


def reduce_slice_shape(ctx: ShapeContext) -> list[Dims]:
    """The axis has a slice for each pair of indices, or between each two of a vector."""
    indices = ctx.shape("indices")
    if indices is not None and len(indices) not in (1, 2):
        raise ValueError(f"Shape must be rank 1 or 2 but is rank {len(indices)}")
    data, axis = with_rank_at_least(ctx.shape("data"), 1), ctx.value("axis")
    if data is None or indices is None:
        return [None if data is None else (None,) * len(data)]
    if axis is None:
        return [(None,) * len(data)]
    count = indices[0]
    if count is not None and (len(indices) == 1 or indices[1] == 1):
        count = max(count - 1, 0)
    place = int(axis)
    return [(*data[:place], count, *data[place + 1 :])]


def _define(what: str) -> OpBuilder:
    builder = define(
        f"ReduceSlice{what}",
        inputs=("data: T", "indices: Tindices", "axis: int64"),
        outputs=("output: T",),
        attrs=("T: numbertype", "Tindices: {int32, int64}"),
        differentiable=False,
        module=__name__,
    )
    builder.shape(reduce_slice_shape)
    return builder


reduce_slice_sum = _define("Sum")
reduce_slice_prod = _define("Prod")
reduce_slice_max = _define("Max")
reduce_slice_min = _define("Min")
