"""Summaries under tags of their own: `tf.contrib.deprecated`.

Source: TensorFlow 1.15, python/ops/logging_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.ops import summaries
from tensormill.ops.summaries import collected

__all__ = [
    "audio_summary",
    "histogram_summary",
    "image_summary",
    "merge_all_summaries",
    "merge_summary",
    "scalar_summary",
]


def scalar_summary(tags: Any, values: Any, collections: Any = None, name: Any = None) -> Tensor:
    """Return a summary of numbers.

    Args:
      tags: strings, as many as there are values.
      values: the numbers.
      collections: what it is added to; the summaries of the graph by default.
      name: the name of the node.
    """
    with name_scope(name, "ScalarSummary", [tags, values]) as scope:
        return collected(summaries.scalar_summary_op(tags, values, name=scope), collections)


def histogram_summary(tag: Any, values: Any, collections: Any = None, name: Any = None) -> Tensor:
    """Return a summary of how numbers are spread.

    Args:
      tag: a string.
      values: the numbers.
      collections: what it is added to; the summaries of the graph by default.
      name: the name of the node.
    """
    with name_scope(name, "HistogramSummary", [tag, values]) as scope:
        return collected(summaries.histogram_summary_op(tag, values, name=scope), collections)


def image_summary(
    tag: Any, tensor: Any, max_images: int = 3, collections: Any = None, name: Any = None
) -> Tensor:
    """Return a summary of images.

    Args:
      tag: a string.
      tensor: [batch, height, width, channels].
      max_images: how many are kept.
      collections: what it is added to; the summaries of the graph by default.
      name: the name of the node.
    """
    with name_scope(name, "ImageSummary", [tag, tensor]) as scope:
        made = summaries.image_summary_op(tag, tensor, max_images=max_images, name=scope)
        return collected(made, collections)


def audio_summary(
    tag: Any,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    name: Any = None,
) -> Tensor:
    """Return a summary of sounds.

    Args:
      tag: a string.
      tensor: [batch, frames, channels], or without channels.
      sample_rate: frames in a second.
      max_outputs: how many are kept.
      collections: what it is added to; the summaries of the graph by default.
      name: the name of the node.
    """
    with name_scope(name, "AudioSummary", [tag, tensor]) as scope:
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        made = summaries.audio_summary_v2_op(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        return collected(made, collections)


def merge_summary(inputs: Any, collections: Any = None, name: Any = None) -> Tensor:
    """Return one summary of several.

    Args:
      inputs: summaries.
      collections: what it is added to; nothing by default.
      name: the name of the node.
    """
    with name_scope(name, "MergeSummary", inputs):
        return collected(summaries.merge_summary_op(inputs, name=name), collections or [])


def merge_all_summaries(key: str = GraphKeys.SUMMARIES) -> Tensor | None:
    """Return one summary of all in a collection, None where there is none.

    Args:
      key: the collection.
    """
    found = get_default_graph().get_collection(key)
    return merge_summary(found) if found else None
