"""Decompositions of matrices: QR, singular values, eigenvalues of self-adjoint matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.linear_algebra import TYPES, adjoint, matrix_triangular_solve_op, same_size
from tensormill.ops.matrix_diagonals import (
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_max, reduce_sum

qr_op = define(
    "Qr",
    inputs=("input: T",),
    outputs=("q: T", "r: T"),
    attrs=("full_matrices: bool = false", TYPES),
)

svd_op = define(
    "Svd",
    inputs=("input: T",),
    outputs=("s: T", "u: T", "v: T"),
    attrs=("compute_uv: bool = true", "full_matrices: bool = false", TYPES),
)

self_adjoint_eig_op = define(
    "SelfAdjointEigV2",
    inputs=("input: T",),
    outputs=("e: T", "v: T"),
    attrs=("compute_v: bool = true", TYPES),
)


@qr_op.shape
def qr_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    if dims is None:
        return [None, None]
    *batch, rows, columns = dims
    if ctx.attrs["full_matrices"]:
        return [(*batch, rows, rows), (*batch, rows, columns)]
    least = None if rows is None or columns is None else min(rows, columns)
    return [(*batch, rows, least), (*batch, least, columns)]


@svd_op.shape
def svd_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    nothing: Dims = (0,)
    if dims is None:
        return [None, None, None] if ctx.attrs["compute_uv"] else [None, nothing, nothing]
    *batch, rows, columns = dims
    least = None if rows is None or columns is None else min(rows, columns)
    if not ctx.attrs["compute_uv"]:
        return [(*batch, least), nothing, nothing]
    if ctx.attrs["full_matrices"]:
        return [(*batch, least), (*batch, rows, rows), (*batch, columns, columns)]
    return [(*batch, least), (*batch, rows, least), (*batch, columns, least)]


@self_adjoint_eig_op.shape
def self_adjoint_eig_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    if dims is None:
        return [None, None if ctx.attrs["compute_v"] else (0,)]
    size = same_size(dims)
    vectors: Dims = (*dims[:-2], size, size) if ctx.attrs["compute_v"] else (0,)
    return [(*dims[:-2], size), vectors]


@qr_op.gradient
def qr_grad(op: Operation, dq: Tensor, dr: Tensor) -> Tensor:
    q, r = op.outputs
    if q.dtype.is_complex:
        raise NotImplementedError("QrGrad not implemented for dtype: complex")
    if r.dims is None or r.dims[-2] is None or r.dims[-1] is None:
        raise NotImplementedError("QrGrad not implemented with dynamic shapes.")
    if r.dims[-2] != r.dims[-1]:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true, "
            "or when ncols > nrows."
        )
    from_q = matmul(q, dq, adjoint_a=True)
    from_r = matmul(r, dr, adjoint_b=True)
    lower = matrix_band_part(from_q - adjoint(from_q) + from_r - adjoint(from_r), -1, 0)

    def divide_by_r(x: Tensor) -> Tensor:
        return adjoint(matrix_triangular_solve_op(r, adjoint(x), lower=False))

    return matmul(q, dr + divide_by_r(lower)) + divide_by_r(dq - matmul(q, from_q))


@self_adjoint_eig_op.gradient
def self_adjoint_eig_grad(op: Operation, grad_e: Tensor, grad_v: Tensor) -> Tensor:
    values = op.outputs[0]
    if op.attrs["compute_v"]:
        vectors = op.outputs[1]
        inner = matrix_diag(grad_e)
        if grad_v is not None:
            expand = OP_DEFS["ExpandDims"].builder
            distance = expand(values, -2) - expand(values, -1)
            inverse = _safe_reciprocal(distance)
            zeros = OP_DEFS["ZerosLike"].builder(values)
            factor = matrix_set_diag(inverse, zeros)
            inner = inner + factor * matmul(vectors, grad_v, adjoint_a=True)
        product = matmul(vectors, matmul(inner, vectors, adjoint_b=True))
    else:
        vectors = self_adjoint_eig_op(op.inputs[0])[1]
        product = matmul(vectors, matmul(matrix_diag(grad_e), vectors, adjoint_b=True))
    lower = matrix_band_part(product + adjoint(product), -1, 0)
    half = constant(0.5, lower.dtype.base_dtype)
    return matrix_set_diag(lower, half * matrix_diag_part(lower))


def _safe_reciprocal(x: Tensor) -> Tensor:
    return x / (x * x + constant(1e-20, x.dtype.base_dtype))


@svd_op.gradient
def svd_grad(op: Operation, grad_s: Tensor, grad_u: Tensor, grad_v: Tensor) -> Tensor:
    a = op.inputs[0]
    if not op.attrs["compute_uv"]:
        _, u, v = svd_op(a, compute_uv=True, full_matrices=False)
        return matmul(u, matmul(matrix_diag(grad_s), v, adjoint_b=True))
    if a.dims is None or a.dims[-2] is None or a.dims[-1] is None:
        raise NotImplementedError(
            "SVD gradient has not been implemented for input with unknown inner matrix shape."
        )
    return _svd_grad_with_vectors(op, grad_s, grad_u, grad_v)


def _svd_grad_with_vectors(op: Operation, grad_s: Tensor, grad_u: Tensor, grad_v: Tensor) -> Tensor:
    s, u, v = op.outputs
    dims = op.inputs[0].dims
    assert dims is not None
    rows, columns = dims[-2:]
    assert rows is not None
    assert columns is not None
    if op.attrs["full_matrices"] and rows != columns:
        raise NotImplementedError(
            "svd gradient is not implemented for matrices that are not square when full_matrices "
            "is True"
        )
    expand = OP_DEFS["ExpandDims"].builder
    squares = s * s
    distance = expand(squares, -2) - expand(squares, -1)
    zeros = OP_DEFS["ZerosLike"].builder(s)
    factor = matrix_set_diag(_safe_reciprocal(distance), zeros)
    s_matrix, s_inverse = matrix_diag(s), matrix_diag(OP_DEFS["Reciprocal"].builder(s))
    u_part = matmul(u, grad_u, adjoint_a=True)
    v_part = matmul(v, grad_v, adjoint_a=True)
    f_u, f_v = factor * u_part, factor * v_part
    middle = (
        matrix_diag(grad_s)
        + matmul(f_u + adjoint(f_u), s_matrix)
        + matmul(s_matrix, f_v + adjoint(f_v))
    )
    product = matmul(u, matmul(middle, v, adjoint_b=True))
    if rows > columns:
        rest = grad_u - matmul(u, u_part)
        product = product + matmul(matmul(rest, s_inverse), v, adjoint_b=True)
    elif columns > rows:
        rest = grad_v - matmul(v, v_part)
        product = product + matmul(matmul(u, s_inverse), rest, adjoint_b=True)
    return product


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Return orthogonal Q and upper triangular R with Q R = input.

    Args:
      input: shape [..., m, n].
      full_matrices: make Q square.
      name: the name of the node.
    """
    q, r = qr_op(input, full_matrices=full_matrices, name=name)
    return q, r


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Return the singular values, and the left and right singular vectors, of matrices.

    Args:
      tensor: shape [..., m, n].
      full_matrices: return all vectors.
      compute_uv: False returns the singular values alone.
      name: the name of the node.
    """
    s, u, v = svd_op(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    if not compute_uv:
        return s
    if s.dtype.is_complex:
        s = OP_DEFS["Real"].builder(s, Tout=s.dtype.real_dtype)
    return s, u, v


def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues, ascending, and the eigenvectors of self-adjoint matrices.

    Args:
      tensor: shape [..., n, n]; the lower triangle is read.
      name: the name of the node.
    """
    values, vectors = self_adjoint_eig_op(tensor, compute_v=True, name=name)
    return values, vectors


