"""Kernels of convolutions of images and their gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from tensormill.kernels.convolution_geometry import (
    ConvolutionGeometry,
    count_groups,
    filter_from_torch,
    filter_to_torch,
)
from tensormill.kernels.epilogues import with_epilogue
from tensormill.kernels.normalization import bias_add
from tensormill.kernels.registry import kernel
from tensormill.kernels.windows import Layout

Tensor = torch.Tensor
Sizes = Sequence[int]

_FLOATS = ("float16", "bfloat16", "float32", "float64")


@kernel("Conv2D", "cpu", "gpu", types={"T": _FLOATS})
def conv2d(
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
    layout = geometry.layout
    groups = count_groups(layout.channel(image.shape), filters.shape[2])
    return geometry.convolve(image, filter_to_torch(filters), groups)


@with_epilogue("Conv2D")
def conv2d_with_bias(
    image: Tensor,
    filters: Tensor,
    bias: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    explicit_paddings: Sizes,
    data_format: bytes,
    dilations: Sizes,
    activation: str = "",
) -> Tensor:
    geometry = ConvolutionGeometry.of(
        image.shape, filters.shape[:2], strides, padding, explicit_paddings, data_format, dilations
    )
    groups = count_groups(geometry.layout.channel(image.shape), filters.shape[2])
    first = filter_to_torch(filters)
    if bias.shape == (filters.shape[3],) and not geometry.is_empty(image):
        return geometry.convolve(image, first, groups, bias, activation)
    made = bias_add(geometry.convolve(image, first, groups), bias, data_format=data_format)
    return made.relu_() if activation else made


@kernel("Conv2DBackpropInput", "cpu", "gpu", types={"T": _FLOATS}, host_inputs=("input_sizes",))
def conv2d_backprop_input(
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
    layout = Layout.of(data_format)
    sizes = _full_sizes(input_sizes.tolist(), out_backprop, filters.shape[2], layout)
    geometry = ConvolutionGeometry.of(
        sizes, filters.shape[:2], strides, padding, explicit_paddings, data_format, dilations
    )
    return geometry.image_gradient(
        filter_to_torch(filters),
        out_backprop,
        count_groups(layout.channel(sizes), filters.shape[2]),
    )


def _full_sizes(sizes: list[int], grad: Tensor, channels: int, layout: Layout) -> list[int]:
    """Return the sizes of the image; TensorFlow also takes the two spatial ones alone."""
    if len(sizes) == layout.rank:
        batch = grad.shape[0]
        return [batch, *sizes, channels] if layout.channels_last else [batch, channels, *sizes]
    return sizes


@kernel("Conv2DBackpropFilter", "cpu", "gpu", types={"T": _FLOATS}, host_inputs=("filter_sizes",))
def conv2d_backprop_filter(
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
    height, width, channels, outputs = filter_sizes.tolist()
    geometry = ConvolutionGeometry.of(
        image.shape, (height, width), strides, padding, explicit_paddings, data_format, dilations
    )
    filters = image.new_empty((outputs, height, width, channels)).movedim(-1, 1)
    made = geometry.filter_gradient(
        image, filters, out_backprop, count_groups(geometry.layout.channel(image.shape), channels)
    )
    return filter_from_torch(made)
