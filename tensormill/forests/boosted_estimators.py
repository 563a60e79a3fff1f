"""`tf.contrib.boosted_trees.estimator_batch.estimator`: estimators of gradient boosted trees.

Source: TensorFlow 1.15, contrib/boosted_trees/estimator_batch/estimator.py, model.py,
python/training/functions/gbdt_batch.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.feature_column.input_layer import input_layer
from tensormill.forests.boosting import BoostedArrays, BoostingRules, grow_layer
from tensormill.forests.tree_walk import leaves_of
from tensormill.graph import dtypes, errors
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.learn.canned import classifier_head, renamed
from tensormill.learn.fitted_estimator import Estimator
from tensormill.losses.collecting import Reduction
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import expand_dims, reshape, shape
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather
from tensormill.ops.gradients import gradients as gradients_of
from tensormill.ops.grouping import group
from tensormill.ops.joining import concat, stack
from tensormill.ops.random_seeds import get_seed
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.scripts import py_func
from tensormill.proto.learner_pb2 import LearnerConfig
from tensormill.train.global_step import get_global_step
from tensormill.train.monitored.session_run_hook import SessionRunArgs, SessionRunHook
from tensormill.variables.assignments import assign, assign_add
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "GradientBoostedDecisionTreeClassifier",
    "GradientBoostedDecisionTreeEstimator",
    "GradientBoostedDecisionTreeRegressor",
]

_DEFAULT_DEPTH = 6
_DEFAULT_RATE = 0.1


def _rules(
    config: Any, examples_per_layer: Any, num_trees: int | None, outputs: int, centers: bool
) -> BoostingRules:
    """Return the rules that a LearnerConfig stands for.

    Raises:
      UnimplementedError: it asks for what is not there.
    """
    tuner = config.learning_rate_tuner
    kind = tuner.WhichOneof("tuner")
    lacking = None
    if kind in ("dropout", "line_search"):
        lacking = f"learning_rate_tuner.{kind}: set learning_rate_tuner.fixed"
    elif config.multi_class_strategy == LearnerConfig.FULL_HESSIAN:
        lacking = "FULL_HESSIAN: use DIAGONAL_HESSIAN or TREE_PER_CLASS"
    elif config.averaging_config.WhichOneof("config"):
        lacking = "averaging_config"
    elif callable(examples_per_layer):
        lacking = "a function for examples_per_layer: give a number"
    if lacking is not None:
        raise errors.UnimplementedError(None, None, f"Boosted trees here lack {lacking}")
    regularization, constraints = config.regularization, config.constraints
    fraction = config.WhichOneof("feature_fraction")
    return BoostingRules(
        examples_per_layer=int(examples_per_layer),
        num_trees=num_trees,
        max_depth=constraints.max_tree_depth or _DEFAULT_DEPTH,
        learning_rate=tuner.fixed.learning_rate if kind == "fixed" else _DEFAULT_RATE,
        l1=regularization.l1,
        l2=regularization.l2,
        complexity=regularization.tree_complexity,
        min_node_weight=constraints.min_node_weight,
        by_layer=config.growing_mode != LearnerConfig.WHOLE_TREE,
        by_class=outputs > 1 and config.multi_class_strategy == LearnerConfig.TREE_PER_CLASS,
        tree_fraction=getattr(config, fraction) if fraction == "feature_fraction_per_tree" else 1,
        level_fraction=getattr(config, fraction) if fraction == "feature_fraction_per_level" else 1,
        centers=centers,
    )


def _dense(features: Any, columns: Any) -> Tensor:
    """Return the features as one tensor: float32 [examples, features]."""
    if columns:
        return input_layer(features, columns)
    parts = []
    named = features if isinstance(features, Mapping) else {"": features}
    for name in sorted(named):
        value = named[name]
        if isinstance(value, SparseTensor):
            raise errors.UnimplementedError(
                None, None, f"Feature {name!r} is sparse: boosted trees here take dense features"
            )
        tensor = cast(convert_to_tensor(value), dtypes.float32)
        if tensor.shape.ndims == 1:
            tensor = expand_dims(tensor, -1)
        parts.append(tensor)
    return parts[0] if len(parts) == 1 else concat(parts, 1)


class _Ensemble:
    """The variables of an ensemble, in the graph of a model."""

    def __init__(self, features: int, outputs: int) -> None:
        empty = BoostedArrays.empty(features, outputs)
        with variable_scope("boosted_trees"):
            self.arrays = [
                get_variable(
                    name, initializer=_initial(array), trainable=False, validate_shape=False
                )
                for name, array in zip(vars(empty), empty.arrays(), strict=True)
            ]
        self._outputs = outputs

    @property
    def finished_trees(self) -> Tensor:
        """How many trees are done."""
        found: Tensor = self.arrays[5][2]
        return found

    def logits(self, examples: Tensor) -> Tensor:
        """Return the sums of the values of the leaves: float32 [examples, outputs]."""
        feature, threshold, left, value, roots = self.arrays[:5]
        # A leaf more than there are, so that a batch can be looked up among no nodes.
        leaves = leaves_of(examples, feature, threshold, left, roots)
        found = reduce_sum(gather(value, leaves), 0)
        found = reshape(found, stack([shape(examples)[0], self._outputs]))
        found.set_shape([examples.shape[0], self._outputs])
        return found

    def grow(
        self, examples: Tensor, gradients: Tensor, hessians: Tensor, rules: BoostingRules
    ) -> Any:
        """Return the operation that lets the ensemble see a batch."""
        random = np.random.default_rng(get_seed(None)[1])

        def grown(x: Any, g: Any, h: Any, *arrays: Any) -> list[Any]:
            ensemble = BoostedArrays(*(np.array(array) for array in arrays))
            grow_layer(ensemble, x, g, h, rules, random)
            return ensemble.arrays()

        made = py_func(
            grown,
            [examples, gradients, hessians, *self.arrays],
            [v.dtype.base_dtype for v in self.arrays],
        )
        return group(
            *(
                assign(variable, value, validate_shape=False)
                for variable, value in zip(self.arrays, made, strict=True)
            )
        )


def _initial(array: Any) -> Tensor:
    """Return the initial value of a variable whose shape will change."""
    if not array.size:
        return zeros(list(array.shape), dtypes.as_dtype(array.dtype))
    return convert_to_tensor(array)


class _StopAfterTrees(SessionRunHook):
    """Stops when enough trees are done."""

    def __init__(self, finished: Tensor, num_trees: int) -> None:
        self._finished = finished
        self._num_trees = num_trees

    def before_run(self, run_context: Any) -> SessionRunArgs:
        """Ask how many trees are done."""
        return SessionRunArgs(self._finished)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Stop where these are enough."""
        if run_values.results >= self._num_trees:
            run_context.request_stop()


