"""Random numbers as functions of a seed tensor: equal seeds give equal numbers, at every run."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import add
from tensormill.ops.random import FLOATS, shape_tensor, uniform_bounds

_INDEX = "{int32, int64} = DT_INT32"
_SEED = "{int32, int64} = DT_INT64"


def _check_seed(dims: Dims) -> None:
    if with_rank(dims, 1) not in ((2,), (None,)):
        merge_dims(dims, (2,))


def seeded_shape(ctx: ShapeContext) -> list[Dims]:
    """The first input says the shape; the second is the seed, of two numbers."""
    _check_seed(ctx.shape(1))
    return [ctx.value_as_shape(0)]


def _define_sampler(op_type: str) -> OpBuilder:
    builder = define(
        op_type,
        inputs=("shape: T", "seed: Tseed"),
        outputs=("output: dtype",),
        attrs=(f"dtype: {FLOATS} = DT_FLOAT", f"T: {_INDEX}", f"Tseed: {_SEED}"),
        differentiable=False,
    )
    builder.shape(seeded_shape)
    return builder


stateless_random_uniform_op = _define_sampler("StatelessRandomUniform")
stateless_random_normal_op = _define_sampler("StatelessRandomNormal")
stateless_truncated_normal_op = _define_sampler("StatelessTruncatedNormal")

stateless_random_uniform_int_op = define(
    "StatelessRandomUniformInt",
    inputs=("shape: T", "seed: Tseed", "minval: dtype", "maxval: dtype"),
    outputs=("output: dtype",),
    attrs=("dtype: {int32, int64}", "T: {int32, int64}", f"Tseed: {_SEED}"),
    differentiable=False,
)
stateless_random_uniform_int_op.shape(seeded_shape)

stateless_random_uniform_full_int_op = define(
    "StatelessRandomUniformFullInt",
    inputs=("shape: T", "seed: Tseed"),
    outputs=("output: dtype",),
    attrs=(
        "dtype: {int32, int64, uint32, uint64} = DT_UINT64",
        f"T: {_INDEX}",
        "Tseed: {int32, int64, uint32, uint64} = DT_INT64",
    ),
    differentiable=False,
)
stateless_random_uniform_full_int_op.shape(seeded_shape)

stateless_multinomial_op = define(
    "StatelessMultinomial",
    inputs=("logits: T", "num_samples: int32", "seed: Tseed"),
    outputs=("output: output_dtype",),
    attrs=("T: realnumbertype", f"Tseed: {_SEED}", "output_dtype: {int32, int64} = DT_INT64"),
    differentiable=False,
)


@stateless_multinomial_op.shape
def multinomial_shape(ctx: ShapeContext) -> list[Dims]:
    _check_seed(ctx.shape(2))
    batch = with_rank(ctx.shape(0), 2)[0]
    count = ctx.value(1)
    return [(batch, None if count is None else int(count))]


def stateless_random_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return numbers distributed evenly in [minval, maxval), the same for the same seed.

    Args:
      shape: of the result.
      seed: two integers.
      minval: the least value.
      maxval: the bound above, which does not occur; by default 1 for floats.
      dtype: a floating-point dtype, int32 or int64.
      name: the name of the scope of nodes.

    Raises:
      ValueError: the dtype is another one, or an integer one without `maxval`.
    """
    dtype = as_dtype(dtype)
    maxval = uniform_bounds(minval, maxval, dtype)
    with OpScope(name, "stateless_random_uniform", (shape, seed, minval, maxval)) as scope:
        sizes = shape_tensor(shape)
        low = convert_to_tensor(minval, dtype, name="min")
        high = convert_to_tensor(maxval, dtype, name="max")
        if dtype.is_integer:
            sampled: Tensor = stateless_random_uniform_int_op(
                sizes, seed, minval=low, maxval=high, name=scope
            )
            return sampled
        sampled = stateless_random_uniform_op(sizes, seed, dtype=dtype)
        return add(sampled * (high - low), low, name=scope)


def _shifted(
    builder: OpBuilder, shape: Any, seed: Any, mean: Any, stddev: Any, dtype: Any, scope: str
) -> Tensor:
    sizes = shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype, name="stddev")
    sampled = builder(sizes, seed, dtype=dtype)
    return add(sampled * stddev, mean, name=scope)


def stateless_random_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return normally distributed numbers, the same for the same seed.

    Args:
      shape: of the result.
      seed: two integers.
      mean: of the distribution; broadcast against the result.
      stddev: likewise.
      dtype: a floating-point dtype.
      name: the name of the scope of nodes.
    """
    with OpScope(name, "stateless_random_normal", (shape, seed, mean, stddev)) as scope:
        return _shifted(stateless_random_normal_op, shape, seed, mean, stddev, dtype, scope)


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return normal numbers within two standard deviations, the same for the same seed.

    Args:
      shape: of the result.
      seed: two integers.
      mean: of the distribution; broadcast against the result.
      stddev: likewise.
      dtype: a floating-point dtype.
      name: the name of the scope of nodes.
    """
    with OpScope(name, "stateless_truncated_normal", (shape, seed, mean, stddev)) as scope:
        return _shifted(stateless_truncated_normal_op, shape, seed, mean, stddev, dtype, scope)


def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Return samples of categories, the same for the same seed; shape [batch, num_samples].

    Args:
      logits: [batch, categories], the logarithms of the probabilities up to a constant.
      num_samples: how many to draw for each batch entry.
      seed: two integers.
      dtype: int32 or int64.
      name: the name of the scope of nodes.
    """
    with OpScope(name, "stateless_categorical", (logits, seed)):
        return _sample(logits, num_samples, seed, dtype)


def stateless_multinomial(
    logits: Any,
    num_samples: Any,
    seed: Any,
    output_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Return samples of categories (the old name of `stateless_categorical`)."""
    with OpScope(name, "stateless_multinomial", (logits, seed)):
        return _sample(logits, num_samples, seed, output_dtype)


def _sample(logits: Any, num_samples: Any, seed: Any, dtype: Any) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    sampled: Tensor = stateless_multinomial_op(logits, num_samples, seed, output_dtype=dtype)
    return sampled
