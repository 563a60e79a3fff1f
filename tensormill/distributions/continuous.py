"""Distributions of real numbers.

Source: TensorFlow 1.15, python/ops/distributions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    Distribution,
    arguments_among,
    parameter,
    sizes_of_samples,
)
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, xlogy
from tensormill.ops.check import check_numerics
from tensormill.ops.comparison import greater, greater_equal, less, logical_and, logical_or
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import exp, is_nan, log, log1p, sign, sqrt, square
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.random import random_gamma, random_normal, random_uniform
from tensormill.ops.special_functions import betainc, digamma, erf, erfc, igamma, lgamma

__all__ = ["Beta", "Exponential", "Gamma", "Laplace", "Normal", "StudentT", "Uniform"]

_SQRT_2 = math.sqrt(2)


def _positive(value: Tensor, is_checked: bool) -> Tensor:
    return check_numerics(value, "parameter is not finite") if is_checked else value


class Normal(Distribution):
    """The normal distribution.

    Args:
      loc: the mean.
      scale: the standard deviation.
      validate_args: whether parameters are checked.
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
        parameters = dict(locals())
        self.loc = parameter(loc, "loc")
        self.scale = _positive(parameter(scale, "scale", self.loc), validate_args)
        super().__init__(
            self.scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _batch(self) -> Tensor:
        return self.loc + zeros_like(self.scale)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_normal(sizes_of_samples(n, self._batch()), dtype=self.loc.dtype, seed=seed)
        return numbers * self.scale + self.loc

    def _z(self, value: Tensor) -> Tensor:
        return (value - self.loc) / self.scale

    def _log_prob(self, value: Tensor) -> Tensor:
        return -0.5 * square(self._z(value)) - (0.5 * math.log(2 * math.pi) + log(self.scale))

    def _cdf(self, value: Tensor) -> Tensor:
        z = self._z(value) / _SQRT_2
        far = where_v2(greater(z, 0), 2.0 - erfc(z), erfc(-z))
        return 0.5 * where_v2(less(abs_of(z), 0.5 * _SQRT_2), 1.0 + erf(z), far)

    def _mean(self) -> Tensor:
        return self.loc * ones_like(self.scale)

    def _stddev(self) -> Tensor:
        return self.scale * ones_like(self.loc)

    def _variance(self) -> Tensor:
        return square(self._stddev())

    def _mode(self) -> Tensor:
        return self._mean()

    def _entropy(self) -> Tensor:
        scale = self.scale * ones_like(self.loc)
        return 0.5 * math.log(2 * math.pi) + 0.5 + log(scale)


class Uniform(Distribution):
    """The uniform distribution on [low, high).

    Args:
      low: the lower bound.
      high: the upper bound.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Uniform",
    ) -> None:
        parameters = dict(locals())
        self.low = parameter(low, "low")
        self.high = parameter(high, "high", self.low)
        super().__init__(
            self.low.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def range(self, name: str = "range") -> Tensor:
        """Return how far the bounds are apart."""
        return self.high - self.low

    def _batch(self) -> Tensor:
        return self.low + zeros_like(self.high)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_uniform(sizes_of_samples(n, self._batch()), dtype=self.dtype, seed=seed)
        return self.low + self.range() * numbers

    def _log_prob(self, value: Tensor) -> Tensor:
        width = self.range() * ones_like(value)
        outside = logical_or(less(value, self.low), greater_equal(value, self.high))
        density = where_v2(outside, zeros_like(width), 1.0 / width)
        return log(where_v2(is_nan(value), value, density))

    def _cdf(self, value: Tensor) -> Tensor:
        share = (value - self.low) / self.range()
        share = where_v2(greater_equal(value, self.high), ones_like(share), share)
        return where_v2(less(value, self.low), zeros_like(share), share)

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


class Gamma(Distribution):
    """The gamma distribution.

    Args:
      concentration: the shape, alpha.
      rate: the inverse of the scale, beta.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Gamma",
    ) -> None:
        parameters = dict(locals())
        self.concentration = _positive(parameter(concentration, "concentration"), validate_args)
        self.rate = _positive(parameter(rate, "rate", self.concentration), validate_args)
        super().__init__(
            self.concentration.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _batch(self) -> Tensor:
        return self.concentration + zeros_like(self.rate)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        return random_gamma([n], self.concentration, beta=self.rate, dtype=self.dtype, seed=seed)

    def _log_normalization(self) -> Tensor:
        return lgamma(self.concentration) - self.concentration * log(self.rate)

    def _log_prob(self, value: Tensor) -> Tensor:
        density = xlogy(self.concentration - 1.0, value) - self.rate * value
        return density - self._log_normalization()

    def _cdf(self, value: Tensor) -> Tensor:
        return igamma(self.concentration + zeros_like(value), self.rate * value)

    def _mean(self) -> Tensor:
        return self.concentration / self.rate

    def _variance(self) -> Tensor:
        return self.concentration / square(self.rate)

    def _stddev(self) -> Tensor:
        return sqrt(self.concentration) / self.rate

    def _mode(self) -> Tensor:
        mode = (self.concentration - 1.0) / self.rate
        return where_v2(greater(self.concentration, 1.0), mode, mode * 0 + np.nan)

    def _entropy(self) -> Tensor:
        a = self.concentration
        return a - log(self.rate) + lgamma(a) + (1.0 - a) * digamma(a)


class Exponential(Gamma):
    """The exponential distribution.

    Args:
      rate: the inverse of the mean.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Exponential",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        rate = parameter(rate, "rate")
        super().__init__(ones_like(rate), rate, validate_args, allow_nan_stats, name)
        self._parameters = parameters

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        # Zero would become infinite: draw from above the smallest positive number.
        numbers = random_uniform(
            sizes_of_samples(n, self.rate),
            minval=np.finfo(self.dtype.as_numpy_dtype).tiny,
            maxval=1.0,
            dtype=self.dtype,
            seed=seed,
        )
        return -log(numbers) / self.rate

    def _log_prob(self, value: Tensor) -> Tensor:
        return log(self.rate) - self.rate * value

    def _cdf(self, value: Tensor) -> Tensor:
        return where_v2(less(value, 0.0), zeros_like(value), 1.0 - exp(-self.rate * value))


class Laplace(Distribution):
    """The Laplace distribution.

    Args:
      loc: the mean.
      scale: the spread.
      validate_args: whether parameters are checked.
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
        parameters = dict(locals())
        self.loc = parameter(loc, "loc")
        self.scale = _positive(parameter(scale, "scale", self.loc), validate_args)
        super().__init__(
            self.loc.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _batch(self) -> Tensor:
        return self.loc + zeros_like(self.scale)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_uniform(
            sizes_of_samples(n, self._batch()),
            minval=np.nextafter(self.dtype.as_numpy_dtype(-1.0), self.dtype.as_numpy_dtype(0.0)),
            maxval=1.0,
            dtype=self.dtype,
            seed=seed,
        )
        return self.loc - self.scale * sign(numbers) * log1p(-abs_of(numbers))

    def _z(self, value: Tensor) -> Tensor:
        return (value - self.loc) / self.scale

    def _log_prob(self, value: Tensor) -> Tensor:
        return -abs_of(self._z(value)) - math.log(2.0) - log(self.scale)

    def _cdf(self, value: Tensor) -> Tensor:
        z = self._z(value)
        return 0.5 * (1.0 + sign(z) * (1.0 - exp(-abs_of(z))))

    def _mean(self) -> Tensor:
        return self.loc + zeros_like(self.scale)

    def _mode(self) -> Tensor:
        return self._mean()

    def _stddev(self) -> Tensor:
        return _SQRT_2 * self.scale + zeros_like(self.loc)

    def _variance(self) -> Tensor:
        return square(self._stddev())

    def _entropy(self) -> Tensor:
        scale = self.scale + zeros_like(self.loc)
        return math.log(2.0) + 1.0 + log(scale)


class Beta(Distribution):
    """The beta distribution.

    Args:
      concentration1: alpha.
      concentration0: beta.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Beta",
    ) -> None:
        parameters = dict(locals())
        self.concentration1 = _positive(parameter(concentration1, "concentration1"), validate_args)
        self.concentration0 = _positive(
            parameter(concentration0, "concentration0", self.concentration1), validate_args
        )
        super().__init__(
            self.concentration1.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    @property
    def total_concentration(self) -> Tensor:
        """The sum of both concentrations."""
        return self.concentration1 + self.concentration0

    def _batch(self) -> Tensor:
        return self.total_concentration

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        ones = ones_like(self.total_concentration)
        other = None if seed is None else seed + 1
        a = random_gamma([n], self.concentration1 * ones, dtype=self.dtype, seed=seed)
        b = random_gamma([n], self.concentration0 * ones, dtype=self.dtype, seed=other)
        return a / (a + b)

    def _log_normalization(self) -> Tensor:
        both = lgamma(self.concentration1) + lgamma(self.concentration0)
        return both - lgamma(self.total_concentration)

    def _log_prob(self, value: Tensor) -> Tensor:
        density = xlogy(self.concentration1 - 1.0, value)
        density += (self.concentration0 - 1.0) * log1p(-value)
        return density - self._log_normalization()

    def _cdf(self, value: Tensor) -> Tensor:
        nothing = zeros_like(value)
        return betainc(self.concentration1 + nothing, self.concentration0 + nothing, value)

    def _mean(self) -> Tensor:
        return self.concentration1 / self.total_concentration

    def _variance(self) -> Tensor:
        return self._mean() * (1.0 - self._mean()) / (1.0 + self.total_concentration)

    def _mode(self) -> Tensor:
        mode = (self.concentration1 - 1.0) / (self.total_concentration - 2.0)
        exists = logical_and(greater(self.concentration1, 1.0), greater(self.concentration0, 1.0))
        return where_v2(exists, mode, mode * 0 + np.nan)

    def _entropy(self) -> Tensor:
        a, b, total = self.concentration1, self.concentration0, self.total_concentration
        spread = (a - 1.0) * digamma(a) + (b - 1.0) * digamma(b)
        return self._log_normalization() - spread + (total - 2.0) * digamma(total)


class StudentT(Distribution):
    """Student's t-distribution.

    Args:
      df: the degrees of freedom.
      loc: the middle.
      scale: the spread.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

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
        self.df = _positive(parameter(df, "df"), validate_args)
        self.loc = parameter(loc, "loc", self.df)
        self.scale = parameter(scale, "scale", self.df)
        super().__init__(
            self.scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _batch(self) -> Tensor:
        return self.df * 0 + self.loc * 0 + self.scale * 0

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        batch = self._batch()
        normal = random_normal(sizes_of_samples(n, batch), dtype=self.dtype, seed=seed)
        df = self.df + zeros_like(batch)
        other = None if seed is None else seed + 1
        gamma = random_gamma([n], 0.5 * df, beta=0.5, dtype=self.dtype, seed=other)
        return normal / sqrt(gamma / df) * self.scale + self.loc

    def _log_prob(self, value: Tensor) -> Tensor:
        y = (value - self.loc) / self.scale
        density = -0.5 * (self.df + 1.0) * log1p(square(y) / self.df)
        constant = log(abs_of(self.scale)) + 0.5 * log(self.df) + 0.5 * math.log(math.pi)
        constant += lgamma(0.5 * self.df) - lgamma(0.5 * (self.df + 1.0))
        return density - constant

    def _cdf(self, value: Tensor) -> Tensor:
        y = (value - self.loc) / abs_of(self.scale)
        x = self.df / (square(y) + self.df)
        tail = 0.5 * betainc(0.5 * self.df + zeros_like(x), 0.5 + zeros_like(x), x)
        return where_v2(less(y, 0.0), tail, 1.0 - tail)

    def _mean(self) -> Tensor:
        mean = self.loc + zeros_like(self._batch())
        return where_v2(greater(self.df, 1.0), mean, mean * 0 + np.nan)

    def _variance(self) -> Tensor:
        batch = self._batch()
        finite = self.df / maximum(self.df - 2.0, 1e-30) * square(self.scale) + batch
        infinite = where_v2(greater(self.df, 1.0), batch * 0 + np.inf, batch * 0 + np.nan)
        return where_v2(greater(self.df, 2.0), finite, infinite)

    def _mode(self) -> Tensor:
        return self.loc + zeros_like(self._batch())

    def _entropy(self) -> Tensor:
        v = self.df + zeros_like(self._batch())
        half = 0.5 * (v + 1.0)
        log_beta = math.lgamma(0.5) + lgamma(0.5 * v) - lgamma(half)
        return (
            log(abs_of(self.scale)) + 0.5 * log(v) + log_beta
            + half * (digamma(half) - digamma(0.5 * v))
        )  # fmt: skip
