"""`tf.estimator.DNNLinearCombinedClassifier` and its kin: wide and deep models.

Source: TensorFlow Estimator 1.15, python/estimator/canned/dnn_linear_combined.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.estimator.canned.dnn import (
    LARGE_SLICE_BYTES,
    check_features,
    dnn_logit_fn_builder,
)
from tensormill.estimator.canned.layer_summaries import summarize_layer
from tensormill.estimator.canned.linear import linear_logit_fn_builder
from tensormill.estimator.canned.optimizers import get_optimizer_instance
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.classification import binary_or_multi_class_head
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import control_dependencies, get_collection
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.ops.activations import relu
from tensormill.ops.grouping import group
from tensormill.train.global_step import get_global_step
from tensormill.train.optimizer import Optimizer
from tensormill.train.sync_replicas import SyncReplicasOptimizer
from tensormill.variables.assignments import assign_add
from tensormill.variables.partitioners import min_max_variable_partitioner
from tensormill.variables.scope import variable_scope

__all__ = [
    "DNNLinearCombinedClassifier",
    "DNNLinearCombinedEstimator",
    "DNNLinearCombinedRegressor",
]

_DNN_LEARNING_RATE = 0.001
_LINEAR_LEARNING_RATE = 0.005


@dataclass(frozen=True)
class _Part:
    """The deep or the linear part of a model: its logits, and how it learns."""

    logits: Tensor
    scope: str
    optimizer: Optimizer

    def minimize(self, loss: Tensor) -> Any:
        """Return the operation that changes the variables of the part."""
        variables = get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=self.scope)
        return self.optimizer.minimize(loss, var_list=variables)


def _optimizer(given: Any, learning_rate: float) -> Optimizer:
    optimizer = get_optimizer_instance(given, learning_rate=learning_rate)
    if isinstance(optimizer, SyncReplicasOptimizer):
        raise ValueError(
            "SyncReplicasOptimizer does not support multi optimizers case. Therefore, it is not "
            "supported in DNNLinearCombined model. If you want to use this optimizer, please use "
            "either DNN or Linear model."
        )
    return optimizer


@dataclass(frozen=True)
class _Settings:
    """What a wide and deep model is made of; see `DNNLinearCombinedEstimator`."""

    linear_feature_columns: Any
    linear_optimizer: Any
    dnn_feature_columns: Any
    dnn_optimizer: Any
    dnn_hidden_units: Sequence[int] | None
    dnn_activation_fn: Callable[..., Any] | None
    dnn_dropout: float | None
    input_layer_partitioner: Any
    batch_norm: bool
    linear_sparse_combiner: str

    def deep_part(
        self, features: Any, mode: str, units: int, slices: int, partitioner: Any
    ) -> _Part:
        """Return the deep part."""
        optimizer = _optimizer(self.dnn_optimizer, _DNN_LEARNING_RATE)
        if not self.dnn_hidden_units:
            raise ValueError(
                "dnn_hidden_units must be defined when dnn_feature_columns is specified."
            )
        whole = min_max_variable_partitioner(max_partitions=slices)
        with variable_scope("dnn", values=list(features.values()), partitioner=whole) as scope:
            logit_fn = dnn_logit_fn_builder(
                units,
                self.dnn_hidden_units,
                self.dnn_feature_columns,
                self.dnn_activation_fn,
                self.dnn_dropout,
                partitioner,
                self.batch_norm,
            )
            return _Part(logit_fn(features=features, mode=mode), scope.name, optimizer)

    def linear_part(self, features: Any, units: int, partitioner: Any) -> _Part:
        """Return the linear part."""
        rate = min(_LINEAR_LEARNING_RATE, 1.0 / math.sqrt(len(self.linear_feature_columns)))
        optimizer = _optimizer(self.linear_optimizer, rate)
        values = list(features.values())
        with variable_scope("linear", values=values, partitioner=partitioner) as scope:
            logit_fn = linear_logit_fn_builder(
                units, self.linear_feature_columns, self.linear_sparse_combiner
            )
            logits = logit_fn(features=features)
            summarize_layer(logits, scope.name)
            return _Part(logits, scope.name, optimizer)

    def model_fn(
        self, features: Any, labels: Any, mode: str, head: Any, config: Any
    ) -> EstimatorSpec:
        """Return the spec of the model."""
        check_features(features)
        slices = config.num_ps_replicas if config else 0
        partitioner = self.input_layer_partitioner or min_max_variable_partitioner(
            max_partitions=slices, min_slice_size=LARGE_SLICE_BYTES
        )
        units = head.logits_dimension
        parts = []
        if self.dnn_feature_columns:
            parts.append(self.deep_part(features, mode, units, slices, partitioner))
        if self.linear_feature_columns:
            parts.append(self.linear_part(features, units, partitioner))
        logits = parts[0].logits if len(parts) == 1 else parts[0].logits + parts[1].logits

        def train_op_fn(loss: Tensor) -> Any:
            train_op = group(*(part.minimize(loss) for part in parts))
            with control_dependencies([train_op]):
                return assign_add(get_global_step(), 1).op

        spec: EstimatorSpec = head.create_estimator_spec(
            features=features, mode=mode, labels=labels, train_op_fn=train_op_fn, logits=logits
        )
        return spec


class DNNLinearCombinedEstimator(Estimator):
    """The sum of a linear model and a deep network, with any head.

    Args:
      head: makes loss and predictions of the logits.
      model_dir: the folder of checkpoints and events.
      linear_feature_columns: dense and categorical columns of the linear part.
      linear_optimizer: an optimizer, a function that returns one, or a name.
      dnn_feature_columns: dense columns of the deep part.
      dnn_optimizer: likewise.
      dnn_hidden_units: the sizes of the layers.
      dnn_activation_fn: of the layers.
      dnn_dropout: which part of the values is dropped in training, or None.
      input_layer_partitioner: cuts the variables of the columns.
      config: a `RunConfig`.
      linear_sparse_combiner: how the categories of an example add up.
      warm_start_from: see `Estimator`.
      batch_norm: whether to normalize each layer.

    Raises:
      ValueError: there are no columns.
    """

    def __init__(
        self,
        head: Any,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Callable[..., Any] | None = relu,
        dnn_dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        linear_sparse_combiner: str = "sum",
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        self._feature_columns = [*(linear_feature_columns or []), *(dnn_feature_columns or [])]
        if not self._feature_columns:
            raise ValueError(
                "Either linear_feature_columns or dnn_feature_columns must be defined."
            )
        settings = _Settings(
            list(linear_feature_columns or []),
            linear_optimizer,
            list(dnn_feature_columns or []),
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            input_layer_partitioner,
            batch_norm,
            linear_sparse_combiner,
        )

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return settings.model_fn(features, labels, mode, head, config)

        super().__init__(
            model_fn, model_dir=model_dir, config=config, warm_start_from=warm_start_from
        )


class DNNLinearCombinedClassifier(DNNLinearCombinedEstimator):
    """A wide and deep model that tells classes.

    Args:
      model_dir: the folder of checkpoints and events.
      linear_feature_columns: see `DNNLinearCombinedEstimator`, as all without a note.
      linear_optimizer: of the linear part.
      dnn_feature_columns: of the deep part.
      dnn_optimizer: of the deep part.
      dnn_hidden_units: the sizes of the layers.
      dnn_activation_fn: of the layers.
      dnn_dropout: which part of the values is dropped in training.
      n_classes: how many classes.
      weight_column: the feature of the examples' weights.
      label_vocabulary: the names of the classes, where labels are strings.
      input_layer_partitioner: cuts the variables of the columns.
      config: a `RunConfig`.
      warm_start_from: see `Estimator`.
      loss_reduction: a key of `tf.losses.Reduction`.
      batch_norm: whether to normalize each layer.
      linear_sparse_combiner: how the categories of an example add up.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Callable[..., Any] | None = relu,
        dnn_dropout: float | None = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            binary_or_multi_class_head(n_classes, weight_column, label_vocabulary, loss_reduction),
            model_dir,
            linear_feature_columns,
            linear_optimizer,
            dnn_feature_columns,
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            input_layer_partitioner,
            config,
            linear_sparse_combiner,
            warm_start_from,
            batch_norm,
        )


