"""Kernels that resize images: sums of a few neighbours along one axis, then along the other.

Source: TensorFlow 1.15, core/kernels/resize_*_op.cc and image_resizer_state.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
Array = np.ndarray[Any, Any]
Taps = list[tuple[Array, Array]]
"""For each neighbour, its index and its weight at each place of the output."""

_TABLE_SIZE = 1024
_FEW_CHANNELS = 8
"""Pixels of so few numbers are faster looked up number by number."""


def _scale(size: int, wanted: int, align_corners: bool) -> np.float32:
    if align_corners and wanted > 1:
        return np.float32(size - 1) / np.float32(wanted - 1)
    return np.float32(size) / np.float32(wanted)


def _places(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Array:
    """Return where each place of the output lies in the input, float32."""
    scale = _scale(size, wanted, align_corners)
    steps: Array = np.arange(wanted, dtype=np.float32)
    if half_pixel_centers:
        return (steps + np.float32(0.5)) * scale - np.float32(0.5)
    return steps * scale


def _linear_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    place = _places(size, wanted, align_corners, half_pixel_centers)
    low = np.floor(place)
    share = place - low
    upper = np.minimum(np.ceil(place), size - 1).astype(np.int64)
    lower = np.maximum(low, 0).astype(np.int64)
    return [(lower, 1 - share), (np.maximum(upper, 0), share)]


def _cubic(distance: Array, a: float) -> tuple[Array, Array]:
    """Return the weights of a neighbour at this distance below 1, and of the one beyond."""
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = distance + 1
    return near, ((a * far - 5 * a) * far + 8 * a) * far - 4 * a


def _cubic_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    place = _places(size, wanted, align_corners, half_pixel_centers)
    low = np.floor(place)
    offset = np.rint((place - low) * _TABLE_SIZE) / _TABLE_SIZE
    a = -0.5 if half_pixel_centers else -0.75
    near, far = _cubic(offset, a)
    next_near, next_far = _cubic(1 - offset, a)
    weights = np.stack([far, near, next_near, next_far]).astype(np.float32)
    indices = low.astype(np.int64) + np.arange(-1, 3)[:, None]
    bounded = np.clip(indices, 0, size - 1)
    if half_pixel_centers:
        weights = np.where(indices == bounded, weights, np.float32(0))
        weights /= weights.sum(0)
    return list(zip(bounded, weights, strict=True))


def _area_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    scale = _scale(size, wanted, align_corners)
    start = np.arange(wanted, dtype=np.float32) * scale
    end = np.arange(1, wanted + 1, dtype=np.float32) * scale
    first = np.floor(start).astype(np.int64)
    taps = []
    for step in range(int((np.ceil(end) - first).max())):
        index = first + step
        covered = np.minimum(index + 1, end) - np.maximum(index, start)
        weight = np.maximum(covered, 0).astype(np.float32) / scale
        taps.append((np.clip(index, 0, size - 1), weight))
    return taps


def _check(images: Tensor, size: Array) -> tuple[int, int]:
    if images.dim() != 4:
        raise errors.invalid_argument(
            f"input must be 4-dimensional{format_dims(tuple(images.shape), 'kernel')}"
        )
    if size.shape != (2,):
        raise errors.invalid_argument(
            f"shape_t must be 1-dimensional with two elements {list(size.shape)}"
        )
    height, width = size.tolist()
    if height <= 0 or width <= 0:
        raise errors.invalid_argument("output dimensions must be positive")
    if not images.shape[1] or not images.shape[2]:
        raise errors.invalid_argument("input image must be of non-zero size")
    return height, width


def _column(weight: Array, axis: int, like: Tensor) -> Tensor:
    shape = [1] * like.dim()
    shape[axis] = -1
    return torch.from_numpy(weight).to(like.device, like.dtype).view(shape)


def _apply(images: Tensor, axis: int, taps: Taps) -> Tensor:
    if axis == 2 and _has_few_channels(images):
        rows, channels = images.reshape(-1, images.shape[2] * images.shape[3]), images.shape[3]
        made = _apply(rows, 1, _by_channel(taps, channels))
        return made.view(*images.shape[:2], len(taps[0][0]), channels)
    total: Tensor | None = None
    for index, weight in taps:
        part = images.index_select(axis, torch.from_numpy(index).to(images.device))
        part.mul_(_column(weight, axis, images))
        total = part if total is None else total.add_(part)
    assert total is not None
    return total


def _has_few_channels(images: Tensor) -> bool:
    return 1 < images.shape[3] <= _FEW_CHANNELS


def _by_channel(taps: Taps, channels: int) -> Taps:
    """Return the neighbours of numbers where `taps` are those of pixels of so many numbers."""
    numbers = np.arange(channels)
    return [
        ((index[:, None] * channels + numbers).ravel(), weight.repeat(channels))
        for index, weight in taps
    ]


def _apply_transposed(grads: Tensor, axis: int, taps: Taps, size: int) -> Tensor:
    if axis == 2 and _has_few_channels(grads):
        rows, channels = grads.reshape(-1, grads.shape[2] * grads.shape[3]), grads.shape[3]
        flat = _apply_transposed(rows, 1, _by_channel(taps, channels), size * channels)
        return flat.view(*grads.shape[:2], size, channels)
    shape = list(grads.shape)
    shape[axis] = size
    made = grads.new_zeros(shape)
    for index, weight in taps:
        part = grads * _column(weight, axis, grads)
        made.index_add_(axis, torch.from_numpy(index).to(grads.device), part)
    return made


def _resize(
    make_taps: Any, images: Tensor, size: Array, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    height, width = _check(images, size)
    rows = make_taps(images.shape[1], height, align_corners, half_pixel_centers)
    columns = make_taps(images.shape[2], width, align_corners, half_pixel_centers)
    return _apply(_apply(images.to(torch.float32), 1, rows), 2, columns)


def _resize_grad(
    make_taps: Any, grads: Tensor, original: Tensor, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    _, height, width, _ = original.shape
    rows = make_taps(height, grads.shape[1], align_corners, half_pixel_centers)
    columns = make_taps(width, grads.shape[2], align_corners, half_pixel_centers)
    made = _apply_transposed(grads.to(original.dtype), 1, rows, height)
    return _apply_transposed(made, 2, columns, width)


@kernel("ResizeBilinear", "cpu", "gpu", host_inputs=("size",))
def resize_bilinear(
    images: Tensor, size: Array, *, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    return _resize(_linear_taps, images, size, align_corners, half_pixel_centers)


@kernel("ResizeBilinearGrad", "cpu", "gpu")
def resize_bilinear_grad(
    grads: Tensor, original_image: Tensor, *, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    return _resize_grad(_linear_taps, grads, original_image, align_corners, half_pixel_centers)


@kernel("ResizeBicubic", "cpu", host_inputs=("size",))
def resize_bicubic(
    images: Tensor, size: Array, *, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    return _resize(_cubic_taps, images, size, align_corners, half_pixel_centers)


@kernel("ResizeBicubicGrad", "cpu")
def resize_bicubic_grad(
    grads: Tensor, original_image: Tensor, *, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    return _resize_grad(_cubic_taps, grads, original_image, align_corners, half_pixel_centers)


@kernel("ResizeArea", "cpu", host_inputs=("size",))
def resize_area(images: Tensor, size: Array, *, align_corners: bool) -> Tensor:
    return _resize(_area_taps, images, size, align_corners, False)


def _nearest(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Tensor:
    scale = _scale(size, wanted, align_corners)
    steps: Array = np.arange(wanted, dtype=np.float32)
    if half_pixel_centers:
        steps = steps + np.float32(0.5)
    place = steps * scale
    # C's roundf goes away from zero at halves.
    index = np.floor(place + np.float32(0.5)) if align_corners else np.floor(place)
    return torch.from_numpy(np.clip(index, 0, size - 1).astype(np.int64))


@kernel("ResizeNearestNeighbor", "cpu", "gpu", host_inputs=("size",))
def resize_nearest_neighbor(
    images: Tensor, size: Array, *, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    height, width = _check(images, size)
    rows = _nearest(images.shape[1], height, align_corners, half_pixel_centers)
    columns = _nearest(images.shape[2], width, align_corners, half_pixel_centers)
    device = images.device
    return images.index_select(1, rows.to(device)).index_select(2, columns.to(device))


@kernel("ResizeNearestNeighborGrad", "cpu", "gpu", host_inputs=("size",))
def resize_nearest_neighbor_grad(
    grads: Tensor, size: Array, *, align_corners: bool, half_pixel_centers: bool
) -> Tensor:
    height, width = size.tolist()
    batch, from_height, from_width, channels = grads.shape
    rows = _nearest(height, from_height, align_corners, half_pixel_centers).to(grads.device)
    columns = _nearest(width, from_width, align_corners, half_pixel_centers).to(grads.device)
    made = grads.new_zeros((batch, height, from_width, channels)).index_add_(1, rows, grads)
    return grads.new_zeros((batch, height, width, channels)).index_add_(2, columns, made)
