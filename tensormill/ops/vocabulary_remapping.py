"""Rows and columns of matrices in checkpoints, brought into the order of another vocabulary.

Source: TensorFlow 1.15, core/ops/checkpoint_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

generate_vocab_remapping_op = define(
    "GenerateVocabRemapping",
    inputs=("new_vocab_file: string", "old_vocab_file: string"),
    outputs=("remapping: int64", "num_present: int32"),
    attrs=(
        "new_vocab_offset: int >= 0",
        "num_new_vocab: int >= 0",
        "old_vocab_size: int >= -1 = -1",
    ),
    differentiable=False,
)
load_and_remap_matrix_op = define(
    "LoadAndRemapMatrix",
    inputs=(
        "ckpt_path: string",
        "old_tensor_name: string",
        "row_remapping: int64",
        "col_remapping: int64",
        "initializing_values: float32",
    ),
    outputs=("output_matrix: float32",),
    attrs=("num_rows: int >= 0", "num_cols: int >= 1", "max_rows_in_memory: int = -1"),
    stateful=True,
    differentiable=False,
)


@generate_vocab_remapping_op.shape
def generate_vocab_remapping_shape(ctx: ShapeContext) -> list[Dims]:
    for name in ("new_vocab_file", "old_vocab_file"):
        with_rank(ctx.shape(name), 0)
    return [(ctx.attrs["num_new_vocab"],), ()]


@load_and_remap_matrix_op.shape
def load_and_remap_matrix_shape(ctx: ShapeContext) -> list[Dims]:
    for name in ("row_remapping", "col_remapping"):
        with_rank(ctx.shape(name), 1)
    return [(ctx.attrs["num_rows"], ctx.attrs["num_cols"])]
