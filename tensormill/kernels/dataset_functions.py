"""Kernels of datasets that call functions of the graph on the elements of others."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.background_work import Work
from tensormill.kernels.dataset_base import (
    UNKNOWN,
    Dataset,
    DatasetFunction,
    Failure,
    Iteration,
    component_dims,
    unstacked,
)
from tensormill.kernels.dataset_batching import BatchedDataset
from tensormill.kernels.dataset_buffers import WORTH_A_THREAD_NS
from tensormill.kernels.dataset_stacking import stacked_blocks
from tensormill.kernels.dataset_transformations import DerivedDataset
from tensormill.kernels.registry import KernelContext, kernel_factory

__all__ = ["FunctionDataset", "truth"]

_TRIAL_CALLS = 6
_AUTOTUNED_CALLS = 4
_MOST_PARALLEL_CALLS = 64


class FunctionDataset(DerivedDataset):
    """A dataset that calls a function on the elements of another one."""

    def __init__(
        self,
        source: Dataset,
        function: DatasetFunction,
        captured: list[Any],
        dtypes: Any,
        dims: Any,
    ) -> None:
        super().__init__(source, dtypes, dims)
        self.function = function
        self.captured = captured

    def bound(self, iteration: Iteration) -> Callable[..., Any]:
        """Return what calls the function with the components of an element."""
        return self.function.bind(self.captured, iteration)


class MappedDataset(FunctionDataset):
    """What a function returns for each element."""

    is_mapped = True

    def __init__(self, preserves_cardinality: bool, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._preserves_cardinality = preserves_cardinality

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            result = _attempt(call, element)
            if type(result) is Failure and self._ends_with(result):
                return
            yield result

    def blocks(self, iteration: Iteration, size: int) -> Iterator[Any]:
        call_batched = self.function.bind_batched(self.captured, iteration)
        if call_batched is None:
            yield from super().blocks(iteration, size)
            return
        call = self.bound(iteration)
        for block in stacked_blocks(self.source, iteration, size):
            if type(block) is tuple:
                try:
                    yield call_batched(*block)
                    continue
                except Exception:  # noqa: BLE001 - some element fails: see which
                    block = list(zip(*map(unstacked, block), strict=True))
            results: list[Any] = []
            for element in block:
                result = _attempt(call, element)
                if type(result) is Failure and result is not element and self._ends_with(result):
                    yield results
                    return
                results.append(result)
            yield results

    def _ends_with(self, failure: Failure) -> bool:
        """Return whether a failure of the function ends the dataset."""
        return not self._preserves_cardinality and isinstance(failure.error, errors.OutOfRangeError)

    def cardinality(self) -> int:
        return self.source.cardinality() if self._preserves_cardinality else UNKNOWN


class ParallelMappedDataset(MappedDataset):
    """What a function returns for each element, several calls at once where that is worth it."""

    def __init__(self, calls: int, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._calls = calls

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for element in self._results(iteration):
            if type(element) is Failure and self._ends_with(element):
                return
            yield element

    def _results(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        source = self.source.elements(iteration)
        if not self.function.calls_python:
            fastest_ns = 0
            for count, element in enumerate(source):
                started = time.perf_counter_ns()
                result = _attempt(call, element)
                spent_ns = time.perf_counter_ns() - started
                fastest_ns = min(fastest_ns, spent_ns) if count else spent_ns
                yield result
                if count >= _TRIAL_CALLS:
                    break
            if fastest_ns < WORTH_A_THREAD_NS:
                for element in source:
                    yield _attempt(call, element)
                return
        yield from self._in_parallel(call, source, iteration)

    def _in_parallel(
        self, call: Callable[..., Any], source: Iterator[Any], iteration: Iteration
    ) -> Iterator[Any]:
        running: deque[Work] = deque()
        try:
            for element in source:
                running.append(Work(partial(_attempt, call, element)))
                if len(running) >= self._calls:
                    yield running.popleft().wait()
            while running:
                yield running.popleft().wait()
        finally:
            for work in running:
                work.cancel()


def _attempt(call: Callable[..., Any], element: Any) -> Any:
    """Return what a call gives for an element, or a `Failure`."""
    if type(element) is Failure:
        return element
    try:
        return call(*element)
    except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
        return Failure(error)


@kernel_factory("MapDataset", "cpu")
@kernel_factory("ExperimentalMapDataset", "cpu")
def map_dataset(ctx: KernelContext) -> Any:
    function = ctx.function(ctx.attrs["f"])
    preserves = ctx.attrs.get("preserve_cardinality", False)
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(input_dataset: Any, other_arguments: list[Any]) -> Dataset:
        return MappedDataset(preserves, input_dataset, function, other_arguments, dtypes, dims)

    return make


def _parallel_calls(count: Any) -> int:
    calls = int(count)
    if calls == -1:
        return _AUTOTUNED_CALLS
    if calls <= 0:
        raise errors.invalid_argument("num_parallel_calls must be greater than zero.")
    return min(calls, _MOST_PARALLEL_CALLS)


@kernel_factory("ParallelMapDataset", "cpu", host_inputs=("num_parallel_calls",))
@kernel_factory("ParallelMapDatasetV2", "cpu", host_inputs=("num_parallel_calls",))
def parallel_map_dataset(ctx: KernelContext) -> Any:
    function = ctx.function(ctx.attrs["f"])
    preserves = ctx.attrs["preserve_cardinality"]
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(input_dataset: Any, other_arguments: list[Any], num_parallel_calls: Any) -> Dataset:
        calls = _parallel_calls(num_parallel_calls)
        return ParallelMappedDataset(
            calls, preserves, input_dataset, function, other_arguments, dtypes, dims
        )

    return make


@kernel_factory(
    "MapAndBatchDataset",
    "cpu",
    host_inputs=("batch_size", "num_parallel_calls", "drop_remainder"),
)
@kernel_factory(
    "ExperimentalMapAndBatchDataset",
    "cpu",
    host_inputs=("batch_size", "num_parallel_calls", "drop_remainder"),
)
def map_and_batch_dataset(ctx: KernelContext) -> Any:
    function = ctx.function(ctx.attrs["f"])
    preserves = ctx.attrs["preserve_cardinality"]
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]
    rows = [None if shape is None else shape[1:] for shape in dims]

    def make(
        input_dataset: Any,
        other_arguments: list[Any],
        batch_size: Any,
        num_parallel_calls: Any,
        drop_remainder: Any,
    ) -> Dataset:
        size = int(batch_size)
        if size <= 0:
            raise errors.invalid_argument("batch_size must be greater than zero.")
        calls = _parallel_calls(num_parallel_calls)
        mapped = ParallelMappedDataset(
            calls, preserves, input_dataset, function, other_arguments, dtypes, rows
        )
        return BatchedDataset(mapped, size, bool(drop_remainder), dtypes, dims)

    return make


class FlattenedDataset(FunctionDataset):
    """The elements of the datasets that a function returns, one dataset after the other."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        for element in self.source.elements(iteration):
            made = _attempt(call, element)
            if type(made) is Failure:
                yield made
            else:
                yield from made[0].elements(iteration)


