"""Reductions over axes: sums, means, products, extremes, `all`, `any`, positions of extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, num_elements, with_rank_at_most
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import conj_of

_NUMBER = (
    "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32,"
    " bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}"
)
_REAL = (
    "T: {float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, uint32,"
    " uint64, qint8, quint8, qint32, qint16, quint16}"
)
_REAL_OR_BOOL = _REAL[:-1] + ", bool}"
_KEEP_DIMS = "keep_dims: bool = false"
_TIDX = "Tidx: {int32, int64} = DT_INT32"


def _node(op_type: str, *inputs: Any, **attrs: Any) -> Tensor:
    made: Tensor = OP_DEFS[op_type].builder(*inputs, **attrs)
    return made


def reduction_shape(ctx: ShapeContext) -> list[Dims]:
    dims, axes = ctx.shape(0), ctx.value(1)
    with_rank_at_most(ctx.shape(1), 1)
    keep = ctx.attrs["keep_dims"]
    if dims is None:
        return [None]
    if axes is None:
        return [(None,) * len(dims) if keep else None]
    rank = len(dims)
    reduced = set()
    for axis in axes.ravel().tolist():
        if not -rank <= axis < rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimensions."
            )
        reduced.add(axis % rank)
    if keep:
        return [tuple(1 if i in reduced else size for i, size in enumerate(dims))]
    return [tuple(size for i, size in enumerate(dims) if i not in reduced)]


def _reduction(op_type: str, dtypes_text: str | None) -> OpBuilder:
    kind = "bool" if dtypes_text is None else "T"
    builder = define(
        op_type,
        inputs=(f"input: {kind}", "reduction_indices: Tidx"),
        outputs=(f"output: {kind}",),
        attrs=(_KEEP_DIMS, _TIDX) if dtypes_text is None else (_KEEP_DIMS, dtypes_text, _TIDX),
        differentiable=dtypes_text is not None,
    )
    builder.shape(reduction_shape)
    return builder


sum_op = _reduction("Sum", _NUMBER)
mean_op = _reduction("Mean", _NUMBER)
prod_op = _reduction("Prod", _NUMBER)
max_op = _reduction("Max", _REAL)
min_op = _reduction("Min", _REAL)
euclidean_norm_op = _reduction("EuclideanNorm", _NUMBER)
all_op = _reduction("All", None)
any_op = _reduction("Any", None)


def _static_axes(op: Operation) -> tuple[list[int], tuple[int | None, ...]] | None:
    """Return the axes that a node reduces, and the shape of its input, where both are known."""
    dims, axes = op.inputs[0].dims, constant_value(op.inputs[1])
    if dims is None or axes is None:
        return None
    return sorted({int(axis) % len(dims) for axis in axes.ravel()}), dims


def _reduced_shape(op: Operation) -> Tensor:
    """Return the shape of the input with 1 for the reduced axes, computed in the graph."""
    shape = _node("Shape", op.inputs[0])
    rank = _node("Size", shape)
    axes = _node("Reshape", cast(op.inputs[1], dtypes.int32), [-1])
    axes = (axes + rank) % rank
    ones = _node("Fill", _node("Shape", axes), 1)
    every = _node("Range", 0, rank, 1)
    return _node("DynamicStitch", [every, axes], [shape, ones])


def with_kept_axes(op: Operation, tensor: Tensor) -> Tensor:
    """Return a tensor in the shape of the output with the reduced axes put back as ones."""
    if op.attrs["keep_dims"]:
        return tensor
    known = _static_axes(op)
    if known is None:
        return _node("Reshape", tensor, _reduced_shape(op))
    axes, dims = known
    kept = [1 if i in axes else size for i, size in enumerate(dims)]
    if sum(size is None for size in kept) <= 1:
        return _node("Reshape", tensor, [-1 if size is None else size for size in kept])
    for axis in axes:
        tensor = _node("ExpandDims", tensor, axis)
    return tensor


def _shape_of(x: Tensor) -> Tensor:
    if x.dims is not None and None not in x.dims:
        return constant(list(x.dims), dtypes.int32)
    return _node("Shape", x)


def _spread(op: Operation, grad: Tensor) -> Tensor:
    """Return the gradient of the output repeated along the reduced axes."""
    x = op.inputs[0]
    if grad.dims != ():
        grad = with_kept_axes(op, grad)
    return _node("BroadcastTo", grad, _shape_of(x))


@sum_op.gradient
def sum_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_spread(op, grad), None]


@mean_op.gradient
def mean_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    spread = _spread(op, grad)
    x, y = op.inputs[0], op.outputs[0]
    if x.dims is not None and y.dims is not None and None not in (*x.dims, *y.dims):
        factor = (num_elements(x.dims) or 0) // max(num_elements(y.dims) or 0, 1)
        return [spread / constant(factor, spread.dtype.base_dtype), None]
    sizes = [_node("Size", x), _node("Maximum", _node("Size", y), 1)]
    return [spread / cast(sizes[0] // sizes[1], spread.dtype.base_dtype), None]


@max_op.gradient
@min_op.gradient
def extreme_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    x = op.inputs[0]
    y, grad = with_kept_axes(op, op.outputs[0]), with_kept_axes(op, grad)
    indicators = cast(_node("Equal", y, x), grad.dtype.base_dtype)
    selected = _node("Sum", indicators, op.inputs[1], keep_dims=True)
    return [indicators / selected * grad, None]


@euclidean_norm_op.gradient
def euclidean_norm_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    y, grad = with_kept_axes(op, op.outputs[0]), with_kept_axes(op, grad)
    return [op.inputs[0] / (y / grad), None]


@prod_op.gradient
def prod_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    x = op.inputs[0]
    spread = _spread(op, grad)
    known = _static_axes(op)
    if known is not None:
        axes, rank = known[0], len(known[1])
        others = [axis for axis in range(rank) if axis not in axes]
        order = constant(axes + others, dtypes.int32, shape=[rank])
        front = constant(list(range(len(axes))), dtypes.int32, shape=[len(axes)])
    else:
        shape_rank = _node("Rank", x)
        reduced = (cast(_node("Reshape", op.inputs[1], [-1]), dtypes.int32) + shape_rank) % (
            shape_rank
        )
        rest = OP_DEFS["ListDiff"].builder(_node("Range", 0, shape_rank, 1), reduced)[0]
        order = _node("ConcatV2", [reduced, rest], 0)
        front = _node("Range", 0, _node("Size", reduced), 1)
    permuted = _node("Transpose", x, order)
    shape = _node("Shape", permuted)
    count = _node("Prod", _node("GatherV2", shape, front, 0), [0])
    matrix = _node("Reshape", permuted, _node("Pack", [count, constant(-1)]))
    left = _node("Cumprod", matrix, 0, exclusive=True)
    right = _node("Cumprod", matrix, 0, exclusive=True, reverse=True)
    others_product = _node("Reshape", conj_of(left) * conj_of(right), shape)
    back = _node("Transpose", others_product, _node("InvertPermutation", order))
    return [spread * back, None]


def one_given(new: Any, old: Any, new_name: str, old_name: str, default: Any = None) -> Any:
    """Return the argument that was given of two names for the same thing.

    Raises:
      ValueError: both were given.
    """
    if old is None:
        return default if new is None else new
    if new is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    return old


def reduction_axes(x: Tensor, axis: Any) -> Any:
    """Return the axes to reduce: all of them where `axis` is None."""
    if axis is not None:
        return axis
    if x.dims is not None:
        return constant(np.arange(len(x.dims), dtype=np.int32))
    return _node("Range", 0, _node("Rank", x, name="Rank"), 1, name="range")


def _function(builder: OpBuilder, name: str, summary: str) -> Callable[..., Tensor]:
    def function(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Any:
        axis = one_given(axis, reduction_indices, "axis", "reduction_indices")
        keepdims = one_given(keepdims, keep_dims, "keepdims", "keep_dims", False)
        x = input_tensor if type(input_tensor) is Tensor else convert_to_tensor(input_tensor)
        axes = reduction_axes(x, axis)
        if keepdims:
            return builder(x, axes, keep_dims=True, name=name)
        made = builder(x, axes, name=name)
        if axis is None and made.dims is None:
            made.set_shape(())
        return made

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = (
        f"{summary}\n\nArgs:\n"
        "  input_tensor: a tensor, or what can be made one.\n"
        "  axis: the axes to reduce, an int or a list of them; all where it is None.\n"
        "  keepdims: keep the reduced axes with size 1.\n"
        "  name: the name of the node.\n"
        "  reduction_indices: the old name of `axis`.\n"
        "  keep_dims: the old name of `keepdims`.\n"
    )
    return function


reduce_sum = _function(sum_op, "reduce_sum", "Return the sum of the elements along axes.")
reduce_mean = _function(mean_op, "reduce_mean", "Return the mean of the elements along axes.")
reduce_prod = _function(prod_op, "reduce_prod", "Return the product of the elements along axes.")
reduce_max = _function(max_op, "reduce_max", "Return the greatest element along axes.")
reduce_min = _function(min_op, "reduce_min", "Return the least element along axes.")
reduce_all = _function(all_op, "reduce_all", "Return whether all elements along axes are true.")
reduce_any = _function(any_op, "reduce_any", "Return whether any element along axes is true.")


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Return the square root of the sum of squares along axes.

    Args:
      input_tensor: a tensor, or what can be made one.
      axis: the axes to reduce; all where it is None.
      keepdims: keep the reduced axes with size 1.
      name: the name of the node.
    """
    x = convert_to_tensor(input_tensor)
    made: Tensor = euclidean_norm_op(x, reduction_axes(x, axis), keep_dims=keepdims, name=name)
    return made


