"""Operators of the identity, of multiples of it, and of zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.broadcasting import (
    assert_compatible_matrix_dimensions,
    assert_zero_imag_part,
    convert_nonref_to_tensor,
    shape_tensor,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.array_shapes import broadcast_dynamic_shape, expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_non_negative, assert_positive, assert_rank
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import conj, log, real
from tensormill.ops.filling import ones, zeros
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat, stack
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.matrix_diagonals import matrix_diag_part, matrix_set_diag
from tensormill.ops.tensor_algebra import eye

__all__ = ["LinearOperatorIdentity", "LinearOperatorScaledIdentity", "LinearOperatorZeros"]


def _size(value: Any, name: str) -> tuple[Tensor, int | None]:
    """Return a number of rows as a tensor, and as a number where it is known.

    Raises:
      TypeError: it is no integer.
      ValueError: it is no scalar, or negative.
    """
    tensor = shape_tensor(value, name=name)
    if not tensor.dtype.is_integer:
        raise TypeError(f"Argument {name} must be integer type.  Found: {value}")
    known = constant_value(tensor)
    if known is None:
        return tensor, None
    if np.ndim(known) != 0:
        raise ValueError(f"Argument {name} must be a 0-D Tensor.  Found: {known}")
    if known < 0:
        raise ValueError(f"Argument {name} must be non-negative.  Found: {known}")
    return tensor, int(known)


def _batch(value: Any, name: str = "batch_shape_arg") -> tuple[Tensor | None, Any]:
    """Return a batch shape as a tensor, and as an array where it is known.

    Raises:
      TypeError: it is no vector of integers.
      ValueError: it is no vector, or has negative sizes.
    """
    if value is None:
        return None, None
    tensor = shape_tensor(value, name=name)
    if not tensor.dtype.is_integer:
        raise TypeError(f"Argument batch_shape must be integer type.  Found: {value}")
    known = constant_value(tensor)
    if known is not None:
        if known.ndim != 1:
            raise ValueError(f"Argument batch_shape must be a 1-D Tensor.  Found: {known}")
        if (known < 0).any():
            raise ValueError(f"Argument batch_shape must be non-negative.  Found:{known}")
    return tensor, known


def _batch_of(operator: Any, matrix: list[int | None]) -> TensorShape:
    """Return the static shape of an operator whose matrices have a shape."""
    if operator._batch_shape_arg is None:
        return TensorShape(matrix)
    known = None if operator._batch_static is None else operator._batch_static.tolist()
    return TensorShape(known).concatenate(TensorShape(matrix))


def _sizes_of_batch(operator: Any, matrix: tuple[Any, Any]) -> Tensor:
    """Return the shape of an operator when it runs, as a vector."""
    sizes = stack(matrix, axis=0)
    if operator._batch_shape_arg is None:
        return sizes
    return concat((operator._batch_shape_arg, sizes), 0)


class _Identity(LinearOperator):
    """What operators of the identity and its multiples have in common."""

    _num_rows: Tensor
    _num_rows_static: int | None
    _assert_proper_shapes: bool

    def _checked_size(self, checks: bool, size: Tensor) -> Tensor:
        if not checks:
            return size
        return with_dependencies(
            [
                assert_rank(size, 0, message="Argument num_rows must be a 0-D Tensor."),
                assert_non_negative(size, message="Argument num_rows must be non-negative."),
            ],
            size,
        )

    def _require_fit(self, x: Any) -> Any:
        if not self._assert_proper_shapes:
            return x
        return with_dependencies([assert_compatible_matrix_dimensions(self, x)], x)


class LinearOperatorIdentity(_Identity):
    """The identity."""

    def __init__(
        self,
        num_rows: Any,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = True,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = True,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorIdentity",
    ) -> None:
        """Take the number of rows, and the shape of the batch.

        Raises:
          ValueError: a size is negative, or a hint is wrong.
          TypeError: a size is no integer.
        """
        self._assert_proper_shapes = assert_proper_shapes
        with name_scope(name):
            kind = dtype or dtypes.float32
            super().__init__(
                dtype=kind,
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=is_square,
                name=name,
            )
            _require_true(
                "an identity operator",
                is_self_adjoint=is_self_adjoint,
                is_non_singular=is_non_singular,
                is_positive_definite=is_positive_definite,
            )
            size, self._num_rows_static = _size(num_rows, "num_rows")
            self._batch_shape_arg, self._batch_static = _batch(batch_shape)
            self._num_rows = self._checked_size(assert_proper_shapes, size)

    def _shape(self) -> TensorShape:
        return _batch_of(self, [self._num_rows_static, self._num_rows_static])

    def _shape_tensor(self) -> Tensor:
        return _sizes_of_batch(self, (self._num_rows, self._num_rows))

    def _assert_non_singular(self) -> Any:
        return no_op("assert_non_singular")

    def _assert_positive_definite(self) -> Any:
        return no_op("assert_positive_definite")

    def _assert_self_adjoint(self) -> Any:
        return no_op("assert_self_adjoint")

    def _zeros_in_batch(self, x: Any) -> Any:
        """Return zeros that bring a matrix to the shape of the batch."""
        return zeros(concat((self.batch_shape_tensor(), [1, 1]), 0), dtype=x.dtype)

    def _in_batch(self, x: Any) -> Any:
        if self._batch_shape_arg is None:
            return x
        if self.batch_shape.is_fully_defined() and x.shape.is_fully_defined():
            own, other = self.batch_shape.as_list(), x.shape.as_list()[:-2]
            if len(own) <= len(other) and all(
                a in (1, b) for a, b in zip(own[::-1], other[::-1], strict=False)
            ):
                return x
        return x + self._zeros_in_batch(x)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = adjoint_of(x) if adjoint_arg else x
        return self._in_batch(self._require_fit(x))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint_arg=adjoint_arg)

    def _determinant(self) -> Any:
        return ones(shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _log_abs_determinant(self) -> Any:
        return zeros(shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _trace(self) -> Any:
        batch = ones(shape=self.batch_shape_tensor(), dtype=self.dtype)
        return cast(self.domain_dimension_tensor(), self.dtype) * batch

    def _diag_part(self) -> Any:
        sizes = concat((self.batch_shape_tensor(), [self.domain_dimension_tensor()]), 0)
        return ones(sizes, dtype=self.dtype)

    def _to_dense(self) -> Any:
        return eye(
            num_rows=self._num_rows if self._num_rows_static is None else self._num_rows_static,
            batch_shape=self.batch_shape_tensor(),
            dtype=self.dtype,
        )

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """Return a matrix plus the identity."""
        with self._name_scope(name):
            mat = convert_to_tensor(mat, name="mat")
            diagonal = matrix_diag_part(mat)
            return matrix_set_diag(mat, ones((), mat.dtype) + diagonal)


def _require_true(what: str, **hints: bool | None) -> None:
    phrases = {
        "is_self_adjoint": f"{what.capitalize()} is always self adjoint.",
        "is_non_singular": f"{what.capitalize()} is always non-singular.",
        "is_positive_definite": f"{what.capitalize()} is always positive-definite.",
    }
    for name, hint in hints.items():
        if not hint:
            raise ValueError(phrases[name])


class LinearOperatorScaledIdentity(_Identity):
    """A multiple of the identity."""

    def __init__(
        self,
        num_rows: Any,
        multiplier: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ) -> None:
        """Take the number of rows, and the factor, one for each matrix of the batch.

        Raises:
          ValueError: the operator is said not to be square.
        """
        self._assert_proper_shapes = assert_proper_shapes
        with name_scope(name, values=[multiplier, num_rows]):
            self._multiplier = convert_nonref_to_tensor(multiplier, name="multiplier")
            if not self._multiplier.dtype.is_complex:
                if is_self_adjoint is False:
                    raise ValueError("A real diagonal operator is always self adjoint.")
                is_self_adjoint = True
            if not is_square:
                raise ValueError("A ScaledIdentity operator is always square.")
            super().__init__(
                dtype=self._multiplier.dtype.base_dtype,
                graph_parents=[self._multiplier],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=is_square,
                name=name,
            )
            size, self._num_rows_static = _size(num_rows, "num_rows")
            self._num_rows = self._checked_size(assert_proper_shapes, size)

    @property
    def multiplier(self) -> Tensor:
        """The factor."""
        return self._multiplier

    def _columns(self) -> Any:
        return expand_dims(expand_dims(self._multiplier, -1), -1)

    def _shape(self) -> TensorShape:
        matrix = TensorShape([self._num_rows_static, self._num_rows_static])
        return self._multiplier.shape.concatenate(matrix)

    def _shape_tensor(self) -> Tensor:
        matrix = stack((self._num_rows, self._num_rows), axis=0)
        return concat((shape_of(self._multiplier), matrix), 0)

    def _assert_non_singular(self) -> Any:
        return assert_positive(abs_of(self._multiplier), message="LinearOperator was singular")

    def _assert_positive_definite(self) -> Any:
        return assert_positive(
            real(self._multiplier), message="LinearOperator was not positive definite."
        )

    def _assert_self_adjoint(self) -> Any:
        return assert_zero_imag_part(
            self._multiplier, message="LinearOperator was not self-adjoint"
        )

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = self._require_fit(adjoint_of(x) if adjoint_arg else x)
        factor = self._columns()
        return x * (conj(factor) if adjoint else factor)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = self._require_fit(adjoint_of(rhs) if adjoint_arg else rhs)
        factor = self._columns()
        return rhs / (conj(factor) if adjoint else factor)

    def _rows_as(self, dtype: Any) -> Any:
        return cast(self._num_rows, dtype)

    def _determinant(self) -> Any:
        return self._multiplier ** self._rows_as(self.dtype)

    def _log_abs_determinant(self) -> Any:
        return self._rows_as(self.dtype.real_dtype) * log(abs_of(self._multiplier))

    def _trace(self) -> Any:
        return self._multiplier * self._rows_as(self.dtype)

    def _diag_part(self) -> Any:
        row = ones(stack([self._num_rows]), dtype=self.dtype)
        return expand_dims(self._multiplier, -1) * row

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """Return a matrix plus the operator."""
        with self._name_scope(name):
            mat = convert_to_tensor(mat, name="mat")
            diagonal = expand_dims(self._multiplier, -1)
            whole = mat + zeros(concat((shape_of(self._multiplier), [1, 1]), 0), mat.dtype)
            return matrix_set_diag(whole, matrix_diag_part(whole) + diagonal)


class LinearOperatorZeros(LinearOperator):
    """The operator of zeros."""

    def __init__(
        self,
        num_rows: Any,
        num_columns: Any = None,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = False,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = False,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorZeros",
    ) -> None:
        """Take the numbers of rows and columns, and the shape of the batch.

        Raises:
          ValueError: a hint is wrong, or a size is negative.
        """
        self._assert_proper_shapes = assert_proper_shapes
        with name_scope(name):
            kind = as_dtype(dtype or dtypes.float32)
            if is_self_adjoint and is_square is False:
                raise ValueError("A self-adjoint matrix is always square.")
            if is_non_singular:
                raise ValueError("A Zeros operator is always singular.")
            if is_positive_definite:
                raise ValueError("A zero operator is always not positive-definite.")
            super().__init__(
                dtype=kind,
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=is_square,
                name=name,
            )
            self._num_rows, self._rows_static = _size(num_rows, "num_rows")
            columns = num_rows if num_columns is None else num_columns
            self._num_columns, self._columns_static = _size(columns, "num_columns")
            self._batch_shape_arg, self._batch_static = _batch(batch_shape)

    def _shape(self) -> TensorShape:
        return _batch_of(self, [self._rows_static, self._columns_static])

    def _shape_tensor(self) -> Tensor:
        return _sizes_of_batch(self, (self._num_rows, self._num_columns))

    def _assert_non_singular(self) -> Any:
        raise NotImplementedError("assert_non_singular is not implemented for zeros.")

    def _assert_positive_definite(self) -> Any:
        raise NotImplementedError("assert_positive_definite is not implemented for zeros.")

    def _assert_self_adjoint(self) -> Any:
        return no_op("assert_self_adjoint")

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        if self._assert_proper_shapes:
            x = adjoint_of(x) if adjoint_arg else x
            check = assert_compatible_matrix_dimensions(self, x)
            x = with_dependencies([check], x)
            adjoint_arg = False
        rows = self.domain_dimension_tensor() if adjoint else self.range_dimension_tensor()
        sizes = shape_of(x)
        columns = sizes[-2] if adjoint_arg else sizes[-1]
        batch = broadcast_dynamic_shape(sizes[:-2], self.batch_shape_tensor())
        return zeros(concat([batch, stack([rows, columns])], axis=0), dtype=x.dtype)

    def _determinant(self) -> Any:
        return zeros(shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _log_abs_determinant(self) -> Any:
        return log(zeros(shape=self.batch_shape_tensor(), dtype=self.dtype.real_dtype))

    def _trace(self) -> Any:
        return zeros(shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _diag_part(self) -> Any:
        sizes = concat((self.batch_shape_tensor(), [self.domain_dimension_tensor()]), 0)
        return zeros(sizes, dtype=self.dtype)

    def _to_dense(self) -> Any:
        return zeros(self.shape_tensor(), dtype=self.dtype)

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """Return a matrix in the shape of the batch."""
        with self._name_scope(name):
            return convert_to_tensor(mat, name="mat") + self._to_dense()
