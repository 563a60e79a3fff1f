"""Exponentials, logarithms and roots of arrays that hold values which torch computes slowly.

In host memory torch calls MKL's vector functions. These take up to a hundred times as long for
values that overflow, underflow or have no logarithm or root, and for the root of zero; NumPy's take
as long for one value as for any other, which is longer than MKL's for plain ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = [
    "exp", "exp_", "exp_into", "log", "log_", "log_into", "sqrt", "sqrt_", "sqrt_into",
]  # fmt: skip

Tensor = torch.Tensor

_MANY = 4_096
"""Of fewer, none takes long."""

_Limits = dict[torch.dtype, tuple[float, float]]
# The smallest positive number that is not denormal, and the greatest one there is.
_POSITIVE: _Limits = {
    torch.float32: (1.1754944e-38, 3.4028235e38),
    torch.float64: (2.2250738585072014e-308, 1.7976931348623157e308),
}
_EXPONENTS: _Limits = {torch.float32: (-87.0, 88.0), torch.float64: (-708.0, 709.0)}


def _is_hard(x: Tensor, limits: _Limits) -> bool:
    """Return whether some of many numbers lie outside of limits, or are none."""
    if x.numel() < _MANY or x.dtype not in limits or x.device.type != "cpu":
        return False
    low, high = limits[x.dtype]
    array = x.numpy()
    return not (low <= array.min() and array.max() <= high)


def _by_numpy(function: Any, memory: Tensor, x: Tensor) -> Tensor:
    with np.errstate(all="ignore"):
        function(x.numpy(), out=memory.numpy())
    return memory


def exp(x: Tensor) -> Tensor:
    """Return e to the power of x."""
    if _is_hard(x, _EXPONENTS):
        return _by_numpy(np.exp, torch.empty_like(x), x)
    return torch.exp(x)


def exp_into(memory: Tensor, x: Tensor) -> Tensor:
    """Return e to the power of x, written to memory of the shape of x, which may be that of x."""
    if _is_hard(x, _EXPONENTS):
        return _by_numpy(np.exp, memory, x)
    return torch.exp(x, out=memory)


def exp_(x: Tensor) -> Tensor:
    """Return e to the power of x, written over x."""
    return exp_into(x, x)


def log(x: Tensor) -> Tensor:
    """Return the natural logarithm of x."""
    if _is_hard(x, _POSITIVE):
        return _by_numpy(np.log, torch.empty_like(x), x)
    return torch.log(x)


def log_into(memory: Tensor, x: Tensor) -> Tensor:
    """Return the natural logarithm of x, written to memory of the shape of x."""
    if _is_hard(x, _POSITIVE):
        return _by_numpy(np.log, memory, x)
    return torch.log(x, out=memory)


def log_(x: Tensor) -> Tensor:
    """Return the natural logarithm of x, written over x."""
    return log_into(x, x)


def sqrt(x: Tensor) -> Tensor:
    """Return the square root of x."""
    if _is_hard(x, _POSITIVE):
        return _by_numpy(np.sqrt, torch.empty_like(x), x)
    return torch.sqrt(x)


def sqrt_into(memory: Tensor, x: Tensor) -> Tensor:
    """Return the square root of x, written to memory of the shape of x."""
    if _is_hard(x, _POSITIVE):
        return _by_numpy(np.sqrt, memory, x)
    return torch.sqrt(x, out=memory)


def sqrt_(x: Tensor) -> Tensor:
    """Return the square root of x, written over x."""
    return sqrt_into(x, x)
