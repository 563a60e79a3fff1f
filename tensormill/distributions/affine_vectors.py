"""Distributions of vectors that are affine images of independent numbers.

Source: TensorFlow 1.15, contrib/distributions/python/ops/vector_*.py, mvn_linear_operator.py.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tensormill.distributions.bijectors.linear import AffineLinearOperator
from tensormill.distributions.continuous import Laplace
from tensormill.distributions.gammas import Exponential
from tensormill.distributions.scales import diag_scale, is_diagonal, shapes_of_loc_and_scale
from tensormill.distributions.transformed import TransformedDistribution
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.operator import LinearOperator
from tensormill.linear_operators.structured import LinearOperatorLowRankUpdate
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import sqrt, square
from tensormill.ops.filling import ones, zeros
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.matrix_diagonals import matrix_diag, matrix_diag_part

__all__ = ["AffineVector", "VectorExponentialDiag", "VectorLaplaceDiag"]


class AffineVector(TransformedDistribution):
    """The vectors `loc + scale x` for independent numbers `x`.

    Args:
      loc: the place [*batch, size]; zero if None.
      scale: a linear operator [*batch, size, size].
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: there is no scale.
      TypeError: it is not of floating numbers.
    """

    _variance_of_number: ClassVar[float] = 1.0

    def __init__(
        self,
        loc: Any,
        scale: LinearOperator | None,
        validate_args: bool,
        allow_nan_stats: bool,
        name: str,
    ) -> None:
        parameters = dict(locals())
        if scale is None:
            raise ValueError("Missing required `scale` parameter.")
        if not scale.dtype.is_floating:
            raise TypeError("`scale` parameter must have floating-point dtype.")
        with name_scope(name, values=[loc, *scale.graph_parents]) as scope:
            loc = None if loc is None else convert_to_tensor(loc, name="loc")
            batch_shape, event_shape = shapes_of_loc_and_scale(loc, scale)
            super().__init__(
                distribution=self._numbers(scale.dtype, allow_nan_stats),
                bijector=AffineLinearOperator(loc, scale, validate_args),
                batch_shape=batch_shape,
                event_shape=event_shape,
                validate_args=validate_args,
                name=scope,
            )
        self._parameters = parameters

    def _numbers(self, dtype: Any, allow_nan_stats: bool) -> Any:
        """Return the distribution of a number."""
        raise NotImplementedError

    @property
    def loc(self) -> Any:
        """The place; None for zero."""
        return self.bijector.shift  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """The linear operator."""
        return self.bijector.scale  # type: ignore[attr-defined]

    def _sizes(self) -> Any:
        shape = self.batch_shape.concatenate(self.event_shape)
        if shape.is_fully_defined():
            return shape.as_list()
        return concat([self.batch_shape_tensor(), self.event_shape_tensor()], 0)

    def _mean(self) -> Tensor:
        sizes = self._sizes()
        if self.loc is not None and self.loc.get_shape() == sizes:
            return identity(self.loc)
        nothing = zeros(sizes, self.dtype)
        return nothing if self.loc is None else identity(self.loc) + nothing

    def _mode(self) -> Tensor:
        return self._mean()

    def _times_variance(self, x: Tensor) -> Tensor:
        return x if self._variance_of_number == 1.0 else self._variance_of_number * x

    def _covariance(self) -> Tensor:
        if is_diagonal(self.scale):
            return self._times_variance(matrix_diag(square(self.scale.diag_part())))
        return self._times_variance(self.scale.matmul(self.scale.to_dense(), adjoint_arg=True))

    def _variance_of_images(self) -> Tensor:
        """Return the variance of `scale x` for numbers of variance 1."""
        if is_diagonal(self.scale):
            return square(self.scale.diag_part())
        is_symmetric = (
            isinstance(self.scale, LinearOperatorLowRankUpdate) and self.scale.is_self_adjoint
        )
        dense = self.scale.to_dense()
        return matrix_diag_part(self.scale.matmul(dense, adjoint_arg=not is_symmetric))

    def _variance(self) -> Tensor:
        return self._times_variance(self._variance_of_images())

    def _stddev(self) -> Tensor:
        if is_diagonal(self.scale):
            deviation = abs_of(self.scale.diag_part())
        else:
            deviation = sqrt(self._variance_of_images())
        if self._variance_of_number == 1.0:
            return deviation
        made: Tensor = np.sqrt(self._variance_of_number) * deviation
        return made


class _AffineDiag(AffineVector):
    """Such vectors with a diagonal scale.

    Args:
      loc: the place [*batch, size]; zero if None.
      scale_diag: the diagonal.
      scale_identity_multiplier: a number that is added to all of it.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes; that of the class by default.

    Raises:
      ValueError: there is nothing that tells the size.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        scale_identity_multiplier: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str | None = None,
    ) -> None:
        parameters = dict(locals())
        values = [loc, scale_diag, scale_identity_multiplier]
        with name_scope(name or type(self).__name__) as scope, name_scope("init", values=values):
            scale = diag_scale(loc, scale_diag, scale_identity_multiplier)
        super().__init__(loc, scale, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


class VectorExponentialDiag(_AffineDiag):
    """Images of exponential numbers under a diagonal scale; for the arguments see its base."""

    def _numbers(self, dtype: Any, allow_nan_stats: bool) -> Exponential:
        return Exponential(ones([], dtype=dtype), allow_nan_stats=allow_nan_stats)

    def _image_of(self, numbers: Any) -> Tensor:
        image: Tensor = self.scale.matvec(numbers(self._sizes(), self.dtype))
        return image if self.loc is None else identity(self.loc) + image

    def _mean(self) -> Tensor:
        return self._image_of(ones)

    def _mode(self) -> Tensor:
        return self._image_of(zeros)


class VectorLaplaceDiag(_AffineDiag):
    """Images of Laplace's numbers under a diagonal scale; for the arguments see its base."""

    _variance_of_number = 2.0

    def _numbers(self, dtype: Any, allow_nan_stats: bool) -> Laplace:
        return Laplace(zeros([], dtype=dtype), ones([], dtype=dtype))
