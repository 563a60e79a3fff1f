"""Whether drawn numbers look as they should: the statistics of TensorFlow's tests of random ops.

Source: TensorFlow 1.15, python/kernel_tests/random/util.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

__all__ = [
    "anderson_darling",
    "check_truncated_normal",
    "chi_squared",
    "moment_scores",
    "normal_cdf",
]

Array = np.ndarray[Any, Any]


def moment_scores(samples: Array, number_moments: int, dist: Any, stride: int = 0) -> list[Any]:
    """Return for each moment how many standard deviations the samples' is from the true one.

    Args:
      samples: what was drawn.
      number_moments: how many moments are compared.
      dist: the distribution; `dist.moment(n)` is its n-th moment.
      stride: the n-th moment is that of every (1 + (n - 1) * stride)-th sample.
    """
    limits = np.finfo(samples.dtype)
    scores = []
    for order in range(1, number_moments + 1):
        chosen = samples.flat[:: (order - 1) * stride + 1]
        true = dist.moment(order)
        variance = (dist.moment(2 * order) - true**2) / len(chosen) + order * limits.eps
        assert np.all(variance > 0)
        variance = max(variance, limits.tiny)
        scores.append(abs((np.mean(chosen**order) - true) / np.sqrt(variance)))
    return scores


def chi_squared(x: Any, bins: int) -> Any:
    """Return Pearson's statistic of numbers that should be uniform on [0, 1]."""
    values = np.ravel(x)
    counts, _ = np.histogram(values, bins=bins, range=(0, 1))
    expected = len(values) / float(bins)
    return np.sum(np.square(counts - expected) / expected)


def normal_cdf(x: Any) -> Any:
    """Return the probability that a standard normal number is at most `x`."""
    return np.vectorize(NormalDist().cdf)(x)


def anderson_darling(x: Any) -> Any:
    """Return the statistic of Anderson and Darling for the standard normal distribution."""
    values = np.sort(np.ravel(x))
    count = len(values)
    order = np.arange(1, count + 1)
    below = normal_cdf(values)
    total = np.sum((2 * order - 1) * np.log(below) + (2 * (count - order) + 1) * np.log(1 - below))
    return -count - total / count


def check_truncated_normal(
    assert_equal: Callable[..., Any],
    assert_all_close: Callable[..., Any],
    n: int,
    y: Array,
    mean_atol: float = 5e-4,
    median_atol: float = 8e-4,
    variance_rtol: float = 1e-3,
) -> None:
    """Check `n` numbers `y` of the normal distribution that is cut off at two deviations."""
    bound = 2.0
    normal = NormalDist()
    assert_equal((y >= -bound).sum(), n)
    assert_equal((y <= bound).sum(), n)
    values = y.astype(float)
    # The distribution is symmetric: mean and median are 0.
    assert_all_close(np.mean(values), 0.0, atol=mean_atol)
    assert_all_close(np.median(values), 0.0, atol=median_atol)
    kept = normal.cdf(bound) - normal.cdf(-bound)
    density = math.exp(-(bound**2) / 2.0) / math.sqrt(2 * math.pi)
    assert_all_close(np.var(values), 1.0 - 2 * bound * density / kept, rtol=variance_rtol)
