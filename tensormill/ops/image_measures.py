"""How much images differ and vary: PSNR, SSIM, total variation, gradients, edges; YIQ and YUV.

Source: TensorFlow 1.15, python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import relu, softmax
from tensormill.ops.arithmetic import pow as pow_of
from tensormill.ops.arithmetic import squared_difference, subtract
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal
from tensormill.ops.depthwise_convolution import depthwise_conv2d
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import log, square
from tensormill.ops.filling import zeros
from tensormill.ops.identities import identity
from tensormill.ops.image_colors import convert_image_dtype
from tensormill.ops.joining import concat, stack, tile
from tensormill.ops.padding import pad
from tensormill.ops.pooling import avg_pool
from tensormill.ops.reduction import reduce_all, reduce_mean, reduce_prod, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_contraction import tensordot

__all__ = [
    "image_gradients",
    "psnr",
    "rgb_to_yiq",
    "rgb_to_yuv",
    "sobel_edges",
    "ssim",
    "ssim_multiscale",
    "total_variation",
    "yiq_to_rgb",
    "yuv_to_rgb",
]

_YIQ = np.array(
    [
        [0.299, 0.59590059, 0.2115],
        [0.587, -0.27455667, -0.52273617],
        [0.114, -0.32134392, 0.31119955],
    ]
)
_FROM_YIQ = np.array(
    [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]
)
_YUV = np.array(
    [
        [0.299, -0.14714119, 0.61497538],
        [0.587, -0.28886916, -0.51496512],
        [0.114, 0.43601035, -0.10001026],
    ]
)
_FROM_YUV = np.array([[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]])


def _mixed(images: Any, matrix: Any) -> Tensor:
    images = convert_to_tensor(images, name="images")
    kernel = convert_to_tensor(matrix, dtype=images.dtype, name="kernel")
    rank: Any = images.get_shape().ndims
    return tensordot(images, kernel, axes=[[rank - 1], [0]])


def rgb_to_yiq(images: Any) -> Tensor:
    """Return images [..., 3] of red, green and blue in [0, 1] as YIQ."""
    return _mixed(images, _YIQ)


def yiq_to_rgb(images: Any) -> Tensor:
    """Return images [..., 3] of YIQ as red, green and blue."""
    return _mixed(images, _FROM_YIQ)


def rgb_to_yuv(images: Any) -> Tensor:
    """Return images [..., 3] of red, green and blue in [0, 1] as YUV."""
    return _mixed(images, _YUV)


def yuv_to_rgb(images: Any) -> Tensor:
    """Return images [..., 3] of YUV as red, green and blue."""
    return _mixed(images, _FROM_YUV)


def total_variation(images: Any, name: str | None = None) -> Tensor:
    """Return the sum of the absolute differences of neighbouring pixels: one number an image.

    Args:
      images: one image or a batch.
      name: the name of the nodes.

    Raises:
      ValueError: another rank.
    """
    with OpScope(name, "total_variation"):
        images = convert_to_tensor(images)
        rank: Any = images.get_shape().ndims
        if rank == 3:
            rows, columns, axes = images[1:] - images[:-1], images[:, 1:] - images[:, :-1], None
        elif rank == 4:
            rows, columns = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
            axes = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        return reduce_sum(abs_of(rows), axis=axes) + reduce_sum(abs_of(columns), axis=axes)


def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """Return the differences to the next row and the next column; zeros at the far edges.

    Args:
      image: [batch, height, width, channels].

    Raises:
      ValueError: another rank.
    """
    if image.get_shape().ndims != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.get_shape()}."
        )
    sizes = shape_of(image)
    batch, height, width, depth = (sizes[axis] for axis in range(4))
    dy = image[:, 1:, :, :] - image[:, :-1, :, :]
    dx = image[:, :, 1:, :] - image[:, :, :-1, :]
    dy = concat([dy, zeros(stack([batch, 1, width, depth]), image.dtype)], 1)
    dx = concat([dx, zeros(stack([batch, height, 1, depth]), image.dtype)], 2)
    return reshape(dy, sizes), reshape(dx, sizes)


def sobel_edges(image: Any) -> Tensor:
    """Return Sobel's edges along y and x: [batch, height, width, channels, 2].

    Args:
      image: [batch, height, width, channels].
    """
    static = image.get_shape()
    sizes = shape_of(image)
    filters = np.array([[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]])
    kernels = constant(np.transpose(filters, (1, 2, 0))[:, :, None, :], dtype=dtypes.float32)
    kernels = tile(kernels, [1, 1, sizes[-1], 1], name="sobel_filters")
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    edges = depthwise_conv2d(padded, kernels, [1, 1, 1, 1], "VALID")
    edges = reshape(edges, concat([sizes, [2]], 0))
    edges.set_shape(static.concatenate([2]))
    return edges


def _checked_shapes(a: Tensor, b: Tensor) -> list[Any]:
    """Return checks that two batches of images have the same shape.

    Raises:
      ValueError: they have not, or no batch of images is given.
    """
    a_shape = a.get_shape().with_rank_at_least(3)
    b_shape = b.get_shape().with_rank_at_least(3)
    a_shape[-3:].assert_is_compatible_with(b_shape[-3:])
    if a_shape.ndims is not None and b_shape.ndims is not None:
        for one, other in zip(
            reversed(a_shape[:-3].dims or ()), reversed(b_shape[:-3].dims or ()), strict=False
        ):
            if not (one == 1 or other == 1 or one.is_compatible_with(other)):
                raise ValueError(f"Two images are not compatible: {a_shape} and {b_shape}")
    sizes_a, sizes_b = shape_of(a)[-3:], shape_of(b)[-3:]
    return [Assert(reduce_all(equal(sizes_a, sizes_b)), [sizes_a, sizes_b])]


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """Return the peak signal-to-noise ratio of two batches of images: one number an image.

    Args:
      a: images [..., height, width, channels].
      b: likewise.
      max_val: the range of the pixels.
      name: the name of the nodes.
    """
    with OpScope(name, "PSNR", [a, b]):
        a, b = convert_to_tensor(a), convert_to_tensor(b)
        limit = cast(max_val, a.dtype)
        limit = convert_image_dtype(limit, dtypes.float32)
        a, b = convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32)
        mse = reduce_mean(squared_difference(a, b), [-3, -2, -1])
        value = subtract(
            20 * log(limit) / log(10.0), np.float32(10 / np.log(10)) * log(mse), name="psnr"
        )
        with control_dependencies(_checked_shapes(a, b)):
            return identity(value)


def _gaussian(size: Any, sigma: Any) -> Tensor:
    size = convert_to_tensor(size, dtypes.int32)
    sigma = convert_to_tensor(sigma)
    places = cast(range_of(size), sigma.dtype)
    places -= cast(size - 1, sigma.dtype) / 2.0
    weights = square(places)
    weights *= -0.5 / square(sigma)
    weights = reshape(weights, [1, -1]) + reshape(weights, [-1, 1])
    weights = softmax(reshape(weights, [1, -1]))
    return reshape(weights, stack([size, size, 1, 1]))


def _ssim_maps(
    a: Tensor, b: Tensor, max_val: Tensor, filter_size: int, sigma: float, k1: float, k2: float
) -> tuple[Tensor, Tensor]:
    """Return SSIM and contrast-structure by channel, averaged over space."""
    kernel = _gaussian(filter_size, sigma)
    kernel = tile(kernel, stack([1, 1, shape_of(a)[-1], 1]))

    def blurred(x: Tensor) -> Tensor:
        shape = shape_of(x)
        flat = reshape(x, concat([[-1], shape[-3:]], 0))
        y = depthwise_conv2d(flat, kernel, strides=[1, 1, 1, 1], padding="VALID")
        return reshape(y, concat([shape[:-3], shape_of(y)[1:]], 0))

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_a, mean_b = blurred(a), blurred(b)
    product = mean_a * mean_b * 2.0
    squares = square(mean_a) + square(mean_b)
    luminance = (product + c1) / (squares + c1)
    covariance = blurred(a * b) * 2.0
    variances = blurred(square(a) + square(b))
    contrast = (covariance - product + c2) / (variances - squares + c2)
    axes = constant([-3, -2], dtype=dtypes.int32)
    return reduce_mean(luminance * contrast, axes), reduce_mean(contrast, axes)


def _as_floats(img1: Any, img2: Any, max_val: Any) -> tuple[list[Tensor], Tensor]:
    """Return two batches of images of equal sizes as float32, and the range of their pixels."""
    img1 = convert_to_tensor(img1, name="img1")
    img2 = convert_to_tensor(img2, name="img2")
    with control_dependencies(_checked_shapes(img1, img2)):
        img1 = identity(img1)
    limit = convert_image_dtype(cast(max_val, img1.dtype), dtypes.float32)
    return [convert_image_dtype(image, dtypes.float32) for image in (img1, img2)], limit


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """Return the structural similarity of two batches of images: one number an image.

    Args:
      img1: images [..., height, width, channels].
      img2: likewise.
      max_val: the range of the pixels.
      filter_size: the size of the Gaussian window.
      filter_sigma: its width.
      k1: keeps the luminance from a division by zero.
      k2: keeps the contrast from it.
    """
    with OpScope(None, "SSIM", [img1, img2]):
        (img1, img2), limit = _as_floats(img1, img2, max_val)
        by_channel, _ = _ssim_maps(img1, img2, limit, filter_size, filter_sigma, k1, k2)
        return reduce_mean(by_channel, [-1])


_SCALE_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Sequence[float] = _SCALE_POWERS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """Return the structural similarity over several scales: one number an image.

    Args:
      img1: images [..., height, width, channels].
      img2: likewise.
      max_val: the range of the pixels.
      power_factors: how much each scale counts; each is half as large as the one before.
      filter_size: the size of the Gaussian window.
      filter_sigma: its width.
      k1: keeps the luminance from a division by zero.
      k2: keeps the contrast from it.
    """
    with OpScope(None, "MS-SSIM", [img1, img2]):
        images, limit = _as_floats(img1, img2, max_val)
        shapes = [shape_of(image) for image in images]
        heads, tails = [s[:-3] for s in shapes], [s[-3:] for s in shapes]
        contrasts: list[Tensor] = []
        similarity: Any = None
        for scale in range(len(power_factors)):
            with OpScope(None, f"Scale{scale}", images):
                if scale > 0:
                    flat = [
                        reshape(x, concat([[-1], t], 0)) for x, t in zip(images, tails, strict=True)
                    ]
                    halves = [_halved(x) for x in flat]
                    tails = [shape_of(x)[1:] for x in halves]
                    images = [
                        reshape(x, concat([h, t], 0))
                        for x, h, t in zip(halves, heads, tails, strict=True)
                    ]
                similarity, contrast = _ssim_maps(
                    images[0], images[1], limit, filter_size, filter_sigma, k1, k2
                )
                contrasts.append(relu(contrast))
        contrasts.pop()
        factors = stack([*contrasts, relu(similarity)], axis=-1)
        return reduce_mean(reduce_prod(pow_of(factors, list(power_factors)), [-1]), [-1])


def _halved(images: Tensor) -> Tensor:
    """Return images of half the size, the last row and column doubled where there is an odd one."""
    rest = shape_of(images)[1:3] % 2
    edges = stack([[0, 0], stack([0, rest[0]]), stack([0, rest[1]]), [0, 0]])
    padded = pad(images, edges, mode="SYMMETRIC")
    return avg_pool(padded, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
