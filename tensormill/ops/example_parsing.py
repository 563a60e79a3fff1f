"""Messages of features, `tf.train.Example`, to tensors.

Source: TensorFlow 1.15, core/ops/parsing_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, concatenate_dims, with_rank

_VALUES = "list({float32, int64, string}) >= 0"

parse_example_op = define(
    "ParseExample",
    inputs=(
        "serialized: string",
        "names: string",
        "sparse_keys: Nsparse * string",
        "dense_keys: Ndense * string",
        "dense_defaults: Tdense",
    ),
    outputs=(
        "sparse_indices: Nsparse * int64",
        "sparse_values: sparse_types",
        "sparse_shapes: Nsparse * int64",
        "dense_values: Tdense",
    ),
    attrs=(
        "Nsparse: int >= 0",
        "Ndense: int >= 0",
        f"sparse_types: {_VALUES}",
        f"Tdense: {_VALUES}",
        "dense_shapes: list(shape) >= 0",
    ),
    differentiable=False,
)
parse_example_v2_op = define(
    "ParseExampleV2",
    inputs=(
        "serialized: string",
        "names: string",
        "sparse_keys: string",
        "dense_keys: string",
        "ragged_keys: string",
        "dense_defaults: Tdense",
    ),
    outputs=(
        "sparse_indices: num_sparse * int64",
        "sparse_values: sparse_types",
        "sparse_shapes: num_sparse * int64",
        "dense_values: Tdense",
        "ragged_values: ragged_value_types",
        "ragged_row_splits: ragged_split_types",
    ),
    attrs=(
        f"Tdense: {_VALUES}",
        "num_sparse: int >= 0",
        f"sparse_types: {_VALUES}",
        f"ragged_value_types: {_VALUES}",
        "ragged_split_types: list({int32, int64}) >= 0",
        "dense_shapes: list(shape) >= 0",
    ),
    differentiable=False,
)
parse_single_example_op = define(
    "ParseSingleExample",
    inputs=("serialized: string", "dense_defaults: Tdense"),
    outputs=(
        "sparse_indices: num_sparse * int64",
        "sparse_values: sparse_types",
        "sparse_shapes: num_sparse * int64",
        "dense_values: Tdense",
    ),
    attrs=(
        "num_sparse: int >= 0",
        "sparse_keys: list(string) >= 0",
        "dense_keys: list(string) >= 0",
        f"sparse_types: {_VALUES}",
        f"Tdense: {_VALUES}",
        "dense_shapes: list(shape) >= 0",
    ),
    differentiable=False,
)
decode_json_example_op = define(
    "DecodeJSONExample",
    inputs=("json_examples: string",),
    outputs=("binary_examples: string",),
    differentiable=False,
)


def _outputs(ctx: ShapeContext, batch: Dims, sparse_count: int) -> list[Dims]:
    """Return the shapes of sparse and dense features for examples of shape `batch`."""
    rank = None if batch is None else len(batch) + 1
    shapes: list[Dims] = [(None, rank)] * sparse_count
    shapes += [(None,)] * sparse_count
    shapes += [(rank,)] * sparse_count
    dense: Sequence[Dims] = ctx.attrs["dense_shapes"]
    return shapes + [concatenate_dims(batch, dims) for dims in dense]


@parse_example_op.shape
def parse_example_shape(ctx: ShapeContext) -> list[Dims]:
    batch = with_rank(ctx.shape("serialized"), 1)
    with_rank(ctx.shape("names"), 1)
    return _outputs(ctx, batch, ctx.attrs["Nsparse"])


@parse_example_v2_op.shape
def parse_example_v2_shape(ctx: ShapeContext) -> list[Dims]:
    batch = ctx.shape("serialized")
    if batch is not None and len(batch) > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {len(batch)}")
    ragged = len(ctx.attrs["ragged_value_types"])
    rows = batch[0] if batch else None
    splits: Dims = (None if rows is None else rows + 1,)
    return [
        *_outputs(ctx, batch, ctx.attrs["num_sparse"]),
        *([(None,)] * ragged),
        *([splits] * ragged),
    ]


@parse_single_example_op.shape
def parse_single_example_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("serialized"), 0)
    return _outputs(ctx, (), ctx.attrs["num_sparse"])


@decode_json_example_op.shape
def decode_json_example_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("json_examples")]
