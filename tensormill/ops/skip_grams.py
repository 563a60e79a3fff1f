"""Pairs of tokens that stand close together.

Source: TensorFlow 1.15, contrib/text/ops/skip_gram_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

__all__ = ["skip_gram_generate_candidates_op"]

skip_gram_generate_candidates_op = define(
    "SkipGramGenerateCandidates",
    inputs=(
        "input_tensor: T",
        "min_skips: int32",
        "max_skips: int32",
        "start: int32",
        "limit: int32",
        "emit_self_as_target: bool",
    ),
    outputs=("tokens: T", "labels: T"),
    attrs=("T: type", "seed: int = 0", "seed2: int = 0"),
    stateful=True,
    differentiable=False,
)


@skip_gram_generate_candidates_op.shape
def skip_gram_generate_candidates_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("input_tensor"), 1)
    for name in ("min_skips", "max_skips", "start", "limit", "emit_self_as_target"):
        with_rank(ctx.shape(name), 0)
    return [(None,), (None,)]
