"""Kernels of biases, batch normalisation, local response normalisation and the L2 loss."""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor

_batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default


@kernel("BiasAdd", "cpu", "gpu")
def bias_add(value: Tensor, bias: Tensor, *, data_format: bytes) -> Tensor:
    if value.dim() < 2:
        raise errors.invalid_argument(
            f"Input tensor must be at least 2D: {format_dims(tuple(value.shape), 'kernel')}"
        )
    if bias.dim() != 1:
        raise errors.invalid_argument(
            f"Biases must be 1D: {format_dims(tuple(bias.shape), 'kernel')}"
        )
    axis = 1 if data_format == b"NCHW" else -1
    if value.shape[axis] != bias.shape[0]:
        which = "last" if axis == -1 else "channel"
        raise errors.invalid_argument(
            f"Must provide as many biases as the {which} dimension of the input tensor: "
            f"{format_dims(tuple(bias.shape), 'kernel')} vs. "
            f"{format_dims(tuple(value.shape), 'kernel')}"
        )
    if axis == 1:
        bias = bias.view(-1, *[1] * (value.dim() - 2))
    return torch.add(value, bias)


@kernel("BiasAddV1", "cpu", "gpu")
def bias_add_v1(value: Tensor, bias: Tensor) -> Tensor:
    return bias_add(value, bias, data_format=b"NHWC")


@kernel("BiasAddGrad", "cpu", "gpu")
def bias_add_grad(out_backprop: Tensor, *, data_format: bytes) -> Tensor:
    if out_backprop.dim() < 2:
        raise errors.invalid_argument(
            f"Input tensor must be at least 2D: {format_dims(tuple(out_backprop.shape), 'kernel')}"
        )
    if data_format == b"NCHW":
        axes = [0, *range(2, out_backprop.dim())]
    else:
        axes = list(range(out_backprop.dim() - 1))
    return out_backprop.sum(axes, dtype=out_backprop.dtype)


def _check_image(image: Tensor, data_format: bytes, when: str = "", **vectors: Tensor) -> None:
    """Complain where there is not one number a channel; torch would read what lies behind."""
    if image.dim() not in (4, 5) or image.dim() != len(data_format):
        raise errors.invalid_argument(
            f"input must be {len(data_format)}-dimensional"
            f"{format_dims(tuple(image.shape), 'kernel')}"
        )
    channels = image.shape[1 if data_format.startswith(b"NC") else -1]
    for name, vector in vectors.items():
        if vector.dim() != 1:
            raise errors.invalid_argument(
                f"{name} must be 1-dimensional{format_dims(tuple(vector.shape), 'kernel')}"
            )
        if vector.shape[0] != channels:
            raise errors.invalid_argument(
                f"{when}{name} must have the same number of elements as the channels of x, got "
                f"{vector.shape[0]} and {channels}"
            )


def _channels_first(image: Tensor, data_format: bytes) -> Tensor:
    return image.movedim(-1, 1) if data_format.endswith(b"C") else image


def _as_given(image: Tensor, data_format: bytes) -> Tensor:
    return image.movedim(1, -1) if data_format.endswith(b"C") else image


