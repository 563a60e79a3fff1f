"""Distributions of real numbers of `tf.contrib.distributions`.

Source: TensorFlow 1.15, contrib/distributions/python/ops.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    NOT_REPARAMETERIZED,
    Distribution,
    arguments_among,
    parameter,
    sizes_of_samples,
)
from tensormill.distributions.continuous import Beta, Exponential, Gamma, Laplace, Normal, StudentT
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softplus
from tensormill.ops.assertions import assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater, greater_equal, less
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import atan, exp, floor, log, log1p, sigmoid, square, tan
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.random import random_gamma, random_normal, random_uniform
from tensormill.ops.special_functions import digamma, erf, erfinv, igammac, lgamma

__all__ = [
    "BetaWithSoftplusConcentration",
    "Cauchy",
    "Chi2",
    "Chi2WithAbsDf",
    "ExponentialWithSoftplusRate",
    "GammaWithSoftplusConcentrationRate",
    "HalfNormal",
    "InverseGamma",
    "InverseGammaWithSoftplusConcentrationRate",
    "LaplaceWithSoftplusScale",
    "Logistic",
    "NormalWithSoftplusScale",
    "StudentTWithAbsDfSoftplusScale",
]


def _positive(value: Tensor, is_checked: bool) -> Tensor:
    return with_dependencies([assert_positive(value)], value) if is_checked else value


class _LocationScale(Distribution):
    """A distribution of a fixed shape at some place, in some width."""

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any],
        name: str,
    ) -> None:
        with name_scope(name, values=[loc, scale]) as scope:
            self._loc = identity(parameter(loc, "loc"), name="loc")
            width = _positive(parameter(scale, "scale", self._loc), validate_args)
            self._scale = identity(width, name="scale")
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            arguments_among(parameters), [self._loc, self._scale], scope,
        )  # fmt: skip

    @property
    def loc(self) -> Any:
        """The place."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The width."""
        return self._scale

    def _batch(self) -> Tensor:
        return self.loc + zeros_like(self.scale)

    def _z(self, x: Any) -> Tensor:
        z: Tensor = (x - self.loc) / self.scale
        return z

    def _uniform(self, n: Any, seed: int | None, minval: Any) -> Tensor:
        return random_uniform(
            sizes_of_samples(n, self._batch()), minval=minval, maxval=1.0, dtype=self.dtype,
            seed=seed,
        )  # fmt: skip


class Logistic(_LocationScale):
    """The logistic distribution.

    Args:
      loc: the mean.
      scale: the width.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Logistic",
    ) -> None:
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        numbers = self._uniform(n, seed, np.finfo(self.dtype.as_numpy_dtype).tiny)
        return (log(numbers) - log1p(-1.0 * numbers)) * self.scale + self.loc

    def _log_prob(self, value: Any) -> Tensor:
        z = self._z(value)
        return -z - 2.0 * softplus(-z) - log(self.scale)

    def _log_cdf(self, value: Any) -> Tensor:
        return -softplus(-self._z(value))

    def _cdf(self, value: Any) -> Tensor:
        return sigmoid(self._z(value))

    def _log_survival_function(self, value: Any) -> Tensor:
        return -softplus(self._z(value))

    def _survival_function(self, value: Any) -> Tensor:
        return sigmoid(-self._z(value))

    def _entropy(self) -> Tensor:
        return 2 + log(self.scale * ones_like(self.loc))

    def _mean(self) -> Tensor:
        return self.loc * ones_like(self.scale)

    def _stddev(self) -> Tensor:
        return self.scale * ones_like(self.loc) * math.pi / math.sqrt(3)

    def _mode(self) -> Tensor:
        return self._mean()


class Cauchy(_LocationScale):
    """The Cauchy distribution, which has no mean.

    Args:
      loc: the middle.
      scale: the width.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Cauchy",
    ) -> None:
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        return self._quantile(self._uniform(n, seed, 0.0))

    def _log_prob(self, value: Any) -> Tensor:
        return -log1p(square(self._z(value))) - (np.log(np.pi) + log(self.scale))

    def _cdf(self, value: Any) -> Tensor:
        return atan(self._z(value)) / np.pi + 0.5

    def _log_cdf(self, value: Any) -> Tensor:
        return log1p(2 / np.pi * atan(self._z(value))) - np.log(2)

    def _quantile(self, value: Any) -> Tensor:
        made: Tensor = self.loc + self.scale * tan(np.pi * (value - 0.5))
        return made

    def _entropy(self) -> Tensor:
        return (np.log(4 * np.pi) + log(self.scale)) * ones_like(self.loc)

    def _mode(self) -> Tensor:
        return self.loc * ones_like(self.scale)

    def _undefined(self, name: str) -> Tensor:
        if not self.allow_nan_stats:
            raise ValueError(f"`{name}` is undefined for Cauchy distribution.")
        return zeros_like(self._batch()) + np.nan

    def _mean(self) -> Tensor:
        return self._undefined("mean")

    def _stddev(self) -> Tensor:
        return self._undefined("stddev")


