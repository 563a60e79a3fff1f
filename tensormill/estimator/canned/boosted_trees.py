"""`tf.estimator.BoostedTreesClassifier` and its kin: ensembles of boosted decision trees.

Source: TensorFlow Estimator 1.15, python/estimator/canned/boosted_trees.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tensormill.estimator.canned.tree_features import TreeFeatures
from tensormill.estimator.canned.tree_resources import QuantileAccumulator, TreeEnsemble
from tensormill.estimator.canned.tree_training import (
    Grower,
    GrowerInitializationHook,
    StopAtAttemptsHook,
    TreeSettings,
)
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.heads.checks import dense_labels
from tensormill.estimator.heads.classification import BinaryHead, MultiClassHead
from tensormill.estimator.heads.regression import RegressionHead
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.feature_column.numeric import numeric_column
from tensormill.feature_column.transformation import transform_features
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.basics import no_op
from tensormill.ops.boosted_trees import (
    example_debug_outputs_op,
    predict_op,
    training_predict_op,
)
from tensormill.ops.casting import cast
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import reciprocal, sigmoid
from tensormill.ops.filling import fill, zeros
from tensormill.ops.gradients import gradients as gradients_of
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity
from tensormill.ops.summaries import scalar
from tensormill.proto.boosted_trees_pb2 import DebugOutput
from tensormill.proto.boosted_trees_pb2 import TreeEnsemble as EnsembleMessage
from tensormill.train.checkpoints.variable_loading import load_variable
from tensormill.train.global_step import get_or_create_global_step
from tensormill.variables.assignments import assign_add
from tensormill.variables.creation import Variable

__all__ = ["BoostedTreesClassifier", "BoostedTreesEstimator", "BoostedTreesRegressor"]

_SCOPE = "boosted_trees"
_DEBUG_KEY = "_serialized_debug_outputs_proto"
GradientsFn = Callable[[Tensor, Any], tuple[Tensor, Tensor]]


def _variable(value: Any, name: str) -> Any:
    return Variable(value, trainable=False, validate_shape=False, name=name, use_resource=True)


class _Model:
    """The graph of a model in one mode.

    Args:
      columns: the columns.
      head: makes loss and predictions of the logits.
      settings: how trees grow.
      n_batches: how many batches a layer takes.
      weight_column: the feature of the examples' weights, or None.
      in_memory: whether a batch is all there is.
      closed_form: a function of logits and labels that gives gradients and second derivatives.
    """

    def __init__(
        self,
        columns: Sequence[Any],
        head: Any,
        settings: TreeSettings,
        n_batches: int,
        weight_column: Any = None,
        in_memory: bool = False,
        closed_form: GradientsFn | None = None,
    ) -> None:
        self.features = TreeFeatures(columns)
        self.head = head
        self.settings = settings
        self._n_batches = n_batches
        self._weight_column = weight_column
        self._in_memory = in_memory
        self._closed_form = closed_form

    def model_fn(self, features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        """Return the spec of the model."""
        with name_scope(_SCOPE) as scope:
            step = get_or_create_global_step()
            ensemble = TreeEnsemble(name=scope)
            quantiles, edges = self._quantiles()
            buckets = self.features.buckets(features, edges)
            if mode != ModeKeys.TRAIN:
                return self._spec(features, mode, self._predicted(ensemble, buckets), labels)
            return self._training_spec(
                scope, features, labels, config, step, ensemble, quantiles, buckets
            )

    def explained_spec(self, features: Any) -> EstimatorSpec:
        """Return the spec of predictions, and of the way of each example through the trees."""
        with name_scope(_SCOPE) as scope:
            ensemble = TreeEnsemble(name=scope)
            _, edges = self._quantiles()
            buckets = self.features.buckets(features, edges)
            logits = self._predicted(ensemble, buckets)
            spec = self._spec(features, ModeKeys.PREDICT, logits, None)
            ways = example_debug_outputs_op(
                ensemble.resource_handle, buckets, logits_dimension=self.head.logits_dimension
            )
            return spec._replace(predictions={**spec.predictions, _DEBUG_KEY: ways})

    def _quantiles(self) -> tuple[QuantileAccumulator | None, list[Tensor]]:
        if not self.features.float_columns:
            return None, []
        made = QuantileAccumulator(
            self.settings.quantile_sketch_epsilon,
            self.features.float_count,
            self.settings.num_quantiles,
            name="QuantileAccumulator",
        )
        return made, made.get_bucket_boundaries()

    def _predicted(self, ensemble: TreeEnsemble, buckets: list[Tensor]) -> Tensor:
        logits: Tensor = predict_op(
            ensemble.resource_handle, buckets, logits_dimension=self.head.logits_dimension
        )
        return logits

    def _spec(
        self,
        features: Any,
        mode: str,
        logits: Tensor,
        labels: Any,
        train_op_fn: Callable[[Tensor], Any] | None = None,
    ) -> EstimatorSpec:
        spec: EstimatorSpec = self.head.create_estimator_spec(
            features=features,
            mode=mode,
            labels=labels,
            train_op_fn=train_op_fn or (lambda loss: no_op()),
            logits=logits,
        )
        return spec

    def _training_spec(
        self,
        scope: str,
        features: Any,
        labels: Any,
        config: Any,
        step: Any,
        ensemble: TreeEnsemble,
        quantiles: QuantileAccumulator | None,
        buckets: list[Tensor],
    ) -> EstimatorSpec:
        self._check_memory(config)
        local, reload = ensemble, no_op()
        if config.num_worker_replicas > 1:
            local = TreeEnsemble(name=f"{scope}_local", is_local=True)
            reload = local.deserialize(*ensemble.serialize())
        cache = _Cache(shape_of(labels)[0], self.head.logits_dimension, self._in_memory)
        with control_dependencies([reload]):
            stamp, trees, finalized, attempted, last_nodes = local.get_states()
            partial, tree_ids, node_ids = training_predict_op(
                local.resource_handle,
                cache.tree_ids,
                cache.node_ids,
                buckets,
                logits_dimension=self.head.logits_dimension,
            )
        logits = cache.logits + partial
        groups = self.features.groups(self.settings.num_quantiles)
        n_batches = None if self._in_memory else self._n_batches
        grower = Grower(
            ensemble, quantiles, self.settings, groups, stamp, n_batches, config.is_chief
        )
        scalar("ensemble/num_trees", trees)
        scalar("ensemble/num_finalized_trees", finalized)
        scalar("ensemble/num_attempted_layers", attempted)
        are_ready = _variable(quantiles is None, "are_boundaries_ready")
        is_bias_needed = _variable(self.settings.center_bias, "center_bias_needed")

        def grow(loss: Tensor) -> Any:
            gradients, hessians = self._derivatives(loss, logits, labels)
            sums = grower.summaries(node_ids, gradients, hessians, buckets)
            if self.settings.center_bias:
                update = cond(
                    is_bias_needed,
                    lambda: grower.center_bias(is_bias_needed, gradients, hessians),
                    lambda: grower.grow(sums, last_nodes),
                )
            else:
                update = grower.grow(sums, last_nodes)
            cached = cache.insert(is_bias_needed, tree_ids, node_ids, logits)
            with control_dependencies([update]):
                return group(cached, update, assign_add(step, 1).op, name="grow_op")

        def learn_quantiles() -> Any:
            with name_scope("UpdateQuantile"):
                values = self.features.numbers(features)
                return grower.accumulate_quantiles(values, self._weights(features), are_ready)

        def train_op_fn(loss: Tensor) -> Any:
            if quantiles is None:
                return grow(loss)
            return cond(are_ready, lambda: grow(loss), learn_quantiles)

        spec = self._spec(features, ModeKeys.TRAIN, logits, labels, train_op_fn)
        return spec._replace(
            training_hooks=(
                *spec.training_hooks,
                StopAtAttemptsHook(finalized, attempted, self.settings),
            ),
            training_chief_hooks=(
                GrowerInitializationHook(grower.chief_init_op),
                *spec.training_chief_hooks,
            ),
        )

    def _check_memory(self, config: Any) -> None:
        if not self._in_memory:
            return
        if self._n_batches != 1:
            raise ValueError(
                "When train_in_memory is enabled, input_fn should return the entire dataset as a "
                "single batch, and n_batches_per_layer should be set as 1."
            )
        if not config.is_chief or config.num_worker_replicas > 1 or config.num_ps_replicas > 0:
            raise ValueError("train_in_memory is supported only for non-distributed training.")

    def _weights(self, features: Mapping[str, Any]) -> Tensor:
        column = self._weight_column
        if column is None:
            return constant(1.0, shape=[1])
        if isinstance(column, str):
            column = numeric_column(column, shape=(1,))
        return reshape(transform_features(features, [column])[column], [-1])

    def _derivatives(self, loss: Tensor, logits: Tensor, labels: Any) -> tuple[Tensor, Tensor]:
        if self._closed_form is not None:
            return self._closed_form(logits, labels)
        first = gradients_of(loss, logits, name="Gradients")[0]
        return first, gradients_of(first, logits, name="Hessians")[0]


class _Cache:
    """Where examples were in the trees when they came last, and what they were given then."""

    def __init__(self, batch_size: Tensor, outputs: int, is_kept: bool) -> None:
        self._is_kept = is_kept
        tree_ids = zeros([batch_size], dtype=dtypes.int32)
        node_ids = fill([batch_size], -1)
        logits = zeros([batch_size, outputs], dtype=dtypes.float32)
        self.tree_ids: Any = _variable(tree_ids, "tree_ids_cache") if is_kept else tree_ids
        self.node_ids: Any = _variable(node_ids, "node_ids_cache") if is_kept else node_ids
        self.logits: Any = _variable(logits, "logits_cache") if is_kept else logits

    def insert(self, is_bias_needed: Any, tree_ids: Any, node_ids: Any, logits: Any) -> Any:
        """Return the operation that keeps them, unless the bias still moves."""
        if not self._is_kept:
            return no_op()
        return cond(
            is_bias_needed,
            no_op,
            lambda: group(
                self.tree_ids.assign(tree_ids),
                self.node_ids.assign(node_ids),
                self.logits.assign(logits),
                name="cache_insert",
            ),
        )


def _logistic_derivatives(logits: Tensor, labels: Any) -> tuple[Tensor, Tensor]:
    """Return the derivatives of the mean loss of a classifier."""
    predictions = sigmoid(logits)
    share = reciprocal(cast(size_of(predictions), dtypes.float32))
    wanted = dense_labels(cast(labels, dtypes.float32), logits, 1)
    return (predictions - wanted) * share, predictions * (1.0 - predictions) * share


class _BoostedTrees(Estimator):
    """What the estimators of boosted trees have in common."""

    def __init__(self, model: _Model, is_classifier: bool, model_dir: Any, config: Any) -> None:
        self._model = model
        self._is_classifier = is_classifier
        super().__init__(model.model_fn, model_dir=model_dir, config=config)

    def experimental_feature_importances(self, normalize: bool = False) -> OrderedDict[str, float]:
        """Return by how much the splits of each column made the loss smaller, the most first.

        Args:
          normalize: divide by the sum.

        Raises:
          ValueError: the model was not trained, or no tree has a split.
        """
        serialized = load_variable(self.model_dir, f"{_SCOPE}:0_serialized")
        if not serialized:
            raise ValueError(
                "Found empty serialized string for TreeEnsemble.You should only call this method "
                "after training."
            )
        message = EnsembleMessage.FromString(serialized)
        names = self._model.features.names
        gains = np.zeros(len(names))
        for tree, weight in zip(message.trees, message.tree_weights, strict=True):
            for node in tree.nodes:
                if node.WhichOneof("node") == "bucketized_split":
                    gains[node.bucketized_split.feature_id] += weight * node.metadata.gain
        if normalize:
            if not gains.sum() > 0:
                raise ValueError("Trees are all empty or contain only a root node.")
            gains /= gains.sum()
        return _by_column(names, gains)

    def experimental_predict_with_explanations(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Any = None,
        hooks: Any = None,
        checkpoint_path: Any = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield predictions with "bias", what is given without features, and "dfc".

        The latter says by column how much it changed the prediction, the most first.

        Args:
          input_fn: returns features.
          predict_keys: which of the predictions, by name.
          hooks: called around each step.
          checkpoint_path: by default the latest checkpoint.

        Raises:
          ValueError: the model was made without `center_bias`.
        """
        model = self._model
        if not model.settings.center_bias:
            raise ValueError(
                "center_bias must be enabled during estimator instantiation when using "
                "experimental_predict_with_explanations."
            )
        if not self._is_classifier and getattr(model.head, "_inverse_link_fn", None) not in (
            None,
            identity,
        ):
            raise ValueError(
                "For now only identity inverse_link_fn in regression_head is supported for "
                "experimental_predict_with_explanations."
            )

        def explained_model_fn(features: Any, mode: str) -> EstimatorSpec:
            return model.explained_spec(features)

        explaining = Estimator(explained_model_fn, model_dir=self.model_dir, config=self.config)
        keys = None if predict_keys is None else {*predict_keys, _DEBUG_KEY}
        for prediction in explaining.predict(input_fn, keys, hooks, checkpoint_path):
            way = DebugOutput.FromString(prediction.pop(_DEBUG_KEY))
            path = np.array(way.logits_path)
            if self._is_classifier:
                path = 1.0 / (1.0 + np.exp(-path))
            names = model.features.names
            changes = np.bincount(list(way.feature_ids), np.diff(path), len(names))
            prediction["bias"] = path[0]
            prediction["dfc"] = _by_column(names, changes)
            yield prediction


