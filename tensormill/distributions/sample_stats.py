"""Statistics of samples.

Source: TensorFlow 1.15, contrib/distributions/python/ops/sample_stats.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_greater_equal, assert_less_equal
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_unary import ceil, floor
from tensormill.ops.elementwise_unary import round as round_of
from tensormill.ops.filling import ones
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat
from tensormill.ops.top_k import top_k
from tensormill.ops.transposition import transpose

__all__ = ["percentile"]

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
