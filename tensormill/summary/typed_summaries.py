"""Numbers, histograms, images, sounds and texts for plugins of TensorBoard: `tf.compat.v2.summary`.

Source: TensorBoard 1.15, plugins/*/summary_v2.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard.plugins.audio import metadata as audio_metadata
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.plugins.text import metadata as text_metadata

from tensormill.functional.map_fn import map_fn
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import minimum
from tensormill.ops.array_shapes import reshape, size
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_scalar
from tensormill.ops.audio import encode_wav
from tensormill.ops.casting import cast
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import floor
from tensormill.ops.filling import fill, one_hot
from tensormill.ops.image_codecs import encode_png
from tensormill.ops.image_colors import convert_image_dtype
from tensormill.ops.joining import concat, stack
from tensormill.ops.reduction import reduce_max, reduce_min, reduce_sum
from tensormill.ops.sequences import linspace
from tensormill.ops.strings import as_string
from tensormill.summary.plugin_summaries import tag_scope, write

__all__ = ["audio", "histogram", "image", "scalar", "text"]

_DEFAULT_BUCKETS = 30


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> Tensor:
    """Write a number to the default writer; return a bool tensor: whether it was written.

    Args:
      name: the name of the summary.
      data: a real number.
      step: an integer, by default what `set_step` said.
      description: what it is, in Markdown.

    Raises:
      ValueError: there is a writer but no step.
    """
    metadata = scalar_metadata.create_summary_metadata(display_name=None, description=description)
    with tag_scope(name, "scalar_summary", [data, step]) as (tag, _):
        assert_scalar(data)
        return write(tag, cast(data, dtypes.float32), step, metadata)


def histogram(
    name: str,
    data: Any,
    step: Any = None,
    buckets: int | None = None,
    description: str | None = None,
) -> Tensor:
    """Write how values are distributed; see `scalar`.

    Args:
      name: the name of the summary.
      data: numbers, which float64 can hold.
      step: an integer, by default what `set_step` said.
      buckets: how many parts of one width, 30 by default.
      description: what it is, in Markdown.
    """
    metadata = histogram_metadata.create_summary_metadata(
        display_name=None, description=description
    )
    with tag_scope(name, "histogram_summary", [data, buckets, step]) as (tag, _):
        return write(tag, _buckets(data, buckets or _DEFAULT_BUCKETS), step, metadata)


def _buckets(data: Any, count: int) -> Tensor:
    """Return the lower end, the upper end and the number of values of each bucket: [buckets, 3]."""
    values = cast(reshape(convert_to_tensor(data), [-1]), dtypes.float64)

    def around_one_value() -> Tensor:
        middle = reduce_max(values)
        return stack([[middle - 0.5, middle + 0.5, cast(size(values), dtypes.float64)]])

    def between_ends() -> Tensor:
        low, high = reduce_min(values), reduce_max(values)
        place = cast(floor((values - low) / ((high - low) / count)), dtypes.int32)
        counts = reduce_sum(one_hot(minimum(place, count - 1), count, dtype=dtypes.float64), 0)
        edges = linspace(low, high, count + 1)
        # The last edge is computed with an error; it is the largest value.
        edges = concat([edges[:count], [high]], 0)
        return stack([edges[:-1], edges[1:], counts], axis=1)

    return cond(
        size(values) > 0,
        lambda: cond(reduce_min(values) < reduce_max(values), between_ends, around_one_value),
        lambda: constant([], dtypes.float64, shape=(0, 3)),
    )


def image(
    name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None
) -> Tensor:
    """Write images; see `scalar`.

    Args:
      name: the name of the summary.
      data: [batch, height, width, channels]; uint8, or floats between 0 and 1.
      step: an integer, by default what `set_step` said.
      max_outputs: how many images of the batch.
      description: what they are, in Markdown.
    """
    metadata = image_metadata.create_summary_metadata(display_name=None, description=description)
    with tag_scope(name, "image_summary", [data, max_outputs, step]) as (tag, _):
        pixels = convert_image_dtype(convert_to_tensor(data), dtypes.uint8, saturate=True)
        encoded = map_fn(encode_png, pixels[:max_outputs], dtype=dtypes.string)
        sizes = shape_of(pixels)
        ends = stack([as_string(sizes[2]), as_string(sizes[1])])
        return write(tag, concat([ends, encoded], 0), step, metadata)


def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: int = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> Tensor:
    """Write sounds; see `scalar`.

    Args:
      name: the name of the summary.
      data: float32, [batch, frames, channels], between -1 and 1.
      sample_rate: int32 scalar, frames a second.
      step: an integer, by default what `set_step` said.
      max_outputs: how many sounds of the batch.
      encoding: "wav", or None for what fits.
      description: what they are, in Markdown.

    Raises:
      ValueError: an unknown encoding.
    """
    if encoding not in (None, "wav"):
        raise ValueError(f"Unknown encoding: {encoding!r}")
    kind = audio_metadata.Encoding.Value("WAV")
    metadata = audio_metadata.create_summary_metadata(
        display_name=None, description=description, encoding=kind
    )
    with tag_scope(name, "audio_summary", [data, sample_rate, max_outputs, step]) as (tag, _):
        sounds = convert_to_tensor(data)[:max_outputs]
        encoded = map_fn(lambda sound: encode_wav(sound, sample_rate), sounds, dtype=dtypes.string)
        labels = fill([shape_of(encoded)[0]], "")
        return write(tag, stack([encoded, labels], axis=1), step, metadata)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> Tensor:
    """Write strings, which TensorBoard shows as text and tables; see `scalar`."""
    metadata = text_metadata.create_summary_metadata(display_name=None, description=description)
    with tag_scope(name, "text_summary", [data, step]) as (tag, _):
        return write(tag, convert_to_tensor(data, dtypes.string), step, metadata)