def _by_column(names: Sequence[str], values: Any) -> OrderedDict[str, float]:
    sums: dict[str, float] = {}
    for name, value in zip(names, values, strict=True):
        sums[name] = sums.get(name, 0.0) + float(value)
    return OrderedDict(sorted(sums.items(), key=lambda item: abs(item[1]), reverse=True))


class BoostedTreesClassifier(_BoostedTrees):
    """Boosted trees that tell one class of two.

    Args:
      feature_columns: bucketized, indicator or numeric columns.
      n_batches_per_layer: how many batches a layer of a tree takes.
      model_dir: the folder of checkpoints and events.
      n_classes: 2.
      weight_column: the feature of the examples' weights.
      label_vocabulary: the names of the classes, where labels are strings.
      n_trees: how many trees.
      max_depth: how many layers a tree has.
      learning_rate: how much of what a tree finds counts.
      l1_regularization: the penalty on absolute values of leaves.
      l2_regularization: the penalty on their squares.
      tree_complexity: what a split must gain at least, with pruning.
      min_node_weight: how much second derivative a node has at least that is split.
      config: a `RunConfig`.
      center_bias: whether the first tree begins with the mean.
      pruning_mode: "none", "pre" or "post".
      quantile_sketch_epsilon: how far the buckets of numbers may be off.
      train_in_memory: whether a batch is all the examples there are.

    Raises:
      ValueError: there are more classes, or columns of other kinds.
    """

    def __init__(
        self,
        feature_columns: Sequence[Any],
        n_batches_per_layer: int,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        n_trees: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.1,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        tree_complexity: float = 0.0,
        min_node_weight: float = 0.0,
        config: Any = None,
        center_bias: bool = False,
        pruning_mode: str = "none",
        quantile_sketch_epsilon: float = 0.01,
        train_in_memory: bool = False,
    ) -> None:
        if n_classes != 2:
            raise ValueError(
                f"For now only binary classification is supported.n_classes given as {n_classes}"
            )
        settings = TreeSettings(
            n_trees, max_depth, learning_rate, l1_regularization, l2_regularization,
            tree_complexity, min_node_weight, center_bias, pruning_mode, quantile_sketch_epsilon,
        )  # fmt: skip
        head = BinaryHead(
            weight_column,
            label_vocabulary=label_vocabulary,
            loss_reduction=Reduction.SUM_OVER_BATCH_SIZE,
        )
        is_plain = weight_column is None and label_vocabulary is None
        model = _Model(
            feature_columns,
            head,
            settings,
            n_batches_per_layer,
            weight_column,
            train_in_memory,
            _logistic_derivatives if is_plain else None,
        )
        super().__init__(model, True, model_dir, config)


