"""Images as JPEG makes them, and whether bytes are a JPEG.

Source: TensorFlow 1.15, python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.comparison import equal
from tensormill.ops.image_codecs import decode_jpeg
from tensormill.ops.image_colors import convert_image_dtype
from tensormill.ops.random import random_uniform
from tensormill.ops.strings import substr

__all__ = ["adjust_jpeg_quality", "is_jpeg", "random_jpeg_quality"]

_FIRST_BYTES = b"\xff\xd8\xff"
_MOST = 100


def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Return whether bytes begin as a JPEG does."""
    with OpScope(name, "is_jpeg", [contents]) as scope:
        return equal(substr(contents, 0, len(_FIRST_BYTES)), _FIRST_BYTES, name=scope)


def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Tensor:
    """Return an image as it looks when it was encoded as a JPEG of some quality.

    Args:
      image: [height, width, channels], of 1 or 3 channels.
      jpeg_quality: 0 to 100, a number or an int32 scalar.
      name: the name of the scope.
    """
    with OpScope(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        channels, dtype = image.shape.as_list()[-1], image.dtype
        pixels = convert_image_dtype(image, dtypes.uint8, saturate=True)
        quality = convert_to_tensor(jpeg_quality, dtypes.int32)
        encoded = OP_DEFS["EncodeJpegVariableQuality"].builder(pixels, quality)
        return convert_image_dtype(decode_jpeg(encoded, channels), dtype, saturate=True)


def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Tensor:
    """Return an image as it looks as a JPEG of a drawn quality; see `adjust_jpeg_quality`.

    Raises:
      ValueError: the qualities are not between 0 and 100, or in the wrong order.
    """
    if not (0 <= min_jpeg_quality <= _MOST and 0 <= max_jpeg_quality <= _MOST):
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    quality = random_uniform(
        (), minval=min_jpeg_quality, maxval=max_jpeg_quality, dtype=dtypes.int32, seed=seed
    )
    return adjust_jpeg_quality(image, quality)
