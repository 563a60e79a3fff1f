"""Distributions of classes, counts and shares.

Source: TensorFlow 1.15, python/ops/distributions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    NOT_REPARAMETERIZED,
    Distribution,
    parameter,
    sizes_of_samples,
)
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax, softmax
from tensormill.ops.arithmetic import xlogy
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater, less
from tensormill.ops.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)
from tensormill.ops.elementwise_unary import log, log1p, sigmoid, sqrt
from tensormill.ops.filling import one_hot, zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.joining import stack
from tensormill.ops.matrix_diagonals import matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.random import multinomial, random_gamma, random_uniform
from tensormill.ops.reduction import argmax, reduce_all, reduce_sum
from tensormill.ops.special_functions import digamma, lbeta, lgamma
from tensormill.ops.transposition import transpose

__all__ = ["Bernoulli", "Categorical", "Dirichlet", "DirichletMultinomial", "Multinomial"]


def _logits_and_probs(logits: Any, probs: Any, multidimensional: bool) -> tuple[Tensor, Tensor]:
    """Return logits and probabilities, one made of the other.

    Raises:
      ValueError: both are given, or none.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Must pass probs or logits, but not both.")
    if probs is None:
        logits = parameter(logits, "logits")
        return logits, softmax(logits) if multidimensional else sigmoid(logits)
    probs = parameter(probs, "probs")
    return (log(probs) if multidimensional else log(probs) - log1p(-probs)), probs


