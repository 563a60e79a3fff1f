"""`tf.estimator.BinaryClassHead` and its kin: heads with TensorFlow 2's arguments.

Source: TensorFlow Estimator 1.15, python/estimator/head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.estimator.heads.classification import BinaryHead
from tensormill.estimator.heads.classification import MultiClassHead as _MultiClassHead
from tensormill.estimator.heads.multi_label import MultiLabelHead as _MultiLabelHead
from tensormill.estimator.heads.regression import RegressionHead as _RegressionHead
from tensormill.estimator.heads.regression import logistic_loss, poisson_loss
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.ops.elementwise_unary import exp, sigmoid

__all__ = [
    "BinaryClassHead",
    "LogisticRegressionHead",
    "MultiClassHead",
    "MultiLabelHead",
    "PoissonRegressionHead",
    "RegressionHead",
]

_MEAN = "sum_over_batch_size"
_REDUCTIONS = {_MEAN: Reduction.SUM_OVER_BATCH_SIZE, "sum": Reduction.SUM}


def _reduction(given: str) -> str:
    """Return the key of `tf.losses.Reduction` for one of `tf.keras.losses.Reduction`.

    Raises:
      ValueError: there is none.
    """
    if given in _REDUCTIONS.values():
        return given
    if given not in _REDUCTIONS:
        raise ValueError(
            f"Invalid loss_reduction: {given}. See `tf.losses.Reduction` for valid options."
        )
    return _REDUCTIONS[given]


class BinaryClassHead(BinaryHead):
    """One class of two; see `BinaryHead`."""

    def __init__(
        self,
        weight_column: Any = None,
        thresholds: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = _MEAN,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            weight_column, thresholds, label_vocabulary, _reduction(loss_reduction), loss_fn, name
        )


class MultiClassHead(_MultiClassHead):
    """One class of several; see `heads.classification.MultiClassHead`."""

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = _MEAN,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            n_classes, weight_column, label_vocabulary, _reduction(loss_reduction), loss_fn, name
        )


class MultiLabelHead(_MultiLabelHead):
    """Any number of classes; see `heads.multi_label.MultiLabelHead`."""

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        thresholds: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = _MEAN,
        loss_fn: Callable[..., Any] | None = None,
        classes_for_class_based_metrics: Sequence[Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            n_classes,
            weight_column,
            thresholds,
            label_vocabulary,
            _reduction(loss_reduction),
            loss_fn,
            classes_for_class_based_metrics,
            name,
        )


class RegressionHead(_RegressionHead):
    """Numbers; see `heads.regression.RegressionHead`."""

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = _MEAN,
        loss_fn: Callable[..., Any] | None = None,
        inverse_link_fn: Callable[[Tensor], Tensor] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            weight_column,
            label_dimension,
            _reduction(loss_reduction),
            loss_fn,
            inverse_link_fn,
            name,
        )


class PoissonRegressionHead(RegressionHead):
    """Counts, whose logits are the logarithms of their means."""

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = _MEAN,
        compute_full_loss: bool = True,
        name: str | None = None,
    ) -> None:
        loss_fn = poisson_loss(compute_full_loss)
        super().__init__(label_dimension, weight_column, loss_reduction, loss_fn, exp, name)


class LogisticRegressionHead(RegressionHead):
    """Probabilities, whose logits are their log odds."""

    def __init__(
        self, weight_column: Any = None, loss_reduction: str = _MEAN, name: str | None = None
    ) -> None:
        super().__init__(1, weight_column, loss_reduction, logistic_loss, sigmoid, name)
