"""`tf.estimator.LinearClassifier` and its kin: linear functions of feature columns.

Source: TensorFlow Estimator 1.15, python/estimator/canned/linear.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.estimator.canned.dnn import LARGE_SLICE_BYTES, check_features
from tensormill.estimator.canned.layer_summaries import fraction_of_zero
from tensormill.estimator.canned.optimizers import get_optimizer_instance
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.classification import binary_or_multi_class_head
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.feature_column.feature_layers import LinearModel
from tensormill.feature_column.linear_model import ScopedLinearModel, parts_of
from tensormill.feature_column.protocols import is_feature_column_v2
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.ops.summaries import histogram, scalar
from tensormill.train.ftrl import FtrlOptimizer
from tensormill.variables.partitioners import min_max_variable_partitioner
from tensormill.variables.scope import variable_scope

__all__ = ["LinearClassifier", "LinearEstimator", "LinearRegressor", "linear_logit_fn_builder"]

_LEARNING_RATE = 0.2


def linear_logit_fn_builder(
    units: int, feature_columns: Any, sparse_combiner: str = "sum"
) -> Callable[..., Tensor]:
    """Return a function of features that gives the logits of a linear model.

    Args:
      units: the number of logits.
      feature_columns: dense and categorical columns.
      sparse_combiner: how the categories of an example add up.
    """

    def linear_logit_fn(features: Mapping[str, Any]) -> Tensor:
        make: Any = LinearModel if is_feature_column_v2(feature_columns) else ScopedLinearModel
        model = make(
            feature_columns, units=units, sparse_combiner=sparse_combiner, name="linear_model"
        )
        logits: Tensor = model(features)
        bias = parts_of(model.bias)
        is_bias = {id(part) for part in bias}
        weights = [each for each in model.variables if id(each) not in is_bias]
        if units > 1:
            histogram("bias", bias)
        else:
            scalar("bias", bias[0][0])
        scalar("fraction_of_zero_weights", fraction_of_zero(weights))
        return logits

    return linear_logit_fn


def linear_model_fn(
    features: Any,
    labels: Any,
    mode: str,
    head: Any,
    feature_columns: Any,
    optimizer: Any,
    partitioner: Any,
    config: Any,
    sparse_combiner: str = "sum",
) -> EstimatorSpec:
    """Return the spec of a linear model; see `LinearEstimator` for the arguments."""
    check_features(features)
    slices = config.num_ps_replicas if config else 0
    partitioner = partitioner or min_max_variable_partitioner(
        max_partitions=slices, min_slice_size=LARGE_SLICE_BYTES
    )
    with variable_scope("linear", values=list(features.values()), partitioner=partitioner):
        logit_fn = linear_logit_fn_builder(head.logits_dimension, feature_columns, sparse_combiner)
        logits = logit_fn(features=features)
        if optimizer is None:
            rate = min(_LEARNING_RATE, 1.0 / math.sqrt(len(feature_columns)))
            optimizer = FtrlOptimizer(learning_rate=rate)
        optimizer = get_optimizer_instance(optimizer, learning_rate=_LEARNING_RATE)
        spec: EstimatorSpec = head.create_estimator_spec(
            features=features, mode=mode, labels=labels, optimizer=optimizer, logits=logits
        )
        return spec


class LinearEstimator(Estimator):
    """A linear model with any head.

    Args:
      head: makes loss and predictions of the logits.
      feature_columns: dense and categorical columns.
      model_dir: the folder of checkpoints and events.
      optimizer: an optimizer, a function that returns one, or a name.
      config: a `RunConfig`.
      partitioner: cuts the variables.
      sparse_combiner: how the categories of an example add up: "sum", "mean" or "sqrtn".
      warm_start_from: see `Estimator`.
    """

    def __init__(
        self,
        head: Any,
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        sparse_combiner: str = "sum",
        warm_start_from: Any = None,
    ) -> None:
        columns = tuple(feature_columns or ())

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return linear_model_fn(
                features,
                labels,
                mode,
                head,
                columns,
                optimizer,
                partitioner,
                config,
                sparse_combiner,
            )

        super().__init__(
            model_fn, model_dir=model_dir, config=config, warm_start_from=warm_start_from
        )


class LinearClassifier(LinearEstimator):
    """A linear model that tells classes.

    Args:
      feature_columns: dense and categorical columns.
      model_dir: the folder of checkpoints and events.
      n_classes: how many classes.
      weight_column: the feature of the examples' weights.
      label_vocabulary: the names of the classes, where labels are strings.
      optimizer: see `LinearEstimator`, as all that follows.
      config: a `RunConfig`.
      partitioner: cuts the variables.
      warm_start_from: see `Estimator`.
      loss_reduction: a key of `tf.losses.Reduction`.
      sparse_combiner: how the categories of an example add up.
    """

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            binary_or_multi_class_head(n_classes, weight_column, label_vocabulary, loss_reduction),
            feature_columns,
            model_dir,
            optimizer,
            config,
            partitioner,
            sparse_combiner,
            warm_start_from,
        )


class LinearRegressor(LinearEstimator):
    """A linear model that gives numbers.

    Args:
      feature_columns: dense and categorical columns.
      model_dir: the folder of checkpoints and events.
      label_dimension: how many numbers to an example.
      weight_column: the feature of the examples' weights.
      optimizer: see `LinearEstimator`, as all that follows.
      config: a `RunConfig`.
      partitioner: cuts the variables.
      warm_start_from: see `Estimator`.
      loss_reduction: a key of `tf.losses.Reduction`.
      sparse_combiner: how the categories of an example add up.
    """

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        sparse_combiner: str = "sum",
    ) -> None:
        super().__init__(
            RegressionHead(weight_column, label_dimension, loss_reduction),
            feature_columns,
            model_dir,
            optimizer,
            config,
            partitioner,
            sparse_combiner,
            warm_start_from,
        )
