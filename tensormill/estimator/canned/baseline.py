"""`tf.estimator.BaselineClassifier` and its kin: models that look at the labels alone.

Source: TensorFlow Estimator 1.15, python/estimator/canned/baseline.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.estimator.canned.optimizers import get_optimizer_instance
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.classification import binary_or_multi_class_head
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.feature_column.numeric import NumericColumn
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.ops.arithmetic import multiply
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.filling import ones
from tensormill.train.global_step import get_global_step
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = ["BaselineClassifier", "BaselineEstimator", "BaselineRegressor"]

_LEARNING_RATE = 0.3


def _weight_key(weight_column: Any) -> str | None:
    if weight_column is None or isinstance(weight_column, str):
        return weight_column
    if not isinstance(weight_column, NumericColumn):
        raise TypeError(
            "Weight column must be either a string or _NumericColumn. Given type: "
            f"{type(weight_column)}."
        )
    return str(weight_column.key)


def _logits(features: Mapping[str, Any], units: int, weight_column: Any) -> Tensor:
    """Return the bias, once for each example."""
    weight_key = _weight_key(weight_column)
    sizes = [shape_of(each)[0] for key, each in features.items() if key != weight_key]
    checks = [assert_equal(sizes[0], size) for size in sizes[1:]]
    with control_dependencies(checks), variable_scope("baseline"):
        bias = get_variable("bias", shape=[units], initializer=Zeros())
        return multiply(bias, ones([sizes[0], units]))


class BaselineEstimator(Estimator):
    """The same logits for each example, with any head.

    Args:
      head: makes loss and predictions of the logits.
      model_dir: the folder of checkpoints and events.
      optimizer: an optimizer, a function that returns one, or a name.
      config: a `RunConfig`.
      weight_column: the feature that is none but weighs the examples.
    """

    def __init__(
        self,
        head: Any,
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        weight_column: Any = None,
    ) -> None:
        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            logits = _logits(features, head.logits_dimension, weight_column)

            def train_op_fn(loss: Tensor) -> Any:
                chosen = get_optimizer_instance(optimizer, learning_rate=_LEARNING_RATE)
                return chosen.minimize(loss, global_step=get_global_step())

            spec: EstimatorSpec = head.create_estimator_spec(
                features=features, mode=mode, logits=logits, labels=labels, train_op_fn=train_op_fn
            )
            return spec

        super().__init__(model_fn, model_dir=model_dir, config=config)


class BaselineClassifier(BaselineEstimator):
    """Tells how frequent each class is.

    Args:
      model_dir: the folder of checkpoints and events.
      n_classes: how many classes.
      weight_column: the feature of the examples' weights.
      label_vocabulary: the names of the classes, where labels are strings.
      optimizer: see `BaselineEstimator`.
      config: a `RunConfig`.
      loss_reduction: a key of `tf.losses.Reduction`.
    """

    def __init__(
        self,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        loss_reduction: str = Reduction.SUM,
    ) -> None:
        super().__init__(
            binary_or_multi_class_head(n_classes, weight_column, label_vocabulary, loss_reduction),
            model_dir,
            optimizer,
            config,
            weight_column,
        )


class BaselineRegressor(BaselineEstimator):
    """Gives the mean of the labels.

    Args:
      model_dir: the folder of checkpoints and events.
      label_dimension: how many numbers to an example.
      weight_column: the feature of the examples' weights.
      optimizer: see `BaselineEstimator`.
      config: a `RunConfig`.
      loss_reduction: a key of `tf.losses.Reduction`.
    """

    def __init__(
        self,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        loss_reduction: str = Reduction.SUM,
    ) -> None:
        super().__init__(
            RegressionHead(weight_column, label_dimension, loss_reduction),
            model_dir,
            optimizer,
            config,
            weight_column,
        )
