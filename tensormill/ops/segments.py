"""Reductions of rows that belong together: segment, unsorted segment and sparse segment ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor

_NUMBER = (
    "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32,"
    " bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}"
)
_REAL = "T: realnumbertype"


def _node(op_type: str, *inputs: Any, **attrs: Any) -> Tensor:
    made: Tensor = OP_DEFS[op_type].builder(*inputs, **attrs)
    return made


def _segment(op_type: str, dtypes_text: str, differentiable: bool = True) -> OpBuilder:
    builder = define(
        op_type,
        inputs=("data: T", "segment_ids: Tindices"),
        outputs=("output: T",),
        attrs=(dtypes_text, "Tindices: {int32, int64}"),
        differentiable=differentiable,
    )
    builder.shape(segment_shape)
    return builder


def segment_shape(ctx: ShapeContext) -> list[Dims]:
    data = with_rank_at_least(ctx.shape(0), 1)
    with_rank(ctx.shape(1), 1)
    return [None if data is None else (None, *data[1:])]


segment_sum_op = _segment("SegmentSum", _NUMBER)
segment_mean_op = _segment("SegmentMean", _NUMBER)
segment_prod_op = _segment("SegmentProd", _NUMBER, differentiable=False)
segment_max_op = _segment("SegmentMax", _REAL)
segment_min_op = _segment("SegmentMin", _REAL)


@segment_sum_op.gradient
def segment_sum_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_gather(grad, op.inputs[1]), None]


@segment_mean_op.gradient
def segment_mean_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids = op.inputs
    rank = _node("Rank", data)
    ones_shape = _node(
        "ConcatV2",
        [_node("Shape", ids), _node("Fill", _node("ExpandDims", rank - 1, 0), 1)],
        0,
    )
    ones = _node("Fill", ones_shape, constant(1, grad.dtype.base_dtype))
    return [_gather(grad / segment_sum_op(ones, ids), ids), None]


@segment_max_op.gradient
@segment_min_op.gradient
def segment_extreme_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids = op.inputs
    zeros = _node("ZerosLike", data)
    selected = _node("Equal", data, _gather(op.outputs[0], ids))
    count = segment_sum_op(_node("Cast", selected, DstT=grad.dtype.base_dtype), ids)
    shared = _gather(grad / count, ids)
    return [_node("Select", selected, shared, zeros), None]


def _gather(params: Tensor, indices: Tensor) -> Tensor:
    return _node("GatherV2", params, indices, 0)


def _unsorted(op_type: str, dtypes_text: str, indices: str) -> OpBuilder:
    builder = define(
        op_type,
        inputs=("data: T", "segment_ids: Tindices", "num_segments: Tnumsegments"),
        outputs=("output: T",),
        attrs=(dtypes_text, indices, "Tnumsegments: {int32, int64} = DT_INT32"),
    )
    builder.shape(unsorted_segment_shape)
    return builder


def unsorted_segment_shape(ctx: ShapeContext) -> list[Dims]:
    data, ids = ctx.shape(0), ctx.shape(1)
    with_rank(ctx.shape(2), 0)
    if data is None or ids is None:
        return [None]
    if len(ids) > len(data):
        raise ValueError(f"Shape must be at least rank {len(ids)} but is rank {len(data)}")
    merge_dims(data[: len(ids)], ids)
    return [(ctx.size(2), *data[len(ids) :])]


unsorted_segment_sum_op = _unsorted(
    "UnsortedSegmentSum", _NUMBER, "Tindices: {int16, int32, int64}"
)
unsorted_segment_prod_op = _unsorted("UnsortedSegmentProd", _NUMBER, "Tindices: {int32, int64}")
unsorted_segment_max_op = _unsorted("UnsortedSegmentMax", _REAL, "Tindices: {int32, int64}")
unsorted_segment_min_op = _unsorted("UnsortedSegmentMin", _REAL, "Tindices: {int32, int64}")


def _gather_or_zero(params: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Return rows by id, zeros for negative ids, and which entries are of ids not negative."""
    safe = _node("Maximum", ids, _node("ZerosLike", ids))
    gathered = _gather(params, safe)
    positive = _node("GreaterEqual", ids, constant(0, ids.dtype.base_dtype))
    missing = _node("Rank", gathered) - _node("Rank", positive)
    shape = _node(
        "ConcatV2",
        [_node("Shape", positive), _node("Fill", _node("ExpandDims", missing, 0), 1)],
        0,
    )
    every = _node("Fill", _node("Shape", gathered), constant(True))
    positive = _node("LogicalAnd", _node("Reshape", positive, shape), every)
    zeros = _node("ZerosLike", gathered)
    return _node("Select", positive, gathered, zeros), positive


@unsorted_segment_sum_op.gradient
def unsorted_segment_sum_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_gather_or_zero(grad, op.inputs[1])[0], None, None]


