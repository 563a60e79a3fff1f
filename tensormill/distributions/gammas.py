"""The gamma distribution and its kin: exponential and beta.

Source: TensorFlow 1.15, python/ops/distributions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    ReparameterizationType,
    ScalarDistribution,
    checks_of_positive,
    positive,
    shapes_of_parameters,
)
from tensormill.distributions.parameters import gen_new_seed
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import xlogy
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_less, assert_positive, assert_same_float_dtype
from tensormill.ops.elementwise_unary import log, log1p, sqrt, square
from tensormill.ops.filling import ones, ones_like, zeros_like
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.random import random_gamma, random_uniform
from tensormill.ops.special_functions import betainc, digamma, igamma, lgamma

__all__ = ["Beta", "Exponential", "Gamma"]


class ShapeAndRate(ScalarDistribution):
    """What the gamma distribution and that of its inverses have in common."""

    _of_batch = ("concentration", "rate")
    _param_shapes = shapes_of_parameters("concentration", "rate")

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        reparameterization: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any],
        name: str,
    ) -> None:
        with (
            name_scope(name, values=[concentration, rate]) as scope,
            control_dependencies(checks_of_positive(validate_args, concentration, rate)),
        ):
            self._concentration = identity(concentration, name="concentration")
            self._rate = identity(rate, name="rate")
            assert_same_float_dtype([self._concentration, self._rate])
        super().__init__(
            self._concentration.dtype, reparameterization, validate_args, allow_nan_stats,
            parameters, [self._concentration, self._rate], scope,
        )  # fmt: skip

    @property
    def concentration(self) -> Tensor:
        """The shape."""
        return self._concentration

    @property
    def rate(self) -> Tensor:
        """The rate."""
        return self._rate

    def _sample_gamma(self, n: Tensor, seed: int | None) -> Tensor:
        return random_gamma([n], self.concentration, beta=self.rate, dtype=self.dtype, seed=seed)

    def _checked(self, value: Tensor) -> Tensor:
        assert_same_float_dtype([value], self.dtype)
        checked: Tensor = positive(value, self.validate_args)
        return checked

    def _log_normalization(self) -> Tensor:
        return lgamma(self.concentration) - self.concentration * log(self.rate)


class Gamma(ShapeAndRate):
    """The gamma distribution.

    Args:
      concentration: the shape, alpha.
      rate: the inverse of the scale, beta.
      validate_args: whether parameters and samples are checked in the step.
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
        super().__init__(
            concentration, rate, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name,
        )  # fmt: skip

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        return self._sample_gamma(n, seed)

    def _log_prob(self, value: Tensor) -> Tensor:
        x = self._checked(value)
        density = xlogy(self.concentration - 1.0, x) - self.rate * x
        return density - self._log_normalization()

    def _cdf(self, value: Tensor) -> Tensor:
        return igamma(self.concentration, self.rate * self._checked(value))

    def _mean(self) -> Tensor:
        return self.concentration / self.rate

    def _variance(self) -> Tensor:
        return self.concentration / square(self.rate)

    def _stddev(self) -> Tensor:
        return sqrt(self.concentration) / self.rate

    def _mode(self) -> Tensor:
        mode = (self.concentration - 1.0) / self.rate
        text = "mode not defined when any concentration <= 1"
        return self._only_above(mode, (self.concentration, 1.0, text))

    def _entropy(self) -> Tensor:
        a = self.concentration
        return a - log(self.rate) + lgamma(a) + (1.0 - a) * digamma(a)