def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Return log(sum(exp(x))) along axes, without overflow.

    Args:
      input_tensor: a tensor, or what can be made one.
      axis: the axes to reduce; all where it is None.
      keepdims: keep the reduced axes with size 1.
      name: the name of the node.
      reduction_indices: the old name of `axis`.
      keep_dims: the old name of `keepdims`.
    """
    axis = one_given(axis, reduction_indices, "axis", "reduction_indices")
    keepdims = one_given(keepdims, keep_dims, "keepdims", "keep_dims", False)
    with OpScope(name, "ReduceLogSumExp", (input_tensor,)) as scope:
        x = convert_to_tensor(input_tensor)
        greatest = reduce_max(x, axis, keepdims=True)
        finite = _node("IsFinite", greatest)
        safe = _node("SelectV2", finite, greatest, 0)
        shift = _node("StopGradient", safe)
        total = reduce_sum(_node("Exp", _node("Sub", x, shift)), axis, keepdims=keepdims)
        result = _node("Log", total)
        if not keepdims:
            shift = _node("Reshape", shift, _node("Shape", result))
        return _node("AddV2", result, shift, name=scope)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Return the mean of the squared distances from the mean along axes.

    Args:
      input_tensor: float or complex.
      axis: the axes to reduce; all where it is None.
      keepdims: keep the reduced axes with size 1.
      name: the name of the scope.

    Raises:
      TypeError: the input holds integers.
    """
    with OpScope(name, "reduce_variance", (input_tensor,)):
        x = convert_to_tensor(input_tensor)
        means = reduce_mean(x, axis, keepdims=True)
        if means.dtype.is_integer:
            raise TypeError("Input must be either real or complex")
        difference = x - means
        if difference.dtype.is_complex:
            squared = _node(
                "Real",
                difference * _node("Conj", difference),
                Tout=difference.dtype.real_dtype,
            )
        else:
            squared = _node("Square", difference)
        return reduce_mean(squared, axis, keepdims=keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Return the standard deviation along axes.

    Args:
      input_tensor: float or complex.
      axis: the axes to reduce; all where it is None.
      keepdims: keep the reduced axes with size 1.
      name: the name of the scope.

    Raises:
      TypeError: the input holds integers.
    """
    with OpScope(name, "reduce_std", (input_tensor,)):
        return _node("Sqrt", reduce_variance(input_tensor, axis, keepdims))


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """Return how many elements along axes are not 0 (not empty, of strings).

    Args:
      input_tensor: a tensor, or what can be made one.
      axis: the axes to reduce; all where it is None.
      keepdims: keep the reduced axes with size 1.
      dtype: the dtype of the counts.
      name: the name of the scope.
      reduction_indices: the old name of `axis`.
      keep_dims: the old name of `keepdims`.
      input: another name of `input_tensor`.
    """
    input_tensor = one_given(input, input_tensor, "input", "input_tensor")
    axis = one_given(axis, reduction_indices, "axis", "reduction_indices")
    keepdims = one_given(keepdims, keep_dims, "keepdims", "keep_dims", False)
    with OpScope(name, "count_nonzero", (input_tensor,)):
        x = convert_to_tensor(input_tensor, name="input")
        zero = (
            constant(b"" if x.dtype == dtypes.string else 0, x.dtype.base_dtype, name="zeros")
            if x.dtype != dtypes.bool
            else constant(False, name="zeros")
        )
        counted = cast(_node("NotEqual", x, zero), dtypes.int64)
        return cast(reduce_sum(counted, axis, keepdims=keepdims), dtype)


arg_max_op = define(
    "ArgMax",
    inputs=("input: T", "dimension: Tidx"),
    outputs=("output: output_type",),
    attrs=(
        _REAL_OR_BOOL,
        "Tidx: {int16, int32, int64} = DT_INT32",
        "output_type: {int16, uint16, int32, int64} = DT_INT64",
    ),
    differentiable=False,
)
arg_min_op = define(
    "ArgMin",
    inputs=("input: T", "dimension: Tidx"),
    outputs=("output: output_type",),
    attrs=(_REAL_OR_BOOL, _TIDX, "output_type: {int32, int64} = DT_INT64"),
    differentiable=False,
)


@arg_max_op.shape
@arg_min_op.shape
def arg_shape(ctx: ShapeContext) -> list[Dims]:
    dims, axis = ctx.shape(0), ctx.value(1)
    if dims is None:
        return [None]
    rank = len(dims)
    if rank <= 1 and axis is None:
        return [()]
    if axis is None:
        return [(None,) * (rank - 1)]
    place = int(axis)
    if rank and not -rank <= place < rank:
        raise ValueError(f"Dimension ({place}) must be in the range [{-rank}, {rank})")
    return [tuple(size for i, size in enumerate(dims) if i != place % rank)]


def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Return the position of the greatest element along an axis, of several the first.

    Args:
      input: a tensor, or what can be made one.
      axis: the axis; 0 where it is None.
      name: the name of the node.
      dimension: the old name of `axis`.
      output_type: the dtype of the positions.
    """
    axis = one_given(axis, dimension, "axis", "dimension", 0)
    made: Tensor = arg_max_op(input, axis, output_type=output_type, name=name)
    return made


def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Return the position of the least element along an axis, of several the first.

    Args:
      input: a tensor, or what can be made one.
      axis: the axis; 0 where it is None.
      name: the name of the node.
      dimension: the old name of `axis`.
      output_type: the dtype of the positions.
    """
    axis = one_given(axis, dimension, "axis", "dimension", 0)
    made: Tensor = arg_min_op(input, axis, output_type=output_type, name=name)
    return made


def arg_max(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Return `argmax` under its old name.

    Args:
      input: a tensor, or what can be made one.
      dimension: the axis.
      output_type: the dtype of the positions.
      name: the name of the node.
    """
    return argmax(input, dimension, name, output_type=output_type)


def arg_min(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Return `argmin` under its old name.

    Args:
      input: a tensor, or what can be made one.
      dimension: the axis.
      output_type: the dtype of the positions.
      name: the name of the node.
    """
    return argmin(input, dimension, name, output_type=output_type)
