"""Brightness, contrast, hue and saturation of images, and images in other dtypes."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import add, div, floordiv, maximum, multiply, subtract
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast, saturate_cast
from tensormill.ops.elementwise_unary import rsqrt, sqrt, square
from tensormill.ops.filling import ones
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat, tile
from tensormill.ops.random import random_uniform
from tensormill.ops.reduction import reduce_mean, reduce_prod, reduce_sum

rgb_to_hsv_op = define(
    "RGBToHSV",
    inputs=("images: T",),
    outputs=("output: T",),
    attrs=("T: {float16, bfloat16, float32, float64} = DT_FLOAT32",),
    differentiable=False,
)
hsv_to_rgb_op = define(
    "HSVToRGB",
    inputs=("images: T",),
    outputs=("output: T",),
    attrs=("T: {float16, bfloat16, float32, float64} = DT_FLOAT32",),
    differentiable=False,
)
adjust_hue_op = define(
    "AdjustHue",
    inputs=(
        "images: T",
        "delta: float32",
    ),
    outputs=("output: T",),
    attrs=("T: {float16, float32} = DT_FLOAT32",),
    differentiable=False,
)
adjust_saturation_op = define(
    "AdjustSaturation",
    inputs=(
        "images: T",
        "scale: float32",
    ),
    outputs=("output: T",),
    attrs=("T: {float16, float32} = DT_FLOAT32",),
    differentiable=False,
)
adjust_contrast_op = define(
    "AdjustContrastv2",
    inputs=(
        "images: T",
        "contrast_factor: float32",
    ),
    outputs=("output: T",),
    attrs=("T: {float16, float32} = DT_FLOAT32",),
    differentiable=False,
)


@rgb_to_hsv_op.shape
@hsv_to_rgb_op.shape
def color_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    if dims is None:
        return [None]
    if dims[-1] not in (3, None):
        raise ValueError(f"Dimension must be 3 but is {dims[-1]}")
    return [(*dims[:-1], 3)]


@adjust_hue_op.shape
@adjust_saturation_op.shape
@adjust_contrast_op.shape
def adjust_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank_at_least(ctx.shape(0), 3)]


def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Return hue, saturation and value, all in [0, 1].

    Args:
      images: red, green and blue in [0, 1], [..., 3].
      name: the name of the node.
    """
    return rgb_to_hsv_op(images, name=name)


def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Return red, green and blue in [0, 1].

    Args:
      images: hue, saturation and value in [0, 1], [..., 3].
      name: the name of the node.
    """
    return hsv_to_rgb_op(images, name=name)


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Tensor:
    """Return images in another dtype, scaled: floats lie in [0, 1], integers in their whole range.

    Args:
      image: numbers.
      dtype: the dtype.
      saturate: clip before the cast.
      name: the name of the nodes.
    """
    image = convert_to_tensor(image, name="image")
    dtype = as_dtype(dtype)
    if dtype == image.dtype:
        return identity(image, name=name)
    with OpScope(name, "convert_image", [image]) as scope:
        if image.dtype.is_integer and dtype.is_integer:
            return _between_integers(image, dtype, saturate, scope)
        if image.dtype.is_floating and dtype.is_floating:
            return cast(image, dtype, name=scope)
        if image.dtype.is_integer:
            return multiply(cast(image, dtype), 1.0 / image.dtype.max, name=scope)
        scaled = multiply(image, dtype.max + 0.5)
        return (saturate_cast if saturate else cast)(scaled, dtype, name=scope)


def _between_integers(image: Tensor, dtype: DType, saturate: bool, scope: str) -> Tensor:
    largest, wanted = image.dtype.max, dtype.max
    convert = saturate_cast if saturate else cast
    if largest > wanted:
        factor = (largest + 1) // (wanted + 1)
        return convert(floordiv(image, factor), dtype, name=scope)
    factor = (wanted + 1) // (largest + 1)
    return multiply(convert(image, dtype), factor, name=scope)


def _as_float_image(image: Tensor) -> Tensor:
    if image.dtype in (dtypes.float16, dtypes.float32):
        return image
    return convert_image_dtype(image, dtypes.float32)


def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """Return images with `delta` added, where 1 is the whole range.

    Args:
      image: numbers.
      delta: a scalar in (-1, 1).
    """
    with OpScope(None, "adjust_brightness", [image, delta]) as scope:
        image = convert_to_tensor(image, name="image")
        wide = _as_float_image(image)
        adjusted = add(wide, cast(delta, wide.dtype), name=scope)
        return convert_image_dtype(adjusted, image.dtype, saturate=True)


def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Return images with the distances from the mean of each channel multiplied.

    Args:
      images: [..., height, width, channels].
      contrast_factor: a scalar.
    """
    with OpScope(None, "adjust_contrast", [images, contrast_factor]) as scope:
        images = convert_to_tensor(images, name="images")
        adjusted = adjust_contrast_op(_as_float_image(images), contrast_factor, name=scope)
        return convert_image_dtype(adjusted, images.dtype, saturate=True)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """Return images with their hue turned.

    Args:
      image: [..., height, width, 3].
      delta: a scalar in [-1, 1], 1 for a full turn.
      name: the name of the nodes.
    """
    with OpScope(name, "adjust_hue", [image]):
        image = convert_to_tensor(image, name="image")
        adjusted = adjust_hue_op(_as_float_image(image), delta)
        return convert_image_dtype(adjusted, image.dtype)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """Return images with their saturation multiplied.

    Args:
      image: [..., height, width, 3].
      saturation_factor: a scalar.
      name: the name of the nodes.
    """
    with OpScope(name, "adjust_saturation", [image]):
        image = convert_to_tensor(image, name="image")
        adjusted = adjust_saturation_op(_as_float_image(image), saturation_factor)
        return convert_image_dtype(adjusted, image.dtype)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """Return `gain * image ** gamma`, with the whole range as 1.

    Args:
      image: numbers.
      gamma: a scalar, not negative.
      gain: a scalar.

    Raises:
      ValueError: `gamma` is negative.
    """
    with OpScope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        if not isinstance(gamma, Tensor) and gamma < 0:
            raise ValueError("Gamma should be a non-negative real number.")
        adjusted = gain * _as_float_image(image) ** gamma
        return convert_image_dtype(adjusted, image.dtype, saturate=True)


