"""Distributions of real numbers around a place, and between two.

Source: TensorFlow 1.15, python/ops/distributions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    ScalarDistribution,
    checks_of_positive,
    shapes_of_parameters,
)
from tensormill.distributions.parameters import gen_new_seed
from tensormill.distributions.special_math import log_cdf_laplace, log_ndtr, ndtr, ndtri
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import broadcast_dynamic_shape, expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_less, assert_same_float_dtype
from tensormill.ops.comparison import greater, greater_equal, less, logical_or
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import exp, is_nan, log, log1p, rsqrt, sign, square
from tensormill.ops.filling import fill, ones, ones_like, zeros, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.random import random_gamma, random_normal, random_uniform
from tensormill.ops.special_functions import betainc, digamma, lbeta, lgamma

__all__ = ["Laplace", "LocationScale", "Normal", "StudentT", "Uniform"]


class LocationScale(ScalarDistribution):
    """A distribution of a fixed shape at some place, in some width."""

    _of_batch = ("loc", "scale")
    _param_shapes = shapes_of_parameters("loc", "scale")

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any],
        name: str,
    ) -> None:
        with (
            name_scope(name, values=[loc, scale]) as scope,
            control_dependencies(checks_of_positive(validate_args, scale)),
        ):
            self._loc = identity(loc, name="loc")
            self._scale = identity(scale, name="scale")
            assert_same_float_dtype([self._loc, self._scale])
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._loc, self._scale], scope,
        )  # fmt: skip

    @property
    def loc(self) -> Any:
        """The place."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The width."""
        return self._scale

    def _z(self, x: Any) -> Tensor:
        z: Tensor = (x - self.loc) / self.scale
        return z


class Normal(LocationScale):
    """The normal distribution.

    Args:
      loc: the mean.
      scale: the standard deviation.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Normal",
    ) -> None:
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_normal(self._sizes(n), dtype=self.loc.dtype, seed=seed)
        return numbers * self.scale + self.loc

    def _z(self, x: Tensor) -> Tensor:
        with name_scope("standardize", values=[x]):
            return (x - self.loc) / self.scale

    def _inv_z(self, z: Tensor) -> Tensor:
        with name_scope("reconstruct", values=[z]):
            return z * self.scale + self.loc

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._log_unnormalized_prob(value) - self._log_normalization()

    def _log_unnormalized_prob(self, value: Tensor) -> Tensor:
        return -0.5 * square(self._z(value))

    def _log_normalization(self) -> Tensor:
        return 0.5 * math.log(2.0 * math.pi) + log(self.scale)

    def _cdf(self, value: Tensor) -> Tensor:
        return ndtr(self._z(value))

    def _log_cdf(self, value: Tensor) -> Tensor:
        return log_ndtr(self._z(value))

    def _survival_function(self, value: Tensor) -> Tensor:
        return ndtr(-self._z(value))

    def _log_survival_function(self, value: Tensor) -> Tensor:
        return log_ndtr(-self._z(value))

    def _quantile(self, value: Tensor) -> Tensor:
        return self._inv_z(ndtri(value))

    def _mean(self) -> Tensor:
        return self.loc * ones_like(self.scale)

    def _stddev(self) -> Tensor:
        return self.scale * ones_like(self.loc)

    def _mode(self) -> Tensor:
        return self._mean()

    def _entropy(self) -> Tensor:
        scale = self.scale * ones_like(self.loc)
        return 0.5 * math.log(2.0 * math.pi * math.e) + log(scale)


class Uniform(ScalarDistribution):
    """The uniform distribution on [low, high).

    Args:
      low: the lower bound.
      high: the upper bound.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    _of_batch = ("low", "high")
    _param_shapes = shapes_of_parameters("low", "high")

    def __init__(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Uniform",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[low, high]) as scope:
            checks = []
            if validate_args:
                text = "uniform not defined when low >= high."
                checks = [assert_less(low, high, message=text)]
            with control_dependencies(checks):
                self._low = identity(low, name="low")
                self._high = identity(high, name="high")
                assert_same_float_dtype([self._low, self._high])
        super().__init__(
            self._low.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._low, self._high], scope,
        )  # fmt: skip

    @property
    def low(self) -> Tensor:
        """The lower bound."""
        return self._low

    @property
    def high(self) -> Tensor:
        """The upper bound."""
        return self._high

    def range(self, name: str = "range") -> Tensor:
        """Return how far the bounds are apart."""
        with self._name_scope(name):
            return self.high - self.low

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_uniform(self._sizes(n), dtype=self.dtype, seed=seed)
        return self.low + self.range() * numbers

    def _prob(self, value: Tensor) -> Tensor:
        wide = value * ones(self.batch_shape_tensor(), dtype=value.dtype)
        outside = logical_or(less(wide, self.low), greater_equal(wide, self.high))
        density = where_v2(outside, zeros_like(wide), ones_like(wide) / self.range())
        return where_v2(is_nan(wide), wide, density)

    def _cdf(self, value: Tensor) -> Tensor:
        sizes = broadcast_dynamic_shape(shape_of(value), self.batch_shape_tensor())
        nothing, whole = zeros(sizes, dtype=self.dtype), ones(sizes, dtype=self.dtype)
        share = (value * whole - self.low) / self.range()
        below = where_v2(less(value, self.low), nothing, share)
        return where_v2(greater_equal(value, self.high), whole, below)

    def _quantile(self, value: Tensor) -> Tensor:
        return (1.0 - value) * self.low + value * self.high

    def _mean(self) -> Tensor:
        return (self.low + self.high) / 2.0

    def _variance(self) -> Tensor:
        return square(self.range()) / 12.0

    def _stddev(self) -> Tensor:
        return self.range() / math.sqrt(12.0)

    def _entropy(self) -> Tensor:
        return log(self.range())


