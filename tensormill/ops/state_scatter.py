"""Sparse updates of ref variables: by index of the first dimension, or by index vectors."""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, concatenate_dims, format_dims, merge_dims
from tensormill.ops.state import UPDATE_TYPES

_ORDERED_TYPES = "{float16, bfloat16, float32, float64, int32, int64}"


def check_scatter(target: Dims, indices: Dims, updates: Dims) -> None:
    """Hold the shapes of an update by first index against one another.

    Raises:
      ValueError: `updates` is neither a scalar nor of shape `indices.shape + target.shape[1:]`.
    """
    if target is not None and not target:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if updates != ():
        merge_dims(updates, concatenate_dims(indices, None if target is None else target[1:]))


def check_scatter_nd(target: Dims, indices: Dims, updates: Dims) -> None:
    """Hold the shapes of an update by index vectors against one another.

    Raises:
      ValueError: `updates` is not of shape `indices.shape[:-1] + target.shape[indices.shape[-1]:]`.
    """
    if target is None or indices is None or updates is None or not indices:
        return
    outer, depth = len(indices) - 1, indices[-1]
    parts = [(indices, "indices", 0, outer), (updates, "updates", 0, outer)]
    _check_equal_parts(parts)
    if depth is not None and depth <= len(target):
        parts = [(target, "input", depth, len(target)), (updates, "updates", outer, len(updates))]
        _check_equal_parts(parts)


def _check_equal_parts(parts: list[tuple[tuple[int | None, ...], str, int, int]]) -> None:
    """Check that two parts are equal, each given as (shape, name, first axis, end axis)."""
    try:
        merge_dims(*(dims[first:end] for dims, _, first, end in parts))
    except ValueError as error:
        texts = [
            f"imensions [{first},{end}) of {name}[shape={format_dims(dims, 'kernel')}] = "
            f"{format_dims(dims[first:end], 'kernel')}"
            for dims, name, first, end in parts
        ]
        raise ValueError(f"D{texts[0]} must match d{texts[1]}: {error}") from None


def scatter_shape(ctx: ShapeContext) -> list[Dims]:
    check_scatter(ctx.shape(0), ctx.shape(1), ctx.shape(2))
    return [ctx.shape(0)]


def scatter_nd_shape(ctx: ShapeContext) -> list[Dims]:
    check_scatter_nd(ctx.shape(0), ctx.shape(1), ctx.shape(2))
    return [ctx.shape(0)]


def _define_scatter(op_type: str, types: str) -> OpBuilder:
    by_vector = op_type.startswith("ScatterNd")
    locks = op_type in ("ScatterUpdate", "ScatterNdUpdate")
    builder = define(
        op_type,
        inputs=("ref: Ref(T)", "indices: Tindices", "updates: T"),
        outputs=("output_ref: Ref(T)",),
        attrs=(
            f"T: {types}",
            "Tindices: {int32, int64}",
            f"use_locking: bool = {'true' if locks else 'false'}",
            *(["bad_indices_policy: string = ''"] if by_vector else []),
        ),
        differentiable=False,
    )
    builder.shape(scatter_nd_shape if by_vector else scatter_shape)
    return builder


scatter_update_op = _define_scatter("ScatterUpdate", "type")
scatter_add_op = _define_scatter("ScatterAdd", UPDATE_TYPES)
scatter_sub_op = _define_scatter("ScatterSub", UPDATE_TYPES)
scatter_mul_op = _define_scatter("ScatterMul", UPDATE_TYPES)
scatter_div_op = _define_scatter("ScatterDiv", UPDATE_TYPES)
scatter_min_op = _define_scatter("ScatterMin", _ORDERED_TYPES)
scatter_max_op = _define_scatter("ScatterMax", _ORDERED_TYPES)
scatter_nd_update_op = _define_scatter("ScatterNdUpdate", "type")
scatter_nd_add_op = _define_scatter("ScatterNdAdd", UPDATE_TYPES)
scatter_nd_sub_op = _define_scatter("ScatterNdSub", UPDATE_TYPES)
scatter_nd_max_op = _define_scatter("ScatterNdMax", UPDATE_TYPES)
scatter_nd_min_op = _define_scatter("ScatterNdMin", UPDATE_TYPES)
