"""`tf.contrib.tensor_forest`: random forests that grow while they see examples.

Source: TensorFlow 1.15, contrib/tensor_forest/python/tensor_forest.py.
"""

from __future__ import annotations

import contextlib
import math
import random as python_random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from tensormill.forests.forest_growth import (
    ForestArrays,
    GrowthRules,
    grow,
    impurity,
    statistics_of,
)
from tensormill.forests.tree_walk import leaves_of
from tensormill.graph import dtypes, tf_logging
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import device
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import expand_dims, reshape, shape
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import negative
from tensormill.ops.filling import fill, ones
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import group
from tensormill.ops.joining import concat, stack
from tensormill.ops.random_seeds import get_seed
from tensormill.ops.reduction import reduce_mean, reduce_sum
from tensormill.ops.scripts import py_func
from tensormill.ops.sparse_arrays import sparse_tensor_to_dense
from tensormill.variables.assignments import assign
from tensormill.variables.initializers import Constant
from tensormill.variables.store import get_variable

__all__ = ["ForestHParams", "ForestVariables", "RandomForestGraphs", "RandomTreeGraphs"]

_SPLIT_AFTER = 250
_LEAST_CANDIDATES = 10
_MOST_CANDIDATES = 1000


class ForestHParams:
    """The settings of a forest; `num_classes`, `num_features` and `regression` come by keyword.

    Args:
      num_trees: how many trees.
      max_nodes: of each tree.
      bagging_fraction: the part of the examples that each tree sees.
      num_splits_to_consider: how many splits a leaf chooses from; 0 for the root of the number of
        features, at least 10.
      feature_bagging_fraction: the part of the features that each tree looks at.
      split_after_samples: a leaf is split after so many examples.
    """

    def __init__(
        self,
        num_trees: int = 100,
        max_nodes: int = 10000,
        bagging_fraction: float = 1.0,
        num_splits_to_consider: int = 0,
        feature_bagging_fraction: float = 1.0,
        max_fertile_nodes: int = 0,
        split_after_samples: Any = _SPLIT_AFTER,
        valid_leaf_threshold: int = 1,
        dominate_method: str = "bootstrap",
        dominate_fraction: float = 0.99,
        model_name: str = "all_dense",
        split_finish_name: str = "basic",
        split_pruning_name: str = "none",
        **kwargs: Any,
    ) -> None:
        self.num_trees = num_trees
        self.max_nodes = max_nodes
        self.bagging_fraction = bagging_fraction
        self.feature_bagging_fraction = feature_bagging_fraction
        self.num_splits_to_consider: Any = num_splits_to_consider
        self.max_fertile_nodes = max_fertile_nodes
        self.split_after_samples = split_after_samples
        self.valid_leaf_threshold = valid_leaf_threshold
        self.dominate_method = dominate_method
        self.dominate_fraction = dominate_fraction
        self.model_name = model_name
        self.split_finish_name = split_finish_name
        self.split_pruning_name = split_pruning_name
        self.num_classes: int
        self.num_features: int
        self.bagged_features: list[list[int]] | None
        for name, value in kwargs.items():
            setattr(self, name, value)

    def values(self) -> dict[str, Any]:
        """Return all settings."""
        return self.__dict__

    def fill(self) -> ForestHParams:
        """Set what follows from the other settings, and return this.

        Raises:
          AttributeError: `num_classes` or `num_features` are missing.
        """
        count = int(self.feature_bagging_fraction * self.num_features)
        self.bagged_num_features = count
        self.bagged_features = None
        if self.feature_bagging_fraction < 1.0:
            self.bagged_features = [
                python_random.sample(range(self.num_features), count) for _ in range(self.num_trees)
            ]
        self.regression = getattr(self, "regression", False)
        self.num_outputs = self.num_classes if self.regression else 1
        self.num_output_columns = self.num_classes + 1
        root = math.floor(math.sqrt(self.num_features))
        self.num_splits_to_consider = self.num_splits_to_consider or min(
            max(_LEAST_CANDIDATES, root), _MOST_CANDIDATES
        )
        self.base_random_seed = getattr(self, "base_random_seed", 0)
        return self


