"""The kernel that packs comparisons into bytes.

Source: TensorFlow 1.15, core/kernels/compare_and_bitpack_op.cc.
"""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel


@kernel("CompareAndBitpack", "cpu", "gpu")
def compare_and_bitpack(input: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    shape = tuple(input.shape)
    if threshold.ndim:
        raise errors.invalid_argument(
            "Compare must be a scalar, but saw shape: "
            f"{format_dims(tuple(threshold.shape), 'kernel')}"
        )
    if not shape:
        raise errors.invalid_argument("Input should be at least a vector, but saw a scalar.")
    if shape[-1] % 8:
        raise errors.invalid_argument(
            "Inner dimension of input should be divisible by 8, but saw shape: "
            f"{format_dims(shape, 'kernel')}"
        )
    larger = input if input.dtype is torch.bool else torch.gt(input, threshold)
    weights = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=input.device)
    bits = larger.reshape(*shape[:-1], shape[-1] // 8, 8).to(torch.uint8)
    return (bits * weights).sum(-1, dtype=torch.uint8)
