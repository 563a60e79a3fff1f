"""`BatchReshape`: a batch of distributions in another shape.

Source: TensorFlow 1.15, contrib/distributions/python/ops/batch_reshape.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.distributions.base import Distribution
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value_as_shape
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import rank, reshape, size
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import (
    assert_equal,
    assert_greater_equal,
    assert_less_equal,
    assert_positive,
    assert_rank,
)
from tensormill.ops.comparison import equal
from tensormill.ops.filling import fill
from tensormill.ops.gathering import where_v2
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.reduction import count_nonzero, reduce_prod

__all__ = ["BatchReshape"]


class BatchReshape(Distribution):
    """A batch of distributions in another shape.

    Values must have all dimensions of the batch and of events: there is no broadcasting.

    Args:
      distribution: the batch.
      batch_shape: its new shape; one size may be -1.
      validate_args: whether shapes are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: the new shape is no vector, or has another size.
    """

    def __init__(
        self,
        distribution: Any,
        batch_shape: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str | None = None,
    ) -> None:
        parameters = dict(locals())
        with name_scope(name or "BatchReshape" + distribution.name, values=[batch_shape]) as scope:
            given = convert_to_tensor(batch_shape, dtype=dtypes.int32, name="batch_shape")
            self._given = given
            self._known = _checked_shape(given, distribution.batch_shape)
            self._distribution = distribution
            self._sizes, self._checks = _whole_shape(
                distribution.batch_shape_tensor(), given, self._known, validate_args
            )
        super().__init__(
            distribution.dtype, distribution.reparameterization_type, validate_args,
            allow_nan_stats, parameters, [given, *distribution._graph_parents], scope,
        )  # fmt: skip

    @property
    def distribution(self) -> Any:
        """The batch before."""
        return self._distribution

    def _batch_shape_tensor(self) -> Tensor:
        with control_dependencies(self._checks):
            return identity(self._sizes)

    def _batch_shape(self) -> TensorShape:
        return self._known

    def _event_shape_tensor(self) -> Tensor:
        with control_dependencies(self._checks):
            return identity(self.distribution.event_shape_tensor())

    def _event_shape(self) -> TensorShape:
        shape: TensorShape = self.distribution.event_shape
        return shape

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        with control_dependencies(self._checks):
            x = self.distribution.sample(sample_shape=n, seed=seed)
            return reshape(x, concat([[n], self._given, self.event_shape_tensor()], axis=0))

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._of_values(self.distribution.log_prob, value)

    def _prob(self, value: Tensor) -> Tensor:
        return self._of_values(self.distribution.prob, value)

    def _log_cdf(self, value: Tensor) -> Tensor:
        return self._of_values(self.distribution.log_cdf, value)

    def _cdf(self, value: Tensor) -> Tensor:
        return self._of_values(self.distribution.cdf, value)

    def _log_survival_function(self, value: Tensor) -> Tensor:
        return self._of_values(self.distribution.log_survival_function, value)

    def _survival_function(self, value: Tensor) -> Tensor:
        return self._of_values(self.distribution.survival_function, value)

    def _entropy(self) -> Tensor:
        return self._in_shape(self.distribution.entropy, 0)

    def _mean(self) -> Tensor:
        return self._in_shape(self.distribution.mean, 1)

    def _mode(self) -> Tensor:
        return self._in_shape(self.distribution.mode, 1)

    def _stddev(self) -> Tensor:
        return self._in_shape(self.distribution.stddev, 1)

    def _variance(self) -> Tensor:
        return self._in_shape(self.distribution.variance, 1)

    def _covariance(self) -> Tensor:
        return self._in_shape(self.distribution.covariance, 2)

    def _in_shape(self, statistic: Callable[[], Tensor], events: int) -> Tensor:
        """Return a statistic, with the dimensions of events so many times, in the new shape."""
        with control_dependencies(self._checks):
            sizes = [self._given, *[self._event_shape_tensor()] * events]
            made = reshape(statistic(), concat(sizes, axis=0))
            known = self.batch_shape
            for _ in range(events):
                known = known.concatenate(self.event_shape)
            made.set_shape(known)
            return made

    def _of_values(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        with control_dependencies([*self._checks, *self._checks_of_values(x)]):
            samples = self._ranks(x)[0]
            known = x.get_shape()[:samples] if isinstance(samples, int) else TensorShape(None)
            sizes: Any = shape_of(x)[:samples]
            if known.is_fully_defined():
                sizes = np.array(known.as_list(), np.int32)
            old = [sizes, self.distribution.batch_shape_tensor(), self.event_shape_tensor()]
            result = function(reshape(x, concat(old, axis=0)))
            made = reshape(result, concat([sizes, self._given], axis=0))
            made.set_shape(known.concatenate(self.batch_shape))
            return made

    def _ranks(self, x: Tensor) -> tuple[Any, Any]:
        """Return how many dimensions of samples a value has, and how many others."""
        whole: Any = rank(x) if x.dims is None else len(x.dims)
        events: Any = self.event_shape.ndims
        batch: Any = self.batch_shape.ndims
        events = size(self.event_shape_tensor()) if events is None else events
        others = (size(self._given) if batch is None else batch) + events
        return whole - others, others

    def _checks_of_values(self, x: Tensor) -> list[Any]:
        """Return what fails in the step where a value has not all dimensions.

        Raises:
          NotImplementedError: it is known to lack some.
        """
        with name_scope("validate_sample_arg", values=[x]):
            samples, others = self._ranks(x)
            checks = []
            text = "Broadcasting is not supported; too few batch and event dims"
            if isinstance(samples, int):
                if samples < 0:
                    raise NotImplementedError(
                        f"{text} (expected at least {others}, saw {samples + others})."
                    )
            elif self.validate_args:
                name = "assert_batch_and_event_ndims_large_enough"
                check = assert_greater_equal(samples, 0, message=f"{text}.", name=name)
                checks.append(check)
            wanted = self.batch_shape.concatenate(self.event_shape)
            seen = x.get_shape()[samples:] if isinstance(samples, int) else TensorShape(None)
            text = "Broadcasting is not supported; unexpected batch and event shape"
            if wanted.is_fully_defined() and seen.is_fully_defined():
                if seen != wanted:
                    raise NotImplementedError(
                        f"{text} (expected {np.array(wanted.as_list())}, "
                        f"saw {np.array(seen.as_list())})."
                    )
                return checks
            if not self.validate_args:
                return []
            expected = concat([self.batch_shape_tensor(), self.event_shape_tensor()], axis=0)
            with control_dependencies(checks):
                name = "assert_batch_and_event_shape_same"
                actual = shape_of(x)[maximum(samples, 0) :]
                return [assert_equal(expected, actual, message=f"{text}.", name=name)]


def _checked_shape(given: Tensor, before: TensorShape) -> TensorShape:
    """Return what is known of a new shape.

    Raises:
      ValueError: it is no vector, or has another size than the one before.
    """
    if given.dims is not None and len(given.dims) != 1:
        raise ValueError(f"`batch_shape` must be a vector (saw rank: {len(given.dims)}).")
    known = TensorShape(constant_value_as_shape(given))
    new, old = known.num_elements(), before.num_elements()
    if new is not None and old is not None and new != old:
        raise ValueError(
            f"`batch_shape` size ({new}) must match `distribution.batch_shape` size ({old})."
        )
    if known.ndims is not None and any(each is not None and each < 1 for each in known.as_list()):
        raise ValueError("`batch_shape` elements must be >=-1.")
    return known


def _whole_shape(
    before: Any, given: Tensor, known: TensorShape, is_checked: bool
) -> tuple[Any, list[Any]]:
    """Return a new shape with a size in place of -1, and what fails in the step if it is wrong."""
    if known.is_fully_defined():
        return np.array(known.as_list(), np.int32), []
    with name_scope("calculate_reshape", values=[before, given]):
        total = reduce_prod(before)
        is_open = equal(given, -1)
        left = total // maximum(1, -reduce_prod(given))
        whole = where_v2(is_open, fill(shape_of(given), left), given)
        if not is_checked:
            return whole, []
        number = count_nonzero(is_open, dtype=dtypes.int32)
        return whole, [
            assert_rank(before, 1, message="Original shape must be a vector."),
            assert_rank(given, 1, message="New shape must be a vector."),
            assert_less_equal(number, 1, message="At most one dimension can be unknown."),
            assert_positive(whole, message="Shape elements must be >=-1."),
            assert_equal(reduce_prod(whole), total, message="Shape sizes do not match."),
        ]
