"""Summaries that a graph writes by itself, at the global step: `tf.contrib.summary`.

Source: TensorFlow 1.15, python/ops/summary_ops_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import (
    add_to_collection,
    control_dependencies,
    device,
    name_scope,
)
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import no_op
from tensormill.ops.comparison import equal
from tensormill.ops.identities import identity
from tensormill.ops.smart_cond import smart_cond
from tensormill.ops.summaries import summary_scope
from tensormill.ops.summary_writers import (
    write_audio_summary_op,
    write_histogram_summary_op,
    write_image_summary_op,
    write_scalar_summary_op,
    write_summary_op,
)
from tensormill.summary.default_writer import defaults, record_if, should_record_summaries
from tensormill.summary.writers import write_graph
from tensormill.train.global_step import get_or_create_global_step

__all__ = [
    "always_record_summaries",
    "audio",
    "generic",
    "graph",
    "histogram",
    "image",
    "never_record_summaries",
    "record_summaries_every_n_global_steps",
    "scalar",
    "summary_writer_function",
]


def always_record_summaries() -> AbstractContextManager[None]:
    """Return a block whose summaries are recorded."""
    return record_if(True)


def never_record_summaries() -> AbstractContextManager[None]:
    """Return a block whose summaries are not recorded."""
    return record_if(False)


def record_summaries_every_n_global_steps(
    n: int, global_step: Any = None
) -> AbstractContextManager[None]:
    """Return a block whose summaries are recorded where `n` divides the global step.

    Args:
      n: an integer.
      global_step: the step, by default that of the default graph.
    """
    step = get_or_create_global_step() if global_step is None else global_step
    with device("cpu:0"):
        return record_if(equal(step % n, 0))


def _step(step: Any) -> Any:
    if step is None:
        return get_or_create_global_step()
    return step if isinstance(step, Tensor) else convert_to_tensor(step, dtypes.int64)


def summary_writer_function(
    name: str, tensor: Any, function: Callable[[str, str], Any], family: str | None = None
) -> Any:
    """Return a tensor, or operation, that writes a summary where summaries are recorded.

    Args:
      name: the name of the summary.
      tensor: what it is of.
      function: makes the operation that writes it, from its tag and its name.
      family: begins the tag.
    """
    around = get_default_graph().get_name_scope()

    def record() -> Tensor:
        with (
            name_scope(f"{around}/" if around else around),
            summary_scope(name, family, values=[tensor]) as (tag, scope),
            control_dependencies([function(tag, scope)]),
        ):
            return constant(True)

    if defaults.writer is None:
        return no_op.make()
    with device("cpu:0"):
        made = smart_cond(should_record_summaries(), record, lambda: constant(False), name="")
        add_to_collection(GraphKeys._SUMMARY_COLLECTION, made)
        return made


def generic(
    name: str, tensor: Any, metadata: Any = None, family: str | None = None, step: Any = None
) -> Any:
    """Write a tensor as it is.

    Args:
      name: the name of the summary.
      tensor: any tensor.
      metadata: a SummaryMetadata message, serialized or not: which plugins understand it.
      family: begins the tag.
      step: int64, by default the global step.
    """

    def write(tag: str, scope: str) -> Operation:
        described = metadata
        if metadata is None:
            described = constant("")
        elif hasattr(metadata, "SerializeToString"):
            described = constant(metadata.SerializeToString())
        writer = defaults.writer._resource
        return write_summary_op.make(
            writer, _step(step), identity(tensor), tag, described, name=scope
        )

    return summary_writer_function(name, tensor, write, family)


def scalar(name: str, tensor: Any, family: str | None = None, step: Any = None) -> Any:
    """Write a number.

    Args:
      name: the name of the summary.
      tensor: a real number.
      family: begins the tag.
      step: int64, by default the global step.
    """

    def write(tag: str, scope: str) -> Operation:
        writer = defaults.writer._resource
        return write_scalar_summary_op.make(writer, _step(step), tag, identity(tensor), name=scope)

    return summary_writer_function(name, tensor, write, family)


def histogram(name: str, tensor: Any, family: str | None = None, step: Any = None) -> Any:
    """Write how values are distributed; see `scalar`."""

    def write(tag: str, scope: str) -> Operation:
        writer = defaults.writer._resource
        return write_histogram_summary_op.make(
            writer, _step(step), tag, identity(tensor), name=scope
        )

    return summary_writer_function(name, tensor, write, family)


def image(
    name: str,
    tensor: Any,
    bad_color: Any = None,
    max_images: int = 3,
    family: str | None = None,
    step: Any = None,
) -> Any:
    """Write images; see `scalar`.

    Args:
      name: the name of the summary.
      tensor: [batch, height, width, channels] with 1, 3 or 4 channels.
      bad_color: uint8, [channels], the color of pixels that are not finite, red by default.
      max_images: how many images of the batch.
      family: begins the tag.
      step: int64, by default the global step.
    """

    def write(tag: str, scope: str) -> Operation:
        color = constant([255, 0, 0, 255], dtypes.uint8) if bad_color is None else bad_color
        writer = defaults.writer._resource
        return write_image_summary_op.make(
            writer, _step(step), tag, identity(tensor), color, max_images, name=scope
        )

    return summary_writer_function(name, tensor, write, family)


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int,
    family: str | None = None,
    step: Any = None,
) -> Any:
    """Write sounds; see `scalar`.

    Args:
      name: the name of the summary.
      tensor: [batch, frames, channels] or [batch, frames], between -1 and 1.
      sample_rate: frames a second.
      max_outputs: how many sounds of the batch.
      family: begins the tag.
      step: int64, by default the global step.
    """

    def write(tag: str, scope: str) -> Operation:
        writer = defaults.writer._resource
        return write_audio_summary_op.make(
            writer,
            _step(step),
            tag,
            identity(tensor),
            sample_rate=sample_rate,
            max_outputs=max_outputs,
            name=scope,
        )

    return summary_writer_function(name, tensor, write, family)


def graph(param: Any, step: Any = None, name: str | None = None) -> Operation:
    """Write a graph, whether summaries are recorded or not.

    Args:
      param: a string tensor, a serialized GraphDef.
      step: int64, by default the global step.
      name: of the operation.

    Raises:
      TypeError: `param` is no tensor.
    """
    return write_graph(param, lambda: _step(step), name)
