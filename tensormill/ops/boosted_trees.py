"""Ensembles of boosted trees: kept behind a handle, loaded, saved, and asked for predictions.

Source: TensorFlow 1.15, core/ops/boosted_trees_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

ensemble_resource_handle_op = define(
    "BoostedTreesEnsembleResourceHandleOp",
    outputs=("resource: resource",),
    attrs=(
        "container: string = ''",
        "shared_name: string = ''",
    ),
    stateful=True,
    differentiable=False,
)
create_ensemble_op = define(
    "BoostedTreesCreateEnsemble",
    inputs=(
        "tree_ensemble_handle: resource",
        "stamp_token: int64",
        "tree_ensemble_serialized: string",
    ),
    stateful=True,
    differentiable=False,
)
deserialize_ensemble_op = define(
    "BoostedTreesDeserializeEnsemble",
    inputs=(
        "tree_ensemble_handle: resource",
        "stamp_token: int64",
        "tree_ensemble_serialized: string",
    ),
    stateful=True,
    differentiable=False,
)
serialize_ensemble_op = define(
    "BoostedTreesSerializeEnsemble",
    inputs=("tree_ensemble_handle: resource",),
    outputs=(
        "stamp_token: int64",
        "tree_ensemble_serialized: string",
    ),
    stateful=True,
    differentiable=False,
)
get_ensemble_states_op = define(
    "BoostedTreesGetEnsembleStates",
    inputs=("tree_ensemble_handle: resource",),
    outputs=(
        "stamp_token: int64",
        "num_trees: int32",
        "num_finalized_trees: int32",
        "num_attempted_layers: int32",
        "last_layer_nodes_range: int32",
    ),
    stateful=True,
    differentiable=False,
)
is_ensemble_initialized_op = define(
    "IsBoostedTreesEnsembleInitialized",
    inputs=("tree_ensemble_handle: resource",),
    outputs=("is_initialized: bool",),
    stateful=True,
    differentiable=False,
)
predict_op = define(
    "BoostedTreesPredict",
    inputs=(
        "tree_ensemble_handle: resource",
        "bucketized_features: num_bucketized_features * int32",
    ),
    outputs=("logits: float32",),
    attrs=(
        "num_bucketized_features: int >= 1",
        "logits_dimension: int",
    ),
    stateful=True,
    differentiable=False,
)
training_predict_op = define(
    "BoostedTreesTrainingPredict",
    inputs=(
        "tree_ensemble_handle: resource",
        "cached_tree_ids: int32",
        "cached_node_ids: int32",
        "bucketized_features: num_bucketized_features * int32",
    ),
    outputs=(
        "partial_logits: float32",
        "tree_ids: int32",
        "node_ids: int32",
    ),
    attrs=(
        "num_bucketized_features: int >= 1",
        "logits_dimension: int",
    ),
    stateful=True,
    differentiable=False,
)
example_debug_outputs_op = define(
    "BoostedTreesExampleDebugOutputs",
    inputs=(
        "tree_ensemble_handle: resource",
        "bucketized_features: num_bucketized_features * int32",
    ),
    outputs=("examples_debug_outputs_serialized: string",),
    attrs=(
        "num_bucketized_features: int >= 1",
        "logits_dimension: int",
    ),
    stateful=True,
    differentiable=False,
)
bucketize_op = define(
    "BoostedTreesBucketize",
    inputs=(
        "float_values: num_features * float32",
        "bucket_boundaries: num_features * float32",
    ),
    outputs=("buckets: num_features * int32",),
    attrs=("num_features: int >= 0",),
    differentiable=False,
)
make_stats_summary_op = define(
    "BoostedTreesMakeStatsSummary",
    inputs=(
        "node_ids: int32",
        "gradients: float32",
        "hessians: float32",
        "bucketized_features_list: num_features * int32",
    ),
    outputs=("stats_summary: float32",),
    attrs=(
        "max_splits: int >= 1",
        "num_buckets: int >= 1",
        "num_features: int >= 1",
    ),
    differentiable=False,
)
quantile_stream_resource_handle_op = define(
    "BoostedTreesQuantileStreamResourceHandleOp",
    outputs=("resource: resource",),
    attrs=(
        "container: string = ''",
        "shared_name: string = ''",
    ),
    stateful=True,
    differentiable=False,
)
create_quantile_stream_resource_op = define(
    "BoostedTreesCreateQuantileStreamResource",
    inputs=(
        "quantile_stream_resource_handle: resource",
        "epsilon: float32",
        "num_streams: int64",
    ),
    attrs=("max_elements: int = 1099511627776",),
    stateful=True,
    differentiable=False,
)
is_quantile_stream_resource_initialized_op = define(
    "IsBoostedTreesQuantileStreamResourceInitialized",
    inputs=("quantile_stream_resource_handle: resource",),
    outputs=("is_initialized: bool",),
    stateful=True,
    differentiable=False,
)
quantile_stream_resource_deserialize_op = define(
    "BoostedTreesQuantileStreamResourceDeserialize",
    inputs=(
        "quantile_stream_resource_handle: resource",
        "bucket_boundaries: num_streams * float32",
    ),
    attrs=("num_streams: int >= 1",),
    stateful=True,
    differentiable=False,
)
quantile_stream_resource_get_bucket_boundaries_op = define(
    "BoostedTreesQuantileStreamResourceGetBucketBoundaries",
    inputs=("quantile_stream_resource_handle: resource",),
    outputs=("bucket_boundaries: num_features * float32",),
    attrs=("num_features: int >= 0",),
    stateful=True,
    differentiable=False,
)


@ensemble_resource_handle_op.shape
@quantile_stream_resource_handle_op.shape
def handle_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@is_ensemble_initialized_op.shape
@is_quantile_stream_resource_initialized_op.shape
def is_there_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@create_ensemble_op.shape
@deserialize_ensemble_op.shape
def given_ensemble_shapes(ctx: ShapeContext) -> list[Dims]:
    for name in ("tree_ensemble_handle", "stamp_token", "tree_ensemble_serialized"):
        dims = ctx.shape(name)
        if dims:
            raise ValueError(f"Shape must be rank 0 but is rank {len(dims)}")
    return []


@serialize_ensemble_op.shape
def serialized_shapes(ctx: ShapeContext) -> list[Dims]:
    return [(), ()]


@get_ensemble_states_op.shape
def states_shapes(ctx: ShapeContext) -> list[Dims]:
    return [(), (), (), (), (2,)]


def _rows(ctx: ShapeContext) -> int | None:
    """Return how many examples there are.

    Raises:
      ValueError: two features have different numbers of them.
    """
    rows: int | None = None
    for dims in ctx.shapes("bucketized_features"):
        if dims is None or dims == () or dims[0] is None:
            continue
        if rows is not None and rows != dims[0]:
            raise ValueError(f"Dimensions must be equal, but are {rows} and {dims[0]}")
        rows = dims[0]
    return rows


@predict_op.shape
def predict_shape(ctx: ShapeContext) -> list[Dims]:
    return [(_rows(ctx), ctx.attrs["logits_dimension"])]


@training_predict_op.shape
def training_predict_shapes(ctx: ShapeContext) -> list[Dims]:
    rows = _rows(ctx)
    return [(rows, ctx.attrs["logits_dimension"]), (rows,), (rows,)]


@example_debug_outputs_op.shape
def debug_outputs_shape(ctx: ShapeContext) -> list[Dims]:
    return [(_rows(ctx),)]


@bucketize_op.shape
def bucketize_shapes(ctx: ShapeContext) -> list[Dims]:
    for dims in (*ctx.shapes("float_values"), *ctx.shapes("bucket_boundaries")):
        if dims is not None and len(dims) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [(None,) if dims is None else dims for dims in ctx.shapes("float_values")]


@make_stats_summary_op.shape
def stats_summary_shape(ctx: ShapeContext) -> list[Dims]:
    attrs = ctx.attrs
    return [(attrs["num_features"], attrs["max_splits"], attrs["num_buckets"], 2)]


@quantile_stream_resource_get_bucket_boundaries_op.shape
def bucket_boundaries_shapes(ctx: ShapeContext) -> list[Dims]:
    return [(None,)] * int(ctx.attrs["num_features"])
