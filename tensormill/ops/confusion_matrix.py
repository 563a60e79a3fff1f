"""Confusion matrices, and labels and predictions whose ranks differ by one.

Source: TensorFlow 1.15, python/ops/confusion_matrix.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import rank, squeeze
from tensormill.ops.assertions import assert_less, assert_non_negative
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.filling import ones_like
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import stack
from tensormill.ops.reduction import reduce_max
from tensormill.ops.scattering import scatter_nd

__all__ = ["confusion_matrix", "remove_squeezable_dimensions"]


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return both without a last dimension of 1 that only one of them has.

    Args:
      labels: labels.
      predictions: predictions.
      expected_rank_diff: the rank of the predictions less that of the labels.
      name: the name of the nodes.
    """
    with OpScope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        if labels.dims is not None and predictions.dims is not None:
            difference = len(predictions.dims) - len(labels.dims)
            if difference == expected_rank_diff + 1 and predictions.dims[-1] in (1, None):
                predictions = squeeze(predictions, [-1])
            elif difference == expected_rank_diff - 1 and labels.dims[-1] in (1, None):
                labels = squeeze(labels, [-1])
            return labels, predictions
        dynamic = rank(predictions) - rank(labels)
        if predictions.dims is None or (predictions.dims and predictions.dims[-1] in (1, None)):
            predictions = _squeezed_if(equal(expected_rank_diff + 1, dynamic), predictions)
        if labels.dims is None or (labels.dims and labels.dims[-1] in (1, None)):
            labels = _squeezed_if(equal(expected_rank_diff - 1, dynamic), labels)
        return labels, predictions


def _squeezed_if(condition: Tensor, value: Tensor) -> Tensor:
    made: Tensor = cond(condition, lambda: squeeze(value, [-1]), lambda: value)
    return made


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """Return how often each class (row) was predicted as each class (column).

    Args:
      labels: classes, [n].
      predictions: classes, [n].
      num_classes: the number of classes; by default one more than the largest.
      dtype: the dtype of the result.
      name: the name of the nodes.
      weights: what each example counts.

    Raises:
      InvalidArgumentError: a class is out of range (in the step).
    """
    with OpScope(name, "confusion_matrix", [predictions, labels, num_classes, weights]):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"),
            convert_to_tensor(predictions, name="predictions"),
        )
        predictions, labels = cast(predictions, dtypes.int64), cast(labels, dtypes.int64)
        labels = _checked(labels, assert_non_negative, "`labels` contains negative values")
        predictions = _checked(
            predictions, assert_non_negative, "`predictions` contains negative values"
        )
        if num_classes is None:
            num_classes = maximum(reduce_max(predictions), reduce_max(labels)) + 1
        else:
            limit = cast(num_classes, dtypes.int64)
            labels = _checked(labels, assert_less, "`labels` out of bound", limit)
            predictions = _checked(predictions, assert_less, "`predictions` out of bound", limit)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            merge_dims(predictions.dims, weights.dims)
            weights = cast(weights, dtype)
        shape = stack([num_classes, num_classes])
        indices = stack([labels, predictions], axis=1)
        values = ones_like(predictions, dtype) if weights is None else weights
        return scatter_nd(indices=indices, updates=values, shape=cast(shape, dtypes.int64))


def _checked(value: Tensor, check: Any, message: str, *limits: Tensor) -> Tensor:
    made: Tensor = with_dependencies([check(value, *limits, message=message)], value)
    return made
