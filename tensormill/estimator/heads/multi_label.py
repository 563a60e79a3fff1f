"""A head for any number of several classes.

Source: TensorFlow Estimator 1.15, contrib/estimator/python/estimator/head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.estimator.export_outputs import ExportOutput
from tensormill.estimator.heads.checks import (
    MISSING_LABELS,
    assert_range,
    dense_labels,
    float_logits,
)
from tensormill.estimator.heads.classification import check_thresholds, threshold_metrics
from tensormill.estimator.heads.head import Head, LossSpec, classification_outputs
from tensormill.estimator.heads.keys import MetricKeys, PredictionKeys
from tensormill.estimator.heads.metric_functions import area_under_curve, mean_of
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.lookup.index_tables import index_table_from_tensor
from tensormill.losses.collecting import Reduction
from tensormill.losses.functions import sigmoid_cross_entropy
from tensormill.metrics.classification import auc
from tensormill.ops.assertions import assert_integer, assert_less, assert_non_negative
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sigmoid
from tensormill.ops.reduction import reduce_mean
from tensormill.ops.sparse_arrays import sparse_to_indicator

__all__ = ["MultiLabelHead"]


class MultiLabelHead(Head):
    """Any number of several classes: sigmoid cross entropy, averaged over the classes.

    Labels are indicators [batch, classes], or a sparse tensor of numbers or names of classes.

    Args:
      n_classes: how many classes.
      weight_column: see `Head`.
      thresholds: probabilities to evaluate further metrics at.
      label_vocabulary: the names of the classes, where labels are strings.
      loss_reduction: see `Head`.
      loss_fn: see `Head`.
      classes_for_class_based_metrics: classes to evaluate on their own, by number or name.
      name: see `Head`.

    Raises:
      ValueError: an argument is not as described.
    """

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        thresholds: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        loss_fn: Callable[..., Any] | None = None,
        classes_for_class_based_metrics: Sequence[Any] | None = None,
        name: str | None = None,
    ) -> None:
        if n_classes is None or n_classes < 2:
            raise ValueError(
                f"n_classes must be > 1 for multi-class classification. Given: {n_classes}"
            )
        self._thresholds = check_thresholds(
            thresholds, "thresholds must be in (0, 1) range. Given: %s"
        )
        if label_vocabulary is not None:
            if not isinstance(label_vocabulary, (list, tuple)):
                raise ValueError(
                    "label_vocabulary must be a list or tuple. Given type: "
                    f"{type(label_vocabulary)}"
                )
            if len(label_vocabulary) != n_classes:
                raise ValueError(
                    f"Length of label_vocabulary must be n_classes ({n_classes}). Given: "
                    f"{len(label_vocabulary)}"
                )
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        self._n_classes = n_classes
        self._label_vocabulary = label_vocabulary
        self._single_classes = self._numbers(classes_for_class_based_metrics or ())

    def _numbers(self, classes: Sequence[Any]) -> tuple[int, ...]:
        if classes and isinstance(classes[0], str):
            if not self._label_vocabulary:
                raise ValueError(
                    "label_vocabulary must be provided when classes_for_class_based_metrics are "
                    "sting."
                )
            return tuple(list(self._label_vocabulary).index(each) for each in classes)
        for each in classes:
            if not 0 <= each < self._n_classes:
                raise ValueError(
                    "All classes_for_class_based_metrics must be in range [0, "
                    f"{self._n_classes - 1}]. Given: {each}"
                )
        return tuple(classes)

    @property
    def logits_dimension(self) -> int:
        """The number of classes."""
        return self._n_classes

    def _processed_labels(self, labels: Any, logits: Tensor) -> Tensor:
        if labels is None:
            raise ValueError(MISSING_LABELS)
        if isinstance(labels, SparseTensor):
            indicators = self._indicators(labels)
        else:
            message = "labels must be an integer indicator Tensor with values in [0, 1]"
            indicators = assert_range(labels, 2, message=message)
        return dense_labels(indicators, logits, self._n_classes)

    def _indicators(self, labels: SparseTensor) -> Tensor:
        if labels.dtype == dtypes.string:
            table = index_table_from_tensor(
                vocabulary_list=tuple(self._label_vocabulary or ()), name="class_id_lookup"
            )
            ids = SparseTensor(labels.indices, table.lookup(labels.values), labels.dense_shape)
            return cast(sparse_to_indicator(ids, self._n_classes), dtypes.int64)
        message = f"labels must be an integer SparseTensor with values in [0, {self._n_classes})"
        limit = convert_to_tensor(self._n_classes, dtype=labels.dtype)
        checks = [
            assert_integer(labels.values, message=message),
            assert_less(labels.values, limit, message=message),
            assert_non_negative(labels.values, message=message),
        ]
        with control_dependencies(checks):
            return cast(sparse_to_indicator(labels, self._n_classes), dtypes.int64)

    def _unweighted_loss(self, labels: Tensor, logits: Tensor) -> Tensor:
        loss = sigmoid_cross_entropy(labels, logits, reduction=Reduction.NONE)
        return reduce_mean(loss, axis=-1, keepdims=True)

    def predictions(self, logits: Any) -> dict[str, Tensor]:
        """Return logits and probabilities."""
        logits = float_logits(logits, self.logits_dimension)
        with name_scope(None, "predictions", [logits]):
            key = PredictionKeys.PROBABILITIES
            return {PredictionKeys.LOGITS: logits, key: sigmoid(logits, name=key)}

    def _logits_of(self, predictions: dict[str, Tensor], logits: Any) -> Tensor:
        return predictions[PredictionKeys.LOGITS]

    def _export_outputs(self, predictions: dict[str, Tensor]) -> dict[str, ExportOutput]:
        scores = predictions[PredictionKeys.PROBABILITIES]
        return classification_outputs(scores, self._n_classes, self._label_vocabulary, predictions)

    def _metrics(self, predictions: dict[str, Tensor], spec: LossSpec) -> dict[str, Any]:
        keys, labels, weights = MetricKeys, spec.processed_labels, spec.weights
        scores = predictions[PredictionKeys.PROBABILITIES]
        made = {
            keys.AUC: auc(labels, scores, weights=weights, name=keys.AUC),
            keys.AUC_PR: auc(labels, scores, weights=weights, curve="PR", name=keys.AUC_PR),
            **threshold_metrics(self._thresholds, labels, scores, weights),
        }
        for number in self._single_classes:
            score, label = (each[..., number : number + 1] for each in (scores, labels))
            mean_key, auc_key, pr_key = self._class_keys(number)
            made[mean_key] = mean_of(score, weights, mean_key, "predictions_mean")
            made[auc_key] = area_under_curve(label, score, weights, auc_key)
            made[pr_key] = area_under_curve(label, score, weights, pr_key, "PR")
        return made

    def _class_keys(self, number: int) -> tuple[str, str, str]:
        keys = MetricKeys
        if self._label_vocabulary is None:
            return (
                keys.PROBABILITY_MEAN_AT_CLASS % number,
                keys.AUC_AT_CLASS % number,
                keys.AUC_PR_AT_CLASS % number,
            )
        name = self._label_vocabulary[number]
        return (
            keys.PROBABILITY_MEAN_AT_NAME % name,
            keys.AUC_AT_NAME % name,
            keys.AUC_PR_AT_NAME % name,
        )
