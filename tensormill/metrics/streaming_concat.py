"""`tf.contrib.metrics`: all values so far, and areas under curves of all of them.

Source: TensorFlow 1.15, contrib/metrics/python/ops/metric_ops.py, histogram_ops.py.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.metrics.running import Metric, collect, matching, metric_variable
from tensormill.ops.arithmetic import maximum, minimum, truediv
from tensormill.ops.array_shapes import rank, reshape, shape, shape_internal, size
from tensormill.ops.assertions import assert_greater_equal, assert_less_equal, assert_type
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, greater, less, logical_or
from tensormill.ops.conditional import cond
from tensormill.ops.confusion_matrix import remove_squeezable_dimensions
from tensormill.ops.elementwise_unary import abs as abs_
from tensormill.ops.elementwise_unary import ceil, floor, log, logical_not
from tensormill.ops.filling import ones_like, zeros, zeros_like
from tensormill.ops.gathering import gather, where
from tensormill.ops.grids import boolean_mask
from tensormill.ops.grouping import group
from tensormill.ops.histograms import histogram_fixed_width
from tensormill.ops.joining import stack
from tensormill.ops.padding import pad
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.ops.sequences import linspace
from tensormill.ops.top_k import top_k
from tensormill.ops.transposition import reverse, transpose
from tensormill.ops.uniqueness import unique_with_counts
from tensormill.variables.assignments import assign, assign_add, scatter_add
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "auc_using_histogram",
    "precision_recall_at_equal_thresholds",
    "streaming_concat",
    "streaming_dynamic_auc",
]

_GROWTH = 1.5


def streaming_concat(
    values: Tensor,
    axis: int = 0,
    max_size: int | None = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Return all values so far, one batch after the other.

    Args:
      values: of known sizes but for `axis`.
      axis: the dimension along which they are joined.
      max_size: how many are kept, the first ones; by default all.
      metrics_collections: where the values are noted.
      updates_collections: where the update is noted.
      name: the name of the scope.

    Raises:
      ValueError: the shape is not known far enough, or there is no such dimension.
    """
    with variable_scope(name, "streaming_concat", (values,)):
        dims = values.dims
        if dims is None:
            raise ValueError("`values` must have known statically known rank")
        count = len(dims)
        axis = axis + count if axis < 0 else axis
        if not 0 <= axis < count:
            raise ValueError(f"axis = {axis!r} not in [0, {count!r})")
        others = [dim for at, dim in enumerate(dims) if at != axis]
        if None in others:
            raise ValueError(
                "all dimensions of `values` other than the dimension to concatenate along must "
                "have statically known size"
            )
        array = metric_variable(
            [max_size or 0, *others], values.dtype, validate_shape=False, name="array"
        )
        used = metric_variable([], dtypes.int32, name="size")
        kept = array[:used]
        kept.set_shape([None, *others])
        back = [0 if at == axis else at + 1 if at < axis else at for at in range(count)]
        value = transpose(kept, back, name="concat")
        added = shape(values)[axis]
        if max_size is not None:
            added = minimum(added, max_size - used)
        rows = transpose(values, [axis, *[at for at in range(count) if at != axis]])[:added]
        needed = used + added
        capacity = shape_internal(array, optimize=False)[0]
        grown = cond(needed > capacity, lambda: _grow(array, used, needed, others), no_op.make)
        with control_dependencies([grown]):
            written = array[used:needed].assign(rows)
        with control_dependencies([written]):
            update = used.assign(needed)
        collect(metrics_collections, value)
        collect(updates_collections, update)
        return value, update


def _grow(array: Any, used: Any, needed: Tensor, others: list[Any]) -> Any:
    """Give an array a power of the factor of growth as its size; its values stay."""
    steps = ceil(log(cast(needed, dtypes.float32)) / math.log(_GROWTH))
    capacity = cast(ceil(_GROWTH**steps), dtypes.int32)
    empty = zeros(stack([capacity, *others]), array.dtype.base_dtype)
    old = array.value()
    with control_dependencies([old]):
        resized = assign(array, empty, validate_shape=False)
    with control_dependencies([resized]):
        copied = array[:used].assign(old[:used])
    with control_dependencies([copied]):
        return no_op.make()


