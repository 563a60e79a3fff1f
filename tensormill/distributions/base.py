"""`Distribution`: what all random variables have in common.

A subclass computes with tensors of its batch; what it cannot compute it leaves out, and the method
raises NotImplementedError.

Source: TensorFlow 1.15, python/ops/distributions/distribution.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.elementwise_unary import exp, log, log1p, sqrt, square
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_prod

__all__ = [
    "FULLY_REPARAMETERIZED",
    "NOT_REPARAMETERIZED",
    "Distribution",
    "ReparameterizationType",
    "arguments_among",
    "parameter",
    "sizes_of_samples",
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
      name: the name of nodes.
    """

    def __init__(
        self,
        dtype: Any,
        reparameterization_type: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self._dtype = dtype
        self._reparameterization_type = reparameterization_type
        self._validate_args = validate_args
        self._allow_nan_stats = allow_nan_stats
        self._parameters = arguments_among(parameters or {})
        self._name = (name or type(self).__name__).rstrip("/") + "/"

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
        return dict(self._parameters)

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

    def __repr__(self) -> str:
        return (
            f"<tf.distributions.{type(self).__name__} {self.name!r} "
            f"batch_shape={self.batch_shape} event_shape={self.event_shape} "
            f"dtype={self.dtype.name}>"
        )

    # -- shapes ------------------------------------------------------------------------------------

    def _batch(self) -> Tensor:
        """Return a tensor of the shape of the batch."""
        raise NotImplementedError

    @property
    def batch_shape(self) -> TensorShape:
        """The static shape of the batch of distributions."""
        return self._batch().get_shape()

    @property
    def event_shape(self) -> TensorShape:
        """The static shape of one sample of one distribution."""
        return TensorShape([])

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Tensor:
        """Return the shape of the batch of distributions."""
        with name_scope(self._name + name):
            return shape_of(self._batch())

    def event_shape_tensor(self, name: str = "event_shape_tensor") -> Tensor:
        """Return the shape of one sample of one distribution."""
        with name_scope(self._name + name):
            return convert_to_tensor(self.event_shape.as_list(), dtypes.int32)

    def is_scalar_event(self, name: str = "is_scalar_event") -> Tensor:
        """Return whether samples are scalars."""
        return convert_to_tensor(self.event_shape.ndims == 0)

    def is_scalar_batch(self, name: str = "is_scalar_batch") -> Tensor:
        """Return whether there is one distribution alone."""
        return convert_to_tensor(self.batch_shape.ndims == 0)

    # -- samples -----------------------------------------------------------------------------------

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
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
        """
        with name_scope(self._name + name):
            shape = convert_to_tensor(sample_shape, dtypes.int32, name="sample_shape")
            sizes = reshape(shape, [-1])
            samples = self._sample_n(reduce_prod(sizes), seed)
            result = reshape(samples, concat([sizes, shape_of(samples)[1:]], 0))
            if not isinstance(sample_shape, Tensor):
                static = [sample_shape] if isinstance(sample_shape, int) else list(sample_shape)
                whole = TensorShape(static).concatenate(self.batch_shape)
                result.set_shape(whole.concatenate(self.event_shape))
            return result

    # -- densities ---------------------------------------------------------------------------------

    def _log_prob(self, value: Tensor) -> Tensor:
        raise NotImplementedError("log_prob is not implemented: " + type(self).__name__)

    def _cdf(self, value: Tensor) -> Tensor:
        raise NotImplementedError("cdf is not implemented: " + type(self).__name__)

    def _log_cdf(self, value: Tensor) -> Tensor:
        return log(self._cdf(value))

    def _value(self, value: Any) -> Tensor:
        return convert_to_tensor(value, preferred_dtype=self.dtype, name="value")

    def log_prob(self, value: Any, name: str = "log_prob") -> Tensor:
        """Return the logarithm of the density, or of the probability of a discrete value."""
        with name_scope(self._name + name, values=[value]):
            return self._log_prob(self._value(value))

    def prob(self, value: Any, name: str = "prob") -> Tensor:
        """Return the density, or the probability of a discrete value."""
        with name_scope(self._name + name, values=[value]):
            return exp(self._log_prob(self._value(value)))

    def cdf(self, value: Any, name: str = "cdf") -> Tensor:
        """Return the probability of a sample that is not above `value`."""
        with name_scope(self._name + name, values=[value]):
            return self._cdf(self._value(value))

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Tensor:
        """Return the logarithm of `cdf`."""
        with name_scope(self._name + name, values=[value]):
            return self._log_cdf(self._value(value))

    def survival_function(self, value: Any, name: str = "survival_function") -> Tensor:
        """Return the probability of a sample above `value`."""
        with name_scope(self._name + name, values=[value]):
            return 1.0 - self._cdf(self._value(value))

    def log_survival_function(self, value: Any, name: str = "log_survival_function") -> Tensor:
        """Return the logarithm of `survival_function`."""
        with name_scope(self._name + name, values=[value]):
            return log1p(-self._cdf(self._value(value)))

    def _quantile(self, value: Tensor) -> Tensor:
        raise NotImplementedError("quantile is not implemented: " + type(self).__name__)

    def quantile(self, value: Any, name: str = "quantile") -> Tensor:
        """Return the value whose `cdf` is given."""
        with name_scope(self._name + name, values=[value]):
            return self._quantile(self._value(value))

    # -- moments -----------------------------------------------------------------------------------

    def _mean(self) -> Tensor:
        raise NotImplementedError("mean is not implemented: " + type(self).__name__)

    def _variance(self) -> Tensor:
        raise NotImplementedError("variance is not implemented: " + type(self).__name__)

    def _stddev(self) -> Tensor:
        return sqrt(self._variance())

    def _mode(self) -> Tensor:
        raise NotImplementedError("mode is not implemented: " + type(self).__name__)

    def _entropy(self) -> Tensor:
        raise NotImplementedError("entropy is not implemented: " + type(self).__name__)

    def _covariance(self) -> Tensor:
        raise NotImplementedError("covariance is not implemented: " + type(self).__name__)

    def mean(self, name: str = "mean") -> Tensor:
        """Return the mean."""
        with name_scope(self._name + name):
            return self._mean()

    def variance(self, name: str = "variance") -> Tensor:
        """Return the variance."""
        with name_scope(self._name + name):
            try:
                return self._variance()
            except NotImplementedError:
                return square(self._stddev())

    def stddev(self, name: str = "stddev") -> Tensor:
        """Return the standard deviation."""
        with name_scope(self._name + name):
            return self._stddev()

    def mode(self, name: str = "mode") -> Tensor:
        """Return the most probable value."""
        with name_scope(self._name + name):
            return self._mode()

    def entropy(self, name: str = "entropy") -> Tensor:
        """Return the entropy in nats."""
        with name_scope(self._name + name):
            return self._entropy()

    def covariance(self, name: str = "covariance") -> Tensor:
        """Return the covariance of the entries of a sample."""
        with name_scope(self._name + name):
            return self._covariance()


def arguments_among(names: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a constructor, given its local names."""
    return {k: v for k, v in names.items() if k != "self" and not k.startswith("__")}


def sizes_of_samples(n: Tensor, batch: Tensor) -> Tensor:
    """Return the shape of `n` samples of a batch of distributions, as a vector."""
    return concat([[n], shape_of(batch)], 0)


def parameter(value: Any, name: str, like: Tensor | None = None) -> Tensor:
    """Return a parameter as a tensor, of the dtype of another one."""
    if like is not None:
        return convert_to_tensor(value, dtype=like.dtype, name=name)
    return convert_to_tensor(value, preferred_dtype=dtypes.float32, name=name)
