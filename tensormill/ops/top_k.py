"""The largest entries, and whether targets are among them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import divide
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.gathering import gather
from tensormill.ops.joining import stack
from tensormill.ops.reduction import reduce_prod, reduce_sum
from tensormill.ops.scattering import scatter_nd
from tensormill.ops.sequences import range_of
from tensormill.ops.windows import merge_sizes

top_k_v2_op = define(
    "TopKV2",
    inputs=(
        "input: T",
        "k: Tk",
    ),
    outputs=(
        "values: T",
        "indices: index_type",
    ),
    attrs=(
        "sorted: bool = true",
        "T: realnumbertype",
        "Tk: {int16, int32, int64} = DT_INT32",
        "index_type: {int16, int32, int64} = DT_INT32",
    ),
)
in_top_k_op = define(
    "InTopK",
    inputs=(
        "predictions: float32",
        "targets: T",
    ),
    outputs=("precision: bool",),
    attrs=(
        "k: int",
        "T: {int32, int64} = DT_INT32",
    ),
    differentiable=False,
)
in_top_k_v2_op = define(
    "InTopKV2",
    inputs=(
        "predictions: float32",
        "targets: T",
        "k: T",
    ),
    outputs=("precision: bool",),
    attrs=("T: {int32, int64} = DT_INT32",),
    differentiable=False,
)
nth_element_op = define(
    "NthElement",
    inputs=(
        "input: T",
        "n: int32",
    ),
    outputs=("values: T",),
    attrs=(
        "reverse: bool = false",
        "T: realnumbertype",
    ),
)


def _top_k_dims(dims: Dims, k: int | None) -> Dims:
    dims = with_rank_at_least(dims, 1)
    if dims is None:
        return None
    if k is not None and dims[-1] is not None and dims[-1] < k:
        raise ValueError(f"input must have last dimension >= k = {k} but is {dims[-1]}")
    return (*dims[:-1], k)


@top_k_v2_op.shape
def top_k_v2_shape(ctx: ShapeContext) -> list[Dims]:
    dims = _top_k_dims(ctx.shape(0), ctx.size(1))
    return [dims, dims]


@top_k_v2_op.gradient
def top_k_gradient(op: Operation, grad: Tensor, unused: Any) -> list[Tensor | None]:
    in_shape, index_shape = shape_of(op.inputs[0]), shape_of(op.outputs[1])
    index_last = gather(cast(index_shape, dtypes.int64), size_of(index_shape) - 1)
    index = reshape(op.outputs[1], stack([-1, index_last]))
    in_last = gather(cast(in_shape, dtypes.int64), size_of(in_shape) - 1)
    outer = shape_of(index)[0]
    starts = range_of(0, cast(outer, dtypes.int64) * in_last, in_last)
    flat = reshape(index + cast(expand_dims(starts, -1), dtypes.int32), [-1])
    whole = scatter_nd(expand_dims(flat, -1), reshape(grad, [-1]), [reduce_prod(in_shape)])
    return [reshape(whole, in_shape), None]


def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> TopK:
    """Return the k largest entries of the last axis and their indices; of equal ones the first.

    Args:
      input: numbers, [..., n].
      k: an int32 scalar in [0, n].
      sorted: whether the entries must come in falling order (they always do).
      name: the name of the node.

    Raises:
      ValueError: the last axis has fewer than k entries.
    """
    values, indices = top_k_v2_op(input, k, sorted=sorted, name=name)
    return TopK(values, indices)


class TopK(NamedTuple):
    """What `top_k` returns.

    Attributes:
      values: [..., k], in falling order.
      indices: int32, likewise.
    """

    values: Tensor
    indices: Tensor


@in_top_k_op.shape
@in_top_k_v2_op.shape
def in_top_k_shape(ctx: ShapeContext) -> list[Dims]:
    predictions, targets = with_rank(ctx.shape(0), 2), with_rank(ctx.shape(1), 1)
    return [(merge_sizes(predictions[0], targets[0]),)]


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Return for each row whether its target is among the k largest predictions.

    Ties at the border count as inside. A row with a target out of range, or with a prediction that
    is not finite, counts as outside.

    Args:
      predictions: float32, [batch, classes].
      targets: int32 or int64 class indices, [batch].
      k: a scalar.
      name: the name of the node.
    """
    with OpScope(name, "in_top_k"):
        return in_top_k_v2_op(predictions, targets, k, name=name)


@nth_element_op.shape
def nth_element_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    n = ctx.size(1)
    if dims is None:
        return [None]
    if n is not None and dims[-1] is not None and dims[-1] <= n:
        raise ValueError(f"Input must have last dimension > n = {n}")
    return [dims[:-1]]


@nth_element_op.gradient
def nth_element_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    values, found = op.inputs[0], op.outputs[0]
    is_found = cast(equal(expand_dims(found, -1), values), grad.dtype)
    grad = expand_dims(grad, -1)
    count = expand_dims(reduce_sum(is_found, -1), -1)
    return [divide(is_found, count) * grad, None]


def nth_element(input: Any, n: Any, reverse: bool = False, name: str | None = None) -> Tensor:
    """Return the n-th smallest entry of the last axis.

    Args:
      input: numbers, [..., m].
      n: a scalar in [0, m).
      reverse: the n-th largest instead.
      name: the name of the node.

    Raises:
      ValueError: the last axis has no more than n entries.
    """
    return nth_element_op(input, n, reverse=reverse, name=name)