@unsorted_segment_max_op.gradient
@unsorted_segment_min_op.gradient
def unsorted_segment_extreme_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids, count = op.inputs
    outputs, positive = _gather_or_zero(op.outputs[0], ids)
    selected = _node("LogicalAnd", _node("Equal", data, outputs), positive)
    chosen = unsorted_segment_sum_op(
        _node("Cast", selected, DstT=grad.dtype.base_dtype), ids, count
    )
    gathered, _ = _gather_or_zero(grad / chosen, ids)
    return [_node("Select", selected, gathered, _node("ZerosLike", gathered)), None, None]


@unsorted_segment_prod_op.gradient
def unsorted_segment_prod_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids, count = op.inputs
    is_zero = _node("Equal", data, constant(0, data.dtype.base_dtype))
    zeros = unsorted_segment_sum_op(_node("Cast", is_zero, DstT=dtypes.int32), ids, count)
    grad = _node("Select", _node("Greater", zeros, constant(1)), _node("ZerosLike", grad), grad)
    others = _node("Select", is_zero, _node("OnesLike", data), data)
    other_products = unsorted_segment_prod_op(others, ids, count)
    safe = _node("Maximum", ids, _node("ZerosLike", ids))
    product = _gather(op.outputs[0], safe)
    partial = _node(
        "Select", is_zero, _gather(other_products, safe), _node("DivNoNan", product, data)
    )
    gathered, _ = _gather_or_zero(grad, ids)
    return [gathered * partial, None, None]


_TIDX = "Tidx: {int32, int64} = DT_INT32"
_TSEGMENTS = "Tsegmentids: {int32, int64} = DT_INT32"
_FLOAT = "T: {bfloat16, float16, float32, float64}"


