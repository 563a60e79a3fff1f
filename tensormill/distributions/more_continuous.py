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
    ScalarDistribution,
    checks_of_positive,
    shapes_of_parameters,
)
from tensormill.distributions.continuous import Laplace, LocationScale, Normal, StudentT
from tensormill.distributions.gammas import Beta, Exponential, Gamma, ShapeAndRate
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softplus
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater_equal, less
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import atan, exp, floor, log, log1p, sigmoid, square, tan
from tensormill.ops.filling import fill, ones_like, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.identities import identity
from tensormill.ops.random import random_normal, random_uniform
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


class Logistic(LocationScale):
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
        numbers = random_uniform(
            self._sizes(n),
            minval=np.finfo(self.dtype.as_numpy_dtype).tiny,
            maxval=1.0,
            dtype=self.dtype,
            seed=seed,
        )
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


class Cauchy(LocationScale):
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
        return self._quantile(
            random_uniform(self._sizes(n), minval=0.0, maxval=1.0, dtype=self.dtype, seed=seed)
        )

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
        nan = np.array(np.nan, self.dtype.as_numpy_dtype)
        return fill(self.batch_shape_tensor(), nan)

    def _mean(self) -> Tensor:
        return self._undefined("mean")

    def _stddev(self) -> Tensor:
        return self._undefined("stddev")


class HalfNormal(ScalarDistribution):
    """The magnitudes of normal numbers around zero.

    Args:
      scale: the standard deviation of the normal numbers.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    _of_batch = ("scale",)
    _param_shapes = shapes_of_parameters("scale")

    def __init__(
        self,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "HalfNormal",
    ) -> None:
        parameters = dict(locals())
        with (
            name_scope(name, values=[scale]) as scope,
            control_dependencies(checks_of_positive(validate_args, scale)),
        ):
            self._scale = identity(scale, name="scale")
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._scale], scope,
        )  # fmt: skip

    @property
    def scale(self) -> Any:
        """The standard deviation of the normal numbers."""
        return self._scale

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        return abs_of(random_normal(self._sizes(n), dtype=self.dtype, seed=seed) * self.scale)

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


class InverseGamma(ShapeAndRate):
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
        super().__init__(
            concentration, rate, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name,
        )  # fmt: skip

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        return 1.0 / self._sample_gamma(n, seed)

    def _log_prob(self, value: Any) -> Tensor:
        value = self._checked(value)
        density = -(1.0 + self.concentration) * log(value) - self.rate / value
        return density - self._log_normalization()

    def _cdf(self, value: Any) -> Tensor:
        return igammac(self.concentration, self.rate / self._checked(value))

    def _entropy(self) -> Tensor:
        shape = self.concentration
        return shape + log(self.rate) + lgamma(shape) - (1.0 + shape) * digamma(shape)

    def _mean(self) -> Tensor:
        text = "mean undefined when any concentration <= 1"
        mean = self.rate / (self.concentration - 1.0)
        return self._only_above(mean, (self.concentration, 1.0, text))

    def _variance(self) -> Tensor:
        shape = self.concentration
        variance = square(self.rate) / square(shape - 1.0) / (shape - 2.0)
        text = "variance undefined when any concentration <= 2"
        return self._only_above(variance, (shape, 2.0, text))

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
        parameters = dict(locals())
        with name_scope(name, values=[df]) as scope:
            with control_dependencies(checks_of_positive(validate_args, df)):
                self._df = identity(df, name="df")
            half = constant(0.5, dtype=self._df.dtype)
            super().__init__(0.5 * self._df, half, validate_args, allow_nan_stats, scope)
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
        parameters = dict(locals())
        with name_scope(name, values=[df]) as scope:
            count = floor(abs_of(df, name="abs_df"))
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
        parameters = dict(locals())
        with name_scope(name, values=[concentration1, concentration0]) as scope:
            super().__init__(
                softplus(concentration1, name="softplus_concentration1"),
                softplus(concentration0, name="softplus_concentration0"),
                validate_args,
                allow_nan_stats,
                scope,
            )
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
        parameters = dict(locals())
        with name_scope(name, values=[rate]) as scope:
            super().__init__(
                softplus(rate, name="softplus_rate"), validate_args, allow_nan_stats, scope
            )
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
        parameters = dict(locals())
        with name_scope(name, values=[concentration, rate]) as scope:
            super().__init__(
                softplus(concentration, name="softplus_concentration"),
                softplus(rate, name="softplus_rate"),
                validate_args,
                allow_nan_stats,
                scope,
            )
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
        parameters = dict(locals())
        with name_scope(name, values=[concentration, rate]) as scope:
            super().__init__(
                softplus(concentration, name="softplus_concentration"),
                softplus(rate, name="softplus_rate"),
                validate_args,
                allow_nan_stats,
                scope,
            )
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
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale]) as scope:
            super().__init__(
                loc, softplus(scale, name="softplus_scale"), validate_args, allow_nan_stats, scope
            )
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
        parameters = dict(locals())
        with name_scope(name, values=[scale]) as scope:
            super().__init__(
                loc, softplus(scale, name="softplus_scale"), validate_args, allow_nan_stats, scope
            )
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
        parameters = dict(locals())
        with name_scope(name, values=[df, scale]) as scope:
            super().__init__(
                floor(abs_of(df)),
                loc,
                softplus(scale, name="softplus_scale"),
                validate_args,
                allow_nan_stats,
                scope,
            )
        self._parameters = parameters
