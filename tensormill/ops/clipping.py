"""Tensors kept within bounds: of their values, or of their norm.

Source: TensorFlow 1.15, python/ops/clip_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, name_scope
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import rank, reshape, shape, size
from tensormill.ops.basics import identity_op
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater, less, logical_or
from tensormill.ops.elementwise_unary import rsqrt, sqrt
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.joining import stack
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.state import UPDATE_TYPES

__all__ = [
    "clip_by_average_norm",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "global_norm",
]


clip_by_value_op = define(
    "ClipByValue",
    inputs=("t: T", "clip_value_min: T", "clip_value_max: T"),
    outputs=("output: T",),
    attrs=(f"T: {UPDATE_TYPES}",),
)


@clip_by_value_op.shape
def clip_by_value_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("t")]


@clip_by_value_op.gradient
def clip_by_value_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    """Return the gradient of the values within the bounds; those outside are the bounds'."""
    values, low, high = op.inputs
    zeros = zeros_like(grad)
    is_below, is_above = less(values, low), greater(values, high)
    return [
        where_v2(logical_or(is_below, is_above), zeros, grad),
        _summed_to(low, where_v2(is_below, grad, zeros)),
        _summed_to(high, where_v2(is_above, grad, zeros)),
    ]


def _summed_to(bound: Tensor, grad: Tensor) -> Tensor:
    """Return a gradient summed over the dimensions along which a bound was broadcast."""
    sizes = shape(bound)
    axes = OP_DEFS["BroadcastGradientArgs"].builder(shape(grad), sizes)[1]
    return reshape(reduce_sum(grad, axes), sizes)


def _values(t: Any, name: str) -> Tensor:
    return convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=name)


def _like(t: Any, values: Tensor) -> Any:
    """Return values as slices where `t` has slices."""
    if isinstance(t, IndexedSlices):
        return IndexedSlices(values, t.indices, t.dense_shape)
    return values


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Return a tensor with each element no less than a minimum and no more than a maximum.

    Args:
      t: a tensor or `IndexedSlices`.
      clip_value_min: the minimum, which broadcasts to the shape of `t`.
      clip_value_max: the maximum, likewise.
      name: the name of the node.

    Raises:
      ValueError: a bound has a larger shape than `t`.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = _values(t, "t")
        lowered = minimum(values, clip_value_max)
        values.shape.assert_is_compatible_with(lowered.shape)
        clipped = maximum(lowered, clip_value_min, name=scope)
        values.shape.assert_is_compatible_with(clipped.shape)
        return _like(t, clipped)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Return a tensor scaled down so that its L2 norm is at most `clip_norm`.

    Args:
      t: a floating point tensor or `IndexedSlices`.
      clip_norm: the greatest norm, a scalar.
      axes: the axes along which norms are taken; by default all.
      name: the name of the node.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = _values(t, "t")
        squares = reduce_sum(values * values, axes, keepdims=True)
        is_positive = squares > 0
        # The square root of 0 has no derivative.
        safe = _select(is_positive, squares, ones_like(squares))
        norm = _select(is_positive, sqrt(safe), squares)
        scaled = values * clip_norm
        values.shape.assert_is_compatible_with(scaled.shape)
        clipped = identity_op(scaled / maximum(norm, clip_norm), name=scope)
        return _like(t, clipped)


def _select(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    selected: Tensor = OP_DEFS["Select"].builder(condition, x, y)
    return selected


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor:
    """Return the L2 norm of all elements of several tensors.

    Args:
      t_list: tensors, `IndexedSlices`, or None, which counts nothing.
      name: the name scope.

    Raises:
      TypeError: `t_list` is not a sequence.
    """
    tensors = _checked_list(t_list)
    with name_scope(name, "global_norm", tensors):
        values = [None if t is None else _values(t, f"t_{i}") for i, t in enumerate(tensors)]
        halves = []
        for value in values:
            if value is not None:
                with colocate_with(value):
                    halves.append(OP_DEFS["L2Loss"].builder(value))
        half = reduce_sum(stack(halves))
        return sqrt(half * constant(2.0, dtype=half.dtype), name="global_norm")


def _checked_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"t_list should be a sequence. Received {type(t_list)}.")
    return list(t_list)


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """Scale several tensors down by one factor so that their common L2 norm is at most `clip_norm`.

    A norm that is infinite or NaN makes all of them NaN.

    Args:
      t_list: tensors, `IndexedSlices`, or None, which stays None.
      clip_norm: the greatest norm, a scalar.
      use_norm: the norm of all tensors, where it is known already.
      name: the name of the nodes.

    Returns:
      The scaled tensors and their norm before.

    Raises:
      TypeError: `t_list` is not a sequence.
    """
    tensors = _checked_list(t_list)
    if use_norm is None:
        use_norm = global_norm(tensors, name)
    with name_scope(name, "clip_by_global_norm", [*tensors, clip_norm]) as scope:
        finite = clip_norm * minimum(
            1.0 / use_norm, constant(1.0, dtype=use_norm.dtype) / clip_norm
        )
        scale = finite + (use_norm - use_norm)
        values = [None if t is None else _values(t, f"t_{i}") for i, t in enumerate(tensors)]
        clipped: list[Any] = []
        for index, value in enumerate(values):
            if value is None:
                clipped.append(None)
                continue
            with colocate_with(value):
                scaled = value * cast(scale, value.dtype)
                clipped.append(identity_op(scaled, name=f"{scope}_{index}"))
        return [_like(t, c) for t, c in zip(tensors, clipped, strict=True)], use_norm


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """Return a tensor scaled down so that its L2 norm an element is at most `clip_norm`.

    Args:
      t: a tensor.
      clip_norm: the greatest average norm, a scalar.
      name: the name of the node.
    """
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        values = convert_to_tensor(t, name="t")
        count = cast(size(values), dtypes.float32)
        axes = OP_DEFS["Range"].builder(0, rank(values), 1, name="range")
        inverse = rsqrt(reduce_sum(values * values, axes))
        scale = minimum(inverse * count, constant(1.0) / clip_norm)
        return identity_op(values * clip_norm * scale, name=scope)