class BoostedTreesRegressor(_BoostedTrees):
    """Boosted trees that give a number; see `BoostedTreesClassifier` for the arguments."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        n_batches_per_layer: int,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        n_trees: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.1,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        tree_complexity: float = 0.0,
        min_node_weight: float = 0.0,
        config: Any = None,
        center_bias: bool = False,
        pruning_mode: str = "none",
        quantile_sketch_epsilon: float = 0.01,
        train_in_memory: bool = False,
    ) -> None:
        if label_dimension != 1:
            raise ValueError(
                "For now only 1 dimension regression is supported.label_dimension given as "
                f"{label_dimension}"
            )
        settings = TreeSettings(
            n_trees, max_depth, learning_rate, l1_regularization, l2_regularization,
            tree_complexity, min_node_weight, center_bias, pruning_mode, quantile_sketch_epsilon,
        )  # fmt: skip
        head = RegressionHead(weight_column, 1, Reduction.SUM_OVER_BATCH_SIZE)
        model = _Model(
            feature_columns, head, settings, n_batches_per_layer, weight_column, train_in_memory
        )
        super().__init__(model, False, model_dir, config)


class BoostedTreesEstimator(_BoostedTrees):
    """Boosted trees with any head of one logit; see `BoostedTreesClassifier` for the rest."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        n_batches_per_layer: int,
        head: Any,
        model_dir: Any = None,
        weight_column: Any = None,
        n_trees: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.1,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        tree_complexity: float = 0.0,
        min_node_weight: float = 0.0,
        config: Any = None,
        center_bias: bool = False,
        pruning_mode: str = "none",
        quantile_sketch_epsilon: float = 0.01,
    ) -> None:
        settings = TreeSettings(
            n_trees, max_depth, learning_rate, l1_regularization, l2_regularization,
            tree_complexity, min_node_weight, center_bias, pruning_mode, quantile_sketch_epsilon,
        )  # fmt: skip
        model = _Model(feature_columns, head, settings, n_batches_per_layer, weight_column)
        is_classifier = isinstance(head, (BinaryHead, MultiClassHead))
        super().__init__(model, is_classifier, model_dir, config)
