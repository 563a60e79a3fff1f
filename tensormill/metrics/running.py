"""What metrics have in common: their variables, collections, and weights of the right rank.

Source: TensorFlow 1.15, python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collections
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import are_compatible
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, rank, squeeze
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.confusion_matrix import remove_squeezable_dimensions
from tensormill.ops.filling import zeros
from tensormill.variables.creation import Variable

__all__ = ["collect", "matching", "metric_variable", "value_outside"]

Metric = tuple[Tensor, Any]
"""The value, and the operation that takes a batch in."""


def metric_variable(
    shape: Any, dtype: Any, validate_shape: bool = True, name: str | None = None
) -> Any:
    """Make a local variable of zeros that a metric counts in.

    Args:
      shape: the shape.
      dtype: the dtype.
      validate_shape: whether the shape must be known.
      name: the name.
    """
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=validate_shape,
        name=name,
    )


def matching(predictions: Any, labels: Any, weights: Any) -> tuple[Tensor, Any, Tensor | None]:
    """Return all three without a last dimension of 1 too many, weights of the same rank.

    Raises:
      ValueError: the shapes do not fit.
    """
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        if not are_compatible(predictions.dims, labels.dims):
            raise ValueError(f"Shapes {predictions.shape} and {labels.shape} are incompatible")
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    if weights.dims == ():
        return predictions, labels, weights
    if weights.dims is not None and predictions.dims is not None:
        difference = len(weights.dims) - len(predictions.dims)
        if difference == 1:
            weights = squeeze(weights, [-1])
        elif difference == -1:
            weights = expand_dims(weights, [-1])
        return predictions, labels, weights
    return predictions, labels, _adjusted(weights, predictions)


def _adjusted(weights: Tensor, predictions: Tensor) -> Tensor:
    """Return weights of unknown rank with the rank of the predictions, or scalar."""
    weights_rank = rank(weights)
    difference = weights_rank - rank(predictions)
    can_squeeze = weights.dims is None or weights.dims[-1] in (1, None)

    def expanded() -> Tensor:
        return cond(equal(difference, -1), lambda: expand_dims(weights, [-1]), lambda: weights)

    def squeezed() -> Tensor:
        return squeeze(weights, [-1]) if can_squeeze else weights

    made: Tensor = cond(
        equal(weights_rank, 0),
        lambda: weights,
        lambda: cond(equal(difference, 1), squeezed, expanded),
    )
    return made


def value_outside(collections: Any, compute: Callable[[], Tensor]) -> Tensor:
    """Return a metric's value, which waits for no update, and add it to collections."""
    with get_default_graph().control_dependencies(None):
        value = compute()
    collect(collections, value)
    return value


def collect(collections: Any, value: Any) -> None:
    """Add something to collections, if there are any."""
    if collections:
        add_to_collections(collections, value)
