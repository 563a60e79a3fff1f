"""`tf.contrib.learn.DNNLinearCombinedClassifier` and its kin: wide and deep models.

Source: TensorFlow 1.15, contrib/learn/python/learn/estimators/dnn_linear_combined.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.estimator.heads.regression import RegressionHead
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import control_dependencies, get_collection
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_training import optimize_loss
from tensormill.learn.canned import (
    Classifier,
    LogitsFn,
    Regressor,
    classifier_head,
    deep_logits,
    linear_logits,
)
from tensormill.losses.collecting import Reduction
from tensormill.ops.activations import relu
from tensormill.ops.grouping import group
from tensormill.train.global_step import get_global_step
from tensormill.train.sync_replicas import SyncReplicasOptimizer
from tensormill.variables.assignments import assign_add

__all__ = ["DNNLinearCombinedClassifier", "DNNLinearCombinedRegressor"]

_DEEP_RATE = 0.05
_LINEAR_RATE = 0.2


@dataclass(frozen=True)
class _Parts:
    """What a wide and deep model is made of; see `DNNLinearCombinedClassifier`."""

    linear_columns: tuple[Any, ...]
    linear_optimizer: Any
    deep_columns: tuple[Any, ...]
    deep_optimizer: Any
    hidden_units: Sequence[int] | None
    activation_fn: Callable[..., Any] | None
    dropout: float | None
    gradient_clip_norm: float | None
    counts_once: bool

    def __post_init__(self) -> None:
        """Refuse a model without columns.

        Raises:
          ValueError: there are none, or the deep part has no layers.
        """
        if not self.linear_columns and not self.deep_columns:
            raise ValueError(
                "Either linear_feature_columns or dnn_feature_columns must be defined."
            )
        if self.deep_columns and not self.hidden_units:
            raise ValueError(
                "dnn_hidden_units must be defined when dnn_feature_columns is specified."
            )

    def logits_fn(self, units: int) -> LogitsFn:
        """Return a function of features, mode and config that gives the sum of the logits."""
        functions = []
        if self.deep_columns:
            layers = self.hidden_units or ()
            activation = self.activation_fn or relu
            functions.append(
                deep_logits(units, layers, self.deep_columns, activation, self.dropout)
            )
        if self.linear_columns:
            functions.append(linear_logits(units, self.linear_columns))

        def logits_fn(features: dict[str, Any], mode: str, config: Any) -> Tensor:
            first, *others = [function(features, mode, config) for function in functions]
            return first + others[0] if others else first

        return logits_fn

    def train_op(self, loss: Tensor) -> Any:
        """Return the operation of a step: each part by its own optimizer."""
        steps = []
        if self.deep_columns:
            steps.append(self._step("dnn", loss, self.deep_optimizer or "Adagrad", _DEEP_RATE))
        if self.linear_columns:
            rate = min(_LINEAR_RATE, 1.0 / math.sqrt(len(self.linear_columns)))
            steps.append(self._step("linear", loss, self.linear_optimizer or "Ftrl", rate))
        train_op = group(*steps)
        if not self.counts_once:
            return train_op
        with control_dependencies([train_op]):
            return assign_add(get_global_step(), 1).op

    def _step(self, scope: str, loss: Tensor, optimizer: Any, rate: float) -> Tensor:
        made = optimizer() if callable(optimizer) else optimizer
        if isinstance(made, SyncReplicasOptimizer):
            raise ValueError(
                "SyncReplicasOptimizer is not supported in DNNLinearCombined model. If you want "
                "to use this optimizer, please use either DNN or Linear model."
            )
        return optimize_loss(
            loss,
            get_global_step(),
            rate,
            made,
            clip_gradients=self.gradient_clip_norm,
            variables=get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=f"{scope}/"),
            name=scope,
            summaries=[],
            increment_global_step=not self.counts_once,
        )


class DNNLinearCombinedClassifier(Classifier):
    """A linear model and a deep network that tell classes; the arguments are TensorFlow 1.15's.

    Unless `fix_global_step_increment_bug` is set, each of the two parts counts the global step.
    """

    def __init__(
        self,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column_name: str | None = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = None,
        _joint_linear_weights: bool = False,
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = None,
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Callable[..., Any] | None = relu,
        dnn_dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        config: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
        label_keys: Any = None,
        fix_global_step_increment_bug: bool = False,
    ) -> None:
        parts = _Parts(
            tuple(linear_feature_columns or ()),
            linear_optimizer,
            tuple(dnn_feature_columns or ()),
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            gradient_clip_norm,
            fix_global_step_increment_bug,
        )
        head = classifier_head(n_classes, weight_column_name, label_keys)
        super().__init__(
            head,
            parts.logits_fn(head.logits_dimension),
            parts.train_op,
            is_classifier=True,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )


class DNNLinearCombinedRegressor(Regressor):
    """A linear model and a deep network that give numbers; see `DNNLinearCombinedClassifier`."""

    def __init__(
        self,
        model_dir: Any = None,
        weight_column_name: str | None = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = None,
        _joint_linear_weights: bool = False,
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = None,
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Callable[..., Any] | None = relu,
        dnn_dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        label_dimension: int = 1,
        config: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
        fix_global_step_increment_bug: bool = False,
    ) -> None:
        parts = _Parts(
            tuple(linear_feature_columns or ()),
            linear_optimizer,
            tuple(dnn_feature_columns or ()),
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            gradient_clip_norm,
            fix_global_step_increment_bug,
        )
        mean = Reduction.SUM_OVER_BATCH_SIZE
        super().__init__(
            RegressionHead(weight_column_name, label_dimension, mean),
            parts.logits_fn(label_dimension),
            parts.train_op,
            is_classifier=False,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )
