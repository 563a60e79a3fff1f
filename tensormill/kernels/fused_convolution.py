"""Kernels of convolutions of images that are resized and mirrored at their borders.

Source: TensorFlow 1.15, core/kernels/conv_ops_fused_image_transform.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.convolution import conv2d
from tensormill.kernels.image_resizing import resize_bilinear
from tensormill.kernels.padding import mirrored
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor


def _convolved(
    image: Tensor,
    paddings: Any,
    filters: Tensor,
    mode: bytes,
    strides: Sequence[int],
    padding: bytes,
) -> Tensor:
    if filters.dim() != 4:
        raise errors.invalid_argument(
            f"filter must be 4-dimensional: {format_dims(tuple(filters.shape), 'kernel')}"
        )
    if strides[0] != 1 or strides[3] != 1:
        raise errors.invalid_argument(
            "Current implementation does not yet support strides in the batch and depth dimensions."
        )
    whole = mirrored(image, paddings, mode == b"SYMMETRIC")
    if whole.shape[3] != filters.shape[2]:
        raise errors.invalid_argument(
            f"input and filter must have the same depth: {whole.shape[3]} vs {filters.shape[2]}"
        )
    return conv2d(
        whole, filters, strides=strides, padding=padding, explicit_paddings=(),
        data_format=b"NHWC", dilations=(1, 1, 1, 1),
    )  # fmt: skip


def _check_image(image: Tensor) -> None:
    if image.dim() != 4:
        raise errors.invalid_argument(
            f"input must be 4-dimensional{format_dims(tuple(image.shape), 'kernel')}"
        )


@kernel("FusedPadConv2D", "cpu", host_inputs=("paddings",))
def fused_pad_conv2d(
    image: Tensor,
    paddings: Any,
    filters: Tensor,
    *,
    mode: bytes,
    strides: Sequence[int],
    padding: bytes,
) -> Tensor:
    _check_image(image)
    return _convolved(image, paddings, filters, mode, strides, padding)


@kernel("FusedResizeAndPadConv2D", "cpu", host_inputs=("size", "paddings"))
def fused_resize_and_pad_conv2d(
    image: Tensor,
    size: Any,
    paddings: Any,
    filters: Tensor,
    *,
    resize_align_corners: bool,
    mode: bytes,
    strides: Sequence[int],
    padding: bytes,
) -> Tensor:
    _check_image(image)
    resized = resize_bilinear(
        image, size, align_corners=resize_align_corners, half_pixel_centers=False
    )
    return _convolved(resized.to(image.dtype), paddings, filters, mode, strides, padding)
