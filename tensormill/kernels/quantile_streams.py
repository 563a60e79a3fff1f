"""Quantiles of weighted numbers that come one after another, by summaries of bounded size.

A summary is a matrix with a row for each value: value, weight, and the smallest and the greatest
rank that it may have; rows are in the order of values.

Source: TensorFlow 1.15, core/kernels/boosted_trees/quantiles (https://arxiv.org/abs/1603.02754).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["QuantileStream"]

Array = np.ndarray[Any, Any]
_EMPTY = np.zeros([0, 4], np.float32)


def _block_size(epsilon: float, max_elements: int) -> int:
    if epsilon <= np.finfo(np.float64).eps:
        return max(max_elements, 2)
    level, size = 1, 2
    while (1 << level) * size < max_elements:
        size = math.ceil(level / epsilon) + 1
        level += 1
    return max(size, 2)


def _of_values(values: Array, weights: Array) -> Array:
    """Return the summary of some values."""
    kept = weights > 0
    different, places = np.unique(values[kept], return_inverse=True)
    sums = np.bincount(places.reshape(-1), weights[kept], len(different)).astype(np.float32)
    ends = np.cumsum(sums, dtype=np.float32)
    return np.stack([different.astype(np.float32), sums, ends - sums, ends], axis=1)


def _merged(one: Array, other: Array) -> Array:
    """Return the summary of all that two summaries are of."""
    if not len(other):
        return one
    if not len(one):
        return other
    found: list[tuple[Any, ...]] = []
    i = j = 0
    low_i = low_j = np.float32(0)
    while i < len(one) or j < len(other):
        takes_one = j == len(other) or (i < len(one) and one[i, 0] <= other[j, 0])
        takes_other = i == len(one) or (j < len(other) and other[j, 0] <= one[i, 0])
        if takes_one and takes_other:
            (value, weight, low, high), (_, more, its_low, its_high) = one[i], other[j]
            found.append((value, weight + more, low + its_low, high + its_high))
        elif takes_one:
            value, weight, low, high = one[i]
            after = other[-1, 3] if j == len(other) else other[j, 3] - other[j, 1]
            found.append((value, weight, low + low_j, high + after))
        else:
            value, weight, low, high = other[j]
            after = one[-1, 3] if i == len(one) else one[i, 3] - one[i, 1]
            found.append((value, weight, low + low_i, high + after))
        if takes_one:
            low_i = one[i, 2] + one[i, 1]
            i += 1
        if takes_other:
            low_j = other[j, 2] + other[j, 1]
            j += 1
    return np.array(found, np.float32)


def _compressed(summary: Array, size: int, least_error: float) -> Array:
    """Return a summary of about `size` rows, whose error is greater by 1 / `size` at most."""
    size, count = max(size, 2), len(summary)
    if count <= size:
        return summary
    allowed = float(summary[-1, 3]) * max(1.0 / size, least_error)
    kept = [0]
    budget, at, last = 0, 0, 1
    while at + 1 < count:
        after = at + 1
        while (
            after < count
            and budget < count
            and summary[after, 3] - summary[after, 1] - summary[at, 2] - summary[at, 1] <= allowed
        ):
            budget += size
            after += 1
        at = at + 1 if at == after - 1 else after - 1
        kept.append(at)
        last = at
        budget -= count
    if last + 1 != count:
        kept.append(count - 1)
    return summary[kept]


def _error(summary: Array) -> float:
    if len(summary) < 2:
        return 0.0
    _, weight, low, high = summary.T
    inner = high[1:] - low[1:] - weight[1:]
    gaps = high[1:] - weight[1:] - (low[:-1] + weight[:-1])
    return float(max(0.0, inner.max(), gaps.max())) / float(high[-1])


class QuantileStream:
    """The summary of all numbers that were pushed.

    Args:
      epsilon: how far ranks may be off, as a part of the whole weight.
      max_elements: how many numbers there are at most.

    Attributes:
      is_finished: whether `finish` was called.
    """

    def __init__(self, epsilon: float, max_elements: int) -> None:
        self._epsilon = epsilon
        self._block = _block_size(epsilon, max_elements)
        self._buffer = min(2 * self._block, max_elements)
        self._levels: list[Array] = []
        self._whole = _EMPTY
        self.is_finished = False

    def push(self, values: Array, weights: Array) -> None:
        """Add numbers with their weights."""
        for start in range(0, len(values), self._buffer):
            part = slice(start, start + self._buffer)
            self.push_summary(_of_values(values[part], weights[part]))

    def push_summary(self, summary: Array) -> None:
        """Add what a summary is of."""
        summary = _compressed(summary, self._block, self._epsilon)
        if not len(summary):
            return
        for level, present in enumerate(self._levels):
            summary = _merged(summary, present)
            if not len(present) or len(summary) <= self._block + 1:
                self._levels[level] = summary
                return
            summary = _compressed(summary, self._block, self._epsilon)
            self._levels[level] = _EMPTY
        self._levels.append(summary)

    def finish(self) -> Array:
        """Return the summary of all; nothing may be pushed any more."""
        for summary in self._levels:
            self._whole = _merged(self._whole, summary)
        self._levels.clear()
        self.is_finished = True
        return self._whole

    def boundaries(self, count: int) -> Array:
        """Return about `count` different values that part the numbers about evenly."""
        if not len(self._whole):
            return np.zeros(0, np.float32)
        error = float(np.float32(_error(self._whole) + 1.0 / count))
        found: Array = _compressed(self._whole, count, error)[:, 0]
        return found[np.flatnonzero(np.r_[True, found[1:] != found[:-1]])]

    def quantiles(self, count: int) -> Array:
        """Return the values at `count` + 1 ranks from the least to the greatest."""
        value, weight, low, high = self._whole.T
        if not len(value):
            return np.zeros(0, np.float32)
        count = max(count, 2)
        found, at = [], 0
        for rank in range(count + 1):
            twice = 2 * (np.float32(rank) * high[-1] / np.float32(count))
            after = at + 1
            while after < len(value) and twice >= low[after] + high[after]:
                after += 1
            at = after - 1
            is_before = after == len(value) or (
                twice < low[at] + weight[at] + high[after] - weight[after]
            )
            found.append(value[at if is_before else after])
        return np.array(found, np.float32)
