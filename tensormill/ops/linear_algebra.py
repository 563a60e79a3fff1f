"""Matrices as operators: inverses, determinants, Cholesky factors and solvers."""

from __future__ import annotations

from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims, merge_dims, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.elementwise_unary import conj_of
from tensormill.ops.matrix_diagonals import (
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensormill.ops.matrix_multiplication import matmul

TYPES = "T: {float64, float32, float16, complex64, complex128}"
_DETERMINANT_TYPES = "T: {float16, float32, float64, complex64, complex128}"

matrix_inverse_op = define(
    "MatrixInverse",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("adjoint: bool = false", TYPES),
)
cholesky_op = define("Cholesky", inputs=("input: T",), outputs=("output: T",), attrs=(TYPES,))
cholesky_grad_op = define(
    "CholeskyGrad",
    inputs=("l: T", "grad: T"),
    outputs=("output: T",),
    attrs=("T: {float16, float32, float64}",),
    differentiable=False,
)
matrix_logarithm_op = define(
    "MatrixLogarithm",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {complex64, complex128}",),
    differentiable=False,
)
matrix_square_root_op = define(
    "MatrixSquareRoot",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(TYPES,),
    differentiable=False,
)
matrix_determinant_op = define(
    "MatrixDeterminant",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(_DETERMINANT_TYPES,),
)
log_matrix_determinant_op = define(
    "LogMatrixDeterminant",
    inputs=("input: T",),
    outputs=("sign: T", "log_abs_determinant: T"),
    attrs=(_DETERMINANT_TYPES,),
)
matrix_solve_op = define(
    "MatrixSolve",
    inputs=("matrix: T", "rhs: T"),
    outputs=("output: T",),
    attrs=("adjoint: bool = false", TYPES),
)
matrix_triangular_solve_op = define(
    "MatrixTriangularSolve",
    inputs=("matrix: T", "rhs: T"),
    outputs=("output: T",),
    attrs=(
        "lower: bool = true",
        "adjoint: bool = false",
        "T: {bfloat16, float64, float32, float16, complex64, complex128}",
    ),
)
matrix_solve_ls_op = define(
    "MatrixSolveLs",
    inputs=("matrix: T", "rhs: T", "l2_regularizer: float64"),
    outputs=("output: T",),
    attrs=(TYPES, "fast: bool = true"),
)


def same_size(dims: tuple[int | None, ...]) -> int | None:
    """Return the size of square matrices; ValueError where they are not square."""
    rows, columns = dims[-2:]
    if rows is not None and columns is not None and rows != columns:
        raise ValueError(f"Dimensions must be equal, but are {rows} and {columns}")
    return rows if rows is not None else columns


@matrix_inverse_op.shape
@cholesky_op.shape
@cholesky_grad_op.shape
@matrix_logarithm_op.shape
@matrix_square_root_op.shape
def square_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    if dims is None:
        return [None]
    size = same_size(dims)
    return [(*dims[:-2], size, size)]


@matrix_determinant_op.shape
def matrix_determinant_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    if dims is None:
        return [None]
    same_size(dims)
    return [dims[:-2]]


@log_matrix_determinant_op.shape
def log_matrix_determinant_shape(ctx: ShapeContext) -> list[Dims]:
    return matrix_determinant_shape(ctx) * 2


def _solution_shape(ctx: ShapeContext, is_square: bool, is_broadcast: bool = False) -> Dims:
    matrix = with_rank_at_least(ctx.shape(0), 2)
    rhs = with_rank_at_least(ctx.shape(1), 2)
    if matrix is None or rhs is None:
        return None
    if is_square:
        same_size(matrix)
    if matrix[-2] is not None and rhs[-2] is not None and matrix[-2] != rhs[-2]:
        raise ValueError(f"Dimensions must be equal, but are {matrix[-2]} and {rhs[-2]}")
    join = broadcast_dims if is_broadcast else merge_dims
    batch = join(matrix[:-2], rhs[:-2])
    assert batch is not None
    return (*batch, matrix[-1], rhs[-1])


@matrix_solve_op.shape
def matrix_solve_shape(ctx: ShapeContext) -> list[Dims]:
    return [_solution_shape(ctx, is_square=True)]


@matrix_triangular_solve_op.shape
def matrix_triangular_solve_shape(ctx: ShapeContext) -> list[Dims]:
    return [_solution_shape(ctx, is_square=True, is_broadcast=True)]


@matrix_solve_ls_op.shape
def matrix_solve_ls_shape(ctx: ShapeContext) -> list[Dims]:
    regularizer = ctx.shape(2)
    if regularizer:
        raise ValueError(f"Shape must be rank 0 but is rank {len(regularizer)}")
    return [_solution_shape(ctx, is_square=False)]


def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """Return the transposed and conjugated matrices.

    Args:
      matrix: shape [..., rows, columns].
      name: the name of the scope.
    """
    with OpScope(name, "adjoint", (matrix,)):
        return OP_DEFS["Transpose"].builder(
            *_transposed_inputs(conj_of(convert_to_tensor(matrix, name="matrix")))
        )


def _transposed_inputs(matrix: Tensor) -> tuple[Tensor, Any]:
    if matrix.dims is not None:
        rank = len(matrix.dims)
        return matrix, constant([*range(rank - 2), rank - 1, rank - 2], "int32")
    rank_tensor = OP_DEFS["Rank"].builder(matrix)
    lead = OP_DEFS["Range"].builder(0, rank_tensor - 2, 1)
    order = [lead, OP_DEFS["Pack"].builder([rank_tensor - 1, rank_tensor - 2])]
    return matrix, OP_DEFS["ConcatV2"].builder(order, 0)


def _as_matrix_factor(scalars: Tensor) -> Tensor:
    """Return a number for each matrix in a shape that multiplies matrices."""
    expand = OP_DEFS["ExpandDims"].builder
    made: Tensor = expand(expand(scalars, -1), -1)
    return made


@matrix_inverse_op.gradient
def matrix_inverse_grad(op: Operation, grad: Tensor) -> Tensor:
    inverse = op.outputs[0]
    if op.attrs["adjoint"]:
        inner = matmul(inverse, matmul(grad, inverse, adjoint_a=True, adjoint_b=False))
        return -inner
    return -matmul(inverse, matmul(grad, inverse, adjoint_b=True), adjoint_a=True)


@matrix_determinant_op.gradient
def matrix_determinant_grad(op: Operation, grad: Tensor) -> Tensor:
    inverse = matrix_inverse_op(op.inputs[0], adjoint=True)
    return _as_matrix_factor(grad * op.outputs[0]) * inverse


@log_matrix_determinant_op.gradient
def log_matrix_determinant_grad(op: Operation, _: Any, grad: Tensor) -> Tensor:
    return _as_matrix_factor(grad) * matrix_inverse_op(op.inputs[0], adjoint=True)


@cholesky_op.gradient
def cholesky_grad(op: Operation, grad: Tensor) -> Tensor:
    factor = op.outputs[0]
    ones = OP_DEFS["OnesLike"].builder(matrix_diag_part(factor))
    inverse = matrix_triangular_solve_op(factor, matrix_diag(ones))
    middle = matmul(factor, grad, adjoint_a=True)
    half = constant(0.5, middle.dtype.base_dtype)
    middle = matrix_set_diag(middle, half * matrix_diag_part(middle))
    middle = matrix_band_part(middle, -1, 0)
    product = matmul(matmul(inverse, middle, adjoint_a=True), inverse)
    return (product + adjoint(product)) * half


@matrix_solve_op.gradient
def matrix_solve_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    matrix, flipped, solution = op.inputs[0], op.attrs["adjoint"], op.outputs[0]
    grad_rhs = matrix_solve_op(matrix, grad, adjoint=not flipped)
    if flipped:
        return [-matmul(solution, grad_rhs, adjoint_b=True), grad_rhs]
    return [-matmul(grad_rhs, solution, adjoint_b=True), grad_rhs]


@matrix_triangular_solve_op.gradient
def matrix_triangular_solve_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    matrix, solution = op.inputs[0], op.outputs[0]
    flipped, lower = op.attrs["adjoint"], op.attrs["lower"]
    grad_rhs = matrix_triangular_solve_op(matrix, grad, lower=lower, adjoint=not flipped)
    if flipped:
        grad_matrix = -matmul(solution, grad_rhs, adjoint_b=True)
    else:
        grad_matrix = -matmul(grad_rhs, solution, adjoint_b=True)
    band = (-1, 0) if lower else (0, -1)
    return [matrix_band_part(grad_matrix, *band), grad_rhs]


@matrix_solve_ls_op.gradient
def matrix_solve_ls_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    a, b, regularizer = op.inputs
    if a.dims is None or a.dims[-2] is None or a.dims[-1] is None:
        raise NotImplementedError("the gradient of MatrixSolveLs needs the sizes of the matrix")
    weight = OP_DEFS["Cast"].builder(regularizer, DstT=a.dtype.base_dtype)
    if a.dims[-2] >= a.dims[-1]:
        factor = _gramian_factor(a, weight, adjoint_a=True)
        x = op.outputs[0]
        z = cholesky_solve(factor, grad)
        outer = matmul(x, z, adjoint_b=True)
        symmetric = outer + adjoint(outer)
        return [-matmul(a, symmetric) + matmul(b, z, adjoint_b=True), matmul(a, z), None]
    factor = _gramian_factor(a, weight, adjoint_a=False)
    grad_b = cholesky_solve(factor, matmul(a, grad))
    solved = cholesky_solve(factor, b)
    first = -matmul(grad_b, matmul(solved, a, adjoint_a=True))
    rest = grad - matmul(a, grad_b, adjoint_a=True)
    return [first + matmul(solved, rest, adjoint_b=True), grad_b, None]


def _gramian_factor(a: Tensor, weight: Any, adjoint_a: bool) -> Tensor:
    """Return the Cholesky factor of A* A (or of A A*) + weight * I."""
    gramian = matmul(a, a, adjoint_a=adjoint_a, adjoint_b=not adjoint_a)
    factor: Tensor = cholesky_op(matrix_set_diag(gramian, matrix_diag_part(gramian) + weight))
    return factor


def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """Return the inverses of square matrices.

    Args:
      input: shape [..., n, n].
      adjoint: invert the transposed and conjugated matrices.
      name: the name of the node.
    """
    return matrix_inverse_op(input, adjoint=adjoint, name=name)


def matrix_determinant(input: Any, name: str | None = None) -> Tensor:
    """Return the determinants of square matrices.

    Args:
      input: shape [..., n, n].
      name: the name of the node.
    """
    return matrix_determinant_op(input, name=name)


def slogdet(input: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Return the signs and the logarithms of the absolute values of determinants.

    Args:
      input: shape [..., n, n].
      name: the name of the node.
    """
    sign, logarithm = log_matrix_determinant_op(input, name=name)
    return sign, logarithm


def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """Return the logarithms of the determinants of positive definite matrices.

    Args:
      matrix: shape [..., n, n].
      name: the name of the scope.
    """
    with OpScope(name, "logdet", (matrix,)):
        factor = cholesky_op(matrix)
        entries = matrix_diag_part(factor)
        if factor.dtype.is_complex:
            entries = OP_DEFS["Real"].builder(entries, Tout=factor.dtype.real_dtype)
        logarithms = OP_DEFS["Log"].builder(entries)
        return 2.0 * OP_DEFS["Sum"].builder(logarithms, [-1])


def cholesky(input: Any, name: str | None = None) -> Tensor:
    """Return the lower Cholesky factors of positive definite matrices.

    Args:
      input: shape [..., n, n].
      name: the name of the node.
    """
    return cholesky_op(input, name=name)


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """Return the solutions X of A X = RHS, from the Cholesky factors of A.

    Args:
      chol: shape [..., n, n].
      rhs: shape [..., n, k].
      name: the name of the scope.
    """
    with OpScope(name, "cholesky_solve", (chol, rhs)):
        first = matrix_triangular_solve_op(chol, rhs, adjoint=False, lower=True)
        made: Tensor = matrix_triangular_solve_op(chol, first, adjoint=True, lower=True)
        return made


def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """Return the solutions X of A X = RHS.

    Args:
      matrix: shape [..., n, n].
      rhs: shape [..., n, k].
      adjoint: solve with the transposed and conjugated matrices.
      name: the name of the node.
    """
    return matrix_solve_op(matrix, rhs, adjoint=adjoint, name=name)


def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """Return the solutions X of A X = RHS, where A is triangular.

    Args:
      matrix: shape [..., n, n]; only one triangle is read.
      rhs: shape [..., n, k].
      lower: read the lower triangle.
      adjoint: solve with the transposed and conjugated matrices.
      name: the name of the node.
    """
    made: Tensor = matrix_triangular_solve_op(matrix, rhs, lower=lower, adjoint=adjoint, name=name)
    return made


def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """Return the X that make A X come closest to RHS.

    Args:
      matrix: shape [..., m, n].
      rhs: shape [..., m, k].
      l2_regularizer: the weight of the size of X; 0 for none.
      fast: solve the normal equations; False is slower and takes ill-conditioned matrices.
      name: the name of the scope.
    """
    with OpScope(name, "matrix_solve_ls", (matrix, rhs, l2_regularizer)):
        matrix = convert_to_tensor(matrix, name="matrix")
        sizes = None if matrix.dims is None else matrix.dims[-2:]
        if not fast or sizes is None or None in sizes:
            made: Tensor = matrix_solve_ls_op(matrix, rhs, l2_regularizer, fast=fast)
            return made
        weight = convert_to_tensor(l2_regularizer, matrix.dtype.base_dtype)
        if sizes[0] >= sizes[1]:
            factor = _gramian_factor(matrix, weight, adjoint_a=True)
            return cholesky_solve(factor, matmul(matrix, rhs, adjoint_a=True))
        factor = _gramian_factor(matrix, weight, adjoint_a=False)
        return matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)


def logm(input: Any, name: str | None = None) -> Tensor:
    """Return the logarithms of square complex matrices.

    Args:
      input: shape [..., n, n].
      name: the name of the node.
    """
    return matrix_logarithm_op(input, name=name)


def sqrtm(input: Any, name: str | None = None) -> Tensor:
    """Return the square roots of square matrices.

    Args:
      input: shape [..., n, n].
      name: the name of the node.
    """
    return matrix_square_root_op(input, name=name)
