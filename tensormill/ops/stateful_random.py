"""Random numbers whose state is in a resource variable, which each draw moves on.

Source: TensorFlow 1.15, core/ops/stateful_random_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

__all__: list[str] = []

_SHAPE_TYPE = "shape_dtype: type = DT_INT64"
_STATE = ("resource: resource", "algorithm: int64")


def _drawn_shape(ctx: ShapeContext) -> list[Dims]:
    for name in ("algorithm", "minval", "maxval"):
        if any(arg.name == name for arg in ctx.op.op_schema.inputs):
            with_rank(ctx.shape(name), 0)
    return [ctx.value_as_shape("shape")]


def _define(
    op_type: str, dtype: str, more: tuple[str, ...] = (), state: tuple[str, ...] = _STATE
) -> OpBuilder:
    builder = define(
        op_type,
        inputs=(*state, "shape: shape_dtype", *more),
        outputs=("output: dtype",),
        attrs=(f"dtype: type = {dtype}", _SHAPE_TYPE),
        stateful=True,
        differentiable=False,
        deprecation=None if state == _STATE else (29, f"Use {op_type}V2 instead"),
        module=__name__,
    )
    builder.shape(_drawn_shape)
    return builder


stateful_uniform_op = _define("StatefulUniform", "DT_FLOAT")
stateful_uniform_full_int_op = _define("StatefulUniformFullInt", "DT_UINT64")
stateful_uniform_int_op = _define(
    "StatefulUniformInt", "DT_INT64", ("minval: dtype", "maxval: dtype")
)
stateful_standard_normal_op = _define(
    "StatefulStandardNormal", "DT_FLOAT", state=("resource: resource",)
)
stateful_standard_normal_v2_op = _define("StatefulStandardNormalV2", "DT_FLOAT")
stateful_truncated_normal_op = _define("StatefulTruncatedNormal", "DT_FLOAT")
stateful_random_binomial_op = define(
    "StatefulRandomBinomial",
    inputs=(*_STATE, "shape: S", "counts: T", "probs: T"),
    outputs=("output: dtype",),
    attrs=(
        "S: {int32, int64}",
        "T: {float16, float32, float64, int32, int64} = DT_DOUBLE",
        "dtype: {float16, float32, float64, int32, int64} = DT_INT64",
    ),
    stateful=True,
    differentiable=False,
)
non_deterministic_ints_op = define(
    "NonDeterministicInts",
    inputs=("shape: shape_dtype",),
    outputs=("output: dtype",),
    attrs=("dtype: type = DT_INT64", _SHAPE_TYPE),
    stateful=True,
    differentiable=False,
)
rng_skip_op = define(
    "RngSkip", inputs=(*_STATE, "delta: int64"), stateful=True, differentiable=False
)
non_deterministic_ints_op.shape(_drawn_shape)


@stateful_random_binomial_op.shape
def stateful_random_binomial_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("shape"), 1)
    return [ctx.value_as_shape("shape")]


@rng_skip_op.shape
def rng_skip_shape(ctx: ShapeContext) -> list[Dims]:
    for name in ("algorithm", "delta"):
        with_rank(ctx.shape(name), 0)
    return []
