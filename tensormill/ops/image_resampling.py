"""Images resampled with filters: scaled and moved, each axis for itself.

Source: TensorFlow 1.15, core/ops/image_ops.cc, python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros

scale_and_translate_op = define(
    "ScaleAndTranslate",
    inputs=("images: T", "size: int32", "scale: float", "translation: float"),
    outputs=("resized_images: float",),
    attrs=(
        "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, float16, float32, float64}",
        "kernel_type: string = 'lanczos3'",
        "antialias: bool = true",
    ),
)
scale_and_translate_grad_op = define(
    "ScaleAndTranslateGrad",
    inputs=("grads: T", "original_image: T", "scale: float", "translation: float"),
    outputs=("output: T",),
    attrs=("T: {float32}", "kernel_type: string = 'lanczos3'", "antialias: bool = true"),
    differentiable=False,
)


@scale_and_translate_op.shape
def scale_and_translate_shape(ctx: ShapeContext) -> list[Dims]:
    batch, _, _, channels = with_rank(ctx.shape(0), 4)
    with_rank(ctx.shape(1), 1)
    size = ctx.value_as_shape(1) or (None, None)
    return [(batch, *size, channels)]


@scale_and_translate_grad_op.shape
def scale_and_translate_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(1)]


@scale_and_translate_op.gradient
def scale_and_translate_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    images, _, scale, translation = op.inputs
    attrs = {name: op.attrs[name] for name in ("kernel_type", "antialias")}
    made = scale_and_translate_grad_op(
        grad, cast(images, dtypes.float32), scale, translation, **attrs
    )
    return [cast(made, images.dtype), None, None, None]


def resample(images: Tensor, size: Tensor, kernel_type: str, antialias: bool) -> Tensor:
    """Return images in another size, [batch, *size, channels], with a filter.

    Args:
      images: [batch, height, width, channels].
      size: the new height and width, int32.
      kernel_type: which filter: "triangle", "keyscubic", "mitchellcubic", "gaussian", "box",
        "lanczos1", "lanczos3" or "lanczos5".
      antialias: whether the filter grows with the pixels when images get smaller.
    """
    old: Any = cast(shape(images)[1:3], dtypes.float32)
    scale = cast(size, dtypes.float32) / old
    made: Tensor = scale_and_translate_op(
        images, size, scale, zeros([2]), kernel_type=kernel_type, antialias=antialias
    )
    return made
