"""The op that joins neighbouring strings of each row of a ragged tensor."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

string_ngrams_op = define(
    "StringNGrams",
    inputs=("data: string", "data_splits: Tsplits"),
    outputs=("ngrams: string", "ngrams_splits: Tsplits"),
    attrs=(
        "separator: string",
        "ngram_widths: list(int) >= 0",
        "left_pad: string",
        "right_pad: string",
        "pad_width: int",
        "preserve_short_sequences: bool",
        "Tsplits: {int32, int64} = DT_INT64",
    ),
    differentiable=False,
)


@string_ngrams_op.shape
def string_ngrams_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(0), 1)
    return [(None,), with_rank(ctx.shape(1), 1)]
