"""Metrics of classes: intersection over union, accuracy by class, counts at thresholds.

Source: TensorFlow 1.15, python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.metrics.classification import counts_at
from tensormill.metrics.running import Metric, collect, metric_variable, value_outside
from tensormill.ops.arithmetic import div, div_no_nan
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater, not_equal
from tensormill.ops.confusion_matrix import confusion_matrix
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.filling import ones, ones_like
from tensormill.ops.gathering import where
from tensormill.ops.identities import identity
from tensormill.ops.matrix_diagonals import diag_part
from tensormill.ops.reduction import argmax, argmin, reduce_mean, reduce_min, reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.variables.assignments import assign_add, scatter_add
from tensormill.variables.scope import variable_scope

__all__ = [
    "false_negatives_at_thresholds",
    "false_positives_at_thresholds",
    "mean_iou",
    "mean_per_class_accuracy",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
    "true_negatives_at_thresholds",
    "true_positives_at_thresholds",
]

_EPSILON = 1e-7


def _flat(values: Any) -> Tensor:
    values = convert_to_tensor(values)
    rank: Any = values.get_shape().ndims
    return reshape(values, [-1]) if rank is None or rank > 1 else values


def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean over classes of intersection over union, and what takes a batch in.

    Args:
      labels: integers, the true classes.
      predictions: integers, the predicted classes.
      num_classes: the number of classes.
      weights: how much each example counts.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.

    Returns:
      the value, and the operation, which gives the whole confusion matrix.
    """
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        total = metric_variable(
            [num_classes, num_classes], dtypes.float64, name="total_confusion_matrix"
        )
        current = confusion_matrix(
            _flat(cast(labels, dtypes.int64)),
            _flat(cast(predictions, dtypes.int64)),
            num_classes,
            weights=None if weights is None else _flat(weights),
            dtype=dtypes.float64,
        )
        update = assign_add(total, current)
        value = value_outside(metrics_collections, lambda: _mean_iou(total, "mean_iou"))
        collect(updates_collections, update)
        return value, update


def _mean_iou(matrix: Any, name: str) -> Tensor:
    rows = cast(reduce_sum(matrix, 0), dtypes.float32)
    columns = cast(reduce_sum(matrix, 1), dtypes.float32)
    diagonal = cast(diag_part(matrix), dtypes.float32)
    union = rows + columns - diagonal
    present = reduce_sum(cast(not_equal(union, 0), dtypes.float32))
    union = where(greater(union, 0), union, ones_like(union))
    total = reduce_sum(div(diagonal, union), name=name)
    return where(greater(present, 0), total / present, total * 0)


def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean over classes of how often they are predicted; see `mean_iou`.

    The operation gives the accuracy of each class.
    """
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels = _flat(cast(labels, dtypes.int64))
        total = metric_variable([num_classes], dtypes.float32, name="total")
        count = metric_variable([num_classes], dtypes.float32, name="count")
        each = ones([size_of(labels)], dtypes.float32)
        predictions = _flat(predictions)
        if labels.dtype != predictions.dtype:
            predictions = cast(predictions, labels.dtype)
        is_correct = cast(equal(predictions, labels), dtypes.float32)
        if weights is not None:
            weights = cast(_flat(weights), dtypes.float32)
            is_correct *= weights
            each *= weights
        update_total = scatter_add(total, labels, each)
        update_count = scatter_add(count, labels, is_correct)

        value = value_outside(
            metrics_collections,
            lambda: reduce_mean(div_no_nan(count, total), name="mean_accuracy"),
        )
        update = div_no_nan(update_count, update_total, name="update_op")
        collect(updates_collections, update)
        return value, update


def _count_at_thresholds(
    default_name: str,
    key: str,
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    with variable_scope(name, default_name, (predictions, labels, weights)):
        values, updates = counts_at(labels, predictions, thresholds, weights, (key,))
        value = value_outside(metrics_collections, lambda: identity(values[key]))
        collect(updates_collections, updates[key])
        return value, updates[key]


def true_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the (weighted) number of true examples predicted as true at each threshold.

    Args:
      labels: bools, or what is cast to them.
      predictions: probabilities in [0, 1], of the same shape.
      thresholds: in [0, 1].
      weights: broadcast to the labels.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.
    """
    return _count_at_thresholds(
        "true_positives", "tp", labels, predictions, thresholds, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def true_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the true negatives at each threshold; see `true_positives_at_thresholds`."""
    return _count_at_thresholds(
        "true_negatives", "tn", labels, predictions, thresholds, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def false_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the false positives at each threshold; see `true_positives_at_thresholds`."""
    return _count_at_thresholds(
        "false_positives", "fp", labels, predictions, thresholds, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def false_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the false negatives at each threshold; see `true_positives_at_thresholds`."""
    return _count_at_thresholds(
        "false_negatives", "fn", labels, predictions, thresholds, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def _at_the_point(
    default_name: str,
    compute: Callable[[dict[str, Any], str], Tensor],
    labels: Any,
    predictions: Any,
    weights: Any,
    num_thresholds: int,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    with variable_scope(name, default_name, (predictions, labels, weights)):
        inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        thresholds = [0.0 - _EPSILON, *inner, 1.0 + _EPSILON]
        values, updates = counts_at(
            labels, predictions, thresholds, weights, ("tp", "fn", "tn", "fp")
        )
        value = value_outside(metrics_collections, lambda: compute(values, "value"))
        update = compute(updates, "update_op")
        collect(updates_collections, update)
        return value, update


def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the sensitivity at the threshold whose specificity is nearest to a given one.

    Args:
      labels: bools, or what is cast to them.
      predictions: probabilities in [0, 1], of the same shape.
      specificity: in [0, 1].
      weights: broadcast to the labels.
      num_thresholds: the number of thresholds.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.

    Raises:
      ValueError: `specificity` is out of range.
    """
    if specificity < 0 or specificity > 1:
        raise ValueError("`specificity` must be in the range [0, 1].")

    def compute(counts: dict[str, Any], scope: str) -> Tensor:
        specificities = div(counts["tn"], counts["tn"] + counts["fp"] + _EPSILON)
        index = cast(argmin(abs_of(specificities - specificity), 0), dtypes.int32)
        right = counts["tp"][index]
        return div(right, right + counts["fn"][index] + _EPSILON, scope)

    return _at_the_point(
        "sensitivity_at_specificity", compute, labels, predictions, weights, num_thresholds,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the specificity at the threshold whose sensitivity is nearest to a given one.

    For the other arguments see `sensitivity_at_specificity`.

    Raises:
      ValueError: `sensitivity` is out of range.
    """
    if sensitivity < 0 or sensitivity > 1:
        raise ValueError("`sensitivity` must be in the range [0, 1].")

    def compute(counts: dict[str, Any], scope: str) -> Tensor:
        sensitivities = div(counts["tp"], counts["tp"] + counts["fn"] + _EPSILON)
        distances = abs_of(sensitivities - sensitivity)
        # Of several thresholds that are as near, the last one counts.
        is_nearest = cast(equal(distances, reduce_min(distances)), dtypes.int64)
        index = cast(argmax(cumsum(is_nearest), 0), dtypes.int32)
        right = counts["tn"][index]
        return div(right, right + counts["fp"][index] + _EPSILON, scope)

    return _at_the_point(
        "specificity_at_sensitivity", compute, labels, predictions, weights, num_thresholds,
        metrics_collections, updates_collections, name,
    )  # fmt: skip
