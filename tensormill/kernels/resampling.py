"""Kernels of images read at any places.

Source: TensorFlow 1.15, contrib/resampler/kernels/resampler_ops.cc.
"""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
_FLOATS = {"T": ("float16", "bfloat16", "float32", "float64")}


def _text(value: Tensor) -> str:
    return format_dims(tuple(value.shape), "kernel")


def _check(data: Tensor, warp: Tensor) -> None:
    if data.dim() != 4:
        raise errors.unimplemented(
            f"Only bilinear interpolation is currently supported. The input data shape must be "
            f"[batch_size, data_height, data_width, data_channels], but is: {_text(data)}"
        )
    if warp.dim() < 2:
        raise errors.invalid_argument(f"warp should be at least a matrix, got shape {_text(warp)}")
    if warp.shape[-1] != 2:
        raise errors.unimplemented(
            "Only bilinear interpolation is supported, warping coordinates must be 2D; warp shape "
            f"last entry should be 2, but shape vector is: {_text(warp)}"
        )
    if data.shape[0] != warp.shape[0]:
        raise errors.invalid_argument(
            "Batch size of data and warp tensor must be the same, but input shapes are: "
            f"{_text(data)}, {_text(warp)}"
        )


class _Corners:
    """The four pixels around each place, zero outside of the image, and how near they are."""

    def __init__(self, data: Tensor, warp: Tensor) -> None:
        self.data = data
        self.height, self.width = data.shape[1:3]
        places = warp.reshape(warp.shape[0], -1, 2)
        x, y = places[..., 0], places[..., 1]
        self.is_near = (x > -1) & (y > -1) & (x < self.width) & (y < self.height)
        x, y = (torch.where(self.is_near, value, 0) for value in (x, y))
        self.left, self.top = x.floor().long(), y.floor().long()
        self.dx, self.dy = self.left + 1 - x, self.top + 1 - y
        self.batch = torch.arange(data.shape[0], device=data.device)[:, None]

    def where(self, right: int, down: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return rows and columns of a corner, bounded, and whether it is in the image."""
        rows, columns = self.top + down, self.left + right
        is_inside = (rows >= 0) & (rows < self.height) & (columns >= 0) & (columns < self.width)
        return (
            rows.clamp(0, self.height - 1),
            columns.clamp(0, self.width - 1),
            is_inside & self.is_near,
        )

    def read(self, right: int, down: int) -> Tensor:
        """Return the pixels at a corner: [batch, places, channels]."""
        rows, columns, is_inside = self.where(right, down)
        return self.data[self.batch, rows, columns] * is_inside.to(self.data.dtype)[..., None]

    def weight(self, right: int, down: int) -> Tensor:
        """Return what part of the result a corner makes."""
        along = 1 - self.dx if right else self.dx
        return along * (1 - self.dy if down else self.dy)


_CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))


@kernel("Resampler", "cpu", "gpu", types=_FLOATS)
def resampler(data: Tensor, warp: Tensor) -> Tensor:
    _check(data, warp)
    shape = (*warp.shape[:-1], data.shape[3])
    if not data.numel() or not warp.numel():
        return data.new_zeros(shape)
    corners = _Corners(data, warp)
    total = sum(corners.read(*c) * corners.weight(*c)[..., None] for c in _CORNERS)
    made: Tensor = torch.as_tensor(total).reshape(shape)
    return made


@kernel("ResamplerGrad", "cpu", "gpu", types=_FLOATS)
def resampler_grad(data: Tensor, warp: Tensor, grad_output: Tensor) -> tuple[Tensor, Tensor]:
    _check(data, warp)
    by_data, by_warp = torch.zeros_like(data), torch.zeros_like(warp)
    if not data.numel() or not warp.numel():
        return by_data, by_warp
    corners = _Corners(data, warp)
    grad = grad_output.reshape(data.shape[0], -1, data.shape[3])
    for corner in _CORNERS:
        rows, columns, is_inside = corners.where(*corner)
        part = grad * (corners.weight(*corner) * is_inside.to(data.dtype))[..., None]
        batch = corners.batch.expand_as(rows)
        by_data.index_put_((batch, rows, columns), part, accumulate=True)
    dx, dy = corners.dx[..., None], corners.dy[..., None]
    top_left, top_right, low_left, low_right = (corners.read(*c) for c in _CORNERS)
    slopes = (
        (1 - dy) * (low_right - low_left) + dy * (top_right - top_left),
        (1 - dx) * (low_right - top_right) + dx * (low_left - top_left),
    )
    by_warp = torch.stack([(grad * slope).sum(-1) for slope in slopes], -1)
    return by_data, by_warp.reshape(warp.shape)
