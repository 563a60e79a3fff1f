"""Kernels of arithmetic."""

from __future__ import annotations

import operator

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import host_kernel, kernel

HOST_FLOATS = ("float32", "float64")
HOST_INTS = ("int32", "int64")

host_kernel("AddV2", operator.add, (*HOST_FLOATS, *HOST_INTS), "({0} + {1})")


@kernel("AddV2", "cpu", "gpu")
def add(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    try:
        return torch.add(x, y)
    except RuntimeError:
        raise incompatible_shapes(x, y) from None


def incompatible_shapes(x: torch.Tensor, y: torch.Tensor) -> errors.InvalidArgumentError:
    """Return the error of an element-wise op whose inputs do not broadcast."""
    return errors.invalid_argument(
        f"Incompatible shapes: {format_dims(tuple(x.shape), 'kernel')} vs. {format_dims(tuple(y.shape), 'kernel')}"
    )
