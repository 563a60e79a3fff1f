"""`tf.contrib.learn.models`: regressions as functions of features and labels.

Source: TensorFlow 1.15, contrib/learn/python/learn/models.py and ops/losses_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.losses.functions import mean_squared_error, softmax_cross_entropy
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import squeeze
from tensormill.ops.statistics import xw_plus_b
from tensormill.ops.summaries import histogram
from tensormill.variables.initializers import RandomNormal
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "linear_regression",
    "linear_regression_zero_init",
    "logistic_regression",
    "logistic_regression_zero_init",
]


def _weights(x: Tensor, outputs: Any, mean: float | None, stddev: float) -> tuple[Any, Any]:
    """Return weights and biases for features, and note them in summaries."""
    dtype, scope = x.dtype.base_dtype, get_variable_scope().name
    start = None if mean is None else RandomNormal(mean, stddev, dtype=dtype)
    weights = get_variable("weights", [x.get_shape()[1], outputs], dtype, initializer=start)
    bias = get_variable("bias", [outputs], dtype, initializer=start)
    histogram(f"{scope}.weights", weights)
    histogram(f"{scope}.bias", bias)
    return weights, bias


def linear_regression(
    x: Tensor, y: Tensor, init_mean: float | None = None, init_stddev: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return the predictions of a linear model, and the mean of its squared errors.

    Args:
      x: features [batch, depth].
      y: numbers [batch] or [batch, outputs].
      init_mean: the mean of the first weights; None leaves them to the variable scope.
      init_stddev: their deviation.
    """
    with variable_scope("linear_regression"):
        scope = get_variable_scope().name
        histogram(f"{scope}.x", x)
        histogram(f"{scope}.y", y)
        dims = y.get_shape()
        outputs = 1 if len(dims) == 1 else dims[1]
        weights, bias = _weights(x, outputs, init_mean, init_stddev)
        with name_scope(None, "mean_squared_error_regressor", [x, y]):
            predictions = xw_plus_b(x, weights, bias)
            if len(dims) == 1:
                predictions = squeeze(predictions, [1])
            return predictions, mean_squared_error(y, predictions)


def linear_regression_zero_init(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `linear_regression` does with weights that begin at zero."""
    return linear_regression(x, y, init_mean=0.0, init_stddev=0.0)


def logistic_regression(
    x: Tensor,
    y: Tensor,
    class_weight: Any = None,
    init_mean: float | None = None,
    init_stddev: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Return the probabilities of classes by a linear model, and the mean cross entropy.

    Args:
      x: features [batch, depth].
      y: one-hot rows [batch, classes].
      class_weight: by what the logits of each class are multiplied; by default the tensor
        `class_weight:0` of the graph, where there is one.
      init_mean: the mean of the first weights; None leaves them to the variable scope.
      init_stddev: their deviation.
    """
    with variable_scope("logistic_regression"):
        scope = get_variable_scope().name
        histogram(f"{scope}.x", x)
        histogram(f"{scope}.y", y)
        weights, bias = _weights(x, y.get_shape()[-1], init_mean, init_stddev)
        if class_weight is None:
            try:
                class_weight = get_default_graph().get_tensor_by_name("class_weight:0")
            except KeyError:
                class_weight = None
        with name_scope(None, "softmax_classifier", [x, y]):
            logits = xw_plus_b(x, weights, bias)
            if class_weight is not None:
                logits = logits * class_weight
            return softmax(logits), softmax_cross_entropy(y, logits)


def logistic_regression_zero_init(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `logistic_regression` does with weights that begin at zero."""
    return logistic_regression(x, y, init_mean=0.0, init_stddev=0.0)
