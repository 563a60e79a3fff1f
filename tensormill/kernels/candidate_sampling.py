"""Kernels of candidate samplers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]
Sampler = Callable[[Array], tuple[Array, Array, Array]]


class Distribution(Protocol):
    """A distribution over the classes [0, size)."""

    size: int

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Return `count` independent classes, int64."""

    def probability(self, classes: Array) -> Array:
        """Return the probability of each class, float64."""

    def observe(self, classes: Array) -> None:
        """Learn from the true classes of a batch."""


class Uniform:
    """All classes alike."""

    def __init__(self, size: int) -> None:
        self.size = size

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Return `count` independent classes."""
        return rng.integers(0, self.size, count)

    def probability(self, classes: Array) -> Array:
        """Return the probability of each class."""
        return np.full(classes.shape, 1.0 / self.size)

    def observe(self, classes: Array) -> None:
        """Learn nothing."""


class LogUniform:
    """Zipf's law: class k has the probability `log((k + 2) / (k + 1)) / log(size + 1)`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._log_range = np.log1p(size)

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Return `count` independent classes."""
        drawn = np.exp(rng.random(count) * self._log_range).astype(np.int64) - 1
        return drawn % self.size

    def probability(self, classes: Array) -> Array:
        """Return the probability of each class."""
        return np.log((classes + 2.0) / (classes + 1.0)) / self._log_range

    def observe(self, classes: Array) -> None:
        """Learn nothing."""


class Weighted:
    """Classes by weight; where `learns` is set, each true class adds one to its weight."""

    def __init__(self, weights: Array, learns: bool = False) -> None:
        self.size = len(weights)
        self._weights = np.asarray(weights, np.float64)
        self._cumulative = np.cumsum(self._weights)
        self._learns = learns

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Return `count` independent classes."""
        points = rng.random(count) * self._cumulative[-1]
        return np.searchsorted(self._cumulative, points, side="right")

    def probability(self, classes: Array) -> Array:
        """Return the probability of each class; 0 outside the range."""
        is_inside = (classes >= 0) & (classes < self.size)
        weights = self._weights[np.where(is_inside, classes, 0)]
        return np.where(is_inside, weights / self._cumulative[-1], 0.0)

    def observe(self, classes: Array) -> None:
        """Add one to the weight of each class."""
        if self._learns:
            np.add.at(self._weights, classes.ravel(), 1)
            self._cumulative = np.cumsum(self._weights)


def _draw_unique(
    distribution: Distribution, rng: np.random.Generator, count: int
) -> tuple[Array, int]:
    """Return `count` different classes in the order of their draw, and the number of draws."""
    seen: dict[int, None] = {}
    draws = 0
    while len(seen) < count:
        for value in distribution.sample(rng, count).tolist():
            draws += 1
            seen[value] = None
            if len(seen) == count:
                break
    return np.fromiter(seen, np.int64, count), draws


def _expected(probability: Array, draws: int, count: int) -> Array:
    """Return the expected number of occurrences among the samples."""
    if draws == count:
        return (probability * count).astype(np.float32)
    return -np.expm1(draws * np.log1p(-probability)).astype(np.float32)


def _sampler(ctx: KernelContext, distribution: Distribution) -> Sampler:
    attrs = ctx.attrs
    count, is_unique = attrs["num_sampled"], attrs["unique"]
    if is_unique and count > distribution.size:
        raise errors.invalid_argument("Sampler's range is too small.")
    seeds = (attrs["seed"], attrs["seed2"])
    rng = np.random.Generator(np.random.Philox(list(seeds) if any(seeds) else None))

    def sample(true_classes: Array) -> tuple[Array, Array, Array]:
        _check_classes(true_classes, attrs["num_true"])
        if is_unique:
            sampled, draws = _draw_unique(distribution, rng, count)
        else:
            sampled, draws = distribution.sample(rng, count), count
        made = (
            sampled,
            _expected(distribution.probability(true_classes), draws, count),
            _expected(distribution.probability(sampled), draws, count),
        )
        distribution.observe(true_classes)
        return made

    return sample


