"""Exponentials, logarithms and roots of arrays that hold values which torch computes slowly.

In host memory torch calls MKL's vector functions. These take up to a hundred times as long for
values that overflow, underflow or have no logarithm or root, and for the root of zero; NumPy's take
as long for one value as for any other, which is longer than MKL's for plain ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

__all__ = [
    "exp", "exp_", "exp_into", "log", "log_", "log_into", "sqrt", "sqrt_", "sqrt_into",
]  # fmt: skip

Tensor = torch.Tensor
Function = Callable[..., Tensor]

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


def _forms(by_torch: Function, by_numpy: Any, limits: _Limits) -> tuple[Function, ...]:
    """Return a function of x, one of memory and x that writes there, and one that writes over x."""

    def computed_hard(memory: Tensor, x: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            by_numpy(x.numpy(), out=memory.numpy())
        return memory

    def compute(x: Tensor) -> Tensor:
        return computed_hard(torch.empty_like(x), x) if _is_hard(x, limits) else by_torch(x)

    def compute_into(memory: Tensor, x: Tensor) -> Tensor:
        return computed_hard(memory, x) if _is_hard(x, limits) else by_torch(x, out=memory)

    def compute_over(x: Tensor) -> Tensor:
        return compute_into(x, x)

    name = by_numpy.__name__
    compute.__name__, compute_into.__name__, compute_over.__name__ = (
        name,
        f"{name}_into",
        f"{name}_",
    )
    return compute, compute_into, compute_over


exp, exp_into, exp_ = _forms(torch.exp, np.exp, _EXPONENTS)
log, log_into, log_ = _forms(torch.log, np.log, _POSITIVE)
sqrt, sqrt_into, sqrt_ = _forms(torch.sqrt, np.sqrt, _POSITIVE)
