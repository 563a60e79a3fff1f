"""Values as sets and sorted sequences: unique, setdiff1d, searchsorted, edit distance."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape, shape

unique_op = define(
    "Unique",
    inputs=("x: T",),
    outputs=("y: T", "idx: out_idx"),
    attrs=("T: type", "out_idx: {int32, int64} = DT_INT32"),
    differentiable=False,
)
unique_v2_op = define(
    "UniqueV2",
    inputs=("x: T", "axis: Taxis"),
    outputs=("y: T", "idx: out_idx"),
    attrs=("T: type", "Taxis: {int32, int64} = DT_INT64", "out_idx: {int32, int64} = DT_INT32"),
    differentiable=False,
)
unique_with_counts_op = define(
    "UniqueWithCounts",
    inputs=("x: T",),
    outputs=("y: T", "idx: out_idx", "count: out_idx"),
    attrs=("T: type", "out_idx: {int32, int64} = DT_INT32"),
    differentiable=False,
)
unique_with_counts_v2_op = define(
    "UniqueWithCountsV2",
    inputs=("x: T", "axis: Taxis"),
    outputs=("y: T", "idx: out_idx", "count: out_idx"),
    attrs=("T: type", "Taxis: {int32, int64} = DT_INT64", "out_idx: {int32, int64} = DT_INT32"),
    differentiable=False,
)
list_diff_op = define(
    "ListDiff",
    inputs=("x: T", "y: T"),
    outputs=("out: T", "idx: out_idx"),
    attrs=("T: type", "out_idx: {int32, int64} = DT_INT32"),
    differentiable=False,
)
lower_bound_op = define(
    "LowerBound",
    inputs=("sorted_inputs: T", "values: T"),
    outputs=("output: out_type",),
    attrs=("T: type", "out_type: {int32, int64} = DT_INT32"),
    differentiable=False,
)
upper_bound_op = define(
    "UpperBound",
    inputs=("sorted_inputs: T", "values: T"),
    outputs=("output: out_type",),
    attrs=("T: type", "out_type: {int32, int64} = DT_INT32"),
    differentiable=False,
)
edit_distance_op = define(
    "EditDistance",
    inputs=(
        "hypothesis_indices: int64",
        "hypothesis_values: T",
        "hypothesis_shape: int64",
        "truth_indices: int64",
        "truth_values: T",
        "truth_shape: int64",
    ),
    outputs=("output: float32",),
    attrs=("normalize: bool = true", "T: type"),
    differentiable=False,
)


class Unique(NamedTuple):
    """The values of a vector, each once, and where each element went."""

    y: Tensor
    idx: Tensor


class UniqueWithCounts(NamedTuple):
    """The values of a vector, each once, where each element went, and how many there were."""

    y: Tensor
    idx: Tensor
    count: Tensor  # type: ignore[assignment]  # the name is TensorFlow's


class ListDiff(NamedTuple):
    """The values that only the first of two vectors has, and their positions."""

    out: Tensor
    idx: Tensor


@unique_op.shape
def unique_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    if dims is not None and len(dims) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [(None,), dims]


@unique_with_counts_op.shape
def unique_with_counts_shape(ctx: ShapeContext) -> list[Dims]:
    return [*unique_shape(ctx), (None,)]


def _unique_along(ctx: ShapeContext) -> list[Dims]:
    dims, axis = ctx.shape(0), ctx.value(1)
    if axis is not None and axis.ndim != 1:
        raise ValueError("axis expects a 1D vector.")
    if axis is not None and axis.size > 1:
        raise ValueError("axis does not support input tensors larger than 1 elements.")
    if dims is None:
        return [None, (None,)]
    if axis is None:
        return [(None,) * len(dims), (None,)]
    if axis.size == 0:
        if len(dims) != 1:
            raise ValueError("x expects a 1D vector.")
        return [(None,), dims]
    at, rank = int(axis[0]), len(dims)
    if not -rank <= at < rank:
        raise ValueError(f"axis expects to be in the range [{-rank}, {rank})")
    return [(None,) * rank, (dims[at],)]


@unique_v2_op.shape
def unique_v2_shape(ctx: ShapeContext) -> list[Dims]:
    return _unique_along(ctx)


@unique_with_counts_v2_op.shape
def unique_with_counts_v2_shape(ctx: ShapeContext) -> list[Dims]:
    return [*_unique_along(ctx), (None,)]


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Unique:
    """Return the values of a vector, in order of appearance, and indices into them."""
    return Unique(*unique_op(x, out_idx=out_idx, name=name))


def unique_with_counts(
    x: Any, out_idx: Any = dtypes.int32, name: str | None = None
) -> UniqueWithCounts:
    """Return the values of a vector, indices into them, and how often each appears."""
    return UniqueWithCounts(*unique_with_counts_op(x, out_idx=out_idx, name=name))


@list_diff_op.shape
def list_diff_shape(ctx: ShapeContext) -> list[Dims]:
    for tensor in ctx.op.input_tensors:
        if tensor.dims is not None and len(tensor.dims) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(tensor.dims)}")
    return [(None,), (None,)]


def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> ListDiff:
    """Return the values of `x` that are not in `y`, and their positions in `x`."""
    return ListDiff(*list_diff_op(x, y, out_idx=index_dtype, name=name))


@lower_bound_op.shape
@upper_bound_op.shape
def bound_shape(ctx: ShapeContext) -> list[Dims]:
    for tensor in ctx.op.input_tensors:
        if tensor.dims is not None and len(tensor.dims) != 2:
            raise ValueError(f"Shape must be rank 2 but is rank {len(tensor.dims)}")
    return [ctx.op.input_tensors[1].dims]


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Return where `values` would be put into sorted rows.

    Args:
      sorted_sequence: sorted along the last dimension.
      values: of the same leading dimensions.
      side: "left" (before equal ones) or "right" (after them).
      out_type: int32 or int64.
      name: the name of the node.

    Raises:
      ValueError: the side is neither.
    """
    sequence_size = shape(sorted_sequence)[-1]
    values_size = shape(values)[-1]
    flat = reshape(sorted_sequence, [-1, sequence_size])
    flat_values = reshape(values, [-1, values_size])
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    build = upper_bound_op if side == "right" else lower_bound_op
    return reshape(build(flat, flat_values, out_type=out_type, name=name), shape(values))