def _check_range(lower: float, upper: float) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Return images with a random number in [-max_delta, max_delta) added.

    Args:
      image: numbers.
      max_delta: not negative.
      seed: makes the number repeatable.

    Raises:
      ValueError: `max_delta` is negative.
    """
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random_uniform([], -max_delta, max_delta, seed=seed))


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Return images with the contrast multiplied by a random number in [lower, upper).

    Args:
      image: [..., height, width, channels].
      lower: not negative.
      upper: more than `lower`.
      seed: makes the number repeatable.

    Raises:
      ValueError: the range is not valid.
    """
    _check_range(lower, upper)
    return adjust_contrast(image, random_uniform([], lower, upper, seed=seed))


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Return images with the hue turned by a random number in [-max_delta, max_delta).

    Args:
      image: [..., height, width, 3].
      max_delta: in [0, 0.5].
      seed: makes the number repeatable.

    Raises:
      ValueError: `max_delta` is out of range.
    """
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random_uniform([], -max_delta, max_delta, seed=seed))


def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Return images with the saturation multiplied by a random number in [lower, upper).

    Args:
      image: [..., height, width, 3].
      lower: not negative.
      upper: more than `lower`.
      seed: makes the number repeatable.

    Raises:
      ValueError: the range is not valid.
    """
    _check_range(lower, upper)
    return adjust_saturation(image, random_uniform([], lower, upper, seed=seed))


def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """Return the luminance of images, [..., 1].

    Args:
      images: red, green and blue, [..., 3].
      name: the name of the nodes.
    """
    with OpScope(name, "rgb_to_grayscale", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        wide = convert_image_dtype(images, dtypes.float32)
        rank = rank_of(images) - 1
        weights = [0.2989, 0.5870, 0.1140]
        gray = reduce_sum(wide * weights, rank, keepdims=True)
        gray.set_shape(None if images.dims is None else (*images.dims[:-1], 1))
        return convert_image_dtype(gray, images.dtype, name=scope)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Return gray images with three equal channels.

    Args:
      images: [..., 1].
      name: the name of the nodes.
    """
    with OpScope(name, "grayscale_to_rgb", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        count = expand_dims(rank_of(images) - 1, 0)
        multiples = concat([ones(count, dtypes.int32), [3]], 0)
        made = tile(images, multiples, name=scope)
        made.set_shape(None if images.dims is None else (*images.dims[:-1], 3))
        return made


def per_image_standardization(image: Any) -> Tensor:
    """Return images scaled to mean 0 and variance 1 each.

    Args:
      image: [..., height, width, channels].
    """
    with OpScope(None, "per_image_standardization", [image]) as scope:
        image = convert_to_tensor(image, name="image")
        pixels = reduce_prod(shape_of(image)[-3:])
        image = cast(image, dtypes.float32)
        axes = [-1, -2, -3]
        mean = reduce_mean(image, axis=axes, keepdims=True)
        variance = reduce_mean(square(image), axis=axes, keepdims=True) - square(mean)
        deviation = sqrt(relu(variance))
        least = rsqrt(cast(pixels, dtypes.float32))
        scale = maximum(deviation, least)
        return div(subtract(image, mean), scale, name=scope)