def _check_classes(true_classes: Array, num_true: int) -> None:
    if true_classes.ndim != 2:
        raise errors.invalid_argument("true_classes must be a matrix")
    if true_classes.shape[1] != num_true:
        raise errors.invalid_argument(
            f"true_classes must have num_true columns, expected: {true_classes.shape[1]} "
            f"was: {num_true}"
        )


_HOST = ("sampled_candidates", "true_expected_count", "sampled_expected_count")


@kernel_factory("UniformCandidateSampler", "cpu", host_inputs=("true_classes",), host_outputs=_HOST)
def uniform_candidate_sampler(ctx: KernelContext) -> Sampler:
    return _sampler(ctx, Uniform(ctx.attrs["range_max"]))


@kernel_factory(
    "LogUniformCandidateSampler", "cpu", host_inputs=("true_classes",), host_outputs=_HOST
)
def log_uniform_candidate_sampler(ctx: KernelContext) -> Sampler:
    return _sampler(ctx, LogUniform(ctx.attrs["range_max"]))


@kernel_factory(
    "LearnedUnigramCandidateSampler", "cpu", host_inputs=("true_classes",), host_outputs=_HOST
)
@kernel_factory(
    "ThreadUnsafeUnigramCandidateSampler", "cpu", host_inputs=("true_classes",), host_outputs=_HOST
)
def learned_unigram_candidate_sampler(ctx: KernelContext) -> Sampler:
    return _sampler(ctx, Weighted(np.ones(ctx.attrs["range_max"]), learns=True))


@kernel_factory(
    "FixedUnigramCandidateSampler", "cpu", host_inputs=("true_classes",), host_outputs=_HOST
)
def fixed_unigram_candidate_sampler(ctx: KernelContext) -> Sampler:
    attrs = ctx.attrs
    vocab_file, unigrams = attrs["vocab_file"].decode(), attrs["unigrams"]
    if bool(vocab_file) == bool(unigrams):
        raise errors.invalid_argument(
            "Must provide either vocab_file or unigrams, but not both, or neither."
        )
    if vocab_file:
        lines = Path(vocab_file).read_text().splitlines()
        unigrams = [float(line.rpartition(",")[2]) for line in lines if line.strip()]
    weights = np.concatenate(
        [np.zeros(attrs["num_reserved_ids"]), np.power(unigrams, attrs["distortion"])]
    )
    if len(weights) != attrs["range_max"]:
        raise errors.invalid_argument(
            f"range_max is {attrs['range_max']} but there are {len(weights)} classes"
        )
    weights[np.arange(len(weights)) % attrs["num_shards"] != attrs["shard"]] = 0
    return _sampler(ctx, Weighted(weights))


@kernel("AllCandidateSampler", "cpu", host_inputs=("true_classes",), host_outputs=_HOST)
def all_candidate_sampler(
    true_classes: Array, *, num_true: int, num_sampled: int
) -> tuple[Array, Array, Array]:
    _check_classes(true_classes, num_true)
    return (
        np.arange(num_sampled, dtype=np.int64),
        np.ones(true_classes.shape, np.float32),
        np.ones(num_sampled, np.float32),
    )


@kernel(
    "ComputeAccidentalHits",
    "cpu",
    host_inputs=("true_classes", "sampled_candidates"),
    host_outputs=("indices", "ids", "weights"),
)
def compute_accidental_hits(
    true_classes: Array, sampled_candidates: Array, *, num_true: int
) -> tuple[Array, Array, Array]:
    _check_classes(true_classes, num_true)
    places = {value: at for at, value in enumerate(sampled_candidates.tolist())}
    hits = [
        (row, places[value])
        for row, values in enumerate(true_classes.tolist())
        for value in values
        if value in places
    ]
    found = np.array(hits, np.int64).reshape(-1, 2)
    return (
        found[:, 0].astype(np.int32),
        found[:, 1].copy(),
        np.full(len(hits), -np.finfo(np.float32).max, np.float32),
    )