class ForestVariables:
    """The variables that hold the trees; `training` those that they grow by, too.

    Attributes:
      arrays: the variables in the order of `forest_growth.ForestArrays`.
    """

    def __init__(self, params: Any, device_assigner: Any = None, training: bool = True) -> None:
        nodes = params.num_trees * params.max_nodes
        candidates = int(params.num_splits_to_consider)
        size = statistics_size(params)
        forms: dict[str, tuple[list[int], Any]] = {
            "feature": ([nodes], dtypes.int32),
            "threshold": ([nodes], dtypes.float32),
            "left": ([nodes], dtypes.int32),
            "counts": ([nodes, size], dtypes.float32),
            "sizes": ([params.num_trees], dtypes.int32),
            "candidate_feature": ([nodes, candidates], dtypes.int32),
            "candidate_threshold": ([nodes, candidates], dtypes.float32),
            "candidate_count": ([nodes], dtypes.int32),
            "left_counts": ([nodes, candidates, size], dtypes.float32),
            "seen": ([nodes, size], dtypes.float32),
        }
        if not training:
            forms = dict(list(forms.items())[:5])
        with _on(device_assigner):
            self.arrays = [
                get_variable(
                    f"forest_{name}",
                    dims,
                    dtype,
                    Constant(1 if name == "sizes" else 0),
                    trainable=False,
                )
                for name, (dims, dtype) in forms.items()
            ]


def statistics_size(params: Any) -> int:
    """Return how many numbers are kept of the labels at a node."""
    classes = int(params.num_classes)
    return 1 + 2 * classes if params.regression else classes


def _on(device_assigner: Any) -> AbstractContextManager[Any]:
    return contextlib.nullcontext() if device_assigner is None else device(device_assigner)