@edit_distance_op.shape
def edit_distance_shape(ctx: ShapeContext) -> list[Dims]:
    hypothesis, truth = ctx.value("hypothesis_shape"), ctx.value("truth_shape")
    if hypothesis is None or truth is None:
        return [None]
    if hypothesis.size != truth.size:
        raise ValueError(
            "Num elements of hypothesis_shape does not match truth_shape: "
            f"{hypothesis.size} vs. {truth.size}"
        )
    return [tuple(np.maximum(hypothesis, truth).tolist()[:-1])]


def edit_distance(
    hypothesis: Any,
    truth: Any,
    normalize: bool = True,
    name: str = "edit_distance",
) -> Tensor:
    """Return the Levenshtein distance of the sequences in two sparse tensors.

    Args:
      hypothesis: a SparseTensor or SparseTensorValue; its last dimension runs along the sequences.
      truth: likewise.
      normalize: divide by the length of the truth.
      name: the name of the node.

    Raises:
      TypeError: an argument is not a SparseTensor.
    """
    for what, value in (("Hypothesis", hypothesis), ("Truth", truth)):
        if not isinstance(value, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"{what} must be a SparseTensor.")
    return edit_distance_op(
        hypothesis.indices,
        hypothesis.values,
        hypothesis.dense_shape,
        truth.indices,
        truth.values,
        truth.dense_shape,
        normalize=normalize,
        name=name,
    )


def sparse_mask(a: Any, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """Return slices without those whose indices are given.

    Args:
      a: the slices.
      mask_indices: the indices to leave out.
      name: the name of the nodes.
    """
    with OpScope(name, "sparse_mask", [a.values, a.indices, mask_indices]) as scope:
        kept, places = setdiff1d(a.indices, mask_indices)
        values = OP_DEFS["GatherV2"].builder(a.values, places, 0, name=scope)
        return IndexedSlices(values, kept, a.dense_shape)
