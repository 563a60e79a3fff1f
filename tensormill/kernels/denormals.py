"""Numbers closer to zero than the smallest normal one: kernels take and make zeros in their place.

Processors compute with them many times slower, and TensorFlow leaves them out.
What a thread is told holds for it, and for threads that it starts afterwards.

Source: TensorFlow 1.15, core/platform/denormal.h, as its executor uses it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

__all__ = ["end_flushing", "is_unflushed", "start_flushing", "unflushed"]

Function = Callable[..., Any]

_DENORMAL, _ONE = 5e-324, 1.0

# NumPy keeps what it finds out about a type, and warns if it finds denormal numbers flushed.
for _kind in (np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128):
    np.finfo(_kind)


def start_flushing() -> bool:
    """Let this thread flush denormal numbers; return whether `end_flushing` is to be called."""
    # Where they are flushed, the product is zero.
    if _DENORMAL * _ONE:
        torch.set_flush_denormal(True)
        return True
    return False


def end_flushing() -> None:
    """Let this thread compute with denormal numbers again."""
    torch.set_flush_denormal(False)


def unflushed(function: Function) -> Function:
    """Return a function that computes with denormal numbers wherever it is called.

    For functions of the user that kernels call, and for kernels that read numbers from text.
    """

    @functools.wraps(function)
    def computed(*args: Any, **kwargs: Any) -> Any:
        if _DENORMAL * _ONE:
            return function(*args, **kwargs)
        torch.set_flush_denormal(False)
        try:
            return function(*args, **kwargs)
        finally:
            torch.set_flush_denormal(True)

    computed.is_unflushed = True  # type: ignore[attr-defined]
    return computed


def is_unflushed(function: Function) -> bool:
    """Return whether `unflushed` returned a function."""
    return getattr(function, "is_unflushed", False)
