"""Kernels of inverses, determinants, decompositions and solvers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor


def check_square(x: Tensor) -> None:
    """Complain where a tensor is not a batch of square matrices."""
    if x.dim() < 2:
        raise errors.invalid_argument(f"Input tensor must have rank >= 2, got {x.dim()}")
    if x.shape[-1] != x.shape[-2]:
        raise errors.invalid_argument(
            f"Input matrix must be square, got {x.shape[-2]} != {x.shape[-1]}"
        )


def in_float(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that computes float16 in float32, and checks that its input is square."""

    @wraps(function)
    def compute(x: Tensor, *others: Any, **attrs: Any) -> Any:
        check_square(x)
        if x.dtype is not torch.float16:
            return function(x, *others, **attrs)
        made = function(x.float(), *(o.float() for o in others), **attrs)
        return [m.half() for m in made] if isinstance(made, tuple) else made.half()

    return compute


@kernel("MatrixInverse", "cpu", "gpu")
@in_float
def matrix_inverse(input: Tensor, *, adjoint: bool) -> Tensor:
    if bool(input.isnan().any()):
        raise errors.invalid_argument("Input is not invertible.")
    try:
        return torch.linalg.inv(input.mH if adjoint else input)
    except RuntimeError:
        raise errors.invalid_argument("Input is not invertible.") from None


@kernel("MatrixDeterminant", "cpu", "gpu")
@in_float
def matrix_determinant(input: Tensor) -> Tensor:
    return torch.linalg.det(input)


@kernel("LogMatrixDeterminant", "cpu", "gpu")
@in_float
def log_matrix_determinant(input: Tensor) -> tuple[Tensor, Tensor]:
    sign, logarithm = torch.linalg.slogdet(input)
    return sign, logarithm.to(input.dtype)


@kernel("Cholesky", "cpu", "gpu")
@in_float
def cholesky(input: Tensor) -> Tensor:
    factor, failed = torch.linalg.cholesky_ex(input)
    if bool((failed.bool() & ~input.isnan().any(-1).any(-1)).any()):
        # TensorFlow 1 refuses it, TensorFlow 2 gives NaN.
        raise errors.invalid_argument(
            "Cholesky decomposition was not successful. The input might not be valid."
        )
    return torch.where(failed[..., None, None].bool(), torch.nan, factor)


@kernel("CholeskyGrad", "cpu", "gpu")
@in_float
def cholesky_grad(l: Tensor, grad: Tensor) -> Tensor:  # noqa: E741 (the name in the signature)
    check_batches(l, grad)
    inverse = torch.linalg.inv(l.tril())
    middle = (l.tril().mH @ grad.tril()).tril()
    middle.diagonal(dim1=-2, dim2=-1).mul_(0.5)
    product = inverse.mH @ middle @ inverse
    return (product + product.mH) * 0.5


