"""Kernels of ensembles of boosted trees (the resources: `runtime.resources.tree_ensemble`).

Source: TensorFlow 1.15, core/kernels/boosted_trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import KernelContext, kernel, resource_kernel
from tensormill.proto.boosted_trees_pb2 import DebugOutput

Array = np.ndarray[Any, Any]


@resource_kernel("BoostedTreesEnsembleResourceHandleOp", "cpu")
def find_ensemble(ctx: KernelContext) -> Any:
    return _slot(ctx, "BoostedTreesEnsembleResource")


@resource_kernel("BoostedTreesQuantileStreamResourceHandleOp", "cpu")
def find_bucket_edges(ctx: KernelContext) -> Any:
    return _slot(ctx, "BoostedTreesQuantileStreamResource")


def _slot(ctx: KernelContext, kind: str) -> Any:
    attrs = ctx.attrs
    return ctx.resources.slot(
        attrs["container"].decode(), attrs["shared_name"].decode(), ctx.node_name, kind
    )


@kernel("BoostedTreesCreateEnsemble", "cpu", host_inputs=("stamp_token",))
def create_ensemble(
    tree_ensemble_handle: Any, stamp_token: Any, tree_ensemble_serialized: Any
) -> None:
    tree_ensemble_handle.create_ensemble(tree_ensemble_serialized.item(), int(stamp_token))


@kernel("BoostedTreesDeserializeEnsemble", "cpu", host_inputs=("stamp_token",))
def deserialize_ensemble(
    tree_ensemble_handle: Any, stamp_token: Any, tree_ensemble_serialized: Any
) -> None:
    tree_ensemble_handle.get().load(tree_ensemble_serialized.item(), int(stamp_token))


@kernel("BoostedTreesSerializeEnsemble", "cpu")
def serialize_ensemble(tree_ensemble_handle: Any) -> Any:
    ensemble = tree_ensemble_handle.get()
    text = ensemble.message.SerializeToString(deterministic=True)
    return torch.tensor(ensemble.stamp), np.array(text, object)


@kernel("IsBoostedTreesEnsembleInitialized", "cpu")
def is_ensemble_there(tree_ensemble_handle: Any) -> Any:
    return torch.tensor(tree_ensemble_handle.exists())


@kernel("IsBoostedTreesQuantileStreamResourceInitialized", "cpu")
def are_edges_there(quantile_stream_resource_handle: Any) -> Any:
    return torch.tensor(quantile_stream_resource_handle.exists())


@kernel("BoostedTreesGetEnsembleStates", "cpu")
def ensemble_states(tree_ensemble_handle: Any) -> Any:
    ensemble = tree_ensemble_handle.get()
    message, growing = ensemble.message, ensemble.message.growing_metadata
    trees = len(message.trees)
    grows = trees > 0 and not message.tree_metadata[-1].is_finalized
    numbers = [trees, trees - grows, growing.num_layers_attempted]
    last = [growing.last_layer_node_start, max(1, growing.last_layer_node_end)]
    return torch.tensor(ensemble.stamp), *(
        torch.tensor(number, dtype=torch.int32) for number in (*numbers, last)
    )


def _columns(features: Sequence[Any]) -> tuple[Array, Array]:
    """Return all dimensions of all features side by side, and the first column of each feature."""
    parts = [np.asarray(feature) for feature in features]
    if any(not part.ndim or len(part) != len(parts[0]) for part in parts):
        raise errors.invalid_argument("All features must have the same number of examples")
    matrices = [part.reshape(len(part), -1 if part.size else 1) for part in parts]
    starts = np.cumsum([0, *(matrix.shape[1] for matrix in matrices[:-1])])
    return np.concatenate(matrices, axis=1), starts


def _check_trees(trees: Sequence[Any], outputs: int) -> None:
    if any(tree.value.shape[1] != outputs for tree in trees):
        raise errors.invalid_argument(f"The leaves of a tree do not have {outputs} values")


@kernel("BoostedTreesPredict", "cpu")
def predict(
    tree_ensemble_handle: Any,
    bucketized_features: Sequence[Any],
    *,
    logits_dimension: int,
    **attrs: Any,
) -> Any:
    trees = tree_ensemble_handle.get().trees
    _check_trees(trees, logits_dimension)
    buckets, starts = _columns(bucketized_features)
    logits = np.zeros([len(buckets), logits_dimension], np.float32)
    for tree in trees:
        nodes = tree.leaves(np.zeros(len(buckets), np.int32), buckets, starts)
        logits += tree.weight * tree.value[nodes]
    return torch.from_numpy(logits)


@kernel("BoostedTreesTrainingPredict", "cpu")
def training_predict(
    tree_ensemble_handle: Any,
    cached_tree_ids: Any,
    cached_node_ids: Any,
    bucketized_features: Sequence[Any],
    *,
    logits_dimension: int,
    **attrs: Any,
) -> Any:
    trees = tree_ensemble_handle.get().trees
    _check_trees(trees, logits_dimension)
    buckets, starts = _columns(bucketized_features)
    rows = len(buckets)
    first_trees, first_nodes = np.asarray(cached_tree_ids), np.asarray(cached_node_ids)
    if first_trees.shape != (rows,) or first_nodes.shape != (rows,):
        raise errors.invalid_argument("There must be one cached tree and node for each example")
    logits = np.zeros([rows, logits_dimension], np.float32)
    nodes = np.zeros(rows, np.int32)
    if not trees:
        return torch.from_numpy(logits), cached_tree_ids.clone(), torch.from_numpy(nodes)
    for number, tree in enumerate(trees):
        change = np.zeros_like(logits)
        nodes = np.zeros(rows, np.int32)
        known = np.flatnonzero((first_trees == number) & (first_nodes >= 0))
        at = first_nodes[known]
        if len(tree.new_nodes):
            change[known] = tree.changes[at]
            at = tree.new_nodes[at]
        nodes[known] = at
        change[known] -= tree.value[at]
        nodes = tree.leaves(nodes, buckets, starts)
        logits += np.where(
            (first_trees <= number)[:, None], tree.weight * (change + tree.value[nodes]), 0
        )
    latest = torch.full([rows], len(trees) - 1, dtype=torch.int32)
    return torch.from_numpy(logits), latest, torch.from_numpy(nodes.astype(np.int32))


@kernel("BoostedTreesExampleDebugOutputs", "cpu")
def debug_outputs(
    tree_ensemble_handle: Any,
    bucketized_features: Sequence[Any],
    *,
    logits_dimension: int,
    **attrs: Any,
) -> Any:
    if logits_dimension != 1:
        raise errors.invalid_argument("Currently only one dimensional outputs are supported.")
    trees = tree_ensemble_handle.get().trees
    buckets, starts = _columns(bucketized_features)
    found = np.empty(len(buckets), object)
    for row in range(len(buckets)):
        message = _path(trees, buckets[row : row + 1], starts)
        found[row] = message.SerializeToString(deterministic=True)
    return found


def _path(trees: Sequence[Any], buckets: Array, starts: Array) -> Any:
    """Return which features one example was split by, and what was predicted after each split."""
    logit = trees[0].weight * trees[0].value[0, 0] if trees else np.float32(0)
    message = DebugOutput(logits_path=[float(logit)])
    before = np.float32(0)
    for number, tree in enumerate(trees):
        node = np.zeros(1, np.int32)
        while not tree.is_leaf(node).all():
            message.feature_ids.append(int(tree.feature[node[0]]))
            node = tree.next_nodes(node, buckets, starts)
            logit = tree.weight * tree.value[node[0], 0]
            message.logits_path.append(float(logit + before))
        if number == 0 or node[0] > 0:
            before += logit
    return message


@kernel("BoostedTreesBucketize", "cpu")
def bucketize(
    float_values: Sequence[Any], bucket_boundaries: Sequence[Any], **attrs: Any
) -> list[Any]:
    found = []
    for values, edges in zip(float_values, bucket_boundaries, strict=True):
        if edges.ndim != 1:
            raise errors.invalid_argument("Buckets should be flat vectors.")
        flat = torch.nan_to_num(values.reshape(values.shape[0], -1)[:, 0], nan=-torch.inf)
        places = torch.searchsorted(edges, flat, out_int32=True)
        found.append(places.clamp(max=max(len(edges) - 1, 0)))
    return found


@kernel("BoostedTreesMakeStatsSummary", "cpu")
def make_stats_summary(
    node_ids: Any,
    gradients: Any,
    hessians: Any,
    bucketized_features_list: Sequence[Any],
    *,
    max_splits: int,
    num_buckets: int,
    num_features: int,
) -> Any:
    sums = np.zeros([num_features, max_splits, num_buckets, 2], np.float32)
    nodes = np.asarray(node_ids)
    stats = np.concatenate([np.asarray(gradients)[:, :1], np.asarray(hessians)[:, :1]], axis=1)
    for feature, buckets in enumerate(map(np.asarray, bucketized_features_list)):
        if len(nodes) and not (
            0 <= nodes.min() <= nodes.max() < max_splits
            and 0 <= buckets.min() <= buckets.max() < num_buckets
        ):
            raise errors.invalid_argument("A node or a bucket of an example does not exist")
        np.add.at(sums[feature], (nodes, buckets.reshape(-1)), stats)
    return torch.from_numpy(sums)


@kernel("BoostedTreesCreateQuantileStreamResource", "cpu", host_inputs=("epsilon", "num_streams"))
def create_bucket_edges(
    quantile_stream_resource_handle: Any, epsilon: Any, num_streams: Any, *, max_elements: int
) -> None:
    if not epsilon > 0:
        raise errors.invalid_argument("An epsilon value of zero is not allowed.")
    if num_streams < 0:
        raise errors.invalid_argument("Num_streams input cannot be a negative integer")
    quantile_stream_resource_handle.create_edges(int(num_streams), float(epsilon), max_elements)


@kernel("BoostedTreesQuantileStreamResourceDeserialize", "cpu")
def deserialize_edges(
    quantile_stream_resource_handle: Any, bucket_boundaries: Sequence[Any], **attrs: Any
) -> None:
    kept = quantile_stream_resource_handle.get()
    if len(bucket_boundaries) != len(kept.edges):
        raise errors.invalid_argument(
            f"{len(bucket_boundaries)} boundaries are given, there are {len(kept.edges)} features"
        )
    kept.edges = [np.asarray(edges).copy() for edges in bucket_boundaries]


@kernel("BoostedTreesQuantileStreamResourceGetBucketBoundaries", "cpu")
def bucket_edges(quantile_stream_resource_handle: Any, *, num_features: int) -> list[Any]:
    edges = quantile_stream_resource_handle.get().edges
    if len(edges) != num_features:
        raise errors.invalid_argument(f"There are {len(edges)} features, not {num_features}")
    return [torch.from_numpy(each.copy()) for each in edges]
