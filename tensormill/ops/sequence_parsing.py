"""Messages of sequences, `tf.train.SequenceExample`, to tensors.

Source: TensorFlow 1.15, core/ops/parsing_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, concatenate_dims, with_rank

_TYPES = "list({float32, int64, string}) >= 0 = []"

_OUTPUTS = (
    "context_sparse_indices: Ncontext_sparse * int64",
    "context_sparse_values: context_sparse_types",
    "context_sparse_shapes: Ncontext_sparse * int64",
    "context_dense_values: Tcontext_dense",
    "feature_list_sparse_indices: Nfeature_list_sparse * int64",
    "feature_list_sparse_values: feature_list_sparse_types",
    "feature_list_sparse_shapes: Nfeature_list_sparse * int64",
    "feature_list_dense_values: feature_list_dense_types",
)
_ATTRS = (
    "Ncontext_sparse: int >= 0 = 0",
    "Ncontext_dense: int >= 0 = 0",
    "Nfeature_list_sparse: int >= 0 = 0",
    "Nfeature_list_dense: int >= 0 = 0",
    f"context_sparse_types: {_TYPES}",
    f"Tcontext_dense: {_TYPES}",
    f"feature_list_dense_types: {_TYPES}",
    "context_dense_shapes: list(shape) >= 0 = []",
    f"feature_list_sparse_types: {_TYPES}",
    "feature_list_dense_shapes: list(shape) >= 0 = []",
)

parse_single_sequence_example_op = define(
    "ParseSingleSequenceExample",
    inputs=(
        "serialized: string",
        "feature_list_dense_missing_assumed_empty: string",
        "context_sparse_keys: Ncontext_sparse * string",
        "context_dense_keys: Ncontext_dense * string",
        "feature_list_sparse_keys: Nfeature_list_sparse * string",
        "feature_list_dense_keys: Nfeature_list_dense * string",
        "context_dense_defaults: Tcontext_dense",
        "debug_name: string",
    ),
    outputs=_OUTPUTS,
    attrs=_ATTRS,
    differentiable=False,
)


@parse_single_sequence_example_op.shape
def parse_single_sequence_example_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("serialized"), 0)
    attrs = ctx.attrs
    shapes: list[Dims] = []
    for count, rank in ((attrs["Ncontext_sparse"], 1), (attrs["Nfeature_list_sparse"], 2)):
        shapes += [(None, rank)] * count + [(None,)] * count + [(rank,)] * count
        if rank == 1:
            shapes += attrs["context_dense_shapes"]
    return shapes + [concatenate_dims((None,), dims) for dims in attrs["feature_list_dense_shapes"]]


parse_sequence_example_op = define(
    "ParseSequenceExample",
    inputs=("serialized: string", "debug_name: string", "context_dense_defaults: Tcontext_dense"),
    outputs=(*_OUTPUTS, "feature_list_dense_lengths: Nfeature_list_dense * int64"),
    attrs=(
        "feature_list_dense_missing_assumed_empty: list(string) >= 0",
        "context_sparse_keys: list(string) >= 0",
        "context_dense_keys: list(string) >= 0",
        "feature_list_sparse_keys: list(string) >= 0",
        "feature_list_dense_keys: list(string) >= 0",
        *_ATTRS,
    ),
    differentiable=False,
)


@parse_sequence_example_op.shape
def parse_sequence_example_shape(ctx: ShapeContext) -> list[Dims]:
    batch = with_rank(ctx.shape("serialized"), 1)
    attrs = ctx.attrs
    shapes: list[Dims] = []
    for count, rank in ((attrs["Ncontext_sparse"], 2), (attrs["Nfeature_list_sparse"], 3)):
        shapes += [(None, rank)] * count + [(None,)] * count + [(rank,)] * count
        if rank == 2:
            shapes += [concatenate_dims(batch, dims) for dims in attrs["context_dense_shapes"]]
    steps = [*batch, None]
    shapes += [concatenate_dims(tuple(steps), dims) for dims in attrs["feature_list_dense_shapes"]]
    return shapes + [batch] * attrs["Nfeature_list_dense"]
