"""`tf.contrib.metrics`: metrics whose predictions come first, and rates at thresholds.

Most are those of `tf.metrics` under another signature; a row of the table names the function and
its parameters.

Source: TensorFlow 1.15, contrib/metrics/python/ops/metric_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.reordering import reordered
from tensormill.graph.tensor import Tensor
from tensormill.metrics import averages, classification, confusion, ranking
from tensormill.metrics.classification import counts_at
from tensormill.metrics.running import collect, matching
from tensormill.ops.arithmetic import div
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater, greater_equal
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import abs as abs_
from tensormill.ops.filling import ones_like
from tensormill.ops.gathering import where
from tensormill.ops.grouping import group
from tensormill.ops.joining import stack
from tensormill.ops.reduction import argmax, argmin, reduce_max, reduce_mean, reduce_sum
from tensormill.ops.top_k import in_top_k
from tensormill.variables.scope import variable_scope

_EPSILON = 1e-7
_END = "metrics_collections updates_collections name"
_PAIR = f"predictions labels weights {_END}"

_ROWS: dict[str, tuple[Callable[..., Any], str]] = {
    "streaming_true_positives": (classification.true_positives, _PAIR),
    "streaming_true_negatives": (classification.true_negatives, _PAIR),
    "streaming_false_positives": (classification.false_positives, _PAIR),
    "streaming_false_negatives": (classification.false_negatives, _PAIR),
    "streaming_mean": (averages.mean, f"values weights {_END}"),
    "streaming_mean_tensor": (averages.mean_tensor, f"values weights {_END}"),
    "streaming_accuracy": (averages.accuracy, _PAIR),
    "streaming_precision": (classification.precision, _PAIR),
    "streaming_recall": (classification.recall, _PAIR),
    "streaming_auc": (
        classification.auc,
        "predictions labels weights num_thresholds=200 metrics_collections updates_collections "
        "curve='ROC' name",
    ),
    "streaming_specificity_at_sensitivity": (
        confusion.specificity_at_sensitivity,
        f"predictions labels sensitivity weights num_thresholds=200 {_END}",
    ),
    "streaming_sensitivity_at_specificity": (
        confusion.sensitivity_at_specificity,
        f"predictions labels specificity weights num_thresholds=200 {_END}",
    ),
    "streaming_precision_at_thresholds": (
        classification.precision_at_thresholds,
        f"predictions labels thresholds weights {_END}",
    ),
    "streaming_recall_at_thresholds": (
        classification.recall_at_thresholds,
        f"predictions labels thresholds weights {_END}",
    ),
    "streaming_sparse_recall_at_k": (
        ranking.recall_at_k,
        f"predictions labels k class_id weights {_END}",
    ),
    "streaming_sparse_precision_at_k": (
        ranking.precision_at_k,
        f"predictions labels k class_id weights {_END}",
    ),
    "streaming_sparse_average_precision_at_k": (
        ranking.average_precision_at_k,
        f"predictions labels k weights {_END}",
    ),
    "streaming_mean_absolute_error": (averages.mean_absolute_error, _PAIR),
    "streaming_mean_squared_error": (averages.mean_squared_error, _PAIR),
    "streaming_root_mean_squared_error": (averages.root_mean_squared_error, _PAIR),
    "streaming_mean_relative_error": (
        averages.mean_relative_error,
        f"predictions labels normalizer weights {_END}",
    ),
    "streaming_mean_cosine_distance": (
        averages.mean_cosine_distance,
        f"predictions labels dim weights {_END}",
    ),
    "streaming_percentage_less": (averages.percentage_below, f"values threshold weights {_END}"),
    "streaming_mean_iou": (confusion.mean_iou, f"predictions labels num_classes weights {_END}"),
}

__all__ = [
    *_ROWS,
    "accuracy",
    "aggregate_metric_map",
    "aggregate_metrics",
    "f1_score",
    "precision_at_recall",
    "recall_at_precision",
    "sparse_recall_at_top_k",
    "streaming_curve_points",
    "streaming_false_negative_rate",
    "streaming_false_negative_rate_at_thresholds",
    "streaming_false_negatives_at_thresholds",
    "streaming_false_positive_rate",
    "streaming_false_positive_rate_at_thresholds",
    "streaming_false_positives_at_thresholds",
    "streaming_recall_at_k",
    "streaming_sparse_average_precision_at_top_k",
    "streaming_sparse_precision_at_top_k",
    "streaming_true_negatives_at_thresholds",
    "streaming_true_positives_at_thresholds",
]

for _name, (_target, _parameters) in _ROWS.items():
    globals()[_name] = reordered(
        _name,
        _target,
        _parameters,
        f"Call `tf.metrics.{_target.__name__}`; arguments: {_parameters}.",
    )

Metric = tuple[Any, Any]


def _collected(value: Any, update: Any, metrics: Any, updates: Any) -> Metric:
    collect(metrics, value)
    collect(updates, update)
    return value, update


def aggregate_metrics(*value_update_tuples: Metric) -> tuple[list[Any], list[Any]]:
    """Return the values and the updates of several metrics, each as a list.

    Raises:
      ValueError: there is no metric.
    """
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return the values and the updates of metrics by name, each as a dict."""
    return (
        {name: metric[0] for name, metric in names_to_tuples.items()},
        {name: metric[1] for name, metric in names_to_tuples.items()},
    )


