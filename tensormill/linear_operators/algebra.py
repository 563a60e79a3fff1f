"""The rules between operators: the general ones, and those that keep a structure."""

from __future__ import annotations

from typing import Any

from tensormill.linear_operators.circulant import LinearOperatorCirculant
from tensormill.linear_operators.combinations import (
    LinearOperatorAdjoint,
    LinearOperatorBlockDiag,
    LinearOperatorComposition,
    LinearOperatorInversion,
    LinearOperatorKronecker,
)
from tensormill.linear_operators.dense import LinearOperatorDiag, LinearOperatorLowerTriangular
from tensormill.linear_operators.hints import (
    combined_commuting_positive_definite_hint,
    combined_commuting_self_adjoint_hint,
    combined_non_singular_hint,
    is_square,
)
from tensormill.linear_operators.identities import (
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
    LinearOperatorZeros,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.linear_operators.rules import (
    RegisterAdjoint,
    RegisterCholesky,
    RegisterInverse,
    RegisterMatmul,
    RegisterSolve,
)
from tensormill.linear_operators.structured import (
    LinearOperatorHouseholder,
)
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.elementwise_unary import conj, sqrt
from tensormill.ops.linear_algebra import cholesky as cholesky_of

__all__: list[str] = []


def _hints(operator: Any) -> dict[str, Any]:
    return {
        name: getattr(operator, name)
        for name in ("is_non_singular", "is_self_adjoint", "is_positive_definite")
    } | {"is_square": True}


@RegisterAdjoint(LinearOperator)
def adjoint_of_any(operator: Any) -> Any:
    return LinearOperatorAdjoint(
        operator,
        is_non_singular=operator.is_non_singular,
        is_self_adjoint=operator.is_self_adjoint,
        is_positive_definite=operator.is_positive_definite,
        is_square=operator.is_square,
    )


@RegisterAdjoint(LinearOperatorAdjoint)
def adjoint_of_adjoint(operator: Any) -> Any:
    return operator.operator


@RegisterAdjoint(LinearOperatorIdentity)
@RegisterAdjoint(LinearOperatorHouseholder)
def adjoint_of_identity(operator: Any) -> Any:
    return operator


@RegisterAdjoint(LinearOperatorDiag)
def adjoint_of_diag(operator: Any) -> Any:
    diagonal = conj(operator.diag) if operator.diag.dtype.is_complex else operator.diag
    return LinearOperatorDiag(diagonal, **_hints(operator))


@RegisterAdjoint(LinearOperatorScaledIdentity)
def adjoint_of_scaled_identity(operator: Any) -> Any:
    factor = operator.multiplier
    if factor.dtype.is_complex:
        factor = conj(factor)
    return LinearOperatorScaledIdentity(operator._num_rows, factor, **_hints(operator))


@RegisterAdjoint(LinearOperatorBlockDiag)
@RegisterAdjoint(LinearOperatorKronecker)
def adjoint_of_parts(operator: Any) -> Any:
    parts = [each.adjoint() for each in operator.operators]
    return type(operator)(parts, **_hints(operator))


@RegisterAdjoint(LinearOperatorCirculant)
def adjoint_of_circulant(operator: Any) -> Any:
    spectrum = operator.spectrum
    if spectrum.dtype.is_complex:
        spectrum = conj(spectrum)
    return LinearOperatorCirculant(spectrum, operator.dtype, **_hints(operator))


@RegisterInverse(LinearOperator)
def inverse_of_any(operator: Any) -> Any:
    return LinearOperatorInversion(
        operator,
        is_non_singular=operator.is_non_singular,
        is_self_adjoint=operator.is_self_adjoint,
        is_positive_definite=operator.is_positive_definite,
        is_square=operator.is_square,
    )


@RegisterInverse(LinearOperatorInversion)
def inverse_of_inverse(operator: Any) -> Any:
    return operator.operator


@RegisterInverse(LinearOperatorIdentity)
@RegisterInverse(LinearOperatorHouseholder)
def inverse_of_involution(operator: Any) -> Any:
    return operator


@RegisterInverse(LinearOperatorDiag)
def inverse_of_diag(operator: Any) -> Any:
    return LinearOperatorDiag(1.0 / operator.diag, **_hints(operator))


@RegisterInverse(LinearOperatorScaledIdentity)
def inverse_of_scaled_identity(operator: Any) -> Any:
    return LinearOperatorScaledIdentity(
        operator._num_rows, 1.0 / operator.multiplier, **_hints(operator)
    )


@RegisterInverse(LinearOperatorBlockDiag)
@RegisterInverse(LinearOperatorKronecker)
def inverse_of_parts(operator: Any) -> Any:
    return type(operator)([each.inverse() for each in operator.operators], **_hints(operator))


@RegisterInverse(LinearOperatorCirculant)
def inverse_of_circulant(operator: Any) -> Any:
    return LinearOperatorCirculant(1.0 / operator.spectrum, operator.dtype, **_hints(operator))


@RegisterCholesky(LinearOperator)
def cholesky_of_any(operator: Any) -> Any:
    return LinearOperatorLowerTriangular(
        cholesky_of(operator.to_dense()), is_non_singular=True, is_square=True
    )


@RegisterCholesky(LinearOperatorDiag)
def cholesky_of_diag(operator: Any) -> Any:
    return LinearOperatorDiag(
        sqrt(operator.diag),
        is_non_singular=True,
        is_self_adjoint=True,
        is_positive_definite=True,
        is_square=True,
    )


@RegisterCholesky(LinearOperatorIdentity)
def cholesky_of_identity(operator: Any) -> Any:
    return operator


@RegisterCholesky(LinearOperatorScaledIdentity)
def cholesky_of_scaled_identity(operator: Any) -> Any:
    return LinearOperatorScaledIdentity(
        operator._num_rows,
        sqrt(operator.multiplier),
        is_non_singular=True,
        is_self_adjoint=True,
        is_positive_definite=True,
        is_square=True,
    )


@RegisterCholesky(LinearOperatorBlockDiag)
@RegisterCholesky(LinearOperatorKronecker)
def cholesky_of_parts(operator: Any) -> Any:
    return type(operator)(
        [each.cholesky() for each in operator.operators], is_non_singular=True, is_square=True
    )


def _commuting(a: Any, b: Any) -> dict[str, Any]:
    """Return what is known of a product of two operators that commute."""
    return {
        "is_non_singular": combined_non_singular_hint(a, b),
        "is_self_adjoint": combined_commuting_self_adjoint_hint(a, b),
        "is_positive_definite": combined_commuting_positive_definite_hint(a, b),
        "is_square": True,
    }


def _of_triangle(a: Any, b: Any) -> dict[str, Any]:
    return {**_commuting(a, b), "is_positive_definite": None}


def _composed(a: Any, b: Any, operators: list[Any]) -> Any:
    known = is_square(a, b)
    hint = None if known is None else False
    return LinearOperatorComposition(
        operators,
        is_non_singular=combined_non_singular_hint(a, b) if known else hint,
        is_self_adjoint=None if known else hint,
        is_positive_definite=None if known else hint,
        is_square=known,
    )


@RegisterMatmul(LinearOperator, LinearOperator)
def product_of_any(a: Any, b: Any) -> Any:
    return _composed(a, b, [a, b])


@RegisterMatmul(LinearOperatorIdentity, LinearOperator)
def product_of_identity(identity: Any, other: Any) -> Any:
    return other


@RegisterMatmul(LinearOperator, LinearOperatorIdentity)
def product_with_identity(other: Any, identity: Any) -> Any:
    return other


@RegisterMatmul(LinearOperatorIdentity, LinearOperatorIdentity)
def product_of_identities(a: Any, b: Any) -> Any:
    return b


@RegisterMatmul(LinearOperatorZeros, LinearOperator)
@RegisterMatmul(LinearOperatorZeros, LinearOperatorZeros)
@RegisterMatmul(LinearOperatorZeros, LinearOperatorIdentity)
def product_of_zeros(zeros: Any, other: Any) -> Any:
    return _zeros_of_product(zeros, other)


@RegisterMatmul(LinearOperator, LinearOperatorZeros)
@RegisterMatmul(LinearOperatorIdentity, LinearOperatorZeros)
def product_with_zeros(other: Any, zeros: Any) -> Any:
    return _zeros_of_product(zeros, other)


def _zeros_of_product(zeros: Any, other: Any) -> Any:
    if not zeros.is_square or not other.is_square:
        raise ValueError(
            "Matmul with non-square `LinearOperator`s or non-square `LinearOperatorZeros` not "
            "supported at this time."
        )
    return zeros


@RegisterMatmul(LinearOperatorDiag, LinearOperatorDiag)
def product_of_diags(a: Any, b: Any) -> Any:
    return LinearOperatorDiag(a.diag * b.diag, **_commuting(a, b))


@RegisterMatmul(LinearOperatorDiag, LinearOperatorScaledIdentity)
def product_of_diag_and_scaled(a: Any, b: Any) -> Any:
    return LinearOperatorDiag(a.diag * _column(b.multiplier), **_commuting(a, b))


@RegisterMatmul(LinearOperatorScaledIdentity, LinearOperatorDiag)
def product_of_scaled_and_diag(a: Any, b: Any) -> Any:
    return product_of_diag_and_scaled(b, a)


@RegisterMatmul(LinearOperatorDiag, LinearOperatorLowerTriangular)
def product_of_diag_and_triangle(a: Any, b: Any) -> Any:
    rows = _column(a.diag) * b.to_dense()
    return LinearOperatorLowerTriangular(rows, **_of_triangle(a, b))


@RegisterMatmul(LinearOperatorLowerTriangular, LinearOperatorDiag)
def product_of_triangle_and_diag(a: Any, b: Any) -> Any:
    columns = a.to_dense() * expand_dims(b.diag, -2)
    return LinearOperatorLowerTriangular(columns, **_of_triangle(b, a))


@RegisterMatmul(LinearOperatorCirculant, LinearOperatorCirculant)
def product_of_circulants(a: Any, b: Any) -> Any:
    return LinearOperatorCirculant(a.spectrum * b.spectrum, a.dtype, **_commuting(a, b))


def _column(value: Any) -> Any:
    return expand_dims(value, -1)


@RegisterSolve(LinearOperator, LinearOperator)
def solution_of_any(a: Any, b: Any) -> Any:
    return _composed(a, b, [LinearOperatorInversion(a), b])


@RegisterSolve(LinearOperatorInversion, LinearOperator)
def solution_of_inverse(a: Any, b: Any) -> Any:
    return a.operator.matmul(b)


@RegisterSolve(LinearOperatorIdentity, LinearOperator)
def solution_of_identity(identity: Any, other: Any) -> Any:
    return other


@RegisterSolve(LinearOperatorDiag, LinearOperatorDiag)
def solution_of_diags(a: Any, b: Any) -> Any:
    return LinearOperatorDiag(b.diag / a.diag, **_commuting(a, b))


@RegisterSolve(LinearOperatorDiag, LinearOperatorScaledIdentity)
def solution_of_diag_and_scaled(a: Any, b: Any) -> Any:
    return LinearOperatorDiag(_column(b.multiplier) / a.diag, **_commuting(a, b))


@RegisterSolve(LinearOperatorScaledIdentity, LinearOperatorDiag)
def solution_of_scaled_and_diag(a: Any, b: Any) -> Any:
    return LinearOperatorDiag(b.diag / _column(a.multiplier), **_commuting(a, b))


@RegisterSolve(LinearOperatorDiag, LinearOperatorLowerTriangular)
def solution_of_diag_and_triangle(a: Any, b: Any) -> Any:
    rows = b.to_dense() / _column(a.diag)
    return LinearOperatorLowerTriangular(rows, **_of_triangle(a, b))


@RegisterSolve(LinearOperatorCirculant, LinearOperatorCirculant)
def solution_of_circulants(a: Any, b: Any) -> Any:
    return LinearOperatorCirculant(b.spectrum / a.spectrum, a.dtype, **_commuting(a, b))
