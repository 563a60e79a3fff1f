"""Updates by index: scatter_nd and updated copies of tensors."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, format_dims, merge_dims, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.filling import zeros_like

scatter_nd_op = define(
    "ScatterNd",
    inputs=("indices: Tindices", "updates: T", "shape: Tindices"),
    outputs=("output: T",),
    attrs=("T: type", "Tindices: {int16, int32, int64}", "bad_indices_policy: string = ''"),
)
scatter_nd_non_aliasing_add_op = define(
    "ScatterNdNonAliasingAdd",
    inputs=("input: T", "indices: Tindices", "updates: T"),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64, bool}",
        "Tindices: {int32, int64}",
        "bad_indices_policy: string = ''",
    ),
)
tensor_scatter_update_op = define(
    "TensorScatterUpdate",
    inputs=("tensor: T", "indices: Tindices", "updates: T"),
    outputs=("output: T",),
    attrs=("T: type", "Tindices: {int16, int32, int64, uint16}", "bad_indices_policy: string = ''"),
)
tensor_scatter_add_op = define(
    "TensorScatterAdd",
    inputs=("tensor: T", "indices: Tindices", "updates: T"),
    outputs=("output: T",),
    attrs=("T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = ''"),
)
tensor_scatter_sub_op = define(
    "TensorScatterSub",
    inputs=("tensor: T", "indices: Tindices", "updates: T"),
    outputs=("output: T",),
    attrs=("T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = ''"),
)
tensor_scatter_min_op = define(
    "TensorScatterMin",
    inputs=("tensor: T", "indices: Tindices", "updates: T"),
    outputs=("output: T",),
    attrs=("T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = ''"),
)
tensor_scatter_max_op = define(
    "TensorScatterMax",
    inputs=("tensor: T", "indices: Tindices", "updates: T"),
    outputs=("output: T",),
    attrs=("T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = ''"),
)


def _check_updates(indices: Dims, updates: Dims, whole: Dims, what: str) -> None:
    """Hold the static shapes of indices and updates against that of what is updated."""
    if indices is None or updates is None or whole is None:
        return
    depth = indices[-1] if indices else 1
    if len(indices) < 1 or depth is None:
        return
    outer = len(indices) - 1
    for axis in range(min(outer, len(updates))):
        given, wanted = updates[axis], indices[axis]
        if given is not None and wanted is not None and given != wanted:
            raise ValueError(
                f"Dimensions [0,{outer}) of indices[shape={format_dims(indices, 'kernel')}] must "
                f"match dimensions [0,{outer}) of updates[shape={format_dims(updates, 'kernel')}]"
            )
    if 0 in whole and any(all(dims) for dims in (indices, updates)):
        raise ValueError("Indices and updates specified for empty input")
    inner_updates, inner = updates[outer:], whole[depth:]
    try:
        merge_dims(inner, inner_updates)
    except ValueError as error:
        raise ValueError(
            f"Dimensions [{depth},{len(whole)}) of {what}[shape={format_dims(whole, 'kernel')}] = "
            f"{format_dims(inner, 'kernel')} must match dimensions [{outer},{len(updates)}) of "
            f"updates[shape={format_dims(updates, 'kernel')}] = "
            f"{format_dims(inner_updates, 'kernel')}: {error}"
        ) from None


@scatter_nd_op.shape
def scatter_nd_shape(ctx: ShapeContext) -> list[Dims]:
    indices, updates = with_rank_at_least(ctx.shape(0), 1), ctx.shape(1)
    whole = ctx.value_as_shape(2)
    _check_updates(indices, updates, whole, "input")
    return [whole]


@scatter_nd_non_aliasing_add_op.shape
@tensor_scatter_update_op.shape
@tensor_scatter_add_op.shape
@tensor_scatter_sub_op.shape
@tensor_scatter_min_op.shape
@tensor_scatter_max_op.shape
def tensor_scatter_shape(ctx: ShapeContext) -> list[Dims]:
    whole, indices, updates = (t.dims for t in ctx.op.input_tensors)
    _check_updates(indices, updates, whole, "tensor")
    return [whole]


def _gather_nd(params: Tensor, indices: Tensor) -> Tensor:
    return OP_DEFS["GatherNd"].builder(params, indices)


@scatter_nd_op.gradient
def scatter_nd_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, _gather_nd(grad, op.input_tensors[0]), None]


@scatter_nd_non_aliasing_add_op.gradient
@tensor_scatter_add_op.gradient
def tensor_scatter_add_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [OP_DEFS["Identity"].builder(grad), None, _gather_nd(grad, op.input_tensors[1])]


@tensor_scatter_sub_op.gradient
def tensor_scatter_sub_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    taken = _gather_nd(grad, op.input_tensors[1])
    return [OP_DEFS["Identity"].builder(grad), None, OP_DEFS["Neg"].builder(taken)]


@tensor_scatter_update_op.gradient
def tensor_scatter_update_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    _, indices, updates = op.input_tensors
    kept = tensor_scatter_update_op(
        OP_DEFS["Identity"].builder(grad), indices, zeros_like(updates, grad.dtype)
    )
    return [kept, None, _gather_nd(grad, indices)]


@tensor_scatter_min_op.gradient
@tensor_scatter_max_op.gradient
def tensor_scatter_extreme_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """Share the gradient among all that equal the extreme."""
    tensor, indices, updates = op.input_tensors
    build = {op_type: OP_DEFS[op_type].builder for op_type in ("Equal", "Cast", "RealDiv", "Mul")}

    def indicator(value: Tensor, extreme: Tensor) -> Tensor:
        return build["Cast"](build["Equal"](value, extreme), DstT=grad.dtype)

    output = op.outputs[0]
    own = indicator(tensor, output)
    given = indicator(updates, _gather_nd(output, indices))
    sizes = shape(tensor, out_type=indices.dtype)
    count = OP_DEFS["AddV2"].builder(own, scatter_nd_op(indices, given, sizes))
    share = build["RealDiv"](grad, count)
    return [build["Mul"](share, own), None, build["Mul"](_gather_nd(share, indices), given)]


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
    """Return zeros of a shape, with `updates` added at the coordinates `indices`.

    Args:
      indices: integers, [..., depth].
      updates: shape [..., *shape[depth:]].
      shape: integer vector.
      name: the name of the node.
    """
    return scatter_nd_op(indices, updates, shape, name=name)


def tensor_scatter_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """Return `tensor` with the slices at `indices` replaced by `updates`."""
    return tensor_scatter_update_op(tensor, indices, updates, name=name)


def tensor_scatter_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """Return `tensor` with `updates` added at `indices`."""
    return tensor_scatter_add_op(tensor, indices, updates, name=name)


def tensor_scatter_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """Return `tensor` with `updates` subtracted at `indices`."""
    return tensor_scatter_sub_op(tensor, indices, updates, name=name)


def tensor_scatter_min(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """Return `tensor` with the minimum of its slices at `indices` and `updates`."""
    return tensor_scatter_min_op(tensor, indices, updates, name=name)


def tensor_scatter_max(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """Return `tensor` with the maximum of its slices at `indices` and `updates`."""
    return tensor_scatter_max_op(tensor, indices, updates, name=name)
