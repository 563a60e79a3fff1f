"""Random numbers: the stateful ops, and `tf.random_uniform` … over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, concatenate_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import add, maximum
from tensormill.ops.array_shapes import broadcast_dynamic_shape, broadcast_to, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.joining import concat
from tensormill.ops.random_seeds import get_seed
from tensormill.ops.slicing import slice as slice_op

FLOATS = "{float16, bfloat16, float32, float64}"
_SEEDS = ("seed: int = 0", "seed2: int = 0")


def sampled_shape(ctx: ShapeContext) -> list[Dims]:
    """The first input says the shape."""
    return [ctx.value_as_shape(0)]


def _define_sampler(op_type: str) -> OpBuilder:
    builder = define(
        op_type,
        inputs=("shape: T",),
        outputs=("output: dtype",),
        attrs=(*_SEEDS, f"dtype: {FLOATS}", "T: {int32, int64}"),
        stateful=True,
        differentiable=False,
    )
    builder.shape(sampled_shape)
    return builder


random_uniform_op = _define_sampler("RandomUniform")
random_standard_normal_op = _define_sampler("RandomStandardNormal")
truncated_normal_op = _define_sampler("TruncatedNormal")

random_uniform_int_op = define(
    "RandomUniformInt",
    inputs=("shape: T", "minval: Tout", "maxval: Tout"),
    outputs=("output: Tout",),
    attrs=(*_SEEDS, "Tout: {int32, int64}", "T: {int32, int64}"),
    stateful=True,
    differentiable=False,
)
random_uniform_int_op.shape(sampled_shape)

parameterized_truncated_normal_op = define(
    "ParameterizedTruncatedNormal",
    inputs=("shape: T", "means: dtype", "stdevs: dtype", "minvals: dtype", "maxvals: dtype"),
    outputs=("output: dtype",),
    attrs=(*_SEEDS, f"dtype: {FLOATS}", "T: {int32, int64}"),
    stateful=True,
    differentiable=False,
)


@parameterized_truncated_normal_op.shape
def parameterized_shape(ctx: ShapeContext) -> list[Dims]:
    for index in range(1, 5):
        dims = ctx.shape(index)
        if dims is not None and len(dims) > 1:
            raise ValueError(f"Shape must be at most rank 1 but is rank {len(dims)}")
    return [ctx.value_as_shape(0)]


def per_parameter_shape(ctx: ShapeContext) -> list[Dims]:
    """The shape that the first input says, for each element of the second."""
    return [concatenate_dims(ctx.value_as_shape(0), ctx.shape(1))]


random_gamma_op = define(
    "RandomGamma",
    inputs=("shape: S", "alpha: T"),
    outputs=("output: T",),
    attrs=(*_SEEDS, "S: {int32, int64}", "T: {float16, float32, float64}"),
    stateful=True,
)
random_gamma_op.shape(per_parameter_shape)

random_gamma_grad_op = define(
    "RandomGammaGrad",
    inputs=("alpha: T", "sample: T"),
    outputs=("output: T",),
    attrs=("T: {float32, float64}",),
    differentiable=False,
)


@random_gamma_grad_op.shape
def broadcast_shape(ctx: ShapeContext) -> list[Dims]:
    return OP_DEFS["AddV2"].shape_function(ctx)  # type: ignore[misc]


@random_gamma_op.gradient
def random_gamma_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """The gradient with respect to alpha, by implicit differentiation of the samples."""
    shape, alpha = op.inputs
    with get_default_graph().control_dependencies([grad]):
        sample_rank = shape_of(shape)[0]
        unit_sizes = OP_DEFS["Fill"].builder([sample_rank], 1)
        spread_alpha = reshape(alpha, concat([unit_sizes, shape_of(alpha)], 0))
        partial = random_gamma_grad_op(spread_alpha, op.outputs[0])
        axes = OP_DEFS["Range"].builder(0, sample_rank, 1)
        return [None, OP_DEFS["Sum"].builder(grad * partial, axes)]


random_poisson_v2_op = define(
    "RandomPoissonV2",
    inputs=("shape: S", "rate: R"),
    outputs=("output: dtype",),
    attrs=(
        *_SEEDS,
        "S: {int32, int64}",
        "R: {float16, float32, float64, int32, int64} = DT_FLOAT64",
        "dtype: {float16, float32, float64, int32, int64} = DT_INT64",
    ),
    stateful=True,
    differentiable=False,
)
random_poisson_v2_op.shape(per_parameter_shape)

random_shuffle_op = define(
    "RandomShuffle",
    inputs=("value: T",),
    outputs=("output: T",),
    attrs=(*_SEEDS, "T: type"),
    stateful=True,
    differentiable=False,
)


@random_shuffle_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


multinomial_op = define(
    "Multinomial",
    inputs=("logits: T", "num_samples: int32"),
    outputs=("output: output_dtype",),
    attrs=(*_SEEDS, "T: realnumbertype", "output_dtype: {int32, int64} = DT_INT64"),
    stateful=True,
    differentiable=False,
)


@multinomial_op.shape
def multinomial_shape(ctx: ShapeContext) -> list[Dims]:
    batch = with_rank(ctx.shape(0), 2)[0]
    with_rank(ctx.shape(1), 0)
    return [(batch, ctx.size(1))]


def shape_tensor(shape: Any) -> Tensor:
    """Return a shape as a tensor; an empty one is of int32."""
    is_empty = isinstance(shape, (list, tuple)) and not shape
    return convert_to_tensor(shape, dtypes.int32 if is_empty else None, name="shape")


def _float_sampler(
    builder: OpBuilder, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: Any, scope: str
) -> Tensor:
    sizes = shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype, name="stddev")
    seed1, seed2 = get_seed(seed)
    sampled = builder(sizes, dtype=dtype, seed=seed1, seed2=seed2)
    return add(sampled * stddev, mean, name=scope)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return normally distributed numbers.

    Args:
      shape: of the result.
      mean: of the distribution; broadcast against the result.
      stddev: likewise.
      dtype: a floating-point dtype.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    with OpScope(name, "random_normal", (shape, mean, stddev)) as scope:
        return _float_sampler(random_standard_normal_op, shape, mean, stddev, dtype, seed, scope)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return normally distributed numbers, none further than two standard deviations from the mean.

    Args:
      shape: of the result.
      mean: of the distribution; broadcast against the result.
      stddev: likewise.
      dtype: a floating-point dtype.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    with OpScope(name, "truncated_normal", (shape, mean, stddev)) as scope:
        return _float_sampler(truncated_normal_op, shape, mean, stddev, dtype, seed, scope)


def parameterized_truncated_normal(
    shape: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return normally distributed numbers between bounds.

    Args:
      shape: of the result.
      means: of the distribution, a scalar or one a batch entry (the first dimension).
      stddevs: likewise.
      minvals: the bounds below, likewise.
      maxvals: the bounds above, likewise.
      dtype: a floating-point dtype.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    values = (shape, means, stddevs, minvals, maxvals)
    with OpScope(name, "parameterized_truncated_normal", values):
        sizes = shape_tensor(shape)
        names = ("means", "stddevs", "minvals", "maxvals")
        parameters = [
            convert_to_tensor(value, dtype, name=label)
            for value, label in zip(values[1:], names, strict=True)
        ]
        seed1, seed2 = get_seed(seed)
        sampled: Tensor = parameterized_truncated_normal_op(
            sizes, *parameters, seed=seed1, seed2=seed2
        )
        return sampled


_UNIFORM_DTYPES = (
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
    dtypes.int32,
    dtypes.int64,
)


def uniform_bounds(minval: Any, maxval: Any, dtype: DType) -> Any:
    """Return the bound above of a uniform distribution, 1 where it is not given for floats.

    Raises:
      ValueError: there is no such distribution of `dtype`, or a bound is missing.
    """
    if dtype not in _UNIFORM_DTYPES:
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        return 1
    return maxval


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return numbers distributed evenly in [minval, maxval).

    Args:
      shape: of the result.
      minval: the least value.
      maxval: the bound above, which does not occur; by default 1 for floats.
      dtype: a floating-point dtype, int32 or int64.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.

    Raises:
      ValueError: the dtype is another one, or an integer one without `maxval`.
    """
    dtype = as_dtype(dtype)
    maxval = uniform_bounds(minval, maxval, dtype)
    with OpScope(name, "random_uniform", (shape, minval, maxval)) as scope:
        sizes = shape_tensor(shape)
        low = convert_to_tensor(minval, dtype, name="min")
        high = convert_to_tensor(maxval, dtype, name="max")
        seed1, seed2 = get_seed(seed)
        if dtype.is_integer:
            sampled: Tensor = random_uniform_int_op(
                sizes, low, high, seed=seed1, seed2=seed2, name=scope
            )
            return sampled
        sampled = random_uniform_op(sizes, dtype=dtype, seed=seed1, seed2=seed2)
        return add(sampled * (high - low), low, name=scope)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Return `value` with the slices along its first dimension in random order.

    Args:
      value: any tensor.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the node.
    """
    seed1, seed2 = get_seed(seed)
    shuffled: Tensor = random_shuffle_op(value, seed=seed1, seed2=seed2, name=name)
    return shuffled


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Return a slice of shape `size` at a random place of `value`.

    Args:
      value: any tensor.
      size: 1-D, a size for each dimension of `value`.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    with OpScope(name, "random_crop", (value, size)):
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtypes.int32, name="size")
        shape = shape_of(value)
        fits = OP_DEFS["All"].builder(
            OP_DEFS["GreaterEqual"].builder(shape, size), OP_DEFS["Range"].builder(0, 1, 1)
        )
        checked = OP_DEFS["Assert"].builder(
            fits, ["Need value.shape >= size, got ", shape, size], summarize=1000
        )
        with get_default_graph().control_dependencies([checked]):
            shape = OP_DEFS["Identity"].builder(shape)
        limit = shape - size + 1
        offset = (
            random_uniform(shape_of(shape), dtype=size.dtype, maxval=size.dtype.max, seed=seed)
            % limit
        )
        return slice_op(value, offset, size, name=None)


def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Return samples of categories; shape [batch, num_samples] (see `categorical`)."""
    with OpScope(name, "multinomial", (logits,)):
        return _sample_categories(logits, num_samples, output_dtype, seed)


