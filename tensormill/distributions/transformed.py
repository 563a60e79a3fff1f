"""`TransformedDistribution`: the distribution of the images of samples under a bijector.

Source: TensorFlow 1.15, python/ops/distributions/transformed_distribution.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.distributions.base import Distribution
from tensormill.distributions.bijectors.base import Bijector
from tensormill.distributions.bijectors.scalar import Identity
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value, constant_value_as_shape
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape, size
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import exp
from tensormill.ops.filling import ones_like, zeros
from tensormill.ops.joining import concat, stack, tile
from tensormill.ops.reduction import reduce_logsumexp, reduce_prod, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The images of samples of a distribution.

    Args:
      distribution: that of the samples before the map.
      bijector: the map; that which changes nothing by default.
      batch_shape: makes a batch of a single distribution.
      event_shape: makes events of many independent numbers.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: a shape is given and the distribution has one that is not empty.
    """

    def __init__(
        self,
        distribution: Any,
        bijector: Bijector | None = None,
        batch_shape: Any = None,
        event_shape: Any = None,
        validate_args: bool = False,
        name: str | None = None,
    ) -> None:
        parameters = dict(locals())
        name = name or ("" if bijector is None else bijector.name) + distribution.name
        with name_scope(name, values=[event_shape, batch_shape]) as scope:
            self._bijector = bijector or Identity(validate_args=validate_args)
            self._batch_given = _override(batch_shape, distribution.batch_shape, "batch_shape")
            self._event_given = _override(event_shape, distribution.event_shape, "event_shape")
        self._distribution = distribution
        super().__init__(
            distribution.dtype,
            distribution.reparameterization_type,
            validate_args,
            distribution.allow_nan_stats,
            parameters,
            [*distribution._graph_parents, *self._bijector.graph_parents],
            scope,
        )

    @property
    def distribution(self) -> Any:
        """The distribution before the map."""
        return self._distribution

    @property
    def bijector(self) -> Bijector:
        """The map."""
        return self._bijector

    @property
    def _needs_rotation(self) -> bool:
        """Whether independent numbers are drawn left of a batch, and belong right of it."""
        return (
            self._event_given is not None
            and self._batch_given is None
            and self.distribution.batch_shape.ndims != 0
        )

    @property
    def _rotated_ndims(self) -> int:
        sizes = None if self._event_given is None else self._event_given.dims
        count = sizes[0] if sizes else None
        if count is None:
            raise NotImplementedError("the rank of event_shape must be known")
        return count

    def _event_shape(self) -> TensorShape:
        before = _static(self._event_given, self.distribution.event_shape)
        return self.bijector.forward_event_shape(before)

    def _event_shape_tensor(self) -> Any:
        before = self._event_given
        if before is None:
            before = self.distribution.event_shape_tensor()
        return self.bijector.forward_event_shape_tensor(before)

    def _batch_shape(self) -> TensorShape:
        return _static(self._batch_given, self.distribution.batch_shape)

    def _batch_shape_tensor(self) -> Any:
        if self._batch_given is not None:
            return self._batch_given
        return self.distribution.batch_shape_tensor()

    def _sample_n(self, n: Any, seed: int | None = None, **kwargs: Any) -> Tensor:
        given = [part for part in (self._batch_given, self._event_given) if part is not None]
        sizes = [*given, [n]] if self._needs_rotation else [[n], *given]
        shape = concat(sizes, 0) if len(sizes) > 1 else convert_to_tensor(sizes[0])
        drawn = self.distribution.sample(shape, seed=seed, **kwargs)
        return self._rotated(drawn, to_right=False)

    def _call_sample_n(
        self, sample_shape: Any, seed: int | None, name: str, **kwargs: Any
    ) -> Tensor:
        with self._name_scope(name, [sample_shape]):
            shape = convert_to_tensor(sample_shape, dtypes.int32, name="sample_shape")
            sizes = reshape(shape, [-1]) if shape.dims != (None,) else shape
            known = constant_value(shape)
            n = reduce_prod(shape) if known is None else int(known.prod())
            x = self._sample_n(n, seed, **_for_distribution(kwargs))
            x = reshape(x, concat([sizes, shape_of(x)[1:]], 0))
            y = self.bijector.forward(x, **_for_bijector(kwargs))
            return self._set_sample_static_shape(y, sizes)

    def _rotated(self, x: Tensor, to_right: bool) -> Tensor:
        """Return a tensor whose independent numbers are on the left, or back where they belong."""
        if not self._needs_rotation:
            return x
        count = self._rotated_ndims
        if x.dims is not None:
            ndims = len(x.dims)
            first = ndims - count if to_right else count
            return transpose(x, [*range(first, ndims), *range(first)])
        whole = rank(x)
        start = whole - count if to_right else count
        return transpose(x, concat([range_of(start, whole), range_of(0, start)], 0))

    def _static_event_ndims(self) -> Any:
        ndims = self.event_shape.ndims
        return size(self.event_shape_tensor()) if ndims is None else ndims

    def _log_prob(self, value: Any, **kwargs: Any) -> Tensor:
        others = _for_bijector(kwargs)
        ndims = self._static_event_ndims()
        x = self.bijector.inverse(value, **others)
        stretch = self.bijector.inverse_log_det_jacobian(value, event_ndims=ndims, **others)
        if self.bijector._is_injective:
            return self._log_prob_of_fiber(value, x, stretch, ndims, kwargs)
        pairs = zip(x, stretch, strict=True)
        return reduce_logsumexp(
            stack([self._log_prob_of_fiber(value, *pair, ndims, kwargs) for pair in pairs]), axis=0
        )

    def _log_prob_of_fiber(
        self, y: Tensor, x: Tensor, stretch: Tensor, ndims: Any, kwargs: dict[str, Any]
    ) -> Tensor:
        made = self.distribution.log_prob(
            self._rotated(x, to_right=True), **_for_distribution(kwargs)
        )
        made = self._over_event(made, reduce_sum) + cast(stretch, made.dtype)
        return self._with_shape_of_batch(made, y, ndims)

    def _prob(self, value: Any, **kwargs: Any) -> Tensor:
        others = _for_bijector(kwargs)
        ndims = self._static_event_ndims()
        x = self.bijector.inverse(value, **others)
        stretch = self.bijector.inverse_log_det_jacobian(value, event_ndims=ndims, **others)
        if self.bijector._is_injective:
            return self._prob_of_fiber(value, x, stretch, ndims, kwargs)
        pairs = zip(x, stretch, strict=True)
        first, *rest = [self._prob_of_fiber(value, *pair, ndims, kwargs) for pair in pairs]
        for each in rest:
            first = first + each
        return first

    def _prob_of_fiber(
        self, y: Tensor, x: Tensor, stretch: Tensor, ndims: Any, kwargs: dict[str, Any]
    ) -> Tensor:
        made = self.distribution.prob(self._rotated(x, to_right=True), **_for_distribution(kwargs))
        made = self._over_event(made, reduce_prod) * exp(cast(stretch, made.dtype))
        return self._with_shape_of_batch(made, y, ndims)

    def _over_event(self, x: Tensor, reduce: Callable[..., Tensor]) -> Tensor:
        if self._event_given is None:
            return x
        # After rotation the independent numbers are on the left of the batch.
        count = self._rotated_ndims
        if self._needs_rotation:
            batch = self.distribution.batch_shape.ndims
            return reduce(x, [-(batch + count) + i for i in range(count)])
        return reduce(x, list(range(-count, 0)))

    def _with_shape_of_batch(self, made: Tensor, y: Tensor, ndims: Any) -> Tensor:
        known = y.dims is not None and self.batch_shape.ndims is not None
        if self._event_given is not None and isinstance(ndims, int) and known:
            own = tuple(y.dims or ())[: len(y.dims or ()) - ndims]
            made.set_shape(broadcast_dims(own, tuple(self.batch_shape.as_list())))
        return made

    def _through_inverse(self, name: str, method: Callable[..., Tensor], y: Any, kw: Any) -> Tensor:
        self._refuse_events(name)
        x = self.bijector.inverse(y, **_for_bijector(kw))
        return method(x, **_for_distribution(kw))

    def _refuse_events(self, name: str) -> None:
        if self._event_given is not None:
            raise NotImplementedError(f"{name} is not implemented when overriding event_shape")
        if not self.bijector._is_injective:
            raise NotImplementedError(f"{name} is not implemented when bijector is not injective.")

    def _cdf(self, value: Any, **kwargs: Any) -> Tensor:
        return self._through_inverse("cdf", self.distribution.cdf, value, kwargs)

    def _log_cdf(self, value: Any, **kwargs: Any) -> Tensor:
        return self._through_inverse("log_cdf", self.distribution.log_cdf, value, kwargs)

    def _survival_function(self, value: Any, **kwargs: Any) -> Tensor:
        method = self.distribution.survival_function
        return self._through_inverse("survival_function", method, value, kwargs)

    def _log_survival_function(self, value: Any, **kwargs: Any) -> Tensor:
        method = self.distribution.log_survival_function
        return self._through_inverse("log_survival_function", method, value, kwargs)

    def _quantile(self, value: Any) -> Tensor:
        self._refuse_events("quantile")
        made: Tensor = self.bijector.forward(self.distribution.quantile(value))
        return made

    def _entropy(self) -> Tensor:
        if not self.bijector.is_constant_jacobian:
            raise NotImplementedError("entropy is not implemented")
        if not self.bijector._is_injective:
            raise NotImplementedError("entropy is not implemented when bijector is not injective.")
        entropy = self.distribution.entropy()
        if self._event_given is not None:
            entropy = entropy * cast(reduce_prod(self._event_given), entropy.dtype.base_dtype)
        if self._batch_given is not None:
            own = self.distribution.batch_shape_tensor()
            entropy = reshape(entropy, concat([ones_like(self._batch_given), own], 0))
            entropy = tile(entropy, concat([self._batch_given, ones_like(own)], 0))
        whole = concat([self.batch_shape_tensor(), self.event_shape_tensor()], 0)
        stretch = self.bijector.inverse_log_det_jacobian(
            zeros(whole, self.dtype), event_ndims=self._static_event_ndims()
        )
        entropy = entropy - cast(stretch, entropy.dtype)
        entropy.set_shape(self.batch_shape)
        return entropy


def _for_bijector(kwargs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = kwargs.get("bijector_kwargs") or {}
    return found


def _for_distribution(kwargs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = kwargs.get("distribution_kwargs") or {}
    return found


def _static(given: Tensor | None, otherwise: TensorShape) -> TensorShape:
    return otherwise if given is None else TensorShape(constant_value_as_shape(given))


def _override(given: Any, own: TensorShape, name: str) -> Tensor | None:
    """Return a shape that stands for that of a distribution; None where it is empty.

    Raises:
      TypeError: it is not of integers.
      ValueError: it is no vector of positive numbers, or the distribution has a shape itself.
    """
    if given is None or (isinstance(given, Sequence) and not len(given)):
        return None
    shape = convert_to_tensor(given, dtype=dtypes.int32, name=name)
    if shape.dims is not None and len(shape.dims) != 1:
        raise ValueError("shape override must be a vector")
    known = constant_value(shape)
    if known is not None and not known.size:
        return None
    if known is not None and (known <= 0).any():
        raise ValueError("shape override must have positive elements")
    if own.ndims is not None and own.ndims > 0:
        raise ValueError("base distribution not scalar")
    return shape
