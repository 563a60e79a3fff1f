"""How boosted trees grow: splits, ensembles with one more layer, quantiles of features.

Source: TensorFlow 1.15, core/ops/boosted_trees_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

calculate_best_gains_op = define(
    "BoostedTreesCalculateBestGainsPerFeature",
    inputs=(
        "node_id_range: int32",
        "stats_summary_list: num_features * float32",
        "l1: float32",
        "l2: float32",
        "tree_complexity: float32",
        "min_node_weight: float32",
    ),
    outputs=(
        "node_ids_list: num_features * int32",
        "gains_list: num_features * float32",
        "thresholds_list: num_features * int32",
        "left_node_contribs_list: num_features * float32",
        "right_node_contribs_list: num_features * float32",
    ),
    attrs=(
        "max_splits: int >= 1",
        "num_features: int >= 1",
    ),
    differentiable=False,
)
update_ensemble_op = define(
    "BoostedTreesUpdateEnsemble",
    inputs=(
        "tree_ensemble_handle: resource",
        "feature_ids: int32",
        "node_ids: num_features * int32",
        "gains: num_features * float32",
        "thresholds: num_features * int32",
        "left_node_contribs: num_features * float32",
        "right_node_contribs: num_features * float32",
        "max_depth: int32",
        "learning_rate: float32",
    ),
    attrs=(
        "pruning_mode: int >= 0",
        "num_features: int >= 0",
    ),
    stateful=True,
    differentiable=False,
)
center_bias_op = define(
    "BoostedTreesCenterBias",
    inputs=(
        "tree_ensemble_handle: resource",
        "mean_gradients: float32",
        "mean_hessians: float32",
        "l1: float32",
        "l2: float32",
    ),
    outputs=("continue_centering: bool",),
    stateful=True,
    differentiable=False,
)
make_quantile_summaries_op = define(
    "BoostedTreesMakeQuantileSummaries",
    inputs=(
        "float_values: num_features * float32",
        "example_weights: float32",
        "epsilon: float32",
    ),
    outputs=("summaries: num_features * float32",),
    attrs=("num_features: int >= 0",),
    differentiable=False,
)
add_summaries_op = define(
    "BoostedTreesQuantileStreamResourceAddSummaries",
    inputs=(
        "quantile_stream_resource_handle: resource",
        "summaries: num_features * float32",
    ),
    attrs=("num_features: int >= 0",),
    stateful=True,
    differentiable=False,
)
flush_op = define(
    "BoostedTreesQuantileStreamResourceFlush",
    inputs=(
        "quantile_stream_resource_handle: resource",
        "num_buckets: int64",
    ),
    attrs=("generate_quantiles: bool = false",),
    stateful=True,
    differentiable=False,
)
flush_summaries_op = define(
    "BoostedTreesFlushQuantileSummaries",
    inputs=("quantile_stream_resource_handle: resource",),
    outputs=("summaries: num_features * float32",),
    attrs=("num_features: int >= 0",),
    stateful=True,
    differentiable=False,
)


def _check_rank(dims: Dims, rank: int) -> None:
    if dims is not None and len(dims) != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {len(dims)}")


@calculate_best_gains_op.shape
def best_gains_shapes(ctx: ShapeContext) -> list[Dims]:
    given = ctx.shape("node_id_range")
    _check_rank(given, 1)
    if given is not None and given[0] not in (None, 2):
        raise ValueError(f"Dimension 0 in both shapes must be equal, but are {given[0]} and 2")
    for dims in ctx.shapes("stats_summary_list"):
        _check_rank(dims, 3)
    features = int(ctx.attrs["num_features"])
    lists: list[Dims] = [(None,)] * (3 * features)
    return lists + [(None, 1)] * (2 * features)


@update_ensemble_op.shape
def updated_shapes(ctx: ShapeContext) -> list[Dims]:
    for name in ("node_ids", "gains", "thresholds"):
        for dims in ctx.shapes(name):
            _check_rank(dims, 1)
    for name in ("left_node_contribs", "right_node_contribs"):
        for dims in ctx.shapes(name):
            _check_rank(dims, 2)
    return []


@center_bias_op.shape
def centered_shape(ctx: ShapeContext) -> list[Dims]:
    for name in ("mean_gradients", "mean_hessians"):
        _check_rank(ctx.shape(name), 2)
    for name in ("l1", "l2"):
        _check_rank(ctx.shape(name), 0)
    return [()]


@make_quantile_summaries_op.shape
def summaries_shapes(ctx: ShapeContext) -> list[Dims]:
    for dims in (*ctx.shapes("float_values"), ctx.shape("example_weights")):
        _check_rank(dims, 1)
    _check_rank(ctx.shape("epsilon"), 0)
    return [(None, 4)] * int(ctx.attrs["num_features"])


@add_summaries_op.shape
def added_shapes(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes("summaries"):
        _check_rank(dims, 2)
    return []


@flush_op.shape
def flushed_shapes(ctx: ShapeContext) -> list[Dims]:
    _check_rank(ctx.shape("num_buckets"), 0)
    return []


@flush_summaries_op.shape
def flushed_summaries_shapes(ctx: ShapeContext) -> list[Dims]:
    return [(None, 4)] * int(ctx.attrs["num_features"])