class _BoostedEstimator(Estimator):
    """An estimator of boosted trees with a head."""

    def __init__(
        self,
        head: Any,
        outputs: int,
        learner_config: Any,
        examples_per_layer: Any,
        num_trees: int | None,
        feature_columns: Any,
        center_bias: bool,
        logits_modifier_function: Callable[..., Any] | None,
        rename: Callable[[EstimatorSpec], EstimatorSpec],
        **kwargs: Any,
    ) -> None:
        rules = _rules(learner_config, examples_per_layer, num_trees, outputs, center_bias)

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            examples = _dense(features, feature_columns)
            ensemble = _Ensemble(int(examples.shape[-1]), outputs)
            logits = given = ensemble.logits(examples)
            if logits_modifier_function is not None:
                logits = logits_modifier_function(logits, features, mode)

            def train(loss: Tensor) -> Any:
                first = gradients_of(loss, given)[0]
                second = _hessians(first, given, outputs)
                grown = ensemble.grow(examples, first, second, rules)
                return group(grown, assign_add(get_global_step(), 1))

            spec = rename(
                head.create_estimator_spec(
                    features if isinstance(features, Mapping) else {"": features},
                    mode,
                    logits,
                    labels,
                    train_op_fn=train,
                )
            )
            if mode == ModeKeys.TRAIN and num_trees is not None:
                hook = _StopAfterTrees(ensemble.finished_trees, num_trees)
                spec = spec._replace(training_hooks=(*spec.training_hooks, hook))
            return spec

        super().__init__(model_fn, **kwargs)


