"""Kernels of functions of matrices."""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.linear_algebra import check_batches, check_square
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import torch_dtype

Tensor = torch.Tensor


@kernel("Lu", "cpu", "gpu")
def lu(input: Tensor, *, output_idx_type: DType) -> tuple[Tensor, Tensor]:
    check_square(input)
    wide = input.float() if input.dtype is torch.float16 else input
    factors, pivots, _ = torch.linalg.lu_factor_ex(wide)
    if not bool((factors.diagonal(dim1=-2, dim2=-1).abs() > 0).all()):
        raise errors.invalid_argument("Input is not invertible.")
    size = input.shape[-1]
    if not size:
        return factors, pivots.to(torch_dtype(output_idx_type))
    swaps = pivots.reshape(-1, size).long() - 1
    flat = torch.arange(size, device=input.device).repeat(swaps.shape[0], 1)
    batch = torch.arange(flat.shape[0], device=input.device)
    for place in range(size):
        other = swaps[:, place]
        kept = flat[batch, other].clone()
        flat[batch, other] = flat[:, place].clone()
        flat[:, place] = kept
    return factors.to(input.dtype), flat.reshape(pivots.shape).to(torch_dtype(output_idx_type))


@kernel("TridiagonalSolve", "cpu", "gpu")
def tridiagonal_solve(
    diagonals: Tensor, rhs: Tensor, *, partial_pivoting: bool, perturb_singular: bool
) -> Tensor:
    if diagonals.dim() < 2:
        raise errors.invalid_argument(
            f"Expected diagonals to have rank at least 2, got {diagonals.dim()}"
        )
    check_batches(diagonals, rhs)
    if diagonals.shape[-2] != 3:
        raise errors.invalid_argument(
            f"Expected diagonals to have 3 rows, got {diagonals.shape[-2]}"
        )
    if diagonals.shape[-1] != rhs.shape[-2]:
        raise errors.invalid_argument(
            "Expected the same number of left-hand sides and right-hand sides, got "
            f"{diagonals.shape[-1]} and {rhs.shape[-2]}."
        )
    if not rhs.numel():
        return rhs.clone()
    above, main, below = (diagonals[..., i, :].unsqueeze(-1) for i in range(3))
    return _solve(above, main, below, rhs, partial_pivoting)


def _solve(above: Tensor, main: Tensor, below: Tensor, rhs: Tensor, may_swap: bool) -> Tensor:
    """Eliminate row by row; all matrices of the batch at once."""
    size = rhs.shape[-2]
    d = list(main.unbind(-2))
    u = [*list(above.unbind(-2))[:-1], torch.zeros_like(d[0])]
    low = list(below.unbind(-2))
    b = list(rhs.unbind(-2))
    u2 = [torch.zeros_like(d[0]) for _ in range(size)]
    for k in range(size - 1):
        if not may_swap and bool((d[k] == 0).any()):
            raise errors.invalid_argument(
                "The first element of diagonal is zero."
                if not k
                else "Encountered zero pivot in Thomas algorithm"
            )
        swap = (
            (low[k + 1].abs() > d[k].abs())
            if may_swap
            else torch.zeros_like(d[k], dtype=torch.bool)
        )
        pivot, other = torch.where(swap, low[k + 1], d[k]), torch.where(swap, d[k], low[k + 1])
        if bool((pivot == 0).any()):
            raise errors.invalid_argument("The matrix is not invertible.")
        factor = other / pivot
        first = torch.where(swap, d[k + 1], u[k])
        second = torch.where(swap, u[k], d[k + 1])
        beyond = torch.where(swap, u[k + 1], torch.zeros_like(u[k + 1]))
        after = torch.where(swap, torch.zeros_like(u[k + 1]), u[k + 1])
        top, bottom = torch.where(swap, b[k + 1], b[k]), torch.where(swap, b[k], b[k + 1])
        d[k], u[k], u2[k], b[k] = pivot, first, beyond, top
        d[k + 1] = second - factor * first
        u[k + 1] = after - factor * beyond
        b[k + 1] = bottom - factor * top
    if bool((d[-1] == 0).any()):
        raise errors.invalid_argument("The matrix is not invertible.")
    x: list[Tensor] = [b[0]] * size
    for k in range(size - 1, -1, -1):
        value = b[k]
        if k + 1 < size:
            value = value - u[k] * x[k + 1]
        if k + 2 < size:
            value = value - u2[k] * x[k + 2]
        x[k] = value / d[k]
    return torch.stack(x, -2)


@kernel("TridiagonalMatMul", "cpu", "gpu")
def tridiagonal_mat_mul(
    superdiag: Tensor, maindiag: Tensor, subdiag: Tensor, rhs: Tensor
) -> Tensor:
    check_batches(superdiag, maindiag, subdiag, rhs)
    names = ("superdiagonal", "main diagonal", "subdiagonal")
    for name, diagonal in zip(names, (superdiag, maindiag, subdiag), strict=True):
        if tuple(diagonal.shape[-2:]) != (1, rhs.shape[-2]):
            raise errors.invalid_argument(f"Invalid {name} shape.")
    above, main, below = (diagonal.mT for diagonal in (superdiag, maindiag, subdiag))
    result = main * rhs
    result[..., :-1, :] += above[..., :-1, :] * rhs[..., 1:, :]
    result[..., 1:, :] += below[..., 1:, :] * rhs[..., :-1, :]
    return result
