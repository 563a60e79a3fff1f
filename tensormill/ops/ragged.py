"""The ops below ragged tensors: ranges, gathered rows, and conversions."""

from __future__ import annotations

from typing import Any

from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape, shape
from tensormill.ops.gathering import gather

_SPLITS_TYPE = "Tsplits: {int32, int64} = DT_INT64"

ragged_range_op = define(
    "RaggedRange",
    inputs=("starts: T", "limits: T", "deltas: T"),
    outputs=("rt_nested_splits: Tsplits", "rt_dense_values: T"),
    attrs=("T: {bfloat16, float32, float64, int32, int64} = DT_INT32", _SPLITS_TYPE),
    differentiable=False,
)
ragged_gather_op = define(
    "RaggedGather",
    inputs=(
        "params_nested_splits: PARAMS_RAGGED_RANK * Tsplits",
        "params_dense_values: Tvalues",
        "indices: Tindices",
    ),
    outputs=(
        "output_nested_splits: OUTPUT_RAGGED_RANK * Tsplits",
        "output_dense_values: Tvalues",
    ),
    attrs=(
        "Tvalues: type",
        "Tindices: {int32, int64}",
        _SPLITS_TYPE,
        "PARAMS_RAGGED_RANK: int >= 1",
        "OUTPUT_RAGGED_RANK: int >= 0",
    ),
)
ragged_tensor_to_sparse_op = define(
    "RaggedTensorToSparse",
    inputs=("rt_nested_splits: RAGGED_RANK * Tsplits", "rt_dense_values: T"),
    outputs=("sparse_indices: int64", "sparse_values: T", "sparse_dense_shape: int64"),
    attrs=("RAGGED_RANK: int >= 1", "T: type", _SPLITS_TYPE),
)
ragged_tensor_to_variant_op = define(
    "RaggedTensorToVariant",
    inputs=("rt_nested_splits: RAGGED_RANK * Tsplits", "rt_dense_values: Tvalues"),
    outputs=("encoded_ragged: variant",),
    attrs=("RAGGED_RANK: int >= 0", "Tvalues: type", _SPLITS_TYPE, "batched_input: bool"),
    differentiable=False,
)
ragged_tensor_from_variant_op = define(
    "RaggedTensorFromVariant",
    inputs=("encoded_ragged: variant",),
    outputs=("output_nested_splits: output_ragged_rank * Tsplits", "output_dense_values: Tvalues"),
    attrs=(
        "input_ragged_rank: int >= -1",
        "output_ragged_rank: int >= 0",
        "Tvalues: type",
        _SPLITS_TYPE,
    ),
    differentiable=False,
)


@ragged_range_op.shape
def ragged_range_shape(ctx: ShapeContext) -> list[Dims]:
    count: int | None = None
    is_vector = False
    for dims in ctx.shapes():
        if dims is None or len(dims) > 1:
            if dims is not None:
                raise ValueError(f"Shape must be at most rank 1 but is rank {len(dims)}")
            continue
        if not dims:
            continue
        is_vector = True
        if count is not None and dims[0] not in (None, count):
            raise ValueError(f"Dimensions must be equal, but are {count} and {dims[0]}")
        count = dims[0] if count is None else count
    if not is_vector and all(dims == () for dims in ctx.shapes()):
        return [(2,), (None,)]
    return [(None if count is None else count + 1,), (None,)]


@ragged_gather_op.shape
def ragged_gather_shape(ctx: ShapeContext) -> list[Dims]:
    rank = ctx.attrs["OUTPUT_RAGGED_RANK"]
    values = ctx.shape("params_dense_values")
    with_rank(ctx.shape("indices"), rank - ctx.attrs["PARAMS_RAGGED_RANK"] + 1)
    dense: Dims = None if values is None else (None, *values[1:])
    splits: list[Dims] = [(None,)] * rank
    return [*splits, dense]


@ragged_gather_op.gradient
def ragged_gather_grad(op: Operation, *grads: Any) -> list[Any]:
    *nested, values, indices = op.input_tensors
    edges = nested[0]
    for splits in nested[1:]:
        edges = gather(splits, edges)
    rows = reshape(indices, [-1])
    low, high = gather(edges, rows), gather(edges[1:], rows)
    places = ragged_range_op(low, high, 1, Tsplits=edges.dtype)[1]
    slices = IndexedSlices(grads[-1], places, shape(values))
    return [*[None] * len(nested), slices, None]


@ragged_tensor_to_sparse_op.shape
def ragged_tensor_to_sparse_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape("rt_dense_values")
    splits = ctx.attrs["RAGGED_RANK"]
    for each in ctx.shapes("rt_nested_splits"):
        with_rank(each, 1)
    if dims is None:
        return [(None, None), (None,), (None,)]
    count: int | None = 1
    for size in dims:
        count = None if size is None or count is None else count * size
    rank = splits + len(dims)
    return [(count, rank), (count,), (rank,)]


@ragged_tensor_to_sparse_op.gradient
def ragged_tensor_to_sparse_grad(
    op: Operation, _: Any, values_grad: Any, shape_grad: Any
) -> list[Tensor | None]:
    values = op.input_tensors[-1]
    nested: list[Tensor | None] = [None] * (len(op.input_tensors) - 1)
    return [*nested, reshape(values_grad, shape(values))]


@ragged_tensor_to_variant_op.shape
def ragged_tensor_to_variant_shape(ctx: ShapeContext) -> list[Dims]:
    if not ctx.attrs["batched_input"]:
        return [()]
    nested = ctx.shapes("rt_nested_splits")
    if not nested:
        dims = ctx.shape("rt_dense_values")
        return [None if dims is None else dims[:1]]
    edges = with_rank(nested[0], 1)[0]
    return [(None if edges is None else edges - 1,)]


@ragged_tensor_from_variant_op.shape
def ragged_tensor_from_variant_shape(ctx: ShapeContext) -> list[Dims]:
    rank = ctx.attrs["output_ragged_rank"]
    wanted = ctx.attrs["input_ragged_rank"]
    dims = ctx.shape(0)
    if dims is not None and wanted >= 0 and wanted + len(dims) != rank:
        raise ValueError(f"Invalid output_ragged_rank: {rank}, expected {wanted + len(dims)}")
    splits: list[Dims] = [(None,)] * rank
    return [*splits, None]
