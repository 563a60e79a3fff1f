"""Kernels of reductions of slices.

Source: TensorFlow 1.15, contrib/reduce_slice_ops/kernels/reduce_slice_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.elementwise_unary import COMPLEX, FLOATS, SIGNED_INTEGERS
from tensormill.kernels.reduction import empty_extreme
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
_REAL = (*FLOATS, *SIGNED_INTEGERS, "uint8")


def _zero(dtype: torch.dtype) -> Any:
    return 0


def _one(dtype: torch.dtype) -> Any:
    return 1


def _lowest(dtype: torch.dtype) -> Any:
    return torch.finfo(dtype).min if dtype.is_floating_point else empty_extreme(dtype, True)


def _highest(dtype: torch.dtype) -> Any:
    return torch.finfo(dtype).max if dtype.is_floating_point else empty_extreme(dtype, False)


def _sum(part: Tensor, axis: int) -> Tensor:
    return part.sum(axis, dtype=part.dtype)


def _prod(part: Tensor, axis: int) -> Tensor:
    return part.prod(axis, dtype=part.dtype)


def _bounds(indices: Any, size: int) -> list[tuple[int, int]]:
    """Return where each slice begins and ends."""
    if indices.ndim not in (1, 2) or (indices.ndim == 2 and indices.shape[1] not in (1, 2)):
        raise errors.invalid_argument(
            f"indices must be a vector or pairs, but have shape {list(indices.shape)}"
        )
    flat = indices.ravel().tolist()
    if indices.ndim == 2 and indices.shape[1] == 2:
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
    else:
        pairs = list(pairwise(flat))
    if any(start < 0 for start, _ in pairs):
        raise errors.invalid_argument("a slice must not begin before the first element")
    return [(start, min(end, size)) for start, end in pairs]


def _register(
    what: str,
    reduce: Callable[[Tensor, int], Tensor],
    beginning: Callable[[torch.dtype], Any],
    types: tuple[str, ...],
) -> None:
    def reduce_slices(data: Tensor, indices: Any, axis: Any) -> Tensor:
        place = int(axis)
        if not 0 <= place < data.dim():
            raise errors.invalid_argument(f"axis {place} is not in [0, {data.dim()})")
        size = data.shape[place]
        nothing = data.new_full(
            (*data.shape[:place], *data.shape[place + 1 :]), beginning(data.dtype)
        )
        made = [
            reduce(data.narrow(place, start, end - start), place) if start < end else nothing
            for start, end in _bounds(indices, size)
        ]
        if not made:
            return data.narrow(place, 0, 0).clone()
        return torch.stack(made, place)

    kernel(f"ReduceSlice{what}", "cpu", "gpu", types={"T": types}, host_inputs=("indices", "axis"))(
        reduce_slices
    )


_register("Sum", _sum, _zero, (*_REAL, *COMPLEX))
_register("Prod", _prod, _one, (*_REAL, *COMPLEX))
_register("Max", lambda part, axis: part.amax(axis), _lowest, _REAL)
_register("Min", lambda part, axis: part.amin(axis), _highest, _REAL)
