"""Kernels that pass a value through."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes, errors
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory


@kernel("IdentityN", "cpu", "gpu", aliases=True)
def identity_n(values: list[Any]) -> list[Any]:
    return values


@kernel("StopGradient", "cpu", "gpu", aliases=True)
@kernel("PlaceholderWithDefault", "cpu", "gpu", aliases=True)
@kernel("Snapshot", "cpu", "gpu", aliases=True)
def same(value: Any) -> Any:
    return value


@kernel("PreventGradient", "cpu", "gpu", aliases=True)
def prevent_gradient(value: Any, *, message: bytes) -> Any:
    return value


@kernel_factory("GuaranteeConst", "cpu", aliases=True)
def make_guarantee_const(ctx: KernelContext) -> Any:
    if ctx.input_dtypes[0].base_dtype is not dtypes.resource:
        return same

    def refuse_resource(value: Any) -> Any:
        raise errors.invalid_argument("Input tensor cannot be a resource variable handle.")

    return refuse_resource