class DNNLinearCombinedRegressor(DNNLinearCombinedEstimator):
    """A wide and deep model that gives numbers.

    Args:
      model_dir: the folder of checkpoints and events.
      linear_feature_columns: see `DNNLinearCombinedEstimator`, as all without a note.
      linear_optimizer: of the linear part.
      dnn_feature_columns: of the deep part.
      dnn_optimizer: of the deep part.
      dnn_hidden_units: the sizes of the layers.
      dnn_activation_fn: of the layers.
      dnn_dropout: which part of the values is dropped in training.
      label_dimension: how many numbers to an example.
      weight_column: the feature of the examples' weights.
      input_layer_partitioner: cuts the variables of the columns.
      config: a `RunConfig`.
      warm_start_from: see `Estimator`.
      loss_reduction: a key of `tf.losses.Reduction`.
      batch_norm: whether to normalize each layer.
      linear_sparse_combiner: how the categories of an example add up.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Callable[..., Any] | None = relu,
        dnn_dropout: float | None = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            RegressionHead(weight_column, label_dimension, loss_reduction),
            model_dir,
            linear_feature_columns,
            linear_optimizer,
            dnn_feature_columns,
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            input_layer_partitioner,
            config,
            linear_sparse_combiner,
            warm_start_from,
            batch_norm,
        )
