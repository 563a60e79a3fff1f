"""Mixtures of distributions.

Source: TensorFlow 1.15, contrib/distributions/python/ops/mixture*.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.distributions.base import NOT_REPARAMETERIZED, Distribution
from tensormill.distributions.discrete import Categorical
from tensormill.distributions.parameters import gen_new_seed
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax, softmax
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.elementwise_unary import sqrt, square
from tensormill.ops.filling import one_hot
from tensormill.ops.joining import concat, stack, unstack
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_logsumexp, reduce_sum
from tensormill.ops.summation import add_n

__all__ = ["Mixture", "MixtureSameFamily"]


class Mixture(Distribution):
    """A mixture of distributions of any kinds.

    Args:
      cat: a `Categorical`: the shares.
      components: the distributions, one for each class.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      use_static_graph: not used; samples are always drawn of all components.
      name: the name of the nodes.

    Raises:
      TypeError: an argument is no distribution, or dtypes differ.
      ValueError: there are no components, or not one for each class.
    """

    def __init__(
        self,
        cat: Categorical,
        components: Sequence[Distribution],
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        use_static_graph: bool = False,
        name: str = "Mixture",
    ) -> None:
        parameters = dict(locals())
        if not isinstance(cat, Categorical):
            raise TypeError(f"cat must be a Categorical distribution, but saw: {cat}")
        _check_components(components)
        events, batch = components[0].event_shape, cat.batch_shape
        for each in components:
            events = events.merge_with(each.event_shape)
            batch = batch.merge_with(each.batch_shape)
        if events.ndims is None:
            raise ValueError(
                "Expected to know rank(event_shape) from components, but none of the components "
                "provide a static number of ndims"
            )
        self._known_event_shape, self._known_batch_shape = events, batch
        with name_scope(name, values=[cat.logits]) as scope:
            count = cat.logits.get_shape()[-1].value
            if count is None:
                raise ValueError(
                    "Could not infer number of classes from cat and unable to compare this value "
                    "to the number of components passed in."
                )
            if count != len(components):
                raise ValueError(
                    f"cat.num_classes != len(components): {count} vs. {len(components)}"
                )
            self._assertions = []
            if validate_args:
                text = "components[%d] batch shape must match cat batch shape"
                self._assertions = [
                    assert_equal(
                        cat.batch_shape_tensor(), each.batch_shape_tensor(), message=text % number
                    )
                    for number, each in enumerate(components)
                ]
        self._cat, self._components = cat, list(components)
        parents = [parent for each in (cat, *components) for parent in each._graph_parents]
        super().__init__(
            components[0].dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters, parents, scope,
        )  # fmt: skip

    @property
    def cat(self) -> Categorical:
        """The shares."""
        return self._cat

    @property
    def components(self) -> list[Distribution]:
        """The distributions."""
        return self._components

    @property
    def num_components(self) -> int:
        """How many there are."""
        return len(self._components)

    def _batch_shape(self) -> TensorShape:
        return self._known_batch_shape

    def _batch_shape_tensor(self) -> Any:
        return self._cat.batch_shape_tensor()

    def _event_shape(self) -> TensorShape:
        return self._known_event_shape

    def _event_shape_tensor(self) -> Any:
        return self._components[0].event_shape_tensor()

    def _shares(self) -> list[Tensor]:
        """Return the share of each component, with dimensions of size 1 for events."""
        parts = unstack(softmax(self.cat.logits), num=self.num_components, axis=-1)
        for _ in range(self.event_shape.ndims or 0):
            parts = [expand_dims(part, -1) for part in parts]
        return list(parts)

    def _log_shares(self) -> list[Tensor]:
        logs = log_softmax(self.cat.logits)
        return list(unstack(logs, num=self.num_components, axis=-1))

    def _mean(self) -> Tensor:
        with control_dependencies(self._assertions):
            pairs = zip(self._shares(), self.components, strict=True)
            return add_n([share * each.mean() for share, each in pairs])

    def _stddev(self) -> Tensor:
        with control_dependencies(self._assertions):
            means = [each.mean() for each in self.components]
            variances = [square(each.stddev()) for each in self.components]
            shares = self._shares()
            mean = add_n([a * b for a, b in zip(shares, means, strict=True)])
            parts = zip(shares, means, variances, strict=True)
            return sqrt(add_n([a * (v + square(m - mean)) for a, m, v in parts]))

    def _summed(self, logs: list[Tensor]) -> Tensor:
        pairs = zip(self._log_shares(), logs, strict=True)
        return reduce_logsumexp(stack([share + each for share, each in pairs], 0), [0])

    def _log_prob(self, value: Any) -> Tensor:
        with control_dependencies(self._assertions):
            return self._summed([each.log_prob(value) for each in self.components])

    def _log_cdf(self, value: Any) -> Tensor:
        with control_dependencies(self._assertions):
            return self._summed([each.log_cdf(value) for each in self.components])

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        with control_dependencies(self._assertions):
            classes = self.cat.sample(n, seed=seed)
            drawn = []
            for each in self.components:
                seed = gen_new_seed(seed, "mixture")
                drawn.append(each.sample(n, seed=seed))
            ndims = self.event_shape.ndims or 0
            values = stack(drawn, -ndims - 1)
            mask = one_hot(classes, depth=self.num_components, dtype=values.dtype)
            for _ in range(ndims):
                mask = expand_dims(mask, -1)
            return reduce_sum(values * mask, axis=-1 - ndims)

    def entropy_lower_bound(self, name: str = "entropy_lower_bound") -> Tensor:
        """Return the mean of the entropies of the components."""
        with self._name_scope(name, [self.cat.logits]), control_dependencies(self._assertions):
            parts = unstack(softmax(self.cat.logits), num=self.num_components, axis=-1)
            pairs = zip(parts, self.components, strict=True)
            return add_n([share * each.entropy() for share, each in pairs])


def _check_components(components: Any) -> None:
    if not components:
        raise ValueError("components must be a non-empty list or tuple")
    if not isinstance(components, list | tuple):
        raise TypeError(f"components must be a list or tuple, but saw: {components}")
    if not all(isinstance(each, Distribution) for each in components):
        raise TypeError(
            f"all entries in components must be Distribution instances but saw: {components}"
        )
    if any(each.dtype != components[0].dtype for each in components):
        found = [(each.name, each.dtype) for each in components]
        raise TypeError(f"All components must have the same dtype, but saw dtypes: {found}")


class MixtureSameFamily(Distribution):
    """A mixture of the distributions of a batch.

    Args:
      mixture_distribution: a distribution of classes: the shares.
      components_distribution: one whose last dimension of the batch is the components.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: the two do not fit.
    """

    def __init__(
        self,
        mixture_distribution: Any,
        components_distribution: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MixtureSameFamily",
    ) -> None:
        parameters = dict(locals())
        self._shares, self._parts = mixture_distribution, components_distribution
        with name_scope(name) as scope:
            self._num_components = _component_count(mixture_distribution, components_distribution)
        super().__init__(
            components_distribution.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
            parameters,
            [*mixture_distribution._graph_parents, *components_distribution._graph_parents],
            scope,
        )  # fmt: skip

    @property
    def mixture_distribution(self) -> Any:
        """The shares."""
        return self._shares

    @property
    def components_distribution(self) -> Any:
        """The components."""
        return self._parts

    @property
    def _event_ndims(self) -> int:
        return int(self.event_shape.ndims or 0)

    def _batch_shape(self) -> TensorShape:
        return self._parts.batch_shape.with_rank_at_least(1)[:-1]

    def _batch_shape_tensor(self) -> Any:
        return self._parts.batch_shape_tensor()[:-1]

    def _event_shape(self) -> TensorShape:
        return self._parts.event_shape

    def _event_shape_tensor(self) -> Any:
        return self._parts.event_shape_tensor()

    def _padded_shares(self, shares: Tensor) -> Tensor:
        """Return shares [..., *batch, components], with dimensions of size 1 for events."""
        if self._shares.batch_shape.ndims == 0 and (self.batch_shape.ndims or 0) > 0:
            # All members of the batch have the same shares.
            sizes, unit = shape_of(shares), [1] * (self.batch_shape.ndims or 0)
            shares = reshape(shares, concat([sizes[:-1], unit, sizes[-1:]], 0))
        for _ in range(self._event_ndims):
            shares = expand_dims(shares, -1)
        return shares

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        values = self._parts.sample(n, seed=seed)
        classes = self._shares.sample(n, seed=gen_new_seed(seed, "mixture_same_family"))
        mask = one_hot(classes, depth=self._num_components, dtype=values.dtype)
        return reduce_sum(values * self._padded_shares(mask), axis=-1 - self._event_ndims)

    def _beside_components(self, x: Any) -> Tensor:
        return expand_dims(x, -1 - self._event_ndims)

    def _log_prob(self, value: Any) -> Tensor:
        logs = self._parts.log_prob(self._beside_components(value))
        return reduce_logsumexp(logs + log_softmax(self._shares.logits, axis=-1), axis=-1)

    def _log_cdf(self, value: Any) -> Tensor:
        logs = self._parts.log_cdf(self._beside_components(value))
        return reduce_logsumexp(logs + log_softmax(self._shares.logits, axis=-1), axis=-1)

    def _mean(self) -> Tensor:
        shares = self._padded_shares(self._shares.probs)
        return reduce_sum(shares * self._parts.mean(), axis=-1 - self._event_ndims)

    def _variance(self) -> Tensor:
        shares, axis = self._padded_shares(self._shares.probs), -1 - self._event_ndims
        within = reduce_sum(shares * self._parts.variance(), axis=axis)
        far = square(self._parts.mean() - self._beside_components(self._mean()))
        return within + reduce_sum(shares * far, axis=axis)

    def _covariance(self) -> Tensor:
        if self._event_ndims != 1:
            raise NotImplementedError("covariance is for vectors")
        shares = expand_dims(self._padded_shares(self._shares.probs), -1)
        within = reduce_sum(shares * self._parts.covariance(), axis=-3)
        far = self._parts.mean() - self._beside_components(self._mean())
        outer = matmul(expand_dims(far, -1), expand_dims(far, -2))
        return within + reduce_sum(shares * outer, axis=-3)


def _component_count(shares: Any, parts: Any) -> Any:
    if not shares.dtype.is_integer:
        raise ValueError(f"`mixture_distribution.dtype` ({shares.dtype.name}) is not over integers")
    if shares.event_shape.ndims not in (None, 0):
        raise ValueError("`mixture_distribution` must have scalar `event_dim`s")
    batch = parts.batch_shape.with_rank_at_least(1)
    own, other = shares.batch_shape, batch[:-1]
    known = own.is_fully_defined() and other.is_fully_defined()
    if known and own.ndims != 0 and own.as_list() != other.as_list():
        raise ValueError(
            f"`mixture_distribution.batch_shape` (`{own.as_list()}`) is not compatible with "
            f"`components_distribution.batch_shape` (`{other.as_list()}`)"
        )
    classes = shares.logits.get_shape().with_rank_at_least(1)[-1].value
    count = batch[-1].value
    if classes is not None and count is not None and classes != count:
        raise ValueError(
            f"`mixture_distribution components` ({classes}) does not equal "
            f"`components_distribution.batch_shape[-1]` ({count})"
        )
    return shape_of(shares.logits)[-1] if classes is None else classes
