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
    ScalarDistribution,
    shapes_of_parameters,
)
from tensormill.distributions.parameters import (
    embed_check_categorical_event_shape,
    embed_check_integer_casting_closed,
    embed_check_nonnegative_integer_form,
    gen_new_seed,
    get_logits_and_probs,
    log_combinations,
)
from tensormill.functional.map_fn import map_fn
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax, softplus
from tensormill.ops.arithmetic import xlogy
from tensormill.ops.array_shapes import expand_dims, rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import (
    assert_equal,
    assert_less,
    assert_near,
    assert_positive,
    assert_rank_at_least,
)
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater, less
from tensormill.ops.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)
from tensormill.ops.elementwise_unary import log, rsqrt, sigmoid, sqrt
from tensormill.ops.filling import fill, one_hot, ones, ones_like, zeros_like
from tensormill.ops.gathering import where, where_v2
from tensormill.ops.grids import sequence_mask
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.matrix_diagonals import matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.random import multinomial, random_gamma, random_uniform
from tensormill.ops.reduction import argmax, reduce_all, reduce_sum
from tensormill.ops.special_functions import digamma, lbeta
from tensormill.ops.transposition import transpose

__all__ = ["Bernoulli", "Categorical", "Dirichlet", "DirichletMultinomial", "Multinomial"]


