"""JPEG files: whether bytes are one, and images as they come out of one of a lower quality.

Source: TensorFlow 1.15, python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.comparison import equal
from tensormill.ops.image_codecs import decode_jpeg, encode_jpeg_variable_quality_op
from tensormill.ops.image_colors import convert_image_dtype
from tensormill.ops.random import random_uniform
from tensormill.ops.strings import substr

__all__ = ["adjust_jpeg_quality", "is_jpeg", "random_jpeg_quality"]

_HIGHEST_QUALITY = 100


def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Return whether the bytes of a file begin as those of a JPEG file."""
    with name_scope(name, "is_jpeg"):
        return equal(substr(contents, 0, 3), b"\xff\xd8\xff", name=name)


def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Tensor:
    """Return an image as it comes out of a JPEG file.

    Args:
      image: of [height, width, channels] with 1 or 3 channels.
      jpeg_quality: of the file, 0 to 100.
      name: of the operation.
    """
    with name_scope(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        channels, dtype = image.shape.as_list()[-1], image.dtype
        quality = convert_to_tensor(jpeg_quality, dtype=dtypes.int32)
        pixels = convert_image_dtype(image, dtypes.uint8)
        file = encode_jpeg_variable_quality_op(pixels, quality)
        return convert_image_dtype(decode_jpeg(file, channels=channels), dtype)


def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Tensor:
    """Return an image as it comes out of a JPEG file of a random quality.

    Args:
      image: of [height, width, channels] with 1 or 3 channels.
      min_jpeg_quality: the lowest quality.
      max_jpeg_quality: above the highest quality.
      seed: of the random numbers.

    Raises:
      ValueError: the qualities are not between 0 and 100, or the lowest is not below the other.
    """
    qualities = (min_jpeg_quality, max_jpeg_quality)
    if min(qualities) < 0 or max(qualities) > _HIGHEST_QUALITY:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    quality = random_uniform([], *qualities, dtype=dtypes.int32, seed=seed)
    return adjust_jpeg_quality(image, quality)
