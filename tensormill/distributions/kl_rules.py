"""Divergences of pairs of distributions.

Source: TensorFlow 1.15, python/ops/distributions.
"""

from __future__ import annotations

from tensormill.distributions.continuous import Normal
from tensormill.distributions.discrete import Bernoulli, Categorical, Dirichlet
from tensormill.distributions.divergence import RegisterKL
from tensormill.distributions.gammas import Beta, Gamma
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax, softmax, softplus
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.elementwise_unary import log, sigmoid, square
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.special_functions import digamma, lbeta, lgamma


@RegisterKL(Normal, Normal)
def _normal(a: Normal, b: Normal, name: str | None = None) -> Tensor:
    with name_scope(name, "kl_normal_normal", [a.loc, b.loc]):
        ratio = square(a.scale / b.scale)
        far = square(a.loc - b.loc) / (2.0 * square(b.scale))
        return far + 0.5 * (ratio - 1.0 - log(ratio))


@RegisterKL(Bernoulli, Bernoulli)
def _bernoulli(a: Bernoulli, b: Bernoulli, name: str | None = None) -> Tensor:
    with name_scope(name, "kl_bernoulli_bernoulli", [a.logits, b.logits]):
        ones = sigmoid(a.logits) * (softplus(-b.logits) - softplus(-a.logits))
        return ones + sigmoid(-a.logits) * (softplus(b.logits) - softplus(a.logits))


@RegisterKL(Categorical, Categorical)
def _categorical(a: Categorical, b: Categorical, name: str | None = None) -> Tensor:
    with name_scope(name, "kl_categorical_categorical", [a.logits, b.logits]):
        difference = log_softmax(a.logits) - log_softmax(b.logits)
        return reduce_sum(softmax(a.logits) * difference, axis=-1)


@RegisterKL(Gamma, Gamma)
def _gamma(a: Gamma, b: Gamma, name: str | None = None) -> Tensor:
    with name_scope(name, "kl_gamma_gamma", [a.concentration, a.rate, b.concentration, b.rate]):
        return (
            (a.concentration - b.concentration) * digamma(a.concentration)
            + lgamma(b.concentration) - lgamma(a.concentration)
            + b.concentration * log(a.rate) - b.concentration * log(b.rate)
            + a.concentration * (b.rate / a.rate - 1.0)
        )  # fmt: skip


@RegisterKL(Beta, Beta)
def _beta(a: Beta, b: Beta, name: str | None = None) -> Tensor:
    with name_scope(name, "kl_beta_beta", [a.total_concentration, b.total_concentration]):
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
    with name_scope(name, "kl_dirichlet_dirichlet", [a.concentration, b.concentration]):
        spread = digamma(a.concentration) - expand_dims(digamma(a.total_concentration), -1)
        difference = a.concentration - b.concentration
        return reduce_sum(difference * spread, -1) - lbeta(a.concentration) + lbeta(b.concentration)
