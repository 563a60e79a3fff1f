"""Operators of structured matrices: low-rank updates, reflections and Toeplitz ones."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes, errors
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.broadcasting import (
    cholesky_solve_with_broadcast,
    convert_nonref_to_tensor,
    matrix_solve_with_broadcast,
)
from tensormill.linear_operators.circulant import LinearOperatorCirculant
from tensormill.linear_operators.dense import LinearOperatorDiag
from tensormill.linear_operators.identities import LinearOperatorIdentity
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.array_shapes import broadcast_dynamic_shape, broadcast_to, expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import conj, log
from tensormill.ops.filling import ones, zeros, zeros_like
from tensormill.ops.fourier import fft
from tensormill.ops.gathering import gather
from tensormill.ops.joining import concat, stack
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.linear_algebra import cholesky, matrix_determinant
from tensormill.ops.matrix_diagonals import matrix_diag_part, matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_algebra import norm
from tensormill.ops.transposition import reverse

__all__ = [
    "LinearOperatorHouseholder",
    "LinearOperatorLowRankUpdate",
    "LinearOperatorToeplitz",
]


class LinearOperatorLowRankUpdate(LinearOperator):
    """`base + u diag v^H` with few columns in `u` and `v`."""

    def __init__(
        self,
        base_operator: Any,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        is_diag_update_positive: bool | None = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowRankUpdate",
    ) -> None:
        """Take the operator and its update.

        Args:
          base_operator: [..., m, n].
          u: [..., m, k].
          diag_update: [..., k]; ones by default.
          v: [..., n, k]; `u` by default.
          is_diag_update_positive: whether all of the diagonal are known to be positive.
          is_non_singular: as for all operators.
          is_self_adjoint: as for all operators.
          is_positive_definite: as for all operators.
          is_square: as for all operators.
          name: what the nodes begin with.

        Raises:
          ValueError: hints contradict each other.
          TypeError: dtypes differ.
        """
        if diag_update is None:
            if is_diag_update_positive is False:
                raise ValueError(
                    "Default diagonal is the identity, which is positive.  However, user set "
                    "'is_diag_update_positive' to False."
                )
            is_diag_update_positive = True
        self._use_cholesky = bool(
            base_operator.is_positive_definite
            and base_operator.is_self_adjoint
            and is_diag_update_positive
            and v is None
        )
        if base_operator.is_self_adjoint and v is None and not base_operator.dtype.is_complex:
            if is_self_adjoint is False:
                raise ValueError("The operator is known to be self-adjoint.")
            is_self_adjoint = True
        if self._use_cholesky:
            if is_positive_definite is False or is_self_adjoint is False:
                raise ValueError("Arguments imply this is self-adjoint positive-definite operator.")
            is_positive_definite = is_self_adjoint = True
        parents = list(base_operator.graph_parents)
        with name_scope(name, values=[*parents, u, diag_update, v]):
            self._u = convert_nonref_to_tensor(u, name="u")
            self._v = self._u if v is None else convert_nonref_to_tensor(v, name="v")
            self._diag_update = convert_nonref_to_tensor(diag_update, name="diag_update")
            for each in (self._u, self._v, self._diag_update):
                if each is not None and each.dtype.base_dtype != base_operator.dtype:
                    raise TypeError("Arguments must have the dtype of base_operator.")
            tensors = [t for t in (self._u, self._diag_update) if t is not None]
            if v is not None:
                tensors.append(self._v)
            super().__init__(
                dtype=base_operator.dtype,
                graph_parents=[*parents, *tensors],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=is_square,
                name=name,
            )
            self._base_operator = base_operator
            self._is_diag_update_positive = is_diag_update_positive
            self._diag_operator: Any
            if self._diag_update is not None:
                self._diag_operator = LinearOperatorDiag(
                    self._diag_update, is_positive_definite=is_diag_update_positive
                )
            else:
                columns = self._u.shape.as_list()[-1] if self._u.shape.ndims else None
                size = shape_of(self._u)[-1] if columns is None else columns
                self._diag_operator = LinearOperatorIdentity(num_rows=size, dtype=self.dtype)

    @property
    def u(self) -> Tensor:
        """The left part of the update."""
        return self._u

    @property
    def v(self) -> Tensor:
        """The right part of the update."""
        return self._v

    @property
    def is_diag_update_positive(self) -> bool | None:
        """Whether all of the diagonal are known to be positive."""
        return self._is_diag_update_positive

    @property
    def diag_update(self) -> Tensor | None:
        """The diagonal."""
        return self._diag_update

    @property
    def diag_operator(self) -> Any:
        """The diagonal as an operator."""
        return self._diag_operator

    @property
    def base_operator(self) -> Any:
        """The operator that is updated."""
        return self._base_operator

    def _shape(self) -> TensorShape:
        base = self._base_operator.shape
        batch: Any = tuple(base.as_list()[:-2]) if base.ndims is not None else None
        for each in (self._u, self._v):
            batch = broadcast_dims(batch, None if each.dims is None else each.dims[:-2])
        return TensorShape.from_dims(batch).concatenate(base[-2:])

    def _shape_tensor(self) -> Tensor:
        batch = broadcast_dynamic_shape(
            self._base_operator.batch_shape_tensor(), shape_of(self._u)[:-2]
        )
        return concat([batch, self._base_operator.shape_tensor()[-2:]], axis=0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        u, v = (self._v, self._u) if adjoint else (self._u, self._v)
        base = self._base_operator.matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)
        inner = matmul(v, x, adjoint_a=True, adjoint_b=adjoint_arg)
        return base + matmul(u, self._diag_operator.matmul(inner, adjoint=adjoint))

    def _capacitance(self) -> Any:
        """Return `diag^-1 + v^H base^-1 u`."""
        inner = matmul(self._v, self._base_operator.solve(self._u), adjoint_a=True)
        return self._diag_operator.inverse().add_to_tensor(inner)

    def _determinant(self) -> Any:
        if self._use_cholesky:
            return super()._determinant()
        small = matrix_determinant(self._capacitance())
        return small * self._diag_operator.determinant() * self._base_operator.determinant()

    def _log_abs_determinant(self) -> Any:
        others = (
            self._diag_operator.log_abs_determinant() + self._base_operator.log_abs_determinant()
        )
        if self._use_cholesky:
            factor = cholesky(self._capacitance())
            return 2 * reduce_sum(log(matrix_diag_part(factor)), axis=[-1]) + others
        small = log(abs_of(matrix_determinant(self._capacitance())))
        return small + others

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        # The Woodbury identity.
        if self._base_operator.is_non_singular is False:
            raise ValueError(
                "Solve not implemented unless this is a perturbation of a non-singular "
                "LinearOperator."
            )
        u, v = (self._v, self._u) if adjoint else (self._u, self._v)
        plain = self._base_operator.solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)
        inner = matmul(v, plain, adjoint_a=True)
        capacitance = self._capacitance()
        if self._use_cholesky:
            small = cholesky_solve_with_broadcast(cholesky(capacitance), inner)
        else:
            small = matrix_solve_with_broadcast(capacitance, inner, adjoint=adjoint)
        return plain - self._base_operator.solve(matmul(u, small), adjoint=adjoint)


class LinearOperatorHouseholder(LinearOperator):
    """The reflection in the plane that is orthogonal to an axis."""

    def __init__(
        self,
        reflection_axis: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorHouseholder",
    ) -> None:
        """Take the axis [..., n].

        Raises:
          ValueError: a hint is wrong, or the axis is a scalar.
        """
        with name_scope(name, values=[reflection_axis]):
            self._reflection_axis = axis = convert_nonref_to_tensor(
                reflection_axis, name="reflection_axis"
            )
            if axis.shape.ndims is not None and axis.shape.ndims < 1:
                raise ValueError(
                    f"Argument reflection_axis must have at least 1 dimension.  Found: {axis}"
                )
            refusals = (
                (is_self_adjoint is False, "A Householder operator is always self adjoint."),
                (
                    is_positive_definite is True,
                    "A Householder operator is always non-positive definite.",
                ),
                (is_square is False, "A Householder operator is always square."),
                (is_non_singular is False, "A Householder operator is always non-singular."),
            )
            for is_wrong, text in refusals:
                if is_wrong:
                    raise ValueError(text)
            super().__init__(
                dtype=axis.dtype,
                graph_parents=[axis],
                is_non_singular=is_non_singular,
                is_self_adjoint=True,
                is_positive_definite=is_positive_definite,
                is_square=True,
                name=name,
            )

    @property
    def reflection_axis(self) -> Tensor:
        """The axis."""
        return self._reflection_axis

    def _shape(self) -> TensorShape:
        dims = self._reflection_axis.shape
        return dims.concatenate(dims[-1:])

    def _shape_tensor(self) -> Tensor:
        sizes = shape_of(self._reflection_axis)
        return concat((sizes, [sizes[-1]]), axis=0)

    def _assert_non_singular(self) -> Any:
        return no_op("assert_non_singular")

    def _assert_positive_definite(self) -> Any:
        raise errors.invalid_argument("Householder operators are always non-positive definite.")

    def _assert_self_adjoint(self) -> Any:
        return no_op("assert_self_adjoint")

    def _unit_axis(self) -> Any:
        axis = convert_to_tensor(self._reflection_axis)
        return axis / norm(axis, axis=-1, keepdims=True)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = adjoint_of(x) if adjoint_arg else x
        axis = expand_dims(self._unit_axis(), -1)
        return x - 2 * axis * matmul(axis, x, adjoint_a=True)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint, adjoint_arg)

    def _trace(self) -> Any:
        sizes = self.batch_shape_tensor()
        return cast(self.domain_dimension_tensor() - 2, self.dtype) * ones(sizes, self.dtype)

    def _determinant(self) -> Any:
        return -ones(shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _log_abs_determinant(self) -> Any:
        return zeros(shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _diag_part(self) -> Any:
        axis = self._unit_axis()
        return 1.0 - 2 * axis * conj(axis)

    def _to_dense(self) -> Any:
        axis = self._unit_axis()
        column = expand_dims(axis, -1)
        matrix = -2 * matmul(column, column, adjoint_b=True)
        return matrix_set_diag(matrix, 1.0 + matrix_diag_part(matrix))


class LinearOperatorToeplitz(LinearOperator):
    """The operator whose elements are the same along each diagonal."""

    def __init__(
        self,
        col: Any,
        row: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorToeplitz",
    ) -> None:
        """Take the first column and the first row, [..., n] each.

        Raises:
          ValueError: one is a scalar, or the operator is said not to be square.
        """
        with name_scope(name, values=[row, col]):
            self._row = convert_to_tensor(row, name="row")
            self._col = convert_to_tensor(col, name="col")
            for label, each in (("row", self._row), ("col", self._col)):
                if each.shape.ndims is not None and each.shape.ndims < 1:
                    raise ValueError(
                        f"Argument {label} must have at least 1 dimension.  Found: {each}"
                    )
            if is_square is False:
                raise ValueError("Only square Toeplitz operators currently supported.")
            super().__init__(
                dtype=self._row.dtype,
                graph_parents=[self._row, self._col],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=True,
                name=name,
            )

    @property
    def col(self) -> Tensor:
        """The first column."""
        return self._col

    @property
    def row(self) -> Tensor:
        """The first row."""
        return self._row

    def _shape(self) -> TensorShape:
        dims = broadcast_dims(self._row.dims, self._col.dims)
        if dims is None:
            return TensorShape(None)
        return TensorShape.from_dims((*dims, dims[-1]))

    def _shape_tensor(self) -> Tensor:
        sizes = broadcast_dynamic_shape(shape_of(self._row), shape_of(self._col))
        return concat((sizes, [sizes[-1]]), axis=0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        # A Toeplitz matrix is a corner of a circulant one, and that is diagonal among frequencies.
        x = adjoint_of(x) if adjoint_arg else x
        row, col = self._row, self._col
        if not row.shape.is_fully_defined() or row.shape != col.shape:
            size = broadcast_dynamic_shape(shape_of(row), shape_of(col))
            row, col = broadcast_to(row, size), broadcast_to(col, size)
        is_double = self.dtype in (dtypes.float64, dtypes.complex128)
        wide = dtypes.complex128 if is_double else dtypes.complex64
        nothing = zeros(shape_of(col[..., :1]), self.dtype)
        ring = concat([col, nothing, reverse(row[..., 1:], [-1])], axis=-1)
        circulant = LinearOperatorCirculant(fft(cast(ring, wide)), input_output_dtype=wide)
        padded = cast(concat([x, zeros_like(x)], axis=-2), wide)
        known = self.domain_dimension.value
        count = self.domain_dimension_tensor() if known is None else known
        return cast(circulant.matmul(padded, adjoint=adjoint)[..., :count, :], self.dtype)

    def _assert_self_adjoint(self) -> Any:
        return assert_equal(
            self._row,
            self._col,
            message="row and col are not the same, and so this operator is not self-adjoint.",
        )

    def _trace(self) -> Any:
        return cast(self.domain_dimension_tensor(), self.dtype) * self._col[..., 0]

    def _diag_part(self) -> Any:
        size = stack([self.domain_dimension_tensor()])
        return self._col[..., 0:1] * ones(size, self.dtype)

    def _to_dense(self) -> Any:
        sizes = broadcast_dynamic_shape(shape_of(self._row), shape_of(self._col))
        row, col = broadcast_to(self._row, sizes), broadcast_to(self._col, sizes)
        whole = concat([reverse(row, [-1]), col[..., 1:]], axis=-1)
        count = sizes[-1]
        steps = range_of(count)
        places = count - 1 + expand_dims(steps, 1) - expand_dims(steps, 0)
        made = gather(whole, places, axis=-1)
        made.set_shape(self.shape)
        return made