class Bernoulli(Distribution):
    """The distribution of one toss: 1 with a probability, else 0.

    Args:
      logits: the log odds of 1.
      probs: its probability.
      dtype: of samples.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Bernoulli",
    ) -> None:
        parameters = dict(locals())
        self.logits, self.probs = _logits_and_probs(logits, probs, False)
        super().__init__(
            as_dtype(dtype), NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _batch(self) -> Tensor:
        return self.logits

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_uniform(sizes_of_samples(n, self.probs), dtype=self.probs.dtype, seed=seed)
        return cast(less(numbers, self.probs), self.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        value = cast(value, self.logits.dtype)
        nothing = zeros_like(value) * self.logits
        return -sigmoid_cross_entropy_with_logits(
            labels=value + zeros_like(self.logits), logits=self.logits + zeros_like(nothing)
        )

    def _mean(self) -> Tensor:
        return self.probs

    def _variance(self) -> Tensor:
        return self.probs * (1.0 - self.probs)

    def _mode(self) -> Tensor:
        return cast(greater(self.probs, 0.5), self.dtype)

    def _entropy(self) -> Tensor:
        p = self.probs
        return -xlogy(p, p) - xlogy(1.0 - p, 1.0 - p)


class Categorical(Distribution):
    """The distribution of one of several classes.

    Args:
      logits: [..., classes], the logarithms of the probabilities, up to a constant.
      probs: [..., classes].
      dtype: of samples.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Categorical",
    ) -> None:
        parameters = dict(locals())
        self.logits, self.probs = _logits_and_probs(logits, probs, True)
        super().__init__(
            as_dtype(dtype), NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    @property
    def event_size(self) -> Tensor:
        """The number of classes."""
        return shape_of(self.logits)[-1]

    def _batch(self) -> Tensor:
        return self.logits[..., 0]

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        flat = reshape(self.logits, stack([-1, self.event_size]))
        drawn = multinomial(flat, n, seed=seed, output_dtype=dtypes.int64)
        samples = reshape(transpose(drawn), sizes_of_samples(n, self._batch()))
        return cast(samples, self.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        classes = self.event_size
        labels = value + zeros_like(cast(self._batch(), value.dtype))
        logits = self.logits + zeros_like(cast(expand_dims(labels, -1), self.logits.dtype))
        flat = sparse_softmax_cross_entropy_with_logits(
            labels=reshape(cast(labels, dtypes.int64), [-1]),
            logits=reshape(logits, stack([-1, classes])),
        )
        made = -reshape(flat, shape_of(labels))
        made.set_shape(labels.get_shape())
        return made

    def _cdf(self, value: Tensor) -> Tensor:
        labels = cast(value, dtypes.int32)
        is_below = reduce_sum(one_hot(labels, self.event_size, dtype=self.probs.dtype), -1) * 0
        places = cast(expand_dims(labels, -1), dtypes.int32)
        order = _class_numbers(self.probs)
        kept = where_v2(less(order, places), self.probs, zeros_like(self.probs))
        return reduce_sum(kept, -1) + is_below

    def _mode(self) -> Tensor:
        return cast(argmax(self.logits, axis=-1), self.dtype)

    def _entropy(self) -> Tensor:
        logs = log_softmax(self.logits)
        return -reduce_sum(softmax(self.logits) * logs, axis=-1)


def _class_numbers(probs: Tensor) -> Tensor:
    """Return the numbers of the classes."""
    count = probs.get_shape()[-1].value
    if count is None:
        raise ValueError("the number of classes must be known")
    return convert_to_tensor(np.arange(count, dtype=np.int32))


class Multinomial(Distribution):
    """The distribution of counts of classes in several draws.

    Args:
      total_count: the number of draws.
      logits: [..., classes], the logarithms of the probabilities, up to a constant.
      probs: [..., classes].
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        total_count: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Multinomial",
    ) -> None:
        parameters = dict(locals())
        self.logits, self.probs = _logits_and_probs(logits, probs, True)
        self.total_count = parameter(total_count, "total_count", self.probs)
        super().__init__(
            self.probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _event_shape(self) -> TensorShape:
        return self.logits.get_shape()[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape_of(self.logits)[-1:]

    def _batch(self) -> Tensor:
        return self.total_count + zeros_like(self.logits[..., 0])

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        return _counts(self.total_count, self.logits, self._batch(), n, seed)

    def _log_prob(self, value: Tensor) -> Tensor:
        weights = reduce_sum(value * log_softmax(self.logits), -1)
        return weights + _log_combinations(self.total_count, value)

    def _mean(self) -> Tensor:
        return self.probs * expand_dims(self.total_count, -1)

    def _variance(self) -> Tensor:
        return self._mean() - self._mean() * self.probs

    def _covariance(self) -> Tensor:
        p = self.probs + zeros_like(self._mean())
        off = -matmul(expand_dims(self._mean(), -1), expand_dims(p, -2))
        return matrix_set_diag(off, self._variance())


def _log_combinations(total: Tensor, counts: Tensor) -> Tensor:
    """Return the logarithm of the number of orders in which counts come about."""
    return lgamma(total + 1.0) - reduce_sum(lgamma(counts + 1.0), -1)


def _counts(total: Tensor, logits: Tensor, batch: Tensor, n: Tensor, seed: int | None) -> Tensor:
    """Return counts [n, *batch, classes]; all distributions of a batch draw equally often.

    Raises:
      NotImplementedError: they do not.
    """
    if total.get_shape().ndims != 0:
        raise NotImplementedError("samples need one total_count for the whole batch")
    classes = shape_of(logits)[-1]
    wide = logits + expand_dims(zeros_like(batch), -1)
    draws = cast(total, dtypes.int32)
    flat = reshape(wide, stack([-1, classes]))
    drawn = multinomial(flat, n * draws, seed=seed, output_dtype=dtypes.int32)
    parted = reshape(drawn, stack([-1, n, draws]))
    counted = reduce_sum(one_hot(parted, classes, dtype=logits.dtype), axis=2)
    ordered = transpose(counted, [1, 0, 2])
    return reshape(ordered, sizes_of_samples(n, wide))


class Dirichlet(Distribution):
    """The Dirichlet distribution of shares.

    Args:
      concentration: [..., classes], alpha.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        concentration: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Dirichlet",
    ) -> None:
        parameters = dict(locals())
        self.concentration = parameter(concentration, "concentration")
        self.total_concentration = reduce_sum(self.concentration, -1)
        super().__init__(
            self.concentration.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _event_shape(self) -> TensorShape:
        return self.concentration.get_shape()[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape_of(self.concentration)[-1:]

    def _batch(self) -> Tensor:
        return self.total_concentration

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        parts = random_gamma([n], self.concentration, dtype=self.dtype, seed=seed)
        return parts / reduce_sum(parts, -1, keepdims=True)

    def _log_prob(self, value: Tensor) -> Tensor:
        return reduce_sum(xlogy(self.concentration - 1.0, value), -1) - lbeta(self.concentration)

    def _mean(self) -> Tensor:
        return self.concentration / expand_dims(self.total_concentration, -1)

    def _variance(self) -> Tensor:
        scale = 1.0 + expand_dims(self.total_concentration, -1)
        return self._mean() * (1.0 - self._mean()) / scale

    def _covariance(self) -> Tensor:
        scaled = self._mean() / sqrt(1.0 + expand_dims(self.total_concentration, -1))
        off = -matmul(expand_dims(scaled, -1), expand_dims(scaled, -2))
        return matrix_set_diag(off, self._variance())

    def _mode(self) -> Tensor:
        count = cast(shape_of(self.concentration)[-1], self.dtype)
        mode = (self.concentration - 1.0) / expand_dims(self.total_concentration - count, -1)
        exists = reduce_all(greater(self.concentration, 1.0), axis=-1, keepdims=True)
        return where_v2(exists, mode, mode * 0 + np.nan)

    def _entropy(self) -> Tensor:
        count = cast(shape_of(self.concentration)[-1], self.dtype)
        total = self.total_concentration
        spread = reduce_sum((self.concentration - 1.0) * digamma(self.concentration), -1)
        return lbeta(self.concentration) + (total - count) * digamma(total) - spread


class DirichletMultinomial(Distribution):
    """The distribution of counts whose probabilities are drawn from a Dirichlet distribution.

    Args:
      total_count: the number of draws.
      concentration: [..., classes], alpha.
      validate_args: whether parameters are checked.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.
    """

    def __init__(
        self,
        total_count: Any,
        concentration: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "DirichletMultinomial",
    ) -> None:
        parameters = dict(locals())
        self.concentration = parameter(concentration, "concentration")
        self.total_count = parameter(total_count, "total_count", self.concentration)
        self.total_concentration = reduce_sum(self.concentration, -1)
        super().__init__(
            self.concentration.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, name=name,
        )  # fmt: skip

    def _event_shape(self) -> TensorShape:
        return self.concentration.get_shape()[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape_of(self.concentration)[-1:]

    def _batch(self) -> Tensor:
        return self.total_concentration + zeros_like(self.total_count)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        wide = self.concentration + expand_dims(zeros_like(self._batch()), -1)
        logits = log(random_gamma([n], wide, dtype=self.dtype, seed=seed))
        batch = reduce_sum(logits * 0, -1)
        other = None if seed is None else seed + 1
        one = convert_to_tensor(1)
        return _counts(self.total_count, logits, batch, one, other)[0]

    def _log_prob(self, value: Tensor) -> Tensor:
        ratio = lbeta(self.concentration + value) - lbeta(self.concentration + value * 0)
        return ratio + _log_combinations(self.total_count, value)

    def _mean(self) -> Tensor:
        shares = self.concentration / expand_dims(self.total_concentration, -1)
        return expand_dims(self.total_count, -1) * shares

    def _scale(self) -> Tensor:
        total = expand_dims(self.total_concentration, -1)
        return sqrt((total + expand_dims(self.total_count, -1)) / (1.0 + total))

    def _variance(self) -> Tensor:
        shares = self.concentration / expand_dims(self.total_concentration, -1)
        return self._mean() * (1.0 - shares) * self._scale() ** 2

    def _covariance(self) -> Tensor:
        x = self._scale() * self._mean()
        shares = self.concentration / expand_dims(self.total_concentration, -1)
        off = -matmul(expand_dims(x, -1), expand_dims(self._scale() * shares, -2))
        return matrix_set_diag(off, self._variance())
