"""Activation functions, softmax and their gradients."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes, errors
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import subtract
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import exp
from tensormill.ops.filling import zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose

relu_op = define(
    "Relu",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=(
        (
            "T: {float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, "
            "float16, uint32, uint64, qint8}"
        ),
    ),
)
relu_grad_op = define(
    "ReluGrad",
    inputs=(
        "gradients: T",
        "features: T",
    ),
    outputs=("backprops: T",),
    attrs=("T: realnumbertype",),
)
relu6_op = define(
    "Relu6",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=("T: realnumbertype",),
)
relu6_grad_op = define(
    "Relu6Grad",
    inputs=(
        "gradients: T",
        "features: T",
    ),
    outputs=("backprops: T",),
    attrs=("T: realnumbertype",),
)
elu_op = define(
    "Elu",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
elu_grad_op = define(
    "EluGrad",
    inputs=(
        "gradients: T",
        "outputs: T",
    ),
    outputs=("backprops: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
selu_op = define(
    "Selu",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
selu_grad_op = define(
    "SeluGrad",
    inputs=(
        "gradients: T",
        "outputs: T",
    ),
    outputs=("backprops: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
leaky_relu_op = define(
    "LeakyRelu",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=(
        "alpha: float = 0.20000000298023224",
        "T: {float16, bfloat16, float32, float64} = DT_FLOAT32",
    ),
)
leaky_relu_grad_op = define(
    "LeakyReluGrad",
    inputs=(
        "gradients: T",
        "features: T",
    ),
    outputs=("backprops: T",),
    attrs=(
        "alpha: float = 0.20000000298023224",
        "T: {float16, bfloat16, float32, float64} = DT_FLOAT32",
    ),
)
softplus_op = define(
    "Softplus",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
softplus_grad_op = define(
    "SoftplusGrad",
    inputs=(
        "gradients: T",
        "features: T",
    ),
    outputs=("backprops: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
softsign_op = define(
    "Softsign",
    inputs=("features: T",),
    outputs=("activations: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
softsign_grad_op = define(
    "SoftsignGrad",
    inputs=(
        "gradients: T",
        "features: T",
    ),
    outputs=("backprops: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
    differentiable=False,
)
softmax_op = define(
    "Softmax",
    inputs=("logits: T",),
    outputs=("softmax: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
log_softmax_op = define(
    "LogSoftmax",
    inputs=("logits: T",),
    outputs=("logsoftmax: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)


@relu_op.shape
@relu6_op.shape
@elu_op.shape
@selu_op.shape
@leaky_relu_op.shape
@softplus_op.shape
@softsign_op.shape
def activation_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


@relu_grad_op.shape
@relu6_grad_op.shape
@elu_grad_op.shape
@selu_grad_op.shape
@leaky_relu_grad_op.shape
@softplus_grad_op.shape
@softsign_grad_op.shape
def activation_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [merge_dims(ctx.shape(0), ctx.shape(1))]


@softmax_op.shape
@log_softmax_op.shape
def softmax_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank_at_least(ctx.shape(0), 1)]


@relu_op.gradient
def relu_gradient(op: Operation, grad: Tensor) -> Tensor:
    return relu_grad_op(grad, op.outputs[0])


@relu_grad_op.gradient
def relu_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    features = op.inputs[1]
    return [relu_grad_op(grad, features), zeros_like(features)]


@relu6_op.gradient
def relu6_gradient(op: Operation, grad: Tensor) -> Tensor:
    return relu6_grad_op(grad, op.outputs[0])


@relu6_grad_op.gradient
def relu6_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    features = op.inputs[1]
    return [relu6_grad_op(grad, features), zeros_like(features)]


@elu_op.gradient
def elu_gradient(op: Operation, grad: Tensor) -> Tensor:
    return elu_grad_op(grad, op.outputs[0])


@elu_grad_op.gradient
def elu_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    outputs = op.inputs[1]
    return [
        elu_grad_op(grad, outputs),
        where(outputs < 0, grad * op.inputs[0], zeros_like(outputs)),
    ]


@selu_op.gradient
def selu_gradient(op: Operation, grad: Tensor) -> Tensor:
    return selu_grad_op(grad, op.outputs[0])


@selu_grad_op.gradient
def selu_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    outputs = op.inputs[1]
    return [
        selu_grad_op(grad, outputs),
        where(outputs < 0.0, grad * op.inputs[0], zeros_like(outputs)),
    ]


@leaky_relu_op.gradient
def leaky_relu_gradient(op: Operation, grad: Tensor) -> Tensor:
    return leaky_relu_grad_op(grad, op.inputs[0], alpha=op.attrs["alpha"])


@leaky_relu_grad_op.gradient
def leaky_relu_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    features = op.inputs[1]
    return [
        leaky_relu_grad_op(grad, features, alpha=op.attrs["alpha"]),
        zeros_like(features),
    ]


@softplus_op.gradient
def softplus_gradient(op: Operation, grad: Tensor) -> Tensor:
    return softplus_grad_op(grad, op.inputs[0])


@softplus_grad_op.gradient
def softplus_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    gradients, features = op.inputs
    with op.graph.control_dependencies([grad]):
        return [
            softplus_grad_op(grad, features),
            grad * gradients / (exp(-features) + 2.0 + exp(features)),
        ]


@softsign_op.gradient
def softsign_gradient(op: Operation, grad: Tensor) -> Tensor:
    return softsign_grad_op(grad, op.inputs[0])


@softmax_op.gradient
def softmax_gradient(op: Operation, grad: Tensor) -> Tensor:
    made = op.outputs[0]
    sum_channels = reduce_sum(grad * made, -1, keepdims=True)
    return (grad - sum_channels) * made


@log_softmax_op.gradient
def log_softmax_gradient(op: Operation, grad: Tensor) -> Tensor:
    made = exp(op.outputs[0])
    return grad - reduce_sum(grad, -1, keepdims=True) * made


def relu(features: Any, name: str | None = None) -> Tensor:
    """Return `max(features, 0)`, element by element.

    Args:
      features: numbers.
      name: the name of the node.
    """
    return relu_op(features, name=name)


def relu6(features: Any, name: str | None = None) -> Tensor:
    """Return `min(max(features, 0), 6)`, element by element.

    Args:
      features: numbers.
      name: the name of the node.
    """
    with OpScope(name, "Relu6", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        return relu6_op(features, name=scope)


def elu(features: Any, name: str | None = None) -> Tensor:
    """Return `exp(features) - 1` where that is negative and `features` elsewhere.

    Args:
      features: floats.
      name: the name of the node.
    """
    return elu_op(features, name=name)


def selu(features: Any, name: str | None = None) -> Tensor:
    """Return the scaled exponential linear units: `scale * alpha * (exp(features) - 1)` below zero.

    Args:
      features: floats.
      name: the name of the node.
    """
    return selu_op(features, name=name)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """Return `features`, those below zero times `alpha`.

    Args:
      features: numbers; integers become float32.
      alpha: the slope below zero.
      name: the name of the node.
    """
    with OpScope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = cast(features, dtypes.float32)
        return leaky_relu_op(features, alpha=alpha, name=scope)


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """Return the rectified `features` and the rectified `-features`, side by side along `axis`.

    Args:
      features: numbers.
      name: the name of the nodes.
      axis: the axis that doubles.
    """
    with OpScope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        both = concat([features, -features], axis, name=scope)
        return relu_op(both)


def softplus(features: Any, name: str | None = None) -> Tensor:
    """Return `log(exp(features) + 1)`, element by element.

    Args:
      features: floats.
      name: the name of the node.
    """
    return softplus_op(features, name=name)


def softsign(features: Any, name: str | None = None) -> Tensor:
    """Return `features / (abs(features) + 1)`, element by element.

    Args:
      features: floats.
      name: the name of the node.
    """
    return softsign_op(features, name=name)


def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Return `exp(logits)` divided by its sum over `axis`.

    Args:
      logits: floats.
      axis: the axis of the classes, the last one by default.
      name: the name of the node.
      dim: an older name of `axis`.

    Raises:
      InvalidArgumentError: `axis` is out of range.
    """
    return _along_axis(logits, softmax_op, one_of_two(axis, dim, "axis", "dim"), name)


