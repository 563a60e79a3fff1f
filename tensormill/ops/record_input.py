"""The records of files in a drawn order, again and again."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

record_input_op = define(
    "RecordInput",
    outputs=("records: string",),
    attrs=(
        "file_pattern: string",
        "file_random_seed: int = 301",
        "file_shuffle_shift_ratio: float = 0",
        "file_buffer_size: int = 10000",
        "file_parallelism: int = 16",
        "batch_size: int = 32",
        "compression_type: string = ''",
    ),
    stateful=True,
    differentiable=False,
)


@record_input_op.shape
def record_input_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]