def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """Return the eigenvalues, ascending, of self-adjoint matrices.

    Args:
      tensor: shape [..., n, n]; the lower triangle is read.
      name: the name of the node.
    """
    values: Tensor = self_adjoint_eig_op(tensor, compute_v=False, name=name)[0]
    return values


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """Return the ranks of matrices: how many singular values are above a threshold.

    Args:
      a: shape [..., m, n].
      tol: the threshold; by default the rounding error of the greatest singular value.
      validate_args: accepted as in TensorFlow.
      name: the name of the scope.
    """
    with OpScope(name, "matrix_rank", (a,)):
        a = convert_to_tensor(a)
        values = svd(a, compute_uv=False)
        if tol is None:
            tol = _rounding_error(a) * reduce_max(values, -1, keepdims=True)
        above = OP_DEFS["Greater"].builder(values, tol)
        return reduce_sum(cast(above, dtypes.int32), -1)


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Return the Moore-Penrose inverses of matrices.

    Args:
      a: shape [..., m, n].
      rcond: singular values below this part of the greatest count as 0.
      validate_args: accepted as in TensorFlow.
      name: the name of the scope.
    """
    with OpScope(name, "pinv", (a,)):
        a = convert_to_tensor(a, name="a")
        part = 10.0 * _rounding_error(a) if rcond is None else rcond
        s, u, v = svd(a, full_matrices=False)
        least = part * reduce_max(s, -1, keepdims=True)
        above = OP_DEFS["Greater"].builder(s, least)
        infinity = constant(float("inf"), s.dtype.base_dtype)
        kept = OP_DEFS["SelectV2"].builder(above, s, infinity)
        return matmul(v / OP_DEFS["ExpandDims"].builder(kept, -2), u, adjoint_b=True)


def _rounding_error(a: Tensor) -> Any:
    """Return the machine precision of a dtype times the greater size of matrices."""
    epsilon = float(np.finfo(a.dtype.real_dtype.as_numpy_dtype).eps)
    dims = a.dims
    if dims is not None and dims[-2] is not None and dims[-1] is not None:
        return epsilon * max(dims[-2], dims[-1])
    sizes = OP_DEFS["Shape"].builder(a)[-2:]
    return epsilon * cast(reduce_max(sizes), a.dtype.real_dtype)
