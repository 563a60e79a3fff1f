"""Metrics of the k best predictions: precision, recall and average precision at k.

Source: TensorFlow 1.15, python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from tensormill.graph.tensor import Tensor
from tensormill.metrics.running import Metric, collect, metric_variable, value_outside
from tensormill.ops.arithmetic import add, div, minimum, multiply
from tensormill.ops.array_shapes import expand_dims, rank
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater, greater_equal
from tensormill.ops.conditional import cond
from tensormill.ops.filling import fill, ones_like
from tensormill.ops.gathering import where
from tensormill.ops.joining import concat, tile
from tensormill.ops.reduction import reduce_max, reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.ops.sets import set_difference, set_intersection, set_size
from tensormill.ops.sparse_arrays import (
    sparse_concat,
    sparse_retain,
)
from tensormill.ops.sparse_shapes import sparse_reshape
from tensormill.ops.top_k import top_k
from tensormill.ops.weights_broadcast import broadcast_weights
from tensormill.variables.assignments import assign_add

__all__ = [
    "average_precision_at_k",
    "precision_at_k",
    "precision_at_top_k",
    "recall_at_k",
    "recall_at_top_k",
    "sparse_average_precision_at_k",
    "sparse_precision_at_k",
]


def _name(name: str, k: int | None, class_id: int | None = None) -> str:
    full = f"{name}_at_{k}" if k is not None else f"{name}_at_k"
    return full if class_id is None else f"{full}_class{class_id}"


def _as_ids(labels: Any) -> Any:
    labels = convert_to_tensor_or_sparse_tensor(labels)
    if isinstance(labels, SparseTensor):
        return SparseTensor(labels.indices, cast(labels.values, dtypes.int64), labels.dense_shape)
    return cast(labels, dtypes.int64)


def _expanded(labels: Any, predictions: Tensor) -> Any:
    """Return labels with a last dimension where predictions have one more.

    Raises:
      ValueError: the ranks do not fit.
    """
    with name_scope(None, "expand_labels", (predictions,)) as scope:
        labels = convert_to_tensor_or_sparse_tensor(labels)
        if isinstance(labels, SparseTensor):

            def longer() -> SparseTensor:
                shape = concat((labels.dense_shape, (1,)), 0)
                return sparse_reshape(labels, shape, name=scope)

            more = add(size_of(labels.dense_shape), 1)
            return cond(equal(rank(predictions), more), longer, lambda: labels)
        known, wanted = labels.get_shape().ndims, predictions.get_shape().ndims
        if known is not None and wanted is not None:
            if wanted == known + 1:
                return expand_dims(labels, -1, name=scope)
            if wanted == known:
                return labels
            raise ValueError(
                f"Unexpected labels shape {labels.get_shape()} for predictions shape "
                f"{predictions.get_shape()}."
            )
        return cond(
            equal(rank(predictions), add(rank(labels), 1)),
            lambda: expand_dims(labels, -1, name=scope),
            lambda: labels,
        )


def _only_class(ids: Any, class_id: int) -> Any:
    """Return the ids that are those of one class, as sets."""
    if isinstance(ids, SparseTensor):
        return sparse_retain(ids, equal(ids.values, class_id))
    shape = shape_of(ids, out_type=dtypes.int64)
    one = concat([shape[:-1], [1]], 0)
    wanted = fill(one, cast(class_id, dtypes.int64))
    found = set_intersection(wanted, ids)
    return SparseTensor(found.indices, found.values, shape)


def _counted(
    name: str,
    count: Callable[[Any, Any], Any],
    labels: Any,
    predictions_idx: Tensor,
    k: int | None,
    class_id: int | None,
    weights: Any,
) -> tuple[Any, Any]:
    """Count the ids in a set made of predictions and labels."""
    with name_scope(None, _name(name, k, class_id), (predictions_idx,)) as scope:
        pair: tuple[Any, Any] = (labels, predictions_idx)
        if class_id is not None:
            pair = (_only_class(labels, class_id), _only_class(predictions_idx, class_id))
        number = cast(set_size(count(*pair)), dtypes.float64)
        if weights is not None:
            weights = broadcast_weights(cast(weights, dtypes.float64), number)
            number = multiply(number, weights)
        total = cast(reduce_sum(number), dtypes.float64)
        variable = metric_variable([], dtypes.float64, name=scope)
        return variable, assign_add(variable, total, name="update")


def _hits(labels: Any, predictions: Any) -> Any:
    return set_intersection(predictions, labels)


def _misses(labels: Any, predictions: Any) -> Any:
    return set_difference(predictions, labels, aminusb=False)


def _false_hits(labels: Any, predictions: Any) -> Any:
    return set_difference(predictions, labels, aminusb=True)


def _share_at_top_k(
    name: str | None,
    default_name: str,
    other: str,
    count_other: Callable[[Any, Any], Any],
    labels: Any,
    predictions_idx: Any,
    k: int | None,
    class_id: int | None,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
) -> Metric:
    values = (predictions_idx, weights)
    with name_scope(name, _name(default_name, k, class_id), values) as scope:
        labels = _expanded(_as_ids(labels), predictions_idx)
        ids = cast(predictions_idx, dtypes.int64)
        right, update_right = _counted("true_positive", _hits, labels, ids, k, class_id, weights)
        wrong, update_wrong = _counted(other, count_other, labels, ids, k, class_id, weights)
        value = value_outside(
            metrics_collections, lambda: div(right, add(right, wrong), name=scope)
        )
        update = div(update_right, add(update_right, update_wrong), name="update")
        collect(updates_collections, update)
        return value, update


def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of labels that are among the k best predictions.

    Args:
      labels: int64 [..., labels], dense or sparse; or [...] of one label each.
      predictions_idx: int64 [..., k], the best classes.
      k: names the metric.
      class_id: the only class that counts.
      weights: broadcast to [...].
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the scope.
    """
    return _share_at_top_k(
        name, "recall", "false_negative", _misses, labels, predictions_idx, k, class_id, weights,
        metrics_collections, updates_collections,
    )  # fmt: skip


