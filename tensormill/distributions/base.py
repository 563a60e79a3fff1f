"""`Distribution`: what all random variables have in common.

A subclass computes with tensors of its batch; what it cannot compute it leaves out, and the method
raises NotImplementedError.

Source: TensorFlow 1.15, python/ops/distributions/distribution.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np

from tensormill.distributions.divergence import cross_entropy, kl_divergence
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value, constant_value_as_shape
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape, as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import broadcast_dynamic_shape, broadcast_static_shape, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_less, assert_positive
from tensormill.ops.comparison import equal, greater, logical_and
from tensormill.ops.elementwise_unary import exp, log, log1p, sqrt, square
from tensormill.ops.filling import fill
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_prod

__all__ = [
    "FULLY_REPARAMETERIZED",
    "NOT_REPARAMETERIZED",
    "Distribution",
    "ReparameterizationType",
    "ScalarDistribution",
    "checks_of_positive",
    "positive",
    "shapes_of_parameters",
]


class ReparameterizationType:
    """Whether gradients go through samples to the parameters."""

    def __init__(self, rep_type: str) -> None:
        self._rep_type = rep_type

    def __repr__(self) -> str:
        return f"<Reparameterization Type: {self._rep_type}>"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


FULLY_REPARAMETERIZED = ReparameterizationType("FULLY_REPARAMETERIZED")
NOT_REPARAMETERIZED = ReparameterizationType("NOT_REPARAMETERIZED")


class Distribution:
    """The base of distributions.

    Args:
      dtype: of samples.
      reparameterization_type: whether gradients go through samples.
      validate_args: whether parameters are checked while steps run.
      allow_nan_stats: whether moments that do not exist are NaN, not errors.
      parameters: the arguments of the subclass.
      graph_parents: the tensors that it is made of.
      name: the name of nodes.
    """

    def __init__(
        self,
        dtype: Any,
        reparameterization_type: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any] | None = None,
        graph_parents: Sequence[Any] | None = None,
        name: str | None = None,
    ) -> None:
        self._dtype = dtype
        self._reparameterization_type = reparameterization_type
        self._validate_args = validate_args
        self._allow_nan_stats = allow_nan_stats
        self._parameters = parameters or {}
        self._graph_parents = list(graph_parents or [])
        self._static_batch_shape: TensorShape | None = None
        name = name or type(self).__name__
        if not name.endswith("/"):
            with name_scope(name) as name:
                pass
        self._name = name

    @contextlib.contextmanager
    def _name_scope(self, name: str, values: list[Any] | None = None) -> Iterator[str]:
        with name_scope(self._name), name_scope(name, values=values) as scope:
            yield scope

    @property
    def name(self) -> str:
        """The name, with a slash behind it."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The dtype of samples."""
        return self._dtype

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments that the distribution was made with."""
        others = ("self", "__class__")
        return {name: value for name, value in self._parameters.items() if name not in others}

    @property
    def reparameterization_type(self) -> ReparameterizationType:
        """Whether gradients go through samples."""
        return self._reparameterization_type

    @property
    def allow_nan_stats(self) -> bool:
        """Whether moments that do not exist are NaN."""
        return self._allow_nan_stats

    @property
    def validate_args(self) -> bool:
        """Whether parameters are checked."""
        return self._validate_args

    def copy(self, **override_parameters_kwargs: Any) -> Any:
        """Return a distribution of the same kind with some other arguments."""
        return type(self)(**{**self.parameters, **override_parameters_kwargs})

    def __str__(self) -> str:
        shapes = {"batch_shape": self.batch_shape, "event_shape": self.event_shape}
        known = [f"{key}={shape}" for key, shape in shapes.items() if shape.ndims is not None]
        parts = ", ".join([f'"{self.name}"', *known, f"dtype={self.dtype.name}"])
        return f"tfp.distributions.{type(self).__name__}({parts})"

    def __repr__(self) -> str:
        return (
            f"<tfp.distributions.{type(self).__name__} '{self.name}' "
            f"batch_shape={self.batch_shape} event_shape={self.event_shape} "
            f"dtype={self.dtype.name}>"
        )

    @classmethod
    def param_shapes(
        cls, sample_shape: Any, name: str = "DistributionParamShapes"
    ) -> dict[str, Tensor]:
        """Return for each parameter the shape with which samples have a given one."""
        with name_scope(name, values=[sample_shape]):
            return cls._param_shapes(sample_shape)

    @classmethod
    def param_static_shapes(cls, sample_shape: Any) -> dict[str, TensorShape]:
        """Return for each parameter the static shape with which samples have a given one.

        Raises:
          ValueError: the shape of samples is not known.
        """
        if isinstance(sample_shape, TensorShape):
            if not sample_shape.is_fully_defined():
                raise ValueError("TensorShape sample_shape must be fully defined")
            sample_shape = sample_shape.as_list()
        found = {}
        for name, shape in cls.param_shapes(sample_shape).items():
            known = constant_value(shape)
            if known is None:
                raise ValueError("sample_shape must be a fully-defined TensorShape or list/tuple")
            found[name] = TensorShape(known.tolist())
        return found

    @staticmethod
    def _param_shapes(sample_shape: Any) -> dict[str, Tensor]:
        raise NotImplementedError("_param_shapes not implemented")

    def _batch_shape(self) -> TensorShape:
        return TensorShape(None)

    def _batch_shape_tensor(self) -> Any:
        raise NotImplementedError("batch_shape_tensor is not implemented: " + type(self).__name__)

    def _event_shape(self) -> TensorShape:
        return TensorShape(None)

    def _event_shape_tensor(self) -> Any:
        raise NotImplementedError("event_shape_tensor is not implemented: " + type(self).__name__)

    @property
    def batch_shape(self) -> TensorShape:
        """The static shape of the batch of distributions."""
        if self._static_batch_shape is None:
            with name_scope(self._name):
                self._static_batch_shape = as_shape(self._batch_shape())
        return self._static_batch_shape

    @property
    def event_shape(self) -> TensorShape:
        """The static shape of one sample of one distribution."""
        return as_shape(self._event_shape())

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Tensor:
        """Return the shape of the batch of distributions."""
        with self._name_scope(name):
            if self.batch_shape.is_fully_defined():
                return convert_to_tensor(
                    self.batch_shape.as_list(), dtypes.int32, name="batch_shape"
                )
            return convert_to_tensor(self._batch_shape_tensor())

    def event_shape_tensor(self, name: str = "event_shape_tensor") -> Tensor:
        """Return the shape of one sample of one distribution."""
        with self._name_scope(name):
            if self.event_shape.is_fully_defined():
                return convert_to_tensor(
                    self.event_shape.as_list(), dtypes.int32, name="event_shape"
                )
            return convert_to_tensor(self._event_shape_tensor())

    def is_scalar_event(self, name: str = "is_scalar_event") -> Tensor:
        """Return whether samples are scalars."""
        with self._name_scope(name):
            return _is_scalar(self.event_shape, self.event_shape_tensor)

    def is_scalar_batch(self, name: str = "is_scalar_batch") -> Tensor:
        """Return whether there is one distribution alone."""
        with self._name_scope(name):
            return _is_scalar(self.batch_shape, self.batch_shape_tensor)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        """Return samples [n, *batch, *event]."""
        raise NotImplementedError("sample_n is not implemented: " + type(self).__name__)

    def sample(
        self, sample_shape: Any = (), seed: int | None = None, name: str = "sample"
    ) -> Tensor:
        """Return samples [*sample_shape, *batch, *event].

        Args:
          sample_shape: an int or a shape.
          seed: of the random numbers.
          name: the name of the nodes.

        Raises:
          ValueError: `sample_shape` is neither a scalar nor a vector.
        """
        return self._call_sample_n(sample_shape, seed, name)

    def _call_sample_n(
        self, sample_shape: Any, seed: int | None, name: str, **kwargs: Any
    ) -> Tensor:
        with self._name_scope(name, [sample_shape]):
            shape = convert_to_tensor(sample_shape, dtypes.int32, name="sample_shape")
            sizes = _as_vector(shape)
            samples = self._sample_n(_count(shape), seed, **kwargs)
            result = reshape(samples, concat([sizes, shape_of(samples)[1:]], 0))
            return self._set_sample_static_shape(result, sizes)

    def _set_sample_static_shape(self, x: Tensor, sample_shape: Any) -> Tensor:
        """Tell a tensor what is known of its shape."""
        sizes = TensorShape(constant_value_as_shape(sample_shape))
        x.set_shape(sizes.concatenate(self.batch_shape).concatenate(self.event_shape))
        return x

    def _log_prob(self, value: Any) -> Tensor:
        raise NotImplementedError("log_prob is not implemented: " + type(self).__name__)

    def _prob(self, value: Any) -> Tensor:
        raise NotImplementedError("prob is not implemented: " + type(self).__name__)

    def _cdf(self, value: Any) -> Tensor:
        raise NotImplementedError("cdf is not implemented: " + type(self).__name__)

    def _log_cdf(self, value: Any) -> Tensor:
        raise NotImplementedError("log_cdf is not implemented: " + type(self).__name__)

    def _survival_function(self, value: Any) -> Tensor:
        raise NotImplementedError("survival_function is not implemented: " + type(self).__name__)

    def _log_survival_function(self, value: Any) -> Tensor:
        raise NotImplementedError(
            "log_survival_function is not implemented: " + type(self).__name__
        )

    def _value(self, value: Any) -> Tensor:
        return convert_to_tensor(value, preferred_dtype=self.dtype, name="value")

    def _evaluated(
        self, rules: Sequence[Callable[[Any], Tensor]], value: Any, name: str, kwargs: Any
    ) -> Tensor:
        """Return what the first rule gives that is implemented."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            first: NotImplementedError | None = None
            for rule in rules:
                try:
                    return rule(value, **kwargs)
                except NotImplementedError as error:
                    first = first or error
            assert first is not None
            raise first

    def log_prob(self, value: Any, name: str = "log_prob", **kwargs: Any) -> Tensor:
        """Return the logarithm of the density, or of the probability of a discrete value."""
        rules = (self._log_prob, lambda x, **other: log(self._prob(x, **other)))
        return self._evaluated(rules, value, name, kwargs)

    def prob(self, value: Any, name: str = "prob", **kwargs: Any) -> Tensor:
        """Return the density, or the probability of a discrete value."""
        rules = (self._prob, lambda x, **other: exp(self._log_prob(x, **other)))
        return self._evaluated(rules, value, name, kwargs)

    def cdf(self, value: Any, name: str = "cdf", **kwargs: Any) -> Tensor:
        """Return the probability of a sample that is not above `value`."""
        rules = (self._cdf, lambda x, **other: exp(self._log_cdf(x, **other)))
        return self._evaluated(rules, value, name, kwargs)

    def log_cdf(self, value: Any, name: str = "log_cdf", **kwargs: Any) -> Tensor:
        """Return the logarithm of `cdf`."""
        rules = (self._log_cdf, lambda x, **other: log(self._cdf(x, **other)))
        return self._evaluated(rules, value, name, kwargs)

    def survival_function(
        self, value: Any, name: str = "survival_function", **kwargs: Any
    ) -> Tensor:
        """Return the probability of a sample above `value`."""
        rules = (
            self._survival_function,
            lambda x, **other: exp(self._log_survival_function(x, **other)),
            lambda x, **other: 1.0 - self.cdf(x, **other),
        )
        return self._evaluated(rules, value, name, kwargs)

    def log_survival_function(
        self, value: Any, name: str = "log_survival_function", **kwargs: Any
    ) -> Tensor:
        """Return the logarithm of `survival_function`."""
        rules = (
            self._log_survival_function,
            lambda x, **other: log(self._survival_function(x, **other)),
            lambda x, **other: log1p(-self.cdf(x, **other)),
        )
        return self._evaluated(rules, value, name, kwargs)

    def _quantile(self, value: Tensor) -> Tensor:
        raise NotImplementedError("quantile is not implemented: " + type(self).__name__)

    def quantile(self, value: Any, name: str = "quantile") -> Tensor:
        """Return the value whose `cdf` is given."""
        with self._name_scope(name, [value]):
            return self._quantile(self._value(value))

    def _mean(self) -> Tensor:
        raise NotImplementedError("mean is not implemented: " + type(self).__name__)

    def _variance(self) -> Tensor:
        raise NotImplementedError("variance is not implemented: " + type(self).__name__)

    def _stddev(self) -> Tensor:
        raise NotImplementedError("stddev is not implemented: " + type(self).__name__)

    def _mode(self) -> Tensor:
        raise NotImplementedError("mode is not implemented: " + type(self).__name__)

    def _entropy(self) -> Tensor:
        raise NotImplementedError("entropy is not implemented: " + type(self).__name__)

    def _covariance(self) -> Tensor:
        raise NotImplementedError("covariance is not implemented: " + type(self).__name__)

    def mean(self, name: str = "mean") -> Tensor:
        """Return the mean."""
        with self._name_scope(name):
            return self._mean()

    def variance(self, name: str = "variance") -> Tensor:
        """Return the variance."""
        with self._name_scope(name):
            try:
                return self._variance()
            except NotImplementedError as error:
                try:
                    return square(self._stddev())
                except NotImplementedError:
                    raise error from None

    def stddev(self, name: str = "stddev") -> Tensor:
        """Return the standard deviation."""
        with self._name_scope(name):
            try:
                return self._stddev()
            except NotImplementedError as error:
                try:
                    return sqrt(self._variance())
                except NotImplementedError:
                    raise error from None

    def mode(self, name: str = "mode") -> Tensor:
        """Return the most probable value."""
        with self._name_scope(name):
            return self._mode()

    def entropy(self, name: str = "entropy") -> Tensor:
        """Return the entropy in nats."""
        with self._name_scope(name):
            return self._entropy()

    def covariance(self, name: str = "covariance") -> Tensor:
        """Return the covariance of the entries of a sample."""
        with self._name_scope(name):
            return self._covariance()

    def _cross_entropy(self, other: Any) -> Tensor:
        return cross_entropy(self, other, allow_nan_stats=self.allow_nan_stats)

    def _kl_divergence(self, other: Any) -> Tensor:
        return kl_divergence(self, other, allow_nan_stats=self.allow_nan_stats)

    def cross_entropy(self, other: Any, name: str = "cross_entropy") -> Tensor:
        """Return how many nats it takes to tell samples in the code of another distribution."""
        with self._name_scope(name):
            return self._cross_entropy(other)

    def kl_divergence(self, other: Any, name: str = "kl_divergence") -> Tensor:
        """Return the Kullback-Leibler divergence from another distribution."""
        with self._name_scope(name):
            return self._kl_divergence(other)


