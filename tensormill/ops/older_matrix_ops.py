"""Older ops of matrices, which graphs of the first versions of TensorFlow have.

Later ones take batches of matrices under the names without `Batch`. TensorFlow refuses the older
ones in new graphs, and imports them in old ones; their static shapes are not known.

Source: TensorFlow 1.15, core/ops/array_ops.cc, linalg_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

batch_matrix_band_part_op = define(
    "BatchMatrixBandPart",
    inputs=(
        "input: T",
        "num_lower: int64",
        "num_upper: int64",
    ),
    outputs=("band: T",),
    attrs=("T: type",),
    differentiable=False,
)
batch_matrix_diag_op = define(
    "BatchMatrixDiag",
    inputs=("diagonal: T",),
    outputs=("output: T",),
    attrs=("T: type",),
    differentiable=False,
)
batch_matrix_diag_part_op = define(
    "BatchMatrixDiagPart",
    inputs=("input: T",),
    outputs=("diagonal: T",),
    attrs=("T: type",),
    differentiable=False,
)
batch_matrix_set_diag_op = define(
    "BatchMatrixSetDiag",
    inputs=(
        "input: T",
        "diagonal: T",
    ),
    outputs=("output: T",),
    attrs=("T: type",),
    differentiable=False,
)
batch_cholesky_op = define(
    "BatchCholesky",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {float64, float32}",),
    differentiable=False,
)
batch_cholesky_grad_op = define(
    "BatchCholeskyGrad",
    inputs=(
        "l: T",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=("T: {float32, float64}",),
    differentiable=False,
)
batch_matrix_determinant_op = define(
    "BatchMatrixDeterminant",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {float32, float64, complex64, complex128}",),
    differentiable=False,
)
batch_matrix_inverse_op = define(
    "BatchMatrixInverse",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "adjoint: bool = false",
        "T: {float64, float32}",
    ),
    differentiable=False,
)
batch_matrix_solve_op = define(
    "BatchMatrixSolve",
    inputs=(
        "matrix: T",
        "rhs: T",
    ),
    outputs=("output: T",),
    attrs=(
        "adjoint: bool = false",
        "T: {float64, float32}",
    ),
    differentiable=False,
)
batch_matrix_solve_ls_op = define(
    "BatchMatrixSolveLs",
    inputs=(
        "matrix: T",
        "rhs: T",
        "l2_regularizer: float64",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float64, float32}",
        "fast: bool = true",
    ),
    differentiable=False,
)
batch_matrix_triangular_solve_op = define(
    "BatchMatrixTriangularSolve",
    inputs=(
        "matrix: T",
        "rhs: T",
    ),
    outputs=("output: T",),
    attrs=(
        "lower: bool = true",
        "adjoint: bool = false",
        "T: {float64, float32}",
    ),
    differentiable=False,
)
batch_self_adjoint_eig_op = define(
    "BatchSelfAdjointEig",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {float64, float32}",),
    differentiable=False,
)
batch_self_adjoint_eig_v2_op = define(
    "BatchSelfAdjointEigV2",
    inputs=("input: T",),
    outputs=(
        "e: T",
        "v: T",
    ),
    attrs=(
        "compute_v: bool = true",
        "T: {float64, float32}",
    ),
    differentiable=False,
)
batch_svd_op = define(
    "BatchSvd",
    inputs=("input: T",),
    outputs=(
        "s: T",
        "u: T",
        "v: T",
    ),
    attrs=(
        "compute_uv: bool = true",
        "full_matrices: bool = false",
        "T: {float64, float32, complex64, complex128}",
    ),
    differentiable=False,
)
self_adjoint_eig_op = define(
    "SelfAdjointEig",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {float64, float32, float16}",),
    differentiable=False,
)
matrix_exponential_op = define(
    "MatrixExponential",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {float64, float32, float16, complex64, complex128}",),
    differentiable=False,
)


@batch_matrix_band_part_op.shape
@batch_matrix_diag_op.shape
@batch_matrix_diag_part_op.shape
@batch_matrix_set_diag_op.shape
@batch_cholesky_op.shape
@batch_cholesky_grad_op.shape
@batch_matrix_determinant_op.shape
@batch_matrix_inverse_op.shape
@batch_matrix_solve_op.shape
@batch_matrix_solve_ls_op.shape
@batch_matrix_triangular_solve_op.shape
@batch_self_adjoint_eig_op.shape
@batch_self_adjoint_eig_v2_op.shape
@batch_svd_op.shape
@self_adjoint_eig_op.shape
@matrix_exponential_op.shape
def unknown_shape(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.op.outputs)
