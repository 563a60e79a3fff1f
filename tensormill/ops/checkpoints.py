"""Checkpoints: tensors to files and back."""

from __future__ import annotations

from tensormill.formats.slice_specs import parse_slice_spec
from tensormill.formats.slices import closed_extents
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank

save_v2_op = define(
    "SaveV2",
    inputs=(
        "prefix: string",
        "tensor_names: string",
        "shape_and_slices: string",
        "tensors: dtypes",
    ),
    attrs=("dtypes: list(type) >= 1",),
    stateful=True,
    differentiable=False,
)
restore_v2_op = define(
    "RestoreV2",
    inputs=("prefix: string", "tensor_names: string", "shape_and_slices: string"),
    outputs=("tensors: dtypes",),
    attrs=("dtypes: list(type) >= 1",),
    stateful=True,
    differentiable=False,
)
merge_v2_checkpoints_op = define(
    "MergeV2Checkpoints",
    inputs=("checkpoint_prefixes: string", "destination_prefix: string"),
    attrs=("delete_old_dirs: bool = true", "allow_missing_files: bool = false"),
    stateful=True,
    differentiable=False,
)
sharded_filename_op = define(
    "ShardedFilename",
    inputs=("basename: string", "shard: int32", "num_shards: int32"),
    outputs=("filename: string",),
    differentiable=False,
)
sharded_filespec_op = define(
    "ShardedFilespec",
    inputs=("basename: string", "num_shards: int32"),
    outputs=("filename: string",),
    differentiable=False,
)
save_op = define(
    "Save",
    inputs=("filename: string", "tensor_names: string", "data: T"),
    attrs=("T: list(type) >= 1",),
    stateful=True,
    differentiable=False,
)
save_slices_op = define(
    "SaveSlices",
    inputs=("filename: string", "tensor_names: string", "shapes_and_slices: string", "data: T"),
    attrs=("T: list(type) >= 1",),
    stateful=True,
    differentiable=False,
)
restore_op = define(
    "Restore",
    inputs=("file_pattern: string", "tensor_name: string"),
    outputs=("tensor: dt",),
    attrs=("dt: type", "preferred_shard: int = -1"),
    stateful=True,
    differentiable=False,
)
restore_slice_op = define(
    "RestoreSlice",
    inputs=("file_pattern: string", "tensor_name: string", "shape_and_slice: string"),
    outputs=("tensor: dt",),
    attrs=("dt: type", "preferred_shard: int = -1"),
    stateful=True,
    differentiable=False,
)


def _check_vectors(ctx: ShapeContext, names: tuple[str, ...], size: int) -> None:
    """Check inputs that have one element a tensor."""
    for name in names:
        (length,) = with_rank(ctx.shape(name), 1)
        if length is not None and length != size:
            raise ValueError(f"Dimension must be {size} but is {length}")


@save_v2_op.shape
def save_v2_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("prefix"), 0)
    _check_vectors(ctx, ("tensor_names", "shape_and_slices"), len(ctx.attrs["dtypes"]))
    return []


@restore_v2_op.shape
def restore_v2_shape(ctx: ShapeContext) -> list[Dims]:
    count = len(ctx.attrs["dtypes"])
    with_rank(ctx.shape("prefix"), 0)
    merge_dims(with_rank(ctx.shape(1), 1), with_rank(ctx.shape(2), 1))
    specs = ctx.value("shape_and_slices")
    if specs is None or specs.size != count:
        return [None] * count
    return [_slice_dims(spec) for spec in specs.ravel().tolist()]


def _slice_dims(spec: bytes) -> Dims:
    if not spec:
        return None
    sizes, extents = parse_slice_spec(spec.decode())
    return tuple(length for _, length in closed_extents(extents, sizes))


@merge_v2_checkpoints_op.shape
def merge_v2_checkpoints_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(0), 1)
    with_rank(ctx.shape(1), 0)
    return []


@sharded_filename_op.shape
@sharded_filespec_op.shape
def sharded_filename_shape(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes():
        with_rank(dims, 0)
    return [()]


@save_op.shape
def save_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("filename"), 0)
    _check_vectors(ctx, ("tensor_names",), len(ctx.attrs["T"]))
    return []


@save_slices_op.shape
def save_slices_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("filename"), 0)
    _check_vectors(ctx, ("tensor_names", "shapes_and_slices"), len(ctx.attrs["T"]))
    return []


@restore_op.shape
def restore_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(0), 0)
    with_rank(ctx.shape(1), 0)
    return [None]


@restore_slice_op.shape
def restore_slice_shape(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes():
        with_rank(dims, 0)
    spec = ctx.value("shape_and_slice")
    return [None if spec is None else _slice_dims(spec.item())]
