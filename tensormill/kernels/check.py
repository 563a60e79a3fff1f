"""Kernels of assertions, and of checks for numbers that are not finite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_text import flat_text

Tensor = torch.Tensor
Array = np.ndarray[Any, Any]


@kernel("Assert", "cpu", "gpu", host_inputs=("condition", "data"))
def assert_true(condition: Any, data: list[Any], *, summarize: int) -> None:
    if np.ndim(condition):
        raise errors.invalid_argument("In[0] should be a scalar: " + str(list(np.shape(condition))))
    if not condition:
        texts = (f"[{flat_text(np.asarray(value), summarize)}]" for value in data)
        raise errors.invalid_argument("assertion failed: " + " ".join(texts))


def _is_finite(value: Tensor) -> bool:
    """Return whether all numbers are finite; the sum says so in one pass, unless it overflows."""
    if value.dtype in (torch.float32, torch.float64) and math.isfinite(value.sum()):
        return True
    return bool(torch.isfinite(value).all())


@kernel("CheckNumerics", "cpu", "gpu", aliases=True)
def check_numerics(value: Tensor, *, message: bytes) -> Tensor:
    if _is_finite(value):
        return value
    kinds = []
    if bool(torch.isinf(value).any()):
        kinds.append("Inf")
    if bool(torch.isnan(value).any()):
        kinds.append("NaN")
    raise errors.invalid_argument(f"{message.decode()} : Tensor had {' and '.join(kinds)} values")


@kernel("CheckNumericsV2", "cpu", "gpu", aliases=True)
def check_numerics_v2(value: Tensor, *, message: bytes) -> Tensor:
    if _is_finite(value):
        return value
    kinds = []
    if bool(torch.isneginf(value).any()):
        kinds.append("-Inf")
    if bool(torch.isposinf(value).any()):
        kinds.append("+Inf")
    if bool(torch.isnan(value).any()):
        kinds.append("NaN")
    listed = {1: "{}", 2: "{} and {}", 3: "{}, {}, and {}"}[len(kinds)].format(*kinds)
    raise errors.invalid_argument(f"{message.decode()} : Tensor had {listed} values")