def streaming_dynamic_auc(
    labels: Any,
    predictions: Any,
    curve: str = "ROC",
    metrics_collections: Any = (),
    updates_collections: Any = (),
    name: str | None = None,
    weights: Any = None,
) -> Metric:
    """Return the exact area under a curve of all examples so far, which are all kept.

    Args:
      labels: 0 or 1.
      predictions: any numbers, greater ones for likelier examples.
      curve: "ROC" or "PR".
      metrics_collections: where the value is noted.
      updates_collections: where the update is noted.
      name: the name of the scope.
      weights: of the examples.

    Raises:
      ValueError: there is no such curve, or the shapes do not fit.
    """
    if curve not in ("PR", "ROC"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    with variable_scope(name, "dynamic_auc"):
        labels.get_shape().assert_is_compatible_with(predictions.get_shape())
        predictions = reshape(cast(predictions, dtypes.float64), [-1])
        labels = reshape(cast(labels, dtypes.int64), [-1])
        bounds = [
            assert_greater_equal(
                labels, zeros_like(labels), message="labels must be 0 or 1, at least one is <0"
            ),
            assert_less_equal(
                labels, ones_like(labels), message="labels must be 0 or 1, at least one is >1"
            ),
        ]
        with control_dependencies(bounds):
            all_predictions, predictions_update = streaming_concat(predictions, name="concat_preds")
            all_labels, labels_update = streaming_concat(labels, name="concat_labels")
            updates = [labels_update, predictions_update]
            all_weights = None
            if weights is not None:
                weights = reshape(cast(weights, dtypes.float64), [-1])
                all_weights, weights_update = streaming_concat(weights, name="concat_weights")
                updates.append(weights_update)
            update = group(*updates)
            value = _dynamic_auc(all_labels, all_predictions, curve, all_weights)
            collect(updates_collections, update)
            collect(metrics_collections, value)
            return value, update


def _dynamic_auc(labels: Tensor, predictions: Tensor, curve: str, weights: Any) -> Tensor:
    number = size(predictions)
    if weights is None:
        weights = ones_like(labels, dtype=dtypes.float64)
    labels, predictions, weights = matching(labels, predictions, weights)
    nothing = zeros_like(labels, dtype=dtypes.float64)
    total = reduce_sum(weights)
    total_positive = reduce_sum(where(greater(labels, 0), weights, nothing))

    def area() -> Tensor:
        ordered, order = top_k(predictions, k=number)
        ordered_labels, ordered_weights = gather(labels, order), gather(weights, order)
        none = zeros_like(ordered_labels, dtype=dtypes.float64)
        _, _, counts = unique_with_counts(ordered)
        ends = cast(pad(cumsum(counts), [[1, 0]]), dtypes.int32)

        def up_to_ends(values: Tensor) -> Tensor:
            return gather(pad(cumsum(values), [[1, 0]]), ends)

        positive = up_to_ends(where(greater(ordered_labels, 0), ordered_weights, none))
        recall = truediv(positive, total_positive)
        if curve == "ROC":
            negative = up_to_ends(where(less(ordered_labels, 1), ordered_weights, none))
            x, y = truediv(negative, total - total_positive), recall
        else:
            precision = truediv(positive, up_to_ends(ordered_weights))
            x, y = recall, where(greater(ends, 0), precision, ones_like(positive))
        return reduce_sum((y[1:] + y[:-1]) / 2.0 * abs_(x[1:] - x[:-1]))

    one_class = logical_or(equal(total_positive, 0), equal(total_positive, total))
    made: Tensor = cond(one_class, lambda: constant(0, dtypes.float64), area)
    return made


PrecisionRecallData = namedtuple(
    "PrecisionRecallData", ["tp", "fp", "tn", "fn", "precision", "recall", "thresholds"]
)


def precision_recall_at_equal_thresholds(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Return counts, precision and recall at thresholds that are equally far apart.

    Args:
      labels: bool.
      predictions: in [0, 1].
      weights: of the examples.
      num_thresholds: how many thresholds; 201 by default.
      use_locking: whether updates of the counts wait for each other; by default they do.
      name: the name of the scope.

    Raises:
      TypeError: the labels are not bool.
    """
    steps = (201 if num_thresholds is None else num_thresholds) - 1
    weights = 1.0 if weights is None else weights
    assert_type(labels, dtypes.bool)
    default = "precision_recall_at_equal_thresholds"
    with variable_scope(name, default, (labels, predictions, weights)):
        message = "predictions must be in [0, 1]"
        bounds = [
            assert_greater_equal(predictions, cast(0.0, predictions.dtype), message=message),
            assert_less_equal(predictions, cast(1.0, predictions.dtype), message=message),
        ]
        with control_dependencies(bounds):
            predictions, labels, weights = matching(predictions, labels, weights)
        is_true, weights = cast(labels, dtypes.float64), cast(weights, dtypes.float64)
        predictions = reshape(predictions, [-1])
        buckets = cast(floor(predictions * steps), dtypes.int32)
        counts, updates = [], []
        added = (("tp", is_true * weights), ("fp", (1.0 - is_true) * weights))
        for key, amount in added:
            with name_scope("variables"):
                kept = metric_variable([steps + 1], dtypes.float64, name=f"{key}_buckets")
            with name_scope("update_op"):
                locking = True if use_locking is None else use_locking
                updates.append(scatter_add(kept, buckets, reshape(amount, [-1]), locking))
            counts.append(cumsum(kept, reverse=True, name=key))
        tp, fp = counts
        tn, fn = fp[0] - fp, tp[0] - tp
        least = convert_to_tensor(1e-7, dtype=dtypes.float64)
        made = (tp, fp, tn, fn, tp / maximum(least, tp + fp), tp / maximum(least, tp + fn))
        thresholds = linspace(0.0, 1.0, steps + 1)
        result = PrecisionRecallData(
            *(cast(part, predictions.dtype) for part in (*made, thresholds))
        )
        return result, group(*updates)


def auc_using_histogram(
    boolean_labels: Any,
    scores: Any,
    score_range: Any,
    nbins: int = 100,
    collections: Any = None,
    check_shape: bool = True,
    name: str | None = None,
) -> Metric:
    """Return the area under the ROC curve, from histograms of the scores of both classes.

    Args:
      boolean_labels: bool, [n].
      scores: numbers, [n].
      score_range: the least and the greatest score that are told apart.
      nbins: how many bins a histogram has.
      collections: of its variables; by default the local ones.
      check_shape: whether the rank is checked in each step.
      name: the name of the scope.

    Raises:
      ValueError: the labels are not bool.
    """
    collections = [GraphKeys.LOCAL_VARIABLES] if collections is None else collections
    given = [boolean_labels, scores, score_range]
    with variable_scope(name, "auc_using_histogram", given):
        scores, labels = remove_squeezable_dimensions(scores, boolean_labels)
        labels, scores = convert_to_tensor(labels), convert_to_tensor(scores)
        if labels.dtype is not dtypes.bool:
            raise ValueError(
                "Argument boolean_labels should have dtype bool.  Found: ", labels.dtype
            )
        checks = [_check_rank(labels, "boolean_labels"), _check_rank(scores, "scores")]
        with control_dependencies(checks if check_shape else []):
            of_true = boolean_mask(scores, labels)
            of_false = boolean_mask(scores, logical_not(labels))
        totals, updates = [], []
        for key, values in (("hist_true", of_true), ("hist_false", of_false)):
            histogram = histogram_fixed_width(values, score_range, nbins, dtypes.int64, name=key)
            kept = get_variable(
                f"{key}_acc", [nbins], dtypes.int64, Zeros(),
                collections=collections, trainable=False,
            )  # fmt: skip
            totals.append(kept)
            updates.append(assign_add(kept, histogram))
        update = group(*updates, name="update_op")
        heights, widths = (
            cast(reverse(truediv(kept, reduce_sum(kept)), [0]), dtypes.float32) for kept in totals
        )
        y = cumsum(heights)
        first = widths[0] * y[0] / 2.0
        return first + reduce_sum(widths[1:] * (y[1:] + y[:-1]) / 2.0), update


def _check_rank(value: Tensor, name: str) -> Any:
    text = f"Argument {name} should have rank 1.  Found: "
    return Assert(equal(1, rank(value)), [text, value.name, shape(value)])
