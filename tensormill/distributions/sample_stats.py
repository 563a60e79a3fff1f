"""Statistics of samples.

Source: TensorFlow 1.15, contrib/distributions/python/ops/sample_stats.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.arrangements import (
    pad,
    prefer_static_rank,
    prefer_static_shape,
    prefer_static_value,
    rotate_transpose,
)
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import minimum
from tensormill.ops.arithmetic import pow as power
from tensormill.ops.array_shapes import expand_dims, rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_greater_equal, assert_less_equal
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_binary import complex as complex_of
from tensormill.ops.elementwise_unary import ceil, conj, floor, log
from tensormill.ops.elementwise_unary import round as round_of
from tensormill.ops.filling import ones
from tensormill.ops.fourier import fft, ifft
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_mean
from tensormill.ops.sequences import range_of
from tensormill.ops.top_k import top_k
from tensormill.ops.transposition import transpose

__all__ = ["auto_correlation", "percentile"]

_ROUNDINGS = {"lower": ceil, "higher": floor, "nearest": round_of}
"""How to round a place among samples that are sorted the largest first."""


def percentile(
    x: Any,
    q: Any,
    axis: Any = None,
    interpolation: str | None = None,
    keep_dims: bool = False,
    validate_args: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the sample below which `q` in a hundred samples are.

    Args:
      x: samples.
      q: a scalar in [0, 100].
      axis: over which axes samples go; all by default.
      interpolation: "lower", "higher" or "nearest" (the default): which of two samples it is.
      keep_dims: whether these axes are kept, with a size of 1.
      validate_args: whether `q` is checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: an argument is not one of those.
    """
    interpolation = interpolation or "nearest"
    if interpolation not in _ROUNDINGS:
        raise ValueError(
            "Argument 'interpolation' must be in {'lower', 'higher', 'nearest'}.  Found "
            f"{interpolation}"
        )
    with name_scope(name, "percentile", [x, q]):
        x = convert_to_tensor(x, name="x")
        q = _checked_percents(q, validate_args)
        axes: list[int] | None = None
        if axis is None:
            flat = reshape(x, [-1])
        else:
            axes = _axes(axis, x)
            flat = _at_the_end(x, axes)
        count = shape_of(flat)[-1]
        place = (cast(count, dtypes.float64) - 1) * (1.0 - q / 100.0)
        index = cast(_ROUNDINGS[interpolation](place), dtypes.int32)
        index = clip_by_value(index, 0, count - 1)
        ordered, _ = top_k(flat, k=count, sorted=True)
        result = ordered[..., index]
        result.set_shape(flat.get_shape()[:-1])
        if not keep_dims:
            return result
        if axes is None:
            ndims = rank(x) if x.dims is None else len(x.dims)
            return result * ones(ones([ndims], dtype=dtypes.int32), dtype=x.dtype)
        for each in sorted(axes):
            result = expand_dims(result, axis=each)
        return result


def _checked_percents(q: Any, validate_args: bool) -> Tensor:
    q = cast(q, dtypes.float64, name="q")
    if q.dims is not None and len(q.dims) != 0:
        raise ValueError(f"Expected argument 'x' to have ndims 0.  Found tensor {q}")
    if not validate_args:
        return q
    low, high = (cast(bound, dtypes.float64) for bound in (0.0, 100.0))
    return with_dependencies([assert_greater_equal(q, low), assert_less_equal(q, high)], q)


def _axes(axis: Any, x: Tensor) -> list[int]:
    """Return axes counted from the front."""
    known = constant_value(convert_to_tensor(axis, name="axis"))
    if known is None:
        raise ValueError(f"Expected argument 'axis' to be statically available.  Found: {axis}")
    if x.dims is None:
        raise ValueError(f"Expected argument 'x' to have statically defined 'ndims'.  Found: {x}")
    ndims = len(x.dims)
    if ndims < 1 or known.ndim > 1:
        raise ValueError(f"Expected argument 'x' to have ndims >= 1.  Found tensor {x}")
    axes = [int(each) for each in np.atleast_1d(known)]
    for each in axes:
        if each >= ndims:
            raise ValueError(f"dim {each} not in the interval [0, {ndims - 1}].")
        if each < -ndims:
            raise ValueError(f"Negatively indexed dim {each} not in the interval [-{ndims}, -1]")
    return [each % ndims for each in axes]