class Bernoulli(ScalarDistribution):
    """The distribution of one toss: 1 with a probability, else 0.

    Args:
      logits: the log odds of 1.
      probs: its probability; one of the two is given.
      dtype: of samples.
      validate_args: whether parameters and values are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.

    Raises:
      ValueError: both parameters are given, or none.
    """

    _of_batch = ("logits",)
    _param_shapes = shapes_of_parameters("logits")

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
        with name_scope(name) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, validate_args=validate_args, name=scope
            )
        super().__init__(
            as_dtype(dtype), NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._logits, self._probs], scope,
        )  # fmt: skip

    @property
    def logits(self) -> Tensor:
        """The log odds of 1."""
        return self._logits

    @property
    def probs(self) -> Tensor:
        """The probability of 1."""
        return self._probs

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        numbers = random_uniform(self._sizes(n), seed=seed, dtype=self.probs.dtype)
        return cast(less(numbers, self.probs), self.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        if self.validate_args:
            value = embed_check_integer_casting_closed(value, target_dtype=dtypes.bool)
        labels, logits = cast(value, self.logits.dtype), self.logits
        if labels.dims is None or None in labels.dims or labels.dims != logits.dims:
            logits, labels = ones_like(labels) * logits, ones_like(logits) * labels
        return -sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

    def _entropy(self) -> Tensor:
        return -self.logits * (sigmoid(self.logits) - 1) + softplus(-self.logits)

    def _mean(self) -> Tensor:
        return identity(self.probs)

    def _variance(self) -> Tensor:
        return self._mean() * (1.0 - self.probs)

    def _mode(self) -> Tensor:
        return cast(greater(self.probs, 0.5), self.dtype)


class Categorical(ScalarDistribution):
    """The distribution of one of several classes.

    Args:
      logits: [..., classes], the logarithms of the probabilities, up to a constant.
      probs: [..., classes]; one of the two is given.
      dtype: of samples.
      validate_args: whether parameters and values are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.

    Raises:
      ValueError: both parameters are given, or none.
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
        with name_scope(name, values=[logits, probs]) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, multidimensional=True, validate_args=validate_args, name=scope
            )
            if validate_args:
                self._logits = embed_check_categorical_event_shape(self._logits)
            self._find_sizes()
        super().__init__(
            as_dtype(dtype), NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._logits, self._probs], scope,
        )  # fmt: skip

    def _find_sizes(self) -> None:
        known = self._logits.get_shape().with_rank_at_least(1)
        if known.ndims is None:
            with name_scope("batch_rank"):
                self._batch_rank = rank(self._logits) - 1
        else:
            self._batch_rank = convert_to_tensor(known.ndims - 1, dtypes.int32, name="batch_rank")
        sizes = shape_of(self._logits, name="logits_shape")
        if known[-1].value is None:
            with name_scope("event_size"):
                self._event_size: Tensor = sizes[self._batch_rank]
        else:
            self._event_size = convert_to_tensor(known[-1].value, dtypes.int32, name="event_size")
        if known[:-1].is_fully_defined():
            self._batch_sizes: Tensor = constant(
                known[:-1].as_list(), dtype=dtypes.int32, name="batch_shape"
            )
        else:
            with name_scope("batch_shape"):
                self._batch_sizes = sizes[:-1]

    @property
    def event_size(self) -> Tensor:
        """The number of classes."""
        return self._event_size

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._probs

    def _batch_shape(self) -> TensorShape:
        return self.logits.get_shape()[:-1]

    def _batch_shape_tensor(self) -> Tensor:
        return identity(self._batch_sizes)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        rows = self.logits
        if rows.get_shape().ndims != 2:
            rows = reshape(rows, [-1, self.event_size])
        kind = dtypes.int64 if self.dtype.size > 4 else dtypes.int32
        drawn = multinomial(rows, n, seed=seed, output_dtype=kind)
        return cast(reshape(transpose(drawn), self._sizes(n)), self.dtype)

    def _class_numbers(self, value: Any, parameter: Tensor) -> tuple[Tensor, Tensor]:
        """Return classes, and a parameter [..., classes], broadcast to each other.

        Raises:
          TypeError: the classes are no numbers.
        """
        value = convert_to_tensor(value, name="k")
        if self.validate_args:
            value = embed_check_integer_casting_closed(value, target_dtype=dtypes.int32)
        if value.dtype.is_floating:
            value = cast(value, dtypes.int32)
        elif not value.dtype.is_integer:
            raise TypeError(f"`value` should have integer `dtype` or `self.dtype` ({self.dtype})")
        own, other = parameter.dims, value.dims
        if own is None or other is None or None in own[:-1] or own[:-1] != other:
            parameter = parameter * ones_like(expand_dims(value, -1), dtype=parameter.dtype)
            value = value * ones(shape_of(parameter)[:-1], dtype=value.dtype)
            if parameter.dims is not None:
                value.set_shape(parameter.dims[:-1])
        return value, parameter

    def _log_prob(self, value: Tensor) -> Tensor:
        labels, logits = self._class_numbers(value, self.logits)
        return -sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)

    def _cdf(self, value: Tensor) -> Tensor:
        classes, probs = self._class_numbers(value, self.probs)
        rows = reshape(probs, (-1, self.event_size))
        is_below = sequence_mask(reshape(classes, [-1]), self.event_size)
        sums = reduce_sum(where(is_below, rows, zeros_like(rows)), axis=-1)
        return reshape(sums, shape_of(classes))

    def _mode(self) -> Tensor:
        mode = cast(argmax(self.logits, axis=self._batch_rank), self.dtype)
        mode.set_shape(self.batch_shape)
        return mode

    def _entropy(self) -> Tensor:
        return -reduce_sum(log_softmax(self.logits) * self.probs, axis=-1)


class _OfClasses(Distribution):
    """A distribution of vectors with an entry for each class."""

    def _checked_counts(self, counts: Tensor, total: Tensor, message: str) -> Tensor:
        """Return counts, in a step that fails where they are none if that is checked."""
        if not self.validate_args:
            return counts
        counts = embed_check_nonnegative_integer_form(counts)
        check = assert_equal(total, reduce_sum(counts, -1), message=message)
        return with_dependencies([check], counts)


def _outer(a: Tensor, b: Tensor) -> Tensor:
    return matmul(expand_dims(a, -1), expand_dims(b, -2))


def _checked_count(total_count: Any, is_checked: bool) -> Tensor:
    total = convert_to_tensor(total_count, name="total_count")
    return embed_check_nonnegative_integer_form(total) if is_checked else total


class Multinomial(_OfClasses):
    """The distribution of counts of classes in several draws.

    Args:
      total_count: the number of draws.
      logits: [..., classes], the logarithms of the probabilities, up to a constant.
      probs: [..., classes]; one of the two is given.
      validate_args: whether parameters and counts are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of nodes.

    Raises:
      ValueError: both parameters are given, or none.
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
        with name_scope(name, values=[total_count, logits, probs]) as scope:
            self._total_count = _checked_count(total_count, validate_args)
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, multidimensional=True, validate_args=validate_args, name=scope
            )
            self._means: Tensor = self._total_count[..., None] * self._probs
        super().__init__(
            self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._total_count, self._logits, self._probs], scope,
        )  # fmt: skip

    @property
    def total_count(self) -> Tensor:
        """The number of draws."""
        return self._total_count

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._probs

    def _batch_shape(self) -> TensorShape:
        return self._means.get_shape().with_rank_at_least(1)[:-1]

    def _batch_shape_tensor(self) -> Tensor:
        return shape_of(self._means)[:-1]

    def _event_shape(self) -> TensorShape:
        return self._means.get_shape().with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape_of(self._means)[-1:]

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        classes = self.event_shape_tensor()[0]
        draws = cast(self.total_count, dtypes.int32)
        draws = ones_like(self.logits[..., 0], dtype=draws.dtype) * draws
        logits = ones_like(draws[..., None], dtype=self.logits.dtype) * self.logits

        def sample_one(parts: Any) -> Tensor:
            row, count = parts
            drawn = reshape(multinomial(row[None, ...], count, seed), [n, -1])
            return cast(reduce_sum(one_hot(drawn, depth=classes), axis=-2), self.dtype)

        rows = [reshape(logits, [-1, classes]), n * reshape(draws, [-1])]
        counts = transpose(map_fn(sample_one, rows, dtype=self.dtype), perm=[1, 0, 2])
        return reshape(counts, concat([[n], self.batch_shape_tensor(), [classes]], 0))

    def _log_prob(self, value: Tensor) -> Tensor:
        counts = self._checked_counts(
            value, self.total_count, "counts must sum to `self.total_count`"
        )
        weights = reduce_sum(counts * log_softmax(self.logits), -1)
        return weights + log_combinations(self.total_count, counts)

    def _mean(self) -> Tensor:
        return identity(self._means)

    def _wide_probs(self) -> Tensor:
        return self.probs * ones_like(self.total_count)[..., None]

    def _variance(self) -> Tensor:
        return self._means - self._means * self._wide_probs()

    def _covariance(self) -> Tensor:
        return matrix_set_diag(-_outer(self._means, self._wide_probs()), self._variance())


