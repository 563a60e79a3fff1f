"""Comparisons packed into bytes: compare_and_bitpack."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank, with_rank_at_least

compare_and_bitpack_op = define(
    "CompareAndBitpack",
    inputs=("input: T", "threshold: T"),
    outputs=("output: uint8",),
    attrs=("T: {bool, float16, float32, float64, int8, int16, int32, int64}",),
    differentiable=False,
)


@compare_and_bitpack_op.shape
def compare_and_bitpack_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    with_rank(ctx.shape(1), 0)
    if dims is None:
        return [None]
    last = dims[-1]
    if last is not None and last % 8:
        raise ValueError(f"Dimension size must be evenly divisible by 8 but is {last}")
    return [(*dims[:-1], None if last is None else last // 8)]
