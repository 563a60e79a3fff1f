"""Gradients of ops that broadcast their two inputs: summed over the axes that were repeated."""

from __future__ import annotations

from tensormill.graph.constants import constant
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dims
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
    if a is not None and b is not None and None not in a and None not in b:
        if a == b:
            return [gx, gy]
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


def _reduce_statically(grad: Tensor | None, dims: Dims, other: Dims) -> Tensor | None:
    assert dims is not None
    assert other is not None
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
    total = _sum(grad, axes)
    if len(axes) == lead:
        return total
    reshaped: Tensor = OP_DEFS["Reshape"].builder(total, constant(list(dims), "int32"))
    return reshaped


def _sum(grad: Tensor, axes: range | list[int]) -> Tensor:
    if not axes:
        return grad
    total: Tensor = OP_DEFS["Sum"].builder(grad, constant(list(axes), "int32"))
    return total
