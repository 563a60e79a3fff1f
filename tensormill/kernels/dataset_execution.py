"""Kernels of datasets that say how their elements are computed.

Source: TensorFlow 1.15, core/kernels/data/experimental/.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

from tensormill.graph import errors
from tensormill.kernels.dataset_base import UNKNOWN, Dataset, Iteration
from tensormill.kernels.dataset_transformations import DerivedDataset
from tensormill.kernels.registry import KernelContext, kernel, resource_kernel

_POOL_KIND = "dataset_thread_pool"


class DelayedDataset(DerivedDataset):
    """The elements; before each, some time passes."""

    def __init__(self, source: Dataset, delay_s: float, dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._delay_s = delay_s

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        source = self.source.elements(iteration)
        while True:
            self._pass_time(iteration)
            element = next(source, None)
            if element is None:
                return
            yield element

    def _pass_time(self, iteration: Iteration) -> None:
        interrupted = threading.Event()
        token = iteration.register(lambda reason: interrupted.set())
        try:
            left_s = iteration.remaining_s()
            delay_s = self._delay_s if left_s is None else min(left_s, self._delay_s)
            if interrupted.wait(delay_s):
                raise errors.CancelledError(None, None, iteration.interruption or "")
            if delay_s < self._delay_s:
                raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification")
        finally:
            iteration.deregister(token)

    def cardinality(self) -> int:
        return self.source.cardinality()


@kernel("SleepDataset", "cpu", host_inputs=("sleep_microseconds",))
@kernel("ExperimentalSleepDataset", "cpu", host_inputs=("sleep_microseconds",))
def sleep_dataset(
    input_dataset: Any, sleep_microseconds: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return DelayedDataset(input_dataset, int(sleep_microseconds) / 1e6, output_types, output_shapes)


class ThreadPoolSize:
    """How many threads a program wants for a pipeline; work ahead goes to those of the process."""

    def __init__(self, count: int) -> None:
        self.count = count


@resource_kernel("ThreadPoolHandle", "cpu")
@resource_kernel("ExperimentalThreadPoolHandle", "cpu")
def find_thread_pool(ctx: KernelContext) -> Any:
    resources, attrs = ctx.resources, ctx.attrs
    if attrs["num_threads"] <= 0:
        raise errors.invalid_argument("`num_threads` must be greater than zero.")
    container = attrs["container"].decode() or resources.default_container
    name = attrs["shared_name"].decode() or f"_{ctx.session_handle}_{ctx.node_name}"
    return resources.lookup_or_create(
        _POOL_KIND, container, name, lambda: ThreadPoolSize(attrs["num_threads"])
    )


@kernel("ThreadPoolDataset", "cpu")
@kernel("ExperimentalThreadPoolDataset", "cpu")
def thread_pool_dataset(input_dataset: Any, thread_pool: Any) -> Dataset:
    same: Dataset = input_dataset
    return same


class FastestDataset(Dataset):
    """The elements of one of several datasets that have the same: of the fastest."""

    def __init__(self, sources: list[Dataset], experiments: int, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._sources = sources
        self._experiments = experiments

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        runs = []
        for source in self._sources:
            items = source.elements(iteration)
            begun = time.perf_counter()
            first = list(itertools.islice(items, self._experiments))
            runs.append((time.perf_counter() - begun, first, items))
        _, first, items = min(runs, key=lambda run: run[0])
        yield from first
        yield from items

    def cardinality(self) -> int:
        counts = {source.cardinality() for source in self._sources}
        return counts.pop() if len(counts) == 1 else UNKNOWN


@kernel("ChooseFastestDataset", "cpu")
@kernel("ExperimentalChooseFastestDataset", "cpu")
def choose_fastest_dataset(
    input_datasets: list[Any], *, num_experiments: int, output_types: Any, output_shapes: Any
) -> Dataset:
    return FastestDataset(input_datasets, num_experiments, output_types, output_shapes)
