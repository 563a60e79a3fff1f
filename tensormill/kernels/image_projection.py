"""Kernels of images under projective maps.

Source: TensorFlow 1.15, contrib/image/kernels/image_ops.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor


@kernel("ImageProjectiveTransformV2", "cpu", "gpu", host_inputs=("output_shape",))
def image_projective_transform(
    images: Tensor, transforms: Tensor, output_shape: Any, *, interpolation: Any, fill_mode: Any
) -> Tensor:
    how = _text(interpolation)
    mode = _text(fill_mode)
    if how not in ("NEAREST", "BILINEAR"):
        raise errors.invalid_argument(
            f"Invalid interpolation {how}. Supported types: NEAREST, BILINEAR"
        )
    if mode not in ("CONSTANT", "REFLECT", "WRAP", "NEAREST"):
        raise errors.invalid_argument(
            f"Invalid mode {mode}. Supported types: REFLECT, WRAP, CONSTANT, NEAREST"
        )
    _check(images, transforms, output_shape)
    rows, columns = _sources(transforms, int(output_shape[0]), int(output_shape[1]))
    rows = rows.expand(images.shape[0], -1, -1)
    columns = columns.expand(images.shape[0], -1, -1)
    # Where the divisor is zero, there is no pixel in any mode.
    is_somewhere = torch.isfinite(rows) & torch.isfinite(columns)
    rows = _within(rows, images.shape[1], mode)
    columns = _within(columns, images.shape[2], mode)
    if how == "NEAREST":
        made = _read(images, _rounded(rows), _rounded(columns), is_somewhere)
        return made.contiguous()
    return _bilinear(images, rows, columns, is_somewhere)


@kernel("ImageProjectiveTransform", "cpu", "gpu")
def image_projective_transform_v1(
    images: Tensor, transforms: Tensor, *, interpolation: Any
) -> Tensor:
    size = np.array(images.shape[1:3])
    return image_projective_transform(
        images, transforms, size, interpolation=interpolation, fill_mode="CONSTANT"
    )


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _check(images: Tensor, transforms: Tensor, output_shape: Any) -> None:
    if images.dim() != 4:
        raise errors.invalid_argument("Input images must have rank 4")
    count = transforms.shape[0] if transforms.dim() == 2 else -1
    if transforms.dim() != 2 or transforms.shape[1] != 8 or count not in (1, images.shape[0]):
        raise errors.invalid_argument("Input transform should be num_images x 8 or 1 x 8")
    if output_shape.ndim != 1:
        raise errors.invalid_argument(
            f"output shape must be 1-dimensional{list(output_shape.shape)}"
        )
    if output_shape.size != 2:
        raise errors.invalid_argument(
            f"output shape must have two elements{list(output_shape.shape)}"
        )
    if (output_shape <= 0).any():
        raise errors.invalid_argument("output dimensions must be positive")


def _sources(transforms: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return from which rows and columns each pixel comes: [transforms, height, width]."""
    t = transforms.float()[:, :, None, None]
    y = torch.arange(height, dtype=torch.float32, device=t.device)[None, :, None]
    x = torch.arange(width, dtype=torch.float32, device=t.device)[None, None, :]
    divisor = t[:, 6] * x + t[:, 7] * y + 1.0
    nowhere = torch.full((), float("inf"), device=t.device)
    columns = (t[:, 0] * x + t[:, 1] * y + t[:, 2]) / divisor
    rows = (t[:, 3] * x + t[:, 4] * y + t[:, 5]) / divisor
    is_nowhere = divisor == 0
    return torch.where(is_nowhere, nowhere, rows), torch.where(is_nowhere, nowhere, columns)


def _within(places: Tensor, size: int, mode: str) -> Tensor:
    """Return places moved into an image, as the mode says."""
    if mode == "CONSTANT":
        return places
    if mode == "NEAREST":
        return places.clamp(0, size - 1)
    if size <= 1:
        return torch.where((places < 0) | (places > size - 1), 0.0, places)
    if mode == "WRAP":
        span = size - 1
        below = places + size * ((-places / span).trunc() + 1)
        above = places - size * (places / span).trunc()
    else:
        double = 2 * size
        low = torch.where(places < double, double * (-places / double).trunc() + places, places)
        below = torch.where(low < -size, low + double, -low - 1)
        high = places - double * (places / double).trunc()
        above = torch.where(high >= size, double - high - 1, high)
    moved = torch.where(places < 0, below, torch.where(places > size - 1, above, places))
    return moved.clamp(0, size - 1)


def _rounded(places: Tensor) -> Tensor:
    """Return the nearest whole numbers; of two, the one farther from zero."""
    return torch.sign(places) * (places.abs() + 0.5).floor()


def _read(images: Tensor, rows: Tensor, columns: Tensor, is_somewhere: Tensor) -> Tensor:
    """Return pixels [batch, height, width, channels], zero outside."""
    is_inside = is_somewhere & (rows >= 0) & (rows < images.shape[1])
    is_inside &= (columns >= 0) & (columns < images.shape[2])
    batch = torch.arange(images.shape[0], device=images.device)[:, None, None]
    r = torch.where(is_inside, rows, 0.0).long()
    c = torch.where(is_inside, columns, 0.0).long()
    if not images.shape[1] or not images.shape[2]:
        return images.new_zeros((*rows.shape, images.shape[3]))
    return torch.where(is_inside[..., None], images[batch, r, c], images.new_zeros(()))


def _bilinear(images: Tensor, rows: Tensor, columns: Tensor, is_somewhere: Tensor) -> Tensor:
    wide = images.float()
    top, left = rows.floor(), columns.floor()
    bottom, right = top + 1, left + 1
    nothing = torch.zeros((), device=rows.device)
    down = torch.where(is_somewhere, rows - top, nothing)[..., None]
    along = torch.where(is_somewhere, columns - left, nothing)[..., None]

    def row(number: Tensor) -> Tensor:
        before = _read(wide, number, left, is_somewhere)
        after = _read(wide, number, right, is_somewhere)
        return (1 - along) * before + along * after

    return ((1 - down) * row(top) + down * row(bottom)).to(images.dtype)
