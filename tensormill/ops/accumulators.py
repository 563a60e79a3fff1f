"""Conditional accumulators as ops: dense ones by reference and by resource, sparse by reference."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

_REFERENCE, _RESOURCE = "handle: Ref(string)", "handle: resource"
_DTYPE = (
    "dtype: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32,"
    " bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}"
)
_MADE = (
    _DTYPE,
    "shape: shape",
    "container: string = ''",
    "shared_name: string = ''",
    "reduction_type: {'MEAN', 'SUM'} = 'MEAN'",
)


def _handle_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


def _scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def _apply_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("local_step"), 0)
    return []


def _set_global_step_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("new_global_step"), 0)
    return []


def _take_shape(ctx: ShapeContext) -> list[Dims]:
    """The shapes of the gradients are known where the accumulator is, not here."""
    with_rank(ctx.shape("num_required"), 0)
    return [None] * len(ctx.op.outputs)


conditional_accumulator_op = define(
    "ConditionalAccumulator",
    outputs=(_REFERENCE,),
    attrs=_MADE,
    stateful=True,
    differentiable=False,
)
resource_conditional_accumulator_op = define(
    "ResourceConditionalAccumulator",
    outputs=(_RESOURCE,),
    attrs=_MADE,
    stateful=True,
    differentiable=False,
)
sparse_conditional_accumulator_op = define(
    "SparseConditionalAccumulator",
    outputs=(_REFERENCE,),
    attrs=_MADE,
    stateful=True,
    differentiable=False,
)
accumulator_apply_gradient_op = define(
    "AccumulatorApplyGradient",
    inputs=(_REFERENCE, "local_step: int64", "gradient: dtype"),
    attrs=(_DTYPE,),
    differentiable=False,
)
resource_accumulator_apply_gradient_op = define(
    "ResourceAccumulatorApplyGradient",
    inputs=(_RESOURCE, "local_step: int64", "gradient: dtype"),
    attrs=(_DTYPE,),
    stateful=True,
    differentiable=False,
)
sparse_accumulator_apply_gradient_op = define(
    "SparseAccumulatorApplyGradient",
    inputs=(
        _REFERENCE,
        "local_step: int64",
        "gradient_indices: int64",
        "gradient_values: dtype",
        "gradient_shape: int64",
    ),
    attrs=(_DTYPE, "has_known_shape: bool"),
    differentiable=False,
)
accumulator_take_gradient_op = define(
    "AccumulatorTakeGradient",
    inputs=(_REFERENCE, "num_required: int32"),
    outputs=("average: dtype",),
    attrs=(_DTYPE,),
    differentiable=False,
)
resource_accumulator_take_gradient_op = define(
    "ResourceAccumulatorTakeGradient",
    inputs=(_RESOURCE, "num_required: int32"),
    outputs=("average: dtype",),
    attrs=(_DTYPE,),
    stateful=True,
    differentiable=False,
)
sparse_accumulator_take_gradient_op = define(
    "SparseAccumulatorTakeGradient",
    inputs=(_REFERENCE, "num_required: int32"),
    outputs=("indices: int64", "values: dtype", "shape: int64"),
    attrs=(_DTYPE,),
    differentiable=False,
)
accumulator_num_accumulated_op = define(
    "AccumulatorNumAccumulated",
    inputs=(_REFERENCE,),
    outputs=("num_accumulated: int32",),
    differentiable=False,
)
resource_accumulator_num_accumulated_op = define(
    "ResourceAccumulatorNumAccumulated",
    inputs=(_RESOURCE,),
    outputs=("num_accumulated: int32",),
    stateful=True,
    differentiable=False,
)
accumulator_set_global_step_op = define(
    "AccumulatorSetGlobalStep",
    inputs=(_REFERENCE, "new_global_step: int64"),
    differentiable=False,
)
resource_accumulator_set_global_step_op = define(
    "ResourceAccumulatorSetGlobalStep",
    inputs=(_RESOURCE, "new_global_step: int64"),
    stateful=True,
    differentiable=False,
)

for _op in (
    conditional_accumulator_op,
    resource_conditional_accumulator_op,
    sparse_conditional_accumulator_op,
):
    _op.shape(_handle_shape)
for _op in (
    accumulator_apply_gradient_op,
    resource_accumulator_apply_gradient_op,
    sparse_accumulator_apply_gradient_op,
):
    _op.shape(_apply_shape)
for _op in (
    accumulator_take_gradient_op,
    resource_accumulator_take_gradient_op,
    sparse_accumulator_take_gradient_op,
):
    _op.shape(_take_shape)
for _op in (accumulator_num_accumulated_op, resource_accumulator_num_accumulated_op):
    _op.shape(_scalar_shape)
for _op in (accumulator_set_global_step_op, resource_accumulator_set_global_step_op):
    _op.shape(_set_global_step_shape)
