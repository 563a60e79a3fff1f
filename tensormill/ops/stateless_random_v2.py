"""Random numbers from a key and a counter, into which later TensorFlow splits a seed tensor."""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.ops.random import FLOATS

_KEYED = ("shape: Tshape", "key: uint64", "counter: uint64", "alg: int32")
_SHAPE = "Tshape: {int32, int64} = DT_INT32"
_SEED = "Tseed: {int32, int64} = DT_INT64"


def sampled_shape(ctx: ShapeContext) -> list[Dims]:
    """The first input says the shape."""
    return [ctx.value_as_shape(0)]


def _define_sampler(op_type: str) -> OpBuilder:
    builder = define(
        op_type,
        inputs=_KEYED,
        outputs=("output: dtype",),
        attrs=(f"dtype: {FLOATS} = DT_FLOAT", _SHAPE),
        differentiable=False,
    )
    builder.shape(sampled_shape)
    return builder


stateless_random_uniform_v2_op = _define_sampler("StatelessRandomUniformV2")
stateless_random_normal_v2_op = _define_sampler("StatelessRandomNormalV2")
stateless_truncated_normal_v2_op = _define_sampler("StatelessTruncatedNormalV2")

stateless_random_uniform_int_v2_op = define(
    "StatelessRandomUniformIntV2",
    inputs=(*_KEYED, "minval: dtype", "maxval: dtype"),
    outputs=("output: dtype",),
    attrs=("dtype: {int32, int64, uint32, uint64}", _SHAPE),
    differentiable=False,
)
stateless_random_uniform_int_v2_op.shape(sampled_shape)

stateless_random_uniform_full_int_v2_op = define(
    "StatelessRandomUniformFullIntV2",
    inputs=_KEYED,
    outputs=("output: dtype",),
    attrs=("dtype: {int32, int64, uint32, uint64} = DT_UINT64", _SHAPE),
    differentiable=False,
)
stateless_random_uniform_full_int_v2_op.shape(sampled_shape)

stateless_random_get_key_counter_op = define(
    "StatelessRandomGetKeyCounter",
    inputs=("seed: Tseed",),
    outputs=("key: uint64", "counter: uint64"),
    attrs=(_SEED,),
    differentiable=False,
)


@stateless_random_get_key_counter_op.shape
def key_counter_shape(ctx: ShapeContext) -> list[Dims]:
    return [(1,), (2,)]


stateless_random_get_key_counter_alg_op = define(
    "StatelessRandomGetKeyCounterAlg",
    inputs=("seed: Tseed",),
    outputs=("key: uint64", "counter: uint64", "alg: int32"),
    attrs=(_SEED,),
    differentiable=False,
)


@stateless_random_get_key_counter_alg_op.shape
def key_counter_alg_shape(ctx: ShapeContext) -> list[Dims]:
    return [(1,), (2,), ()]


stateless_random_get_alg_op = define(
    "StatelessRandomGetAlg", outputs=("alg: int32",), stateful=True, differentiable=False
)


@stateless_random_get_alg_op.shape
def alg_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]
