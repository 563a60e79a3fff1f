"""Kernels of convolutions of every channel on its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from tensormill.kernels.convolution_geometry import (
    ConvolutionGeometry,
)
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
Sizes = Sequence[int]

_FLOATS = ("float16", "bfloat16", "float32", "float64")


def _depthwise_to_torch(filters: Tensor) -> Tensor:
    """Return [height, width, in, multiplier] as [in * multiplier, 1, height, width]."""
    height, width, channels, multiplier = filters.shape
    return filters.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)


def _depthwise_from_torch(filters: Tensor, sizes: Sizes) -> Tensor:
    height, width, channels, multiplier = sizes
    return filters.reshape(channels, multiplier, height, width).permute(2, 3, 0, 1).contiguous()


@kernel("DepthwiseConv2dNative", "cpu", "gpu", types={"T": _FLOATS})
def depthwise_conv2d(
    image: Tensor,
    filters: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    explicit_paddings: Sizes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    geometry = ConvolutionGeometry.of(
        image.shape, filters.shape[:2], strides, padding, explicit_paddings, data_format, dilations
    )
    return geometry.convolve(image, _depthwise_to_torch(filters), filters.shape[2])


@kernel(
    "DepthwiseConv2dNativeBackpropInput",
    "cpu",
    "gpu",
    types={"T": _FLOATS},
    host_inputs=("input_sizes",),
)
def depthwise_conv2d_backprop_input(
    input_sizes: np.ndarray,
    filters: Tensor,
    out_backprop: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    explicit_paddings: Sizes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    sizes = input_sizes.tolist()
    geometry = ConvolutionGeometry.of(
        sizes, filters.shape[:2], strides, padding, explicit_paddings, data_format, dilations
    )
    return geometry.image_gradient(_depthwise_to_torch(filters), out_backprop, filters.shape[2])


@kernel(
    "DepthwiseConv2dNativeBackpropFilter",
    "cpu",
    "gpu",
    types={"T": _FLOATS},
    host_inputs=("filter_sizes",),
)
def depthwise_conv2d_backprop_filter(
    image: Tensor,
    filter_sizes: np.ndarray,
    out_backprop: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    explicit_paddings: Sizes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    sizes = filter_sizes.tolist()
    height, width, channels, multiplier = sizes
    geometry = ConvolutionGeometry.of(
        image.shape, (height, width), strides, padding, explicit_paddings, data_format, dilations
    )
    filters = image.new_empty((channels * multiplier, 1, height, width))
    made = geometry.filter_gradient(image, filters, out_backprop, channels)
    return _depthwise_from_torch(made, sizes)