def _hessians(gradients: Tensor, logits: Tensor, outputs: int) -> Tensor:
    """Return the second derivatives of the loss, each by one output: [examples, outputs].

    For several classes they follow from the probabilities, as cross entropy has no second
    derivatives of its own here.
    """
    if outputs == 1:
        return gradients_of(gradients, logits)[0]
    probabilities = softmax(logits)
    count = cast(shape(logits)[0], dtypes.float32)
    hessians: Tensor = probabilities * (1.0 - probabilities) / count
    return hessians


class GradientBoostedDecisionTreeClassifier(_BoostedEstimator):
    """Boosted trees that tell classes.

    Args:
      learner_config: a LearnerConfig: how trees grow.
      examples_per_layer: a layer is made of so many examples.
      n_classes: how many classes.
      num_trees: training ends with so many trees; None for no end.
      feature_columns: the features; all of the input by default.
      weight_column_name: the feature with the weights of examples.
      model_dir: the folder of checkpoints.
      config: a RunConfig.
      label_keys: the classes, where labels are texts.
      feature_engineering_fn: changes features and labels first.
      logits_modifier_function: changes predictions, called with logits, features and mode.
      center_bias: fit the mean before the first tree.

    Raises:
      ValueError: the config is for another number of classes.
      UnimplementedError: the config asks for what is not there.
    """

    def __init__(
        self,
        learner_config: Any,
        examples_per_layer: Any,
        n_classes: int = 2,
        num_trees: int | None = None,
        feature_columns: Any = None,
        weight_column_name: str | None = None,
        model_dir: str | None = None,
        config: Any = None,
        label_keys: Any = None,
        feature_engineering_fn: Any = None,
        logits_modifier_function: Callable[..., Any] | None = None,
        center_bias: bool = True,
    ) -> None:
        if learner_config.num_classes == 0:
            learner_config.num_classes = n_classes
        elif learner_config.num_classes != n_classes:
            raise ValueError(
                f"n_classes ({n_classes}) doesn't match learner_config "
                f"({learner_config.num_classes})."
            )
        super().__init__(
            classifier_head(n_classes, weight_column_name, label_keys),
            1 if n_classes == 2 else n_classes,
            learner_config,
            examples_per_layer,
            num_trees,
            feature_columns,
            center_bias,
            logits_modifier_function,
            lambda spec: renamed(spec, True),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )


class GradientBoostedDecisionTreeRegressor(_BoostedEstimator):
    """Boosted trees that tell numbers; see `GradientBoostedDecisionTreeClassifier`.

    Args:
      label_dimension: how many numbers; 1.
      label_name: not used.
    """

    def __init__(
        self,
        learner_config: Any,
        examples_per_layer: Any,
        label_dimension: int = 1,
        num_trees: int | None = None,
        feature_columns: Any = None,
        label_name: str | None = None,
        weight_column_name: str | None = None,
        model_dir: str | None = None,
        config: Any = None,
        feature_engineering_fn: Any = None,
        logits_modifier_function: Callable[..., Any] | None = None,
        center_bias: bool = True,
    ) -> None:
        if label_dimension != 1:
            raise errors.UnimplementedError(
                None, None, "Boosted trees here tell one number: label_dimension must be 1"
            )
        learner_config.num_classes = 2
        super().__init__(
            RegressionHead(weight_column_name, 1, Reduction.SUM_OVER_BATCH_SIZE),
            1,
            learner_config,
            examples_per_layer,
            num_trees,
            feature_columns,
            center_bias,
            logits_modifier_function,
            lambda spec: renamed(spec, False),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )


class GradientBoostedDecisionTreeEstimator(_BoostedEstimator):
    """Boosted trees with a head of `tf.contrib.estimator`."""

    def __init__(
        self,
        learner_config: Any,
        examples_per_layer: Any,
        head: Any,
        num_trees: int | None = None,
        feature_columns: Any = None,
        weight_column_name: str | None = None,
        model_dir: str | None = None,
        config: Any = None,
        feature_engineering_fn: Any = None,
        logits_modifier_function: Callable[..., Any] | None = None,
        center_bias: bool = True,
    ) -> None:
        super().__init__(
            head,
            head.logits_dimension,
            learner_config,
            examples_per_layer,
            num_trees,
            feature_columns,
            center_bias,
            logits_modifier_function,
            lambda spec: spec,
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
        )
