"""`tf.contrib.metrics`: covariance, correlation, agreement and numbers of values.

Source: TensorFlow 1.15, contrib/metrics/python/ops/metric_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.metrics.running import Metric, collect, matching, metric_variable, value_outside
from tensormill.ops.arithmetic import div_no_nan, multiply, truediv
from tensormill.ops.array_shapes import size, squeeze
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, less_equal
from tensormill.ops.confusion_matrix import confusion_matrix
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.filling import zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.identities import identity
from tensormill.ops.matrix_diagonals import diag_part
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.weights_broadcast import broadcast_weights
from tensormill.variables.assignments import assign_add
from tensormill.variables.scope import variable_scope

__all__ = ["cohen_kappa", "count", "streaming_covariance", "streaming_pearson_correlation"]


def _running_mean(name: str, values: Tensor, batch_count: Any, total: Any) -> tuple[Any, Any, Any]:
    """Keep a mean; return that of the batch, that before, and what the batch adds to it."""
    mean = metric_variable([], dtypes.float32, name=name)
    batch_mean = div_no_nan(reduce_sum(values), batch_count)
    delta = div_no_nan((batch_mean - mean) * batch_count, total)
    return batch_mean, assign_add(mean, delta) - delta, mean


def streaming_covariance(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the unbiased covariance of all pairs so far, NaN for fewer than two.

    Args:
      predictions: floats of any shape.
      labels: floats of the same shape.
      weights: of the pairs.
      metrics_collections: where the value is noted.
      updates_collections: where the update is noted.
      name: the name of the scope.
    """
    with variable_scope(name, "covariance", (predictions, labels, weights)):
        predictions, labels, weights = matching(predictions, labels, weights)
        total = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            batch_count = cast(size(labels), dtypes.float32)
            weights = 1.0
        else:
            weights = broadcast_weights(weights, labels)
            batch_count = reduce_sum(weights)
        update_total = assign_add(total, batch_count)
        before = update_total - batch_count
        batch_x, x_before, _ = _running_mean(
            "mean_prediction", multiply(predictions, weights), batch_count, update_total
        )
        batch_y, y_before, _ = _running_mean(
            "mean_label", multiply(labels, weights), batch_count, update_total
        )
        comoment = metric_variable([], dtypes.float32, name="comoment")
        within = reduce_sum((predictions - batch_x) * (labels - batch_y) * weights)
        between = (
            (x_before - batch_x) * (y_before - batch_y) * (before * batch_count / update_total)
        )
        update_comoment = assign_add(comoment, within + between)

        def covariance(part: str) -> Tensor:
            known = truediv(comoment, total - 1)
            none = zeros_like(known) + float("nan")
            made: Tensor = where(less_equal(total, 1.0), none, known, name=part)
            return made

        value = covariance("covariance")
        with control_dependencies([update_comoment]):
            update = covariance("update_op")
    collect(metrics_collections, value)
    collect(updates_collections, update)
    return value, update


def streaming_pearson_correlation(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the correlation of all pairs so far; see `streaming_covariance`."""
    with variable_scope(name, "pearson_r", (predictions, labels, weights)):
        predictions, labels, weights = matching(predictions, labels, weights)
        if weights is not None:
            weights = broadcast_weights(weights, labels)
        both = streaming_covariance(predictions, labels, weights, name="covariance")
        of_x = streaming_covariance(predictions, predictions, weights, name="variance_predictions")
        of_y = streaming_covariance(labels, labels, weights, name="variance_labels")
        value, update = (
            truediv(both[i], multiply(sqrt(of_x[i]), sqrt(of_y[i])), name=part)
            for i, part in enumerate(("pearson_r", "update_op"))
        )
    collect(metrics_collections, value)
    collect(updates_collections, update)
    return value, update


def count(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how many values there were so far, or the sum of their weights."""
    with variable_scope(name, "count", (values, weights)):
        total = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            added = cast(size(values), dtypes.float32)
        else:
            values, _, weights = matching(cast(values, dtypes.float32), None, weights)
            added = reduce_sum(broadcast_weights(cast(weights, dtypes.float32), values))
        with control_dependencies([values]):
            update = assign_add(total, added)
        value = value_outside(metrics_collections, lambda: identity(total))
        collect(updates_collections, update)
        return value, update


def cohen_kappa(
    labels: Any,
    predictions_idx: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how much more often two raters agree than by chance.

    Args:
      labels: the classes of one, [n] or [n, 1].
      predictions_idx: the classes of the other.
      num_classes: how many classes there are.
      weights: of the examples.
      metrics_collections: where the value is noted.
      updates_collections: where the update is noted.
      name: the name of the scope.

    Raises:
      ValueError: there are fewer than two classes, or the shapes do not fit.
    """
    if num_classes < 2:
        raise ValueError(f"`num_classes` must be >= 2.Found: {num_classes}")
    with variable_scope(name, "cohen_kappa", (labels, predictions_idx, weights)):
        labels.get_shape().with_rank_at_most(2)
        if labels.get_shape().ndims == 2:
            labels = squeeze(labels, axis=[-1])
        predictions_idx, labels, weights = matching(predictions_idx, labels, weights)
        whole = weights is None or weights.dtype.is_integer
        dtype = dtypes.int64 if whole else dtypes.float32
        table = confusion_matrix(
            labels, predictions_idx, num_classes, weights=weights, dtype=dtype,
            name="counts_in_table",
        )  # fmt: skip
        parts = {
            "po": diag_part(table),
            "pe_row": reduce_sum(table, axis=0),
            "pe_col": reduce_sum(table, axis=1),
        }
        kept = [metric_variable((num_classes,), dtype, name=part) for part in parts]
        updates = [assign_add(a, b) for a, b in zip(kept, parts.values(), strict=True)]
        value, update = _kappa(kept, "value"), _kappa(updates, "update_op")
        collect(metrics_collections, value)
        collect(updates_collections, update)
        return value, update


def _kappa(sums: list[Any], name: str) -> Tensor:
    agreed, rows, columns = sums
    total = cast(reduce_sum(rows), dtypes.float64)
    by_chance = reduce_sum(div_no_nan(cast(rows * columns, dtypes.float64), total))
    above = cast(reduce_sum(agreed), dtypes.float64) - by_chance
    below = total - by_chance
    made: Tensor = where(equal(below, 0), zeros_like(below), truediv(above, below), name=name)
    return made
