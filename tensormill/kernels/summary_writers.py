"""Kernels of summaries that a graph writes by itself (`runtime.resources.summary_writer`).

Source: TensorFlow 1.15, core/kernels/summary_kernels.cc, core/summary/summary_file_writer.cc.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.registry import KernelContext, kernel, resource_kernel
from tensormill.kernels.summaries import (
    add_histogram,
    add_images,
    add_sounds,
    tag_of,
    tensor_message,
)
from tensormill.kernels.torch_dtypes import to_host

Array = np.ndarray[Any, Any]


@resource_kernel("SummaryWriter", "cpu")
def find_summary_writer(ctx: KernelContext) -> Any:
    attrs = ctx.attrs
    return ctx.resources.summary_writer(
        attrs["container"].decode(), attrs["shared_name"].decode(), ctx.node_name
    )


@kernel("CreateSummaryFileWriter", "cpu", host_inputs=("max_queue", "flush_millis"))
def create_summary_file_writer(
    writer: Any, logdir: Any, max_queue: Any, flush_millis: Any, filename_suffix: Any
) -> None:
    given = {
        "logdir": logdir,
        "max_queue": max_queue,
        "flush_millis": flush_millis,
        "filename_suffix": filename_suffix,
    }
    for name, value in given.items():
        if np.ndim(value):
            raise errors.invalid_argument(f"{name} must be a scalar")
    writer.create(
        os.fsdecode(logdir.item()),
        filename_suffix.item().decode(),
        int(max_queue),
        int(flush_millis) / 1000,
    )


@kernel("FlushSummaryWriter", "cpu")
def flush_summary_writer(writer: Any) -> None:
    writer.writer().flush()


@kernel("CloseSummaryWriter", "cpu")
def close_summary_writer(writer: Any) -> None:
    writer.close()


def _event(step: Any) -> Any:
    return Event(step=int(step), wall_time=time.time_ns() // 1000 / 1e6)


def _parsed(message_type: Any, data: bytes, what: str) -> Any:
    try:
        return message_type.FromString(data)
    except DecodeError as error:
        raise errors.data_loss(f"Bad {what}") from error


@kernel("WriteScalarSummary", "cpu", host_inputs=("step",))
def write_scalar_summary(
    writer: Any, step: Any, tag: Any, value: torch.Tensor, *, T: DType
) -> None:
    file, event = writer.writer(), _event(step)
    if T.name == "bfloat16":
        raise errors.unimplemented("NumericCast: dtype bfloat16 is not supported")
    number = to_host(value)
    if number.size != 1:
        raise errors.invalid_argument(f"scalar must have one element, not {number.size}")
    event.summary.value.add(tag=tag_of(tag), simple_value=float(number.ravel()[0]))
    file.write(event)


@kernel("WriteSummary", "cpu", host_inputs=("step",))
def write_summary(
    writer: Any, step: Any, tensor: Any, tag: Any, summary_metadata: Any, *, T: DType
) -> None:
    file, event = writer.writer(), _event(step)
    entry = event.summary.value.add(tag=tag_of(tag))
    entry.tensor.CopyFrom(tensor_message(tensor, T))
    metadata = summary_metadata.item()
    if metadata:
        entry.metadata.SetInParent()
        with suppress(DecodeError):  # what cannot be read is left out, as TensorFlow does it
            entry.metadata.MergeFromString(metadata)
    file.write(event)


@kernel("WriteRawProtoSummary", "cpu", host_inputs=("step",))
def write_raw_proto_summary(writer: Any, step: Any, tensor: Any) -> None:
    file, event = writer.writer(), _event(step)
    for number, data in enumerate(tensor.ravel().tolist()):
        what = f"tf.compat.v1.Summary binary proto tensor string at index {number}"
        event.summary.value.extend(_parsed(Summary, data, what).value)
    file.write(event)


@kernel("WriteHistogramSummary", "cpu", host_inputs=("step",))
def write_histogram_summary(writer: Any, step: Any, tag: Any, values: torch.Tensor) -> None:
    file, event = writer.writer(), _event(step)
    add_histogram(event.summary, tag_of(tag), values)
    file.write(event)


@kernel("WriteImageSummary", "cpu", host_inputs=("step", "bad_color"))
def write_image_summary(
    writer: Any, step: Any, tag: Any, tensor: torch.Tensor, bad_color: Array, *, max_images: int
) -> None:
    file, event = writer.writer(), _event(step)
    add_images(event.summary, tag_of(tag), tensor, max_images, bad_color)
    file.write(event)


@kernel("WriteAudioSummary", "cpu", host_inputs=("step", "sample_rate"))
def write_audio_summary(
    writer: Any, step: Any, tag: Any, tensor: torch.Tensor, sample_rate: Any, *, max_outputs: int
) -> None:
    file, event = writer.writer(), _event(step)
    add_sounds(event.summary, tag_of(tag), tensor, sample_rate, max_outputs)
    file.write(event)


@kernel("WriteGraphSummary", "cpu", host_inputs=("step",))
def write_graph_summary(writer: Any, step: Any, tensor: Any) -> None:
    file, event = writer.writer(), _event(step)
    event.graph_def = tensor.item()
    file.write(event)


@kernel("ImportEvent", "cpu")
def import_event(writer: Any, event: Any) -> None:
    writer.writer().write(_parsed(Event, event.item(), "tf.Event binary proto tensor string"))
