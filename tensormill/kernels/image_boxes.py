"""Kernels about boxes in images.

Source: TensorFlow 1.15, core/kernels/non_max_suppression_op.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]


def _overlaps(box: Array, others: Array) -> Array:
    """Return the intersection over the union of a box [y1, x1, y2, x2] with others."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = area + areas - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((area <= 0) | (areas <= 0), 0, shared / union)


def _suppress(
    boxes: Array, scores: Array, limit: Any, iou_threshold: Any, score_threshold: float
) -> Array:
    if not 0 <= iou_threshold <= 1:
        raise errors.invalid_argument("iou_threshold must be in [0, 1]")
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise errors.invalid_argument("boxes must have 4 columns")
    if scores.shape != boxes.shape[:1]:
        raise errors.invalid_argument("scores has incompatible shape")
    boxes = boxes.astype(np.float32)
    ordered = np.concatenate(
        [np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], axis=1
    )
    order = np.argsort(-scores.astype(np.float32), kind="stable")
    order = order[scores[order] > score_threshold]
    selected: list[int] = []
    for candidate in order.tolist():
        if len(selected) >= limit:
            break
        kept = ordered[selected]
        if not selected or not np.any(_overlaps(ordered[candidate], kept) > iou_threshold):
            selected.append(candidate)
    return np.array(selected, np.int32)


@kernel(
    "NonMaxSuppression",
    "cpu",
    host_inputs=("boxes", "scores", "max_output_size"),
    host_outputs=("selected_indices",),
)
def non_max_suppression(
    boxes: Array, scores: Array, max_output_size: Any, *, iou_threshold: float
) -> Array:
    return _suppress(boxes, scores, max_output_size, iou_threshold, -np.inf)


@kernel(
    "NonMaxSuppressionV2",
    "cpu",
    host_inputs=("boxes", "scores", "max_output_size", "iou_threshold"),
    host_outputs=("selected_indices",),
)
def non_max_suppression_v2(
    boxes: Array, scores: Array, max_output_size: Any, iou_threshold: Any
) -> Array:
    return _suppress(boxes, scores, max_output_size, iou_threshold, -np.inf)


@kernel(
    "NonMaxSuppressionV3",
    "cpu",
    host_inputs=("boxes", "scores", "max_output_size", "iou_threshold", "score_threshold"),
    host_outputs=("selected_indices",),
)
def non_max_suppression_v3(
    boxes: Array,
    scores: Array,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
) -> Array:
    return _suppress(boxes, scores, max_output_size, iou_threshold, float(score_threshold))
