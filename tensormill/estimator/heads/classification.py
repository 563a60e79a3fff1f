"""Heads for one class of several, and for one of two.

Source: TensorFlow Estimator 1.15, python/estimator/canned/head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.estimator.export_outputs import ExportOutput, RegressionOutput
from tensormill.estimator.heads.checks import assert_range, float_logits
from tensormill.estimator.heads.head import (
    REGRESS_KEY,
    Head,
    LossSpec,
    class_names,
    classification_outputs,
    repeated,
)
from tensormill.estimator.heads.keys import MetricKeys, PredictionKeys
from tensormill.estimator.heads.metric_functions import (
    accuracy_at_threshold,
    accuracy_baseline,
    area_under_curve,
    mean_of,
    precision_at_threshold,
    recall_at_threshold,
)
from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.lookup.index_tables import (
    index_table_from_tensor,
    index_to_string_table_from_tensor,
)
from tensormill.losses.collecting import Reduction
from tensormill.losses.functions import sparse_softmax_cross_entropy
from tensormill.metrics.averages import accuracy
from tensormill.metrics.classification import precision, recall
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.casting import cast
from tensormill.ops.cross_entropy import sigmoid_cross_entropy_with_logits
from tensormill.ops.elementwise_unary import sigmoid
from tensormill.ops.filling import zeros_like
from tensormill.ops.joining import concat
from tensormill.ops.reduction import argmax
from tensormill.ops.sequences import range_of
from tensormill.ops.strings import as_string

__all__ = [
    "BinaryHead",
    "MultiClassHead",
    "binary_or_multi_class_head",
    "check_thresholds",
    "threshold_metrics",
]


def _check_vocabulary(label_vocabulary: Any, error: type[Exception], kinds: str) -> None:
    if label_vocabulary is not None and not isinstance(label_vocabulary, (list, tuple)):
        raise error(f"label_vocabulary should be {kinds}. Given type: {type(label_vocabulary)}")


def _class_predictions(logits: Tensor, n_classes: int, label_vocabulary: Any) -> dict[str, Tensor]:
    """Return the predicted class, and all there are, by number and by name."""
    class_ids = expand_dims(argmax(logits, axis=-1, name=PredictionKeys.CLASS_IDS), axis=-1)
    if label_vocabulary:
        table = index_to_string_table_from_tensor(
            vocabulary_list=list(label_vocabulary), name="class_string_lookup"
        )
        classes = table.lookup(class_ids)
    else:
        classes = as_string(class_ids, name="str_classes")
    return {
        PredictionKeys.CLASS_IDS: class_ids,
        PredictionKeys.CLASSES: classes,
        PredictionKeys.ALL_CLASS_IDS: repeated(range_of(n_classes), logits),
        PredictionKeys.ALL_CLASSES: repeated(class_names(n_classes, label_vocabulary), logits),
    }


class MultiClassHead(Head):
    """One class of more than two: softmax cross entropy.

    Args:
      n_classes: how many classes.
      weight_column: see `Head`.
      label_vocabulary: the names of the classes, where labels are strings.
      loss_reduction: see `Head`.
      loss_fn: see `Head`.
      name: see `Head`.

    Raises:
      ValueError: there are less than three classes, or the vocabulary is no list.
    """

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        _check_vocabulary(label_vocabulary, ValueError, "a list or a tuple")
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        if n_classes is None:
            raise ValueError("n_classes cannot be None")
        if n_classes <= 2:
            raise ValueError(f"n_classes must be > 2: {n_classes}.")
        self._n_classes = n_classes
        self._label_vocabulary = label_vocabulary

    @property
    def logits_dimension(self) -> int:
        """The number of classes."""
        return self._n_classes

    def _processed_labels(self, labels: Any, logits: Tensor) -> Tensor:
        labels = self._dense_labels(labels, logits)
        if self._label_vocabulary is not None:
            if labels.dtype != dtypes.string:
                raise ValueError(
                    "Labels dtype should be string if there is a vocabulary. Instead got "
                    f"{labels.dtype}"
                )
            table = index_table_from_tensor(
                vocabulary_list=tuple(self._label_vocabulary), name="class_id_lookup"
            )
            labels = table.lookup(labels)
        elif not labels.dtype.is_integer:
            raise ValueError(f"Labels dtype should be integer. Instead got {labels.dtype}.")
        return assert_range(labels, self._n_classes)

    def _unweighted_loss(self, labels: Tensor, logits: Tensor) -> Tensor:
        loss = sparse_softmax_cross_entropy(labels=labels, logits=logits, reduction=Reduction.NONE)
        return expand_dims(loss, axis=-1)

    def predictions(self, logits: Any) -> dict[str, Tensor]:
        """Return logits, probabilities and classes."""
        logits = float_logits(logits, self.logits_dimension)
        with name_scope(None, "predictions", [logits]):
            return {
                PredictionKeys.LOGITS: logits,
                PredictionKeys.PROBABILITIES: softmax(logits, name=PredictionKeys.PROBABILITIES),
                **_class_predictions(logits, self._n_classes, self._label_vocabulary),
            }

    def _logits_of(self, predictions: dict[str, Tensor], logits: Any) -> Tensor:
        return predictions[PredictionKeys.LOGITS]

    def _export_outputs(self, predictions: dict[str, Tensor]) -> dict[str, ExportOutput]:
        scores = predictions[PredictionKeys.PROBABILITIES]
        return classification_outputs(scores, self._n_classes, self._label_vocabulary, predictions)

    def _metrics(self, predictions: dict[str, Tensor], spec: LossSpec) -> dict[str, Any]:
        return {
            MetricKeys.ACCURACY: accuracy(
                spec.processed_labels,
                predictions[PredictionKeys.CLASS_IDS],
                weights=spec.weights,
                name=MetricKeys.ACCURACY,
            )
        }


def check_thresholds(thresholds: Any, message: str) -> tuple[float, ...]:
    """Return thresholds as a tuple.

    Raises:
      ValueError: one is not between 0 and 1.
    """
    made = tuple(thresholds) if thresholds else ()
    for threshold in made:
        if not 0.0 < threshold < 1.0:
            raise ValueError(message % (made if "not in" in message else threshold,))
    return made


def threshold_metrics(
    thresholds: Sequence[float], labels: Any, probabilities: Any, weights: Any
) -> dict[str, Any]:
    """Return accuracy, precision and recall at each threshold, by name."""
    made = {}
    for threshold in thresholds:
        for pattern, metric in (
            (MetricKeys.ACCURACY_AT_THRESHOLD, accuracy_at_threshold),
            (MetricKeys.PRECISION_AT_THRESHOLD, precision_at_threshold),
            (MetricKeys.RECALL_AT_THRESHOLD, recall_at_threshold),
        ):
            key = pattern % threshold
            made[key] = metric(labels, probabilities, weights, threshold, key)
    return made


class BinaryHead(Head):
    """One class of two: sigmoid cross entropy.

    Args:
      weight_column: see `Head`.
      thresholds: probabilities to evaluate further metrics at.
      label_vocabulary: the names of the classes, where labels are strings.
      loss_reduction: see `Head`.
      loss_fn: see `Head`.
      name: see `Head`.

    Raises:
      ValueError: a threshold is not between 0 and 1.
      TypeError: the vocabulary is no list.
    """

    def __init__(
        self,
        weight_column: Any = None,
        thresholds: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        _check_vocabulary(label_vocabulary, TypeError, "a list or tuple")
        self._thresholds = check_thresholds(thresholds, "thresholds not in (0, 1): %s.")
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        self._label_vocabulary = label_vocabulary

    @property
    def logits_dimension(self) -> int:
        """One."""
        return 1

    def _processed_labels(self, labels: Any, logits: Tensor) -> Tensor:
        labels = self._dense_labels(labels, logits)
        if self._label_vocabulary is not None:
            table = index_table_from_tensor(
                vocabulary_list=tuple(self._label_vocabulary), name="class_id_lookup"
            )
            labels = table.lookup(labels)
        return assert_range(cast(labels, dtypes.float32), n_classes=2)

    def _unweighted_loss(self, labels: Tensor, logits: Tensor) -> Tensor:
        return sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

    def predictions(self, logits: Any) -> dict[str, Tensor]:
        """Return logits, probabilities and classes."""
        with name_scope(None, "predictions", [logits]):
            logits = float_logits(logits, self.logits_dimension)
            logistic = sigmoid(logits, name=PredictionKeys.LOGISTIC)
            both = concat((zeros_like(logits), logits), axis=-1, name="two_class_logits")
            return {
                PredictionKeys.LOGITS: logits,
                PredictionKeys.LOGISTIC: logistic,
                PredictionKeys.PROBABILITIES: softmax(both, name=PredictionKeys.PROBABILITIES),
                **_class_predictions(both, 2, self._label_vocabulary),
            }

    def _logits_of(self, predictions: dict[str, Tensor], logits: Any) -> Tensor:
        return predictions[PredictionKeys.LOGITS]

    def _export_outputs(self, predictions: dict[str, Tensor]) -> dict[str, ExportOutput]:
        scores = predictions[PredictionKeys.PROBABILITIES]
        return {
            **classification_outputs(scores, 2, self._label_vocabulary, predictions),
            REGRESS_KEY: RegressionOutput(value=predictions[PredictionKeys.LOGISTIC]),
        }

    def _metrics(self, predictions: dict[str, Tensor], spec: LossSpec) -> dict[str, Any]:
        keys, weights, labels = MetricKeys, spec.weights, spec.processed_labels
        logistic = predictions[PredictionKeys.LOGISTIC]
        class_ids = predictions[PredictionKeys.CLASS_IDS]
        labels_mean = mean_of(labels, weights, keys.LABEL_MEAN, "labels_mean")
        counted = {keys.ACCURACY: accuracy, keys.PRECISION: precision, keys.RECALL: recall}
        return {
            **{
                key: metric(labels, class_ids, weights=weights, name=key)
                for key, metric in counted.items()
            },
            keys.PREDICTION_MEAN: mean_of(
                logistic, weights, keys.PREDICTION_MEAN, "predictions_mean"
            ),
            keys.LABEL_MEAN: labels_mean,
            keys.ACCURACY_BASELINE: accuracy_baseline(labels_mean),
            keys.AUC: area_under_curve(labels, logistic, weights, keys.AUC),
            keys.AUC_PR: area_under_curve(labels, logistic, weights, keys.AUC_PR, "PR"),
            **threshold_metrics(self._thresholds, labels, logistic, weights),
        }


def binary_or_multi_class_head(
    n_classes: int, weight_column: Any, label_vocabulary: Any, loss_reduction: str
) -> Head:
    """Return the head of a classifier."""
    if n_classes == 2:
        return BinaryHead(
            weight_column, label_vocabulary=label_vocabulary, loss_reduction=loss_reduction
        )
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction)
