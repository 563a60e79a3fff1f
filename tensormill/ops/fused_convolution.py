"""Convolutions of images that are resized and mirrored at their borders in the same op.

Source: TensorFlow 1.15, core/ops/nn_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.ops.windows import merge_sizes, output_size

__all__: list[str] = []

_ATTRS = (
    "mode: {'REFLECT', 'SYMMETRIC'}",
    "strides: list(int)",
    "padding: {'SAME', 'VALID'}",
)

fused_pad_conv2d_op = define(
    "FusedPadConv2D",
    inputs=("input: T", "paddings: int32", "filter: T"),
    outputs=("output: T",),
    attrs=("T: {float16, bfloat16, float32, float64}", *_ATTRS),
    differentiable=False,
)
fused_resize_and_pad_conv2d_op = define(
    "FusedResizeAndPadConv2D",
    inputs=("input: T", "size: int32", "paddings: int32", "filter: T"),
    outputs=("output: T",),
    attrs=("T: {float16, float32, float64}", "resize_align_corners: bool = false", *_ATTRS),
    differentiable=False,
)


@fused_pad_conv2d_op.shape
@fused_resize_and_pad_conv2d_op.shape
def fused_convolution_shape(ctx: ShapeContext) -> list[Dims]:
    image: Any = with_rank(ctx.shape("input"), 4)
    is_resized = ctx.op.type == "FusedResizeAndPadConv2D"
    if is_resized:
        merge_sizes(with_rank(ctx.shape("size"), 1)[0], 2)
        size = ctx.value("size")
        wanted = (None, None) if size is None else size.tolist()
        image = (image[0], *wanted, image[3])
    rows = with_rank(ctx.shape("paddings"), 2)
    merge_sizes(rows[0], 4)
    merge_sizes(rows[1], 2)
    filters = with_rank(ctx.shape("filter"), 4)
    strides = ctx.attrs["strides"]
    if len(strides) != 4:
        raise ValueError(
            f"Operation requires the stride attribute to contain 4 values, but got: {len(strides)}"
        )
    merge_sizes(image[3], filters[2])
    paddings = ctx.value("paddings")
    sizes: list[int | None] = []
    for axis in (1, 2):
        total = None
        if image[axis] is not None and paddings is not None:
            total = image[axis] + int(paddings[axis].sum())
        sizes.append(output_size(total, filters[axis - 1], strides[axis], ctx.attrs["padding"]))
    return [(image[0], *sizes, filters[3])]