def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of the k best predictions that are labels; see `recall_at_top_k`."""
    return _share_at_top_k(
        name, "precision", "false_positive", _false_hits, labels, predictions_idx, k, class_id,
        weights, metrics_collections, updates_collections,
    )  # fmt: skip


def recall_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of labels among the k largest predictions [..., classes].

    For the other arguments see `recall_at_top_k`.
    """
    with name_scope(name, _name("recall", k, class_id), (predictions, weights)) as scope:
        _, best = top_k(predictions, k)
        return recall_at_top_k(
            labels, best, k, class_id, weights, metrics_collections, updates_collections, scope
        )


def precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the share of the k largest predictions [..., classes] that are labels.

    For the other arguments see `recall_at_top_k`.
    """
    with name_scope(name, _name("precision", k, class_id), (predictions, weights)) as scope:
        _, best = top_k(predictions, k)
        return precision_at_top_k(
            labels, best, k, class_id, weights, metrics_collections, updates_collections, scope
        )


sparse_precision_at_k = precision_at_k


def _relevant_count(labels: Any, k: int) -> Tensor:
    """Return how many of k predictions could be labels."""
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    if isinstance(labels, SparseTensor):
        return minimum(set_size(labels), k)
    is_label = greater_equal(labels, 0)
    return minimum(reduce_sum(cast(is_label, dtypes.int32), axis=-1), k)


def _within_classes(labels: Any, predictions: Any) -> Any:
    """Return labels with -1 instead of those that are no class of the predictions."""
    classes = cast(shape_of(predictions)[-1], dtypes.int64)
    values = labels.values if isinstance(labels, SparseTensor) else labels

    def cleaned() -> Any:
        kept = where(greater_equal(values, classes), -ones_like(values), values)
        if isinstance(labels, SparseTensor):
            return SparseTensor(labels.indices, kept, labels.dense_shape)
        return kept

    return cond(greater_equal(reduce_max(values), classes), cleaned, lambda: labels)


def _repeated(labels: Any, rank_of: int, times: int) -> Any:
    """Return labels of a rank, [..., labels], as [..., times, labels]."""
    if isinstance(labels, SparseTensor):
        shape = labels.dense_shape
        one = sparse_reshape(labels, concat([shape[:-1], [1], shape[-1:]], 0))
        return sparse_concat(rank_of - 1, [one] * times)
    return tile(expand_dims(labels, -2), [1] * (rank_of - 1) + [times, 1])


def _average_precision(labels: Any, predictions_idx: Tensor) -> Tensor:
    """Return the average precision of each row."""
    with name_scope(None, "average_precision", (predictions_idx,)) as scope:
        ids = cast(predictions_idx, dtypes.int64)
        k = ids.get_shape()[-1].value
        rank_of = ids.get_shape().ndims
        if k is None or rank_of is None:
            raise ValueError("The last dimension of predictions_idx must be set.")
        labels = _expanded(labels, ids)
        hits = set_size(set_intersection(expand_dims(ids, -1), _repeated(labels, rank_of, k)))
        relevant = cast(hits, dtypes.float64)
        found = cumsum(relevant, axis=-1)
        retrieved = cumsum(ones_like(relevant), axis=-1)
        total = reduce_sum(div(found, retrieved) * relevant, axis=-1)
        count = cast(_relevant_count(labels, k), dtypes.float64)
        return div(total, count, name=scope)


def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean over rows of the average precision of the k largest predictions.

    Args:
      labels: int64 [..., labels], dense or sparse; or [...] of one label each.
      predictions: floats [..., classes].
      k: how many predictions count.
      weights: broadcast to [...].
      metrics_collections: collections for the value.
      updates_collections: collections for the operation.
      name: the name of the scope.

    Raises:
      ValueError: `k` is not positive.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    with name_scope(name, _name("average_precision", k), (predictions, weights)) as scope:
        _, best = top_k(predictions, k)
        labels = _within_classes(_as_ids(labels), predictions)
        return average_precision_at_top_k(
            labels, best, weights, metrics_collections, updates_collections, scope
        )


def sparse_average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return the mean average precision; the older name of `average_precision_at_k`."""
    return average_precision_at_k(
        labels, predictions, k, weights, metrics_collections, updates_collections, name
    )


