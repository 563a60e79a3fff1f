"""Whole sequences from the steps of a beam search.

Source: TensorFlow 1.15, contrib/seq2seq/ops/beam_search_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.windows import merge_sizes

__all__ = ["gather_tree"]

gather_tree_op = define(
    "GatherTree",
    inputs=("step_ids: T", "parent_ids: T", "max_sequence_lengths: int32", "end_token: T"),
    outputs=("beams: T",),
    attrs=("T: {int32}",),
    differentiable=False,
)


@gather_tree_op.shape
def gather_tree_shape(ctx: ShapeContext) -> list[Dims]:
    steps, parents = with_rank(ctx.shape("step_ids"), 3), with_rank(ctx.shape("parent_ids"), 3)
    lengths = with_rank(ctx.shape("max_sequence_lengths"), 1)
    with_rank(ctx.shape("end_token"), 0)
    merged = with_rank(merge_dims(steps, parents), 3)
    return [(merged[0], merge_sizes(merged[1], lengths[0]), merged[2])]


def gather_tree(
    step_ids: Any,
    parent_ids: Any,
    max_sequence_lengths: Any,
    end_token: Any,
    name: str | None = None,
) -> Tensor:
    """Return whole sequences from the choices of each step and the beams that they came from.

    Args:
      step_ids: int32 [time, batch, beam].
      parent_ids: likewise.
      max_sequence_lengths: int32 [batch].
      end_token: what stands behind the end of a sequence.
      name: the name of the node.
    """
    made: Tensor = gather_tree_op(step_ids, parent_ids, max_sequence_lengths, end_token, name=name)
    return made
