"""Metrics of classifiers: right and wrong answers, precision, recall, areas under curves.

Source: TensorFlow 1.15, python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.metrics.running import (
    Metric,
    collect,
    matching,
    metric_variable,
    value_outside,
)
from tensormill.ops.arithmetic import divide, maximum, minimum, multiply
from tensormill.ops.array_shapes import expand_dims, rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import (
    assert_greater_equal,
    assert_less_equal,
    assert_rank_in,
)
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater, logical_and
from tensormill.ops.elementwise_unary import logical_not
from tensormill.ops.gathering import where
from tensormill.ops.identities import identity
from tensormill.ops.joining import stack, tile
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.transposition import transpose
from tensormill.ops.weights_broadcast import broadcast_weights
from tensormill.variables.assignments import assign_add
from tensormill.variables.scope import variable_scope

__all__ = [
    "auc",
    "counts_at",
    "false_negatives",
    "false_positives",
    "precision",
    "precision_at_thresholds",
    "recall",
    "recall_at_thresholds",
    "true_negatives",
    "true_positives",
]


def _count(
    default_name: str,
    label: bool,
    prediction: bool,
    labels: Any,
    predictions: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    """Count the examples with this label and this prediction."""
    with variable_scope(name, default_name, (predictions, labels, weights)):
        predictions, labels, weights = matching(
            cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights
        )
        is_counted = logical_and(equal(labels, label), equal(predictions, prediction))
        count = metric_variable([], dtypes.float32, name="count")
        values = cast(is_counted, dtypes.float32)
        if weights is not None:
            check = assert_rank_in(weights, (0, rank(values)))
            with get_default_graph().control_dependencies([check]):
                values = multiply(values, cast(weights, dtypes.float32))
        value = value_outside(metrics_collections, lambda: identity(count))
        update = assign_add(count, reduce_sum(values))
        collect(updates_collections, update)
        return value, update


def true_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the (weighted) number of true examples predicted as true.

    Args:
      labels: bools, or what is cast to them.
      predictions: likewise, of the same shape.
      weights: broadcast to the labels.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.

    Raises:
      ValueError: the shapes do not fit.
    """
    return _count(
        "true_positives", True, True, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def true_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the number of false examples predicted as false; see `true_positives`."""
    return _count(
        "true_negatives", False, False, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def false_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the number of false examples predicted as true; see `true_positives`."""
    return _count(
        "false_positives", False, True, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def false_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the number of true examples predicted as false; see `true_positives`."""
    return _count(
        "false_negatives", True, False, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def _share(right: Any, wrong: Any, name: str) -> Tensor:
    total = right + wrong
    return where(greater(total, 0), divide(right, total), 0, name)


def _ratio(
    default_name: str,
    count_wrong: Callable[..., Metric],
    labels: Any,
    predictions: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    """Return the share of true positives among them and the examples that `count_wrong` counts."""
    with variable_scope(name, default_name, (predictions, labels, weights)):
        predictions, labels, weights = matching(
            cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights
        )
        right, update_right = true_positives(labels, predictions, weights)
        wrong, update_wrong = count_wrong(labels, predictions, weights)
        value = value_outside(metrics_collections, lambda: _share(right, wrong, "value"))
        update = _share(update_right, update_wrong, "update_op")
        collect(updates_collections, update)
        return value, update


def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of true examples among those predicted as true; see `true_positives`."""
    return _ratio(
        "precision", false_positives, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of those predicted as true among the true examples; see `true_positives`."""
    return _ratio(
        "recall", false_negatives, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


_COUNTS = {
    "tp": ("true_positives", True, True),
    "fn": ("false_negatives", True, False),
    "tn": ("true_negatives", False, False),
    "fp": ("false_positives", False, True),
}


def counts_at(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any,
    wanted: Sequence[str],
    is_checked: bool = True,
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the counts at each threshold, and the operations that take a batch in.

    Predictions outside of [0, 1] are refused, if they are checked.
    """
    in_range = (
        []
        if not is_checked
        else [
            compare(
                predictions, cast(limit, predictions.dtype), message="predictions must be in [0, 1]"
            )
            for compare, limit in ((assert_greater_equal, 0.0), (assert_less_equal, 1.0))
        ]
    )
    with get_default_graph().control_dependencies(in_range):
        predictions, labels, weights = matching(
            cast(predictions, dtypes.float32), cast(labels, dtypes.bool), weights
        )
    count = len(thresholds)
    column = reshape(predictions, [-1, 1])
    row = reshape(cast(labels, dtypes.bool), [1, -1])
    number = shape_of(column)[0]
    limits = tile(expand_dims(constant(list(thresholds)), [1]), stack([1, number]))
    is_positive = greater(tile(transpose(column), [count, 1]), limits)
    is_true = tile(row, [count, 1])
    weights_tiled = None
    if weights is not None:
        weights = broadcast_weights(cast(weights, dtypes.float32), predictions)
        weights_tiled = tile(reshape(weights, [1, -1]), [count, 1])
    values, updates = {}, {}
    for key in wanted:
        name, label, prediction = _COUNTS[key]
        counted = logical_and(
            is_true if label else logical_not(is_true),
            is_positive if prediction else logical_not(is_positive),
        )
        variable = metric_variable([count], dtypes.float32, name=name)
        added = cast(counted, dtypes.float32)
        if weights_tiled is not None:
            added *= weights_tiled
        updates[key] = assign_add(variable, reduce_sum(added, 1))
        values[key] = variable
    return values, updates


def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Any = None,
) -> Metric:
    """Return the approximate area under the ROC or the precision-recall curve.

    Args:
      labels: bools, or what is cast to them.
      predictions: probabilities in [0, 1], of the same shape.
      weights: broadcast to the labels.
      num_thresholds: the number of points of the curve.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      curve: "ROC" or "PR".
      name: the name of the variable scope.
      summation_method: "trapezoidal", "minoring" or "majoring".
      thresholds: the thresholds between the first and the last point.

    Raises:
      ValueError: an unknown curve or method, or the shapes do not fit.
    """
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    if summation_method not in ("trapezoidal", "minoring", "majoring"):
        raise ValueError(f"Invalid summation_method: {summation_method}")
    with variable_scope(name, "auc", (labels, predictions, weights)):
        if thresholds is None:
            inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        else:
            inner = sorted(thresholds)
        points = [-1e-7, *inner, 1.0 + 1e-7]
        values, updates = counts_at(labels, predictions, points, weights, tuple(_COUNTS))
        last = len(points) - 1
        value = value_outside(
            metrics_collections,
            lambda: _area(values, curve, summation_method, last, "value"),
        )
        update = _area(updates, curve, summation_method, last, "update_op")
        collect(updates_collections, update)
        return value, update


def _area(counts: dict[str, Any], curve: str, method: str, last: int, name: str) -> Tensor:
    epsilon = 1.0e-6
    tp, fn, tn, fp = (counts[key] for key in _COUNTS)
    true_rate = divide(tp + epsilon, tp + fn + epsilon)
    if curve == "ROC":
        x, y = divide(fp, fp + tn + epsilon), true_rate
    else:
        x, y = true_rate, divide(tp + epsilon, tp + fp + epsilon)
    widths = x[:last] - x[1:]
    if method == "trapezoidal":
        heights = (y[:last] + y[1:]) / 2.0
    else:
        heights = (minimum if method == "minoring" else maximum)(y[:last], y[1:])
    return reduce_sum(multiply(widths, heights), name=name)


def _at_thresholds(
    default_name: str,
    other: str,
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    def ratio(counts: dict[str, Any], scope: str) -> Tensor:
        right, wrong = counts["tp"], counts[other]
        return divide(right, 1e-7 + right + wrong, name=f"{default_name.split('_')[0]}_{scope}")

    with variable_scope(name, default_name, (predictions, labels, weights)):
        values, updates = counts_at(labels, predictions, thresholds, weights, ("tp", other))
        value = value_outside(metrics_collections, lambda: ratio(values, "value"))
        update = ratio(updates, "update_op")
        collect(updates_collections, update)
        return value, update


def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the precision at each threshold; for the other arguments see `auc`."""
    return _at_thresholds(
        "precision_at_thresholds", "fp", labels, predictions, thresholds, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the recall at each threshold; for the other arguments see `auc`."""
    return _at_thresholds(
        "recall_at_thresholds", "fn", labels, predictions, thresholds, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip
