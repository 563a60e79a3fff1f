"""`LinearOperator`: what all linear operators can do, made of products where nothing is better."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import Dimension, TensorShape
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.linear_operators.broadcasting import (
    cholesky_solve_with_broadcast,
    matrix_solve_with_broadcast,
    shape_tensor,
)
from tensormill.linear_operators.rules import find_rule
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.assertions import assert_equal, assert_less, assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import exp, log
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.linear_algebra import cholesky, matrix_determinant, slogdet
from tensormill.ops.matrix_decomposition import svd
from tensormill.ops.matrix_diagonals import matrix_diag_part
from tensormill.ops.reduction import reduce_max, reduce_min, reduce_sum
from tensormill.ops.tensor_algebra import eye
from tensormill.variables.module import Module

__all__ = ["LinearOperator"]


class LinearOperator(Module):
    """A batch of matrices [..., rows, columns] that is known by how it acts.

    A class of operators defines `_shape`, `_shape_tensor` and `_matmul`, and what it can do better
    than by dense matrices.
    """

    def __init__(
        self,
        dtype: Any,
        graph_parents: Any = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Say what is known of the operator.

        Raises:
          ValueError: hints contradict each other.
        """
        if is_positive_definite:
            if is_non_singular is False:
                raise ValueError("A positive definite matrix is always non-singular.")
            is_non_singular = True
        if is_non_singular:
            if is_square is False:
                raise ValueError("A non-singular matrix is always square.")
            is_square = True
        if is_self_adjoint:
            if is_square is False:
                raise ValueError("A self-adjoint matrix is always square.")
            is_square = True
        self._is_square_set_or_implied_by_hints = is_square
        parents = [] if graph_parents is None else list(graph_parents)
        for number, parent in enumerate(parents):
            if not isinstance(parent, TensorLike):
                raise ValueError(f"Graph parent item {number} is not a Tensor; {parent}.")
        self._graph_parents = parents
        self._dtype = as_dtype(dtype).base_dtype if dtype else dtype
        self._is_non_singular = is_non_singular
        self._is_self_adjoint = is_self_adjoint
        self._is_positive_definite = is_positive_definite
        self._name = name or type(self).__name__

    @contextmanager
    def _name_scope(self, name: str | None = None) -> Iterator[str]:
        with name_scope(self.name if name is None else f"{self.name}/{name}") as scope:
            yield scope

    @property
    def dtype(self) -> Any:
        """The dtype of the elements."""
        return self._dtype

    @property
    def name(self) -> str:
        """The name that its nodes begin with."""
        return self._name

    @property
    def graph_parents(self) -> list[Any]:
        """The tensors that it is made of."""
        return self._graph_parents

    @property
    def is_non_singular(self) -> bool | None:
        """Whether it has an inverse; None where that is not known."""
        return self._is_non_singular

    @property
    def is_self_adjoint(self) -> bool | None:
        """Whether it is its own adjoint; None where that is not known."""
        return self._is_self_adjoint

    @property
    def is_positive_definite(self) -> bool | None:
        """Whether it is positive definite; None where that is not known."""
        return self._is_positive_definite

    @property
    def is_square(self) -> bool | None:
        """Whether it is square; None where that is not known.

        Raises:
          ValueError: the hint is wrong.
        """
        found: bool | None = self.domain_dimension == self.range_dimension
        if self._is_square_set_or_implied_by_hints is False and found:
            raise ValueError("User set is_square hint to False, but the operator was square.")
        if self._is_square_set_or_implied_by_hints is None:
            return found
        return self._is_square_set_or_implied_by_hints

    def _shape(self) -> TensorShape:
        raise NotImplementedError("_shape is not implemented.")

    def _shape_tensor(self) -> Tensor:
        raise NotImplementedError("_shape_tensor is not implemented.")

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape()

    def shape_tensor(self, name: str = "shape_tensor") -> Tensor:
        """Return the shape as a vector."""
        with self._name_scope(name):
            if self.shape.is_fully_defined():
                return shape_tensor(self.shape.as_list())
            return self._shape_tensor()

    @property
    def batch_shape(self) -> TensorShape:
        """The static shape without the last two dimensions."""
        return self.shape[:-2]

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Tensor:
        """Return the shape without the last two dimensions as a vector."""
        with self._name_scope(name):
            if self.batch_shape.is_fully_defined():
                return shape_tensor(self.batch_shape.as_list(), name="batch_shape")
            return self.shape_tensor()[:-2]

    @property
    def tensor_rank(self) -> int | None:
        """The number of dimensions."""
        return self.shape.ndims

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Tensor:
        """Return the number of dimensions as a tensor."""
        with self._name_scope(name):
            if self.tensor_rank is not None:
                return convert_to_tensor(self.tensor_rank)
            return size_of(self.shape_tensor())

    @property
    def domain_dimension(self) -> Dimension:
        """The number of columns."""
        dims = self.shape.dims
        return Dimension(None) if dims is None else dims[-1]

    @property
    def range_dimension(self) -> Dimension:
        """The number of rows."""
        dims = self.shape.dims
        return Dimension(None) if dims is None else dims[-2]

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Tensor:
        """Return the number of columns as a tensor."""
        with self._name_scope(name):
            known = self.domain_dimension.value
            return self.shape_tensor()[-1] if known is None else convert_to_tensor(known)

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Tensor:
        """Return the number of rows as a tensor."""
        with self._name_scope(name):
            known = self.range_dimension.value
            return self.shape_tensor()[-2] if known is None else convert_to_tensor(known)

    def _assert_non_singular(self) -> Any:
        if self._can_use_cholesky():
            return self.assert_positive_definite()
        values = svd(self.to_dense(), compute_uv=False)
        condition = reduce_max(values, axis=-1) / reduce_min(values, axis=-1)
        return assert_less(
            condition,
            self._largest_condition_number(),
            message="Singular matrix up to precision epsilon.",
        )

    def _largest_condition_number(self) -> Tensor:
        with name_scope("max_nonsingular_condition_number"):
            real = self.dtype.real_dtype
            sizes = [
                convert_to_tensor(100.0, real),
                cast(self.range_dimension_tensor(), real),
                cast(self.domain_dimension_tensor(), real),
            ]
            epsilon = reduce_max(sizes) * np.finfo(real.as_numpy_dtype).eps
            made: Tensor = 1.0 / epsilon
            return made

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """Return an operation that fails where the operator has no inverse."""
        with self._name_scope(name):
            return self._assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        if self.is_self_adjoint:
            return assert_positive(
                matrix_diag_part(cholesky(self.to_dense())),
                message="Matrix was not positive definite.",
            )
        raise NotImplementedError("assert_positive_definite is not implemented.")

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> Any:
        """Return an operation that fails where the operator is not positive definite."""
        with self._name_scope(name):
            return self._assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        dense = self.to_dense()
        return assert_equal(
            dense, adjoint_of(dense), message="Matrix was not equal to its adjoint."
        )

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> Any:
        """Return an operation that fails where the operator is not its own adjoint."""
        with self._name_scope(name):
            return self._assert_self_adjoint()

    def _check_input_dtype(self, arg: Tensor) -> None:
        if arg.dtype.base_dtype != self.dtype:
            raise TypeError(
                f"Expected argument to have dtype {self.dtype}.  Found: {arg.dtype} in tensor {arg}"
            )

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        raise NotImplementedError("_matmul is not implemented.")

    def _combined(self, what: str, label: str, other: Any, flags: tuple[bool, bool]) -> Any:
        left = self.adjoint() if flags[0] else self
        right = other.adjoint() if flags[1] else other
        rows, columns = right.range_dimension.value, left.domain_dimension.value
        if rows is not None and columns is not None and rows != columns:
            raise ValueError(
                f"Operators are incompatible. Expected `{label}` to have dimension {columns} but "
                f"got {rows}."
            )
        with self._name_scope(what):
            return find_rule(what, left, right)(left, right)

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """Return the operator times matrices [..., columns, r], or times another operator.

        Args:
          x: matrices or an operator.
          adjoint: the adjoint of the operator stands in its place.
          adjoint_arg: the adjoint of `x` stands in its place.
          name: the name of the nodes.

        Raises:
          ValueError: sizes do not fit.
        """
        if isinstance(x, LinearOperator):
            return self._combined("matmul", "x", x, (adjoint, adjoint_arg))
        with self._name_scope(name):
            x = convert_to_tensor(x, name="x")
            self._check_input_dtype(x)
            own, others = -2 if adjoint else -1, -1 if adjoint_arg else -2
            _require_equal(self.shape, own, x.shape, others)
            return self._matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return squeeze(self.matmul(expand_dims(x, axis=-1), adjoint=adjoint), axis=-1)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """Return the operator times vectors [..., columns]."""
        with self._name_scope(name):
            x = convert_to_tensor(x, name="x")
            self._check_input_dtype(x)
            _require_equal(self.shape, -2 if adjoint else -1, x.shape, -1)
            return self._matvec(x, adjoint=adjoint)

    def _determinant(self) -> Any:
        if self._can_use_cholesky():
            return exp(self.log_abs_determinant())
        return matrix_determinant(self.to_dense())

    def determinant(self, name: str = "det") -> Any:
        """Return the determinant.

        Raises:
          NotImplementedError: the operator is not square.
        """
        self._require_square("Determinant not implemented")
        with self._name_scope(name):
            return self._determinant()

    def _require_square(self, what: str) -> None:
        if self.is_square is False:
            raise NotImplementedError(f"{what} for an operator that is expected to not be square.")

    def _log_abs_determinant(self) -> Any:
        if self._can_use_cholesky():
            diagonal = matrix_diag_part(cholesky(self.to_dense()))
            return 2 * reduce_sum(log(diagonal), axis=[-1])
        return slogdet(self.to_dense())[1]

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """Return the logarithm of the absolute value of the determinant.

        Raises:
          NotImplementedError: the operator is not square.
        """
        self._require_square("Determinant not implemented")
        with self._name_scope(name):
            return self._log_abs_determinant()

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        if self.is_square is False:
            raise NotImplementedError("Solve is not yet implemented for non-square operators.")
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        if self._can_use_cholesky():
            return cholesky_solve_with_broadcast(cholesky(self.to_dense()), rhs)
        return matrix_solve_with_broadcast(self.to_dense(), rhs, adjoint=adjoint)

    def _require_solvable(self) -> None:
        if self.is_non_singular is False:
            raise NotImplementedError(
                "Exact solve not implemented for an operator that is expected to be singular."
            )
        self._require_square("Exact solve not implemented")

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve"
    ) -> Any:
        """Return X of `operator X = rhs` for matrices [..., rows, r], or for another operator.

        Raises:
          NotImplementedError: the operator is known to have no inverse.
          ValueError: sizes do not fit.
        """
        self._require_solvable()
        if isinstance(rhs, LinearOperator):
            return self._combined("solve", "rhs", rhs, (adjoint, adjoint_arg))
        with self._name_scope(name):
            rhs = convert_to_tensor(rhs, name="rhs")
            self._check_input_dtype(rhs)
            own, others = -1 if adjoint else -2, -1 if adjoint_arg else -2
            _require_equal(self.shape, own, rhs.shape, others)
            return self._solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        return squeeze(self.solve(expand_dims(rhs, axis=-1), adjoint=adjoint), axis=-1)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """Return x of `operator x = rhs` for vectors [..., rows]."""
        with self._name_scope(name):
            rhs = convert_to_tensor(rhs, name="rhs")
            self._check_input_dtype(rhs)
            _require_equal(self.shape, -1 if adjoint else -2, rhs.shape, -1)
            return self._solvevec(rhs, adjoint=adjoint)

    def adjoint(self, name: str = "adjoint") -> Any:
        """Return the adjoint operator."""
        if self.is_self_adjoint is True:
            return self
        with self._name_scope(name):
            return find_rule("adjoint", self)(self)

    H = property(adjoint)

    def inverse(self, name: str = "inverse") -> Any:
        """Return the inverse operator.

        Raises:
          ValueError: the operator is known to have none.
        """
        refusal = "Cannot take the Inverse: This operator represents a"
        if self.is_square is False:
            raise ValueError(f"{refusal} non square matrix.")
        if self.is_non_singular is False:
            raise ValueError(f"{refusal} singular matrix.")
        with self._name_scope(name):
            return find_rule("inverse", self)(self)

    def cholesky(self, name: str = "cholesky") -> Any:
        """Return the Cholesky factor as an operator.

        Raises:
          ValueError: the operator is not known to be positive definite and self-adjoint.
        """
        if not self._can_use_cholesky():
            raise ValueError(
                "Cannot take the Cholesky decomposition: Not a positive definite self adjoint "
                "matrix."
            )
        with self._name_scope(name):
            return find_rule("cholesky", self)(self)

    def _to_dense(self) -> Any:
        batch: Any = self.batch_shape
        if not batch.is_fully_defined():
            batch = self.batch_shape_tensor()
        known = self.domain_dimension.value
        size = self.domain_dimension_tensor() if known is None else known
        return self.matmul(eye(num_rows=size, batch_shape=batch, dtype=self.dtype))

    def to_dense(self, name: str = "to_dense") -> Any:
        """Return the matrices."""
        with self._name_scope(name):
            return self._to_dense()

    def _diag_part(self) -> Any:
        return matrix_diag_part(self.to_dense())

    def diag_part(self, name: str = "diag_part") -> Any:
        """Return the diagonals."""
        with self._name_scope(name):
            return self._diag_part()

    def _trace(self) -> Any:
        return reduce_sum(self.diag_part(), axis=-1)

    def trace(self, name: str = "trace") -> Any:
        """Return the sums of the diagonals."""
        with self._name_scope(name):
            return self._trace()

    def _add_to_tensor(self, x: Any) -> Any:
        return self.to_dense() + x

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """Return the matrices plus others."""
        with self._name_scope(name):
            x = convert_to_tensor(x, name="x")
            self._check_input_dtype(x)
            return self._add_to_tensor(x)

    def _can_use_cholesky(self) -> bool:
        return bool(self.is_self_adjoint and self.is_positive_definite)


def _require_equal(a: TensorShape, axis_a: int, b: TensorShape, axis_b: int) -> None:
    """Raise a ValueError where two sizes are known to differ."""
    if a.dims is not None and b.dims is not None:
        a.dims[axis_a].assert_is_compatible_with(b[axis_b])
