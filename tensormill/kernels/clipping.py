"""The kernel that keeps values within bounds.

Source: TensorFlow 1.15, core/kernels/cwise_op_clip.cc.
"""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.unsigned_types import SIGNED_OF


@kernel("ClipByValue", "cpu", "gpu", types={"T": (
    "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
    "uint16",
)})  # fmt: skip
def clip_by_value(t: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    for bound in (low, high):
        if bound.dim() and bound.shape != t.shape:
            shapes = [format_dims(tuple(x.shape), "kernel") for x in (t, low, high)]
            raise errors.invalid_argument(
                "clip_value_min and clip_value_max must be either of the same shape as input, or a "
                f"scalar. input shape: {shapes[0]}clip_value_min shape: {shapes[1]}clip_value_max "
                f"shape: {shapes[2]}"
            )
    if t.dtype in SIGNED_OF:  # torch compares no wide unsigned numbers
        wide = (each.to(torch.int64) for each in (t, low, high))
        return _clipped(*wide).to(t.dtype)
    return _clipped(t, low, high)


def _clipped(t: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    return torch.maximum(torch.minimum(t, high), low)
