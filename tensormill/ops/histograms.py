"""Counting: Bincount and histograms."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.reduction import reduce_max

bincount_op = define(
    "Bincount",
    inputs=("arr: int32", "size: int32", "weights: T"),
    outputs=("bins: T",),
    attrs=("T: {int32, int64, float32, float64}",),
    differentiable=False,
)
dense_bincount_op = define(
    "DenseBincount",
    inputs=("input: Tidx", "size: Tidx", "weights: T"),
    outputs=("output: T",),
    attrs=(
        "Tidx: {int32, int64}",
        "T: {int32, int64, float32, float64}",
        "binary_output: bool = false",
    ),
    differentiable=False,
)
histogram_fixed_width_op = define(
    "HistogramFixedWidth",
    inputs=("values: T", "value_range: T", "nbins: int32"),
    outputs=("out: dtype",),
    attrs=("T: {int32, int64, float32, float64}", "dtype: {int32, int64} = DT_INT32"),
    differentiable=False,
)


@bincount_op.shape
def bincount_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(1), 0)
    size = ctx.value(1)
    if size is None:
        return [(None,)]
    if size < 0:
        raise ValueError(f"size ({int(size)}) must be non-negative")
    return [(int(size),)]


@dense_bincount_op.shape
def dense_bincount_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape(0)
    if dims is not None and len(dims) > 2:
        raise ValueError(f"Shape must be at most rank 2 but is rank {len(dims)}")
    size = ctx.value(1)
    if size is not None and size < 0:
        raise ValueError(f"size ({int(size)}) must be non-negative")
    bins = None if size is None else int(size)
    if dims is None:
        return [None]
    # Where the number of bins is not known, TensorFlow does not tell the rows either.
    return [(bins,) if len(dims) < 2 else (None if bins is None else dims[0], bins)]


@histogram_fixed_width_op.shape
def histogram_fixed_width_shape(ctx: ShapeContext) -> list[Dims]:
    value_range = with_rank(ctx.shape(1), 1)
    if value_range[0] is not None and value_range[0] != 2:
        raise ValueError(f"Dimension must be 2 but is {value_range[0]}")
    with_rank(ctx.shape(2), 0)
    bins = ctx.value(2)
    if bins is None:
        return [(None,)]
    if bins <= 0:
        raise ValueError("Requires nbins > 0")
    return [(int(bins),)]


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Return how often each integer occurs, or the sum of the weights that go with it.

    Args:
      arr: integers that are not negative.
      weights: the weight of each; 1 by default.
      minlength: the least length of the result.
      maxlength: the greatest length of the result; greater integers are left out.
      dtype: the dtype of the counts, where there are no weights.
      name: the name of the scope.
    """
    with OpScope(name, "bincount", (arr, weights)):
        values = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
        node = OP_DEFS
        is_not_empty = node["Greater"].builder(node["Size"].builder(values), 0)
        size = cast(is_not_empty, dtypes.int32) * (reduce_max(values) + 1)
        if minlength is not None:
            least = convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32)
            size = node["Maximum"].builder(least, size)
        if maxlength is not None:
            most = convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32)
            size = node["Minimum"].builder(most, size)
        if weights is None:
            weights = constant([], dtype, shape=[0])
        made: Tensor = bincount_op(values, size, convert_to_tensor(weights, name="weights"))
        return made


def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Return how many values fall in each of the equal parts of a range; those outside in the ends.

    Args:
      values: numbers.
      value_range: the lower and the upper end, of the dtype of `values`.
      nbins: how many parts.
      dtype: the dtype of the counts.
      name: the name of the node.
    """
    with OpScope(name, "histogram_fixed_width", (values, value_range, nbins)) as scope:
        made: Tensor = histogram_fixed_width_op(values, value_range, nbins, dtype=dtype, name=scope)
        return made


def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Return in which of the equal parts of a range each value falls.

    Args:
      values: numbers.
      value_range: the lower and the upper end, of the dtype of `values`.
      nbins: how many parts.
      dtype: the dtype of the result.
      name: the name of the scope.
    """
    with OpScope(name, "histogram_fixed_width_bins", (values, value_range, nbins)):
        values = convert_to_tensor(values, name="values")
        shape = OP_DEFS["Shape"].builder(values)
        flat = OP_DEFS["Reshape"].builder(values, [-1])
        ends = convert_to_tensor(value_range, name="value_range")
        count = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        scaled = (flat - ends[0]) / (ends[1] - ends[0])
        places = OP_DEFS["Floor"].builder(cast(count, scaled.dtype) * scaled)
        last = cast(count - 1, dtypes.int32)
        indices = clip_by_value(cast(places, dtypes.int32), 0, last)
        return cast(OP_DEFS["Reshape"].builder(indices, shape), dtype)
