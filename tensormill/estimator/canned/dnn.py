"""`tf.estimator.DNNClassifier` and its kin: fully connected layers over feature columns.

Source: TensorFlow Estimator 1.15, python/estimator/canned/dnn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.estimator.canned.layer_summaries import summarize_layer
from tensormill.estimator.canned.optimizers import get_optimizer_instance
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.classification import binary_or_multi_class_head
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.feature_column.feature_layers import DenseFeatures
from tensormill.feature_column.input_layer import InputLayer
from tensormill.feature_column.protocols import is_feature_column_v2
from tensormill.graph.tensor import Tensor
from tensormill.layers.core import Dense, Dropout
from tensormill.layers.normalization import BatchNormalization
from tensormill.losses.collecting import Reduction
from tensormill.ops.activations import relu
from tensormill.variables.initializers import GlorotUniform
from tensormill.variables.partitioners import min_max_variable_partitioner
from tensormill.variables.scope import variable_scope

__all__ = ["DNNClassifier", "DNNEstimator", "DNNRegressor", "dnn_logit_fn_builder"]

_LEARNING_RATE = 0.05
_BATCH_NORM_MOMENTUM = 0.999
LARGE_SLICE_BYTES = 64 << 20


def check_features(features: Any) -> None:
    """Refuse features without names.

    Raises:
      ValueError: they are no dict.
    """
    if not isinstance(features, dict):
        raise ValueError(
            f"features should be a dictionary of `Tensor`s. Given type: {type(features)}"
        )


def dnn_logit_fn_builder(
    units: int,
    hidden_units: Sequence[int],
    feature_columns: Any,
    activation_fn: Callable[..., Any] | None,
    dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
) -> Callable[..., Tensor]:
    """Return a function of features and mode that gives the logits of a deep network.

    Args:
      units: the number of logits.
      hidden_units: the sizes of the layers.
      feature_columns: dense columns.
      activation_fn: of the layers.
      dropout: which part of the values is dropped in training, or None.
      input_layer_partitioner: cuts the variables of the columns.
      batch_norm: whether to normalize each layer.

    Raises:
      ValueError: `units` is no integer.
    """
    if not isinstance(units, int):
        raise ValueError(f"units must be an int.  Given type: {type(units)}")

    def dnn_logit_fn(features: Mapping[str, Any], mode: str) -> Tensor:
        is_training = mode == ModeKeys.TRAIN
        inputs: Any
        if is_feature_column_v2(feature_columns):
            inputs = DenseFeatures(feature_columns, name="input_layer")
        else:
            inputs = InputLayer(feature_columns, name="input_layer", create_scope_now=False)
        layers = [
            _HiddenLayer(number, size, activation_fn, dropout, batch_norm)
            for number, size in enumerate(hidden_units)
        ]
        with variable_scope("logits") as scope:
            last = Dense(units, kernel_initializer=GlorotUniform(), name=scope, _scope=scope)
        with variable_scope("input_from_feature_columns", partitioner=input_layer_partitioner):
            net = inputs(features)
        for layer in layers:
            net = layer(net, is_training)
        logits: Tensor = last(net)
        summarize_layer(logits, scope.name)
        return logits

    return dnn_logit_fn


class _HiddenLayer:
    """A fully connected layer with what may follow it."""

    def __init__(
        self,
        number: int,
        size: int,
        activation_fn: Callable[..., Any] | None,
        dropout: float | None,
        batch_norm: bool,
    ) -> None:
        with variable_scope(f"hiddenlayer_{number}") as scope:
            self._scope_name = scope.name
            self._dense = Dense(
                size,
                activation=activation_fn,
                kernel_initializer=GlorotUniform(),
                name=scope,
                _scope=scope,
            )
            self._dropout = None if dropout is None else Dropout(rate=dropout)
            name = f"batchnorm_{number}"
            self._norm = (
                BatchNormalization(
                    momentum=_BATCH_NORM_MOMENTUM, trainable=True, name=name, _scope=name
                )
                if batch_norm
                else None
            )

    def __call__(self, net: Tensor, is_training: bool) -> Tensor:
        net = self._dense(net)
        if self._dropout is not None and is_training:
            net = self._dropout(net, training=True)
        if self._norm is not None:
            net = self._norm(net, training=is_training)
        summarize_layer(net, self._scope_name)
        return net


def dnn_model_fn(
    features: Any,
    labels: Any,
    mode: str,
    head: Any,
    hidden_units: Sequence[int],
    feature_columns: Any,
    optimizer: Any = "Adagrad",
    activation_fn: Callable[..., Any] | None = relu,
    dropout: float | None = None,
    input_layer_partitioner: Any = None,
    config: Any = None,
    batch_norm: bool = False,
) -> EstimatorSpec:
    """Return the spec of a deep network; see `DNNEstimator` for the arguments."""
    optimizer = get_optimizer_instance(optimizer, learning_rate=_LEARNING_RATE)
    check_features(features)
    slices = config.num_ps_replicas if config else 0
    partitioner = min_max_variable_partitioner(max_partitions=slices)
    with variable_scope("dnn", values=list(features.values()), partitioner=partitioner):
        logit_fn = dnn_logit_fn_builder(
            head.logits_dimension,
            hidden_units,
            feature_columns,
            activation_fn,
            dropout,
            input_layer_partitioner
            or min_max_variable_partitioner(
                max_partitions=slices, min_slice_size=LARGE_SLICE_BYTES
            ),
            batch_norm,
        )
        logits = logit_fn(features=features, mode=mode)
        spec: EstimatorSpec = head.create_estimator_spec(
            features=features, mode=mode, labels=labels, optimizer=optimizer, logits=logits
        )
        return spec


class DNNEstimator(Estimator):
    """A deep network with any head.

    Args:
      head: makes loss and predictions of the logits.
      hidden_units: the sizes of the layers.
      feature_columns: dense columns.
      model_dir: the folder of checkpoints and events.
      optimizer: an optimizer, a function that returns one, or a name.
      activation_fn: of the layers.
      dropout: which part of the values is dropped in training, or None.
      input_layer_partitioner: cuts the variables of the columns.
      config: a `RunConfig`.
      warm_start_from: see `Estimator`.
      batch_norm: whether to normalize each layer.
    """

    def __init__(
        self,
        head: Any,
        hidden_units: Sequence[int],
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Callable[..., Any] | None = relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        columns = tuple(feature_columns or ())

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return dnn_model_fn(
                features,
                labels,
                mode,
                head,
                hidden_units,
                columns,
                optimizer,
                activation_fn,
                dropout,
                input_layer_partitioner,
                config,
                batch_norm,
            )

        super().__init__(
            model_fn, model_dir=model_dir, config=config, warm_start_from=warm_start_from
        )


class DNNClassifier(DNNEstimator):
    """A deep network that tells classes.

    Args:
      hidden_units: the sizes of the layers.
      feature_columns: dense columns.
      model_dir: the folder of checkpoints and events.
      n_classes: how many classes.
      weight_column: the feature of the examples' weights.
      label_vocabulary: the names of the classes, where labels are strings.
      optimizer: see `DNNEstimator`, as all that follows.
      activation_fn: of the layers.
      dropout: which part of the values is dropped in training.
      input_layer_partitioner: cuts the variables of the columns.
      config: a `RunConfig`.
      warm_start_from: see `Estimator`.
      loss_reduction: a key of `tf.losses.Reduction`.
      batch_norm: whether to normalize each layer.
    """

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        optimizer: Any = "Adagrad",
        activation_fn: Callable[..., Any] | None = relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
    ) -> None:
        super().__init__(
            binary_or_multi_class_head(n_classes, weight_column, label_vocabulary, loss_reduction),
            hidden_units,
            feature_columns,
            model_dir,
            optimizer,
            activation_fn,
            dropout,
            input_layer_partitioner,
            config,
            warm_start_from,
            batch_norm,
        )


class DNNRegressor(DNNEstimator):
    """A deep network that gives numbers.

    Args:
      hidden_units: the sizes of the layers.
      feature_columns: dense columns.
      model_dir: the folder of checkpoints and events.
      label_dimension: how many numbers to an example.
      weight_column: the feature of the examples' weights.
      optimizer: see `DNNEstimator`, as all that follows.
      activation_fn: of the layers.
      dropout: which part of the values is dropped in training.
      input_layer_partitioner: cuts the variables of the columns.
      config: a `RunConfig`.
      warm_start_from: see `Estimator`.
      loss_reduction: a key of `tf.losses.Reduction`.
      batch_norm: whether to normalize each layer.
    """

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Callable[..., Any] | None = relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
    ) -> None:
        super().__init__(
            RegressionHead(weight_column, label_dimension, loss_reduction),
            hidden_units,
            feature_columns,
            model_dir,
            optimizer,
            activation_fn,
            dropout,
            input_layer_partitioner,
            config,
            warm_start_from,
            batch_norm,
        )
