"""Kernels of ref variables: the buffer of a variable, and updates of it."""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, resource_kernel


@resource_kernel("VariableV2", "cpu")
def variable(ctx: KernelContext) -> Any:
    name = ctx.attrs["shared_name"].decode() or ctx.node_name
    return ctx.resources.variable(
        ctx.attrs["container"].decode(), name, ctx.attrs["dtype"], ctx.attrs["shape"]
    )


@kernel("Assign", "cpu", "gpu")
def assign(ref: Any, value: torch.Tensor, *, validate_shape: bool, use_locking: bool) -> Any:
    with ref.lock:
        old = ref.value
        if validate_shape and old is not None and old.shape != value.shape:
            raise errors.invalid_argument(
                "Assign requires shapes of both tensors to match. "
                f"lhs shape= {format_dims(tuple(old.shape), 'kernel')} rhs shape= {format_dims(tuple(value.shape), 'kernel')}"
            )
        ref.value = value.clone() if isinstance(value, torch.Tensor) else value.copy()
    return ref
