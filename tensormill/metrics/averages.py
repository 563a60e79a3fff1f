"""Metrics that are weighted means.

Source: TensorFlow 1.15, python/ops/metrics_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.graph import get_default_graph
from tensormill.metrics.running import (
    Metric,
    collect,
    matching,
    metric_variable,
    value_outside,
)
from tensormill.ops.arithmetic import (
    div_no_nan,
    divide,
    maximum,
    multiply,
    squared_difference,
    subtract,
)
from tensormill.ops.array_shapes import size
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, less
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.weights_broadcast import broadcast_weights
from tensormill.variables.assignments import assign_add
from tensormill.variables.scope import variable_scope

__all__ = [
    "accuracy",
    "mean",
    "mean_absolute_error",
    "mean_cosine_distance",
    "mean_relative_error",
    "mean_squared_error",
    "mean_tensor",
    "percentage_below",
    "root_mean_squared_error",
]


def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the weighted mean of all values seen, and the operation that takes a batch in.

    Args:
      values: numbers.
      weights: broadcast to the values.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = metric_variable([], dtypes.float32, name="total")
        count = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            added = cast(size(values), dtypes.float32)
        else:
            values, _, weights = matching(values, None, weights)
            weights = broadcast_weights(cast(weights, dtypes.float32), values)
            values = multiply(values, weights)
            added = reduce_sum(weights)
        return _quotient(
            total,
            reduce_sum(values),
            count,
            added,
            values,
            metrics_collections,
            updates_collections,
        )


def _quotient(
    total: Any,
    total_added: Any,
    count: Any,
    count_added: Any,
    values: Any,
    metrics_collections: Any,
    updates_collections: Any,
) -> Metric:
    """Return `total / count`, and the operation that adds to both."""
    update_total = assign_add(total, total_added)
    with get_default_graph().control_dependencies([values]):
        update_count = assign_add(count, count_added)
    value = value_outside(
        metrics_collections, lambda: div_no_nan(total, maximum(count, 0), name="value")
    )
    update = div_no_nan(update_total, maximum(update_count, 0), name="update_op")
    collect(updates_collections, update)
    return value, update


def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the weighted mean of each entry of the tensors seen; for the arguments see `mean`."""
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = metric_variable(values.get_shape(), dtypes.float32, name="total_tensor")
        count = metric_variable(values.get_shape(), dtypes.float32, name="count_tensor")
        added = ones_like(values)
        if weights is not None:
            values, _, weights = matching(values, None, weights)
            weights = broadcast_weights(cast(weights, dtypes.float32), values)
            values, added = multiply(values, weights), multiply(added, weights)
        return _quotient(
            total, values, count, added, values, metrics_collections, updates_collections
        )


def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how often predictions equal labels, and the operation that takes a batch in.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      weights: broadcast to the labels.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.

    Raises:
      ValueError: the shapes do not fit.
    """
    predictions, labels, weights = matching(predictions, labels, weights)
    if labels.dtype != predictions.dtype:
        predictions = cast(predictions, labels.dtype)
    is_correct = cast(equal(predictions, labels), dtypes.float32)
    return mean(is_correct, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean of `abs(predictions - labels)`; for the arguments see `accuracy`."""
    predictions, labels, weights = matching(predictions, labels, weights)
    return mean(
        abs_of(predictions - labels),
        weights,
        metrics_collections,
        updates_collections,
        name or "mean_absolute_error",
    )


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean of `(labels - predictions) ** 2`; for the arguments see `accuracy`."""
    predictions, labels, weights = matching(predictions, labels, weights)
    return mean(
        squared_difference(labels, predictions),
        weights,
        metrics_collections,
        updates_collections,
        name or "mean_squared_error",
    )


def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the root of the mean squared error; for the arguments see `accuracy`."""
    predictions, labels, weights = matching(predictions, labels, weights)
    squared, update_squared = mean_squared_error(
        labels, predictions, weights, None, None, name or "root_mean_squared_error"
    )
    value = value_outside(metrics_collections, lambda: sqrt(squared))
    update = sqrt(update_squared)
    collect(updates_collections, update)
    return value, update


def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean of `abs(labels - predictions) / normalizer`, 0 where that is 0.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      normalizer: the divisors, likewise.
      weights: broadcast to the labels.
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the variable scope.

    Raises:
      ValueError: the shapes do not fit.
    """
    predictions, labels, weights = matching(predictions, labels, weights)
    predictions, normalizer, _ = matching(predictions, normalizer, None)
    errors = where(
        equal(normalizer, 0.0),
        zeros_like(labels),
        divide(abs_of(labels - predictions), normalizer),
    )
    return mean(
        errors, weights, metrics_collections, updates_collections, name or "mean_relative_error"
    )


def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return `1 -` the mean of the products of unit vectors along axis `dim`; see `accuracy`."""
    predictions, labels, weights = matching(predictions, labels, weights)
    products = reduce_sum(multiply(predictions, labels), axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    distance = value_outside(metrics_collections, lambda: subtract(1.0, value))
    update = subtract(1.0, update)
    collect(updates_collections, update)
    return distance, update


def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of values below a threshold; for the other arguments see `mean`."""
    is_below = cast(less(values, threshold), dtypes.float32)
    return mean(
        is_below,
        weights,
        metrics_collections,
        updates_collections,
        name or "percentage_below_threshold",
    )
