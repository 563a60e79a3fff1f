"""Kernels that grow boosted trees (the resources: `runtime.resources.tree_ensemble`).

Source: TensorFlow 1.15, core/kernels/boosted_trees: stats_ops.cc, training_ops.cc, quantile_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels import tree_growth
from tensormill.kernels.quantile_streams import QuantileStream
from tensormill.kernels.registry import kernel
from tensormill.kernels.tree_growth import Split

Array = np.ndarray[Any, Any]
_SETTINGS = ("node_id_range", "l1", "l2", "tree_complexity", "min_node_weight")


@kernel("BoostedTreesCalculateBestGainsPerFeature", "cpu", host_inputs=_SETTINGS)
def calculate_best_gains(
    node_id_range: Any,
    stats_summary_list: Sequence[Any],
    l1: Any,
    l2: Any,
    tree_complexity: Any,
    min_node_weight: Any,
    **attrs: Any,
) -> list[Any]:
    first, last = (int(each) for each in node_id_range)
    found = []
    for summary in stats_summary_list:
        sums = np.cumsum(np.asarray(summary)[first:last], axis=1, dtype=np.float32)
        whole = sums[:, -1:]
        left, gain_left = tree_growth.weight_and_gain(sums[..., 0], sums[..., 1], l1, l2)
        rest = whole - sums
        right, gain_right = tree_growth.weight_and_gain(rest[..., 0], rest[..., 1], l1, l2)
        _, before = tree_growth.weight_and_gain(whole[..., 0], whole[..., 1], l1, l2)
        gains = gain_left + gain_right
        best = gains.argmax(axis=1)
        rows = np.flatnonzero(whole[:, 0, 1] >= min_node_weight)
        at = rows, best[rows]
        found.append(
            (
                (rows + first).astype(np.int32),
                gains[at] - before[rows, 0] - np.float32(tree_complexity),
                best[rows].astype(np.int32),
                left[at][:, None],
                right[at][:, None],
            )
        )
    return [torch.from_numpy(part) for parts in zip(*found, strict=True) for part in parts]


@kernel("BoostedTreesUpdateEnsemble", "cpu", host_inputs=("max_depth", "learning_rate"))
def update_ensemble(
    tree_ensemble_handle: Any,
    feature_ids: Any,
    node_ids: Sequence[Any],
    gains: Sequence[Any],
    thresholds: Sequence[Any],
    left_node_contribs: Sequence[Any],
    right_node_contribs: Sequence[Any],
    max_depth: Any,
    learning_rate: Any,
    *,
    pruning_mode: int,
    **attrs: Any,
) -> None:
    rate = np.float32(learning_rate)
    features = feature_ids.tolist()
    columns = zip(
        features, node_ids, gains, thresholds, left_node_contribs, right_node_contribs, strict=True
    )
    candidates = [
        (
            int(node),
            Split(feature, int(bucket), float(gain), float(rate * left), float(rate * right)),
        )
        for feature, *parts in columns
        for node, gain, bucket, left, right in zip(
            *(np.asarray(part).reshape(len(part), -1)[:, 0] for part in parts), strict=True
        )
    ]
    splits = tree_growth.better_splits(candidates)
    tree_ensemble_handle.get().change(
        lambda message: tree_growth.add_layer(message, splits, int(max_depth), pruning_mode)
    )


@kernel(
    "BoostedTreesCenterBias", "cpu", host_inputs=("mean_gradients", "mean_hessians", "l1", "l2")
)
def center_bias(
    tree_ensemble_handle: Any, mean_gradients: Any, mean_hessians: Any, l1: Any, l2: Any
) -> Any:
    weight, _ = tree_growth.weight_and_gain(mean_gradients[0, 0], mean_hessians[0, 0], l1, l2)
    goes_on = tree_ensemble_handle.get().change(
        lambda message: tree_growth.center(message, float(weight))
    )
    return torch.tensor(goes_on)


@kernel("BoostedTreesMakeQuantileSummaries", "cpu", host_inputs=("epsilon",))
def make_quantile_summaries(
    float_values: Sequence[Any], example_weights: Any, epsilon: Any, **attrs: Any
) -> list[Any]:
    weights = np.asarray(example_weights).reshape(-1)
    found = []
    for feature in float_values:
        values = np.asarray(feature).reshape(-1)
        if len(weights) not in (1, len(values)):
            raise errors.invalid_argument(
                "Weights should be a single value or same size as features."
            )
        stream = QuantileStream(float(epsilon), len(values) + 1)
        stream.push(values, np.broadcast_to(weights, values.shape))
        found.append(torch.from_numpy(stream.finish().copy()))
    return found


@kernel("BoostedTreesQuantileStreamResourceAddSummaries", "cpu")
def add_summaries(
    quantile_stream_resource_handle: Any, summaries: Sequence[Any], **attrs: Any
) -> None:
    quantile_stream_resource_handle.get().add([np.asarray(each) for each in summaries])


@kernel("BoostedTreesQuantileStreamResourceFlush", "cpu", host_inputs=("num_buckets",))
def flush(
    quantile_stream_resource_handle: Any, num_buckets: Any, *, generate_quantiles: bool
) -> None:
    count = int(num_buckets)

    def edges(stream: QuantileStream) -> Array:
        return stream.quantiles(count - 1) if generate_quantiles else stream.boundaries(count)

    quantile_stream_resource_handle.get().flush(edges)


@kernel("BoostedTreesFlushQuantileSummaries", "cpu")
def flush_summaries(quantile_stream_resource_handle: Any, *, num_features: int) -> list[Any]:
    return [
        torch.from_numpy(summary.copy())
        for summary in quantile_stream_resource_handle.get().flush(None)
    ]