def _at_k(name: str, k: int | None = None, class_id: int | None = None) -> str:
    made = f"{name}_at_k" if k is None else f"{name}_at_{k}"
    return made if class_id is None else f"{made}_class{class_id}"


def streaming_recall_at_k(
    predictions: Any,
    labels: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how often the class of an example is among its `k` likeliest ones."""
    found = cast(in_top_k(predictions, labels, k), dtypes.float32)
    name = name or _at_k("recall", k)
    return averages.mean(found, weights, metrics_collections, updates_collections, name)


def streaming_sparse_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how many of the best classes are right; see `tf.metrics.precision_at_top_k`."""
    default = _at_k("precision", class_id=class_id)
    with name_scope(name, default, (top_k_predictions, labels, weights)) as scope:
        return ranking.precision_at_top_k(
            labels=labels,
            predictions_idx=top_k_predictions,
            class_id=class_id,
            weights=weights,
            metrics_collections=metrics_collections,
            updates_collections=updates_collections,
            name=scope,
        )


def sparse_recall_at_top_k(
    labels: Any,
    top_k_predictions: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how many of the right classes are among the best; see `tf.metrics.recall_at_top_k`."""
    default = _at_k("recall", class_id=class_id)
    with name_scope(name, default, (top_k_predictions, labels, weights)) as scope:
        return ranking.recall_at_top_k(
            labels=labels,
            predictions_idx=top_k_predictions,
            class_id=class_id,
            weights=weights,
            metrics_collections=metrics_collections,
            updates_collections=updates_collections,
            name=scope,
        )


def streaming_sparse_average_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean over the examples of the average precision of their best classes."""
    return ranking.average_precision_at_top_k(
        labels, top_k_predictions, weights, metrics_collections, updates_collections, name
    )


def _rate(
    default_name: str,
    wrong: Callable[..., Metric],
    right: Callable[..., Metric],
    predictions: Any,
    labels: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    with variable_scope(name, default_name, (predictions, labels, weights)):
        predictions, labels, weights = matching(
            cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights
        )
        given = {"labels": labels, "predictions": predictions, "weights": weights}
        parts = zip(wrong(**given), right(**given), ("value", "update_op"), strict=True)
        value, update = (
            where(greater(a + b, 0), div(a, a + b), 0 * (a + b), name=part) for a, b, part in parts
        )
        return _collected(value, update, metrics_collections, updates_collections)


def streaming_false_positive_rate(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how many of what is false is predicted to be true."""
    return _rate(
        "false_positive_rate", classification.false_positives, classification.true_negatives,
        predictions, labels, weights, metrics_collections, updates_collections, name,
    )  # fmt: skip


def streaming_false_negative_rate(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return how many of what is true is predicted to be false."""
    return _rate(
        "false_negative_rate", classification.false_negatives, classification.true_positives,
        predictions, labels, weights, metrics_collections, updates_collections, name,
    )  # fmt: skip


def _counts(
    predictions: Any, labels: Any, thresholds: Sequence[float], weights: Any, keys: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    return counts_at(labels, predictions, thresholds, weights, keys, is_checked=False)


def _count_at_thresholds(key: str) -> Callable[..., Metric]:
    def count(
        predictions: Any, labels: Any, thresholds: Sequence[float], weights: Any = None
    ) -> Metric:
        values, updates = _counts(predictions, labels, thresholds, weights, (key,))
        return values[key], updates[key]

    return count


streaming_true_positives_at_thresholds = _count_at_thresholds("tp")
streaming_false_negatives_at_thresholds = _count_at_thresholds("fn")
streaming_false_positives_at_thresholds = _count_at_thresholds("fp")
streaming_true_negatives_at_thresholds = _count_at_thresholds("tn")


def _rate_at_thresholds(wrong: str, right: str, kind: str, short: str) -> Callable[..., Metric]:
    def rate(
        predictions: Any,
        labels: Any,
        thresholds: Sequence[float],
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Metric:
        scope = f"{kind}_rate_at_thresholds"
        with variable_scope(name, scope, (predictions, labels, weights)):
            made = _counts(predictions, labels, thresholds, weights, (wrong, right))
            value, update = (
                div(counts[wrong], _EPSILON + counts[wrong] + counts[right], name=f"{short}_{part}")
                for counts, part in zip(made, ("value", "update_op"), strict=True)
            )
            return _collected(value, update, metrics_collections, updates_collections)

    return rate


streaming_false_positive_rate_at_thresholds = _rate_at_thresholds(
    "fp", "tn", "false_positive", "fpr"
)
streaming_false_negative_rate_at_thresholds = _rate_at_thresholds(
    "fn", "tp", "false_negative", "fnr"
)


def _thresholds(count: int) -> list[float]:
    """Return numbers from just below 0 to just above 1."""
    return [-_EPSILON, *[i / (count - 1) for i in range(1, count - 1)], 1.0 + _EPSILON]


def streaming_curve_points(
    labels: Any = None,
    predictions: Any = None,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
) -> Metric:
    """Return the points of a curve, [num_thresholds, 2].

    Args:
      labels: what is true.
      predictions: how likely it is held to be, in [0, 1].
      weights: of the examples.
      num_thresholds: at how many thresholds.
      metrics_collections: where the points are noted.
      updates_collections: where the update is noted.
      curve: "ROC" (false positives, recall) or "PR" (recall, precision).
      name: the name of the scope.

    Raises:
      ValueError: there is no such curve.
    """
    with variable_scope(name, "curve_points", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
        values, updates = _counts(
            predictions, labels, _thresholds(num_thresholds), weights, ("tp", "fn", "tn", "fp")
        )
        small = 1e-6
        recall = div(values["tp"] + small, values["tp"] + values["fn"] + small)
        if curve == "ROC":
            points = div(values["fp"], values["fp"] + values["tn"] + small), recall
        else:
            points = recall, div(values["tp"] + small, values["tp"] + values["fp"] + small)
        made = stack(points, axis=1)
        update = group(*updates.values())
        return _collected(made, update, metrics_collections, updates_collections)


def recall_at_precision(
    labels: Any,
    predictions: Any,
    precision: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
    strict_mode: bool = False,
) -> Metric:
    """Return the recall at the threshold whose precision is next to the one that is asked for.

    Args:
      labels: what is true.
      predictions: how likely it is held to be, in [0, 1].
      precision: the precision, in [0, 1].
      weights: of the examples.
      num_thresholds: among how many thresholds.
      metrics_collections: where the value is noted.
      updates_collections: where the update is noted.
      name: the name of the scope.
      strict_mode: return 0 where no threshold has at least that precision.

    Raises:
      ValueError: `precision` is not in [0, 1].
    """
    if not 0 <= precision <= 1:
        raise ValueError("`precision` must be in the range [0, 1].")

    def recall(counts: dict[str, Any], part: str) -> Any:
        tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
        precisions = div(tp, tp + fp + _EPSILON)
        if not strict_mode:
            at = argmin(abs_(precisions - precision), 0, output_type=dtypes.int32)
            return div(tp[at], tp[at] + fn[at] + _EPSILON, part)
        nearest = div(1.0, precisions - precision + _EPSILON)
        at = argmax(nearest, 0, output_type=dtypes.int32)
        return cond(
            precisions[at] >= precision,
            lambda: div(tp[at], tp[at] + fn[at] + _EPSILON, part),
            lambda: convert_to_tensor(0.0),
        )

    with variable_scope(name, "recall_at_precision", (predictions, labels, weights)):
        made = _counts(
            predictions, labels, _thresholds(num_thresholds), weights, ("tp", "fn", "tn", "fp")
        )
        value, update = (
            recall(counts, part) for counts, part in zip(made, ("value", "update_op"), strict=True)
        )
        return _collected(value, update, metrics_collections, updates_collections)


def precision_at_recall(
    labels: Any,
    predictions: Any,
    target_recall: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the precision at the highest threshold whose recall is high enough.

    Raises:
      ValueError: `target_recall` is not in [0, 1].
    """
    if not 0 <= target_recall <= 1:
        raise ValueError("`target_recall` must be in the range [0, 1].")

    def precision(counts: dict[str, Any], part: str) -> Any:
        tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
        recalls = div(tp, tp + fn + _EPSILON)
        at = reduce_sum(cast(greater_equal(recalls, target_recall), dtypes.int64)) - 1
        return div(tp[at] + _EPSILON, tp[at] + fp[at] + _EPSILON, part)

    with variable_scope(name, "precision_at_recall", (predictions, labels, weights)):
        made = _counts(
            predictions, labels, _thresholds(num_thresholds), weights, ("tp", "fn", "tn", "fp")
        )
        value, update = (
            precision(counts, part)
            for counts, part in zip(made, ("value", "update_op"), strict=True)
        )
        return _collected(value, update, metrics_collections, updates_collections)


def f1_score(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the greatest harmonic mean of precision and recall at any threshold."""

    def best(counts: dict[str, Any], part: str) -> Tensor:
        tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
        precision = div(tp, _EPSILON + tp + fp, name=f"precision_{part}")
        recall = div(tp, _EPSILON + tp + fn, name=f"recall_{part}")
        return reduce_max(2.0 * precision * recall / (precision + recall + _EPSILON))

    with variable_scope(name, "f1", (labels, predictions, weights)):
        made = counts_at(
            labels, predictions, _thresholds(num_thresholds), weights, ("tp", "fp", "fn")
        )
        value, update = (
            best(counts, part) for counts, part in zip(made, ("value", "update"), strict=True)
        )
        return _collected(value, update, metrics_collections, updates_collections)


def accuracy(predictions: Tensor, labels: Tensor, weights: Any = None, name: Any = None) -> Tensor:
    """Return how many of the predictions of one batch are right.

    Raises:
      ValueError: the labels are no classes, or of another dtype than the predictions.
    """
    if not (labels.dtype.is_integer or labels.dtype in (dtypes.bool, dtypes.string)):
        raise ValueError(f"Labels should have bool, integer, or string dtype, not {labels.dtype!r}")
    if not labels.dtype.is_compatible_with(predictions.dtype):
        raise ValueError(
            "Dtypes of predictions and labels should match. Given: predictions "
            f"({predictions.dtype!r}) and labels ({labels.dtype!r})"
        )
    with name_scope(name, "accuracy", [predictions, labels]):
        is_correct = cast(equal(predictions, labels), dtypes.float32)
        if weights is None:
            return reduce_mean(is_correct)
        counted = weights * ones_like(is_correct)
        made: Tensor = div(reduce_sum(is_correct * weights), reduce_sum(counted))
        return made