def _at_the_end(x: Tensor, axes: list[int]) -> Tensor:
    """Return a tensor with some axes joined to one at the end."""
    front = [each for each in range(len(x.dims or ())) if each not in axes]
    moved = transpose(x, [*front, *axes])
    sizes = concat([shape_of(moved)[: len(front)], [-1]], axis=0)
    result = reshape(moved, sizes)
    known = [(x.dims or ())[each] for each in front]
    joined = [(x.dims or ())[each] for each in axes]
    total = None if None in joined else int(np.prod([size for size in joined if size is not None]))
    result.set_shape([*known, total])
    return result


def auto_correlation(
    x: Any,
    axis: int = -1,
    max_lags: Any = None,
    center: bool = True,
    normalize: bool = True,
    name: str = "auto_correlation",
) -> Tensor:
    """Return how much a row of numbers is like itself some steps before.

    Args:
      x: rows of floats or complex numbers.
      axis: along which dimension they lie.
      max_lags: by how many steps they are shifted at most; as far as they go by default.
      center: whether the mean is subtracted first.
      normalize: whether results are divided by that of no shift.
      name: the name of the nodes.

    Returns:
      what `x` is, with one number for each shift from 0 to `max_lags` along `axis`: the mean of
      the products of all pairs of numbers that are so far from each other.

    Raises:
      TypeError: `x` is of another dtype.
    """
    with name_scope(name, values=[x]):
        x = convert_to_tensor(x, name="x")
        dtype = x.dtype
        if not dtype.is_complex and not dtype.is_floating:
            raise TypeError(f"Argument x must have either float or complex dtype found: {dtype}")
        ndims = prefer_static_rank(x)
        shift = ndims - 1 - (ndims + axis if axis < 0 else axis)
        rows = rotate_transpose(x, shift)
        if center:
            rows -= reduce_mean(rows, axis=-1, keepdims=True)
        length = prefer_static_shape(rows)[-1]
        product = _products_of_shifted(rows, length)
        lags, is_known = length - 1, rows.get_shape().is_fully_defined()
        if max_lags is not None:
            wanted = prefer_static_value(convert_to_tensor(max_lags, name="max_lags"))
            is_known = is_known and not isinstance(wanted, Tensor)
            lags = min(lags, int(wanted)) if is_known else minimum(lags, wanted)
        product = product[..., : lags + 1]
        if is_known:
            product.set_shape([*rows.get_shape().as_list()[:-1], int(lags) + 1])
        real = dtype.real_dtype
        pairs = cast(length, real) - range_of(0.0, cast(lags, real) + 1.0, dtype=real)
        means: Tensor = product / cast(pairs, dtype)
        if normalize:
            means /= means[..., :1]
        return rotate_transpose(means, -shift)


def _products_of_shifted(rows: Tensor, length: Any) -> Tensor:
    """Return the sums of products of rows with themselves, shifted by 0, 1 and so on."""
    dtype = rows.dtype
    # As many zeros follow as make a power of two of twice the length at least.
    count = cast(length, dtypes.float64)
    whole = power(np.float64(2.0), ceil(log(count * 2) / np.log(2.0)))
    padded = pad(rows, axis=-1, back=True, count=cast(whole - count, dtypes.int32))
    if not dtype.is_complex:
        padded = complex_of(padded, dtype.as_numpy_dtype(0.0))
    waves = fft(padded)
    return cast(ifft(waves * conj(waves)), dtype)
