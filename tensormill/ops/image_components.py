"""Connected components of images: `tf.contrib.image.connected_components`.

Source: TensorFlow 1.15, contrib/image/ops/image_ops.cc and python/ops/image_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import not_equal
from tensormill.ops.gathering import gather
from tensormill.ops.scan import cumsum
from tensormill.ops.uniqueness import unique

__all__ = ["connected_components"]

image_connected_components_op = define(
    "ImageConnectedComponents",
    inputs=("image: dtype",),
    outputs=("components: int64",),
    attrs=(
        "dtype: {int64, int32, uint16, int16, uint8, int8, float16, float32, float64, bool, "
        "string}",
    ),
    differentiable=False,
)


@image_connected_components_op.shape
def image_connected_components_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


def connected_components(images: Any) -> Tensor:
    """Return to which component each pixel belongs: 1, 2 … by first pixel, and 0 for zeros.

    A component is made of equal pixels that touch above, below, left or right.

    Args:
      images: [height, width] or [batch, height, width].

    Raises:
      TypeError: `images` has another rank.
    """
    with name_scope("connected_components"):
        images = convert_to_tensor(images, name="images")
        rank = images.get_shape().ndims
        if rank not in (2, 3):
            raise TypeError(
                f"images should have rank 2 (HW) or 3 (NHW). Static shape is {images.get_shape()}"
            )
        batch = expand_dims(images, 0) if rank == 2 else images
        components = image_connected_components_op(batch)
        found, index = unique(reshape(components, [-1]))
        is_component = cast(not_equal(found, 0), dtypes.int32)
        numbers = cumsum(is_component) * is_component
        made = reshape(gather(numbers, index), shape_of(components))
        made.set_shape(batch.get_shape())
        return squeeze(made, [0]) if rank == 2 else made