class ScalarDistribution(Distribution):
    """The base of distributions of single numbers, whose parameters make up the batch."""

    # The names of the parameters whose shapes are broadcast to that of the batch.
    _of_batch: tuple[str, ...] = ()

    def _batch_shape(self) -> TensorShape:
        shapes = [getattr(self, name).get_shape() for name in self._of_batch]
        return reduce(broadcast_static_shape, shapes)

    def _batch_shape_tensor(self) -> Any:
        return reduce(
            broadcast_dynamic_shape, [shape_of(getattr(self, name)) for name in self._of_batch]
        )

    def _event_shape(self) -> TensorShape:
        return TensorShape([])

    def _event_shape_tensor(self) -> Any:
        return constant([], dtype=dtypes.int32)

    def _sizes(self, n: Any) -> Tensor:
        """Return the shape of `n` samples of the batch, as a vector."""
        return concat([[n], self.batch_shape_tensor()], 0)

    def _only_above(self, value: Tensor, *limits: tuple[Tensor, float, str]) -> Tensor:
        """Return a statistic where parameters are above limits.

        Args:
          value: the statistic.
          *limits: a parameter, the number that it must be above, and what to say where it is not:
            where NaN is no statistic, the step fails then.
        """
        if not self.allow_nan_stats:
            checks = [
                assert_less(constant(limit, self.dtype), each, message=text)
                for each, limit, text in limits
            ]
            return with_dependencies(checks, value)
        nan = np.array(np.nan, dtype=self.dtype.as_numpy_dtype)
        nothing = fill(self.batch_shape_tensor(), nan, name="nan")
        is_defined = reduce(logical_and, [greater(each, limit) for each, limit, _ in limits])
        return where_v2(is_defined, value, nothing)


