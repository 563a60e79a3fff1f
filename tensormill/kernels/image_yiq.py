"""The kernel of colors changed in YIQ.

Source: TensorFlow 1.15, contrib/image/kernels/adjust_hsv_in_yiq_op.cc.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def _matrix(turn: float, saturation: float, value: float) -> np.ndarray[Any, Any]:
    """Return what takes RGB, as a column, to RGB."""
    along, across = (value * saturation * f(turn) for f in (math.cos, math.sin))
    change = np.array([[value, 0, 0], [0, along, -across], [0, across, along]])
    made: np.ndarray[Any, Any] = np.linalg.inv(_TO_YIQ) @ change @ _TO_YIQ
    return made


@kernel(
    "AdjustHsvInYiq",
    "cpu",
    "gpu",
    types={"T": ("float32",)},
    host_inputs=("delta_h", "scale_s", "scale_v"),
)
def adjust_hsv_in_yiq(
    images: torch.Tensor, delta_h: Any, scale_s: Any, scale_v: Any
) -> torch.Tensor:
    if images.dim() < 3:
        raise errors.invalid_argument(
            f"input must be at least 3-D, got shape{format_dims(tuple(images.shape), 'kernel')}"
        )
    for name, value in (("delta_h", delta_h), ("scale_s", scale_s), ("scale_v", scale_v)):
        if np.ndim(value):
            raise errors.invalid_argument(
                f"{name} must be scalar: {format_dims(np.shape(value), 'kernel')}"
            )
    if images.shape[-1] != 3:
        raise errors.invalid_argument(
            f"input must have 3 channels but instead has {images.shape[-1]} channels."
        )
    matrix = _matrix(float(delta_h), float(scale_s), float(scale_v)).T.astype(np.float32)
    return images @ torch.from_numpy(np.ascontiguousarray(matrix)).to(images.device)
