"""The kernel of patches of volumes."""

from __future__ import annotations

import torch

from tensormill.kernels.image_patches import window_borders
from tensormill.kernels.registry import kernel


@kernel("ExtractVolumePatches", "cpu", "gpu")
def extract_volume_patches(
    input: torch.Tensor, *, ksizes: tuple[int, ...], strides: tuple[int, ...], padding: bytes
) -> torch.Tensor:
    borders = [0, 0]
    for axis in (3, 2, 1):
        borders += window_borders(input.shape[axis], ksizes[axis], strides[axis], padding)
    whole = torch.constant_pad_nd(input, borders, 0)
    for axis in (1, 2, 3):
        whole = whole.unfold(axis, ksizes[axis], strides[axis])
    # [batch, planes, rows, columns, depth, deep, high, wide] to one vector a patch
    return whole.permute(0, 1, 2, 3, 5, 6, 7, 4).flatten(4)
