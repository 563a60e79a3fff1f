"""Means, variances and norms along axes, normalisation by them, and dense layers as functions."""

from __future__ import annotations

import math
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import add, maximum, multiply, squared_difference, subtract
from tensormill.ops.array_shapes import one_of_two, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import not_equal
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import reciprocal, rsqrt, square
from tensormill.ops.filling import zeros, zeros_like
from tensormill.ops.gathering import gather
from tensormill.ops.identities import identity, stop_gradient
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.reduction import reduce_mean, reduce_prod, reduce_sum


def l2_normalize(
    x: Any,
    axis: Any = None,
    epsilon: float = 1e-12,
    name: str | None = None,
    dim: Any = None,
) -> Tensor:
    """Return `x / sqrt(max(sum(x ** 2), epsilon))`, with the sum over `axis`.

    Args:
      x: floats.
      axis: the axis or axes; all by default.
      epsilon: the least divisor, squared.
      name: the name of the nodes.
      dim: an older name of `axis`.
    """
    axis = one_of_two(axis, dim, "axis", "dim")
    with OpScope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        square_sum = reduce_sum(square(x), axis, keepdims=True)
        inverse_norm = rsqrt(maximum(square_sum, epsilon))
        return multiply(x, inverse_norm, name=scope)


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: Any = None,
    keepdims: Any = None,
) -> tuple[Tensor, Tensor]:
    """Return the mean and the (biased) variance of `x` over `axes`.

    Args:
      x: floats.
      axes: the axes.
      shift: not used.
      name: the name of the nodes.
      keep_dims: the older name of `keepdims`.
      keepdims: keep the axes, with size 1.
    """
    keeps = bool(one_of_two(keepdims, keep_dims, "keepdims", "keep_dims"))
    with OpScope(name, "moments", [x, axes]):
        x = convert_to_tensor(x)
        is_half = x.dtype == dtypes.float16
        values = cast(x, dtypes.float32) if is_half else x
        mean = reduce_mean(values, axes, keepdims=True, name="mean")
        distance = squared_difference(values, stop_gradient(mean))
        variance = reduce_mean(distance, axes, keepdims=True, name="variance")
        if not keeps:
            mean, variance = squeeze(mean, axes), squeeze(variance, axes)
        if is_half:
            return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: Any = None,
    keepdims: Any = None,
) -> tuple[Tensor, Tensor]:
    """Return the mean and variance of `x` over `axes`, each entry as often as its weight says.

    Args:
      x: floats.
      axes: the axes.
      frequency_weights: broadcast to the shape of `x`.
      name: the name of the nodes.
      keep_dims: the older name of `keepdims`.
      keepdims: keep the axes, with size 1.
    """
    keeps = bool(one_of_two(keepdims, keep_dims, "keepdims", "keep_dims"))
    with OpScope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        is_half = x.dtype == dtypes.float16
        if is_half:
            x = cast(x, dtypes.float32)
        if weights.dtype != x.dtype:
            weights = cast(weights, x.dtype)
        weighted_sum = reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)
        broadcast_weights = weights + zeros_like(x)
        total = reduce_sum(broadcast_weights, axes, name="sum_of_weights", keepdims=True)
        divisor = reciprocal(total, name="inv_weight_sum")
        mean = multiply(weighted_sum, divisor)
        distance = reduce_sum(
            weights * squared_difference(x, mean), axes, name="weighted_distsq", keepdims=True
        )
        variance = multiply(distance, divisor)
        if not keeps:
            mean, variance = squeeze(mean, axis=axes), squeeze(variance, axis=axes)
        if is_half:
            return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: Any = None,
    name: str | None = None,
    keepdims: Any = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Return what mean and variance follow from: count, sum, sum of squares, and the shift.

    Args:
      x: floats.
      axes: the axes.
      shift: subtracted beforehand, for the sake of precision.
      keep_dims: the older name of `keepdims`.
      name: the name of the nodes.
      keepdims: keep the axes, with size 1.
    """
    axes = list(set(axes))
    keeps = bool(one_of_two(keepdims, keep_dims, "keepdims", "keep_dims"))
    with OpScope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        if x.dims is not None and all(x.dims[axis] is not None for axis in axes):
            count = math.prod(x.dims[axis] for axis in axes)
            counts = constant(count, dtype=x.dtype)
        else:
            sizes = gather(cast(shape_of(x), x.dtype), axes)
            counts = reduce_prod(sizes, name="count")
        if shift is not None:
            shift = convert_to_tensor(shift, name="shift")
            sums, squares = subtract(x, shift), squared_difference(x, shift)
        else:
            sums, squares = x, square(x)
        return (
            counts,
            reduce_sum(sums, axes, keepdims=keeps, name="mean_ss"),
            reduce_sum(squares, axes, keepdims=keeps, name="var_ss"),
            shift,
        )


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return the mean and variance that follow from `sufficient_statistics`.

    Args:
      counts: how many entries there were.
      mean_ss: their (shifted) sum.
      variance_ss: the (shifted) sum of their squares.
      shift: what was subtracted, or None.
      name: the name of the nodes.
    """
    with OpScope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = reciprocal(counts, name="divisor")
        if shift is not None:
            shifted_mean = multiply(mean_ss, divisor, name="shifted_mean")
            mean = add(shifted_mean, shift, name="mean")
        else:
            shifted_mean = mean = multiply(mean_ss, divisor, name="mean")
        variance = subtract(multiply(variance_ss, divisor), square(shifted_mean), name="variance")
        return mean, variance


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: Any,
    name: str | None = None,
) -> Tensor:
    """Return `scale * (x - mean) / sqrt(variance + variance_epsilon) + offset`.

    Args:
      x: floats.
      mean: broadcast to the shape of `x`, like all that follow.
      variance: the variance.
      offset: the summand, or None.
      scale: the factor, or None.
      variance_epsilon: keeps the divisor from zero.
      name: the name of the nodes.
    """
    with OpScope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse *= scale
        summand = -mean * inverse if offset is None else offset - mean * inverse
        return x * cast(inverse, x.dtype) + cast(summand, x.dtype)