def _batch_norm(
    image: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: bytes,
    is_training: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the result, the new mean and variance, and those that the gradient needs."""
    _check_image(image, data_format, scale=scale, offset=offset)
    if not is_training:
        when = "When is_training=false, "
        _check_image(image, data_format, when, mean=mean, variance=variance)
    elif exponential_avg_factor != 1.0:
        when = "When exponential_avg_factor != 1, "
        _check_image(image, data_format, when, mean=mean, variance=variance)
    if is_training and not image.numel():
        nothing, unknown = torch.zeros_like(scale), torch.full_like(scale, torch.nan)
        return torch.empty_like(image), unknown, unknown.clone(), nothing, nothing.clone()
    first = _channels_first(image, data_format)
    # Torch reads numbers of channels one after another, whatever the strides say.
    scale, offset, mean, variance = (each.contiguous() for each in (scale, offset, mean, variance))
    if not is_training:
        made = torch.batch_norm(first, scale, offset, mean, variance, False, 0.0, epsilon, False)
        return _as_given(made, data_format), mean, variance, mean, variance
    made, batch_mean, inverse = torch.native_batch_norm(
        first, scale, offset, None, None, True, 0.0, epsilon
    )
    batch_variance = inverse.pow(-2).sub_(epsilon).clamp_min_(0)
    count = image.numel() // max(image.shape[1 if data_format.startswith(b"NC") else -1], 1)
    unbiased = batch_variance * (count / max(count - 1, 1))
    new_mean = batch_mean
    if exponential_avg_factor != 1.0:
        new_mean = torch.lerp(mean, batch_mean, exponential_avg_factor)
        unbiased = torch.lerp(variance, unbiased, exponential_avg_factor)
    return _as_given(made, data_format), new_mean, unbiased, batch_mean, batch_variance


def _batch_norm_grad(
    y_backprop: Tensor,
    image: Tensor,
    scale: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float,
    data_format: bytes,
    is_training: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of the image, the scale and the offset."""
    if y_backprop.shape != image.shape:
        raise errors.invalid_argument(
            "x and y_backprop must have same shape, but x has shape "
            f"{format_dims(tuple(image.shape), 'kernel')} and y_backprop has shape "
            f"{format_dims(tuple(y_backprop.shape), 'kernel')}"
        )
    _check_image(image, data_format, scale=scale, reserve_space_1=mean, reserve_space_2=variance)
    if not image.numel():
        return torch.empty_like(image), torch.zeros_like(scale), torch.zeros_like(scale)
    # Torch reads numbers of channels one after another, whatever the strides say.
    scale, mean, variance = (each.contiguous() for each in (scale, mean, variance))
    running = (None, None) if is_training else (mean, variance)
    saved = (*running, mean, (variance + epsilon).rsqrt_())  # on a GPU, torch wants all four
    first = _channels_first(image, data_format)
    grad = _channels_first(y_backprop, data_format)
    made, scale_grad, offset_grad = _batch_norm_backward(
        grad, first, scale, *saved, is_training, epsilon, [True, True, True]
    )
    return _as_given(made, data_format), scale_grad, offset_grad


@kernel("FusedBatchNorm", "cpu", "gpu")
@kernel("FusedBatchNormV2", "cpu", "gpu")
def fused_batch_norm(
    image: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor,
    variance: Tensor,
    *,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: bytes,
    is_training: bool,
) -> tuple[Tensor, ...]:
    return _batch_norm(
        image, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format,
        is_training,
    )  # fmt: skip


@kernel("FusedBatchNormV3", "cpu", "gpu")
def fused_batch_norm_v3(
    image: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor,
    variance: Tensor,
    *,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: bytes,
    is_training: bool,
) -> tuple[Tensor, ...]:
    made = _batch_norm(
        image, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format,
        is_training,
    )  # fmt: skip
    return *made, scale.new_zeros(())


@kernel("FusedBatchNormGrad", "cpu", "gpu")
@kernel("FusedBatchNormGradV2", "cpu", "gpu")
def fused_batch_norm_grad(
    y_backprop: Tensor,
    image: Tensor,
    scale: Tensor,
    reserve_space_1: Tensor,
    reserve_space_2: Tensor,
    *,
    epsilon: float,
    data_format: bytes,
    is_training: bool,
) -> tuple[Tensor, ...]:
    made = _batch_norm_grad(
        y_backprop,
        image,
        scale,
        reserve_space_1,
        reserve_space_2,
        epsilon,
        data_format,
        is_training,
    )
    return *made, scale.new_zeros(0), scale.new_zeros(0)


@kernel("FusedBatchNormGradV3", "cpu", "gpu")
def fused_batch_norm_grad_v3(
    y_backprop: Tensor,
    image: Tensor,
    scale: Tensor,
    reserve_space_1: Tensor,
    reserve_space_2: Tensor,
    reserve_space_3: Tensor,
    *,
    epsilon: float,
    data_format: bytes,
    is_training: bool,
) -> tuple[Tensor, ...]:
    return fused_batch_norm_grad(
        y_backprop,
        image,
        scale,
        reserve_space_1,
        reserve_space_2,
        epsilon=epsilon,
        data_format=data_format,
        is_training=is_training,
    )


def _depth_window_sum(image: Tensor, radius: int) -> Tensor:
    """Return the sums along the last axis of windows of `radius` on either side."""
    depth = image.shape[-1]
    if depth <= _DENSE_DEPTH:
        places = torch.arange(depth, device=image.device)
        is_near = (places[:, None] - places).abs() <= radius
        return image @ is_near.to(image.dtype)
    rows = image.reshape(-1, 1, depth)
    window = 2 * radius + 1
    means = torch.nn.functional.avg_pool1d(rows, window, 1, radius)
    return means.mul_(window).view(image.shape)


_DENSE_DEPTH = 512
"""Up to here a product with a matrix of ones near its diagonal is the faster way."""


def _check_radius(radius: int) -> None:
    if radius < 0:
        raise errors.invalid_argument(f"depth_radius = {radius} larger than int max")


def _power(norm: Tensor, exponent: float) -> Tensor:
    """Return a power of positive numbers."""
    if exponent == -0.75:
        return (norm * norm.sqrt()).rsqrt_()
    return norm.pow(exponent)


@kernel("LRN", "cpu", "gpu")
def lrn(image: Tensor, *, depth_radius: int, bias: float, alpha: float, beta: float) -> Tensor:
    if image.dim() != 4:
        raise errors.invalid_argument("in must be 4-dimensional")
    _check_radius(depth_radius)
    norm = _depth_window_sum(image.square(), depth_radius).mul_(alpha).add_(bias)
    return image * _power(norm, -beta)


@kernel("LRNGrad", "cpu", "gpu")
def lrn_grad(
    input_grads: Tensor,
    input_image: Tensor,
    output_image: Tensor,
    *,
    depth_radius: int,
    bias: float,
    alpha: float,
    beta: float,
) -> Tensor:
    if input_grads.dim() != 4:
        raise errors.invalid_argument("inputs must be 4-dimensional")
    if not input_grads.shape == input_image.shape == output_image.shape:
        raise errors.invalid_argument(
            "input_grads, input_image, and out_image should have the same shape"
        )
    _check_radius(depth_radius)
    norm = _depth_window_sum(input_image.square(), depth_radius).mul_(alpha).add_(bias)
    shared = _depth_window_sum(input_grads * output_image / norm, depth_radius)
    return input_grads * _power(norm, -beta) - shared.mul_(2 * alpha * beta).mul_(input_image)


@kernel("L2Loss", "cpu", "gpu")
def l2_loss(value: Tensor) -> Tensor:
    flat = value.reshape(-1)
    return torch.dot(flat, flat).mul_(0.5)
