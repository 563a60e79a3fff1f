"""Heads for numbers: squared errors, counts and probabilities.

Source: TensorFlow Estimator 1.15, python/estimator/canned/head.py and
contrib/estimator/python/estimator/head.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.estimator.export_outputs import ExportOutput
from tensormill.estimator.heads.checks import assert_range, float_logits
from tensormill.estimator.heads.head import Head, LossSpec, regression_outputs
from tensormill.estimator.heads.keys import MetricKeys, PredictionKeys
from tensormill.estimator.heads.metric_functions import mean_of
from tensormill.graph import dtypes
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.losses.functions import mean_squared_error
from tensormill.metrics.averages import mean
from tensormill.ops.casting import cast
from tensormill.ops.cross_entropy import (
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
)
from tensormill.ops.elementwise_unary import exp, sigmoid

__all__ = ["RegressionHead", "logistic_regression_head", "poisson_regression_head"]


class RegressionHead(Head):
    """Numbers: the mean squared error.

    Args:
      weight_column: see `Head`.
      label_dimension: how many numbers to an example.
      loss_reduction: see `Head`.
      loss_fn: see `Head`.
      inverse_link_fn: a function from logits to predictions.
      name: see `Head`.

    Raises:
      ValueError: the dimension is not positive.
    """

    _allows_per_logit_weights = True

    def __init__(
        self,
        weight_column: Any = None,
        label_dimension: int = 1,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        inverse_link_fn: Callable[[Tensor], Tensor] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        if label_dimension < 1:
            raise ValueError(f"Invalid label_dimension {label_dimension}.")
        self._label_dimension = label_dimension
        self._inverse_link_fn = inverse_link_fn

    @property
    def logits_dimension(self) -> int:
        """How many numbers to an example."""
        return self._label_dimension

    @property
    def _labels_dimension(self) -> int:
        return self._label_dimension

    def _processed_labels(self, labels: Any, logits: Tensor) -> Tensor:
        return cast(self._dense_labels(labels, logits), dtypes.float32)

    def _unweighted_loss(self, labels: Tensor, logits: Tensor) -> Tensor:
        return mean_squared_error(labels, logits, reduction=Reduction.NONE)

    def predictions(self, logits: Any) -> dict[str, Tensor]:
        """Return the numbers; the logits too where they are others."""
        logits = float_logits(logits, self.logits_dimension)
        if self._inverse_link_fn is None:
            return {PredictionKeys.PREDICTIONS: logits}
        return {
            PredictionKeys.PREDICTIONS: self._inverse_link_fn(logits),
            PredictionKeys.LOGITS: logits,
        }

    def _logits_of(self, predictions: dict[str, Tensor], logits: Any) -> Tensor:
        made: Tensor = predictions.get(
            PredictionKeys.LOGITS, predictions[PredictionKeys.PREDICTIONS]
        )
        return made

    def _export_outputs(self, predictions: dict[str, Tensor]) -> dict[str, ExportOutput]:
        return regression_outputs(predictions[PredictionKeys.PREDICTIONS], predictions)

    def _metrics(self, predictions: dict[str, Tensor], spec: LossSpec) -> dict[str, Any]:
        value = predictions[PredictionKeys.PREDICTIONS]
        key = MetricKeys.PREDICTION_MEAN
        return {
            key: mean_of(value, spec.weights, key, "predictions_mean"),
            MetricKeys.LABEL_MEAN: mean(spec.processed_labels, weights=spec.weights),
        }


def poisson_loss(compute_full_loss: bool) -> Callable[..., Tensor]:
    """Return a loss function of counts and the logarithms of their means."""

    def loss_fn(labels: Any, logits: Any) -> Tensor:
        return log_poisson_loss(
            targets=labels, log_input=logits, compute_full_loss=compute_full_loss
        )

    return loss_fn


def logistic_loss(labels: Any, logits: Any) -> Tensor:
    """Return the loss of probabilities and their log odds."""
    labels = assert_range(labels, n_classes=2, message="Labels must be in range [0, 1]")
    return sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)


def poisson_regression_head(
    weight_column: Any = None,
    label_dimension: int = 1,
    loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
    compute_full_loss: bool = True,
    name: str | None = None,
) -> RegressionHead:
    """Return a head for counts, whose logits are the logarithms of their means."""
    loss_fn = poisson_loss(compute_full_loss)
    return RegressionHead(weight_column, label_dimension, loss_reduction, loss_fn, exp, name)


def logistic_regression_head(
    weight_column: Any = None,
    loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
    name: str | None = None,
) -> RegressionHead:
    """Return a head for probabilities, whose logits are their log odds."""
    return RegressionHead(weight_column, 1, loss_reduction, logistic_loss, sigmoid, name)
