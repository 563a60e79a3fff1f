"""Ref variables as ops: VariableV2, assignments, counting."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims

variable_v2 = define(
    "VariableV2",
    outputs=("ref: Ref(dtype)",),
    attrs=("shape: shape", "dtype: type", "container: string = ''", "shared_name: string = ''"),
    stateful=True,
    differentiable=False,
)


@variable_v2.shape
def variable_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["shape"]]


assign = define(
    "Assign",
    inputs=("ref: Ref(T)", "value: T"),
    outputs=("output_ref: Ref(T)",),
    attrs=("T: type", "validate_shape: bool = true", "use_locking: bool = true"),
    allows_uninitialized_input=True,
    differentiable=False,
)


@assign.shape
def assign_shape(ctx: ShapeContext) -> list[Dims]:
    if ctx.attrs["validate_shape"]:
        return [merge_dims(ctx.shape(0), ctx.shape(1))]
    return [ctx.shape(1)]