def _of_eigenvalues(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Return a function of diagonalizable matrices, computed on their eigenvalues."""
    values, vectors = torch.linalg.eig(x.to(torch.complex128))
    made = vectors @ torch.diag_embed(function(values)) @ torch.linalg.inv(vectors)
    return (made if x.is_complex() else made.real).to(x.dtype)


@kernel("MatrixLogarithm", "cpu", "gpu")
@in_float
def matrix_logarithm(input: Tensor) -> Tensor:
    return _of_eigenvalues(input, torch.log)


@kernel("MatrixSquareRoot", "cpu", "gpu")
@in_float
def matrix_square_root(input: Tensor) -> Tensor:
    return _of_eigenvalues(input, torch.sqrt)


def check_system(matrix: Tensor, rhs: Tensor) -> None:
    """Complain where a matrix and a right-hand side do not belong together."""
    for index, x in enumerate((matrix, rhs)):
        if x.dim() < 2:
            raise errors.invalid_argument(
                f"In[{index}] ndims must be >= 2: {x.dim()}, shape "
                f"{format_dims(tuple(x.shape), 'kernel')}"
            )
    if matrix.shape[-2] != rhs.shape[-2]:
        raise errors.invalid_argument(
            "Input matrix and right-hand side must have the same number of rows, got "
            f"{matrix.shape[-2]} != {rhs.shape[-2]}"
        )


def check_batches(*matrices: Tensor) -> None:
    """Complain where tensors are no stacks of matrices, or not of one shape."""
    if matrices[0].dim() < 2:
        raise errors.invalid_argument(
            f"Input tensor 0 must have rank >= 2, got {matrices[0].dim()}"
        )
    if len({x.dim() for x in matrices}) > 1:
        raise errors.invalid_argument("All input tensors must have the same rank.")
    if len({x.shape[:-2] for x in matrices}) > 1:
        raise errors.invalid_argument("All input tensors must have the same outer dimensions.")


@kernel("MatrixSolve", "cpu", "gpu")
def matrix_solve(matrix: Tensor, rhs: Tensor, *, adjoint: bool) -> Tensor:
    check_system(matrix, rhs)
    check_batches(matrix, rhs)
    check_square(matrix)
    if matrix.dtype is torch.float16:
        return matrix_solve(matrix.float(), rhs.float(), adjoint=adjoint).half()
    if bool(matrix.isnan().any()):
        raise errors.invalid_argument("Input matrix is not invertible.")
    try:
        return torch.linalg.solve(matrix.mH if adjoint else matrix, rhs)
    except RuntimeError:
        raise errors.invalid_argument("Input matrix is not invertible.") from None


@kernel("MatrixTriangularSolve", "cpu", "gpu")
def matrix_triangular_solve(matrix: Tensor, rhs: Tensor, *, lower: bool, adjoint: bool) -> Tensor:
    check_system(matrix, rhs)
    check_square(matrix)
    if matrix.dtype in (torch.float16, torch.bfloat16):
        wide = matrix_triangular_solve(matrix.float(), rhs.float(), lower=lower, adjoint=adjoint)
        return wide.to(matrix.dtype)
    if bool((matrix.diagonal(dim1=-2, dim2=-1) == 0).any()):
        raise errors.invalid_argument("Input matrix is not invertible.")
    if adjoint:
        matrix, lower = matrix.mH, not lower
    return torch.linalg.solve_triangular(matrix, rhs, upper=not lower)


@kernel("MatrixSolveLs", "cpu", host_inputs=("l2_regularizer",))
def matrix_solve_ls(matrix: Tensor, rhs: Tensor, l2_regularizer: Any, *, fast: bool) -> Tensor:
    check_system(matrix, rhs)
    check_batches(matrix, rhs)
    if l2_regularizer.ndim:
        raise errors.invalid_argument(
            "l2_regularizer must be scalar, got shape "
            f"{format_dims(l2_regularizer.shape, 'kernel')}"
        )
    if matrix.dtype is torch.float16:
        wide = matrix_solve_ls(matrix.float(), rhs.float(), l2_regularizer, fast=fast)
        return wide.half()
    weight = float(l2_regularizer)
    if not weight >= 0:
        raise errors.invalid_argument("l2_regularizer must be >= 0.")
    rows, columns = matrix.shape[-2:]
    if not fast:
        return torch.linalg.lstsq(matrix, rhs, driver="gelsd").solution
    flipped = matrix.mH
    small = flipped @ matrix if rows >= columns else matrix @ flipped
    small = small + weight * torch.eye(small.shape[-1], dtype=matrix.dtype)
    try:
        factor = torch.linalg.cholesky(small)
    except RuntimeError:
        raise errors.invalid_argument(
            "Input matrix was rank deficient or ill-conditioned."
        ) from None
    if rows >= columns:
        return torch.cholesky_solve(flipped @ rhs, factor)
    return flipped @ torch.cholesky_solve(rhs, factor)
