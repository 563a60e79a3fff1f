"""Kernels of summaries: values as serialized Summary messages.

Source: TensorFlow 1.15, core/kernels/summary_op.cc, summary_image_op.cc, summary_audio_op.cc,
core/lib/histogram/histogram.cc.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tensormill.formats.png import encode_png
from tensormill.formats.wav import encode_wav
from tensormill.graph import errors
from tensormill.graph.dtypes import DType, string
from tensormill.graph.shapes import format_dims
from tensormill.graph.tensor_codec import array_to_proto, shape_to_proto
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import to_host

Array = np.ndarray[Any, Any]

_LARGEST = sys.float_info.max
# Images whose largest value is less are black.
_ZERO_THRESHOLD = 1e-6


def _text(shape: Any) -> str:
    return format_dims(tuple(shape), "kernel")


def _result(summary: Any) -> Array:
    return np.array(summary.SerializeToString(), object)


def tag_of(value: Any, what: str = "tag") -> str:
    """Return a tag, which is a scalar; `what` names it in the error."""
    if value.ndim:
        raise errors.invalid_argument(f"{what} must be a scalar")
    return str(value.item().decode(errors="replace"))


@kernel("ScalarSummary", "cpu")
def scalar_summary(tags: Any, values: torch.Tensor) -> Array:
    numbers = to_host(values)
    if tags.shape != numbers.shape and not tags.size == numbers.size == 1:
        single = f" (tag '{tags.item().decode(errors='replace')}')" if tags.size == 1 else ""
        raise errors.invalid_argument(
            f"tags and values are not the same shape: {_text(tags.shape)} != "
            f"{_text(numbers.shape)}{single}"
        )
    summary = Summary()
    for tag, number in zip(tags.ravel().tolist(), numbers.ravel(), strict=True):
        summary.value.add(tag=tag, simple_value=float(number))
    return _result(summary)


@cache
def _bucket_limits() -> Array:
    """Return the upper limits of the buckets of a histogram, ascending."""
    positive = []
    limit = 1.0e-12
    while limit < 1.0e20:
        positive.append(limit)
        limit *= 1.1
    positive.append(_LARGEST)
    return np.array([-limit for limit in reversed(positive)] + [0.0] + positive)


class HistogramCounts:
    """How values are distributed over the buckets of a histogram."""

    def __init__(self) -> None:
        self._counts = np.zeros(len(_bucket_limits()), np.int64)
        self._least, self._most = _LARGEST, -_LARGEST
        self._sum = self._sum_squares = 0.0

    def add(self, values: Array) -> None:
        """Count finite values, a vector of float64."""
        limits = _bucket_limits()
        self._least = min(self._least, float(values.min(initial=_LARGEST)))
        self._most = max(self._most, float(values.max(initial=-_LARGEST)))
        if values.size:
            # One after the other, as TensorFlow adds them.
            self._sum = float(np.cumsum(np.append(self._sum, values))[-1])
            self._sum_squares = float(np.cumsum(np.append(self._sum_squares, values * values))[-1])
        places = np.minimum(np.searchsorted(limits, values, side="right"), len(limits) - 1)
        self._counts += np.bincount(places, minlength=len(limits))

    def write(self, message: Any) -> None:
        """Fill a HistogramProto."""
        limits, counts = _bucket_limits(), self._counts
        message.min, message.max = self._least, self._most
        message.num = counts.sum()
        message.sum, message.sum_squares = self._sum, self._sum_squares
        # Empty buckets that follow each other become one.
        is_last = np.ones(len(limits), bool)
        is_last[:-1] = (counts[:-1] > 0) | (counts[1:] > 0)
        message.bucket_limit.extend(limits[is_last].tolist())
        message.bucket.extend(counts[is_last].tolist())


def histogram_message(message: Any, values: Array) -> None:
    """Fill a HistogramProto with finite values."""
    counts = HistogramCounts()
    counts.add(values.ravel().astype(np.float64))
    counts.write(message)


def add_histogram(summary: Any, name: str, values: torch.Tensor) -> None:
    """Add to a summary how values are distributed.

    Raises:
      InvalidArgumentError: a value is not finite.
    """
    array = to_host(values).astype(np.float64)
    for is_wrong, what in ((np.isnan, "Nan"), (np.isinf, "Infinity")):
        if is_wrong(array).any():
            raise errors.invalid_argument(f"{what} in summary histogram for: {name}")
    histogram_message(summary.value.add(tag=name).histo, array)


@kernel("HistogramSummary", "cpu")
def histogram_summary(tag: Any, values: torch.Tensor) -> Array:
    summary = Summary()
    add_histogram(summary, tag_of(tag), values)
    return _result(summary)


def _numbered(name: str, kind: str, number: int, most: int) -> str:
    return f"{name}/{kind}/{number}" if most > 1 else f"{name}/{kind}"


def _scaled(image: Array, bad_color: Array) -> Array:
    """Return an image of floats as bytes; pixels that are not finite get a color of their own."""
    is_finite = np.isfinite(image).all(axis=-1)
    pixels = image[is_finite].astype(np.float32)
    lowest = pixels.min(initial=np.inf)
    highest = pixels.max(initial=-np.inf)
    if lowest < 0:
        largest = max(abs(lowest), abs(highest))
        scale = 0.0 if largest < _ZERO_THRESHOLD else np.float32(127) / largest
        offset = 128.0
    else:
        scale = 0.0 if highest < _ZERO_THRESHOLD else np.float32(255) / highest
        offset = 0.0
    scaled = image[is_finite] * image.dtype.type(scale) + image.dtype.type(offset)
    result = np.empty(image.shape, np.uint8)
    result[is_finite] = scaled.astype(np.uint8)
    result[~is_finite] = bad_color[: image.shape[-1]]
    return result


@kernel("ImageSummary", "cpu")
def image_summary(tag: Any, tensor: torch.Tensor, *, max_images: int, bad_color: Any) -> Array:
    name, color = tag_of(tag), bad_color.array
    images = _checked_images(tensor)
    if color.dtype != np.uint8:
        kind = {"float32": "float", "float64": "double"}.get(color.dtype.name, color.dtype.name)
        raise errors.invalid_argument(f"bad_color must be uint8, got {kind}")
    summary = Summary()
    _add_images(summary, name, images, max_images, color)
    return _result(summary)


def add_images(
    summary: Any, name: str, tensor: torch.Tensor, max_images: int, bad_color: Array
) -> None:
    """Add the first images of a batch to a summary; `bad_color` is that of pixels not finite.

    Raises:
      InvalidArgumentError: these are no images.
    """
    _add_images(summary, name, _checked_images(tensor), max_images, bad_color)


def _checked_images(tensor: torch.Tensor) -> Array:
    images = to_host(tensor)
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4):
        raise errors.invalid_argument(
            f"Tensor must be 4-D with last dim 1, 3, or 4, not {_text(images.shape)}"
        )
    return images


def _add_images(summary: Any, name: str, images: Array, max_images: int, color: Array) -> None:
    _, height, width, channels = images.shape
    if images.dtype != np.uint8 and color.size < channels:
        raise errors.invalid_argument(
            f"expected depth <= bad_color.size, got depth = {channels}, bad_color.size = "
            f"{color.size}"
        )
    for number, image in enumerate(images[:max_images]):
        value = summary.value.add(tag=_numbered(name, "image", number, max_images))
        value.image.height = height
        value.image.width = width
        value.image.colorspace = channels
        pixels = image if image.dtype == np.uint8 else _scaled(image, color.ravel())
        value.image.encoded_image_string = encode_png(pixels)


@kernel("AudioSummaryV2", "cpu", host_inputs=("sample_rate",))
def audio_summary_v2(
    tag: Any, tensor: torch.Tensor, sample_rate: Any, *, max_outputs: int
) -> Array:
    summary = Summary()
    add_sounds(summary, tag_of(tag), tensor, sample_rate, max_outputs)
    return _result(summary)


def add_sounds(
    summary: Any, name: str, tensor: torch.Tensor, sample_rate: Any, max_outputs: int
) -> None:
    """Add the first sounds of a batch to a summary.

    Raises:
      InvalidArgumentError: these are no sounds, or the rate is not positive.
    """
    sounds = to_host(tensor)
    if sounds.ndim not in (2, 3):
        raise errors.invalid_argument(f"Tensor must be 3-D or 2-D, got: {_text(sounds.shape)}")
    if np.ndim(sample_rate):
        raise errors.invalid_argument("sample_rate must be scalar")
    rate = float(sample_rate)
    if rate <= 0:
        raise errors.invalid_argument("sample_rate must be > 0")
    for number, sound in enumerate(sounds[:max_outputs]):
        frames = sound.reshape(len(sound), -1)
        value = summary.value.add(tag=_numbered(name, "audio", number, max_outputs))
        value.audio.sample_rate = rate
        value.audio.num_channels = sounds.shape[2] if sounds.ndim == 3 else 1
        value.audio.length_frames = len(sound)
        value.audio.content_type = "audio/wav"
        value.audio.encoded_audio_string = encode_wav(frames, int(rate))


def tensor_message(value: Any, dtype: DType) -> Any:
    """Return a value as a TensorProto; numbers as bytes."""
    if dtype is string:
        return array_to_proto(value, dtype)
    array = to_host(value)
    message = TensorProto(dtype=dtype.as_datatype_enum)
    message.tensor_shape.CopyFrom(shape_to_proto(array.shape))
    message.tensor_content = np.ascontiguousarray(array).tobytes()
    return message


@kernel_factory("TensorSummary", "cpu")
def make_tensor_summary(ctx: KernelContext) -> Any:
    node_name, dtype = ctx.node_name, ctx.attrs["T"]

    def tensor_summary(tensor: Any) -> Array:
        summary = Summary()
        value = summary.value.add(node_name=node_name)
        value.tensor.CopyFrom(tensor_message(tensor, dtype))
        return _result(summary)

    return tensor_summary


@kernel("TensorSummaryV2", "cpu")
def tensor_summary_v2(
    tag: Any,
    tensor: Any,
    serialized_summary_metadata: Any,
    *,
    T: DType,
) -> Array:
    if serialized_summary_metadata.ndim:
        raise errors.invalid_argument("serialized_summary_metadata must be scalar")
    summary = Summary()
    value = summary.value.add(tag=tag_of(tag))
    value.tensor.CopyFrom(tensor_message(tensor, T))
    try:
        metadata = SummaryMetadata.FromString(serialized_summary_metadata.item())
    except DecodeError as error:
        raise errors.invalid_argument("Could not parse SummaryMetadata") from error
    value.metadata.CopyFrom(metadata)
    return _result(summary)


@kernel("MergeSummary", "cpu")
def merge_summary(inputs: list[Any]) -> Array:
    tags: set[str] = set()
    parts = [part for value in inputs for part in value.ravel().tolist()]
    for part in parts:
        try:
            summary = Summary.FromString(part)
        except DecodeError as error:
            raise errors.invalid_argument("Could not parse one of the summary inputs") from error
        for value in summary.value:
            if value.tag and value.tag in tags:
                raise errors.invalid_argument(f"Duplicate tag {value.tag} found in summary inputs ")
            tags.add(value.tag)
    # Messages one after the other are the message of all their values.
    return np.array(b"".join(parts), object)
