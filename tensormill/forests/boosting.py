"""Growing boosted trees layer by layer: what happens to their arrays at each batch.

Examples are kept with the derivatives of their losses until there are enough for a layer. Then
every leaf of the tree that is growing is split where that lowers the loss most.

Source: TensorFlow 1.15, contrib/boosted_trees/kernels and lib/learner.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

__all__ = ["BoostedArrays", "BoostingRules", "grow_layer"]

Array = np.ndarray[Any, Any]

_BUCKETS = 100
_SMALL = 1e-12


@dataclass(frozen=True)
class BoostingRules:
    """How trees grow.

    Attributes:
      examples_per_layer: a layer is made of so many examples.
      num_trees: of the ensemble; None for no end.
      max_depth: of a tree.
      learning_rate: what the values of leaves are multiplied by.
      l1, l2, complexity, min_node_weight: what is held against splits.
      by_layer: whether a layer counts before its tree is done.
      by_class: whether each tree is for one class, in turn.
      tree_fraction, level_fraction: the part of the features that a tree, or a layer, may look at.
      centers: whether the first tree is one leaf, which fits the mean.
    """

    examples_per_layer: int
    num_trees: int | None
    max_depth: int
    learning_rate: float
    l1: float
    l2: float
    complexity: float
    min_node_weight: float
    by_layer: bool
    by_class: bool
    tree_fraction: float
    level_fraction: float
    centers: bool


@dataclass
class BoostedArrays:
    """The trees of an ensemble, and the examples that the next layer is made of.

    Attributes:
      feature, threshold, left: int32, float32, int32 [nodes]; see `tree_walk`.
      value: float32 [nodes, outputs]: what a leaf adds to the prediction.
      roots: int32 [trees]: of those that count.
      state: int32 [4]: the root of the tree that grows or -1, its layers, finished trees, layers.
      growing: int32 [leaves]: those that may be split.
      edges: float32 [buckets, features]: where splits may be; empty before the first layer.
      examples, gradients, hessians: float32 [kept, ...].
    """

    feature: Array
    threshold: Array
    left: Array
    value: Array
    roots: Array
    state: Array
    growing: Array
    edges: Array
    examples: Array
    gradients: Array
    hessians: Array

    def arrays(self) -> list[Array]:
        """Return the arrays in the order of the attributes."""
        return [getattr(self, field.name) for field in fields(self)]

    @classmethod
    def empty(cls, features: int, outputs: int) -> BoostedArrays:
        """Return an ensemble without trees."""
        none = np.zeros([0], np.int32)
        rows = [np.zeros([0, size], np.float32) for size in (features, outputs, outputs)]
        return cls(
            none, np.zeros([0], np.float32), none, np.zeros([0, outputs], np.float32), none,
            np.array([-1, 0, 0, 0], np.int32), none, np.zeros([0, features], np.float32), *rows,
        )  # fmt: skip


def grow_layer(
    arrays: BoostedArrays,
    examples: Array,
    gradients: Array,
    hessians: Array,
    rules: BoostingRules,
    random: np.random.Generator,
) -> None:
    """Let an ensemble see a batch, and grow a layer where there are enough examples.

    Args:
      arrays: the ensemble; its arrays are replaced.
      examples: float32 [examples, features].
      gradients: float32 [examples, outputs]: of the loss, by the predictions.
      hessians: float32 [examples, outputs]: second derivatives, each by one output.
      rules: how trees grow.
      random: draws features.
    """
    if rules.num_trees is not None and arrays.state[2] >= rules.num_trees:
        return
    arrays.examples = np.concatenate([arrays.examples, examples])
    arrays.gradients = np.concatenate([arrays.gradients, gradients])
    arrays.hessians = np.concatenate([arrays.hessians, hessians])
    if len(arrays.examples) < rules.examples_per_layer:
        return
    arrays.state = arrays.state.copy()
    if not len(arrays.edges):
        arrays.edges = _edges_of(arrays.examples)
    if rules.centers and not len(arrays.value):
        _add_bias(arrays, rules)
    else:
        if arrays.state[0] < 0:
            _plant(arrays, rules)
        _split_leaves(arrays, rules, random)
    outputs = arrays.gradients.shape[1]
    arrays.examples = arrays.examples[:0]
    arrays.gradients = np.zeros([0, outputs], np.float32)
    arrays.hessians = np.zeros([0, outputs], np.float32)


def _edges_of(examples: Array) -> Array:
    """Return the values between which examples are told apart: quantiles of each feature."""
    ordered = np.sort(examples, axis=0)
    count = min(_BUCKETS, len(ordered))
    places = np.linspace(0, len(ordered) - 1, count + 1).astype(np.int64)[:-1]
    edges: Array = ordered[places].astype(np.float32)
    return edges


def _step(gradients: Array, hessians: Array, rules: BoostingRules) -> Array:
    """Return the change of predictions that lowers the loss most, at leaves with these sums."""
    shrunk = np.sign(gradients) * np.maximum(np.abs(gradients) - rules.l1, 0)
    step: Array = -shrunk / np.maximum(hessians + rules.l2, _SMALL)
    return step


def _scores(gradients: Array, hessians: Array, rules: BoostingRules) -> Array:
    """Return how much leaves with these sums lower the loss, summed over the outputs."""
    shrunk = np.maximum(np.abs(gradients) - rules.l1, 0)
    scores: Array = np.sum(shrunk * shrunk / np.maximum(hessians + rules.l2, _SMALL), axis=-1)
    return scores


def _add_nodes(arrays: BoostedArrays, values: Array) -> int:
    """Add leaves with values, and return the first."""
    first, count = len(arrays.value), len(values)
    arrays.feature = np.append(arrays.feature, np.zeros(count, np.int32))
    arrays.threshold = np.append(arrays.threshold, np.zeros(count, np.float32))
    arrays.left = np.append(arrays.left, np.zeros(count, np.int32))
    arrays.value = np.concatenate([arrays.value, values.astype(np.float32)])
    return first


def _add_bias(arrays: BoostedArrays, rules: BoostingRules) -> None:
    step = _step(arrays.gradients.sum(0), arrays.hessians.sum(0), rules)
    root = _add_nodes(arrays, step[None])
    arrays.roots = np.append(arrays.roots, np.int32(root))


def _plant(arrays: BoostedArrays, rules: BoostingRules) -> None:
    """Begin a tree with one leaf."""
    root = _add_nodes(arrays, np.zeros([1, arrays.value.shape[1]]))
    arrays.state[:2] = root, 0
    arrays.growing = np.array([root], np.int32)
    if rules.by_layer:
        arrays.roots = np.append(arrays.roots, np.int32(root))


def _places(arrays: BoostedArrays) -> Array:
    """Return the leaf of each kept example in the tree that grows."""
    x = arrays.examples
    rows = np.arange(len(x))
    nodes: Array = np.full(len(x), arrays.state[0], np.int64)
    while (arrays.left[nodes] > 0).any():
        children = arrays.left[nodes]
        right = x[rows, arrays.feature[nodes]] > arrays.threshold[nodes]
        nodes = np.where(children > 0, children + right, nodes)
    return nodes


def _split_leaves(arrays: BoostedArrays, rules: BoostingRules, random: np.random.Generator) -> None:
    numbers = np.full(len(arrays.value), -1, np.int64)
    numbers[arrays.growing] = np.arange(len(arrays.growing))
    at = numbers[_places(arrays)]
    inside = at >= 0
    sums = np.concatenate([arrays.gradients, arrays.hessians], axis=1)[inside]
    outputs = arrays.gradients.shape[1]
    if rules.by_class:
        is_other = np.arange(outputs) != arrays.state[2] % outputs
        sums[:, np.concatenate([is_other, np.zeros(outputs, bool)])] = 0
    found = _best_splits(
        arrays.examples[inside], sums, at[inside], len(arrays.growing), arrays, rules, random
    )
    following: list[int] = []
    for leaf, gain, feature, threshold, left, right in zip(arrays.growing, *found, strict=True):
        if not gain > 0:
            continue
        parent = arrays.value[leaf] if rules.by_layer else 0.0
        values = np.stack([_step(part[:outputs], part[outputs:], rules) for part in (left, right)])
        child = _add_nodes(arrays, parent + rules.learning_rate * values)
        arrays.feature[leaf], arrays.threshold[leaf] = feature, threshold
        arrays.left[leaf] = child
        following += [child, child + 1]
    arrays.growing = np.array(following, np.int32)
    arrays.state[1] += 1
    arrays.state[3] += 1
    if not following or arrays.state[1] >= rules.max_depth:
        if not rules.by_layer:
            arrays.roots = np.append(arrays.roots, arrays.state[0])
        arrays.state[0] = -1
        arrays.state[2] += 1


def _best_splits(
    x: Array,
    sums: Array,
    at: Array,
    leaves: int,
    arrays: BoostedArrays,
    rules: BoostingRules,
    random: np.random.Generator,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return for each leaf the gain, feature, threshold and sums to both sides of its best split.

    Args:
      x: float32 [examples, features].
      sums: float32 [examples, 2 * outputs]: gradients and hessians.
      at: int64 [examples]: the number of the leaf.
      leaves: how many.
      arrays: where the edges are.
      rules: what counts.
      random: draws features.
    """
    outputs = sums.shape[1] // 2
    order = np.argsort(at, kind="stable")
    x, sums, at = x[order], sums[order].astype(np.float64), at[order]
    total = np.zeros([leaves, sums.shape[1]])
    np.add.at(total, at, sums)
    parent = _scores(total[:, :outputs], total[:, outputs:], rules)
    before = np.cumsum(total, axis=0) - total
    gains = np.zeros(leaves)
    features = np.zeros(leaves, np.int32)
    thresholds = np.zeros(leaves, np.float32)
    lefts = np.zeros_like(total)
    for feature in _drawn(x.shape[1], arrays, rules, random):
        edges = np.unique(arrays.edges[:, feature])
        if len(edges) < 2:
            continue
        key = at * (len(edges) + 1) + np.searchsorted(edges, x[:, feature], side="left")
        by_key = np.argsort(key, kind="stable")
        sorted_key = key[by_key]
        # Splits are between two examples of one leaf that an edge tells apart.
        places = np.flatnonzero((np.diff(sorted_key) > 0) & (np.diff(at) == 0))
        if not len(places):
            continue
        leaf = at[places]
        left = np.cumsum(sums[by_key], axis=0)[places] - before[leaf]
        right = total[leaf] - left
        weight = np.minimum(left[:, outputs:].mean(-1), right[:, outputs:].mean(-1))
        gain = (
            _scores(left[:, :outputs], left[:, outputs:], rules)
            + _scores(right[:, :outputs], right[:, outputs:], rules)
            - parent[leaf]
            - rules.complexity
        )
        gain[weight <= max(rules.min_node_weight, _SMALL)] = 0
        ranked = np.lexsort((-gain, leaf))
        chosen = ranked[np.unique(leaf[ranked], return_index=True)[1]]
        chosen = chosen[gain[chosen] > gains[leaf[chosen]] * (1 + 1e-6)]
        better = leaf[chosen]
        gains[better] = gain[chosen]
        features[better] = feature
        thresholds[better] = edges[sorted_key[places[chosen]] - better * (len(edges) + 1)]
        lefts[better] = left[chosen]
    return gains, features, thresholds, lefts, total - lefts


def _drawn(
    count: int, arrays: BoostedArrays, rules: BoostingRules, random: np.random.Generator
) -> Array:
    """Return the features that a layer may look at."""
    features = np.arange(count)
    if rules.tree_fraction < 1:  # the same for all layers of a tree
        of_tree = np.random.default_rng(int(arrays.state[2]))
        features = _part(features, rules.tree_fraction, of_tree)
    if rules.level_fraction < 1:
        features = _part(features, rules.level_fraction, random)
    return features


def _part(features: Array, fraction: float, random: np.random.Generator) -> Array:
    count = max(1, round(fraction * len(features)))
    return np.sort(random.choice(features, count, replace=False))
