"""How losses are weighted, reduced and collected.

Source: TensorFlow 1.15, python/ops/losses/losses_impl.py and util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import div_no_nan, multiply
from tensormill.ops.array_shapes import rank, size
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.summation import add_n
from tensormill.ops.weights_broadcast import assert_broadcastable, broadcast_weights

__all__ = [
    "Reduction",
    "add_loss",
    "compute_weighted_loss",
    "get_losses",
    "get_regularization_loss",
    "get_regularization_losses",
    "get_total_loss",
]


class Reduction:
    """How the weighted losses of a batch become one."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Return all of them."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: Any) -> None:
        """Refuse anything else.

        Raises:
          ValueError: `key` is none of them.
        """
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


def _safe_mean(losses: Tensor, count: Tensor) -> Tensor:
    return div_no_nan(reduce_sum(losses), count, name="value")


def num_present(losses: Tensor, weights: Any, per_batch: bool = False) -> Tensor:
    """Return how many losses have a weight that is not zero, of each example or of all.

    Args:
      losses: [batch, ...].
      weights: broadcast to the losses.
      per_batch: count for each example.
    """
    if isinstance(weights, float) and weights != 0.0:
        return _num_elements(losses)
    with OpScope(None, "num_present", [losses, weights]) as scope:
        weights = cast(weights, dtypes.float32)
        present = where(equal(weights, 0.0), zeros_like(weights), ones_like(weights))
        present = broadcast_weights(present, losses)
        if per_batch:
            axes = range_of(1, rank(present))
            return reduce_sum(present, axis=axes, keepdims=True, name=scope)
        return reduce_sum(present, name=scope)


def _num_elements(losses: Tensor) -> Tensor:
    with OpScope(None, "num_elements", [losses]) as scope:
        return cast(size(losses, name=scope), losses.dtype)


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Return the weighted loss, and add it to the collection.

    Args:
      losses: [batch, ...].
      weights: a scalar, or of sizes equal to the losses' or 1.
      scope: the name of the nodes.
      loss_collection: the collection, or None.
      reduction: how the losses become one.

    Raises:
      ValueError: the weights do not fit, or an unknown reduction.
    """
    Reduction.validate(reduction)
    with OpScope(scope, "weighted_loss", [losses, weights]):
        graph = get_default_graph()
        graph._extra["last_loss_reduction"] = reduction
        with graph.control_dependencies([assert_broadcastable(weights, losses)]):
            losses = convert_to_tensor(losses)
            input_dtype = losses.dtype
            losses = cast(losses, dtypes.float32)
            weights = cast(weights, dtypes.float32)
            loss = multiply(losses, weights)
            if reduction != Reduction.NONE:
                loss = reduce_sum(loss)
                if reduction == Reduction.MEAN:
                    loss = _safe_mean(loss, reduce_sum(ones_like(losses) * weights))
                elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                    loss = _safe_mean(loss, num_present(losses, weights))
                elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
                    loss = _safe_mean(loss, _num_elements(losses))
            loss = cast(loss, input_dtype)
            add_loss(loss, loss_collection)
            return loss


def add_loss(loss: Tensor, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Add a loss to a collection.

    Args:
      loss: the loss.
      loss_collection: the collection, or None.
    """
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[Tensor]:
    """Return the losses of a collection.

    Args:
      scope: a regular expression; only those whose name matches it from the start.
      loss_collection: the collection.
    """
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Tensor]:
    """Return the losses of regularizers.

    Args:
      scope: a regular expression; only those whose name matches it from the start.
    """
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Tensor:
    """Return the sum of the losses of regularizers, 0 where there are none.

    Args:
      scope: a regular expression; only those whose name matches it from the start.
      name: the name of the node.
    """
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else constant(0.0)


def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Tensor:
    """Return the sum of all losses.

    Args:
      add_regularization_losses: whether those of regularizers count.
      name: the name of the node.
      scope: a regular expression; only those whose name matches it from the start.

    Raises:
      ValueError: there are no losses.
    """
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope=scope)
    return add_n(losses, name=name)
