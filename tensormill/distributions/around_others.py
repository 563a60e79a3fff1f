"""Distributions around others, and those of one value.

Source: TensorFlow 1.15, contrib/distributions/python/ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.base import NOT_REPARAMETERIZED, Distribution, ScalarDistribution
from tensormill.distributions.divergence import RegisterKL, kl_divergence
from tensormill.distributions.parameters import assert_integer_form
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_less, assert_non_negative
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater, greater_equal, less, less_equal
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import ceil, exp, floor, log1p
from tensormill.ops.filling import ones_like, zeros, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_all, reduce_sum

__all__ = ["Deterministic", "Independent", "QuantizedDistribution", "VectorDeterministic"]


class Independent(Distribution):
    """A batch of distributions as one of larger events.

    Args:
      distribution: the batch.
      reinterpreted_batch_ndims: how many of its last dimensions become those of events; all but
        the first by default.
      validate_args: whether parameters are checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: there are not so many, or it is not known how many there are.
    """

    def __init__(
        self,
        distribution: Any,
        reinterpreted_batch_ndims: int | None = None,
        validate_args: bool = False,
        name: str | None = None,
    ) -> None:
        parameters = dict(locals())
        self._distribution = distribution
        ndims = distribution.batch_shape.ndims
        if ndims is None:
            raise ValueError("the rank of distribution.batch_shape must be known")
        count = reinterpreted_batch_ndims
        self._count = max(0, ndims - 1) if count is None else int(count)
        if self._count > ndims:
            raise ValueError(
                f"reinterpreted_batch_ndims({self._count}) cannot exceed "
                f"distribution.batch_ndims({ndims})"
            )
        super().__init__(
            distribution.dtype, distribution.reparameterization_type, validate_args,
            distribution.allow_nan_stats, parameters, distribution._graph_parents,
            name or "Independent" + distribution.name.rstrip("/"),
        )  # fmt: skip

    @property
    def distribution(self) -> Any:
        """The batch."""
        return self._distribution

    @property
    def reinterpreted_batch_ndims(self) -> int:
        """How many of its last dimensions are those of events."""
        return self._count

    @property
    def _first(self) -> int:
        return int(self.distribution.batch_shape.ndims) - self._count

    def _batch_shape(self) -> TensorShape:
        return self.distribution.batch_shape[: self._first]

    def _batch_shape_tensor(self) -> Any:
        return self.distribution.batch_shape_tensor()[: self._first]

    def _event_shape(self) -> TensorShape:
        taken = self.distribution.batch_shape[self._first :]
        return taken.concatenate(self.distribution.event_shape)

    def _event_shape_tensor(self) -> Any:
        taken = self.distribution.batch_shape_tensor()[self._first :]
        return concat([taken, self.distribution.event_shape_tensor()], axis=0)

    def _summed(self, value: Tensor) -> Tensor:
        return reduce_sum(value, axis=[-1 - number for number in range(self._count)])

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        made: Tensor = self.distribution.sample(n, seed=seed)
        return made

    def _log_prob(self, value: Any) -> Tensor:
        return self._summed(self.distribution.log_prob(value))

    def _entropy(self) -> Tensor:
        return self._summed(self.distribution.entropy())

    def _mean(self) -> Tensor:
        return self.distribution.mean()

    def _variance(self) -> Tensor:
        return self.distribution.variance()

    def _stddev(self) -> Tensor:
        return self.distribution.stddev()

    def _mode(self) -> Tensor:
        return self.distribution.mode()


@RegisterKL(Independent, Independent)
def kl_of_independents(a: Independent, b: Independent, name: str | None = None) -> Tensor:
    """Return the divergence, summed over what became dimensions of events."""
    if a.event_shape.as_list() != b.event_shape.as_list():
        raise ValueError("Event shapes do not match.")
    if a.distribution.event_shape.as_list() != b.distribution.event_shape.as_list():
        raise NotImplementedError(
            "KL between Independents with different event shapes not supported."
        )
    return a._summed(kl_divergence(a.distribution, b.distribution, name=name))


class _OneValue(ScalarDistribution):
    """A distribution of one value."""

    _of_batch = ("loc",)

    def __init__(
        self,
        loc: Any,
        atol: Any,
        rtol: Any,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any],
        name: str,
    ) -> None:
        with name_scope(name, values=[loc, atol, rtol]) as scope:
            self._loc = convert_to_tensor(loc, name="loc")
            self._atol, self._rtol = (
                _tolerance(each, self._loc, validate_args) for each in (atol, rtol)
            )
            self._slack = self._atol
            if rtol is not None:
                self._slack = self._atol + self._rtol * abs_of(self._loc)
        super().__init__(
            self._loc.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._loc], scope,
        )  # fmt: skip

    @property
    def loc(self) -> Any:
        """The value."""
        return self._loc

    @property
    def atol(self) -> Any:
        """How far off a value may be."""
        return self._atol

    @property
    def rtol(self) -> Any:
        """How far off, as a share of the value."""
        return self._rtol

    def _is_near(self, value: Any) -> Tensor:
        return less_equal(abs_of(value - self.loc), self._slack)

    def _entropy(self) -> Tensor:
        return zeros(self.batch_shape_tensor(), dtype=self.dtype)

    def _mean(self) -> Tensor:
        return identity(self.loc)

    def _variance(self) -> Tensor:
        return zeros_like(self.loc)

    def _mode(self) -> Tensor:
        return identity(self.loc)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        return self.loc + zeros(concat([[n], shape_of(self.loc)], 0), dtype=self.dtype)


def _tolerance(value: Any, loc: Tensor, is_checked: bool) -> Tensor:
    if value is None:
        return convert_to_tensor(0, dtype=loc.dtype)
    tensor = convert_to_tensor(value, dtype=loc.dtype)
    if not is_checked:
        return tensor
    check = assert_non_negative(tensor, message="Argument 'tol' must be non-negative")
    return with_dependencies([check], tensor)


class Deterministic(_OneValue):
    """The distribution of one number.

    Args:
      loc: the number.
      atol: how far off a number may be that counts as equal; 0 by default.
      rtol: how far off, as a share of the number; 0 by default.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        loc: Any,
        atol: Any = None,
        rtol: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Deterministic",
    ) -> None:
        super().__init__(loc, atol, rtol, validate_args, allow_nan_stats, dict(locals()), name)

    def _prob(self, value: Any) -> Tensor:
        return cast(self._is_near(value), self.dtype)

    def _cdf(self, value: Any) -> Tensor:
        return cast(greater_equal(value, self.loc - self._slack), self.dtype)


