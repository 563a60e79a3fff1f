"""Ref variables as ops: the buffers, assignments to them, and counting."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank

# What `assign_add`, the scatter updates and their like accept: also the quantized types.
UPDATE_TYPES = (
    "{float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}"
)
_VARIABLE_ATTRS = (
    "shape: shape",
    "dtype: type",
    "container: string = ''",
    "shared_name: string = ''",
)

variable_v2 = define(
    "VariableV2",
    outputs=("ref: Ref(dtype)",),
    attrs=_VARIABLE_ATTRS,
    stateful=True,
    differentiable=False,
)


@variable_v2.shape
def variable_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["shape"]]


variable = define(
    "Variable",
    outputs=("ref: Ref(dtype)",),
    attrs=_VARIABLE_ATTRS,
    stateful=True,
    differentiable=False,
)


@variable.shape
def old_variable_shape(ctx: ShapeContext) -> list[Dims]:
    """A scalar shape stood for an unknown one when this op was new."""
    return [ctx.attrs["shape"] or None]


temporary_variable = define(
    "TemporaryVariable",
    outputs=("ref: Ref(dtype)",),
    attrs=("shape: shape", "dtype: type", "var_name: string = ''"),
    stateful=True,
    differentiable=False,
)
temporary_variable.shape(variable_shape)

destroy_temporary_variable = define(
    "DestroyTemporaryVariable",
    inputs=("ref: Ref(T)",),
    outputs=("value: T",),
    attrs=("T: type", "var_name: string"),
    differentiable=False,
)


@destroy_temporary_variable.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


is_variable_initialized_op = define(
    "IsVariableInitialized",
    inputs=("ref: Ref(dtype)",),
    outputs=("is_initialized: bool",),
    attrs=("dtype: type",),
    allows_uninitialized_input=True,
    differentiable=False,
)


@is_variable_initialized_op.shape
def scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


assign_op = define(
    "Assign",
    inputs=("ref: Ref(T)", "value: T"),
    outputs=("output_ref: Ref(T)",),
    attrs=("T: type", "validate_shape: bool = true", "use_locking: bool = true"),
    allows_uninitialized_input=True,
    differentiable=False,
)


@assign_op.shape
def assign_shape(ctx: ShapeContext) -> list[Dims]:
    if ctx.attrs["validate_shape"]:
        return [merge_dims(ctx.shape(0), ctx.shape(1))]
    return [ctx.shape(1)]


def merged_shape(ctx: ShapeContext) -> list[Dims]:
    return [merge_dims(ctx.shape(0), ctx.shape(1))]


assign_add_op, assign_sub_op = (
    define(
        op_type,
        inputs=("ref: Ref(T)", "value: T"),
        outputs=("output_ref: Ref(T)",),
        attrs=(f"T: {UPDATE_TYPES}", "use_locking: bool = false"),
        differentiable=False,
    )
    for op_type in ("AssignAdd", "AssignSub")
)
assign_add_op.shape(merged_shape)
assign_sub_op.shape(merged_shape)

count_up_to_op = define(
    "CountUpTo",
    inputs=("ref: Ref(T)",),
    outputs=("output: T",),
    attrs=("limit: int", "T: {int32, int64}"),
    differentiable=False,
)


@count_up_to_op.shape
def count_up_to_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(ctx.shape(0), 0)]