class RandomForestGraphs:
    """Builds the graph of a forest.

    Args:
      params: settings, filled.
      device_assigner: a device, or a function of operations, for the variables.
      variables: the trees of another such object, to share them.
      training: whether the forest can grow.

    Raises:
      ValueError: `tree_configs` or `tree_stats` are given, which hold TensorFlow's own trees.
    """

    def __init__(
        self,
        params: Any,
        tree_configs: Any = None,
        tree_stats: Any = None,
        device_assigner: Any = None,
        variables: Any = None,
        tree_variables_class: Any = None,
        tree_graphs: Any = None,
        training: bool = True,
    ) -> None:
        if tree_configs is not None or tree_stats is not None:
            raise ValueError("Trees are read from checkpoints, not from tree_configs or tree_stats")
        self.params = params
        tf_logging.info("Constructing forest with params = ")
        tf_logging.info(params.__dict__)
        self.variables = variables or ForestVariables(params, device_assigner, training)
        self.trees = [RandomTreeGraphs(self, tree) for tree in range(params.num_trees)]

    @property
    def _roots(self) -> Any:
        return np.arange(self.params.num_trees, dtype=np.int32) * self.params.max_nodes

    def leaves(self, examples: Any) -> Tensor:
        """Return the leaf of each example in each tree: int32 [trees, examples]."""
        feature, threshold, left = self.variables.arrays[:3]
        return leaves_of(examples, feature, threshold, left, convert_to_tensor(self._roots))

    def training_graph(
        self,
        input_data: Any,
        input_labels: Any,
        num_trainers: int = 1,
        trainer_id: int = 0,
        input_weights: Any = None,
        **tree_kwargs: Any,
    ) -> Any:
        """Return the operation that lets the trees see a batch.

        Args:
          input_data: [examples, features], or a dict of parts of it; sparse tensors are taken too.
          input_labels: classes, or numbers [examples, num_classes] for regression.
          num_trainers: how many share the trees.
          trainer_id: which of them this is.
          input_weights: of the examples.
          **tree_kwargs: not used.
        """
        examples = _examples(input_data)
        labels = _labels(input_labels)
        weights = ones([shape(examples)[0]]) if input_weights is None else input_weights
        share = self.params.num_trees / num_trainers
        trees = range(int(trainer_id * share), int((trainer_id + 1) * share))
        arrays = self.variables.arrays
        inputs = [examples, labels, cast(weights, dtypes.float32), self.leaves(examples)]
        grown = py_func(
            self._growth(trees), [*inputs, *arrays], [v.dtype.base_dtype for v in arrays]
        )
        assigned = []
        for variable, value in zip(arrays, grown, strict=True):
            value.set_shape(variable.shape)
            assigned.append(assign(variable, value))
        return group(*assigned, name="train")

    def _growth(self, trees: range) -> Callable[..., list[Any]]:
        params = self.params
        everything = [list(range(params.num_features))] * params.num_trees
        rules = GrowthRules(
            params.max_nodes,
            float(params.split_after_samples),
            int(params.num_splits_to_consider),
            params.regression,
            params.bagging_fraction,
            params.bagged_features or everything,
        )
        seed = params.base_random_seed or get_seed(None)[1]
        random = np.random.default_rng(seed)
        size = statistics_size(params)

        def growth(
            examples: Any, labels: Any, weights: Any, leaves: Any, *arrays: Any
        ) -> list[Any]:
            forest = ForestArrays(*(np.array(array) for array in arrays))
            statistics = statistics_of(labels, weights, size, rules.is_regression)
            grow(forest, examples, statistics, leaves, rules, random, trees)
            return forest.arrays()

        return growth

    def inference_graph(self, input_data: Any, **inference_args: Any) -> tuple[Any, Any, Any]:
        """Return predictions, the paths of the examples, and the variance over the trees.

        Predictions are probabilities of classes [examples, num_classes], or numbers. Paths are
        empty texts [examples, trees]: they are only written where `inference_tree_paths` asks.
        """
        examples = _examples(input_data)
        counts = gather(self.variables.arrays[3], self.leaves(examples))
        if self.params.regression:
            classes = int(self.params.num_classes)
            weight = maximum(counts[:, :, :1], 1e-12)
            values = counts[:, :, 1 : 1 + classes] / weight
        else:
            smoothed = counts + 1e-12
            values = smoothed / reduce_sum(smoothed, -1, keepdims=True)
        averages = reduce_mean(values, 0, name="probabilities")
        squares = reduce_mean(values * values, 0)
        paths = fill(stack([shape(examples)[0], self.params.num_trees]), "")
        return averages, paths, maximum(squares - averages * averages, 0.0)

    def average_size(self) -> Tensor:
        """Return how many nodes a tree has on average."""
        return reduce_mean(cast(self.variables.arrays[4], dtypes.float32))

    def training_loss(self, features: Any, labels: Any, name: str = "training_loss") -> Tensor:
        """Return what falls while the trees grow: minus their average size."""
        return negative(self.average_size(), name=name)

    def validation_loss(self, features: Any, labels: Any) -> Tensor:
        """Return minus the average size of the trees."""
        return negative(self.average_size())

    def average_impurity(self) -> Tensor:
        """Return how mixed the labels are at the leaves, on average over the examples."""
        is_regression = bool(self.params.regression)

        def average(left: Any, counts: Any) -> Any:
            leaves = counts[(left == 0) & (counts.sum(-1) > 0)]
            weight = leaves[:, 0].sum() if is_regression else leaves.sum()
            return np.float32(impurity(leaves, is_regression).sum() / max(weight, 1e-12))

        made: Tensor = py_func(
            average, [self.variables.arrays[2], self.variables.arrays[3]], dtypes.float32
        )
        made.set_shape([])
        return made

    def feature_importances(self) -> Tensor:
        """Return which part of the splits looks at each feature: float32 [features]."""
        count = int(self.params.num_features)

        def parts(feature: Any, left: Any) -> Any:
            used = np.bincount(feature[left > 0], minlength=count).astype(np.float32)
            return used / max(used.sum(), 1.0)

        made: Tensor = py_func(
            parts, [self.variables.arrays[0], self.variables.arrays[2]], dtypes.float32
        )
        made.set_shape([count])
        return made


class RandomTreeGraphs:
    """One tree of a forest."""

    def __init__(self, forest: RandomForestGraphs, tree: int) -> None:
        self._forest = forest
        self.tree_num = tree
        self.params = forest.params

    def size(self) -> Tensor:
        """Return how many nodes the tree has."""
        sizes: Tensor = gather(self._forest.variables.arrays[4], self.tree_num)
        return sizes


def _examples(data: Any) -> Tensor:
    """Return the features as one tensor of float32 [examples, features]."""
    parts = [data[key] for key in sorted(data)] if isinstance(data, Mapping) else [data]
    dense = []
    for part in parts:
        if isinstance(part, SparseTensor):
            part = sparse_tensor_to_dense(part, validate_indices=False)
        tensor = cast(convert_to_tensor(part), dtypes.float32)
        if tensor.shape.ndims == 1:
            tensor = expand_dims(tensor, -1)
        elif tensor.shape.ndims is not None and tensor.shape.ndims > 2:
            tensor = reshape(tensor, stack([shape(tensor)[0], -1]))
        dense.append(tensor)
    return dense[0] if len(dense) == 1 else concat(dense, 1)


def _labels(labels: Any) -> Tensor:
    if isinstance(labels, Mapping):
        labels = next(iter(labels.values()))
    return cast(convert_to_tensor(labels), dtypes.float32)