def average_precision_at_top_k(
    labels: Any,
    best: Tensor,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    """Return the mean over rows of the average precision of the classes `best`, best first."""
    with name_scope(name, "average_precision_at_k", (best, weights)) as scope:
        precision = _average_precision(labels, best)
        if weights is not None:
            weights = broadcast_weights(cast(weights, dtypes.float64), precision)
            precision = multiply(precision, weights)
        with name_scope(None, "max", (precision,)) as max_scope:
            most = metric_variable([], dtypes.float64, name=max_scope)
            if weights is None:
                added = cast(size_of(precision, name="batch_max"), dtypes.float64)
            else:
                added = reduce_sum(weights, name="batch_max")
            update_most = assign_add(most, added, name="update")
        with name_scope(None, "total", (precision,)) as total_scope:
            total = metric_variable([], dtypes.float64, name=total_scope)
            summed = reduce_sum(precision, name="batch_total")
            update_total = assign_add(total, summed, name="update")
        value = value_outside(metrics_collections, lambda: _quotient(total, most, "mean"))
        update = _quotient(update_total, update_most, scope)
        collect(updates_collections, update)
        return value, update


def _quotient(numerator: Any, denominator: Any, name: str) -> Tensor:
    """Return a quotient, 0 where the denominator is not positive."""
    denominator = denominator + 0
    return where(greater(denominator, 0), div(numerator, denominator), denominator * 0, name=name)