class VectorDeterministic(_OneValue):
    """The distribution of one vector; for the arguments see `Deterministic`."""

    def __init__(
        self,
        loc: Any,
        atol: Any = None,
        rtol: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "VectorDeterministic",
    ) -> None:
        super().__init__(loc, atol, rtol, validate_args, allow_nan_stats, dict(locals()), name)
        if validate_args and self._loc.get_shape().ndims == 0:
            raise ValueError("Argument loc must be at least rank 1.")

    def _batch_shape(self) -> TensorShape:
        return self._loc.get_shape()[:-1]

    def _batch_shape_tensor(self) -> Any:
        return shape_of(self._loc)[:-1]

    def _event_shape(self) -> TensorShape:
        return self._loc.get_shape()[-1:]

    def _event_shape_tensor(self) -> Any:
        return shape_of(self._loc)[-1:]

    def _prob(self, value: Any) -> Tensor:
        return cast(reduce_all(self._is_near(value), axis=-1), self.dtype)


class QuantizedDistribution(Distribution):
    """A distribution of real numbers, rounded up, and cut off.

    Args:
      distribution: that of the real numbers.
      low: the least number; all below it become this one.
      high: the largest; all above it become this one.
      validate_args: whether parameters are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        distribution: Any,
        low: Any = None,
        high: Any = None,
        validate_args: bool = False,
        name: str = "QuantizedDistribution",
    ) -> None:
        parameters = dict(locals())
        self._dist = distribution
        self._validate_args = validate_args
        with name_scope(name, values=[low, high]) as scope:
            bounds = [
                None if bound is None else convert_to_tensor(bound, distribution.dtype, name=role)
                for role, bound in (("low", low), ("high", high))
            ]
            if validate_args and None not in bounds:
                text = "low must be strictly less than high."
                check = assert_less(bounds[0], bounds[1], message=text)
                bounds = [with_dependencies([check], bound) for bound in bounds]
            self._low, self._high = (
                None if bound is None else self._whole(bound) for bound in bounds
            )
        known = [bound for bound in (self._low, self._high) if bound is not None]
        super().__init__(
            distribution.dtype, NOT_REPARAMETERIZED, validate_args, distribution.allow_nan_stats,
            parameters, [*distribution._graph_parents, *known], scope,
        )  # fmt: skip

    @property
    def distribution(self) -> Any:
        """The distribution of the real numbers."""
        return self._dist

    @property
    def low(self) -> Any:
        """The least number."""
        return self._low

    @property
    def high(self) -> Any:
        """The largest number."""
        return self._high

    def _batch_shape(self) -> TensorShape:
        return self.distribution.batch_shape

    def _batch_shape_tensor(self) -> Any:
        return self.distribution.batch_shape_tensor()

    def _event_shape(self) -> TensorShape:
        return self.distribution.event_shape

    def _event_shape_tensor(self) -> Any:
        return self.distribution.event_shape_tensor()

    def _whole(self, value: Any) -> Any:
        if not self._validate_args:
            return value
        check = assert_integer_form(value, message="value has non-integer components.")
        return with_dependencies([check], value)

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        drawn = ceil(self.distribution.sample(n, seed=seed))
        if self._low is not None:
            drawn = where_v2(less(drawn, self._low), self._low * ones_like(drawn), drawn)
        if self._high is not None:
            drawn = where_v2(greater(drawn, self._high), self._high * ones_like(drawn), drawn)
        return drawn

    def _within(self, made: Tensor, whole: Tensor, below: float, above: float) -> Tensor:
        """Return values, others below the least number and from the largest one on."""
        whole = whole + zeros_like(made)
        if self._low is not None:
            made = where_v2(less(whole, self._low), below * ones_like(made), made)
        if self._high is not None:
            made = where_v2(greater_equal(whole, self._high), above * ones_like(made), made)
        return made

    def _cdf(self, value: Any) -> Tensor:
        whole = floor(value)
        return self._within(self.distribution.cdf(whole), whole, 0.0, 1.0)

    def _log_cdf(self, value: Any) -> Tensor:
        whole = floor(value)
        return self._within(self.distribution.log_cdf(whole), whole, -np.inf, 0.0)

    def _survival_function(self, value: Any) -> Tensor:
        whole = ceil(value)
        return self._within(self.distribution.survival_function(whole), whole, 1.0, 0.0)

    def _log_survival_function(self, value: Any) -> Tensor:
        whole = ceil(value)
        return self._within(self.distribution.log_survival_function(whole), whole, 0.0, -np.inf)

    def _prob(self, value: Any) -> Tensor:
        y = self._whole(value)
        below, before = self.cdf(y), self.cdf(y - 1)
        above, above_before = self.survival_function(y), self.survival_function(y - 1)
        # The difference of small numbers is the exact one.
        return where_v2(less(above, below), above_before - above, below - before)

    def _log_prob(self, value: Any) -> Tensor:
        y = self._whole(value)
        below, before = self.log_cdf(y), self.log_cdf(y - 1)
        above, above_before = self.log_survival_function(y), self.log_survival_function(y - 1)
        is_right = less(above, below)
        big = where_v2(is_right, above_before, below)
        small = where_v2(is_right, above, before)
        return big + log1p(-exp(small - big))
