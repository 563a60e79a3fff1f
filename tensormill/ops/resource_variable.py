"""Resource variables as ops: handles, reads (which are snapshots), assignments, sparse updates."""

from __future__ import annotations

from typing import Any

from tensormill.graph.dtypes import DType
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, concatenate_dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.state import UPDATE_TYPES
from tensormill.ops.state_scatter import check_scatter, check_scatter_nd

var_handle_op = define(
    "VarHandleOp",
    outputs=("resource: resource",),
    attrs=(
        "container: string = ''",
        "shared_name: string = ''",
        "debug_name: string = ''",
        "dtype: type",
        "shape: shape",
        "allowed_devices: list(string) = []",
    ),
    stateful=True,
    differentiable=False,
)


@var_handle_op.shape
def var_handle_shape(ctx: ShapeContext) -> list[Dims]:
    """A handle is a scalar; what it stands for goes with it as handle data."""
    ctx.op.outputs[0]._handle_data = (ctx.attrs["dtype"], ctx.attrs["shape"])
    return [()]


def handle_dims(handle: Tensor) -> Dims:
    """Return the static shape of the variable behind a handle; unknown for a foreign handle."""
    data: tuple[DType, Dims] | None = handle._handle_data
    return None if data is None else data[1]


def _checked_dims(ctx: ShapeContext, what: str) -> Dims:
    data: tuple[DType, Dims] | None = ctx.op.input_tensors[0]._handle_data
    if data is None:
        return None
    wanted = ctx.attrs["dtype"]
    if data[0] != wanted:
        raise ValueError(
            f"Trying to {what} variable with wrong dtype. Expected {data[0].name} got {wanted.name}"
        )
    return data[1]


read_variable_op = define(
    "ReadVariableOp",
    inputs=("resource: resource",),
    outputs=("value: dtype",),
    attrs=("dtype: type",),
    stateful=True,
)


@read_variable_op.shape
def read_variable_shape(ctx: ShapeContext) -> list[Dims]:
    return [_checked_dims(ctx, "read")]


@read_variable_op.gradient
def read_variable_grad(op: Any, grad: Tensor) -> Tensor:
    return grad


assign_variable_op = define(
    "AssignVariableOp",
    inputs=("resource: resource", "value: dtype"),
    attrs=("dtype: type", "validate_shape: bool = false"),
    stateful=True,
    differentiable=False,
)


def check_assigned(ctx: ShapeContext) -> list[Dims]:
    merge_dims(_checked_dims(ctx, "assign"), ctx.shape(1))
    return []


assign_variable_op.shape(check_assigned)

assign_add_variable_op, assign_sub_variable_op = (
    define(
        op_type,
        inputs=("resource: resource", "value: dtype"),
        attrs=("dtype: type",),
        stateful=True,
        differentiable=False,
    )
    for op_type in ("AssignAddVariableOp", "AssignSubVariableOp")
)
assign_add_variable_op.shape(check_assigned)
assign_sub_variable_op.shape(check_assigned)

var_is_initialized_op = define(
    "VarIsInitializedOp",
    inputs=("resource: resource",),
    outputs=("is_initialized: bool",),
    stateful=True,
    differentiable=False,
)


@var_is_initialized_op.shape
def scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


destroy_resource_op = define(
    "DestroyResourceOp",
    inputs=("resource: resource",),
    attrs=("ignore_lookup_error: bool = true",),
    stateful=True,
    differentiable=False,
)


@destroy_resource_op.shape
def no_shapes(ctx: ShapeContext) -> list[Dims]:
    return []


variable_shape_op = define(
    "VariableShape",
    inputs=("input: resource",),
    outputs=("output: out_type",),
    attrs=("out_type: {int32, int64} = DT_INT32",),
    stateful=True,
    differentiable=False,
)


@variable_shape_op.shape
def variable_shape_shape(ctx: ShapeContext) -> list[Dims]:
    dims = handle_dims(ctx.op.input_tensors[0])
    return [(None if dims is None else len(dims),)]


resource_count_up_to = define(
    "ResourceCountUpTo",
    inputs=("resource: resource",),
    outputs=("output: T",),
    attrs=("limit: int", "T: {int32, int64}"),
    stateful=True,
    differentiable=False,
)


@resource_count_up_to.shape
def count_up_to_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(handle_dims(ctx.op.input_tensors[0]), 0)]


resource_gather = define(
    "ResourceGather",
    inputs=("resource: resource", "indices: Tindices"),
    outputs=("output: dtype",),
    attrs=(
        "batch_dims: int = 0",
        "validate_indices: bool = true",
        "dtype: type",
        "Tindices: {int32, int64}",
    ),
    stateful=True,
)


