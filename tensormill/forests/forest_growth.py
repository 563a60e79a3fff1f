"""Growing random trees on a stream of examples: what happens to their arrays at each batch.

A leaf collects candidate splits from the first examples that reach it, each at the value that the
example has for a feature drawn at random. After a number of examples it is split by the candidate
that leaves the least impurity.

Source: TensorFlow 1.15, contrib/tensor_forest/kernels/v4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

__all__ = ["ForestArrays", "GrowthRules", "grow", "impurity"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class GrowthRules:
    """How trees grow.

    Attributes:
      max_nodes: of each tree.
      split_after: a leaf is split after so many examples.
      candidates: how many splits it may choose from.
      is_regression: whether labels are numbers.
      bagging_fraction: the part of the examples that each tree sees.
      features: for each tree the features that it may look at.
    """

    max_nodes: int
    split_after: float
    candidates: int
    is_regression: bool
    bagging_fraction: float
    features: Sequence[Sequence[int]]


@dataclass
class ForestArrays:
    """The trees of a forest, one after another: `nodes` is trees * max_nodes.

    Attributes:
      feature, threshold, left: int32, float32, int32 [nodes]; see `tree_walk`.
      counts: float32 [nodes, statistics]: what is known of the examples at each node.
      sizes: int32 [trees].
      candidate_feature, candidate_threshold: int32, float32 [nodes, candidates].
      candidate_count: int32 [nodes].
      left_counts: float32 [nodes, candidates, statistics]: of the examples to the left.
      seen: float32 [nodes, statistics]: of the examples since the first candidate.
    """

    feature: Array
    threshold: Array
    left: Array
    counts: Array
    sizes: Array
    candidate_feature: Array
    candidate_threshold: Array
    candidate_count: Array
    left_counts: Array
    seen: Array

    def arrays(self) -> list[Array]:
        """Return the arrays in the order of the attributes."""
        return [getattr(self, field.name) for field in fields(self)]


def statistics_of(labels: Array, weights: Array, size: int, is_regression: bool) -> Array:
    """Return what is added up for each example: float32 [examples, statistics].

    These are the weights by class, or weight, sums and sums of squares of the numbers.
    """
    if is_regression:
        numbers = labels.reshape(len(weights), -1).astype(np.float32)
        parts = [np.ones([len(numbers), 1], np.float32), numbers, numbers * numbers]
        return np.concatenate(parts, axis=1) * weights[:, None]
    found = np.zeros([len(weights), size], np.float32)
    found[np.arange(len(weights)), labels.reshape(-1).astype(np.int64)] = weights
    return found


def impurity(counts: Array, is_regression: bool) -> Array:
    """Return how mixed the labels are at nodes with these statistics, times their weight."""
    if is_regression:
        size = (counts.shape[-1] - 1) // 2
        weight = np.maximum(counts[..., :1], 1e-12)
        sums, squares = counts[..., 1 : 1 + size], counts[..., 1 + size :]
        return np.sum(squares - sums * sums / weight, axis=-1)
    total = np.maximum(counts.sum(-1), 1e-12)
    return total - np.sum(counts * counts, axis=-1) / total


def weight_of(counts: Array, is_regression: bool) -> Array:
    """Return the weight of the examples behind statistics."""
    return counts[..., 0] if is_regression else counts.sum(-1)


def grow(
    arrays: ForestArrays,
    examples: Array,
    statistics: Array,
    leaves: Array,
    rules: GrowthRules,
    random: np.random.Generator,
    trees: Sequence[int],
) -> None:
    """Let trees see a batch; the arrays are changed in place.

    Args:
      arrays: the forest.
      examples: float32 [examples, features].
      statistics: of the examples, see `statistics_of`.
      leaves: int32 [trees, examples].
      rules: how trees grow.
      random: draws features and examples.
      trees: which trees see it.
    """
    for tree in trees:
        if rules.bagging_fraction < 1.0:
            chosen = np.flatnonzero(random.random(len(examples)) < rules.bagging_fraction)
        else:
            chosen = np.arange(len(examples))
        if not len(chosen):
            continue
        x, s, at = examples[chosen], statistics[chosen], leaves[tree][chosen]
        _add_rows(arrays.counts, at, s)
        _add_candidates(arrays, x, at, np.asarray(rules.features[tree]), random)
        _count(arrays, x, s, at)
        for leaf in np.unique(at):
            if weight_of(arrays.seen[leaf], rules.is_regression) >= rules.split_after:
                _split(arrays, int(leaf), tree, rules)


def _add_candidates(
    arrays: ForestArrays, x: Array, at: Array, features: Array, random: np.random.Generator
) -> None:
    """Let the first examples at each leaf propose splits."""
    size = arrays.candidate_feature.shape[1]
    is_open = np.flatnonzero(arrays.candidate_count[at] < size)
    if not len(is_open):
        return
    order = is_open[np.argsort(at[is_open], kind="stable")]
    nodes = at[order]
    first = np.searchsorted(nodes, nodes, side="left")
    slots = arrays.candidate_count[nodes] + np.arange(len(nodes)) - first
    kept = slots < size
    order, nodes, slots = order[kept], nodes[kept], slots[kept]
    drawn = features[random.integers(len(features), size=len(nodes))]
    arrays.candidate_feature[nodes, slots] = drawn
    arrays.candidate_threshold[nodes, slots] = x[order, drawn]
    np.add.at(arrays.candidate_count, nodes, 1)


def _count(arrays: ForestArrays, x: Array, s: Array, at: Array) -> None:
    """Add each example to the candidates that send it to the left."""
    _add_rows(arrays.seen, at, s)
    drawn = arrays.candidate_feature[at]
    is_there = np.arange(drawn.shape[1]) < arrays.candidate_count[at][:, None]
    values = np.take_along_axis(x, drawn, axis=1)
    goes_left = (values <= arrays.candidate_threshold[at]) & is_there
    rows, slots = np.nonzero(goes_left)
    size = drawn.shape[1]
    by_candidate = arrays.left_counts.reshape(-1, s.shape[1])
    _add_rows(by_candidate, at[rows].astype(np.int64) * size + slots, s[rows])


def _add_rows(array: Array, at: Array, rows: Array) -> None:
    """Add rows to those of an array, in place; several may go to the same one."""
    torch.from_numpy(array).index_add_(
        0, torch.from_numpy(at.astype(np.int64)), torch.from_numpy(np.ascontiguousarray(rows))
    )


def _split(arrays: ForestArrays, leaf: int, tree: int, rules: GrowthRules) -> None:
    """Split a leaf by its best candidate, or let it begin anew where none divides its examples."""
    count = int(arrays.candidate_count[leaf])
    seen = arrays.seen[leaf]
    to_left = arrays.left_counts[leaf, :count]
    to_right = seen - to_left
    scores = impurity(to_left, rules.is_regression) + impurity(to_right, rules.is_regression)
    is_dividing = (weight_of(to_left, rules.is_regression) > 0) & (
        weight_of(to_right, rules.is_regression) > 0
    )
    size = int(arrays.sizes[tree])
    is_mixed = impurity(seen, rules.is_regression) > 1e-6
    if is_mixed and is_dividing.any() and size + 2 <= rules.max_nodes:
        best = int(np.argmin(np.where(is_dividing, scores, np.inf)))
        child = tree * rules.max_nodes + size
        arrays.feature[leaf] = arrays.candidate_feature[leaf, best]
        arrays.threshold[leaf] = arrays.candidate_threshold[leaf, best]
        arrays.left[leaf] = child
        arrays.counts[child] = to_left[best]
        arrays.counts[child + 1] = to_right[best]
        arrays.sizes[tree] = size + 2
    arrays.candidate_count[leaf] = 0
    arrays.left_counts[leaf] = 0
    arrays.seen[leaf] = 0
