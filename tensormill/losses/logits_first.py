"""The loss functions of `tf.contrib.losses`: predictions come before labels.

Weights may be one for each example; they hold for all of its losses.

Source: TensorFlow 1.15, contrib/losses/python/losses/loss_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.losses import collecting, functions
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import multiply, subtract
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.casting import cast
from tensormill.ops.filling import ones_like
from tensormill.variables.arg_scope import add_arg_scope

__all__ = [
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]

add_loss = add_arg_scope(collecting.add_loss)
get_losses = collecting.get_losses
get_regularization_losses = collecting.get_regularization_losses
get_total_loss = collecting.get_total_loss


def _weights_for(weights: Any, rank: int | None) -> Any:
    """Return weights with a dimension for each of the losses.

    Raises:
      ValueError: there are none.
    """
    if weights is None:
        raise ValueError("`weights` cannot be None")
    weights = convert_to_tensor(weights)
    own_rank = weights.shape.ndims
    if own_rank is None or rank is None or own_rank == 0:
        return weights
    for _ in range(rank - own_rank):
        weights = expand_dims(weights, -1)
    return weights


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None) -> Tensor:
    """Return the mean of the losses whose weight is not zero, and collect it.

    Args:
      losses: [batch, ...].
      weights: a scalar, [batch], or of the shape of `losses`.
      scope: the name of the nodes.

    Raises:
      ValueError: there are no weights, or they do not fit.
    """
    losses = convert_to_tensor(losses)
    return collecting.compute_weighted_loss(
        losses, _weights_for(weights, losses.shape.ndims), scope
    )


def _checked(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels


@add_arg_scope
def absolute_difference(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """Return the weighted mean of |predictions - labels|."""
    predictions, labels = _checked(predictions, labels)
    return functions.absolute_difference(
        labels, predictions, _weights_for(weights, predictions.shape.ndims), scope
    )


@add_arg_scope
def sigmoid_cross_entropy(
    logits: Any,
    multi_class_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Tensor:
    """Return the weighted mean cross entropy of independent classes."""
    logits, labels = _checked(logits, multi_class_labels)
    return functions.sigmoid_cross_entropy(
        labels, logits, _weights_for(weights, logits.shape.ndims), label_smoothing, scope
    )


@add_arg_scope
def softmax_cross_entropy(
    logits: Any,
    onehot_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Tensor:
    """Return the weighted mean cross entropy of classes that exclude each other."""
    logits, labels = _checked(logits, onehot_labels)
    return functions.softmax_cross_entropy(
        labels, logits, _weights_for(weights, 1), label_smoothing, scope
    )


@add_arg_scope
def sparse_softmax_cross_entropy(
    logits: Any, labels: Any, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """Return the weighted mean cross entropy, labels being the numbers of classes."""
    return functions.sparse_softmax_cross_entropy(labels, logits, _weights_for(weights, 1), scope)


@add_arg_scope
def log_loss(
    predictions: Any,
    labels: Any = None,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
) -> Tensor:
    """Return the weighted mean log loss of probabilities."""
    predictions, labels = _checked(predictions, labels)
    return functions.log_loss(
        labels, predictions, _weights_for(weights, predictions.shape.ndims), epsilon, scope
    )


@add_arg_scope
def hinge_loss(logits: Any, labels: Any = None, scope: str | None = None) -> Tensor:
    """Return the hinge loss of each logit, neither weighted nor collected; labels are 0 or 1."""
    with OpScope(scope, "hinge_loss", [logits, labels]):
        logits, labels = _checked(logits, labels)
        labels = cast(labels, logits.dtype)
        ones = ones_like(labels)
        signs = subtract(2 * labels, ones)
        result: Tensor = relu(subtract(ones, multiply(signs, logits)))
        return result


@add_arg_scope
def mean_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """Return the weighted mean of (predictions - labels)^2."""
    predictions, labels = _checked(predictions, labels)
    return functions.mean_squared_error(
        labels, predictions, _weights_for(weights, predictions.shape.ndims), scope
    )


@add_arg_scope
def mean_pairwise_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """Return the weighted mean of the squared differences between pairs of errors."""
    predictions, labels = _checked(predictions, labels)
    return functions.mean_pairwise_squared_error(labels, predictions, weights, scope)


@add_arg_scope
def cosine_distance(
    predictions: Any,
    labels: Any = None,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """Return the weighted mean of 1 - cos, of vectors of length 1."""
    predictions, labels = _checked(predictions, labels)
    return functions.cosine_distance(
        labels,
        predictions,
        axis,
        _weights_for(weights, predictions.shape.ndims),
        scope,
        dim=dim,
    )
