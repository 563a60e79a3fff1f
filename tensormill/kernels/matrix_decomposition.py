"""Kernels of decompositions of matrices."""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.linear_algebra import check_square
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor


@kernel("Qr", "cpu", "gpu")
def qr(input: Tensor, *, full_matrices: bool) -> tuple[Tensor, Tensor]:
    check_matrices(input)
    mode = "complete" if full_matrices else "reduced"
    if input.dtype is torch.float16:
        q, r = torch.linalg.qr(input.float(), mode)
        return q.half(), r.half()
    made = torch.linalg.qr(input, mode)
    return made[0], made[1]


def check_matrices(x: Tensor) -> None:
    """Complain where a tensor is not a batch of matrices."""
    if x.dim() < 2:
        raise errors.invalid_argument(f"Input tensor must have rank >= 2, got {x.dim()}")


def _nan_for(
    invalid: Tensor, decompose: Any, matrices: Tensor, compute_uv: bool, full_matrices: bool
) -> Any:
    """Decompose matrices of which some are not finite: these give NaN."""
    sound = torch.where(invalid[..., None, None], torch.zeros_like(matrices), matrices)
    made = decompose(sound, compute_uv=compute_uv, full_matrices=full_matrices)
    return tuple(
        torch.where(invalid.reshape(*invalid.shape, *[1] * (part.ndim - invalid.ndim)), nan, part)
        if part.numel()
        else part
        for part, nan in ((part, torch.full_like(part, float("nan"))) for part in made)
    )


@kernel("Svd", "cpu", "gpu")
def svd(input: Tensor, *, compute_uv: bool, full_matrices: bool) -> tuple[Tensor, Tensor, Tensor]:
    check_matrices(input)
    dtype = input.dtype
    wide = input.float() if dtype is torch.float16 else input
    invalid = ~wide.isfinite().flatten(-2).all(-1)
    if bool(invalid.any()):
        return _nan_for(invalid, svd, wide, compute_uv, full_matrices)
    if not compute_uv:
        nothing = torch.zeros(0, dtype=dtype, device=input.device)
        return torch.linalg.svdvals(wide).to(dtype), nothing, nothing
    u, s, vh = torch.linalg.svd(wide, full_matrices)
    return s.to(dtype), u.to(dtype), vh.mH.contiguous().to(dtype)


@kernel("SelfAdjointEigV2", "cpu", "gpu")
def self_adjoint_eig(input: Tensor, *, compute_v: bool) -> tuple[Tensor, Tensor]:
    check_square(input)
    dtype = input.dtype
    wide = input.float() if dtype is torch.float16 else input
    if not bool(wide.isfinite().all()):
        raise errors.invalid_argument(
            "Self-adjoint eigen decomposition was not successful. The input might not be valid."
        )
    if not compute_v:
        nothing = torch.zeros(0, dtype=dtype, device=input.device)
        return torch.linalg.eigvalsh(wide).to(dtype), nothing
    values, vectors = torch.linalg.eigh(wide)
    return values.to(dtype), vectors.to(dtype)