class Laplace(LocationScale):
    """The Laplace distribution.

    Args:
      loc: the mean.
      scale: the spread.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Laplace",
    ) -> None:
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        number = self.dtype.as_numpy_dtype
        numbers = random_uniform(
            self._sizes(n),
            minval=np.nextafter(number(-1.0), number(0.0)),
            maxval=1.0,
            dtype=self.dtype,
            seed=seed,
        )
        return self.loc - self.scale * sign(numbers) * log1p(-abs_of(numbers))

    def _z(self, value: Tensor) -> Tensor:
        return (value - self.loc) / self.scale

    def _log_prob(self, value: Tensor) -> Tensor:
        return -abs_of(self._z(value)) - (math.log(2.0) + log(self.scale))

    def _cdf(self, value: Tensor) -> Tensor:
        z = self._z(value)
        return 0.5 + 0.5 * sign(z) * (1.0 - exp(-abs_of(z)))

    def _log_cdf(self, value: Tensor) -> Tensor:
        return log_cdf_laplace(self._z(value))

    def _log_survival_function(self, value: Tensor) -> Tensor:
        return log_cdf_laplace(-self._z(value))

    def _mean(self) -> Tensor:
        return self.loc + zeros_like(self.scale)

    def _mode(self) -> Tensor:
        return self._mean()

    def _stddev(self) -> Tensor:
        return math.sqrt(2.0) * self.scale + zeros_like(self.loc)

    def _entropy(self) -> Tensor:
        scale = self.scale + zeros_like(self.loc)
        return math.log(2.0) + 1.0 + log(scale)


class StudentT(ScalarDistribution):
    """Student's t-distribution.

    Args:
      df: the degrees of freedom.
      loc: the middle.
      scale: the spread.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    _of_batch = ("df", "loc", "scale")
    _param_shapes = shapes_of_parameters("df", "loc", "scale")

    def __init__(
        self,
        df: Any,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "StudentT",
    ) -> None:
        parameters = dict(locals())
        with (
            name_scope(name, values=[df, loc, scale]) as scope,
            control_dependencies(checks_of_positive(validate_args, df)),
        ):
            self._df = identity(df, name="df")
            self._loc = identity(loc, name="loc")
            self._scale = identity(scale, name="scale")
            assert_same_float_dtype([self._df, self._loc, self._scale])
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._df, self._loc, self._scale], scope,
        )  # fmt: skip

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self._df

    @property
    def loc(self) -> Tensor:
        """The middle."""
        return self._loc

    @property
    def scale(self) -> Tensor:
        """The spread."""
        return self._scale

    def _ones(self) -> Tensor:
        return ones(self.batch_shape_tensor(), dtype=self.dtype)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        normal = random_normal(self._sizes(n), dtype=self.dtype, seed=seed)
        df = self.df * self._ones()
        other = gen_new_seed(seed, "student_t")
        gamma = random_gamma([n], 0.5 * df, beta=0.5, dtype=self.dtype, seed=other)
        return normal * rsqrt(gamma / df) * self.scale + self.loc

    def _log_prob(self, value: Tensor) -> Tensor:
        y = (value - self.loc) / self.scale
        return -0.5 * (self.df + 1.0) * log1p(y**2.0 / self.df) - self._log_normalization()

    def _log_normalization(self) -> Tensor:
        spread = log(abs_of(self.scale)) + 0.5 * log(self.df) + 0.5 * math.log(math.pi)
        return spread + lgamma(0.5 * self.df) - lgamma(0.5 * (self.df + 1.0))

    def _cdf(self, value: Tensor) -> Tensor:
        y = (value - self.loc) / abs_of(self.scale)
        x = self.df / (y**2.0 + self.df)
        tail = 0.5 * betainc(0.5 * self.df + zeros_like(x), 0.5 + zeros_like(x), x)
        return where_v2(less(y, 0.0), tail, 1.0 - tail)

    def _mean(self) -> Tensor:
        text = "mean not defined for components of df <= 1"
        return self._only_above(self.loc * self._ones(), (self.df, 1.0, text))

    def _variance(self) -> Tensor:
        # What is not taken must be finite as well, or its gradient spoils that of the rest.
        divisor = where_v2(greater(self.df, 2.0), self.df - 2.0, ones_like(self.df))
        finite = self._ones() * square(self.scale) * self.df / divisor
        infinity = np.array(np.inf, dtype=self.dtype.as_numpy_dtype)
        infinite = fill(self.batch_shape_tensor(), infinity, name="inf")
        variance = where_v2(greater(self.df, 2.0), finite, infinite)
        text = "variance not defined for components of df <= 1"
        return self._only_above(variance, (self.df, 1.0, text))

    def _mode(self) -> Tensor:
        return identity(self.loc)

    def _entropy(self) -> Tensor:
        ends = expand_dims(self._ones(), -1)
        halves = concat([ends, ends * expand_dims(self.df, -1)], -1) / 2.0
        half = 0.5 * (self.df + 1.0)
        spread = log(abs_of(self.scale)) + 0.5 * log(self.df) + lbeta(halves)
        return spread + half * (digamma(half) - digamma(0.5 * self.df))
