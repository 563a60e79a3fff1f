"""Boxes in images."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.windows import merge_sizes

non_max_suppression_op = define(
    "NonMaxSuppression",
    inputs=(
        "boxes: float32",
        "scores: float32",
        "max_output_size: int32",
    ),
    outputs=("selected_indices: int32",),
    attrs=("iou_threshold: float = 0.5",),
    differentiable=False,
)
non_max_suppression_v2_op = define(
    "NonMaxSuppressionV2",
    inputs=(
        "boxes: T",
        "scores: T",
        "max_output_size: int32",
        "iou_threshold: T_threshold",
    ),
    outputs=("selected_indices: int32",),
    attrs=(
        "T: {float16, float32} = DT_FLOAT32",
        "T_threshold: {float16, float32} = DT_FLOAT32",
    ),
    differentiable=False,
)
non_max_suppression_v3_op = define(
    "NonMaxSuppressionV3",
    inputs=(
        "boxes: T",
        "scores: T",
        "max_output_size: int32",
        "iou_threshold: T_threshold",
        "score_threshold: T_threshold",
    ),
    outputs=("selected_indices: int32",),
    attrs=(
        "T: {float16, float32} = DT_FLOAT32",
        "T_threshold: {float16, float32} = DT_FLOAT32",
    ),
    differentiable=False,
)


@non_max_suppression_op.shape
@non_max_suppression_v2_op.shape
@non_max_suppression_v3_op.shape
def non_max_suppression_shape(ctx: ShapeContext) -> list[Dims]:
    boxes, scores = with_rank(ctx.shape(0), 2), with_rank(ctx.shape(1), 1)
    merge_sizes(boxes[0], scores[0])
    merge_sizes(boxes[1], 4)
    return [(None,)]


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Return the indices of the best boxes, without those that overlap a better one too much.

    Args:
      boxes: corners [y1, x1, y2, x2], [n, 4].
      scores: [n].
      max_output_size: how many boxes at most.
      iou_threshold: the most that boxes may overlap, in [0, 1].
      score_threshold: boxes with no higher score are dropped.
      name: the name of the nodes.
    """
    with OpScope(name, "non_max_suppression", [boxes, scores]):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        return non_max_suppression_v3_op(
            boxes, scores, max_output_size, iou_threshold, score_threshold
        )
