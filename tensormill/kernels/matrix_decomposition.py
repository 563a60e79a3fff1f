"""Kernels of decompositions of matrices."""

from __future__ import annotations

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


@kernel("Svd", "cpu", "gpu")
def svd(input: Tensor, *, compute_uv: bool, full_matrices: bool) -> tuple[Tensor, Tensor, Tensor]:
    check_matrices(input)
    dtype = input.dtype
    wide = input.float() if dtype is torch.float16 else input
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
    if not compute_v:
        nothing = torch.zeros(0, dtype=dtype, device=input.device)
        return torch.linalg.eigvalsh(wide).to(dtype), nothing
    values, vectors = torch.linalg.eigh(wide)
    return values.to(dtype), vectors.to(dtype)