@kernel_factory("FlatMapDataset", "cpu")
def flat_map_dataset(ctx: KernelContext) -> Any:
    function = ctx.function(ctx.attrs["f"])
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(input_dataset: Any, other_arguments: list[Any]) -> Dataset:
        return FlattenedDataset(input_dataset, function, other_arguments, dtypes, dims)

    return make


class InterleavedDataset(FunctionDataset):
    """The elements of the datasets that a function returns, blocks of several datasets by turns."""

    def __init__(self, cycle_length: int, block_length: int, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._cycle_length = cycle_length
        self._block_length = block_length

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        source = self.source.elements(iteration)
        slots: list[Iterator[Any] | None] = [None] * self._cycle_length
        open_count = 0
        is_finished = False
        slot, taken = 0, 0
        while not is_finished or open_count:
            current = slots[slot]
            if current is None:
                if not is_finished:
                    element = next(source, None)
                    if element is None:
                        is_finished = True
                    else:
                        made = _attempt(call, element)
                        if type(made) is Failure:
                            yield made
                        else:
                            slots[slot] = made[0].elements(iteration)
                            open_count += 1
                        continue
                slot, taken = (slot + 1) % self._cycle_length, 0
                continue
            item = next(current, None)
            if item is None:
                slots[slot] = None
                open_count -= 1
                slot, taken = (slot + 1) % self._cycle_length, 0
                continue
            yield item
            taken += 1
            if taken >= self._block_length:
                slot, taken = (slot + 1) % self._cycle_length, 0


class SteadyInterleavedDataset(InterleavedDataset):
    """As an interleaved dataset, where datasets take their places before it is their turn."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        source = self.source.elements(iteration)
        slots: list[Iterator[Any]] = []

        def opened() -> Any:
            """Return the iterator of the next dataset, a Failure, or None at the end."""
            element = next(source, None)
            if element is None:
                return None
            made = _attempt(call, element)
            return made if type(made) is Failure else made[0].elements(iteration)

        while len(slots) < self._cycle_length:
            made = opened()
            if made is None:
                break
            if type(made) is Failure:
                yield made
            else:
                slots.append(made)
        at = taken = 0
        while slots:
            at %= len(slots)
            item = next(slots[at], None)
            if item is not None:
                yield item
                taken += 1
                if taken >= self._block_length:
                    at, taken = at + 1, 0
                continue
            made = opened()
            while type(made) is Failure:
                yield made
                made = opened()
            if made is None:
                del slots[at]  # the next one takes what is left of the turn
            else:
                slots[at] = made
                at, taken = at + 1, 0


def _checked_lengths(cycle_length: Any, block_length: Any) -> tuple[int, int]:
    cycle, block = int(cycle_length), int(block_length)
    if cycle == -1:
        cycle = _AUTOTUNED_CALLS
    if cycle <= 0:
        raise errors.invalid_argument("cycle_length must be greater than zero.")
    if block <= 0:
        raise errors.invalid_argument("block_length must be greater than zero.")
    return cycle, block


def _make_interleave(kind: type[InterleavedDataset]) -> Callable[[KernelContext], Any]:
    def factory(ctx: KernelContext) -> Any:
        function = ctx.function(ctx.attrs["f"])
        dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

        def make(
            input_dataset: Any,
            other_arguments: list[Any],
            cycle_length: Any,
            block_length: Any,
            *others: Any,
        ) -> Dataset:
            cycle, block = _checked_lengths(cycle_length, block_length)
            return kind(cycle, block, input_dataset, function, other_arguments, dtypes, dims)

        return make

    return factory


_LENGTHS = ("cycle_length", "block_length")
_AHEAD = ("buffer_output_elements", "prefetch_input_elements")
for _op_type, _kind, _inputs in (
    ("InterleaveDataset", InterleavedDataset, _LENGTHS),
    ("ParallelInterleaveDatasetV2", InterleavedDataset, (*_LENGTHS, "num_parallel_calls")),
    ("ParallelInterleaveDatasetV3", InterleavedDataset, (*_LENGTHS, "num_parallel_calls")),
    ("ParallelInterleaveDatasetV4", InterleavedDataset, (*_LENGTHS, *_AHEAD, "num_parallel_calls")),
    ("ParallelInterleaveDataset", SteadyInterleavedDataset, (*_LENGTHS, "sloppy", *_AHEAD)),
    (
        "ExperimentalParallelInterleaveDataset",
        SteadyInterleavedDataset,
        (*_LENGTHS, "sloppy", *_AHEAD),
    ),
    ("LegacyParallelInterleaveDatasetV2", SteadyInterleavedDataset, (*_LENGTHS, *_AHEAD)),
):
    kernel_factory(_op_type, "cpu", host_inputs=_inputs)(_make_interleave(_kind))


def truth(value: Any) -> bool:
    """Return what a predicate says.

    Raises:
      InvalidArgumentError: it is not one bool.
    """
    if component_dims(value):
        raise errors.invalid_argument("Predicate function must return a scalar bool.")
    return bool(value)


class FilteredDataset(FunctionDataset):
    """The elements for which a function says True."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            try:
                is_wanted = truth(call(*element)[0])
            except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
                yield Failure(error)
                continue
            if is_wanted:
                yield element

    def cardinality(self) -> int:
        return 0 if self.source.cardinality() == 0 else UNKNOWN


class LeadingDataset(FunctionDataset):
    """The elements before the first for which a function says False."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            try:
                goes_on = truth(call(*element)[0])
            except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
                yield Failure(error)
                continue
            if not goes_on:
                return
            yield element


def _make_filter(kind: type[FunctionDataset]) -> Callable[[KernelContext], Any]:
    def factory(ctx: KernelContext) -> Any:
        function = ctx.function(ctx.attrs["predicate"])
        dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

        def make(input_dataset: Any, other_arguments: list[Any]) -> Dataset:
            return kind(input_dataset, function, other_arguments, dtypes, dims)

        return make

    return factory


kernel_factory("FilterDataset", "cpu")(_make_filter(FilteredDataset))
kernel_factory("TakeWhileDataset", "cpu")(_make_filter(LeadingDataset))
kernel_factory("ExperimentalTakeWhileDataset", "cpu")(_make_filter(LeadingDataset))


class ScannedDataset(FunctionDataset):
    """What a function returns for a state and each element; it returns the next state as well."""

    def __init__(self, initial_state: list[Any], *arguments: Any) -> None:
        super().__init__(*arguments)
        self._initial_state = tuple(initial_state)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        call = self.bound(iteration)
        state = self._initial_state
        count = len(state)
        for element in self.source.elements(iteration):
            result = element
            if type(element) is not Failure:
                result = _attempt(call, (*state, *element))
            if type(result) is Failure:
                yield result
                continue
            state = result[:count]
            yield result[count:]

    def cardinality(self) -> int:
        return self.source.cardinality()


@kernel_factory("ScanDataset", "cpu")
@kernel_factory("ExperimentalScanDataset", "cpu")
def scan_dataset(ctx: KernelContext) -> Any:
    function = ctx.function(ctx.attrs["f"])
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(input_dataset: Any, initial_state: list[Any], other_arguments: list[Any]) -> Dataset:
        state = [_as_component(value) for value in initial_state]
        return ScannedDataset(state, input_dataset, function, other_arguments, dtypes, dims)

    return make


def _as_component(value: Any) -> Any:
    is_text = type(value) is np.ndarray and value.dtype == object and value.ndim == 0
    return value[()] if is_text else value
