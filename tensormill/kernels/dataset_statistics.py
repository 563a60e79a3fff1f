"""Kernels of datasets that take note of how their elements come.

Source: TensorFlow 1.15, core/kernels/data/experimental/stats_dataset_ops.cc and
stats_aggregator_ops.cc.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.kernels.dataset_base import Dataset, Failure, Iteration
from tensormill.kernels.dataset_transformations import DerivedDataset
from tensormill.kernels.registry import KernelContext, kernel, resource_kernel
from tensormill.kernels.summaries import HistogramCounts
from tensormill.kernels.value_types import as_object_array

_KIND = "stats_aggregator"


class StatsAggregator:
    """Gathers what pipelines note. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._histograms: dict[str, HistogramCounts] = {}  # guarded by _lock

    def note(self, name: str, number: float) -> None:
        """Add a number to a histogram."""
        with self._lock:
            counts = self._histograms.get(name)
            if counts is None:
                counts = self._histograms[name] = HistogramCounts()
            counts.add(np.array([number], np.float64))

    def summary(self) -> bytes:
        """Return a serialized `Summary` of all that was noted."""
        made = Summary()
        with self._lock:
            for name, counts in sorted(self._histograms.items()):
                counts.write(made.value.add(tag=name).histo)
        return bytes(made.SerializeToString())


class TaggedStats:
    """An aggregator, and what the names of all that one pipeline notes begin with."""

    def __init__(self, aggregator: StatsAggregator, tag: str) -> None:
        self._aggregator = aggregator
        self._tag = tag

    def note(self, name: str, number: float) -> None:
        """Add a number to a histogram."""
        self._aggregator.note(f"{self._tag}_{name}" if self._tag else name, number)


@resource_kernel("StatsAggregatorHandle", "cpu")
@resource_kernel("ExperimentalStatsAggregatorHandle", "cpu")
@resource_kernel("StatsAggregatorHandleV2", "cpu")
def find_stats_aggregator(ctx: KernelContext) -> Any:
    resources = ctx.resources
    container = ctx.attrs["container"].decode() or resources.default_container
    name = ctx.attrs["shared_name"].decode() or f"_{ctx.session_handle}_{ctx.node_name}"
    return resources.lookup_or_create(_KIND, container, name, StatsAggregator)


@kernel("StatsAggregatorSummary", "cpu")
@kernel("ExperimentalStatsAggregatorSummary", "cpu")
def stats_aggregator_summary(iterator: Any) -> Any:
    return as_object_array([iterator.summary()], ())


class WatchedDataset(DerivedDataset):
    """The elements, of whose pipeline an aggregator gathers notes."""

    def __init__(
        self, source: Dataset, aggregator: StatsAggregator, tag: str, dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._stats = TaggedStats(aggregator, tag)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        iteration.stats = self._stats
        return self.source.elements(iteration)

    def cardinality(self) -> int:
        return self.source.cardinality()


@kernel("SetStatsAggregatorDataset", "cpu", host_inputs=("tag", "counter_prefix"))
@kernel("ExperimentalSetStatsAggregatorDataset", "cpu", host_inputs=("tag", "counter_prefix"))
def set_stats_aggregator_dataset(
    input_dataset: Any,
    stats_aggregator: Any,
    tag: Any,
    counter_prefix: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    return WatchedDataset(input_dataset, stats_aggregator, _text(tag), output_types, output_shapes)


class NotedDataset(DerivedDataset):
    """The elements, of each of which something is noted."""

    def __init__(self, source: Dataset, tag: str, dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._tag = tag

    def cardinality(self) -> int:
        return self.source.cardinality()


class LatencyStats(NotedDataset):
    """The elements; how many microseconds each took is noted."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        source = self.source.elements(iteration)
        while True:
            begun = time.monotonic_ns()
            element = next(source, None)
            took_us = (time.monotonic_ns() - begun) // 1000
            if element is None:
                return
            if iteration.stats is not None and type(element) is not Failure:
                iteration.stats.note(self._tag, took_us)
            yield element


class BytesProducedStats(NotedDataset):
    """The elements; how many bytes each has is noted."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for element in self.source.elements(iteration):
            if iteration.stats is not None and type(element) is not Failure:
                iteration.stats.note(self._tag, sum(map(_byte_count, element)))
            yield element


def _byte_count(value: Any) -> int:
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return sum(map(len, value.ravel()))
    return int(value.nbytes) if isinstance(value, (np.ndarray, np.generic, torch.Tensor)) else 0


@kernel("LatencyStatsDataset", "cpu", host_inputs=("tag",))
@kernel("ExperimentalLatencyStatsDataset", "cpu", host_inputs=("tag",))
def latency_stats_dataset(
    input_dataset: Any, tag: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return LatencyStats(input_dataset, _text(tag), output_types, output_shapes)


@kernel("BytesProducedStatsDataset", "cpu", host_inputs=("tag",))
@kernel("ExperimentalBytesProducedStatsDataset", "cpu", host_inputs=("tag",))
def bytes_produced_stats_dataset(
    input_dataset: Any, tag: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return BytesProducedStats(input_dataset, _text(tag), output_types, output_shapes)


def _text(value: Any) -> str:
    return str(np.ravel(value)[0].decode())