def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: Any = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """Normalise images by given means and variances of the channels (an older form).

    Args:
      t: the images.
      m: the mean of each channel.
      v: the variance of each channel.
      beta: the summand.
      gamma: the factor, used where `scale_after_normalization` says so.
      variance_epsilon: keeps the divisor from zero.
      scale_after_normalization: whether to multiply with `gamma`.
      name: the name of the nodes.
      input: a newer name of `t`.
      mean: a newer name of `m`.
      variance: a newer name of `v`.
    """
    return batch_normalization(
        one_of_two(input, t, "input", "t"),
        one_of_two(mean, m, "mean", "m"),
        one_of_two(variance, v, "variance", "v"),
        beta,
        gamma if scale_after_normalization else None,
        variance_epsilon,
        name,
    )


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """Return `matmul(x, weights) + biases`.

    Args:
      x: [batch, inputs].
      weights: [inputs, outputs].
      biases: [outputs].
      name: the name of the nodes.
    """
    with OpScope(name, "xw_plus_b", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """Return `relu(matmul(x, weights) + biases)`.

    Args:
      x: [batch, inputs].
      weights: [inputs, outputs].
      biases: [outputs].
      name: the name of the nodes.
    """
    with OpScope(name, "relu_layer", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return relu(bias_add(matmul(x, weights), biases), name=scope)


def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """Return the fraction of zeros in `value`, a float32 scalar.

    Args:
      value: numbers, of any shape.
      name: the name of the nodes.
    """
    with OpScope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        size = size_of(value, out_type=dtypes.int64)
        nonzero = cond(
            size <= dtypes.int32.max,
            true_fn=lambda: cast(_count_nonzero(value, dtypes.int32), dtype=dtypes.int64),
            false_fn=lambda: _count_nonzero(value, dtypes.int64),
        )
        with OpScope(None, "counts_to_fraction", [size]):
            zeros_count = cast(size - nonzero, dtype=dtypes.float32)
            fraction = zeros_count / cast(size, dtype=dtypes.float32)
        return identity(fraction, "fraction")


def _count_nonzero(value: Tensor, dtype: DType) -> Tensor:
    with OpScope(None, "count_nonzero", [value]):
        zero = zeros([], dtype=value.dtype)
        return reduce_sum(cast(not_equal(value, zero), dtype=dtype), name="nonzero_count")
