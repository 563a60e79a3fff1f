"""The Wishart distribution of matrices.

Source: TensorFlow 1.15, contrib/distributions/python/ops/wishart.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.distributions.base import FULLY_REPARAMETERIZED, Distribution
from tensormill.distributions.parameters import assert_symmetric, gen_new_seed
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.dense import LinearOperatorLowerTriangular
from tensormill.ops.array_shapes import expand_dims, rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal, assert_less_equal, assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.comparison import less
from tensormill.ops.elementwise_unary import log, sqrt, square
from tensormill.ops.filling import ones
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat, stack
from tensormill.ops.linear_algebra import cholesky
from tensormill.ops.matrix_diagonals import matrix_band_part, matrix_diag_part, matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.random import random_gamma, random_normal
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import linspace, range_of
from tensormill.ops.special_functions import digamma, lgamma
from tensormill.ops.transposition import transpose

__all__ = ["WishartCholesky", "WishartFull"]


class _Wishart(Distribution):
    """The Wishart distribution whose scale is given by its Cholesky factor, as an operator."""

    def __init__(
        self,
        df: Any,
        scale_operator: LinearOperatorLowerTriangular,
        cholesky_input_output_matrices: bool,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any],
        name: str,
    ) -> None:
        self._cholesky_input_output_matrices = cholesky_input_output_matrices
        with name_scope(name) as scope, name_scope("init", values=[df]):
            dtype = scale_operator.dtype
            if not dtype.is_floating:
                raise TypeError(f"scale_operator.dtype={dtype} is not a floating-point type")
            self._scale_operator = scale_operator
            self._df = convert_to_tensor(df, dtype=dtype, name="df")
            size = scale_operator.domain_dimension.value
            if size is None:
                counted = scale_operator.domain_dimension_tensor()
                self._dimension = cast(counted, dtype, name="dimension")
            else:
                self._dimension = convert_to_tensor(size, dtype=dtype, name="dimension")
            self._df = _large_enough(self._df, self._dimension, validate_args)
        parents = [self._df, self._dimension, *scale_operator.graph_parents]
        super().__init__(
            dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, parents, scope
        )

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self._df

    @property
    def scale_operator(self) -> LinearOperatorLowerTriangular:
        """The Cholesky factor of the scale."""
        return self._scale_operator

    @property
    def cholesky_input_output_matrices(self) -> bool:
        """Whether samples and values are Cholesky factors of matrices."""
        return self._cholesky_input_output_matrices

    @property
    def dimension(self) -> Tensor:
        """The number of rows of a matrix, as a float."""
        return self._dimension

    def _square_scale(self) -> Tensor:
        dense = self.scale_operator.to_dense()
        made: Tensor = self.scale_operator.matmul(dense, adjoint_arg=True)
        return made

    def scale(self) -> Tensor:
        """Return the scale, or its Cholesky factor where samples are such."""
        if self.cholesky_input_output_matrices:
            made: Tensor = self.scale_operator.to_dense()
            return made
        return self._square_scale()

    def _event_shape(self) -> TensorShape:
        size = self.scale_operator.domain_dimension
        return TensorShape([size, size])

    def _event_shape_tensor(self) -> Tensor:
        size = self.scale_operator.domain_dimension_tensor()
        return stack([size, size])

    def _batch_shape(self) -> TensorShape:
        return self.scale_operator.batch_shape

    def _batch_shape_tensor(self) -> Tensor:
        return self.scale_operator.batch_shape_tensor()

    def _columns(self, matrices: Tensor, samples: Any, is_inverse: bool) -> Tensor:
        """Return matrices [samples..., *batch, n, n] after the scale, or after its inverse.

        All samples are columns of one matrix for each member of the batch.
        """
        whole = rank(matrices)
        behind = concat([range_of(samples, whole), range_of(0, samples)], 0)
        moved = transpose(matrices, behind)
        rows = cast(self.dimension, dtypes.int32)
        wide = reshape(moved, concat([self.batch_shape_tensor(), stack([rows, -1])], 0))
        operator = self.scale_operator
        made = operator.solve(wide) if is_inverse else operator.matmul(wide)
        back = concat([range_of(whole - samples, whole), range_of(0, whole - samples)], 0)
        return transpose(reshape(made, shape_of(moved)), back)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        # The decomposition of Bartlett: normal numbers below a diagonal of chi numbers.
        sizes = concat([[n], self.batch_shape_tensor(), self.event_shape_tensor()], 0)
        normal = random_normal(sizes, dtype=self.dtype, seed=seed)
        df = self.df * ones(self.batch_shape_tensor(), dtype=self.dtype)
        diagonal = random_gamma(
            [n],
            self._multi_gamma_sequence(0.5 * df, self.dimension),
            beta=0.5,
            dtype=self.dtype,
            seed=gen_new_seed(seed, "wishart"),
        )
        triangle = matrix_set_diag(matrix_band_part(normal, -1, 0), sqrt(diagonal))
        factors = self._columns(triangle, 1, is_inverse=False)
        if self.cholesky_input_output_matrices:
            return factors
        return matmul(factors, factors, adjoint_b=True)

    def _log_prob(self, value: Tensor) -> Tensor:
        factors = value if self.cholesky_input_output_matrices else cholesky(value)
        samples = rank(factors) - shape_of(self.batch_shape_tensor())[0] - 2
        trace = reduce_sum(square(self._columns(factors, samples, is_inverse=True)), axis=[-2, -1])
        half_log_determinant = reduce_sum(log(matrix_diag_part(factors)), axis=[-1])
        density = (self.df - self.dimension - 1.0) * half_log_determinant - 0.5 * trace
        made = density - self.log_normalization()
        if value.dims is not None:
            made.set_shape(value.dims[:-2])
        return made

    def _entropy(self) -> Tensor:
        half_size, half_df = 0.5 * self.dimension + 0.5, 0.5 * self.df
        made: Tensor = self.dimension * (half_df + half_size * math.log(2.0))
        made += 2 * half_size * self.scale_operator.log_abs_determinant()
        made += self._multi_lgamma(half_df, self.dimension)
        return made + (half_size - half_df) * self._multi_digamma(half_df, self.dimension)

    # 1.15 multiplies columns, not matrices, of a batch by their degrees of freedom.
    def _mean(self) -> Tensor:
        if self.cholesky_input_output_matrices:
            made: Tensor = sqrt(self.df)[..., None, None] * self.scale_operator.to_dense()
            return made
        return self.df[..., None, None] * self._square_scale()

    def _variance(self) -> Tensor:
        x = sqrt(self.df)[..., None, None] * self._square_scale()
        diagonal = expand_dims(matrix_diag_part(x), -1)
        variance = square(x) + matmul(diagonal, diagonal, adjoint_b=True)
        return cholesky(variance) if self.cholesky_input_output_matrices else variance

    def _stddev(self) -> Tensor:
        if self.cholesky_input_output_matrices:
            raise ValueError(
                "Computing std. dev. when is cholesky_input_output_matrices=True does not make "
                "sense."
            )
        return cholesky(self.variance())

    def _mode(self) -> Tensor:
        count = self.df - self.dimension - 1.0
        nan = constant(float("nan"), dtype=self.dtype, name="nan")
        count = where_v2(less(count, 0.0), nan, count)[..., None, None]
        if self.cholesky_input_output_matrices:
            made: Tensor = sqrt(count) * self.scale_operator.to_dense()
            return made
        return count * self._square_scale()

    def mean_log_det(self, name: str = "mean_log_det") -> Tensor:
        """Return the mean of the logarithms of the determinants."""
        with self._name_scope(name):
            digammas = self._multi_digamma(0.5 * self.df, self.dimension)
            volumes: Tensor = 2 * self.scale_operator.log_abs_determinant()
            return digammas + self.dimension * math.log(2.0) + volumes

    def log_normalization(self, name: str = "log_normalization") -> Tensor:
        """Return the logarithm of what the density is divided by."""
        with self._name_scope(name):
            volumes: Tensor = self.df * self.scale_operator.log_abs_determinant()
            twos = 0.5 * self.df * self.dimension * math.log(2.0)
            return volumes + twos + self._multi_lgamma(0.5 * self.df, self.dimension)

    def _multi_gamma_sequence(self, a: Tensor, p: Tensor) -> Tensor:
        with self._name_scope("multi_gamma_sequence", [a, p]):
            start = constant(0.0, dtype=self.dtype)
            steps: Tensor = linspace(start, 0.5 - 0.5 * p, cast(p, dtypes.int32))
            return steps + expand_dims(a, [-1])

    def _multi_lgamma(self, a: Tensor, p: Tensor) -> Tensor:
        with self._name_scope("multi_lgamma", [a, p]):
            steps = self._multi_gamma_sequence(a, p)
            corner = 0.25 * p * (p - 1.0) * math.log(math.pi)
            return corner + reduce_sum(lgamma(steps), axis=[-1])

    def _multi_digamma(self, a: Tensor, p: Tensor) -> Tensor:
        with self._name_scope("multi_digamma", [a, p]):
            return reduce_sum(digamma(self._multi_gamma_sequence(a, p)), axis=[-1])


def _large_enough(df: Tensor, dimension: Tensor, is_checked: bool) -> Tensor:
    """Return degrees of freedom, which must not be fewer than dimensions.

    Raises:
      ValueError: they are known to be.
    """
    known, size = constant_value(df), constant_value(dimension)
    text = "Degrees of freedom (df = {}) cannot be less than dimension of scale matrix "
    text += "(scale.dimension = {})"
    if known is not None and size is not None:
        if np.any(known < size):
            raise ValueError(text.format(np.atleast_1d(known), size))
        return df
    if not is_checked:
        return df
    check = assert_less_equal(dimension, df, message=text.format(df, dimension))
    return with_dependencies([check], df)


def _factor_operator(triangle: Tensor) -> LinearOperatorLowerTriangular:
    return LinearOperatorLowerTriangular(
        tril=triangle, is_non_singular=True, is_positive_definite=True, is_square=True
    )


class WishartCholesky(_Wishart):
    """The Wishart distribution, given the Cholesky factor of its scale.

    Args:
      df: the degrees of freedom, at least as many as rows.
      scale: the factor [*batch, n, n], a lower triangle.
      cholesky_input_output_matrices: whether samples and values are Cholesky factors as well.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: there are too few degrees of freedom.
    """

    def __init__(
        self,
        df: Any,
        scale: Any,
        cholesky_input_output_matrices: bool = False,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "WishartCholesky",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[scale]) as scope, name_scope("init", values=[scale]):
            scale = convert_to_tensor(scale)
            if validate_args:
                sizes = shape_of(scale)
                text = "scale must be positive definite"
                checks = [
                    assert_positive(matrix_diag_part(scale), message=text),
                    assert_equal(sizes[-1], sizes[-2], message="scale must be square"),
                ]
                scale = with_dependencies(checks, scale)
            operator = _factor_operator(scale)
        super().__init__(
            df, operator, cholesky_input_output_matrices, validate_args, allow_nan_stats,
            parameters, scope,
        )  # fmt: skip


class WishartFull(_Wishart):
    """The Wishart distribution, given its scale; for the arguments see `WishartCholesky`."""

    def __init__(
        self,
        df: Any,
        scale: Any,
        cholesky_input_output_matrices: bool = False,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "WishartFull",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name) as scope, name_scope("init", values=[scale]):
            scale = convert_to_tensor(scale)
            factor = cholesky(assert_symmetric(scale) if validate_args else scale)
            if validate_args:
                factor = with_dependencies([assert_positive(matrix_diag_part(factor))], factor)
            operator = _factor_operator(factor)
        super().__init__(
            df, operator, cholesky_input_output_matrices, validate_args, allow_nan_stats,
            parameters, scope,
        )  # fmt: skip