@resource_gather.shape
def gather_shape(ctx: ShapeContext) -> list[Dims]:
    dims, indices, batch = _checked_dims(ctx, "read"), ctx.shape(1), ctx.attrs["batch_dims"]
    if dims is None or indices is None:
        return [None]
    if len(dims) < batch + 1:
        raise ValueError(f"Shape must be at least rank {batch + 1} but is rank {len(dims)}")
    return [(*dims[:batch], *indices[batch:], *dims[batch + 1 :])]


@resource_gather.gradient
def resource_gather_grad(op: Any, grad: Tensor) -> list[Any]:
    """The gradient with respect to the variable is sparse: the rows that were read."""
    handle, indices = op.inputs
    make = {name: OP_DEFS[name].builder for name in ("Reshape", "ConcatV2", "Size", "ExpandDims")}
    params_shape = variable_shape_op(handle)
    size = make["ExpandDims"](make["Size"](indices), 0)
    values_shape = make["ConcatV2"]([size, params_shape[1:]], 0)
    return [
        IndexedSlices(
            make["Reshape"](grad, values_shape), make["Reshape"](indices, size), params_shape
        ),
        None,
    ]


resource_gather_nd = define(
    "ResourceGatherNd",
    inputs=("resource: resource", "indices: Tindices"),
    outputs=("output: dtype",),
    attrs=("dtype: type", "Tindices: {int32, int64}"),
    stateful=True,
)


@resource_gather_nd.shape
def gather_nd_shape(ctx: ShapeContext) -> list[Dims]:
    dims, indices = _checked_dims(ctx, "read"), ctx.shape(1)
    if dims is None or indices is None or indices[-1] is None:
        return [None]
    if indices[-1] > len(dims):
        raise ValueError("indices.shape[-1] must be <= params.rank")
    return [concatenate_dims(indices[:-1], dims[indices[-1] :])]


@resource_gather_nd.gradient
def resource_gather_nd_grad(op: Any, grad: Tensor) -> list[Any]:
    handle, indices = op.inputs
    shape = variable_shape_op(handle, out_type=indices.dtype)
    if indices.dims is not None and len(indices.dims) == 2 and indices.dims[-1] == 1:
        return [IndexedSlices(grad, OP_DEFS["Squeeze"].builder(indices, [-1]), shape), None]
    return [OP_DEFS["ScatterNd"].builder(indices, grad, shape), None]


def scatter_shape(ctx: ShapeContext) -> list[Dims]:
    check_scatter(_checked_dims(ctx, "update"), ctx.shape(1), ctx.shape(2))
    return []


def scatter_nd_shape(ctx: ShapeContext) -> list[Dims]:
    check_scatter_nd(handle_dims(ctx.op.input_tensors[0]), ctx.shape(1), ctx.shape(2))
    return []


def _define_scatter(update: str) -> OpBuilder:
    builder = define(
        f"ResourceScatter{update}",
        inputs=("resource: resource", "indices: Tindices", "updates: dtype"),
        attrs=(
            f"dtype: {'type' if update == 'Update' else UPDATE_TYPES}",
            "Tindices: {int32, int64}",
        ),
        stateful=True,
        differentiable=False,
    )
    builder.shape(scatter_shape)
    return builder


def _define_scatter_nd(update: str) -> OpBuilder:
    builder = define(
        f"ResourceScatterNd{update}",
        inputs=("ref: resource", "indices: Tindices", "updates: T"),
        attrs=(
            "T: type",
            "Tindices: {int32, int64}",
            "use_locking: bool = true",
            "bad_indices_policy: string = ''",
        ),
        stateful=True,
        differentiable=False,
    )
    builder.shape(scatter_nd_shape)
    return builder


resource_scatter_update = _define_scatter("Update")
resource_scatter_add = _define_scatter("Add")
resource_scatter_sub = _define_scatter("Sub")
resource_scatter_mul = _define_scatter("Mul")
resource_scatter_div = _define_scatter("Div")
resource_scatter_min = _define_scatter("Min")
resource_scatter_max = _define_scatter("Max")
resource_scatter_nd_update = _define_scatter_nd("Update")
resource_scatter_nd_add = _define_scatter_nd("Add")
resource_scatter_nd_sub = _define_scatter_nd("Sub")
resource_scatter_nd_max = _define_scatter_nd("Max")
resource_scatter_nd_min = _define_scatter_nd("Min")
