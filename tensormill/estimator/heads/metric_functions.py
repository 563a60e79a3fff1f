"""The metrics of heads: pairs of a value and an update.

Source: TensorFlow Estimator 1.15, python/estimator/canned/head.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.metrics.averages import accuracy, mean
from tensormill.metrics.classification import auc, precision_at_thresholds, recall_at_thresholds
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import squeeze
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater_equal
from tensormill.ops.weights_broadcast import broadcast_weights

__all__ = [
    "accuracy_at_threshold",
    "accuracy_baseline",
    "area_under_curve",
    "mean_of",
    "precision_at_threshold",
    "recall_at_threshold",
]

Metric = tuple[Any, Any]


def mean_of(values: Any, weights: Any, name: str, scope: str) -> Metric:
    """Return the mean of values, each with its own weight.

    Args:
      values: labels or predictions.
      weights: their weights, or None.
      name: the name of the metric.
      scope: the name scope where there is no name.
    """
    with name_scope(name, scope, [values, weights]) as full:
        values = cast(values, dtypes.float32)
        if weights is not None:
            weights = broadcast_weights(weights, values)
        return mean(values, weights=weights, name=full)


def accuracy_baseline(labels_mean: Metric) -> Metric:
    """Return the accuracy of always giving the more frequent of two labels."""
    with name_scope(None, "accuracy_baseline", list(labels_mean)):
        value, update = labels_mean
        return (
            maximum(value, 1.0 - value, name="value"),
            maximum(update, 1 - update, name="update_op"),
        )


def area_under_curve(
    labels: Any, predictions: Any, weights: Any, name: str, curve: str = "ROC"
) -> Metric:
    """Return the area under a curve of predictions for two labels."""
    with name_scope(name, "auc", [predictions, labels, weights]) as full:
        predictions = cast(predictions, dtypes.float32)
        if weights is not None:
            weights = broadcast_weights(weights, predictions)
        return auc(labels, predictions, weights=weights, curve=curve, name=full)


def accuracy_at_threshold(
    labels: Any, predictions: Any, weights: Any, threshold: float, name: str
) -> Metric:
    """Return the accuracy where predictions of a threshold or more are positive."""
    with name_scope(name, f"accuracy_at_{threshold}", [predictions, labels, weights]) as full:
        positive = cast(greater_equal(predictions, threshold), dtypes.float32)
        return accuracy(labels, positive, weights=weights, name=full)


def precision_at_threshold(
    labels: Any, predictions: Any, weights: Any, threshold: float, name: str
) -> Metric:
    """Return the precision where predictions above a threshold are positive."""
    with name_scope(name, f"precision_at_{threshold}", [predictions, labels, weights]) as full:
        value, update = precision_at_thresholds(
            labels, predictions, thresholds=(threshold,), weights=weights, name=full
        )
        return squeeze(value), squeeze(update)


def recall_at_threshold(
    labels: Any, predictions: Any, weights: Any, threshold: float, name: str
) -> Metric:
    """Return the recall where predictions above a threshold are positive."""
    with name_scope(name, f"recall_at_{threshold}", [predictions, labels, weights]) as full:
        value, update = recall_at_thresholds(
            labels, predictions, thresholds=(threshold,), weights=weights, name=full
        )
        return squeeze(value), squeeze(update)
