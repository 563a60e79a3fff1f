"""Kernels of convolutions of volumes and their gradients."""

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
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
Sizes = Sequence[int]

_FLOATS = ("float16", "bfloat16", "float32", "float64")


@kernel("Conv3D", "cpu", "gpu", types={"T": _FLOATS})
def conv3d(
    image: Tensor,
    filters: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    geometry = ConvolutionGeometry.of(
        image.shape, filters.shape[:3], strides, padding, (), data_format, dilations
    )
    layout = geometry.layout
    return geometry.convolve(
        image, filter_to_torch(filters), count_groups(layout.channel(image.shape), filters.shape[3])
    )


def _conv3d_input_gradient(
    sizes: Sizes,
    filters: Tensor,
    out_backprop: Tensor,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    window = filters.shape[:3]
    geometry = ConvolutionGeometry.of(sizes, window, strides, padding, (), data_format, dilations)
    return geometry.image_gradient(
        filter_to_torch(filters),
        out_backprop,
        count_groups(geometry.layout.channel(sizes), filters.shape[3]),
    )


def _conv3d_filter_gradient(
    image: Tensor,
    sizes: Sizes,
    out_backprop: Tensor,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    *window, channels, outputs = sizes
    geometry = ConvolutionGeometry.of(
        image.shape, window, strides, padding, (), data_format, dilations
    )
    filters = image.new_empty((outputs, *window, channels)).movedim(-1, 1)
    made = geometry.filter_gradient(
        image, filters, out_backprop, count_groups(geometry.layout.channel(image.shape), channels)
    )
    return filter_from_torch(made)


@kernel("Conv3DBackpropInputV2", "cpu", "gpu", types={"T": _FLOATS}, host_inputs=("input_sizes",))
def conv3d_backprop_input_v2(
    input_sizes: np.ndarray,
    filters: Tensor,
    out_backprop: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    return _conv3d_input_gradient(
        input_sizes.tolist(), filters, out_backprop, strides, padding, data_format, dilations
    )


@kernel("Conv3DBackpropFilterV2", "cpu", "gpu", types={"T": _FLOATS}, host_inputs=("filter_sizes",))
def conv3d_backprop_filter_v2(
    image: Tensor,
    filter_sizes: np.ndarray,
    out_backprop: Tensor,
    *,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
    dilations: Sizes,
) -> Tensor:
    return _conv3d_filter_gradient(
        image, filter_sizes.tolist(), out_backprop, strides, padding, data_format, dilations
    )
