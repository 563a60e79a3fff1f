"""Kernels of op types that others have replaced; most are those of the others.

Source: TensorFlow 1.15, core/kernels/batch_norm_op.h, adjust_contrast_op.cc, random_crop_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.kernels.philox import seed_stream
from tensormill.kernels.random import make_poisson
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.summaries import audio_summary_v2
from tensormill.kernels.top_k import top_k_v2
from tensormill.kernels.volume_convolution import (
    conv3d_backprop_filter_v2,
    conv3d_backprop_input_v2,
)

Tensor = torch.Tensor
_FLOATS = ("float16", "float32", "float64")
_NUMBERS = (*_FLOATS, "bfloat16")


def _register_transform(op_type: str, rank: int, transform: Callable[..., Tensor]) -> None:
    axes = tuple(range(-rank, 0))

    def compute(input: Tensor) -> Tensor:
        if input.dim() < rank:
            raise errors.invalid_argument(
                f"Input must have rank of at least {rank} but got: {list(input.shape)}"
            )
        return transform(input, dim=axes) if input.numel() else input.clone()

    compute.__module__ = __name__
    kernel(op_type, "cpu", "gpu")(compute)


for _rank, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    _register_transform(f"BatchFFT{_suffix}", _rank, torch.fft.fftn)
    _register_transform(f"BatchIFFT{_suffix}", _rank, torch.fft.ifftn)


@kernel("BatchNormWithGlobalNormalization", "cpu", "gpu", types={"T": _NUMBERS})
def batch_norm(
    t: Tensor,
    m: Tensor,
    v: Tensor,
    beta: Tensor,
    gamma: Tensor,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> Tensor:
    _check_batch_norm(t, m=m, v=v, beta=beta, gamma=gamma)
    factor = (v + variance_epsilon).rsqrt()
    if scale_after_normalization:
        factor = factor * gamma
    return (t - m) * factor + beta


def _check_batch_norm(image: Tensor, **vectors: Tensor) -> None:
    if image.dim() != 4:
        raise errors.invalid_argument(f"input must be 4-dimensional{list(image.shape)}")
    for name, vector in vectors.items():
        if vector.dim() != 1:
            raise errors.invalid_argument(f"{name} must be 1-dimensional{list(vector.shape)}")


@kernel("BatchNormWithGlobalNormalizationGrad", "cpu", "gpu", types={"T": _NUMBERS})
def batch_norm_grad(
    t: Tensor,
    m: Tensor,
    v: Tensor,
    gamma: Tensor,
    backprop: Tensor,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> tuple[Tensor, ...]:
    _check_batch_norm(t, m=m, v=v, gamma=gamma)
    axes = (0, 1, 2)
    inverse = (v + variance_epsilon).rsqrt()
    by_centred = (backprop * (t - m)).sum(axes)
    total = backprop.sum(axes)
    if scale_after_normalization:
        scale, by_gamma = gamma, by_centred * inverse
    else:
        scale, by_gamma = torch.ones_like(gamma), torch.zeros_like(gamma)
    return (
        backprop * (inverse * scale),
        -total * inverse * scale,
        by_centred * scale * -0.5 * inverse**3,
        total,
        by_gamma,
    )


@kernel("Conv3DBackpropInput", "cpu", "gpu", types={"T": _FLOATS})
def conv3d_backprop_input(
    image: Tensor,
    filters: Tensor,
    out_backprop: Tensor,
    *,
    strides: Sequence[int],
    padding: bytes,
    dilations: Sequence[int],
) -> Tensor:
    return conv3d_backprop_input_v2(
        np.array(image.shape), filters, out_backprop, strides=strides, padding=padding,
        data_format=b"NDHWC", dilations=dilations,
    )  # fmt: skip


@kernel("Conv3DBackpropFilter", "cpu", "gpu", types={"T": _FLOATS})
def conv3d_backprop_filter(
    image: Tensor,
    filters: Tensor,
    out_backprop: Tensor,
    *,
    strides: Sequence[int],
    padding: bytes,
    dilations: Sequence[int],
) -> Tensor:
    return conv3d_backprop_filter_v2(
        image, np.array(filters.shape), out_backprop, strides=strides, padding=padding,
        data_format=b"NDHWC", dilations=dilations,
    )  # fmt: skip


@kernel("TopK", "cpu", "gpu")
def top_k(values: Tensor, *, k: int) -> tuple[Tensor, Tensor]:
    return top_k_v2(values, np.int32(k), index_type=dtypes.int32)


kernel_factory("RandomPoisson", "cpu", host_inputs=["shape"])(make_poisson)


@kernel("AdjustContrast", "cpu", "gpu")
def adjust_contrast(
    images: Tensor, contrast_factor: Tensor, min_value: Tensor, max_value: Tensor
) -> Tensor:
    if images.dim() < 3:
        raise errors.invalid_argument(f"input must be at least 3-D, got shape{list(images.shape)}")
    pixels = images.float()
    if not pixels.numel():
        return pixels
    mean = pixels.mean((-3, -2), keepdim=True)
    adjusted = (pixels - mean) * contrast_factor + mean
    return torch.maximum(torch.minimum(adjusted, max_value), min_value)


@kernel_factory("RandomCrop", "cpu", host_inputs=("size",))
def make_random_crop(ctx: KernelContext) -> Any:
    stream = seed_stream(ctx.attrs["seed"], ctx.attrs["seed2"])

    def random_crop(image: Tensor, size: Any) -> Tensor:
        if image.dim() != 3:
            raise errors.invalid_argument(f"image must be 3-dimensional{list(image.shape)}")
        if np.ndim(size) != 1:
            raise errors.invalid_argument(f"size must be 1-dimensional{list(np.shape(size))}")
        if np.size(size) != 2:
            raise errors.invalid_argument(f"size must have two elements{list(np.shape(size))}")
        numbers = iter(stream.reserve(2).words(2).tolist())
        height, width = size.tolist()
        left = _offset("width", image.shape[1], width, numbers)
        top = _offset("height", image.shape[0], height, numbers)
        return image[top : top + height, left : left + width].clone()

    return random_crop


def _offset(name: str, whole: int, wanted: int, numbers: Iterator[int]) -> int:
    if not 0 <= wanted <= whole:
        raise errors.failed_precondition(
            f"{name} must be >= target_{name}: {name} = {whole}, target_{name} = {wanted}"
        )
    return next(numbers) % (whole - wanted + 1) if wanted < whole else 0


@kernel("AudioSummary", "cpu")
def audio_summary(tag: Any, tensor: Tensor, *, sample_rate: float, max_outputs: int) -> Any:
    return audio_summary_v2(tag, tensor, np.float32(sample_rate), max_outputs=max_outputs)
