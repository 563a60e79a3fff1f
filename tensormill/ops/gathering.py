"""Elements by index: gather, gather_nd, where, select."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims, concatenate_dims, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, shape, size
from tensormill.ops.filling import zeros_like
from tensormill.ops.joining import concat
from tensormill.ops.transposition import transpose

gather_op = define(
    "Gather",
    inputs=("params: Tparams", "indices: Tindices"),
    outputs=("output: Tparams",),
    attrs=("validate_indices: bool = true", "Tparams: type", "Tindices: {int32, int64}"),
)
gather_v2_op = define(
    "GatherV2",
    inputs=("params: Tparams", "indices: Tindices", "axis: Taxis"),
    outputs=("output: Tparams",),
    attrs=(
        "batch_dims: int = 0",
        "Tparams: type",
        "Tindices: {int16, int32, int64}",
        "Taxis: {int32, int64}",
    ),
)


@gather_op.shape
def gather_shape(ctx: ShapeContext) -> list[Dims]:
    params, indices = (t.dims for t in ctx.op.input_tensors)
    if params is not None and not params:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return [concatenate_dims(indices, None if params is None else params[1:])]


@gather_v2_op.shape
def gather_v2_shape(ctx: ShapeContext) -> list[Dims]:
    params, indices, axis_tensor = ctx.op.input_tensors
    if axis_tensor.dims:
        raise ValueError(f"Shape must be rank 0 but is rank {len(axis_tensor.dims)}")
    batch_dims = ctx.attrs["batch_dims"]
    dims, index_dims = params.dims, indices.dims
    axis_value = constant_value(axis_tensor)
    if dims is None or index_dims is None:
        return [None]
    if batch_dims < 0:
        batch_dims += len(index_dims)
    if not 0 <= batch_dims <= len(index_dims):
        raise ValueError(f"Shape must be at least rank {batch_dims} but is rank {len(index_dims)}")
    if axis_value is None:
        if not dims:
            raise ValueError("Shape must be at least rank 1 but is rank 0")
        return [(None,) * (len(dims) + len(index_dims) - 1 - batch_dims)]
    axis = int(axis_value)
    needed = axis + 1 if axis >= 0 else -axis
    if len(dims) < needed:
        raise ValueError(f"Shape must be at least rank {needed} but is rank {len(dims)}")
    axis %= len(dims)
    if batch_dims > axis:
        raise ValueError(f"batch_dims ({batch_dims}) must be <= axis ({axis})")
    batch = merge_dims(dims[:batch_dims], index_dims[:batch_dims]) or ()
    return [(*batch, *dims[batch_dims:axis], *index_dims[batch_dims:], *dims[axis + 1 :])]


def _rows_gradient(params: Tensor, indices: Tensor, grad: Tensor) -> IndexedSlices:
    """Return the gradient of rows taken out of `params`: the rows again, with their indices."""
    params_shape = shape(params)
    index_count = expand_dims(size(indices), 0)
    values_shape = concat([index_count, params_shape[1:]], 0)
    return IndexedSlices(reshape(grad, values_shape), reshape(indices, index_count), params_shape)


@gather_op.gradient
def gather_grad(op: Operation, grad: Tensor) -> list[Any]:
    params, indices = op.input_tensors
    return [_rows_gradient(params, indices, grad), None]


@gather_v2_op.gradient
def gather_v2_grad(op: Operation, grad: Any) -> list[Any]:
    params, indices, axis = op.input_tensors
    batch_dims = op.attrs["batch_dims"]
    if batch_dims < 0:
        batch_dims += len(indices.dims or ())
    axis_value = constant_value(axis)
    if axis_value == 0 and batch_dims == 0:
        return [_rows_gradient(params, indices, grad), None, None]
    grad = convert_to_tensor(grad)
    if params.dims is not None and indices.dims is not None and axis_value is not None:
        at = int(axis_value) % len(params.dims)
        return [_gradient_at_axis(params, indices, grad, at, batch_dims), None, None]
    if batch_dims:
        raise ValueError("the gradient of gather with batch_dims needs inputs of static rank")
    return [_gradient_at_dynamic_axis(params, indices, grad, axis), None, None]


def _gradient_at_axis(
    params: Tensor, indices: Tensor, grad: Tensor, axis: int, batch_dims: int
) -> Tensor:
    """Sum what each element of `params` gave, along a static axis after `batch_dims` dimensions."""
    assert params.dims is not None
    rank_of = len(params.dims)
    params_shape = shape(params)
    # [batch, outer, indices, inner] to [batch, indices, outer, inner]
    values = reshape(grad, concat([params_shape[:axis], [-1], params_shape[axis + 1 :]], 0))
    order = [*range(batch_dims), axis, *range(batch_dims, axis), *range(axis + 1, rank_of)]
    values = transpose(values, order)
    moved_shape = OP_DEFS["GatherV2"].builder(params_shape, order, 0)
    flat_indices = reshape(indices, [-1])
    axis_size = params_shape[axis]
    segments = axis_size
    if batch_dims:
        batches = OP_DEFS["Prod"].builder(params_shape[:batch_dims], [0], name="Prod")
        offsets = OP_DEFS["Range"].builder(0, batches, 1, name="range") * axis_size
        rows = reshape(indices, concat([expand_dims(batches, 0), [-1]], 0))
        if rows.dtype is not offsets.dtype:
            offsets = OP_DEFS["Cast"].builder(offsets, DstT=rows.dtype, name="Cast")
        flat_indices = reshape(rows + expand_dims(offsets, 1), [-1])
        segments = batches * axis_size
        values = reshape(values, concat([[-1], moved_shape[batch_dims + 1 :]], 0))
    summed = OP_DEFS["UnsortedSegmentSum"].builder(values, flat_indices, segments)
    if batch_dims:
        summed = reshape(summed, moved_shape)
    back = [order.index(dim) for dim in range(rank_of)]
    return transpose(summed, back)


def _gradient_at_dynamic_axis(
    params: Tensor, indices: Tensor, grad: Tensor, axis: Tensor
) -> Tensor:
    params_shape = shape(params)
    index_count = expand_dims(size(indices), 0)
    outer_shape = params_shape[:axis]
    inner_shape = params_shape[axis:][1:]
    outer, inner = size(outer_shape), size(inner_shape)
    build_range = OP_DEFS["Range"].builder
    outer_axes = build_range(0, outer, 1, name="range")
    inner_axes = build_range(outer + 1, outer + 1 + inner, 1, name="range")
    values = reshape(grad, concat([outer_shape, index_count, inner_shape], 0))
    order = concat([expand_dims(outer, 0), outer_axes, inner_axes], 0)
    summed = OP_DEFS["UnsortedSegmentSum"].builder(
        transpose(values, order), reshape(indices, index_count), params_shape[axis]
    )
    return transpose(summed, concat([outer_axes + 1, [0], inner_axes], 0))


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """Return the slices of `params` along `axis` that `indices` name.

    Args:
      params: a tensor, or a variable, of which only the rows asked for are read.
      indices: integers of any shape.
      validate_indices: has no effect.
      name: the name of the node.
      axis: the dimension; `batch_dims` by default.
      batch_dims: how many leading dimensions `params` and `indices` have in common.
    """
    del validate_indices
    if axis is None:
        axis = batch_dims
    if not isinstance(axis, Tensor) and axis == 0 and hasattr(params, "sparse_read"):
        return params.sparse_read(indices, name=name)
    return gather_v2_op(params, indices, axis, batch_dims=batch_dims, name=name)


def gather_v2(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Tensor:
    """Return the slices of `params` along `axis` that `indices` name (see `gather`)."""
    return gather(params, indices, validate_indices, name, axis, batch_dims)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """Return the slices that each row of `indices` names in the same row of `params`."""
    with OpScope(name, "BatchGather", (params, indices)):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.dims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return gather(params, indices, batch_dims=len(indices.dims) - 1)


gather_nd_op = define(
    "GatherNd",
    inputs=("params: Tparams", "indices: Tindices"),
    outputs=("output: Tparams",),
    attrs=("Tparams: type", "Tindices: {int16, int32, int64}", "bad_indices_policy: string = ''"),
)


@gather_nd_op.shape
def gather_nd_shape(ctx: ShapeContext) -> list[Dims]:
    params, indices = (t.dims for t in ctx.op.input_tensors)
    if params is None or indices is None:
        return [None]
    if not indices:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    depth = indices[-1]
    if depth is None:
        return [None]
    if depth > len(params):
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices.shape[-1] == {depth}"
            f" and params.rank == {len(params)}"
        )
    return [indices[:-1] + params[depth:]]


@gather_nd_op.gradient
def gather_nd_grad(op: Operation, grad: Tensor) -> list[Any]:
    params, indices = op.input_tensors
    if indices.dims is not None and len(indices.dims) == 2 and indices.dims[-1] == 1:
        rows = OP_DEFS["Squeeze"].builder(indices, [-1])
        return [IndexedSlices(grad, rows, shape(params)), None]
    sizes = shape(params, out_type=indices.dtype)
    return [OP_DEFS["ScatterNd"].builder(indices, grad, sizes), None]


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: Any = 0) -> Tensor:
    """Return the slices of `params` at the coordinates in the last dimension of `indices`.

    Args:
      params: a tensor or variable.
      indices: integers, [..., depth].
      name: the name of the node.
      batch_dims: how many leading dimensions the two have in common; a constant tensor of one
        element will do.

    Raises:
      TypeError: `batch_dims` is no integer.
      ValueError: `batch_dims` does not fit the ranks.
    """
    depth = _batch_depth(batch_dims)
    if depth:
        return batch_gather_nd(params, indices, depth, name)
    if hasattr(params, "gather_nd"):
        return params.gather_nd(indices, name=name)
    return gather_nd_op(params, indices, name=name)


def _batch_depth(batch_dims: Any) -> int:
    """Return `batch_dims` as a number."""
    value = constant_value(batch_dims) if isinstance(batch_dims, Tensor) else batch_dims
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if not isinstance(value, (int, np.integer)):
        raise TypeError(f"batch_dims must be an int; got {batch_dims!r}")
    return int(value)


def gather_nd_v2(params: Any, indices: Any, batch_dims: Any = 0, name: str | None = None) -> Tensor:
    """Return slices by coordinates (see `gather_nd`)."""
    return gather_nd(params, indices, name, batch_dims)


def batch_gather_nd(params: Any, indices: Any, batch_dims: int, name: str | None = None) -> Tensor:
    """Return slices by coordinates, row by row of the leading `batch_dims` dimensions.

    Raises:
      ValueError: `batch_dims` does not fit the ranks.
    """
    with OpScope(name, "BatchGatherND", (params, indices)):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.dims is None or params.dims is None:
            raise ValueError("batch_gather_nd does not allow inputs of unknown rank.")
        if batch_dims < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        for kind, dims in (("indices", indices.dims), ("params", params.dims)):
            if batch_dims >= len(dims):
                raise ValueError(
                    f"batch_dims = {batch_dims} must be less than rank({kind}) = {len(dims)}"
                )
        # The coordinates of the batch dimensions are put before those that `indices` has.
        sizes = shape(indices)
        columns = []
        for dim in range(batch_dims):
            places = OP_DEFS["Range"].builder(0, sizes[dim], 1, name="range")
            form = [1] * len(indices.dims)
            form[dim] = -1
            column = reshape(places, form)
            if column.dtype is not indices.dtype.base_dtype:
                column = OP_DEFS["Cast"].builder(column, DstT=indices.dtype, name="Cast")
            whole = concat([sizes[:-1], [1]], 0)
            columns.append(OP_DEFS["BroadcastTo"].builder(column, whole))
        return gather_nd_op(params, concat([*columns, indices], -1))


where_op = define(
    "Where",
    inputs=("input: T",),
    outputs=("index: int64",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64, "
        "bool} = DT_BOOL",
    ),
    differentiable=False,
)
select_op = define(
    "Select", inputs=("condition: bool", "t: T", "e: T"), outputs=("output: T",), attrs=("T: type",)
)
select_v2_op = define(
    "SelectV2",
    inputs=("condition: bool", "t: T", "e: T"),
    outputs=("output: T",),
    attrs=("T: type",),
)


@where_op.shape
def where_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    return [(None, None if dims is None else len(dims))]


@select_op.shape
def select_shape(ctx: ShapeContext) -> list[Dims]:
    condition, then, otherwise = (t.dims for t in ctx.op.input_tensors)
    merged = merge_dims(then, otherwise)
    if condition is None or not condition:
        return [merged]
    if merged is None:
        return [condition if len(condition) > 1 else None]
    if len(condition) == 1 and len(merged) != 1:
        if not merged:
            raise ValueError("Shapes must be equal rank, but are 1 and 0")
        first = merge_dims(condition, merged[:1])
        return [(first or ()) + merged[1:]]
    return [merge_dims(merged, condition)]


@select_v2_op.shape
def select_v2_shape(ctx: ShapeContext) -> list[Dims]:
    condition, then, otherwise = (t.dims for t in ctx.op.input_tensors)
    return [broadcast_dims(condition, broadcast_dims(then, otherwise))]


@select_op.gradient
def select_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    condition, then, _ = op.input_tensors
    zeros = zeros_like(then)
    return [None, select_op(condition, grad, zeros), select_op(condition, zeros, grad)]


@select_v2_op.gradient
def select_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    condition, then, otherwise = op.input_tensors
    zeros = OP_DEFS["Fill"].builder([], convert_to_tensor(0, grad.dtype))
    return [
        None,
        _summed_to(select_v2_op(condition, grad, zeros), then),
        _summed_to(select_v2_op(condition, zeros, grad), otherwise),
    ]


def _summed_to(grad: Tensor, value: Tensor) -> Tensor:
    """Sum over the dimensions along which `value` was broadcast."""
    if value.dims is not None and None not in value.dims and value.dims == grad.dims:
        return grad
    sizes = shape(value)
    axes, _ = OP_DEFS["BroadcastGradientArgs"].builder(sizes, shape(grad))
    return reshape(OP_DEFS["Sum"].builder(grad, axes, name="Sum"), sizes)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Return the coordinates of the true elements; or elements of `x` where true, else of `y`.

    Args:
      condition: bool; with `x` and `y` of their shape, or a vector that chooses rows, or a scalar.
      x: what is taken where the condition is true.
      y: of the shape of `x`.
      name: the name of the node.

    Raises:
      ValueError: only one of `x` and `y` was given.
    """
    if x is None and y is None:
        with OpScope(name, "Where", (condition,)) as scope:
            condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
            return where_op(condition, name=scope)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return select_op(condition, x, y, name=name)


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Return the coordinates of the true elements; or elements of `x` or `y`, broadcast.

    Raises:
      ValueError: only one of `x` and `y` was given.
    """
    if x is None and y is None:
        return where(condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return select_v2_op(condition, x, y, name=name or "SelectV2")
