"""The loss functions of `tf.losses`.

Source: TensorFlow 1.15, python/ops/losses/losses_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import are_compatible
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import (
    Reduction,
    add_loss,
    compute_weighted_loss,
    num_present,
)
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import (
    add,
    div_no_nan,
    maximum,
    minimum,
    multiply,
    squared_difference,
    subtract,
)
from tensormill.ops.array_shapes import rank, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.confusion_matrix import remove_squeezable_dimensions
from tensormill.ops.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import log, square
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.identities import stop_gradient
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.weights_broadcast import assert_broadcastable

__all__ = [
    "absolute_difference",
    "cosine_distance",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]


def _require(**values: Any) -> None:
    for name, value in values.items():
        if value is None:
            raise ValueError(f"{name} must not be None.")


def _as_floats(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    """Return both as float32, of compatible shapes."""
    predictions, labels = cast(predictions, dtypes.float32), cast(labels, dtypes.float32)
    _check_shapes(predictions, labels)
    return predictions, labels


def _check_shapes(a: Tensor, b: Tensor) -> None:
    if not are_compatible(a.dims, b.dims):
        raise ValueError(f"Shapes {a.shape} and {b.shape} are incompatible")


def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of `abs(predictions - labels)`.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      weights: a scalar, or of sizes equal to the losses' or 1.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, predictions=predictions)
    with OpScope(scope, "absolute_difference", [predictions, labels, weights]) as name:
        predictions, labels = _as_floats(predictions, labels)
        losses = abs_of(subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
    dim: int | None = None,
) -> Tensor:
    """Return the weighted mean of `1 - cos` of the angle between unit vectors.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      axis: the axis of the vectors.
      weights: a scalar, or of sizes equal to the losses' or 1.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.
      dim: an older name of `axis`.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    _require(labels=labels, predictions=predictions)
    with OpScope(scope, "cosine_distance_loss", [predictions, labels, weights]) as name:
        predictions, labels = _as_floats(predictions, labels)
        products = multiply(predictions, labels)
        losses = 1 - reduce_sum(products, axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of `max(0, 1 - (2 * labels - 1) * logits)`.

    Args:
      labels: 0 or 1.
      logits: unscaled log probabilities, of the same shape.
      weights: a scalar, or of sizes equal to the losses' or 1.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, logits=logits)
    with OpScope(scope, "hinge_loss", [logits, labels, weights]) as name:
        logits, labels = _as_floats(logits, labels)
        all_ones = ones_like(labels)
        labels = subtract(2 * labels, all_ones)
        losses = relu(subtract(all_ones, multiply(labels, logits)))
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of a loss that is quadratic up to `delta` and linear beyond.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      weights: a scalar, or of sizes equal to the losses' or 1.
      delta: where the loss becomes linear.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, predictions=predictions)
    with OpScope(scope, "huber_loss", [predictions, labels, weights]) as name:
        predictions, labels = _as_floats(predictions, labels)
        error = subtract(predictions, labels)
        abs_error = abs_of(error)
        quadratic = minimum(abs_error, delta)
        linear = subtract(abs_error, quadratic)
        half = convert_to_tensor(0.5, dtype=quadratic.dtype)
        losses = add(multiply(half, multiply(quadratic, quadratic)), multiply(delta, linear))
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of the cross entropy of labels and predicted probabilities.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      weights: a scalar, or of sizes equal to the losses' or 1.
      epsilon: keeps the logarithms finite.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, predictions=predictions)
    with OpScope(scope, "log_loss", [predictions, labels, weights]) as name:
        predictions, labels = _as_floats(predictions, labels)
        losses = -multiply(labels, log(predictions + epsilon)) - multiply(
            (1 - labels), log(1 - predictions + epsilon)
        )
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Tensor:
    """Return the squared error between differences of pairs of entries of the same example.

    Args:
      labels: the true values, [batch, ...].
      predictions: the predicted values, of the same shape.
      weights: a scalar, or one for each example.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, predictions=predictions)
    with OpScope(scope, "mean_pairwise_squared_error", [predictions, labels, weights]):
        weights, labels = cast(weights, dtypes.float32), cast(labels, dtypes.float32)
        check = assert_broadcastable(weights, labels)
        with get_default_graph().control_dependencies([check]):
            predictions = cast(predictions, dtypes.float32)
            _check_shapes(predictions, labels)
            differences = subtract(predictions, labels)
            axes = range_of(1, rank(differences))
            squares = reduce_sum(square(differences), axis=axes, keepdims=True)
            count = num_present(differences, weights, per_batch=True)
            own = 2.0 * div_no_nan(squares, maximum(count - 1, 0), name="value")
            sums = reduce_sum(differences, axis=axes, keepdims=True)
            pairs = maximum(multiply(count, count - 1), 0)
            cross = 2.0 * div_no_nan(square(sums), pairs, name="value")
            loss = reduce_sum(multiply(own - cross, weights))
            mean_loss = where(reduce_sum(count) > 0, loss, zeros_like(loss), name="value")
            add_loss(mean_loss, loss_collection)
            return mean_loss


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of `(predictions - labels) ** 2`.

    Args:
      labels: the true values.
      predictions: the predicted values, of the same shape.
      weights: a scalar, or of sizes equal to the losses' or 1.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, predictions=predictions)
    with OpScope(scope, "mean_squared_error", [predictions, labels, weights]) as name:
        predictions, labels = _as_floats(predictions, labels)
        losses = squared_difference(predictions, labels)
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of the sigmoid cross entropy of independent classes.

    Args:
      multi_class_labels: 0 or 1 for each class, [batch, classes].
      logits: unscaled log probabilities, likewise.
      weights: a scalar, or of sizes equal to the losses' or 1.
      label_smoothing: how far labels are moved towards 1/2.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(multi_class_labels=multi_class_labels, logits=logits)
    with OpScope(
        scope, "sigmoid_cross_entropy_loss", [logits, multi_class_labels, weights]
    ) as name:
        logits = convert_to_tensor(logits)
        labels = cast(multi_class_labels, logits.dtype)
        _check_shapes(logits, labels)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of the softmax cross entropy.

    Args:
      onehot_labels: probabilities, [batch, classes].
      logits: unscaled log probabilities, likewise.
      weights: a scalar, or of sizes equal to the losses' or 1.
      label_smoothing: how far labels are moved towards 1 / classes.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(onehot_labels=onehot_labels, logits=logits)
    with OpScope(scope, "softmax_cross_entropy_loss", [logits, onehot_labels, weights]) as name:
        logits = convert_to_tensor(logits)
        labels = cast(onehot_labels, logits.dtype)
        _check_shapes(logits, labels)
        if label_smoothing > 0:
            classes = cast(shape_of(labels)[-1], logits.dtype)
            positives = 1.0 - label_smoothing
            negatives = label_smoothing / classes
            labels = labels * positives + negatives
        labels = stop_gradient(labels, name="labels_stop_gradient")
        losses = softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)


def _without_last_dimension(
    labels: Any, logits: Any, weights: Any
) -> tuple[Tensor, Tensor, Tensor]:
    """Return all three without last dimensions of 1 that they have too many."""
    labels, logits = remove_squeezable_dimensions(labels, logits, expected_rank_diff=1)
    weights = convert_to_tensor(weights)
    if labels.dims is not None and weights.dims is not None:
        if len(weights.dims) - len(labels.dims) == 1:
            weights = squeeze(weights, [-1])
        return labels, logits, weights
    difference = rank(weights) - rank(labels)
    if weights.dims is None or (weights.dims and weights.dims[-1] in (1, None)):
        given = weights
        weights = cond(equal(1, difference), lambda: squeeze(given, [-1]), lambda: given)
    return labels, logits, weights


def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted mean of the softmax cross entropy of classes given by index.

    Args:
      labels: class indices, [batch, ...].
      logits: unscaled log probabilities, [batch, ..., classes].
      weights: a scalar, or of sizes equal to the losses' or 1.
      scope: the name of the nodes.
      loss_collection: the collection that the loss is added to, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: an argument is missing, or the shapes do not fit.
    """
    _require(labels=labels, logits=logits)
    with OpScope(scope, "sparse_softmax_cross_entropy_loss", [logits, labels, weights]) as name:
        labels, logits, weights = _without_last_dimension(labels, logits, weights)
        losses = sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction=reduction)
