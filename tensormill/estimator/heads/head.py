"""`Head`: what all heads have in common: from logits to an `EstimatorSpec`.

Source: TensorFlow Estimator 1.15, python/estimator/canned/head.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.export_outputs import (
    ClassificationOutput,
    ExportOutput,
    PredictOutput,
    RegressionOutput,
)
from tensormill.estimator.heads.checks import (
    call_loss_fn,
    check_loss_arguments,
    dense_labels,
    float_logits,
    weights_of,
)
from tensormill.estimator.heads.keys import MetricKeys
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import get_collection, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction, compute_weighted_loss
from tensormill.metrics.averages import mean
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.filling import ones_like
from tensormill.ops.grouping import group
from tensormill.ops.joining import tile
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.strings import as_string
from tensormill.ops.summaries import scalar
from tensormill.ops.summation import add_n
from tensormill.saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from tensormill.train.global_step import get_global_step

__all__ = ["Head", "LossSpec"]

CLASSIFY_KEY = "classification"
REGRESS_KEY = "regression"
PREDICT_KEY = "predict"


class LossSpec(NamedTuple):
    """The loss of a batch.

    Attributes:
      training_loss: a scalar, what training makes smaller.
      unreduced_loss: the loss of each example.
      weights: of the examples.
      processed_labels: the labels as the loss takes them.
    """

    training_loss: Any
    unreduced_loss: Any
    weights: Any
    processed_labels: Any


class Head(ABC):
    """From logits to an `EstimatorSpec`.

    Args:
      weight_column: the feature of the examples' weights: its name, a numeric column or None.
      loss_reduction: a key of `tf.losses.Reduction`.
      loss_fn: a function of labels and logits (and features) to use instead of the usual one.
      name: of its name scope; it is added to the names of metrics and summaries.

    Raises:
      ValueError: the reduction or the function is not as described.

    Attributes:
      name: as given.
    """

    _allows_per_logit_weights = False

    def __init__(
        self,
        weight_column: Any = None,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        check_loss_arguments(loss_reduction, loss_fn)
        self._weight_column = weight_column
        self._loss_reduction = loss_reduction
        self._loss_fn = loss_fn
        self.name = name

    @property
    @abstractmethod
    def logits_dimension(self) -> int:
        """The last size of the logits."""

    @property
    def _labels_dimension(self) -> int:
        return 1

    @abstractmethod
    def _processed_labels(self, labels: Any, logits: Tensor) -> Tensor:
        """Return labels as the loss takes them."""

    @abstractmethod
    def _unweighted_loss(self, labels: Tensor, logits: Tensor) -> Tensor:
        """Return the usual loss of each example."""

    @abstractmethod
    def predictions(self, logits: Any) -> dict[str, Tensor]:
        """Return the predictions by name."""

    @abstractmethod
    def _export_outputs(self, predictions: dict[str, Tensor]) -> dict[str, ExportOutput]:
        """Return what an exported model answers with."""

    @abstractmethod
    def _metrics(self, predictions: dict[str, Tensor], spec: LossSpec) -> dict[str, Any]:
        """Return the metrics besides that of the loss, by name."""

    def _key(self, name: str) -> str:
        return f"{name}/{self.name}" if self.name else name

    def create_loss(
        self, features: Mapping[Any, Any], mode: str, logits: Any, labels: Any
    ) -> LossSpec:
        """Return the loss of a batch.

        Raises:
          ValueError: labels or weights do not fit the logits.
        """
        logits = convert_to_tensor(logits)
        labels = self._processed_labels(labels, logits)
        if self._loss_fn is None:
            loss = self._unweighted_loss(labels, logits)
        else:
            loss = call_loss_fn(self._loss_fn, labels, logits, features, self._labels_dimension)
        weights = weights_of(features, self._weight_column, logits, self._allows_per_logit_weights)
        reduced = compute_weighted_loss(loss, weights=weights, reduction=self._loss_reduction)
        return LossSpec(reduced, loss, weights, labels)

    def _dense_labels(self, labels: Any, logits: Tensor) -> Tensor:
        return dense_labels(labels, logits, self._labels_dimension)

    def create_estimator_spec(
        self,
        features: Mapping[Any, Any],
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        train_op_fn: Callable[[Tensor], Any] | None = None,
        regularization_losses: Any = None,
        **kwargs: Any,
    ) -> EstimatorSpec:
        """Return the parts of the model that a mode needs.

        Args:
          features: tensors by name.
          mode: a key of `ModeKeys`.
          logits: what the model gives.
          labels: what it should give; not needed to predict.
          optimizer: makes the steps of training.
          train_op_fn: a function of the loss that returns an operation; instead of `optimizer`.
          regularization_losses: scalars to add to the loss.
          **kwargs: `update_ops`, and with an optimizer of Keras `trainable_variables`.

        Raises:
          ValueError: nothing makes steps, or two things do; labels or weights do not fit.
        """
        with name_scope(self.name, "head"):
            predictions = self.predictions(logits)
            if mode == ModeKeys.PREDICT:
                return EstimatorSpec(
                    mode,
                    predictions=predictions,
                    export_outputs=self._export_outputs(predictions),
                )
            logits = self._logits_of(predictions, logits)
            spec = self.create_loss(features, mode, logits, labels)
            penalty = add_n(regularization_losses) if regularization_losses else None
            loss = spec.training_loss
            if penalty is not None:
                loss = add_n([loss, penalty])
            if mode == ModeKeys.EVAL:
                metrics = self._all_metrics(predictions, spec, penalty)
                return EstimatorSpec(
                    mode, predictions=predictions, loss=loss, eval_metric_ops=metrics
                )
            train_op = train_op_of(loss, optimizer, train_op_fn, kwargs)
            mean_loss = None
            if self._loss_reduction == Reduction.SUM:
                total = reduce_sum(spec.weights * ones_like(spec.unreduced_loss))
                mean_loss = spec.training_loss / total
        self._summarize(loss, mean_loss, penalty)
        return EstimatorSpec(mode, predictions=predictions, loss=loss, train_op=train_op)

    def _logits_of(self, predictions: dict[str, Tensor], logits: Any) -> Tensor:
        return float_logits(logits, self.logits_dimension)

    def _all_metrics(
        self, predictions: dict[str, Tensor], spec: LossSpec, penalty: Any
    ) -> dict[str, Any]:
        with name_scope(None, "metrics", [*predictions.values(), spec.unreduced_loss]):
            made = {
                MetricKeys.LOSS_MEAN: mean(
                    spec.unreduced_loss, weights=spec.weights, name=MetricKeys.LOSS_MEAN
                ),
                **self._metrics(predictions, spec),
            }
            if penalty is not None:
                key = MetricKeys.LOSS_REGULARIZATION
                made[key] = mean(penalty, name=key)
            return {self._key(name): metric for name, metric in made.items()}

    def _summarize(self, loss: Any, mean_loss: Any, penalty: Any) -> None:
        with name_scope(""):
            scalar(self._key(MetricKeys.LOSS), loss)
            if mean_loss is not None:
                scalar(self._key(MetricKeys.LOSS_MEAN), mean_loss)
            if penalty is not None:
                scalar(self._key(MetricKeys.LOSS_REGULARIZATION), penalty)


def train_op_of(loss: Tensor, optimizer: Any, train_op_fn: Any, given: Mapping[str, Any]) -> Any:
    """Return the operation that makes a step of training.

    Args:
      loss: what becomes smaller.
      optimizer: makes the step.
      train_op_fn: a function of the loss that returns an operation; instead of `optimizer`.
      given: further arguments of `create_estimator_spec`.

    Raises:
      ValueError: nothing makes steps, or two things do; an optimizer of Keras lacks the variables.
    """
    if optimizer is not None:
        if train_op_fn is not None:
            raise ValueError("train_op_fn and optimizer cannot both be set.")
        made = _step_of(optimizer, loss, given.get("trainable_variables"))
    elif train_op_fn is not None:
        made = train_op_fn(loss)
    else:
        raise ValueError("train_op_fn and optimizer cannot both be None.")
    updates = [*(given.get("update_ops") or []), *get_collection(GraphKeys.UPDATE_OPS)]
    return group(made, *updates) if updates else made


def _step_of(optimizer: Any, loss: Tensor, trainable_variables: Any) -> Any:
    """Return the step of an optimizer of `tf.train` or of Keras."""
    if not hasattr(optimizer, "get_updates"):
        return optimizer.minimize(loss, global_step=get_global_step())
    if trainable_variables is None:
        raise ValueError("trainable_variables cannot be None. Given None")
    if not isinstance(trainable_variables, (list, tuple)):
        raise ValueError(
            "trainable_variables should be a list or a tuple. Given type: "
            f"{type(trainable_variables)}"
        )
    return optimizer.get_updates(loss, list(trainable_variables))[0]


def repeated(values: Any, logits: Tensor) -> Tensor:
    """Return values once for each example."""
    return tile(expand_dims(values, axis=0), [shape_of(logits)[0], 1])


def class_names(n_classes: int, label_vocabulary: Any) -> Any:
    """Return the names of classes: those of a vocabulary, or their numbers as strings."""
    return list(label_vocabulary) if label_vocabulary else as_string(range_of(n_classes))


def classification_outputs(
    scores: Tensor, n_classes: int, label_vocabulary: Any, predictions: dict[str, Tensor]
) -> dict[str, ExportOutput]:
    """Return the outputs of a classifier by the name of their signature."""
    classes = repeated(class_names(n_classes, label_vocabulary), scores)
    classified = ClassificationOutput(scores=scores, classes=convert_to_tensor(classes))
    return {
        DEFAULT_SERVING_SIGNATURE_DEF_KEY: classified,
        CLASSIFY_KEY: classified,
        PREDICT_KEY: PredictOutput(predictions),
    }


def regression_outputs(value: Tensor, predictions: dict[str, Tensor]) -> dict[str, ExportOutput]:
    """Return the outputs of a regressor by the name of their signature."""
    output = RegressionOutput(value=value)
    return {
        DEFAULT_SERVING_SIGNATURE_DEF_KEY: output,
        REGRESS_KEY: output,
        PREDICT_KEY: PredictOutput(predictions),
    }