def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Return the logarithm of the softmax of `logits` over `axis`.

    Args:
      logits: floats.
      axis: the axis of the classes, the last one by default.
      name: the name of the node.
      dim: an older name of `axis`.

    Raises:
      InvalidArgumentError: `axis` is out of range.
    """
    return _along_axis(logits, log_softmax_op, one_of_two(axis, dim, "axis", "dim"), name)


def _along_axis(logits: Any, compute: Any, axis: Any, name: str | None) -> Tensor:
    """Apply an op of the last axis along another one, with the axes exchanged before and after."""
    logits = convert_to_tensor(logits)
    rank = None if logits.dims is None else len(logits.dims)
    if axis is None or axis == -1 or (rank is not None and axis == rank - 1):
        return compute(logits, name=name)
    if rank is None or not -rank <= axis < rank:
        raise errors.invalid_argument(
            f"Dimension ({axis}) must be in the range [-{rank}, {rank}) where {rank} is the number "
            "of dimensions in the input."
        )
    axis %= rank
    input_rank = rank_of(logits)
    swapped = _swap_with_last(logits, axis, subtract(input_rank, 1))
    made = _swap_with_last(compute(swapped), axis, subtract(input_rank, 1), name)
    made.set_shape(logits.dims)
    return made


def _swap_with_last(value: Tensor, axis: int, last: Tensor, name: str | None = None) -> Tensor:
    order = concat([range_of(axis), [last], range_of(axis + 1, last), [axis]], 0)
    return transpose(value, order, name=name)