class HalfNormal(Distribution):
    """The magnitudes of normal numbers around zero.

    Args:
      scale: the standard deviation of the normal numbers.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "HalfNormal",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[scale]) as scope:
            width = _positive(parameter(scale, "scale"), validate_args)
            self._scale = identity(width, name="scale")
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._scale], scope,
        )  # fmt: skip

    @property
    def scale(self) -> Any:
        """The standard deviation of the normal numbers."""
        return self._scale

    def _batch(self) -> Tensor:
        return self._scale

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        sizes = sizes_of_samples(n, self.scale)
        return abs_of(random_normal(sizes, dtype=self.dtype, seed=seed) * self.scale)

    def _prob(self, value: Any) -> Tensor:
        density = np.sqrt(2 / np.pi) / self.scale * exp(-0.5 * square(value / self.scale))
        return density * cast(greater_equal(value, zeros_like(value)), self.dtype)

    def _cdf(self, value: Any) -> Tensor:
        value = where_v2(less(value, zeros_like(value)), zeros_like(value), value)
        return erf(value / self.scale / np.sqrt(2.0))

    def _entropy(self) -> Tensor:
        return 0.5 * log(np.pi * square(self.scale) / 2.0) + 0.5

    def _mean(self) -> Tensor:
        made: Tensor = self.scale * np.sqrt(2.0) / np.sqrt(np.pi)
        return made

    def _quantile(self, value: Any) -> Tensor:
        made: Tensor = np.sqrt(2.0) * self.scale * erfinv(value)
        return made

    def _mode(self) -> Tensor:
        return zeros_like(self.scale)

    def _variance(self) -> Tensor:
        return square(self.scale) * (1.0 - 2.0 / np.pi)


class InverseGamma(Distribution):
    """The inverses of numbers of the gamma distribution.

    Args:
      concentration: the shape, alpha.
      rate: beta.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "InverseGamma",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration, rate]) as scope:
            shape = _positive(parameter(concentration, "concentration"), validate_args)
            self._concentration = identity(shape, name="concentration")
            speed = _positive(parameter(rate, "rate", self._concentration), validate_args)
            self._rate = identity(speed, name="rate")
        super().__init__(
            self._concentration.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._concentration, self._rate], scope,
        )  # fmt: skip

    @property
    def concentration(self) -> Any:
        """The shape."""
        return self._concentration

    @property
    def rate(self) -> Any:
        """The rate."""
        return self._rate

    def _batch(self) -> Tensor:
        return self.concentration + zeros_like(self.rate)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        made: Tensor = 1.0 / random_gamma(
            [n], self.concentration, beta=self.rate, dtype=self.dtype, seed=seed
        )
        return made

    def _log_prob(self, value: Any) -> Tensor:
        density = -(1.0 + self.concentration) * log(value) - self.rate / value
        return density - (lgamma(self.concentration) - self.concentration * log(self.rate))

    def _cdf(self, value: Any) -> Tensor:
        return igammac(self.concentration + zeros_like(value), self.rate / value)

    def _entropy(self) -> Tensor:
        shape = self.concentration
        return shape + log(self.rate) + lgamma(shape) - (1.0 + shape) * digamma(shape)

    def _where_above(self, least: float, value: Tensor) -> Tensor:
        """Return moments where the concentration is above a number."""
        is_above = greater(self.concentration + zeros_like(value), least)
        if not self.allow_nan_stats:
            text = "mean undefined when any concentration <= 1"
            check = assert_positive(self.concentration - least, message=text)
            return with_dependencies([check], value)
        return where_v2(is_above, value, zeros_like(value) + np.nan)

    def _mean(self) -> Tensor:
        return self._where_above(1.0, self.rate / (self.concentration - 1.0))

    def _variance(self) -> Tensor:
        shape = self.concentration
        variance = square(self.rate) / square(shape - 1.0) / (shape - 2.0)
        return self._where_above(2.0, variance)

    def _mode(self) -> Tensor:
        made: Tensor = self.rate / (1.0 + self.concentration)
        return made


