"""Summaries that a graph writes by itself: the writers, and what writes to them.

Source: TensorFlow 1.15, core/ops/summary_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

summary_writer_op = define(
    "SummaryWriter",
    outputs=("writer: resource",),
    attrs=(
        "shared_name: string = ''",
        "container: string = ''",
    ),
    stateful=True,
    differentiable=False,
)
create_summary_file_writer_op = define(
    "CreateSummaryFileWriter",
    inputs=(
        "writer: resource",
        "logdir: string",
        "max_queue: int32",
        "flush_millis: int32",
        "filename_suffix: string",
    ),
    stateful=True,
    differentiable=False,
)
write_scalar_summary_op = define(
    "WriteScalarSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tag: string",
        "value: T",
    ),
    attrs=("T: realnumbertype",),
    stateful=True,
    differentiable=False,
)
write_summary_op = define(
    "WriteSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tensor: T",
        "tag: string",
        "summary_metadata: string",
    ),
    attrs=("T: type",),
    stateful=True,
    differentiable=False,
)
write_raw_proto_summary_op = define(
    "WriteRawProtoSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tensor: string",
    ),
    stateful=True,
    differentiable=False,
)
write_histogram_summary_op = define(
    "WriteHistogramSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tag: string",
        "values: T",
    ),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16,"
        " uint32, uint64, bool} = DT_FLOAT",
    ),
    stateful=True,
    differentiable=False,
)
write_image_summary_op = define(
    "WriteImageSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tag: string",
        "tensor: T",
        "bad_color: uint8",
    ),
    attrs=(
        "max_images: int >= 1 = 3",
        "T: {uint8, float64, float32, float16} = DT_FLOAT",
    ),
    stateful=True,
    differentiable=False,
)
write_audio_summary_op = define(
    "WriteAudioSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tag: string",
        "tensor: float32",
        "sample_rate: float32",
    ),
    attrs=("max_outputs: int >= 1 = 3",),
    stateful=True,
    differentiable=False,
)
write_graph_summary_op = define(
    "WriteGraphSummary",
    inputs=(
        "writer: resource",
        "step: int64",
        "tensor: string",
    ),
    stateful=True,
    differentiable=False,
)
import_event_op = define(
    "ImportEvent",
    inputs=(
        "writer: resource",
        "event: string",
    ),
    stateful=True,
    differentiable=False,
)
flush_summary_writer_op = define(
    "FlushSummaryWriter",
    inputs=("writer: resource",),
    stateful=True,
    differentiable=False,
)
close_summary_writer_op = define(
    "CloseSummaryWriter",
    inputs=("writer: resource",),
    stateful=True,
    differentiable=False,
)


@summary_writer_op.shape
def summary_writer_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@create_summary_file_writer_op.shape
@write_scalar_summary_op.shape
@write_summary_op.shape
@write_raw_proto_summary_op.shape
@write_histogram_summary_op.shape
@write_image_summary_op.shape
@write_audio_summary_op.shape
@write_graph_summary_op.shape
@import_event_op.shape
@flush_summary_writer_op.shape
@close_summary_writer_op.shape
def no_shape(ctx: ShapeContext) -> list[Dims]:
    return []