def shapes_of_parameters(*names: str) -> Any:
    """Return the static method that tells the shapes of parameters that are like samples."""

    def of_sample(sample_shape: Any) -> dict[str, Tensor]:
        sizes = convert_to_tensor(sample_shape, dtype=dtypes.int32)
        return dict.fromkeys(names, sizes)

    return staticmethod(of_sample)


def checks_of_positive(is_checked: bool, *values: Any) -> list[Any]:
    """Return what fails where values are not positive, if that is checked."""
    return [assert_positive(value) for value in values] if is_checked else []


def positive(value: Any, is_checked: bool, message: str | None = None) -> Any:
    """Return a parameter, in a step that fails where it is not positive if that is checked."""
    if not is_checked:
        return value
    return with_dependencies([assert_positive(value, message=message)], value)


def _is_scalar(static: TensorShape, dynamic: Callable[[], Tensor]) -> Tensor:
    if static.ndims is not None:
        return convert_to_tensor(static.ndims == 0)
    sizes = dynamic()
    if sizes.dims is not None and sizes.dims[0] is not None:
        return convert_to_tensor(sizes.dims[0] == 0)
    return equal(shape_of(sizes)[0], 0)


def _as_vector(shape: Tensor) -> Tensor:
    if shape.dims is not None and len(shape.dims) > 1:
        raise ValueError("Input is neither scalar nor vector.")
    if shape.dims is not None and len(shape.dims) == 1:
        return shape
    known = constant_value(shape)
    if known is None:
        return reshape(shape, [-1])
    return convert_to_tensor(known.reshape([-1]), dtypes.int32, name="sample_shape")


def _count(shape: Tensor) -> Any:
    """Return how many samples a shape holds: a number where it is known."""
    known = constant_value(shape)
    return reduce_prod(shape) if known is None else np.prod(known, dtype=np.int32)
