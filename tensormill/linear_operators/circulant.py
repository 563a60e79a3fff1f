"""Circulant operators: products among the frequencies of one, two or three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.broadcasting import (
    assert_no_entries_with_modulus_zero,
    assert_zero_imag_part,
    broadcast_matrix_batch_dims,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_less, assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import conj, imag, log, real
from tensormill.ops.filling import ones
from tensormill.ops.fourier import fft, fft2d, fft3d, ifft, ifft2d, ifft3d
from tensormill.ops.joining import concat
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.reduction import reduce_prod, reduce_sum
from tensormill.ops.transposition import matrix_transpose

__all__ = [
    "CirculantBase",
    "LinearOperatorCirculant",
    "LinearOperatorCirculant2D",
    "LinearOperatorCirculant3D",
]

_FORWARD: dict[int, Callable[..., Tensor]] = {1: fft, 2: fft2d, 3: fft3d}
_BACK: dict[int, Callable[..., Tensor]] = {1: ifft, 2: ifft2d, 3: ifft3d}


def _to_complex(x: Tensor) -> Tensor:
    if x.dtype.is_complex:
        return x
    return cast(x, dtypes.complex128 if x.dtype == dtypes.float64 else dtypes.complex64)


class CirculantBase(LinearOperator):
    """What the operators of one, two and three dimensions have in common.

    Attributes:
      block_depth: the number of dimensions of a spectrum.
    """

    block_depth = 1

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ) -> None:
        """Take the factor of each frequency.

        Args:
          spectrum: factors [..., n1, ...], as many dimensions as blocks are deep.
          input_output_dtype: the dtype of what it is applied to.
          is_non_singular: whether it is known to have an inverse.
          is_self_adjoint: whether it is known to be its own adjoint.
          is_positive_definite: whether it is known to be positive definite.
          is_square: not False.
          name: what its nodes begin with.

        Raises:
          ValueError: the spectrum has too few dimensions, or a hint is wrong for it.
        """
        name = name or type(self).__name__
        with name_scope(name, values=[spectrum]):
            self._spectrum = convert_to_tensor(spectrum, name="spectrum")
            rank = self._spectrum.shape.ndims
            if rank is not None and rank < self.block_depth:
                raise ValueError(
                    f"Argument spectrum must have at least {self.block_depth} dimensions.  "
                    f"Found: {self._spectrum}"
                )
            if not self._spectrum.dtype.is_complex:
                if is_self_adjoint is False:
                    raise ValueError(
                        "A real spectrum always corresponds to a self-adjoint operator."
                    )
                is_self_adjoint = True
            if is_square is False:
                raise ValueError("A [[nested] block] circulant operator is always square.")
            super().__init__(
                dtype=as_dtype(input_output_dtype),
                graph_parents=[self._spectrum],
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=True,
                name=name,
            )

    @property
    def spectrum(self) -> Tensor:
        """The factor of each frequency."""
        return self._spectrum

    @property
    def block_shape(self) -> TensorShape:
        """The static shape of a spectrum."""
        return self._spectrum.shape[-self.block_depth :]

    def block_shape_tensor(self) -> Tensor:
        """Return the shape of a spectrum as a vector."""
        sizes: Tensor = shape_of(self._spectrum)[-self.block_depth :]
        return sizes

    def _shape(self) -> TensorShape:
        block = self.block_shape
        size = block.num_elements()
        return self._spectrum.shape[: -self.block_depth].concatenate([size, size])

    def _shape_tensor(self) -> Tensor:
        sizes = shape_of(self._spectrum)
        size = reduce_prod(sizes[-self.block_depth :])
        return concat((sizes[: -self.block_depth], [size, size]), axis=0)

    def assert_hermitian_spectrum(self, name: str = "assert_hermitian_spectrum") -> Any:
        """Return an operation that fails where the operator does not keep numbers real."""
        epsilon = np.finfo(self.dtype.real_dtype.as_numpy_dtype).eps
        with self._name_scope(name):
            limit = epsilon * cast(self.domain_dimension_tensor(), self.dtype.real_dtype)
            kernel = imag(self.convolution_kernel())
            return assert_less(abs_of(kernel), limit, message="Spectrum was not Hermitian")

    def _assert_non_singular(self) -> Any:
        return assert_no_entries_with_modulus_zero(
            self._spectrum, message="Singular operator:  Spectrum contained zero values."
        )

    def _assert_positive_definite(self) -> Any:
        return assert_positive(
            real(self._spectrum),
            message="Not positive definite:  Real part of spectrum was not all positive.",
        )

    def _assert_self_adjoint(self) -> Any:
        return assert_zero_imag_part(
            self._spectrum,
            message="Not self-adjoint:  The spectrum contained non-zero imaginary part.",
        )

    def convolution_kernel(self, name: str = "convolution_kernel") -> Any:
        """Return what the operator convolves with."""
        with self._name_scope(name):
            return cast(_BACK[self.block_depth](_to_complex(self._spectrum)), self.dtype)

    def _filtered(self, x: Any, factors: Tensor, invert: bool) -> Any:
        """Return the columns of matrices, each frequency times or divided by its factor."""
        x = cast(x, factors.dtype)
        block = self.block_shape_tensor()
        column = concat((self.batch_shape_tensor(), [-1, 1]), axis=0)
        wide = broadcast_matrix_batch_dims((x, reshape(factors, column)))
        x, factors = wide
        batch = shape_of(x)[:-2]
        count = shape_of(x)[-1:]
        # [..., columns, blocks...]: a transform goes over the last dimensions.
        blocks = reshape(matrix_transpose(x), concat((batch, count, block), axis=0))
        factors = reshape(factors, concat((batch, [1], block), axis=0))
        among = _FORWARD[self.block_depth](blocks)
        among = among / factors if invert else factors * among
        rows = concat((batch, count, [-1]), axis=0)
        made = cast(matrix_transpose(reshape(_BACK[self.block_depth](among), rows)), self.dtype)
        made.set_shape(x.shape)
        return made

    def _factors(self, adjoint: bool) -> Tensor:
        factors = _to_complex(self._spectrum)
        return conj(factors) if adjoint else factors

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = adjoint_of(x) if adjoint_arg else x
        return self._filtered(x, self._factors(adjoint), invert=False)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        return self._filtered(rhs, self._factors(adjoint), invert=True)

    @property
    def _axes(self) -> list[int]:
        return [-1 - place for place in range(self.block_depth)]

    def _determinant(self) -> Any:
        return cast(reduce_prod(self._spectrum, axis=self._axes), self.dtype)

    def _log_abs_determinant(self) -> Any:
        return cast(reduce_sum(log(abs_of(self._spectrum)), axis=self._axes), self.dtype)

    def _trace(self) -> Any:
        spectrum = self._spectrum
        if not self.dtype.is_complex and spectrum.dtype.is_complex:
            spectrum = real(spectrum)
        return cast(reduce_sum(spectrum, axis=self._axes), self.dtype)

    def _diag_part(self) -> Any:
        mean = self._trace() / cast(self.domain_dimension_tensor(), self.dtype)
        known = self.shape[:-1]
        sizes: Any = known if known.is_fully_defined() else self.shape_tensor()[:-1]
        return expand_dims(mean, -1) * ones(sizes, self.dtype)


class LinearOperatorCirculant(CirculantBase):
    """The operator whose matrix has each row as the last one, moved by one."""


class LinearOperatorCirculant2D(CirculantBase):
    """The operator whose matrix is made of circulant blocks that are moved so themselves."""

    block_depth = 2


class LinearOperatorCirculant3D(CirculantBase):
    """The operator whose matrix is made of blocks of circulant blocks."""

    block_depth = 3