def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return samples of categories; shape [batch, num_samples].

    Args:
      logits: [batch, categories], the logarithms of the probabilities up to a constant.
      num_samples: how many to draw for each batch entry.
      dtype: int32 or int64, the default.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    with OpScope(name, "categorical", (logits,)):
        return _sample_categories(logits, num_samples, dtype, seed)


def _sample_categories(logits: Any, num_samples: Any, dtype: Any, seed: int | None) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    seed1, seed2 = get_seed(seed)
    sampled: Tensor = multinomial_op(
        logits, num_samples, seed=seed1, seed2=seed2, output_dtype=dtype
    )
    return sampled


def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return numbers of gamma distributions; shape `shape + broadcast(alpha, beta).shape`.

    Args:
      shape: how many for each distribution.
      alpha: the shapes of the distributions.
      beta: their inverse scales, by default 1.
      dtype: float16, float32 or float64.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    with OpScope(name, "random_gamma", (shape, alpha, beta)):
        sizes = convert_to_tensor(shape, dtypes.int32, name="shape")
        alpha = convert_to_tensor(alpha, dtype, name="alpha")
        beta = convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
        spread = broadcast_to(alpha, broadcast_dynamic_shape(shape_of(alpha), shape_of(beta)))
        seed1, seed2 = get_seed(seed)
        sampled = random_gamma_op(sizes, spread, seed=seed1, seed2=seed2)
        return maximum(np.finfo(alpha.dtype.as_numpy_dtype).tiny, sampled / beta)


def random_poisson(
    lam: Any,
    shape: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return numbers of Poisson distributions; shape `shape + lam.shape`.

    Args:
      lam: the rates.
      shape: how many for each rate.
      dtype: of the result.
      seed: the seed of the op (see `set_random_seed`).
      name: the name of the scope of nodes.
    """
    with OpScope(name, "random_poisson", (lam, shape)):
        sizes = convert_to_tensor(shape, dtypes.int32, name="shape")
        seed1, seed2 = get_seed(seed)
        sampled: Tensor = random_poisson_v2_op(sizes, lam, dtype=dtype, seed=seed1, seed2=seed2)
        return sampled