def _sparse(kind: str, dtypes_text: str) -> tuple[OpBuilder, OpBuilder, OpBuilder]:
    """Define the ops of one kind: without and with a number of segments, and the gradient."""
    plain = define(
        f"SparseSegment{kind}",
        inputs=("data: T", "indices: Tidx", "segment_ids: Tsegmentids"),
        outputs=("output: T",),
        attrs=(dtypes_text, _TIDX, _TSEGMENTS, "sparse_gradient: bool = false"),
    )
    counted = define(
        f"SparseSegment{kind}WithNumSegments",
        inputs=(
            "data: T",
            "indices: Tidx",
            "segment_ids: Tsegmentids",
            "num_segments: Tnumsegments",
        ),
        outputs=("output: T",),
        attrs=(
            dtypes_text,
            _TIDX,
            "Tnumsegments: {int32, int64} = DT_INT32",
            _TSEGMENTS,
            "sparse_gradient: bool = false",
        ),
    )
    backward = define(
        f"SparseSegment{kind}Grad",
        inputs=("grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "output_dim0: int32"),
        outputs=("output: T",),
        attrs=(_FLOAT, _TIDX, _TSEGMENTS),
        differentiable=False,
    )
    plain.shape(sparse_segment_shape)
    counted.shape(counted_sparse_segment_shape)
    backward.shape(sparse_segment_grad_shape)

    def sparse_segment_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
        data, indices, ids = op.inputs[0], op.inputs[1], op.inputs[2]
        rows = _node("StridedSlice", _node("Shape", data), [0], [1], [1], shrink_axis_mask=1)
        made = backward(grad, indices, ids, rows)
        return [made, *[None] * (len(op.inputs) - 1)]

    plain.gradient(sparse_segment_grad)
    counted.gradient(sparse_segment_grad)
    return plain, counted, backward


def sparse_segment_shape(ctx: ShapeContext) -> list[Dims]:
    data = with_rank_at_least(ctx.shape(0), 1)
    merge_dims(with_rank(ctx.shape(1), 1), with_rank(ctx.shape(2), 1))
    return [None if data is None else (None, *data[1:])]


def counted_sparse_segment_shape(ctx: ShapeContext) -> list[Dims]:
    data = with_rank_at_least(ctx.shape(0), 1)
    merge_dims(with_rank(ctx.shape(1), 1), with_rank(ctx.shape(2), 1))
    with_rank(ctx.shape(3), 0)
    count = ctx.value(3)
    if count is not None and count < 0:
        raise ValueError("Cannot specify a negative value for num_segments")
    return [None if data is None else (None if count is None else int(count), *data[1:])]


def sparse_segment_grad_shape(ctx: ShapeContext) -> list[Dims]:
    data = with_rank_at_least(ctx.shape(0), 1)
    merge_dims(with_rank(ctx.shape(1), 1), with_rank(ctx.shape(2), 1))
    with_rank(ctx.shape(3), 0)
    rows = ctx.value(3)
    if rows is not None and rows < 0:
        raise ValueError("Cannot specify a negative value for output_dim0")
    return [None if data is None else (None if rows is None else int(rows), *data[1:])]


sparse_segment_sum_op, sparse_segment_sum_counted_op, sparse_segment_sum_grad_op = _sparse(
    "Sum", _REAL
)
sparse_segment_mean_op, sparse_segment_mean_counted_op, sparse_segment_mean_grad_op = _sparse(
    "Mean", _FLOAT
)
sparse_segment_sqrt_n_op, sparse_segment_sqrt_n_counted_op, sparse_segment_sqrt_n_grad_op = _sparse(
    "SqrtN", _FLOAT
)


def _segment_function(builder: OpBuilder, name: str, what: str) -> Callable[..., Tensor]:
    def function(data: Any, segment_ids: Any, name: str | None = None) -> Any:
        return builder(data, segment_ids, name=name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"Return the {what} of the rows of each segment.\n\nArgs:\n  data: shape [n, ...].\n"
        "  segment_ids: shape [n], sorted.\n  name: the name of the node.\n"
    )
    return function


segment_sum = _segment_function(segment_sum_op, "segment_sum", "sum")
segment_mean = _segment_function(segment_mean_op, "segment_mean", "mean")
segment_prod = _segment_function(segment_prod_op, "segment_prod", "product")
segment_max = _segment_function(segment_max_op, "segment_max", "greatest")
segment_min = _segment_function(segment_min_op, "segment_min", "least")


def _unsorted_function(builder: OpBuilder, name: str, what: str) -> Callable[..., Tensor]:
    def function(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return builder(data, segment_ids, num_segments, name=name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"Return the {what} of the entries of each segment.\n\nArgs:\n"
        "  data: shape of `segment_ids`, then any.\n  segment_ids: the segment of each entry.\n"
        "  num_segments: how many segments there are.\n  name: the name of the node.\n"
    )
    return function


unsorted_segment_sum = _unsorted_function(unsorted_segment_sum_op, "unsorted_segment_sum", "sum")
unsorted_segment_prod = _unsorted_function(
    unsorted_segment_prod_op, "unsorted_segment_prod", "product"
)
unsorted_segment_max = _unsorted_function(
    unsorted_segment_max_op, "unsorted_segment_max", "greatest"
)
unsorted_segment_min = _unsorted_function(unsorted_segment_min_op, "unsorted_segment_min", "least")


def _segment_sizes(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """Return how many entries each segment has, at least 1, in a shape that broadcasts."""
    ids_shape = _node("Shape", segment_ids)
    ones = _node("Fill", ids_shape, constant(1, data.dtype.base_dtype))
    counts = unsorted_segment_sum_op(ones, segment_ids, num_segments)
    missing = _node("Rank", data) - _node("Rank", segment_ids)
    tail = _node("Fill", _node("ExpandDims", missing, 0), constant(1))
    count_shape = _node("ConcatV2", [_node("Shape", counts), tail], 0)
    counts = _node("Reshape", counts, count_shape)
    return _node("Maximum", counts, constant(1, data.dtype.base_dtype))


def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Return the mean of the entries of each segment, 0 for those without any.

    Args:
      data: shape of `segment_ids`, then any.
      segment_ids: the segment of each entry.
      num_segments: how many segments there are.
      name: the name of the scope.
    """
    with OpScope(name, "UnsortedSegmentMean", (data,)):
        data, segment_ids, num_segments = map(convert_to_tensor, (data, segment_ids, num_segments))
        sizes = _segment_sizes(data, segment_ids, num_segments)
        total: Tensor = unsorted_segment_sum_op(data, segment_ids, num_segments)
        return total / sizes


def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Return the sum of the entries of each segment over the square root of their number.

    Args:
      data: shape of `segment_ids`, then any.
      segment_ids: the segment of each entry.
      num_segments: how many segments there are.
      name: the name of the scope.
    """
    with OpScope(name, "UnsortedSegmentSqrtN", (data,)):
        data, segment_ids, num_segments = map(convert_to_tensor, (data, segment_ids, num_segments))
        sizes = _segment_sizes(data, segment_ids, num_segments)
        total: Tensor = unsorted_segment_sum_op(data, segment_ids, num_segments)
        return total / _node("Sqrt", sizes)


def _sparse_function(
    plain: OpBuilder, counted: OpBuilder, name: str, what: str
) -> Callable[..., Tensor]:
    def function(
        data: Any,
        indices: Any,
        segment_ids: Any,
        name: str | None = None,
        num_segments: Any = None,
    ) -> Any:
        if num_segments is None:
            return plain(data, indices, segment_ids, name=name)
        return counted(data, indices, segment_ids, num_segments, name=name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"Return the {what} of the rows that `indices` picks for each segment.\n\nArgs:\n"
        "  data: shape [n, ...].\n  indices: rows of `data`.\n"
        "  segment_ids: the segment of each index, sorted.\n  name: the name of the node.\n"
        "  num_segments: how many segments there are; by default the last id and one.\n"
    )
    return function


sparse_segment_sum = _sparse_function(
    sparse_segment_sum_op, sparse_segment_sum_counted_op, "sparse_segment_sum", "sum"
)
sparse_segment_mean = _sparse_function(
    sparse_segment_mean_op, sparse_segment_mean_counted_op, "sparse_segment_mean", "mean"
)
sparse_segment_sqrt_n = _sparse_function(
    sparse_segment_sqrt_n_op,
    sparse_segment_sqrt_n_counted_op,
    "sparse_segment_sqrt_n",
    "sum, over the square root of their number,",
)
