"""The kernel of patches of images."""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel


def window_borders(size: int, window: int, stride: int, padding: bytes) -> tuple[int, int]:
    """Return how many zeros stand before and after a dimension."""
    if padding != b"SAME":
        return 0, 0
    count = -(-size // stride)
    missing = max((count - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def _count(size: int, window: int, stride: int) -> int:
    """Return how many windows there are along a dimension without padding."""
    count = int((size - window + stride) / stride)  # towards zero
    if count < 0:
        raise errors.invalid_argument(
            f"Computed output size would be negative: {count} [input_size: {size}, "
            f"effective_filter_size: {window}, stride: {stride}]"
        )
    return count


@kernel("ExtractImagePatches", "cpu", "gpu")
def extract_image_patches(
    images: torch.Tensor,
    *,
    ksizes: tuple[int, ...],
    strides: tuple[int, ...],
    rates: tuple[int, ...],
    padding: bytes,
) -> torch.Tensor:
    if images.dim() != 4:
        raise errors.invalid_argument(
            f"input must be 4-dimensional{format_dims(tuple(images.shape), 'kernel')}"
        )
    windows = [(ksizes[axis] - 1) * rates[axis] + 1 for axis in (1, 2)]
    if padding != b"SAME":
        counts = [_count(images.shape[axis], windows[axis - 1], strides[axis]) for axis in (1, 2)]
        if not all(counts):
            depth = ksizes[1] * ksizes[2] * images.shape[3]
            return images.new_empty((images.shape[0], *counts, depth))
    top, bottom = window_borders(images.shape[1], windows[0], strides[1], padding)
    left, right = window_borders(images.shape[2], windows[1], strides[2], padding)
    whole = torch.constant_pad_nd(images, (0, 0, left, right, top, bottom), 0)
    rows = whole.unfold(1, windows[0], strides[1])[..., :: rates[1]]
    both = rows.unfold(2, windows[1], strides[2])[..., :: rates[2]]
    # [batch, rows, columns, depth, high, wide] to [batch, rows, columns, high * wide * depth]
    return both.permute(0, 1, 2, 4, 5, 3).flatten(3)
