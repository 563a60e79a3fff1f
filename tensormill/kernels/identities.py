"""Kernels that pass a value through."""

from __future__ import annotations

from typing import Any

from tensormill.kernels.registry import kernel


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


@kernel("GuaranteeConst", "cpu", aliases=True)
def guarantee_const(value: Any) -> Any:
    return value