class Chi2(Gamma):
    """The sums of squares of normal numbers.

    Args:
      df: how many numbers.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        df: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Chi2",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        with name_scope(name, values=[df]) as scope:
            self._df = identity(_positive(parameter(df, "df"), validate_args), name="df")
            rate = parameter(0.5, "rate", self._df)
            super().__init__(0.5 * self._df, rate, validate_args, allow_nan_stats, scope)
        self._parameters = parameters

    @property
    def df(self) -> Any:
        """How many numbers."""
        return self._df


class Chi2WithAbsDf(Chi2):
    """`Chi2` with the whole part of the magnitude of `df`."""

    def __init__(
        self,
        df: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Chi2WithAbsDf",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        with name_scope(name, values=[df]) as scope:
            count = floor(abs_of(parameter(df, "df")), name="abs_df")
        super().__init__(count, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


class BetaWithSoftplusConcentration(Beta):
    """`Beta` of the softplus of its parameters."""

    def __init__(
        self,
        concentration1: Any,
        concentration0: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "BetaWithSoftplusConcentration",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        one, zero = (softplus(parameter(each, "x")) for each in (concentration1, concentration0))
        super().__init__(one, zero, validate_args, allow_nan_stats, name)
        self._parameters = parameters


class ExponentialWithSoftplusRate(Exponential):
    """`Exponential` of the softplus of its rate."""

    def __init__(
        self,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "ExponentialWithSoftplusRate",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        super().__init__(softplus(parameter(rate, "rate")), validate_args, allow_nan_stats, name)
        self._parameters = parameters


class GammaWithSoftplusConcentrationRate(Gamma):
    """`Gamma` of the softplus of its parameters."""

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "GammaWithSoftplusConcentrationRate",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        shape, speed = (softplus(parameter(each, "x")) for each in (concentration, rate))
        super().__init__(shape, speed, validate_args, allow_nan_stats, name)
        self._parameters = parameters


class InverseGammaWithSoftplusConcentrationRate(InverseGamma):
    """`InverseGamma` of the softplus of its parameters."""

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "InverseGammaWithSoftplusConcentrationRate",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        shape, speed = (softplus(parameter(each, "x")) for each in (concentration, rate))
        super().__init__(shape, speed, validate_args, allow_nan_stats, name)
        self._parameters = parameters


class LaplaceWithSoftplusScale(Laplace):
    """`Laplace` of the softplus of its scale."""

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "LaplaceWithSoftplusScale",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        width = softplus(parameter(scale, "scale"))
        super().__init__(loc, width, validate_args, allow_nan_stats, name)
        self._parameters = parameters


class NormalWithSoftplusScale(Normal):
    """`Normal` of the softplus of its scale."""

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "NormalWithSoftplusScale",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        width = softplus(parameter(scale, "scale"))
        super().__init__(loc, width, validate_args, allow_nan_stats, name)
        self._parameters = parameters


class StudentTWithAbsDfSoftplusScale(StudentT):
    """`StudentT` of the whole part of the magnitude of `df` and the softplus of its scale."""

    def __init__(
        self,
        df: Any,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "StudentTWithAbsDfSoftplusScale",
    ) -> None:
        parameters = arguments_among(dict(locals()))
        count = floor(abs_of(parameter(df, "df")))
        width = softplus(parameter(scale, "scale"))
        super().__init__(count, loc, width, validate_args, allow_nan_stats, name)
        self._parameters = parameters
