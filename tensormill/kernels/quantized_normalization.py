"""Kernels of normalization of quantized images.

Source: TensorFlow 1.15, core/kernels/quantized_instance_norm.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.quantized_ranges import to_floats, to_quantized
from tensormill.kernels.registry import kernel


@kernel(
    "QuantizedInstanceNorm",
    "cpu",
    types={"T": ("quint8",)},
    host_inputs=("x_min", "x_max"),
    host_outputs=("y_min", "y_max"),
)
def quantized_instance_norm(
    x: torch.Tensor,
    x_min: Any,
    x_max: Any,
    *,
    output_range_given: bool,
    given_y_min: float,
    given_y_max: float,
    variance_epsilon: float,
    min_separation: float,
) -> tuple[torch.Tensor, Any, Any]:
    low, high = float(x_min), float(x_max)
    if not low < high:
        raise errors.invalid_argument(f"input_max must be larger than input_min. {low} {high}")
    values = to_floats(x, low, high)
    variance, mean = torch.var_mean(values, (1, 2), correction=0, keepdim=True)
    normed = (values - mean) * torch.rsqrt(variance + variance_epsilon)
    if output_range_given:
        least, most = given_y_min, given_y_max
    else:
        least, most = float(normed.min()), float(normed.max())
        most = max(most, least + min_separation)
    return to_quantized(normed, least, most, torch.uint8), np.float32(least), np.float32(most)
