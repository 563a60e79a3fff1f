"""Kernels that change the colors of images.

Source: TensorFlow 1.15, core/kernels/colorspace_op.h, adjust_hue_op.cc, adjust_saturation_op.cc.
"""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor


def _check_channels(images: Tensor) -> None:
    if images.dim() < 1:
        raise errors.invalid_argument("input must be at least 1D")
    if images.shape[-1] != 3:
        raise errors.failed_precondition(
            f"input must have 3 channels but input only has {images.shape[-1]} channels."
        )


def _check_adjusted(images: Tensor, **factors: Tensor) -> None:
    if images.dim() < 3:
        raise errors.invalid_argument(
            f"input must be at least 3-D, got shape{format_dims(tuple(images.shape), 'kernel')}"
        )
    for name, factor in factors.items():
        if factor.dim():
            raise errors.invalid_argument(
                f"{name} must be scalar: {format_dims(tuple(factor.shape), 'kernel')}"
            )


def _check_three(images: Tensor) -> None:
    if images.shape[-1] != 3:
        raise errors.invalid_argument(
            f"input must have 3 channels but instead has {images.shape[-1]} channels."
        )


@kernel("RGBToHSV", "cpu", "gpu")
def rgb_to_hsv(images: Tensor) -> Tensor:
    _check_channels(images)
    red, green, blue = images.unbind(-1)
    value = images.amax(-1)
    span = value - images.amin(-1)
    zero = torch.zeros_like(value)
    saturation = torch.where(value > 0, span / value, zero)
    norm = torch.where(span > 0, 1 / (6 * span), zero)
    hue = torch.where(green == value, norm * (blue - red) + 2 / 6, norm * (red - green) + 4 / 6)
    hue = torch.where(red == value, norm * (green - blue), hue)
    hue = torch.where(span > 0, hue, zero)
    return torch.stack([torch.where(hue < 0, hue + 1, hue), saturation, value], -1)


@kernel("HSVToRGB", "cpu", "gpu")
def hsv_to_rgb(images: Tensor) -> Tensor:
    _check_channels(images)
    hue, saturation, value = images.unbind(-1)
    sixth = hue * 6
    red = ((sixth - 3).abs() - 1).clamp(0, 1)
    green = (2 - (sixth - 2).abs()).clamp(0, 1)
    blue = (2 - (sixth - 4).abs()).clamp(0, 1)
    shades = torch.stack([red, green, blue], -1)
    saturation, value = saturation.unsqueeze(-1), value.unsqueeze(-1)
    return (1 - saturation + saturation * shades) * value


@kernel("AdjustHue", "cpu", "gpu")
def adjust_hue(images: Tensor, delta: Tensor) -> Tensor:
    _check_adjusted(images, delta=delta)
    _check_three(images)
    hue, saturation, value = rgb_to_hsv(images.to(torch.float32)).unbind(-1)
    turned = torch.remainder(hue + delta, 1)
    return hsv_to_rgb(torch.stack([turned, saturation, value], -1)).to(images.dtype)


@kernel("AdjustSaturation", "cpu", "gpu")
def adjust_saturation(images: Tensor, scale: Tensor) -> Tensor:
    _check_adjusted(images, scale=scale)
    _check_three(images)
    hue, saturation, value = rgb_to_hsv(images.to(torch.float32)).unbind(-1)
    scaled = (saturation * scale).clamp(0, 1)
    return hsv_to_rgb(torch.stack([hue, scaled, value], -1)).to(images.dtype)


@kernel("AdjustContrastv2", "cpu", "gpu")
def adjust_contrast(images: Tensor, contrast_factor: Tensor) -> Tensor:
    _check_adjusted(images, contrast_factor=contrast_factor)
    wide = images.to(torch.float32)
    mean = wide.mean((-3, -2), keepdim=True)
    return ((wide - mean) * contrast_factor + mean).to(images.dtype)
