"""Normalization of quantized images.

Source: TensorFlow 1.15, core/ops/array_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

quantized_instance_norm_op = define(
    "QuantizedInstanceNorm",
    inputs=("x: T", "x_min: float32", "x_max: float32"),
    outputs=("y: T", "y_min: float32", "y_max: float32"),
    attrs=(
        "T: quantizedtype",
        "output_range_given: bool = false",
        "given_y_min: float = 0.0",
        "given_y_max: float = 0.0",
        "variance_epsilon: float = 9.999999747378752e-06",
        "min_separation: float = 0.0010000000474974513",
    ),
    differentiable=False,
)


@quantized_instance_norm_op.shape
def quantized_instance_norm_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank(ctx.shape("x"), 4)
    with_rank(ctx.shape("x_min"), 0)
    with_rank(ctx.shape("x_max"), 0)
    return [dims, (), ()]
