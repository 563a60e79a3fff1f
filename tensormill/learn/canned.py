"""`tf.contrib.learn.DNNClassifier` and its kin.

Source: TensorFlow 1.15, contrib/learn/python/learn/estimators/dnn.py, linear.py and head.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.estimator.canned.dnn import LARGE_SLICE_BYTES
from tensormill.estimator.canned.layer_summaries import summarize_layer
from tensormill.estimator.canned.optimizers import get_optimizer_instance
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.classification import BinaryHead, MultiClassHead
from tensormill.estimator.heads.head import Head
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.feature_column.input_layer import input_layer
from tensormill.feature_column.linear_model import linear_model
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_layers import fully_connected
from tensormill.layers.model_shaping import dropout as dropped
from tensormill.learn.fitted_estimator import Estimator
from tensormill.learn.serving import ProblemType
from tensormill.losses.collecting import Reduction
from tensormill.ops.activations import relu
from tensormill.ops.array_shapes import squeeze
from tensormill.ops.clipping import clip_by_global_norm
from tensormill.train.ftrl import FtrlOptimizer
from tensormill.train.global_step import get_global_step
from tensormill.variables.partitioners import min_max_variable_partitioner
from tensormill.variables.scope import variable_scope

__all__ = [
    "DNNClassifier",
    "DNNRegressor",
    "LinearClassifier",
    "LinearRegressor",
    "PredictionKey",
]

_DNN_RATE = 0.05
_LINEAR_RATE = 0.2
_HALF = 0.5


class PredictionKey:
    """The names of predictions."""

    CLASSES = "classes"
    PROBABILITIES = "probabilities"
    LOGITS = "logits"
    LOGISTIC = "logistic"
    SCORES = "scores"


_METRIC_NAMES = {
    "accuracy": "accuracy",
    "auc": "auc",
    "auc_precision_recall": "auc_precision_recall",
    "prediction/mean": "labels/prediction_mean",
    "label/mean": "labels/actual_label_mean",
    "accuracy_baseline": "accuracy/baseline_label_mean",
    "accuracy/positive_threshold_0.5": "accuracy/threshold_0.500000_mean",
    "precision/positive_threshold_0.5": "precision/positive_threshold_0.500000_mean",
    "recall/positive_threshold_0.5": "recall/positive_threshold_0.500000_mean",
}


def _named(features: Any) -> dict[str, Any]:
    return features if isinstance(features, dict) else {"": features}


def renamed(spec: EstimatorSpec, is_classifier: bool) -> EstimatorSpec:
    """Return a spec with the names that predictions and metrics have here."""
    given: Mapping[str, Tensor] = spec.predictions
    if is_classifier:
        predictions = {key: given[key] for key in ("logits", "probabilities") if key in given}
        predictions[PredictionKey.CLASSES] = squeeze(given["class_ids"], [-1])
        if "logistic" in given:
            predictions[PredictionKey.LOGISTIC] = given["logistic"]
    else:
        scores = given["predictions"]
        is_single = scores.dims is not None and scores.dims[-1] == 1
        predictions = {PredictionKey.SCORES: squeeze(scores, [-1]) if is_single else scores}
    metrics = {
        name: spec.eval_metric_ops[key]
        for key, name in _METRIC_NAMES.items()
        if is_classifier and key in spec.eval_metric_ops
    }
    return EstimatorSpec(
        spec.mode,
        predictions=predictions,
        loss=spec.loss,
        train_op=spec.train_op,
        eval_metric_ops=metrics,
    )


def classifier_head(n_classes: int, weight_column: Any, label_keys: Any) -> Head:
    """Return the head of a classifier, whose loss is the mean."""
    mean = Reduction.SUM_OVER_BATCH_SIZE
    if n_classes == 2:
        return BinaryHead(weight_column, [_HALF], label_keys, mean)
    return MultiClassHead(n_classes, weight_column, label_keys, mean)


def _clipped_steps(optimizer: Any, loss: Tensor, gradient_clip_norm: float | None) -> Any:
    pairs = optimizer.compute_gradients(loss)
    if gradient_clip_norm:
        gradients, variables = zip(*pairs, strict=True)
        clipped, _ = clip_by_global_norm(list(gradients), gradient_clip_norm)
        pairs = list(zip(clipped, variables, strict=True))
    return optimizer.apply_gradients(pairs, global_step=get_global_step())


LogitsFn = Callable[[dict[str, Any], str, Any], Tensor]


def clipped_step_fn(
    make_optimizer: Callable[[], Any], gradient_clip_norm: float | None
) -> Callable[[Tensor], Any]:
    """Return a function of the loss that makes a step by one optimizer."""
    return lambda loss: _clipped_steps(make_optimizer(), loss, gradient_clip_norm)


class ColumnsEstimator(Estimator):
    """An estimator of columns with a head.

    Args:
      head: makes loss and predictions of the logits.
      logits_fn: a function of features, mode and config that gives the logits.
      train_op_fn: a function of the loss that makes a step.
      is_classifier: whether predictions are classes.
      **kwargs: as in `Estimator`.
    """

    def __init__(
        self,
        head: Head,
        logits_fn: LogitsFn,
        train_op_fn: Callable[[Tensor], Any],
        is_classifier: bool,
        **kwargs: Any,
    ) -> None:
        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            features = _named(features)
            logits = logits_fn(features, mode, config)
            spec = head.create_estimator_spec(
                features, mode, logits, labels, train_op_fn=train_op_fn
            )
            return renamed(spec, is_classifier)

        super().__init__(model_fn, **kwargs)
        self._problem = (
            ProblemType.LINEAR_REGRESSION
            if not is_classifier
            else ProblemType.LOGISTIC_REGRESSION
            if head.logits_dimension == 1
            else ProblemType.CLASSIFICATION
        )

    def _output_alternatives(self, made: EstimatorSpec) -> Any:
        return {None: (self._problem, made.predictions)}

    def _only(self, key: str, outputs: Any, given: dict[str, Any]) -> Any:
        """Return predictions: all that were asked for, or those of one name alone."""
        if outputs:
            return Estimator.predict(self, outputs=outputs, **given)
        found = Estimator.predict(self, outputs=[key], **given)
        if given.get("as_iterable", True):
            return (each[key] for each in found)
        return found[key]


class Classifier(ColumnsEstimator):
    """An estimator that tells classes."""

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Return the classes, or the predictions in `outputs`; see `Estimator.predict`."""
        given = _by_name(args, kwargs)
        return self._only(PredictionKey.CLASSES, given.pop("outputs", None), given)

    predict_classes = predict

    def predict_proba(self, *args: Any, **kwargs: Any) -> Any:
        """Return the probabilities of the classes."""
        return self._only(PredictionKey.PROBABILITIES, None, _by_name(args, kwargs))


