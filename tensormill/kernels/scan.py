"""Kernels of running sums and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.elementwise_unary import COMPLEX, FLOATS, SIGNED_INTEGERS, WIDE_UNSIGNED
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_host, to_tensor

Tensor = torch.Tensor

_TORCH_TYPES = (*FLOATS, *COMPLEX, *SIGNED_INTEGERS, "uint8")


def _torch_sum(x: Tensor, axis: int) -> Tensor:
    return torch.cumsum(x, axis, dtype=x.dtype)


def _torch_product(x: Tensor, axis: int) -> Tensor:
    return torch.cumprod(x, axis, dtype=x.dtype)


def _numpy_sum(x: Tensor, axis: int) -> Tensor:
    array = to_host(x)
    return to_tensor(np.cumsum(array, axis, dtype=array.dtype)).to(x.device)


def _numpy_product(x: Tensor, axis: int) -> Tensor:
    array = to_host(x)
    return to_tensor(np.cumprod(array, axis, dtype=array.dtype)).to(x.device)


def _register(
    op_type: str,
    compute: Callable[[Tensor, int], Tensor],
    neutral: Callable[[torch.dtype], float],
    types: tuple[str, ...],
) -> None:
    def scan(x: Tensor, axis: Any, *, exclusive: bool, reverse: bool) -> Tensor:
        if np.ndim(axis):
            raise errors.invalid_argument("ScanOp: axis must be a scalar, not [1]")
        place, rank = int(axis), x.dim()
        if not -rank <= place < rank:
            raise errors.invalid_argument(
                f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got {place}"
            )
        if reverse:
            x = x.flip(place)
        result = compute(x, place)
        if exclusive:
            first = torch.full_like(
                result.narrow(place, 0, min(1, x.shape[place])), neutral(x.dtype)
            )
            kept = result.narrow(place, 0, max(x.shape[place] - 1, 0))
            result = torch.cat([first, kept], place)
        return result.flip(place) if reverse else result

    scan.__module__ = __name__
    kernel(op_type, "cpu", "gpu", types={"T": types}, host_inputs=("axis",))(scan)


def _zero(dtype: torch.dtype) -> float:
    return 0


def _one(dtype: torch.dtype) -> float:
    return 1


def _lowest(dtype: torch.dtype) -> float:
    return float("-inf")


_register("Cumsum", _torch_sum, _zero, _TORCH_TYPES)
_register("Cumsum", _numpy_sum, _zero, WIDE_UNSIGNED)
_register("Cumprod", _torch_product, _one, _TORCH_TYPES)
_register("Cumprod", _numpy_product, _one, WIDE_UNSIGNED)
_register("CumulativeLogsumexp", torch.logcumsumexp, _lowest, FLOATS)
