"""Matrices with batch dimensions brought to one shape, and what is solved with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import broadcast_dynamic_shape, broadcast_to
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal, assert_none_equal
from tensormill.ops.basics import no_op
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import imag
from tensormill.ops.joining import concat
from tensormill.ops.linear_algebra import cholesky_solve, matrix_solve, matrix_triangular_solve
from tensormill.variables.base import VariableBase
from tensormill.variables.module import Module

__all__ = [
    "assert_all_zero",
    "assert_compatible_matrix_dimensions",
    "assert_is_batch_matrix",
    "assert_no_entries_with_modulus_zero",
    "assert_not_ref_type",
    "assert_zero_imag_part",
    "broadcast_matrix_batch_dims",
    "cholesky_solve_with_broadcast",
    "convert_nonref_to_tensor",
    "is_ref",
    "matrix_solve_with_broadcast",
    "matrix_triangular_solve_with_broadcast",
    "shape_tensor",
    "use_operator_or_provided_hint_unless_contradicting",
]


def is_ref(x: Any) -> bool:
    """Return whether a value may change between steps: a variable, or a module that is as one."""
    if isinstance(x, VariableBase):
        return True
    return isinstance(x, Module) and hasattr(x, "dtype") and hasattr(x, "shape")


def assert_not_ref_type(x: Any, arg_name: str) -> None:
    """Raise a TypeError for a value that may change between steps."""
    if is_ref(x):
        raise TypeError(f"Argument {arg_name} cannot be reference type. Found: {type(x)}")


def convert_nonref_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Any:
    """Return a value as a tensor, a variable and None as they are.

    Raises:
      TypeError: a variable has another dtype.
    """
    if value is None:
        return None
    if not is_ref(value):
        return convert_to_tensor(value, dtype, name, dtype_hint)
    if dtype is not None:
        wanted, found = as_dtype(dtype).base_dtype, as_dtype(value.dtype).base_dtype
        if wanted != found:
            raise TypeError(f'Mutable type must be of dtype "{wanted.name}" but is "{found.name}".')
    return value


def use_operator_or_provided_hint_unless_contradicting(
    operator: Any, hint_attr_name: str, provided_hint_value: bool | None, message: str
) -> bool | None:
    """Return what an operator, or else a hint, says.

    Raises:
      ValueError: they contradict each other.
    """
    said = (getattr(operator, hint_attr_name), provided_hint_value)
    is_true, is_false = any(said), any(each is False for each in said)
    if is_true and is_false:
        raise ValueError(message)
    return True if is_true else False if is_false else None


def assert_is_batch_matrix(tensor: Tensor) -> None:
    """Raise a ValueError for a tensor known to have fewer than two dimensions."""
    rank = tensor.shape.ndims
    if rank is not None and rank < 2:
        raise ValueError(
            f"Expected [batch] matrix to have at least two dimensions.  Found: {tensor}"
        )


def shape_tensor(shape: Any, name: str | None = None) -> Tensor:
    """Return a shape as a vector of int32."""
    if isinstance(shape, (tuple, list)) and not shape:
        return convert_to_tensor(shape, dtypes.int32, name)
    return convert_to_tensor(shape, None, name, dtypes.int32)


def assert_no_entries_with_modulus_zero(
    x: Any, message: str | None = None, name: str = "assert_no_entries_with_modulus_zero"
) -> Any:
    """Return an operation that fails where an entry is 0."""
    with OpScope(name, name, [x]):
        x = convert_to_tensor(x, name="x")
        should_be = abs_of(x)
        return assert_none_equal(should_be, constant(0, dtype=should_be.dtype), message=message)


def assert_zero_imag_part(
    x: Any, message: str | None = None, name: str = "assert_zero_imag_part"
) -> Any:
    """Return an operation that fails where an entry is not real."""
    with OpScope(name, name, [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_complex:
            return no_op()
        return assert_all_zero(imag(x), message)


def assert_all_zero(x: Tensor, message: str | None) -> Any:
    """Return an operation that fails where a number is not 0."""
    zero = constant(0, dtype=x.dtype)
    return assert_equal(x, zero, message=message)


def assert_compatible_matrix_dimensions(operator: Any, x: Tensor) -> Any:
    """Return an operation that fails where an operator cannot be applied to matrices."""
    return assert_equal(
        shape_of(x)[-2],
        operator.domain_dimension_tensor(),
        message="Dimensions are not compatible: shape[-2] of the argument, and this operator",
    )


def broadcast_matrix_batch_dims(batch_matrices: Sequence[Any], name: str | None = None) -> Any:
    """Return matrices with batch dimensions that are the same.

    Raises:
      ValueError: one is no matrix.
    """
    with OpScope(name, "broadcast_matrix_batch_dims", list(batch_matrices)):
        matrices: list[Any] = [convert_to_tensor(each) for each in batch_matrices]
        for each in matrices:
            assert_is_batch_matrix(each)
        if len(matrices) < 2:
            return matrices
        batch: Any = ()
        for each in matrices:
            batch = broadcast_dims(batch, None if each.dims is None else each.dims[:-2])
        if batch is not None and None not in batch:
            return [
                each
                if each.dims[:-2] == batch
                else broadcast_to(each, concat([list(batch), shape_of(each)[-2:]], 0))
                for each in matrices
            ]
        whole = shape_of(matrices[0])[:-2]
        for each in matrices[1:]:
            whole = broadcast_dynamic_shape(whole, shape_of(each)[:-2])
        made = []
        for each in matrices:
            wide = broadcast_to(each, concat([whole, shape_of(each)[-2:]], 0))
            if batch is not None and each.dims is not None:
                wide.set_shape((*batch, *each.dims[-2:]))
            made.append(wide)
        return made


def cholesky_solve_with_broadcast(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """Return the solution of `chol chol^H x = rhs`."""
    with OpScope(name, "CholeskySolveWithBroadcast", [chol, rhs]):
        chol, rhs = broadcast_matrix_batch_dims([chol, rhs])
        return cholesky_solve(chol, rhs)


def matrix_solve_with_broadcast(
    matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """Return the solution of `matrix x = rhs`."""
    with OpScope(name, "MatrixSolveWithBroadcast", [matrix, rhs]):
        matrix, rhs = broadcast_matrix_batch_dims([matrix, rhs])
        return matrix_solve(matrix, rhs, adjoint=adjoint)


def matrix_triangular_solve_with_broadcast(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """Return the solution of `matrix x = rhs` for a triangular matrix."""
    with OpScope(name, "MatrixTriangularSolve", [matrix, rhs]):
        matrix, rhs = broadcast_matrix_batch_dims([matrix, rhs])
        return matrix_triangular_solve(matrix, rhs, lower=lower, adjoint=adjoint)
