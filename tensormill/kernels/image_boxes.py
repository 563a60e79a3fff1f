"""Kernels about boxes in images.

Source: TensorFlow 1.15, core/kernels/non_max_suppression_op.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import check_scalars

Array = np.ndarray[Any, Any]
_ANY_SCORE = np.float32(-np.inf)


def _overlaps(boxes: Array, others: Array) -> Array:
    """Return the intersection over the union of boxes [..., (y1, x1, y2, x2)] that broadcast."""
    low = np.maximum(boxes[..., :2], others[..., :2])
    high = np.minimum(boxes[..., 2:], others[..., 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    area = np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1)
    areas = np.prod(others[..., 2:] - others[..., :2], axis=-1)
    union = area + areas - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((area <= 0) | (areas <= 0), 0, shared / union)


def _check_limit(limit: Any) -> None:
    check_scalars(max_output_size=limit)
    if limit < 0:
        raise errors.invalid_argument("output size must be non-negative")


def _check(boxes: Array, scores: Array, limit: Any, iou_threshold: Any) -> None:
    _check_limit(limit)
    check_scalars(iou_threshold=iou_threshold)
    if not 0 <= iou_threshold <= 1:
        raise errors.invalid_argument("iou_threshold must be in [0, 1]")
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise errors.invalid_argument("boxes must have 4 columns")
    if scores.shape != boxes.shape[:1]:
        raise errors.invalid_argument("scores has incompatible shape")


_BLOCK = 64
"""So many candidates are compared with each other, and with those that are selected, at once."""


def _suppress(
    boxes: Array, scores: Array, limit: Any, iou_threshold: Any, score_threshold: Any
) -> Array:
    check_scalars(score_threshold=score_threshold)
    _check(boxes, scores, limit, iou_threshold)
    boxes = boxes.astype(np.float32)
    ordered = np.concatenate(
        [np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], axis=1
    )
    order = np.argsort(-scores.astype(np.float32), kind="stable")
    order = order[scores[order] > score_threshold]
    selected: list[int] = []
    for first in range(0, order.size, _BLOCK):
        block = order[first : first + _BLOCK]
        candidates = ordered[block][:, None]
        is_free = ~(_overlaps(candidates, ordered[selected]) > iou_threshold).any(1)
        excludes = _overlaps(candidates, ordered[block]) > iou_threshold
        for index in np.flatnonzero(is_free).tolist():
            if len(selected) >= limit:
                return np.array(selected, np.int32)
            if is_free[index]:
                selected.append(int(block[index]))
                is_free &= ~excludes[index]
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
    return _suppress(boxes, scores, max_output_size, np.float64(iou_threshold), _ANY_SCORE)


@kernel(
    "NonMaxSuppressionV2",
    "cpu",
    host_inputs=("boxes", "scores", "max_output_size", "iou_threshold"),
    host_outputs=("selected_indices",),
)
def non_max_suppression_v2(
    boxes: Array, scores: Array, max_output_size: Any, iou_threshold: Any
) -> Array:
    return _suppress(boxes, scores, max_output_size, iou_threshold, _ANY_SCORE)


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
    return _suppress(boxes, scores, max_output_size, iou_threshold, score_threshold)


@kernel(
    "NonMaxSuppressionV4",
    "cpu",
    host_inputs=("boxes", "scores", "max_output_size", "iou_threshold", "score_threshold"),
    host_outputs=("selected_indices", "valid_outputs"),
)
def non_max_suppression_v4(
    boxes: Array,
    scores: Array,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_to_max_output_size: bool,
) -> tuple[Array, Any]:
    selected = _suppress(boxes, scores, max_output_size, iou_threshold, score_threshold)
    count = np.int32(len(selected))
    return _padded(selected, max_output_size, pad_to_max_output_size), count


def _padded(values: Array, size: Any, is_padded: bool) -> Array:
    if not is_padded:
        return values
    return np.concatenate([values, np.zeros(int(size) - len(values), values.dtype)])


@kernel(
    "NonMaxSuppressionV5",
    "cpu",
    host_inputs=(
        "boxes", "scores", "max_output_size", "iou_threshold", "score_threshold", "soft_nms_sigma",
    ),
    host_outputs=("selected_indices", "selected_scores", "valid_outputs"),
)  # fmt: skip
def non_max_suppression_v5(
    boxes: Array,
    scores: Array,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    soft_nms_sigma: Any,
    *,
    pad_to_max_output_size: bool,
) -> tuple[Array, Array, Any]:
    check_scalars(soft_nms_sigma=soft_nms_sigma, score_threshold=score_threshold)
    if not soft_nms_sigma >= 0:
        raise errors.invalid_argument("soft_nms_sigma_val must be >= 0")
    _check(boxes, scores, max_output_size, iou_threshold)
    if not soft_nms_sigma:
        indices = _suppress(boxes, scores, max_output_size, iou_threshold, score_threshold)
        values = scores[indices]
    else:
        indices, values = _soften(
            boxes, scores, int(max_output_size), iou_threshold, score_threshold, soft_nms_sigma
        )
    count = np.int32(len(indices))
    is_padded = pad_to_max_output_size
    return (
        _padded(indices, max_output_size, is_padded),
        _padded(values, max_output_size, is_padded),
        count,
    )


def _soften(
    boxes: Array, scores: Array, limit: int, most: Any, least: Any, sigma: Any
) -> tuple[Array, Array]:
    """Choose boxes one by one, and lower the scores of the others by their overlap."""
    left = boxes.astype(np.float32)
    ordered = np.concatenate(
        [np.minimum(left[:, :2], left[:, 2:]), np.maximum(left[:, :2], left[:, 2:])], axis=1
    )
    current = scores.astype(np.float32).copy()
    waiting = set(np.flatnonzero(current > least).tolist())
    indices: list[int] = []
    values: list[Any] = []
    scale = np.float32(-0.5 / float(sigma))
    while waiting and len(indices) < limit:
        best = min(waiting, key=lambda i: (-current[i], i))
        waiting.discard(best)
        indices.append(best)
        values.append(current[best])
        rest = np.array(sorted(waiting), int)
        overlaps = _overlaps(ordered[best], ordered[rest])
        current[rest] *= np.where(overlaps <= most, np.exp(scale * overlaps * overlaps), 0)
        waiting = {i for i in waiting if current[i] > least}
    return np.array(indices, np.int32), np.array(values, scores.dtype)


@kernel(
    "NonMaxSuppressionWithOverlaps",
    "cpu",
    host_inputs=("overlaps", "scores", "max_output_size", "overlap_threshold", "score_threshold"),
    host_outputs=("selected_indices",),
)
def non_max_suppression_with_overlaps(
    overlaps: Array,
    scores: Array,
    max_output_size: Any,
    overlap_threshold: Any,
    score_threshold: Any,
) -> Array:
    _check_limit(max_output_size)
    check_scalars(overlap_threshold=overlap_threshold, score_threshold=score_threshold)
    if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1]:
        raise errors.invalid_argument("overlaps must be square")
    if scores.shape != overlaps.shape[:1]:
        raise errors.invalid_argument("scores has incompatible shape")
    order = np.argsort(-scores, kind="stable")
    selected: list[int] = []
    for candidate in order[scores[order] > score_threshold].tolist():
        if len(selected) >= max_output_size:
            break
        if not np.any(overlaps[candidate, selected] > overlap_threshold):
            selected.append(candidate)
    return np.array(selected, np.int32)


def _check_batch(boxes: Array, scores: Array) -> None:
    if boxes.ndim != 4:
        raise errors.invalid_argument(
            f"boxes must be 4-D, got shape {format_dims(boxes.shape, 'kernel')}"
        )
    if scores.ndim != 3:
        raise errors.invalid_argument(
            f"scores must be 3-D, got shape {format_dims(scores.shape, 'kernel')}"
        )
    if boxes.shape[0] != scores.shape[0]:
        raise errors.invalid_argument("boxes and scores must have same batch size")
    if boxes.shape[1] != scores.shape[1]:
        raise errors.invalid_argument("boxes and scores must have same number of boxes")
    if boxes.shape[2] not in (1, scores.shape[2]):
        raise errors.invalid_argument("third dimension of boxes must be either 1 or num classes")
    if boxes.shape[3] != 4:
        raise errors.invalid_argument("boxes must have 4 columns")


@kernel(
    "CombinedNonMaxSuppression",
    "cpu",
    host_inputs=(
        "boxes", "scores", "max_output_size_per_class", "max_total_size", "iou_threshold",
        "score_threshold",
    ),
    host_outputs=("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
)  # fmt: skip
def combined_non_max_suppression(
    boxes: Array,
    scores: Array,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_per_class: bool,
    clip_boxes: bool,
) -> tuple[Array, Array, Array, Array]:
    check_scalars(
        max_size_per_class=max_output_size_per_class,
        max_total_size=max_total_size,
        iou_threshold=iou_threshold,
        score_threshold=score_threshold,
    )
    if max_output_size_per_class <= 0:
        raise errors.invalid_argument("max_size_per_class must be positive")
    if max_total_size <= 0:
        raise errors.invalid_argument("max_total_size must be > 0")
    if not 0 <= iou_threshold <= 1:
        raise errors.invalid_argument("iou_threshold must be in [0, 1]")
    _check_batch(boxes, scores)
    batch, _, classes = scores.shape
    size = int(max_total_size)
    if pad_per_class:
        size = min(size, int(max_output_size_per_class) * classes)
    made_boxes = np.zeros((batch, size, 4), np.float32)
    made_scores = np.zeros((batch, size), np.float32)
    made_classes = np.zeros((batch, size), np.float32)
    counts = np.zeros(batch, np.int32)
    for image in range(batch):
        found: list[tuple[float, int, int]] = []
        for label in range(classes):
            own = boxes[image, :, label if boxes.shape[2] > 1 else 0]
            kept = _suppress(
                own,
                scores[image, :, label],
                max_output_size_per_class,
                iou_threshold,
                score_threshold,
            )
            found += [(float(scores[image, i, label]), label, int(i)) for i in kept]
        found.sort(key=lambda item: -item[0])
        counts[image] = min(len(found), size)
        for place, (score, label, i) in enumerate(found[:size]):
            box = boxes[image, i, label if boxes.shape[2] > 1 else 0]
            made_boxes[image, place] = np.clip(box, 0, 1) if clip_boxes else box
            made_scores[image, place] = score
            made_classes[image, place] = label
    return made_boxes, made_scores, made_classes, counts
