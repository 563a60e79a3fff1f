"""Boxes in images."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
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

non_max_suppression_v4_op = define(
    "NonMaxSuppressionV4",
    inputs=(
        "boxes: T",
        "scores: T",
        "max_output_size: int32",
        "iou_threshold: T_threshold",
        "score_threshold: T_threshold",
    ),
    outputs=(
        "selected_indices: int32",
        "valid_outputs: int32",
    ),
    attrs=(
        "T: {float16, float32} = DT_FLOAT",
        "T_threshold: {float16, float32} = DT_FLOAT",
        "pad_to_max_output_size: bool = false",
    ),
    differentiable=False,
)
non_max_suppression_v5_op = define(
    "NonMaxSuppressionV5",
    inputs=(
        "boxes: T",
        "scores: T",
        "max_output_size: int32",
        "iou_threshold: T",
        "score_threshold: T",
        "soft_nms_sigma: T",
    ),
    outputs=(
        "selected_indices: int32",
        "selected_scores: T",
        "valid_outputs: int32",
    ),
    attrs=(
        "T: {float16, float32} = DT_FLOAT",
        "pad_to_max_output_size: bool = false",
    ),
    differentiable=False,
)
non_max_suppression_with_overlaps_op = define(
    "NonMaxSuppressionWithOverlaps",
    inputs=(
        "overlaps: float32",
        "scores: float32",
        "max_output_size: int32",
        "overlap_threshold: float32",
        "score_threshold: float32",
    ),
    outputs=("selected_indices: int32",),
    differentiable=False,
)
combined_non_max_suppression_op = define(
    "CombinedNonMaxSuppression",
    inputs=(
        "boxes: float32",
        "scores: float32",
        "max_output_size_per_class: int32",
        "max_total_size: int32",
        "iou_threshold: float32",
        "score_threshold: float32",
    ),
    outputs=(
        "nmsed_boxes: float32",
        "nmsed_scores: float32",
        "nmsed_classes: float32",
        "valid_detections: int32",
    ),
    attrs=(
        "pad_per_class: bool = false",
        "clip_boxes: bool = true",
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


@non_max_suppression_v4_op.shape
def non_max_suppression_v4_shape(ctx: ShapeContext) -> list[Dims]:
    return [_selected(ctx), ()]


@non_max_suppression_v5_op.shape
def non_max_suppression_v5_shape(ctx: ShapeContext) -> list[Dims]:
    selected = _selected(ctx)
    return [selected, selected, ()]


def _selected(ctx: ShapeContext) -> Dims:
    non_max_suppression_shape(ctx)
    return (ctx.size("max_output_size") if ctx.attrs["pad_to_max_output_size"] else None,)


@non_max_suppression_with_overlaps_op.shape
def non_max_suppression_with_overlaps_shape(ctx: ShapeContext) -> list[Dims]:
    overlaps, scores = with_rank(ctx.shape(0), 2), with_rank(ctx.shape(1), 1)
    merge_sizes(overlaps[0], scores[0])
    merge_sizes(overlaps[0], overlaps[1])
    return [(None,)]


@combined_non_max_suppression_op.shape
def combined_non_max_suppression_shape(ctx: ShapeContext) -> list[Dims]:
    boxes, scores = with_rank(ctx.shape(0), 4), with_rank(ctx.shape(1), 3)
    batch = merge_sizes(boxes[0], scores[0])
    merge_sizes(boxes[1], scores[1])
    merge_sizes(boxes[3], 4)
    if boxes[2] not in (None, 1):
        merge_sizes(boxes[2], scores[2])
    count, each = ctx.size("max_total_size"), ctx.size("max_output_size_per_class")
    if count == 0:
        raise ValueError("max_total_size should be > 0")
    if each == 0 and ctx.attrs["pad_per_class"]:
        raise ValueError("max_output_size_per_class must be > 0 if pad_per_class is set to true")
    if ctx.attrs["pad_per_class"]:
        known = count is not None and each is not None and scores[2] is not None
        count = min(count, each * scores[2]) if known else None  # type: ignore
    return [(batch, count, 4), (batch, count), (batch, count), (batch,)]


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


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the indices and scores of the best boxes; overlapping ones may lose score only.

    Args:
      boxes: corners [y1, x1, y2, x2], [n, 4].
      scores: [n].
      max_output_size: how many boxes at most.
      iou_threshold: the most that boxes may overlap, in [0, 1].
      score_threshold: boxes with no higher score are dropped.
      soft_nms_sigma: how fast scores fall with the overlap; 0 drops boxes instead.
      name: the name of the nodes.
    """
    with OpScope(name, "non_max_suppression_with_scores"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        soft_nms_sigma = convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma")
        indices, kept, _ = non_max_suppression_v5_op(
            boxes,
            scores,
            max_output_size,
            iou_threshold,
            score_threshold,
            soft_nms_sigma,
            pad_to_max_output_size=False,
        )
        return indices, kept


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the indices of the best boxes, filled up with zeros, and how many there are.

    Args:
      boxes: corners [y1, x1, y2, x2], [n, 4].
      scores: [n].
      max_output_size: how many boxes at most.
      iou_threshold: the most that boxes may overlap, in [0, 1].
      score_threshold: boxes with no higher score are dropped.
      pad_to_max_output_size: whether the indices are filled up.
      name: the name of the nodes.
    """
    with OpScope(name, "non_max_suppression_padded"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        indices, count = non_max_suppression_v4_op(
            boxes,
            scores,
            max_output_size,
            iou_threshold,
            score_threshold,
            pad_to_max_output_size=pad_to_max_output_size,
        )
        return indices, count


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Return the indices of the best boxes, whose overlaps are given: [n, n].

    Args:
      overlaps: [n, n].
      scores: [n].
      max_output_size: how many boxes at most.
      overlap_threshold: the most that boxes may overlap.
      score_threshold: boxes with no higher score are dropped.
      name: the name of the nodes.
    """
    with OpScope(name, "non_max_suppression_overlaps"):
        overlap_threshold = convert_to_tensor(overlap_threshold, name="overlap_threshold")
        return non_max_suppression_with_overlaps_op(
            overlaps, scores, max_output_size, overlap_threshold, score_threshold
        )


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> list[Tensor]:
    """Return the best boxes of all classes of each image, with scores, classes and their number.

    Args:
      boxes: corners [y1, x1, y2, x2], [batch, n, classes or 1, 4].
      scores: [batch, n, classes].
      max_output_size_per_class: how many boxes of a class at most.
      max_total_size: how many boxes of an image at most.
      iou_threshold: the most that boxes of a class may overlap, in [0, 1].
      score_threshold: boxes with no higher score are dropped.
      pad_per_class: whether the result is no longer than all classes could fill.
      clip_boxes: whether corners are clipped to [0, 1].
      name: the name of the nodes.
    """
    with OpScope(name, "combined_non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, dtypes.float32, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, dtypes.float32, name="score_threshold")
        made: list[Tensor] = combined_non_max_suppression_op(
            boxes,
            scores,
            max_output_size_per_class,
            max_total_size,
            iou_threshold,
            score_threshold,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )
        return made
