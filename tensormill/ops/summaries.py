"""Summaries: values of tensors as messages that TensorBoard shows.

Source: TensorFlow 1.15, python/summary/summary.py, python/ops/summary_op_util.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensorboard.compat.proto.summary_pb2 import SummaryMetadata

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collection, get_collection, name_scope
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

REAL = (
    "T: {float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, uint32, "
    "uint64}"
)

scalar_summary_op = define(
    "ScalarSummary",
    inputs=("tags: string", "values: T"),
    outputs=("summary: string",),
    attrs=(REAL,),
    differentiable=False,
)
histogram_summary_op = define(
    "HistogramSummary",
    inputs=("tag: string", "values: T"),
    outputs=("summary: string",),
    attrs=(f"{REAL} = DT_FLOAT",),
    differentiable=False,
)
image_summary_op = define(
    "ImageSummary",
    inputs=("tag: string", "tensor: T"),
    outputs=("summary: string",),
    attrs=(
        "max_images: int >= 1 = 3",
        "T: {uint8, float32, float16, float64} = DT_FLOAT",
        "bad_color: tensor = uint8 [255, 0, 0, 255]",
    ),
    differentiable=False,
)
audio_summary_v2_op = define(
    "AudioSummaryV2",
    inputs=("tag: string", "tensor: float32", "sample_rate: float32"),
    outputs=("summary: string",),
    attrs=("max_outputs: int >= 1 = 3",),
    differentiable=False,
)
tensor_summary_op = define(
    "TensorSummary",
    inputs=("tensor: T",),
    outputs=("summary: string",),
    attrs=(
        "T: type",
        "description: string = ''",
        "labels: list(string) = []",
        "display_name: string = ''",
    ),
    differentiable=False,
)
tensor_summary_v2_op = define(
    "TensorSummaryV2",
    inputs=("tag: string", "tensor: T", "serialized_summary_metadata: string"),
    outputs=("summary: string",),
    attrs=("T: type",),
    differentiable=False,
)
merge_summary_op = define(
    "MergeSummary",
    inputs=("inputs: N * string",),
    outputs=("summary: string",),
    attrs=("N: int >= 1",),
    differentiable=False,
)

_INVALID_TAG_CHARACTERS = re.compile(r"[^-/\w\.]")


@scalar_summary_op.shape
@histogram_summary_op.shape
@image_summary_op.shape
@audio_summary_v2_op.shape
@tensor_summary_op.shape
@tensor_summary_v2_op.shape
@merge_summary_op.shape
def scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def clean_tag(name: str | None) -> str | None:
    """Return a tag without characters that no name of a node may have."""
    if name is None:
        return None
    cleaned = _INVALID_TAG_CHARACTERS.sub("_", name).lstrip("/")
    if cleaned != name:
        tf_logging.info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


@contextmanager
def summary_scope(
    name: str | None, family: str | None = None, default_name: str | None = None, values: Any = None
) -> Iterator[tuple[str, str]]:
    """Open the name scope of a summary.

    Yields:
      The tag, which begins with the family, and the name of the node.
    """
    name, family = clean_tag(name), clean_tag(family)
    with name_scope(name if family is None else f"{family}/{name}", default_name, values) as scope:
        tag = scope.rstrip("/")
        yield tag if family is None else f"{family}/{tag}", scope


def collected(summary: Tensor, collections: Any) -> Tensor:
    """Return a summary that was added to collections, those of summaries where None."""
    for key in [GraphKeys.SUMMARIES] if collections is None else collections:
        add_to_collection(key, summary)
    return summary


def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """Return a summary of one number.

    Args:
      name: the name of the node and the tag.
      tensor: a real number.
      collections: where to add the summary, by default `GraphKeys.SUMMARIES`.
      family: begins the tag; TensorBoard shows one family together.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        return collected(scalar_summary_op(tag, tensor, name=scope), collections)


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """Return a summary of how values are distributed (see `scalar`).

    Raises at run time:
      InvalidArgumentError: a value is not finite.
    """
    with summary_scope(name, family, "HistogramSummary", values=[values]) as (tag, scope):
        return collected(histogram_summary_op(tag, values, name=scope), collections)


def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """Return a summary of images (see `scalar`).

    Args:
      name: the name of the node; the tags are `name/image/0` and so on.
      tensor: [batch, height, width, channels] with 1, 3 or 4 channels; uint8, or floats, which are
        scaled to the range of each image.
      max_outputs: how many images of the batch.
      collections: where to add the summary, by default `GraphKeys.SUMMARIES`.
      family: begins the tag.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        made = image_summary_op(tag, tensor, max_images=max_outputs, name=scope)
        return collected(made, collections)


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """Return a summary of sounds (see `scalar`).

    Args:
      name: the name of the node; the tags are `name/audio/0` and so on.
      tensor: [batch, frames, channels] or [batch, frames], between -1 and 1.
      sample_rate: frames a second.
      max_outputs: how many sounds of the batch.
      collections: where to add the summary, by default `GraphKeys.SUMMARIES`.
      family: begins the tag.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtypes.float32, name="sample_rate")
        made = audio_summary_v2_op(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        return collected(made, collections)


def text(name: str, tensor: Tensor, collections: Any = None) -> Tensor:
    """Return a summary of strings, which TensorBoard shows as text and tables.

    Raises:
      ValueError: they are no strings.
    """
    if tensor.dtype != dtypes.string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return tensor_summary(name, tensor, summary_metadata=metadata, collections=collections)


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """Return a summary that holds a tensor as it is (see `scalar`).

    Args:
      name: the name of the node and the tag.
      tensor: any tensor.
      summary_description: what it is, in Markdown.
      collections: where to add the summary, by default `GraphKeys.SUMMARIES`.
      summary_metadata: a SummaryMetadata message: which plugins understand it.
      family: begins the tag.
      display_name: what TensorBoard calls it.
    """
    metadata = SummaryMetadata() if summary_metadata is None else summary_metadata
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        made = tensor_summary_v2_op(tag, tensor, metadata.SerializeToString(), name=scope)
        return collected(made, collections)


def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """Return one summary with all that others hold.

    Raises at run time:
      InvalidArgumentError: two have one tag.
    """
    name = clean_tag(name)
    with name_scope(name, "Merge", inputs):
        merged: Tensor = merge_summary_op(inputs, name=name)
        return collected(merged, [] if collections is None else collections)


def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """Return one summary with all of a collection; None if it is empty.

    Args:
      key: the collection.
      scope: a regular expression; only summaries whose name begins with it.
      name: the name of the node.
    """
    summaries = get_collection(key, scope=scope)
    return merge(summaries, name=name) if summaries else None
