"""Classes as vectors, sharp and relaxed.

Source: TensorFlow 1.15, contrib/distributions/python/ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    NOT_REPARAMETERIZED,
    Distribution,
    ReparameterizationType,
)
from tensormill.distributions.bijectors.scalar import Exp, Sigmoid
from tensormill.distributions.divergence import RegisterKL
from tensormill.distributions.more_continuous import Logistic
from tensormill.distributions.parameters import get_logits_and_probs
from tensormill.distributions.transformed import TransformedDistribution
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_near, assert_non_positive, assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import log
from tensormill.ops.filling import one_hot, ones, ones_like, zeros
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.matrix_diagonals import matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.random import multinomial, random_uniform
from tensormill.ops.reduction import argmax, reduce_logsumexp, reduce_sum
from tensormill.ops.special_functions import lgamma
from tensormill.ops.transposition import transpose

__all__ = [
    "ExpRelaxedOneHotCategorical",
    "OneHotCategorical",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
]


class _Classes(Distribution):
    """A distribution whose events are vectors of one entry a class."""

    _logits: Tensor
    _probs: Tensor

    def _init_classes(
        self,
        dtype: Any,
        kind: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any],
        parents: list[Any],
        name: str,
    ) -> None:
        with name_scope(name + "event_size"):
            self._event_size = shape_of(self._logits)[-1]
        super().__init__(
            dtype, kind, validate_args, allow_nan_stats, parameters,
            [self._logits, self._probs, *parents], name,
        )  # fmt: skip

    @property
    def event_size(self) -> Tensor:
        """The number of classes."""
        return self._event_size

    @property
    def logits(self) -> Any:
        """The logarithms of the probabilities, up to a summand."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self._probs

    def _batch_shape(self) -> TensorShape:
        return self._logits.get_shape()[:-1]

    def _batch_shape_tensor(self) -> Any:
        return shape_of(self._logits)[:-1]

    def _event_shape(self) -> TensorShape:
        return self._logits.get_shape().with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self) -> Any:
        return shape_of(self._logits)[-1:]

    def _checked(self, x: Any) -> Any:
        if not self.validate_args:
            return x
        total = reduce_logsumexp(x, axis=[-1])
        checks = [assert_non_positive(x), assert_near(zeros([], dtype=self.dtype), total)]
        return with_dependencies(checks, x)

    def _alike(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return a value and the logits, broadcast to one shape."""
        logits = self._logits
        if x.dims is None or None in x.dims or x.dims != logits.dims:
            logits = ones_like(x, dtype=logits.dtype) * logits
            x = ones_like(logits, dtype=x.dtype) * x
        return x, logits


class OneHotCategorical(_Classes):
    """A class as a vector with a one at its place.

    Args:
      logits: [*batch, classes].
      probs: likewise; one of the two is given.
      dtype: of samples.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "OneHotCategorical",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[logits, probs]) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, multidimensional=True, validate_args=validate_args, name=name
            )
        self._init_classes(
            dtypes.as_dtype(dtype), NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [], scope,
        )  # fmt: skip

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        sizes = concat([[n], shape_of(self.logits)], 0)
        logits = self.logits
        if logits.get_shape().ndims != 2:
            logits = reshape(logits, [-1, self.event_size])
        classes = transpose(multinomial(logits, n, seed=seed))
        return reshape(one_hot(classes, self.event_size, dtype=self.dtype), sizes)

    def _log_prob(self, value: Any) -> Tensor:
        x, logits = self._alike(self._checked(value))
        return reduce_sum(cast(x, logits.dtype) * log_softmax(logits), -1)

    def _entropy(self) -> Tensor:
        return -reduce_sum(log_softmax(self.logits) * self.probs, axis=-1)

    def _mode(self) -> Tensor:
        made = one_hot(argmax(self.logits, axis=-1), self.event_size, dtype=self.dtype)
        made.set_shape(self.logits.get_shape())
        return made

    def _covariance(self) -> Tensor:
        outer = matmul(expand_dims(self.probs, -1), expand_dims(self.probs, -2))
        return matrix_set_diag(-outer, self._variance())

    def _variance(self) -> Tensor:
        made: Tensor = self.probs * (1.0 - self.probs)
        return made


@RegisterKL(OneHotCategorical, OneHotCategorical)
def kl_of_one_hots(a: OneHotCategorical, b: OneHotCategorical, name: str | None = None) -> Tensor:
    """Return the divergence of two distributions of classes."""
    with name_scope(name, "kl_categorical_categorical", [a.logits, b.logits]):
        difference = log_softmax(a.logits) - log_softmax(b.logits)
        return reduce_sum(a.probs * difference, axis=-1)


