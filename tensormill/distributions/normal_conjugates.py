"""What is known of the mean of normal numbers after some of them were seen.

Source: TensorFlow 1.15, contrib/distributions/python/ops/normal_conjugate_posteriors.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.distributions.continuous import Normal
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sqrt, square

__all__ = [
    "normal_conjugates_known_scale_posterior",
    "normal_conjugates_known_scale_predictive",
]


def _mean_and_variance(prior: Any, scale: Any, s: Any, n: Any) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance of the posterior.

    Raises:
      TypeError: the prior is not normal, or dtypes differ.
    """
    if not isinstance(prior, Normal):
        raise TypeError("Expected prior to be an instance of type Normal")
    if s.dtype != prior.dtype:
        raise TypeError(
            f"Observation sum s.dtype does not match prior dtype: {s.dtype} vs. {prior.dtype}"
        )
    before, each = square(prior.scale), square(scale)
    variance = 1.0 / (1 / before + cast(n, prior.dtype) / each)
    return (prior.loc / before + s / each) * variance, variance


def normal_conjugates_known_scale_posterior(prior: Any, scale: Any, s: Any, n: Any) -> Normal:
    """Return the distribution of the mean after numbers were seen.

    Args:
      prior: a `Normal`: what is known of the mean before.
      scale: the standard deviation of the numbers.
      s: the sum of the numbers that were seen.
      n: how many they are.
    """
    mean, variance = _mean_and_variance(prior, scale, s, n)
    return Normal(loc=mean, scale=sqrt(variance))


def normal_conjugates_known_scale_predictive(prior: Any, scale: Any, s: Any, n: Any) -> Normal:
    """Return the distribution of the next number; see `normal_conjugates_known_scale_posterior`."""
    mean, variance = _mean_and_variance(prior, scale, s, n)
    return Normal(loc=mean, scale=sqrt(variance + square(scale)))
