"""Biases, batch normalisation, local response normalisation and the L2 loss."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import squared_difference
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import rsqrt, square
from tensormill.ops.filling import ones_like
from tensormill.ops.gradients import gradients
from tensormill.ops.identities import stop_gradient
from tensormill.ops.joining import concat, tile
from tensormill.ops.reduction import reduce_mean, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose
from tensormill.ops.windows import channel_axis, merge_sizes

bias_add_op = define(
    "BiasAdd",
    inputs=(
        "value: T",
        "bias: T",
    ),
    outputs=("output: T",),
    attrs=(
        (
            "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, "
            "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, "
            "uint64}"
        ),
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    ),
)
bias_add_v1_op = define(
    "BiasAddV1",
    inputs=(
        "value: T",
        "bias: T",
    ),
    outputs=("output: T",),
    attrs=(
        (
            "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, "
            "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, "
            "uint64}"
        ),
    ),
)
bias_add_grad_op = define(
    "BiasAddGrad",
    inputs=("out_backprop: T",),
    outputs=("output: T",),
    attrs=(
        (
            "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, "
            "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, "
            "uint64}"
        ),
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    ),
)
fused_batch_norm_op = define(
    "FusedBatchNorm",
    inputs=(
        "x: T",
        "scale: T",
        "offset: T",
        "mean: T",
        "variance: T",
    ),
    outputs=(
        "y: T",
        "batch_mean: T",
        "batch_variance: T",
        "reserve_space_1: T",
        "reserve_space_2: T",
    ),
    attrs=(
        "T: {float32}",
        "epsilon: float = 9.999999747378752e-05",
        "exponential_avg_factor: float = 1.0",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "is_training: bool = true",
    ),
)
fused_batch_norm_grad_op = define(
    "FusedBatchNormGrad",
    inputs=(
        "y_backprop: T",
        "x: T",
        "scale: T",
        "reserve_space_1: T",
        "reserve_space_2: T",
    ),
    outputs=(
        "x_backprop: T",
        "scale_backprop: T",
        "offset_backprop: T",
        "reserve_space_3: T",
        "reserve_space_4: T",
    ),
    attrs=(
        "T: {float32}",
        "epsilon: float = 9.999999747378752e-05",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "is_training: bool = true",
    ),
)
fused_batch_norm_v2_op = define(
    "FusedBatchNormV2",
    inputs=(
        "x: T",
        "scale: U",
        "offset: U",
        "mean: U",
        "variance: U",
    ),
    outputs=(
        "y: T",
        "batch_mean: U",
        "batch_variance: U",
        "reserve_space_1: U",
        "reserve_space_2: U",
    ),
    attrs=(
        "T: {float16, bfloat16, float32}",
        "U: {float32}",
        "epsilon: float = 9.999999747378752e-05",
        "exponential_avg_factor: float = 1.0",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "is_training: bool = true",
    ),
)
fused_batch_norm_grad_v2_op = define(
    "FusedBatchNormGradV2",
    inputs=(
        "y_backprop: T",
        "x: T",
        "scale: float32",
        "reserve_space_1: U",
        "reserve_space_2: U",
    ),
    outputs=(
        "x_backprop: T",
        "scale_backprop: U",
        "offset_backprop: U",
        "reserve_space_3: U",
        "reserve_space_4: U",
    ),
    attrs=(
        "T: {float16, bfloat16, float32}",
        "U: {float32}",
        "epsilon: float = 9.999999747378752e-05",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "is_training: bool = true",
    ),
)
fused_batch_norm_v3_op = define(
    "FusedBatchNormV3",
    inputs=(
        "x: T",
        "scale: U",
        "offset: U",
        "mean: U",
        "variance: U",
    ),
    outputs=(
        "y: T",
        "batch_mean: U",
        "batch_variance: U",
        "reserve_space_1: U",
        "reserve_space_2: U",
        "reserve_space_3: U",
    ),
    attrs=(
        "T: {float16, bfloat16, float32}",
        "U: {bfloat16, float32}",
        "epsilon: float = 9.999999747378752e-05",
        "exponential_avg_factor: float = 1.0",
        "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'",
        "is_training: bool = true",
    ),
)
fused_batch_norm_grad_v3_op = define(
    "FusedBatchNormGradV3",
    inputs=(
        "y_backprop: T",
        "x: T",
        "scale: float32",
        "reserve_space_1: U",
        "reserve_space_2: U",
        "reserve_space_3: U",
    ),
    outputs=(
        "x_backprop: T",
        "scale_backprop: U",
        "offset_backprop: U",
        "reserve_space_4: U",
        "reserve_space_5: U",
    ),
    attrs=(
        "T: {float16, bfloat16, float32}",
        "U: {float32}",
        "epsilon: float = 9.999999747378752e-05",
        "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'",
        "is_training: bool = true",
    ),
)
lrn_op = define(
    "LRN",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "depth_radius: int = 5",
        "bias: float = 1.0",
        "alpha: float = 1.0",
        "beta: float = 0.5",
        "T: {float16, bfloat16, float32} = DT_FLOAT32",
    ),
)
lrn_grad_op = define(
    "LRNGrad",
    inputs=(
        "input_grads: T",
        "input_image: T",
        "output_image: T",
    ),
    outputs=("output: T",),
    attrs=(
        "depth_radius: int = 5",
        "bias: float = 1.0",
        "alpha: float = 1.0",
        "beta: float = 0.5",
        "T: {float16, bfloat16, float32} = DT_FLOAT32",
    ),
    differentiable=False,
)
l2_loss_op = define(
    "L2Loss",
    inputs=("t: T",),
    outputs=("output: T",),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)


def _rank_of_biased(ctx: ShapeContext) -> int:
    """Return how many dimensions the value must have at least."""
    return 3 if ctx.attrs.get("data_format") == b"NCHW" else 2


@bias_add_op.shape
def bias_add_shape(ctx: ShapeContext) -> list[Dims]:
    value = with_rank_at_least(ctx.shape(0), _rank_of_biased(ctx))
    bias = with_rank(ctx.shape(1), 1)
    if value is None:
        return [None]
    axis = 1 if ctx.attrs.get("data_format") == b"NCHW" else len(value) - 1
    return [(*value[:axis], merge_sizes(value[axis], bias[0]), *value[axis + 1 :])]


bias_add_v1_op.shape(bias_add_shape)


@bias_add_grad_op.shape
def bias_add_grad_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), _rank_of_biased(ctx))
    if dims is None:
        return [(None,)]
    return [(dims[1] if ctx.attrs["data_format"] == b"NCHW" else dims[-1],)]


@bias_add_op.gradient
def bias_add_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    return [grad, bias_add_grad_op(grad, data_format=op.attrs["data_format"])]


@bias_add_v1_op.gradient
def bias_add_v1_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    axes = range_of(rank_of(grad) - 1)
    return [grad, reduce_sum(grad, axes)]


@bias_add_grad_op.gradient
def bias_add_grad_gradient(op: Operation, grad: Tensor) -> Tensor:
    sizes = shape_of(op.inputs[0])
    bias_shape = shape_of(grad)
    if op.attrs["data_format"] == b"NCHW":
        expanded = concat([ones_like(sizes[:1]), bias_shape, ones_like(sizes[2:])], 0)
        multiples = concat([sizes[:1], [1], sizes[2:]], 0)
    else:
        expanded = concat([ones_like(sizes[:-1]), bias_shape], 0)
        multiples = concat([sizes[:-1], [1]], 0)
    return tile(reshape(grad, expanded), multiples)


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """Return `value` with the vector `bias` added to its channels.

    Args:
      value: [..., channels], or [batch, channels, ...] with a `data_format` of "NC...".
      bias: [channels], of the same dtype.
      data_format: "N...C" or "NC..."; None is the former.
      name: the name of the node.

    Raises:
      ValueError: the data format is of neither form, or the shapes do not fit.
    """
    with OpScope(name, "BiasAdd", [value, bias]) as scope:
        if data_format is not None:
            if data_format.startswith("NC"):
                data_format = "NCHW"
            elif data_format.startswith("N") and data_format.endswith("C"):
                data_format = "NHWC"
            else:
                raise ValueError("data_format must be of the form `N...C` or `NC...`")
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return bias_add_op(value, bias, data_format=data_format, name=scope)


def bias_add_v1(value: Any, bias: Any, name: str | None = None) -> Tensor:
    """Return `value` with the vector `bias` added along its last axis; the older op BiasAddV1.

    Args:
      value: [..., channels].
      bias: [channels], of the same dtype.
      name: the name of the node.
    """
    with OpScope(name, "BiasAddV1", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return bias_add_v1_op(value, bias, name=scope)


def _channel_dims(ctx: ShapeContext, first_vector: int, last_vector: int) -> tuple[Dims, Dims]:
    """Return the shapes of the image and of its channels, from the image and the vectors."""
    data_format = ctx.attrs["data_format"]
    image = with_rank(ctx.shape("x"), len(data_format))
    axis = channel_axis(data_format, len(data_format))
    channels = image[axis]
    for index in range(first_vector, last_vector):
        vector = with_rank(ctx.shape(index), 1)
        is_read = not ctx.attrs["is_training"] or ctx.attrs["exponential_avg_factor"] != 1.0
        if index < 3 or is_read:
            channels = merge_sizes(channels, vector[0])
    return (*image[:axis], channels, *image[axis + 1 :]), (channels,)


@fused_batch_norm_op.shape
@fused_batch_norm_v2_op.shape
def fused_batch_norm_shape(ctx: ShapeContext) -> list[Dims]:
    image, channels = _channel_dims(ctx, 1, 5)
    return [image, channels, channels, channels, channels]


@fused_batch_norm_v3_op.shape
def fused_batch_norm_v3_shape(ctx: ShapeContext) -> list[Dims]:
    return [*fused_batch_norm_shape(ctx), None]


@fused_batch_norm_grad_op.shape
@fused_batch_norm_grad_v2_op.shape
@fused_batch_norm_grad_v3_op.shape
def fused_batch_norm_grad_shape(ctx: ShapeContext) -> list[Dims]:
    data_format = ctx.attrs["data_format"]
    image = with_rank(merge_dims(ctx.shape("y_backprop"), ctx.shape("x")), len(data_format))
    axis = channel_axis(data_format, len(data_format))
    channels = image[axis]
    for name in ("scale", "reserve_space_1", "reserve_space_2"):
        channels = merge_sizes(channels, with_rank(ctx.shape(name), 1)[0])
    whole = (*image[:axis], channels, *image[axis + 1 :])
    return [whole, (channels,), (channels,), (0,), (0,)]


def _fused_batch_norm_gradient(
    op: Operation, grad_op: OpBuilder, grad: Tensor
) -> list[Tensor | None]:
    image, scale = op.inputs[0], op.inputs[1]
    data_format, is_training = op.attrs["data_format"], op.attrs["is_training"]
    saved = op.outputs[3:] if is_training else [op.inputs[3], op.inputs[4], *op.outputs[5:]]
    is_first = data_format.startswith(b"NC") and not is_training
    if is_first:
        to_last = [0, *range(2, len(data_format)), 1]
        image, grad = transpose(image, to_last), transpose(grad, to_last)
        data_format = b"NHWC" if len(data_format) == 4 else b"NDHWC"
    dx, dscale, doffset, _, _ = grad_op(
        grad,
        image,
        scale,
        *saved,
        epsilon=op.attrs["epsilon"],
        data_format=data_format,
        is_training=is_training,
    )
    if is_first:
        dx = transpose(dx, [0, len(data_format) - 1, *range(1, len(data_format) - 1)])
    return [dx, dscale, doffset, None, None]


@fused_batch_norm_op.gradient
def fused_batch_norm_gradient(op: Operation, grad: Tensor, *unused: Any) -> list[Tensor | None]:
    return _fused_batch_norm_gradient(op, fused_batch_norm_grad_op, grad)


@fused_batch_norm_v2_op.gradient
def fused_batch_norm_v2_gradient(op: Operation, grad: Tensor, *unused: Any) -> list[Tensor | None]:
    return _fused_batch_norm_gradient(op, fused_batch_norm_grad_v2_op, grad)


@fused_batch_norm_v3_op.gradient
def fused_batch_norm_v3_gradient(op: Operation, grad: Tensor, *unused: Any) -> list[Tensor | None]:
    return _fused_batch_norm_gradient(op, fused_batch_norm_grad_v3_op, grad)


def _channel_statistics(image: Tensor, axes: list[int]) -> tuple[Tensor, Tensor]:
    """Return the mean and variance of each channel, in the rank of the image."""
    mean = reduce_mean(image, axes, keepdims=True)
    distance = squared_difference(image, stop_gradient(mean))
    return mean, reduce_mean(distance, axes, keepdims=True)


def _plain_gradients(op: Operation, axes: list[int], shape: list[int]) -> list[Tensor]:
    """Return what a FusedBatchNormGrad computes, made of ops that can be differentiated."""
    grad_y, image, scale, mean, variance = op.inputs[:5]
    dtype = image.dtype
    image, grad_y = cast(image, dtypes.float32), cast(grad_y, dtypes.float32)
    scale = reshape(scale, shape)
    if op.attrs["is_training"]:
        mean, variance = _channel_statistics(image, axes)
    else:
        mean, variance = reshape(mean, shape), reshape(variance, shape)
    inverse = rsqrt(variance + op.attrs["epsilon"])
    centered = image - mean
    grad_image = grad_y * (scale * inverse)
    if op.attrs["is_training"]:
        mean_grad = reduce_mean(grad_y, axes, keepdims=True)
        mean_product = reduce_mean(grad_y * centered, axes, keepdims=True)
        slope = centered * square(inverse) * mean_product
        grad_image = scale * inverse * (grad_y - mean_grad - slope)
    grad_scale = reduce_sum(grad_y * centered * inverse, axes)
    return [cast(grad_image, dtype), grad_scale, reduce_sum(grad_y, axes)]


@fused_batch_norm_grad_op.gradient
@fused_batch_norm_grad_v2_op.gradient
@fused_batch_norm_grad_v3_op.gradient
def fused_batch_norm_grad_gradient(op: Operation, *grads: Tensor | None) -> list[Tensor | None]:
    data_format = op.attrs["data_format"]
    rank = len(data_format)
    channels = channel_axis(data_format, rank)
    axes = [axis for axis in range(rank) if axis != channels]
    shape = [-1 if axis == channels else 1 for axis in range(rank)]
    sources = list(op.inputs[:3])
    made = gradients(
        _plain_gradients(op, axes, shape), sources, list(grads[:3]), stop_gradients=sources
    )
    return [*made, *[None] * (len(op.inputs) - 3)]


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise a batch of images channel by channel, in one op.

    Args:
      x: [batch, height, width, channels], or as `data_format` says.
      scale: [channels], the factor.
      offset: [channels], the summand.
      mean: [channels], the mean to use where `is_training` is False.
      variance: [channels], likewise.
      epsilon: added to the variance; at least 1.001e-5, as cuDNN asks for.
      data_format: "NHWC" or "NCHW".
      is_training: use (and return) the mean and variance of the batch.
      name: the name of the node.

    Returns:
      The normalised images, the batch's mean and its (unbiased) variance.

    Raises:
      ValueError: a mean or variance is given for training, or missing otherwise.
    """
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    if is_training and (mean is not None or variance is not None):
        raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
    if mean is None:
        mean = constant([])
    if variance is None:
        variance = constant([])
    made = fused_batch_norm_v3_op(
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon=max(epsilon, 1.001e-5),
        data_format=data_format,
        is_training=is_training,
        name=name,
    )
    return made[0], made[1], made[2]


