"""Gradients of the gradients of batch normalisation: those of the same sums in plain ops.

Source: TensorFlow 1.15, python/ops/nn_grad.py.
"""

from __future__ import annotations

from tensormill.graph import dtypes
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops import normalization
from tensormill.ops.arithmetic import squared_difference
from tensormill.ops.array_shapes import reshape, size, squeeze
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import reciprocal, rsqrt
from tensormill.ops.gradients import gradients
from tensormill.ops.identities import stop_gradient
from tensormill.ops.reduction import reduce_mean, reduce_sum

__all__: list[str] = []


@normalization.fused_batch_norm_grad_op.gradient
@normalization.fused_batch_norm_grad_v2_op.gradient
@normalization.fused_batch_norm_grad_v3_op.gradient
def fused_batch_norm_grad_grad(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    """Return the gradients for the slope of y, x and the scale; None for what is saved."""
    sources = list(op.inputs[:3])
    sums = _trained_sums(op) if op.attrs["is_training"] else _frozen_sums(op)
    made = gradients(sums, sources, list(grads[:3]), stop_gradients=sources)
    return [*made, *[None] * (len(op.inputs) - 3)]


def _axes(op: Operation) -> tuple[list[int], list[int] | None]:
    """Return the axes to sum over, and those around the channels unless the channels are last."""
    data_format = op.attrs["data_format"]
    if data_format.endswith(b"C"):
        return list(range(len(data_format) - 1)), None
    around = [0, *range(2, len(data_format))]
    return around, around


def _as_image(vector: Tensor, around: list[int] | None) -> Tensor:
    """Return a vector of channels in a shape that broadcasts over images."""
    if around is None:
        return vector
    return reshape(vector, [1, size(vector), *[1] * (len(around) - 1)])


def _in_float32(x: Tensor) -> Tensor:
    """Return an image in a dtype that is precise enough for the sums."""
    return cast(x, dtypes.float32) if x.dtype.size < 4 else x


def _trained_sums(op: Operation) -> list[Tensor]:
    """Return the gradients for x, the scale and the offset where the batch is the measure."""
    axes, around = _axes(op)
    keepdims = around is not None
    dy, x = _in_float32(op.inputs[0]), _in_float32(op.inputs[1])
    scale, epsilon = _as_image(op.inputs[2], around), op.attrs["epsilon"]
    mean_dy = reduce_mean(dy, axes, keepdims=keepdims)
    mean_x = reduce_mean(x, axes, keepdims=keepdims)
    squares = squared_difference(x, stop_gradient(mean_x))
    variance = reduce_mean(squares, axes, keepdims=keepdims)
    distance = x - mean_x
    shared = reduce_mean(dy * distance, axes, keepdims=keepdims)
    inverse = rsqrt(variance + epsilon)
    rest = (dy - mean_dy) - reciprocal(variance + epsilon) * shared * distance
    dscale = inverse * reduce_sum(dy * distance, axes, keepdims=keepdims)
    return [
        cast(scale * inverse * rest, op.inputs[1].dtype),
        dscale if around is None else squeeze(dscale, around),
        reduce_sum(dy, axes),
    ]


def _frozen_sums(op: Operation) -> list[Tensor]:
    """Return the gradients for x, the scale and the offset where mean and variance are given."""
    axes, around = _axes(op)
    dy, x = _in_float32(op.inputs[0]), _in_float32(op.inputs[1])
    scale, mean, variance = (_as_image(vector, around) for vector in op.inputs[2:5])
    inverse = rsqrt(variance + op.attrs["epsilon"])
    return [
        cast(dy * scale * inverse, op.inputs[1].dtype),
        reduce_sum(dy * (x - mean) * inverse, axes),
        reduce_sum(dy, axes),
    ]
