"""Hue, saturation and value of images changed in the YIQ colors: `tf.contrib.image`.

Source: TensorFlow 1.15, contrib/image/ops/distort_image_ops.cc and
python/ops/distort_image_ops.py.
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
from tensormill.ops.image_colors import convert_image_dtype
from tensormill.ops.random import random_uniform

__all__ = ["adjust_hsv_in_yiq", "random_hsv_in_yiq"]

adjust_hsv_in_yiq_op = define(
    "AdjustHsvInYiq",
    inputs=("images: T", "delta_h: float32", "scale_s: float32", "scale_v: float32"),
    outputs=("output: T",),
    attrs=("T: {uint8, int8, int16, int32, int64, float16, float32, float64}",),
    differentiable=False,
)


@adjust_hsv_in_yiq_op.shape
def adjust_hsv_in_yiq_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


def adjust_hsv_in_yiq(
    image: Any,
    delta_hue: Any = 0,
    scale_saturation: Any = 1,
    scale_value: Any = 1,
    name: str | None = None,
) -> Tensor:
    """Return images with another hue, saturation and value.

    Args:
      image: [..., 3], RGB.
      delta_hue: by how much the hue turns, in radians.
      scale_saturation: the factor of the colors.
      scale_value: the factor of everything.
      name: the name of the scope.
    """
    with name_scope(name, "adjust_hsv_in_yiq", [image]):
        image = convert_to_tensor(image, name="image")
        floats = convert_image_dtype(image, dtypes.float32)
        made = adjust_hsv_in_yiq_op(floats, delta_hue, scale_saturation, scale_value)
        return convert_image_dtype(made, image.dtype)


def random_hsv_in_yiq(
    image: Any,
    max_delta_hue: float = 0,
    lower_saturation: float = 1,
    upper_saturation: float = 1,
    lower_value: float = 1,
    upper_value: float = 1,
    seed: int | None = None,
) -> Tensor:
    """Return images with hue, saturation and value changed at random.

    Args:
      image: [..., 3], RGB.
      max_delta_hue: by how much the hue turns at most, in radians.
      lower_saturation: the least factor of the colors.
      upper_saturation: the greatest.
      lower_value: the least factor of everything.
      upper_value: the greatest.
      seed: the seed of the ops.

    Raises:
      ValueError: a bound is negative, or one below is above the other.
    """
    if max_delta_hue < 0:
        raise ValueError("max_delta must be non-negative.")
    for name, low, high in (
        ("saturation", lower_saturation, upper_saturation),
        ("value", lower_value, upper_value),
    ):
        if low < 0:
            raise ValueError(f"lower_{name} must be non-negative.")
        if low > high:
            raise ValueError(f"lower_{name} must be < upper_{name}.")
    turn = random_uniform([], -max_delta_hue, max_delta_hue, seed=seed) if max_delta_hue else 0
    return adjust_hsv_in_yiq(
        image,
        turn,
        _between(lower_saturation, upper_saturation, seed),
        _between(lower_value, upper_value, seed),
    )


def _between(low: float, high: float, seed: int | None) -> Any:
    return low if low == high else random_uniform([], low, high, seed=seed)