class _OfConcentrations(_OfClasses):
    """A distribution whose parameter is a concentration for each class."""

    _concentration: Tensor
    _total_concentration: Tensor

    @property
    def concentration(self) -> Tensor:
        """Alpha."""
        return self._concentration

    @property
    def total_concentration(self) -> Tensor:
        """The sum of the concentrations of all classes."""
        return self._total_concentration

    def _batch_shape(self) -> TensorShape:
        return self.total_concentration.get_shape()

    def _batch_shape_tensor(self) -> Tensor:
        return shape_of(self.total_concentration)

    def _event_shape(self) -> TensorShape:
        return self.concentration.get_shape().with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape_of(self.concentration)[-1:]

    def _shares(self) -> Tensor:
        return self.concentration / self.total_concentration[..., None]


class Dirichlet(_OfConcentrations):
    """The Dirichlet distribution of shares.

    Args:
      concentration: [..., classes], alpha.
      validate_args: whether parameters and shares are checked in the step.
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
        with name_scope(name, values=[concentration]) as scope:
            alpha = convert_to_tensor(concentration, name="concentration")
            if validate_args:
                start = "Concentration parameter must"
                checks = [
                    assert_positive(alpha, message=f"{start} be positive."),
                    assert_rank_at_least(alpha, 1, message=f"{start} have >=1 dimensions."),
                    assert_less(1, shape_of(alpha)[-1], message=f"{start} have event_size >= 2."),
                ]
                alpha = with_dependencies(checks, alpha)
            self._concentration = alpha
            self._total_concentration = reduce_sum(alpha, -1)
        super().__init__(
            self._concentration.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._concentration, self._total_concentration], scope,
        )  # fmt: skip

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        parts = random_gamma([n], self.concentration, dtype=self.dtype, seed=seed)
        return parts / reduce_sum(parts, -1, keepdims=True)

    def _log_prob(self, value: Tensor) -> Tensor:
        if self.validate_args:
            unit = ones([], dtype=self.dtype)
            text = "sample last-dimension must sum to `1`"
            checks = [
                assert_positive(value, message="samples must be positive"),
                assert_near(unit, reduce_sum(value, -1), message=text),
            ]
            value = with_dependencies(checks, value)
        return reduce_sum(xlogy(self.concentration - 1.0, value), -1) - self._log_normalization()

    def _log_normalization(self) -> Tensor:
        return lbeta(self.concentration)

    def _mean(self) -> Tensor:
        return self._shares()

    def _scale(self) -> Tensor:
        return rsqrt(1.0 + self.total_concentration[..., None])

    def _variance(self) -> Tensor:
        scale = self._scale()
        x = scale * self._mean()
        return x * (scale - x)

    def _covariance(self) -> Tensor:
        x = self._scale() * self._mean()
        return matrix_set_diag(-_outer(x, x), self._variance())

    def _mode(self) -> Tensor:
        count = cast(self.event_shape_tensor()[0], self.dtype)
        mode = (self.concentration - 1.0) / (self.total_concentration[..., None] - count)
        if not self.allow_nan_stats:
            text = "Mode undefined when any concentration <= 1"
            check = assert_less(ones([], self.dtype), self.concentration, message=text)
            return with_dependencies([check], mode)
        nan = fill(shape_of(mode), np.array(np.nan, dtype=self.dtype.as_numpy_dtype), name="nan")
        exists = reduce_all(greater(self.concentration, 1.0), axis=-1, keepdims=True)
        return where_v2(exists, mode, nan)

    def _entropy(self) -> Tensor:
        count = cast(self.event_shape_tensor()[0], self.dtype)
        total = self.total_concentration
        spread = reduce_sum((self.concentration - 1.0) * digamma(self.concentration), axis=-1)
        return self._log_normalization() + (total - count) * digamma(total) - spread


class DirichletMultinomial(_OfConcentrations):
    """The distribution of counts whose probabilities are drawn from a Dirichlet distribution.

    Args:
      total_count: the number of draws.
      concentration: [..., classes], alpha.
      validate_args: whether parameters and counts are checked in the step.
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
        with name_scope(name, values=[total_count, concentration]) as scope:
            self._total_count = _checked_count(total_count, validate_args)
            alpha = convert_to_tensor(concentration, name="concentration")
            if validate_args:
                alpha = embed_check_categorical_event_shape(alpha)
                text = "Concentration parameter must be positive."
                alpha = with_dependencies([assert_positive(alpha, message=text)], alpha)
            self._concentration = alpha
            self._total_concentration = reduce_sum(alpha, -1)
        super().__init__(
            self._concentration.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, [self._total_count, self._concentration], scope,
        )  # fmt: skip

    @property
    def total_count(self) -> Tensor:
        """The number of draws."""
        return self._total_count

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        classes = self.event_shape_tensor()[0]
        numbers = random_gamma([n], self.concentration, dtype=self.dtype, seed=seed)
        drawn = multinomial(
            reshape(log(numbers), [-1, classes]),
            cast(self.total_count, dtypes.int32),
            seed=gen_new_seed(seed, "dirichlet_multinomial"),
        )
        counts = reduce_sum(one_hot(drawn, depth=classes), -2)
        sizes = concat([[n], self.batch_shape_tensor(), [classes]], 0)
        return cast(reshape(counts, sizes), self.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        text = "counts last-dimension must sum to `self.total_count`"
        counts = self._checked_counts(value, self.total_count, text)
        ratio = lbeta(self.concentration + counts) - lbeta(self.concentration)
        return ratio + log_combinations(self.total_count, counts)

    def _mean(self) -> Tensor:
        return self.total_count[..., None] * self._shares()

    def _scale(self) -> Tensor:
        total = self.total_concentration[..., None]
        return sqrt((1.0 + total / self.total_count[..., None]) / (1.0 + total))

    def _variance(self) -> Tensor:
        scale = self._scale()
        x = scale * self._mean()
        return x * (self.total_count[..., None] * scale - x)

    def _covariance(self) -> Tensor:
        x = self._scale() * self._mean()
        return matrix_set_diag(-_outer(x, x), self._variance())
