"""Kernels of older ops of matrices: those of the ops that took their place."""

from __future__ import annotations

import torch

from tensormill.kernels import linear_algebra, matrix_decomposition, matrix_diagonals
from tensormill.kernels.linear_algebra import check_square, in_float
from tensormill.kernels.registry import alias_kernels, kernel

Tensor = torch.Tensor

_MODULES = (linear_algebra, matrix_decomposition, matrix_diagonals)
"""Where the kernels of the newer ops are registered."""
_NEWER = {
    "BatchCholesky": "Cholesky",
    "BatchCholeskyGrad": "CholeskyGrad",
    "BatchMatrixBandPart": "MatrixBandPart",
    "BatchMatrixDeterminant": "MatrixDeterminant",
    "BatchMatrixDiag": "MatrixDiag",
    "BatchMatrixDiagPart": "MatrixDiagPart",
    "BatchMatrixInverse": "MatrixInverse",
    "BatchMatrixSetDiag": "MatrixSetDiag",
    "BatchMatrixSolve": "MatrixSolve",
    "BatchMatrixSolveLs": "MatrixSolveLs",
    "BatchMatrixTriangularSolve": "MatrixTriangularSolve",
    "BatchSelfAdjointEigV2": "SelfAdjointEigV2",
    "BatchSvd": "Svd",
}

for _older, _newer in _NEWER.items():
    alias_kernels(_older, _newer)


@kernel("SelfAdjointEig", "cpu")
@kernel("BatchSelfAdjointEig", "cpu")
def self_adjoint_eig(input: Tensor) -> Tensor:
    """Return the eigenvalues in the first row and the eigenvectors below: [..., n + 1, n]."""
    values, vectors = matrix_decomposition.self_adjoint_eig(input, compute_v=True)
    return torch.cat([values.unsqueeze(-2), vectors], -2)


@kernel("MatrixExponential", "cpu")
@in_float
def matrix_exponential(input: Tensor) -> Tensor:
    check_square(input)
    return torch.linalg.matrix_exp(input)
