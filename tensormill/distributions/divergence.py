"""Divergences of pairs of distributions, by a registry.

Source: TensorFlow 1.15, python/ops/distributions/kullback_leibler.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.distributions.base import Distribution
from tensormill.distributions.continuous import Beta, Gamma, Normal
from tensormill.distributions.discrete import Bernoulli, Categorical, Dirichlet
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax, softmax, softplus
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.elementwise_unary import log, sigmoid, square
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.special_functions import digamma, lbeta, lgamma

__all__ = ["RegisterKL", "kl_divergence"]

_DIVERGENCES: dict[tuple[type, type], Callable[..., Any]] = {}


class RegisterKL:
    """Registers the decorated function as the divergence of two kinds of distributions.

    Args:
      dist_cls_a: the first kind.
      dist_cls_b: the second kind.
    """

    def __init__(self, dist_cls_a: type, dist_cls_b: type) -> None:
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function of two distributions and `name`.

        Raises:
          TypeError: it cannot be called.
          ValueError: there is one already.
        """
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _DIVERGENCES:
            first, second = self._key
            raise ValueError(
                f"KL({first.__name__} || {second.__name__}) has already been registered to: "
                f"{_DIVERGENCES[self._key]}"
            )
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn


def kl_divergence(
    distribution_a: Distribution,
    distribution_b: Distribution,
    allow_nan_stats: bool = True,
    name: str | None = None,
) -> Tensor:
    """Return the Kullback-Leibler divergence of the first distribution from the second.

    Args:
      distribution_a: the first.
      distribution_b: the second.
      allow_nan_stats: not used; what does not exist is NaN.
      name: the name of the nodes.

    Raises:
      NotImplementedError: there is none for these kinds.
    """
    for first in type(distribution_a).__mro__:
        for second in type(distribution_b).__mro__:
            found = _DIVERGENCES.get((first, second))
            if found is not None:
                with name_scope("KullbackLeibler"):
                    made: Tensor = found(distribution_a, distribution_b, name=name)
                    return made
    raise NotImplementedError(
        f"No KL(distribution_a || distribution_b) registered for distribution_a type "
        f"{type(distribution_a).__name__} and distribution_b type {type(distribution_b).__name__}"
    )


@RegisterKL(Normal, Normal)
def _normal(a: Normal, b: Normal, name: str | None = None) -> Tensor:
    ratio = square(a.scale / b.scale)
    far = square(a.loc - b.loc) / (2.0 * square(b.scale))
    return far + 0.5 * (ratio - 1.0 - log(ratio))


@RegisterKL(Bernoulli, Bernoulli)
def _bernoulli(a: Bernoulli, b: Bernoulli, name: str | None = None) -> Tensor:
    ones = sigmoid(a.logits) * (softplus(-b.logits) - softplus(-a.logits))
    return ones + sigmoid(-a.logits) * (softplus(b.logits) - softplus(a.logits))


@RegisterKL(Categorical, Categorical)
def _categorical(a: Categorical, b: Categorical, name: str | None = None) -> Tensor:
    difference = log_softmax(a.logits) - log_softmax(b.logits)
    return reduce_sum(softmax(a.logits) * difference, axis=-1)


@RegisterKL(Gamma, Gamma)
def _gamma(a: Gamma, b: Gamma, name: str | None = None) -> Tensor:
    return (
        (a.concentration - b.concentration) * digamma(a.concentration)
        + lgamma(b.concentration) - lgamma(a.concentration)
        + b.concentration * log(a.rate) - b.concentration * log(b.rate)
        + a.concentration * (b.rate / a.rate - 1.0)
    )  # fmt: skip


@RegisterKL(Beta, Beta)
def _beta(a: Beta, b: Beta, name: str | None = None) -> Tensor:
    one, zero = a.concentration1, a.concentration0
    total, other_total = a.total_concentration, b.total_concentration
    return (
        b._log_normalization() - a._log_normalization()
        - digamma(one) * (b.concentration1 - one)
        - digamma(zero) * (b.concentration0 - zero)
        + digamma(total) * (other_total - total)
    )  # fmt: skip


@RegisterKL(Dirichlet, Dirichlet)
def _dirichlet(a: Dirichlet, b: Dirichlet, name: str | None = None) -> Tensor:
    spread = digamma(a.concentration) - expand_dims(digamma(a.total_concentration), -1)
    difference = a.concentration - b.concentration
    return reduce_sum(difference * spread, -1) - lbeta(a.concentration) + lbeta(b.concentration)
