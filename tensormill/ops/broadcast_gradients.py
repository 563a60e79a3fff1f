"""Gradients of ops that broadcast their two inputs: summed over the axes that were repeated."""

from __future__ import annotations

from tensormill.graph.constants import constant
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor


def reduce_to_inputs(op: Operation, gx: Tensor | None, gy: Tensor | None) -> list[Tensor | None]:
    """Return the gradients of a broadcasting op in the shapes of its two inputs.

    Args:
      op: the node.
      gx: the gradient with respect to the first input, in the shape of the output; or None.
      gy: the same for the second input.
    """
    x, y = op.input_tensors[0], op.input_tensors[1]
    a, b = x.dims, y.dims
    if x is y or (a == b and a is not None and None not in a):
        return [gx, gy]
    if a is not None and b is not None and _axes_are_known(a, b):
        return [_reduce_statically(gx, a, b), _reduce_statically(gy, b, a)]
    if b == () and gy is not None and gy.dims is not None:
        return [gx, _sum(gy, range(len(gy.dims)))]
    if a == () and gx is not None and gx.dims is not None:
        return [_sum(gx, range(len(gx.dims))), gy]
    shapes = [OP_DEFS["Shape"].builder(x), OP_DEFS["Shape"].builder(y)]
    axes = OP_DEFS["BroadcastGradientArgs"].builder(*shapes)
    return [
        None if g is None else OP_DEFS["Reshape"].builder(OP_DEFS["Sum"].builder(g, r), s)
        for g, r, s in zip((gx, gy), axes, shapes, strict=True)
    ]


def _axes_are_known(a: tuple[int | None, ...], b: tuple[int | None, ...]) -> bool:
    """Return whether the static shapes say over which axes each gradient is summed.

    A size that is not known may be the 1 that is repeated, unless that of the other input is 1.
    """
    pairs = list(zip(reversed(a), reversed(b), strict=False))
    if any(None in pair and 1 not in pair for pair in pairs):
        return False
    # Where a size is not known the shape cannot be restored by a reshape.
    return len(a) == len(b) or not any(None in pair for pair in pairs)


def _reduce_statically(
    grad: Tensor | None, dims: tuple[int | None, ...], other: tuple[int | None, ...]
) -> Tensor | None:
    if grad is None:
        return None
    lead = max(len(other) - len(dims), 0)
    axes = list(range(lead))
    for axis, size in enumerate(dims):
        place = len(other) - len(dims) + axis
        if size == 1 and place >= 0 and other[place] != 1:
            axes.append(lead + axis)
    if not axes:
        return grad
    if None in dims:
        return _sum(grad, axes, keep_dims=True)
    total = _sum(grad, axes)
    if len(axes) == lead:
        return total
    reshaped: Tensor = OP_DEFS["Reshape"].builder(total, constant(list(dims), "int32"))
    return reshaped


def _sum(grad: Tensor, axes: range | list[int], keep_dims: bool = False) -> Tensor:
    if not axes:
        return grad
    total: Tensor = OP_DEFS["Sum"].builder(grad, constant(list(axes), "int32"), keep_dims=keep_dims)
    return total