class Exponential(Gamma):
    """The exponential distribution.

    Args:
      rate: the inverse of the mean.
      validate_args: whether parameters and samples are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    _param_shapes = shapes_of_parameters("rate")

    def __init__(
        self,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Exponential",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[rate]) as scope:
            rate = convert_to_tensor(rate, name="rate")
        super().__init__(ones([], dtype=rate.dtype), rate, validate_args, allow_nan_stats, scope)
        self._parameters = parameters

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        # Zero would become infinite: draw from above the smallest positive number.
        numbers = random_uniform(
            concat([[n], shape_of(self.rate)], 0),
            minval=np.finfo(self.dtype.as_numpy_dtype).tiny,
            maxval=1.0,
            seed=seed,
            dtype=self.dtype,
        )
        return -log(numbers) / self.rate

    def _log_survival_function(self, value: Tensor) -> Tensor:
        return self._log_prob(value) - log(self.rate)


class Beta(ScalarDistribution):
    """The beta distribution.

    Args:
      concentration1: alpha.
      concentration0: beta.
      validate_args: whether parameters and samples are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    _of_batch = ("total_concentration",)
    _param_shapes = shapes_of_parameters("concentration1", "concentration0")

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Beta",
    ) -> None:
        parameters = dict(locals())
        text = "Concentration parameter must be positive."
        with name_scope(name, values=[concentration1, concentration0]) as scope:
            self._concentration1: Tensor = positive(
                convert_to_tensor(concentration1, name="concentration1"), validate_args, text
            )
            self._concentration0: Tensor = positive(
                convert_to_tensor(concentration0, name="concentration0"), validate_args, text
            )
            assert_same_float_dtype([self._concentration1, self._concentration0])
            self._total_concentration = self._concentration1 + self._concentration0
        super().__init__(
            self._total_concentration.dtype, FULLY_REPARAMETERIZED, validate_args,
            allow_nan_stats, parameters,
            [self._concentration1, self._concentration0, self._total_concentration], scope,
        )  # fmt: skip

    @property
    def concentration1(self) -> Tensor:
        """Alpha."""
        return self._concentration1

    @property
    def concentration0(self) -> Tensor:
        """Beta."""
        return self._concentration0

    @property
    def total_concentration(self) -> Tensor:
        """The sum of both concentrations."""
        return self._total_concentration

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        whole = ones_like(self.total_concentration, dtype=self.dtype)
        one, zero = whole * self.concentration1, whole * self.concentration0
        a = random_gamma([n], one, dtype=self.dtype, seed=seed)
        b = random_gamma([n], zero, dtype=self.dtype, seed=gen_new_seed(seed, "beta"))
        return a / (a + b)

    def _checked(self, value: Tensor) -> Tensor:
        if not self.validate_args:
            return value
        unit = ones([], self.dtype)
        checks = [
            assert_positive(value, message="sample must be positive"),
            assert_less(value, unit, message="sample must be less than `1`."),
        ]
        return with_dependencies(checks, value)

    def _log_prob(self, value: Tensor) -> Tensor:
        x = self._checked(value)
        density = xlogy(self.concentration1 - 1.0, x) + (self.concentration0 - 1.0) * log1p(-x)
        return density - self._log_normalization()

    def _log_normalization(self) -> Tensor:
        both = lgamma(self.concentration1) + lgamma(self.concentration0)
        return both - lgamma(self.total_concentration)

    def _cdf(self, value: Tensor) -> Tensor:
        nothing = zeros_like(value) + zeros_like(self.total_concentration)
        one, zero = self.concentration1 + nothing, self.concentration0 + nothing
        return betainc(one, zero, value + nothing)

    def _mean(self) -> Tensor:
        return self.concentration1 / self.total_concentration

    def _variance(self) -> Tensor:
        return self._mean() * (1.0 - self._mean()) / (1.0 + self.total_concentration)

    def _mode(self) -> Tensor:
        mode = (self.concentration1 - 1.0) / (self.total_concentration - 2.0)
        return self._only_above(
            mode,
            (self.concentration1, 1.0, "Mode undefined for concentration1 <= 1."),
            (self.concentration0, 1.0, "Mode undefined for concentration0 <= 1."),
        )

    def _entropy(self) -> Tensor:
        a, b, total = self.concentration1, self.concentration0, self.total_concentration
        spread = (a - 1.0) * digamma(a) + (b - 1.0) * digamma(b)
        return self._log_normalization() - spread + (total - 2.0) * digamma(total)