@lrn_op.shape
def lrn_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(ctx.shape(0), 4)]


@lrn_grad_op.shape
def lrn_grad_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank(ctx.shape(0), 4)
    return [merge_dims(merge_dims(dims, ctx.shape(1)), ctx.shape(2))]


@lrn_op.gradient
def lrn_gradient(op: Operation, grad: Tensor) -> Tensor:
    names = ("depth_radius", "bias", "alpha", "beta")
    return lrn_grad_op(
        grad, op.inputs[0], op.outputs[0], **{name: op.attrs[name] for name in names}
    )


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """Divide each channel by a power of what its neighbours have: `(bias + alpha * sum) ** beta`.

    Args:
      input: [batch, height, width, channels].
      depth_radius: how many channels on either side count.
      bias: keeps the divisor from zero.
      alpha: the factor of the sum of squares.
      beta: the exponent.
      name: the name of the node.
    """
    return lrn_op(input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name)


@l2_loss_op.shape
def l2_loss_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@l2_loss_op.gradient
def l2_loss_gradient(op: Operation, grad: Tensor) -> Tensor:
    return op.inputs[0] * grad


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Return `sum(t ** 2) / 2`.

    Args:
      t: floats, of any shape.
      name: the name of the node.
    """
    return l2_loss_op(t, name=name)