class ExpRelaxedOneHotCategorical(_Classes):
    """The logarithms of the samples of `RelaxedOneHotCategorical`.

    Args:
      temperature: positive; the lower, the sharper.
      logits: [*batch, classes].
      probs: likewise; one of the two is given.
      dtype: of samples; that of the logits by default.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        temperature: Any,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "ExpRelaxedOneHotCategorical",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[logits, probs, temperature]) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, multidimensional=True, validate_args=validate_args, name=name
            )
            dtype = self._logits.dtype if dtype is None else dtypes.as_dtype(dtype)
            heat = cast(temperature, dtype)
            checks = [assert_positive(heat)] if validate_args else []
            with control_dependencies(checks):
                self._temperature = identity(heat, name="temperature")
                self._temperature_2d = reshape(heat, [-1, 1], name="temperature_2d")
        self._init_classes(
            dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
            [self._temperature], scope,
        )  # fmt: skip

    @property
    def temperature(self) -> Any:
        """How blurred samples are."""
        return self._temperature

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        sizes = concat([[n], shape_of(self.logits)], 0)
        logits = reshape(self.logits * ones(sizes, dtype=self.dtype), [-1, self.event_size])
        numbers = random_uniform(
            shape_of(logits),
            minval=np.finfo(self.dtype.as_numpy_dtype).tiny,
            maxval=1.0,
            dtype=self.dtype,
            seed=seed,
        )
        noisy = (-log(-log(numbers)) + logits) / self._temperature_2d
        return reshape(log_softmax(noisy), sizes)

    def _log_prob(self, value: Any) -> Tensor:
        x, logits = self._alike(self._checked(value))
        sizes = shape_of(reduce_sum(logits, axis=[-1]))
        flat, flat_x = (reshape(each, [-1, self.event_size]) for each in (logits, x))
        count = cast(self.event_size, x.dtype)
        norm = lgamma(count) + (count - 1.0) * log(self.temperature)
        made = norm + reduce_sum(log_softmax(flat - flat_x * self._temperature_2d), [-1])
        return reshape(made, sizes)


class RelaxedOneHotCategorical(TransformedDistribution):
    """Classes as vectors of shares, through which gradients go (https://arxiv.org/abs/1611.00712).

    For the arguments see `ExpRelaxedOneHotCategorical`.
    """

    def __init__(
        self,
        temperature: Any,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "RelaxedOneHotCategorical",
    ) -> None:
        parameters = dict(locals())
        logarithms = ExpRelaxedOneHotCategorical(
            temperature, logits, probs, dtype, validate_args, allow_nan_stats
        )
        super().__init__(logarithms, Exp(validate_args=validate_args), name=name)
        self._parameters = parameters

    @property
    def temperature(self) -> Any:
        """How blurred samples are."""
        return self.distribution.temperature

    @property
    def event_size(self) -> Any:
        """The number of classes."""
        return self.distribution.event_size

    @property
    def logits(self) -> Any:
        """The logarithms of the probabilities, up to a summand."""
        return self.distribution.logits

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self.distribution.probs


class RelaxedBernoulli(TransformedDistribution):
    """Yes or no as a share, through which gradients go (https://arxiv.org/abs/1611.00712).

    Args:
      temperature: positive; the lower, the sharper.
      logits: the log-odds of yes.
      probs: the probability of yes; one of the two is given.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        temperature: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "RelaxedBernoulli",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[logits, probs, temperature]) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits=logits, probs=probs, validate_args=validate_args
            )
            heat = convert_to_tensor(temperature, dtype=self._probs.dtype)
            with control_dependencies([assert_positive(heat)] if validate_args else []):
                self._temperature = identity(heat, name="temperature")
            logistic = Logistic(
                self._logits / self._temperature,
                1.0 / self._temperature,
                validate_args=validate_args,
                allow_nan_stats=allow_nan_stats,
                name=scope + "Logistic",
            )
        super().__init__(
            logistic, Sigmoid(validate_args=validate_args), validate_args=validate_args, name=name
        )
        self._parameters = parameters

    @property
    def temperature(self) -> Any:
        """How blurred samples are."""
        return self._temperature

    @property
    def logits(self) -> Any:
        """The log-odds of yes."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probability of yes."""
        return self._probs
