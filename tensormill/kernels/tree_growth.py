"""What a step of training does to an ensemble of boosted trees: a message in, a message out.

Source: TensorFlow 1.15, core/kernels/boosted_trees/training_ops.cc and resources.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensormill.proto.boosted_trees_pb2 import TreeEnsemble

__all__ = ["Split", "add_layer", "better_splits", "center", "weight_and_gain"]

_LEAST_HESSIAN = 1e-15
_LEAST_CHANGE_OF_BIAS = 0.01
_PRE_PRUNING, _POST_PRUNING = 1, 2
Array = np.ndarray[Any, Any]


def weight_and_gain(gradient: Any, hessian: Any, l1: float, l2: float) -> tuple[Any, Any]:
    """Return the best values of leaves, and by how much they make the loss smaller (twice).

    Args:
      gradient: the sums of the gradients.
      hessian: the sums of the second derivatives.
      l1: the penalty on absolute values.
      l2: the penalty on squares.
    """
    left = gradient
    if l1 > 0:
        left = np.sign(gradient) * np.maximum(np.abs(gradient) - np.float32(l1), 0)
    below = hessian + np.float32(l2)
    is_small = below <= _LEAST_HESSIAN
    weight = np.where(is_small, 0, -left / np.where(is_small, 1, below)).astype(np.float32)
    return weight, -left * weight


@dataclass(frozen=True)
class Split:
    """How a node may be split.

    Attributes:
      feature: the number of the feature.
      threshold: the last bucket that goes to the left.
      gain: by how much the loss becomes smaller.
      left: what the left child adds to the value of the node.
      right: likewise.
    """

    feature: int
    threshold: int
    gain: float
    left: float
    right: float


def better_splits(candidates: Sequence[tuple[int, Split]]) -> dict[int, Split]:
    """Return the split of the greatest gain for each node; of equal ones that of the first feature.

    Args:
      candidates: pairs of a node and a split.
    """
    best: dict[int, Split] = {}
    for node, split in candidates:
        known = best.get(node)
        if (
            known is None
            or split.gain > known.gain
            or (split.gain == known.gain and split.feature < known.feature)
        ):
            best[node] = split
    return dict(sorted(best.items()))


def _add_tree(message: TreeEnsemble, value: float = 0.0) -> None:
    message.trees.add().nodes.add().leaf.scalar = value
    message.tree_weights.append(1.0)
    message.tree_metadata.add()


def center(message: TreeEnsemble, bias: float) -> bool:
    """Add to the value of the root; return whether it changed so much that it is worth a repeat."""
    if not message.trees:
        _add_tree(message, bias)
        return True
    leaf = message.trees[0].nodes[0].leaf
    before = np.float32(leaf.scalar)
    leaf.scalar = float(before + np.float32(bias))
    with np.errstate(divide="ignore", invalid="ignore"):
        return bool(abs(np.float32(bias) / before) > _LEAST_CHANGE_OF_BIAS)


def add_layer(
    message: TreeEnsemble, splits: dict[int, Split], max_depth: int, pruning_mode: int
) -> None:
    """Split nodes of the last tree; begin the next one where it is deep enough.

    Args:
      message: the ensemble.
      splits: how to split which nodes.
      max_depth: how many layers a tree has.
      pruning_mode: 0 splits always, 1 only where something is gained, 2 takes splits back.
    """
    _count_attempt(message)
    if not message.trees:
        _add_tree(message)
    if not splits:
        return
    if pruning_mode == _PRE_PRUNING:
        splits = {node: split for node, split in splits.items() if split.gain >= 0}
    tree, metadata = message.trees[-1], message.tree_metadata[-1]
    start = len(tree.nodes)
    for node, split in splits.items():
        _split(tree, node, split)
    if not splits:
        return
    end = len(tree.nodes)
    metadata.num_layers_grown += 1
    if metadata.num_layers_grown >= max_depth:
        start, end = 0, 1
        metadata.is_finalized = True
        if pruning_mode == _POST_PRUNING:
            _take_back(tree, metadata)
        _add_tree(message)
    message.growing_metadata.last_layer_node_start = start
    message.growing_metadata.last_layer_node_end = end


def _count_attempt(message: TreeEnsemble) -> None:
    trees = len(message.trees)
    message.growing_metadata.num_layers_attempted += 1
    is_first_layer = not trees or (
        (trees == 1 or message.tree_metadata[-2].is_finalized) and len(message.trees[-1].nodes) == 1
    )
    if is_first_layer:
        message.growing_metadata.num_trees_attempted += 1


def _split(tree: Any, number: int, split: Split) -> None:
    node = tree.nodes[number]
    before = node.leaf.scalar
    if number != 0 or before != 0:
        node.metadata.original_leaf.CopyFrom(node.leaf)
    node.metadata.gain = split.gain
    left = len(tree.nodes)
    for change in (split.left, split.right):
        tree.nodes.add().leaf.scalar = float(np.float32(before) + np.float32(change))
    made = node.bucketized_split
    made.feature_id, made.threshold = split.feature, split.threshold
    made.left_id, made.right_id = left, left + 1


def _take_back(tree: Any, metadata: Any) -> None:
    """Take back splits that gained nothing, and note where nodes went and how values changed."""
    parents: dict[int, tuple[int, float]] = {}

    def visit(number: int) -> None:
        node = tree.nodes[number]
        if node.WhichOneof("node") == "leaf":
            return
        children = (node.bucketized_split.left_id, node.bucketized_split.right_id)
        for child in children:
            visit(child)
        are_leaves = all(tree.nodes[child].WhichOneof("node") == "leaf" for child in children)
        if node.metadata.gain >= 0 or not are_leaves:
            return
        value = np.float32(node.metadata.original_leaf.scalar)
        for child in children:
            change = float(value - np.float32(tree.nodes[child].leaf.scalar))
            parents[child] = number, change
        node.leaf.scalar = float(value)
        node.ClearField("metadata")

    visit(0)
    if not parents:
        return
    kept = [number for number in range(len(tree.nodes)) if number not in parents]
    numbers = {old: new for new, old in enumerate(kept)}
    for number in range(len(tree.nodes)):
        at, change = number, np.float32(0)
        while at in parents:
            at, more = parents[at]
            change += np.float32(more)
        metadata.post_pruned_nodes_meta.add(new_node_id=numbers[at], logit_change=[float(change)])
    for number in kept:
        node = tree.nodes[number]
        if node.WhichOneof("node") == "bucketized_split":
            split = node.bucketized_split
            split.left_id, split.right_id = numbers[split.left_id], numbers[split.right_id]
    for number in sorted(parents, reverse=True):
        del tree.nodes[number]
