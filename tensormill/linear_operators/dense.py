"""Operators that hold their matrix: full and triangular ones, and diagonals."""

from __future__ import annotations

from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.broadcasting import (
    assert_no_entries_with_modulus_zero,
    assert_zero_imag_part,
    convert_nonref_to_tensor,
    matrix_triangular_solve_with_broadcast,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import conj, log, real
from tensormill.ops.joining import concat
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.matrix_diagonals import (
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_prod, reduce_sum

__all__ = ["LinearOperatorDiag", "LinearOperatorFullMatrix", "LinearOperatorLowerTriangular"]


class LinearOperatorFullMatrix(LinearOperator):
    """The operator of a dense matrix."""

    def __init__(
        self,
        matrix: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorFullMatrix",
    ) -> None:
        """Take the matrix [..., rows, columns].

        Raises:
          ValueError: it has fewer than two dimensions.
        """
        with name_scope(name, values=[matrix]):
            self._matrix = convert_nonref_to_tensor(matrix, name="matrix")
            if self._matrix.shape.ndims is not None and self._matrix.shape.ndims < 2:
                raise ValueError(
                    f"Argument matrix must have at least 2 dimensions.  Found: {self._matrix}"
                )
            super().__init__(
                dtype=self._matrix.dtype,
                graph_parents=[self._matrix],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=is_square,
                name=name,
            )

    @property
    def matrix(self) -> Tensor:
        """The matrix."""
        return self._matrix

    def _shape(self) -> TensorShape:
        return self._matrix.shape

    def _shape_tensor(self) -> Tensor:
        return shape_of(self._matrix)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self._matrix, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _to_dense(self) -> Any:
        return self._matrix


class LinearOperatorLowerTriangular(LinearOperator):
    """The operator of the lower triangle of a matrix."""

    def __init__(
        self,
        tril: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowerTriangular",
    ) -> None:
        """Take the matrix [..., n, n]; what stands above its diagonal counts for nothing.

        Raises:
          ValueError: it is no square matrix.
        """
        if is_square is False:
            raise ValueError("Only square lower triangular operators supported at this time.")
        with name_scope(name, values=[tril]):
            given = convert_nonref_to_tensor(tril, name="tril")
            if given.shape.ndims is not None and given.shape.ndims < 2:
                raise ValueError(f"Argument tril must have at least 2 dimensions.  Found: {given}")
            self._given = given
            super().__init__(
                dtype=given.dtype,
                graph_parents=[given],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=True,
                name=name,
            )

    @property
    def tril(self) -> Tensor:
        """The matrix that was given."""
        return self._given

    @property
    def _tril(self) -> Tensor:
        return matrix_band_part(self._given, -1, 0)

    @property
    def _diag(self) -> Tensor:
        return matrix_diag_part(self._given)

    def _shape(self) -> TensorShape:
        return self._given.shape

    def _shape_tensor(self) -> Tensor:
        return shape_of(self._given)

    def _assert_non_singular(self) -> Any:
        return assert_no_entries_with_modulus_zero(
            self._diag, message="Singular operator:  Diagonal contained zero values."
        )

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self._tril, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _determinant(self) -> Any:
        return reduce_prod(self._diag, axis=[-1])

    def _log_abs_determinant(self) -> Any:
        return reduce_sum(log(abs_of(self._diag)), axis=[-1])

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        return matrix_triangular_solve_with_broadcast(self._tril, rhs, lower=True, adjoint=adjoint)

    def _to_dense(self) -> Any:
        return self._tril


class LinearOperatorDiag(LinearOperator):
    """The operator of a diagonal."""

    def __init__(
        self,
        diag: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorDiag",
    ) -> None:
        """Take the diagonal [..., n].

        Raises:
          ValueError: it is a scalar, or a hint is wrong for it.
        """
        with name_scope(name, values=[diag]):
            self._diag = convert_nonref_to_tensor(diag, name="diag")
            if self._diag.shape.ndims is not None and self._diag.shape.ndims < 1:
                raise ValueError(
                    f"Argument diag must have at least 1 dimension.  Found: {self._diag}"
                )
            if not self._diag.dtype.is_complex:
                if is_self_adjoint is False:
                    raise ValueError("A real diagonal operator is always self adjoint.")
                is_self_adjoint = True
            if is_square is False:
                raise ValueError("Only square diagonal operators currently supported.")
            super().__init__(
                dtype=self._diag.dtype,
                graph_parents=[self._diag],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=True,
                name=name,
            )

    @property
    def diag(self) -> Tensor:
        """The diagonal."""
        return self._diag

    def _shape(self) -> TensorShape:
        dims = self._diag.shape
        return dims.concatenate(dims[-1:])

    def _shape_tensor(self) -> Tensor:
        sizes = shape_of(self._diag)
        return concat((sizes, [sizes[-1]]), axis=0)

    def _assert_non_singular(self) -> Any:
        return assert_no_entries_with_modulus_zero(
            self._diag, message="Singular operator:  Diagonal contained zero values."
        )

    def _assert_positive_definite(self) -> Any:
        if self.dtype.is_complex:
            text = (
                "Diagonal operator had diagonal entries with non-positive real part, thus was not "
                "positive definite."
            )
        else:
            text = (
                "Real diagonal operator had non-positive diagonal entries, thus was not positive "
                "definite."
            )
        return assert_positive(real(self._diag), message=text)

    def _assert_self_adjoint(self) -> Any:
        return assert_zero_imag_part(
            self._diag,
            message="This diagonal operator contained non-zero imaginary values.  Thus it was not "
            "self-adjoint.",
        )

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        diagonal = conj(self._diag) if adjoint else self._diag
        x = adjoint_of(x) if adjoint_arg else x
        return expand_dims(diagonal, -1) * x

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return (conj(self._diag) if adjoint else self._diag) * x

    def _determinant(self) -> Any:
        return reduce_prod(self._diag, axis=[-1])

    def _log_abs_determinant(self) -> Any:
        found = reduce_sum(log(abs_of(self._diag)), axis=[-1])
        return found if found.dtype == self.dtype else cast(found, self.dtype)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        diagonal = conj(self._diag) if adjoint else self._diag
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        return rhs * expand_dims(1.0 / diagonal, -1)

    def _to_dense(self) -> Any:
        return matrix_diag(self._diag)

    def _diag_part(self) -> Any:
        return self._diag

    def _add_to_tensor(self, x: Any) -> Any:
        return matrix_set_diag(x, matrix_diag_part(x) + self._diag)