class Regressor(ColumnsEstimator):
    """An estimator that gives numbers."""

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Return the numbers, or the predictions in `outputs`; see `Estimator.predict`."""
        given = _by_name(args, kwargs)
        return self._only(PredictionKey.SCORES, given.pop("outputs", None), given)

    predict_scores = predict


def _by_name(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    names = ("x", "input_fn", "batch_size", "outputs", "as_iterable")
    return {**dict(zip(names, args, strict=False)), **kwargs}


def deep_logits(
    units: int,
    hidden_units: Sequence[int],
    columns: Any,
    activation_fn: Any,
    dropout: float | None,
) -> LogitsFn:
    """Return a function of features, mode and config that gives the logits of a deep network."""

    def logits_fn(features: dict[str, Any], mode: str, config: Any) -> Tensor:
        slices = config.num_ps_replicas
        whole = min_max_variable_partitioner(max_partitions=slices)
        large = min_max_variable_partitioner(
            max_partitions=slices, min_slice_size=LARGE_SLICE_BYTES
        )
        with variable_scope("dnn", values=list(features.values()), partitioner=whole):
            with variable_scope("input_from_feature_columns", partitioner=large):
                net = input_layer(features, columns)
            for number, size in enumerate(hidden_units):
                with variable_scope(f"hiddenlayer_{number}", values=[net]) as scope:
                    net = fully_connected(net, size, activation_fn=activation_fn, scope=scope)
                    if dropout is not None and mode == "train":
                        net = dropped(net, keep_prob=1.0 - dropout)
                summarize_layer(net, scope.name)
            with variable_scope("logits", values=[net]) as scope:
                logits = fully_connected(net, units, activation_fn=None, scope=scope)
            summarize_layer(logits, scope.name)
            return logits

    return logits_fn


def linear_logits(units: int, columns: Any) -> LogitsFn:
    """Return a function of features, mode and config that gives the logits of a linear model."""

    def logits_fn(features: dict[str, Any], mode: str, config: Any) -> Tensor:
        partitioner = min_max_variable_partitioner(
            max_partitions=config.num_ps_replicas, min_slice_size=LARGE_SLICE_BYTES
        )
        with variable_scope("linear", values=list(features.values()), partitioner=partitioner):
            return linear_model(features, columns, units=units)

    return logits_fn


def _deep_optimizer(optimizer: Any) -> Any:
    return get_optimizer_instance(optimizer or "Adagrad", learning_rate=_DNN_RATE)


def _linear_optimizer(optimizer: Any, columns: Sequence[Any]) -> Any:
    if optimizer is None:
        return FtrlOptimizer(min(_LINEAR_RATE, 1.0 / math.sqrt(len(columns))))
    return get_optimizer_instance(optimizer, learning_rate=_LINEAR_RATE)


class DNNClassifier(Classifier):
    """A deep network that tells classes; its arguments are as in TensorFlow 1.15."""

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        activation_fn: Callable[..., Any] | None = relu,
        dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        config: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
        label_keys: Any = None,
    ) -> None:
        head = classifier_head(n_classes, weight_column_name, label_keys)
        columns = tuple(feature_columns)
        super().__init__(
            head,
            deep_logits(head.logits_dimension, hidden_units, columns, activation_fn, dropout),
            clipped_step_fn(lambda: _deep_optimizer(optimizer), gradient_clip_norm),
            is_classifier=True,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )


class DNNRegressor(Regressor):
    """A deep network that gives numbers; its arguments are as in TensorFlow 1.15."""

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        activation_fn: Callable[..., Any] | None = relu,
        dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        config: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
        label_dimension: int = 1,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
    ) -> None:
        mean = Reduction.SUM_OVER_BATCH_SIZE
        columns = tuple(feature_columns)
        super().__init__(
            RegressionHead(weight_column_name, label_dimension, mean),
            deep_logits(label_dimension, hidden_units, columns, activation_fn, dropout),
            clipped_step_fn(lambda: _deep_optimizer(optimizer), gradient_clip_norm),
            is_classifier=False,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )


class LinearClassifier(Classifier):
    """A linear model that tells classes; its arguments are as in TensorFlow 1.15."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        _joint_weight: bool = False,
        config: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
        label_keys: Any = None,
    ) -> None:
        head = classifier_head(n_classes, weight_column_name, label_keys)
        columns = tuple(feature_columns)
        super().__init__(
            head,
            linear_logits(head.logits_dimension, columns),
            clipped_step_fn(lambda: _linear_optimizer(optimizer, columns), gradient_clip_norm),
            is_classifier=True,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )


class LinearRegressor(Regressor):
    """A linear model that gives numbers; its arguments are as in TensorFlow 1.15."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        label_dimension: int = 1,
        _joint_weights: bool = False,
        config: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
    ) -> None:
        columns = tuple(feature_columns)
        super().__init__(
            RegressionHead(weight_column_name, label_dimension, Reduction.SUM_OVER_BATCH_SIZE),
            linear_logits(label_dimension, columns),
            clipped_step_fn(lambda: _linear_optimizer(optimizer, columns), gradient_clip_norm),
            is_classifier=False,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )
