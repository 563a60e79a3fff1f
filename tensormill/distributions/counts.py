"""Distributions of counts of `tf.contrib.distributions`.

Source: TensorFlow 1.15, contrib/distributions/python/ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.base import (
    NOT_REPARAMETERIZED,
    ScalarDistribution,
    positive,
)
from tensormill.distributions.parameters import (
    assert_integer_form,
    embed_check_nonnegative_integer_form,
    gen_new_seed,
    get_logits_and_probs,
)
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softplus
from tensormill.ops.assertions import assert_less_equal, assert_non_negative
from tensormill.ops.comparison import equal, greater, less
from tensormill.ops.elementwise_unary import exp, expm1, floor, log, log1p, sigmoid
from tensormill.ops.filling import ones_like, zeros, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.random import random_gamma, random_poisson, random_uniform
from tensormill.ops.special_functions import betainc, igammac, lgamma

__all__ = ["Binomial", "Geometric", "NegativeBinomial", "Poisson"]


class _Counts(ScalarDistribution):
    """A distribution of counts, which may be checked."""

    def _counted(self, value: Any) -> Any:
        return embed_check_nonnegative_integer_form(value) if self.validate_args else value


class _OfTrials(_Counts):
    """A distribution of counts in trials that succeed or fail."""

    _logits: Any
    _probs: Any

    @property
    def logits(self) -> Any:
        """The log-odds of a success."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probability of a success."""
        return self._probs


class Poisson(_Counts):
    """The Poisson distribution.

    Args:
      rate: the mean.
      log_rate: its logarithm; one of the two is given.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: none or both are given.
      TypeError: they are no floating numbers.
    """

    _of_batch = ("rate",)

    def __init__(
        self,
        rate: Any = None,
        log_rate: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Poisson",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[rate]) as scope:
            if (rate is None) == (log_rate is None):
                raise ValueError("Must specify exactly one of `rate` and `log_rate`.")
            role = "log_rate" if rate is None else "rate"
            given = convert_to_tensor(log_rate if rate is None else rate, name=role)
            if not given.dtype.is_floating:
                raise TypeError(f"{role}.dtype ({given.dtype.name}) is a not a float-type.")
            if rate is None:
                self._rate, self._log_rate = exp(given, name="rate"), given
            else:
                given = positive(given, validate_args)
                self._rate = identity(given, name="rate")
                self._log_rate = log(given, name="log_rate")
        super().__init__(
            self._rate.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._rate], scope,
        )  # fmt: skip

    @property
    def rate(self) -> Any:
        """The mean."""
        return self._rate

    @property
    def log_rate(self) -> Any:
        """The logarithm of the mean."""
        return self._log_rate

    def _log_prob(self, value: Any) -> Tensor:
        value = self._counted(value)
        made: Tensor = value * self.log_rate - lgamma(1.0 + value) - self.rate
        return made

    def _cdf(self, value: Any) -> Tensor:
        value = self._counted(value)
        return igammac(1.0 + value + zeros_like(self.rate), self.rate + zeros_like(value))

    def _mean(self) -> Tensor:
        return identity(self.rate)

    def _variance(self) -> Tensor:
        return identity(self.rate)

    def _mode(self) -> Tensor:
        return floor(self.rate)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        return random_poisson(self.rate, [n], dtype=self.dtype, seed=seed)


class Binomial(_OfTrials):
    """How many of some trials succeed.

    Args:
      total_count: the number of trials, of the dtype of the probabilities.
      logits: the log-odds of a success.
      probs: the probability of one; one of the two is given.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    _of_batch = ("total_count", "probs")

    def __init__(
        self,
        total_count: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Binomial",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[total_count, logits, probs]) as scope:
            total = convert_to_tensor(total_count, name="total_count")
            if validate_args:
                checks = [
                    assert_non_negative(total, message="total_count must be non-negative."),
                    assert_integer_form(
                        total, message="total_count cannot contain fractional components."
                    ),
                ]
                total = with_dependencies(checks, total)
            self._total_count = total
            self._logits, self._probs = get_logits_and_probs(
                logits=logits, probs=probs, validate_args=validate_args, name=name
            )
        super().__init__(
            self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._total_count, self._logits, self._probs], scope,
        )  # fmt: skip

    @property
    def total_count(self) -> Any:
        """The number of trials."""
        return self._total_count

    def _checked(self, counts: Any) -> Any:
        if not self.validate_args:
            return counts
        counts = self._counted(counts)
        check = assert_less_equal(
            counts, self.total_count, message="counts are not less than or equal to n."
        )
        return with_dependencies([check], counts)

    def _log_prob(self, value: Any) -> Tensor:
        counts, total = self._checked(value), self.total_count
        made: Tensor = counts * log(self.probs) + (total - counts) * log1p(-self.probs)
        ways = lgamma(1.0 + total - counts) + lgamma(1.0 + counts) - lgamma(1.0 + total)
        return made - ways

    def _cdf(self, value: Any) -> Tensor:
        counts = self._checked(value)
        probs = self.probs + zeros_like(counts)
        counts = counts + zeros_like(probs)
        total = self.total_count + zeros_like(counts)
        # The incomplete beta function is not defined where nothing is left over.
        is_all = equal(counts, total)
        left = where_v2(is_all, ones_like(total), total - counts)
        share = betainc(left, counts + 1, 1 - probs + zeros_like(left))
        return where_v2(is_all, ones_like(share), share)

    def _mean(self) -> Tensor:
        made: Tensor = self.total_count * self.probs
        return made

    def _variance(self) -> Tensor:
        return self._mean() * (1.0 - self.probs)

    def _mode(self) -> Tensor:
        return floor((1.0 + self.total_count) * self.probs)


class Geometric(_OfTrials):
    """How many trials fail before one succeeds.

    Args:
      logits: the log-odds of a success.
      probs: the probability of one; one of the two is given.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    _of_batch = ("probs",)

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Geometric",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[logits, probs]) as scope:
            self._logits, share = get_logits_and_probs(
                logits, probs, validate_args=validate_args, name=name
            )
            self._probs = identity(positive(share, validate_args), name="probs")
        super().__init__(
            self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._probs, self._logits], scope,
        )  # fmt: skip

    def _whole(self, value: Any) -> Any:
        value = self._counted(value) if self.validate_args else floor(value)
        return value * ones_like(self.probs)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        numbers = random_uniform(
            self._sizes(n),
            minval=np.finfo(self.dtype.as_numpy_dtype).tiny,
            maxval=1.0,
            seed=seed,
            dtype=self.dtype,
        )
        return floor(log(numbers) / log1p(-self.probs))

    def _cdf(self, value: Any) -> Tensor:
        x = self._whole(value)
        share = -expm1((1.0 + x) * log1p(-self.probs))
        return where_v2(less(x, 0.0), zeros_like(x), share)

    def _log_prob(self, value: Any) -> Tensor:
        x = self._whole(value)
        probs = self.probs * ones_like(x)
        # Where nothing fails, the chance of that does not matter, be it zero.
        failing = where_v2(equal(x, 0.0), zeros_like(probs), probs)
        made: Tensor = x * log1p(-failing) + log(probs)
        return made

    def _entropy(self) -> Tensor:
        made: Tensor = softplus(self.logits) / self.probs - self.logits
        return made

    def _mean(self) -> Tensor:
        return exp(-self.logits)

    def _variance(self) -> Tensor:
        return self._mean() / self.probs

    def _mode(self) -> Tensor:
        return zeros_like(self.probs)


class NegativeBinomial(_OfTrials):
    """How many trials succeed before some fail.

    Args:
      total_count: the number of failures.
      logits: the log-odds of a success.
      probs: the probability of one; one of the two is given.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    _of_batch = ("total_count", "probs")

    def __init__(
        self,
        total_count: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "NegativeBinomial",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[total_count, logits, probs]) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, validate_args=validate_args, name=name
            )
            total = convert_to_tensor(total_count, dtype=self._probs.dtype)
            self._total_count = identity(positive(total, validate_args))
        super().__init__(
            self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._total_count, self._probs, self._logits], scope,
        )  # fmt: skip

    @property
    def total_count(self) -> Any:
        """The number of failures."""
        return self._total_count

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        rate = random_gamma(
            [n], self.total_count, beta=exp(-self.logits), dtype=self.dtype, seed=seed
        )
        other = gen_new_seed(seed, "negative_binom")
        return random_poisson(rate, [], dtype=self.dtype, seed=other)

    def _cdf(self, value: Any) -> Tensor:
        x = self._counted(value) + zeros(self.batch_shape_tensor(), self.dtype)
        total = self.total_count + zeros_like(x)
        return betainc(total, 1.0 + x, sigmoid(-self.logits) + zeros_like(x))

    def _log_prob(self, value: Any) -> Tensor:
        x, total = self._counted(value), self.total_count
        made: Tensor = -total * softplus(self.logits) - x * softplus(-self.logits)
        return made + lgamma(total + x) - lgamma(1.0 + x) - lgamma(total)

    def _mean(self) -> Tensor:
        made: Tensor = self.total_count * exp(self.logits)
        return made

    def _variance(self) -> Tensor:
        return self._mean() / sigmoid(-self.logits)

    def _mode(self) -> Tensor:
        total = self.total_count
        kept = where_v2(greater(total, 1.0), total - 1.0, zeros_like(total))
        return floor(kept * exp(self.logits))
