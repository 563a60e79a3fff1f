"""Kernels of datasets that choose, order, repeat or keep the elements of others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.dataset_base import (
    INFINITE,
    UNKNOWN,
    Chunk,
    Dataset,
    Failure,
    Iteration,
    Rows,
    Seeds,
    component_dims,
    lasting,
)
from tensormill.kernels.philox import PhiloxWords, uniform_float32
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_host

__all__ = ["ChunkedDataset", "DerivedDataset", "RepeatedDataset"]


class DerivedDataset(Dataset):
    """A dataset made of another one.

    Attributes:
      source: the other one.
    """

    def __init__(self, source: Dataset, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self.source = source


class ChunkedDataset(DerivedDataset):
    """A dataset that only chooses among the rows of its source, where the source has rows."""

    @property
    def has_rows(self) -> bool:
        return self.source.has_rows

    def rows(self, iteration: Iteration) -> tuple[Rows, Iterator[Chunk]] | None:
        if not self.has_rows:
            return None
        found = self.source.rows(iteration)
        if found is None:
            return None
        return found[0], self.chunks(found[1], iteration)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        if self.has_rows:
            return super().elements(iteration)
        return self.items(iteration)

    def chunks(self, chunks: Iterator[Chunk], iteration: Iteration) -> Iterator[Chunk]:
        """Yield the chosen row numbers."""
        raise NotImplementedError

    def items(self, iteration: Iteration) -> Iterator[Any]:
        """Yield the chosen elements."""
        raise NotImplementedError


class ZippedDataset(Dataset):
    """The elements of several datasets side by side."""

    def __init__(self, sources: list[Dataset], dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._sources = sources

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        iterators = [source.elements(iteration) for source in self._sources]
        if not iterators:
            return
        while True:
            parts = []
            for iterator in iterators:
                part = next(iterator, None)
                if part is None:
                    return
                parts.append(part)
            failure = next((part for part in parts if type(part) is Failure), None)
            yield failure or tuple(itertools.chain.from_iterable(parts))

    def cardinality(self) -> int:
        return _smallest([source.cardinality() for source in self._sources])


def _smallest(counts: list[int]) -> int:
    if UNKNOWN in counts:
        return UNKNOWN
    return min((count for count in counts if count != INFINITE), default=INFINITE)


@kernel("ZipDataset", "cpu")
def zip_dataset(input_datasets: list[Any], *, output_types: Any, output_shapes: Any) -> Dataset:
    return ZippedDataset(input_datasets, output_types, output_shapes)


class ConcatenatedDataset(Dataset):
    """The elements of one dataset, then those of another."""

    def __init__(self, first: Dataset, second: Dataset, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._parts = (first, second)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for part in self._parts:
            yield from part.elements(iteration)

    def cardinality(self) -> int:
        counts = [part.cardinality() for part in self._parts]
        if INFINITE in counts:
            return INFINITE
        return UNKNOWN if UNKNOWN in counts else sum(counts)


@kernel("ConcatenateDataset", "cpu")
def concatenate_dataset(
    input_dataset: Any, another_dataset: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return ConcatenatedDataset(input_dataset, another_dataset, output_types, output_shapes)


class RepeatedDataset(ChunkedDataset):
    """The elements again and again."""

    def __init__(self, source: Dataset, count: int, dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._count = count

    def _epochs(self, start: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        epochs = itertools.count() if self._count < 0 else range(self._count)
        for _ in epochs:
            is_empty = True
            for item in start():
                is_empty = False
                yield item
            if is_empty and self._count < 0:
                return  # otherwise it would never return

    def items(self, iteration: Iteration) -> Iterator[Any]:
        return self._epochs(lambda: self.source.elements(iteration))

    def chunks(self, chunks: Iterator[Chunk], iteration: Iteration) -> Iterator[Chunk]:
        first = [chunks]

        def start() -> Iterator[Chunk]:
            if first:
                return (chunk for chunk in first.pop() if len(chunk))
            found = self.source.rows(iteration)
            assert found is not None
            return (chunk for chunk in found[1] if len(chunk))

        return self._epochs(start)

    def cardinality(self) -> int:
        count = self.source.cardinality()
        if self._count < 0:
            return 0 if count == 0 else INFINITE
        if self._count == 0:
            return 0
        return count if count < 0 else count * self._count


@kernel("RepeatDataset", "cpu", host_inputs=("count",))
def repeat_dataset(
    input_dataset: Any, count: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return RepeatedDataset(input_dataset, int(count), output_types, output_shapes)


class SlicedDataset(ChunkedDataset):
    """Every step-th element from a first one on, up to an end."""

    def __init__(
        self, source: Dataset, start: int, stop: int | None, step: int, dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._start, self._stop, self._step = start, stop, step

    def items(self, iteration: Iteration) -> Iterator[Any]:
        if self._stop == 0:
            return iter(())
        return _sliced(self.source.elements(iteration), self._start, self._stop, self._step)

    def chunks(self, chunks: Iterator[Chunk], iteration: Iteration) -> Iterator[Chunk]:
        wanted = self._start
        passed = 0
        stop = self._stop
        if stop is not None and wanted >= stop:
            return
        for chunk in chunks:
            end = passed + len(chunk)
            last = end if stop is None else min(end, stop)
            first = wanted - passed
            if wanted < last:
                part = chunk[first : last - passed]
                if self._step > 1:
                    part = np.arange(part.start, part.stop) if type(part) is range else part
                    part = part[:: self._step]
                    wanted += len(part) * self._step
                else:
                    wanted = last
                yield part
            passed = end
            if stop is not None and passed >= stop:
                return

    def cardinality(self) -> int:
        count = self.source.cardinality()
        if count == UNKNOWN:
            return UNKNOWN
        if count == INFINITE:
            if self._stop is None:
                return INFINITE
            count = self._stop
        stop = count if self._stop is None else min(count, self._stop)
        return len(range(self._start, stop, self._step))


def _sliced(source: Iterator[Any], start: int, stop: int | None, step: int) -> Iterator[Any]:
    """Yield a slice of the elements; failures take no place among them."""
    at = 0
    wanted = start
    for element in source:
        if type(element) is Failure:
            yield element
            continue
        if at == wanted:
            yield element
            wanted += step
        at += 1
        if stop is not None and at >= stop:
            return


@kernel("TakeDataset", "cpu", host_inputs=("count",))
def take_dataset(
    input_dataset: Any, count: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    stop = int(count)
    if stop < 0:
        return SlicedDataset(input_dataset, 0, None, 1, output_types, output_shapes)
    return SlicedDataset(input_dataset, 0, stop, 1, output_types, output_shapes)


@kernel("SkipDataset", "cpu", host_inputs=("count",))
def skip_dataset(
    input_dataset: Any, count: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    start = int(count)
    if start < 0:
        return SlicedDataset(input_dataset, 0, 0, 1, output_types, output_shapes)
    return SlicedDataset(input_dataset, start, None, 1, output_types, output_shapes)


@kernel("ShardDataset", "cpu", host_inputs=("num_shards", "index"))
def shard_dataset(
    input_dataset: Any, num_shards: Any, index: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    count, own = int(num_shards), int(index)
    if count <= 0:
        raise errors.invalid_argument(
            f"Number of shards must be greater than zero (currently num_shards = {count})."
        )
    if not 0 <= own < count:
        raise errors.invalid_argument(
            f"Index must be between 0 and {count - 1} (currently index = {own})."
        )
    return SlicedDataset(input_dataset, own, None, count, output_types, output_shapes)


_DRAWN_AT_ONCE = 64


class SampledDataset(DerivedDataset):
    """Each element with some probability, independently of the others."""

    def __init__(
        self, source: Dataset, rate: float, seeds: tuple[Any, Any], dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._rate = rate
        self._seeds = Seeds(seeds, is_fixed=True)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        words = PhiloxWords(*iteration.drawn(self._seeds))
        numbers: Iterator[float] = iter(())
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            number = next(numbers, None)
            if number is None:
                numbers = iter(uniform_float32(words.take(_DRAWN_AT_ONCE)).tolist())
                number = next(numbers)
            if number < self._rate:
                yield element


@kernel("SamplingDataset", "cpu", host_inputs=("rate", "seed", "seed2"))
def sampling_dataset(
    input_dataset: Any,
    rate: Any,
    seed: Any,
    seed2: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    return SampledDataset(input_dataset, float(rate), (seed, seed2), output_types, output_shapes)


class MarkedDataset(DerivedDataset):
    """The elements whose last component is true, without that component."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
            elif bool(element[-1]):
                yield element[:-1]


@kernel("FilterByLastComponentDataset", "cpu")
def filter_by_last_component_dataset(
    input_dataset: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return MarkedDataset(input_dataset, output_types, output_shapes)


class UniqueDataset(DerivedDataset):
    """The elements without those that came before."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        seen: set[Any] = set()
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            key = _hashable(element[0])
            if key not in seen:
                seen.add(key)
                yield element


def _hashable(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        value = to_host(value)
    if isinstance(value, np.ndarray):
        content = tuple(value.ravel()) if value.dtype == object else value.tobytes()
        return component_dims(value), content
    return value


@kernel("UniqueDataset", "cpu")
@kernel("ExperimentalUniqueDataset", "cpu")
def unique_dataset(input_dataset: Any, *, output_types: Any, output_shapes: Any) -> Dataset:
    return UniqueDataset(input_dataset, output_types, output_shapes)


class WithoutErrors(DerivedDataset):
    """The elements without those that could not be computed."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for element in self.source.elements(iteration):
            if type(element) is not Failure:
                yield element
            elif element.is_lasting:
                return


@kernel("IgnoreErrorsDataset", "cpu")
@kernel("ExperimentalIgnoreErrorsDataset", "cpu")
def ignore_errors_dataset(input_dataset: Any, *, output_types: Any, output_shapes: Any) -> Dataset:
    return WithoutErrors(input_dataset, output_types, output_shapes)


class DirectedDataset(Dataset):
    """Elements of several datasets; another dataset says from which the next one comes."""

    def __init__(
        self, selector: Dataset, sources: list[Dataset], stops: bool, dtypes: Any, dims: Any
    ) -> None:
        super().__init__(dtypes, dims)
        self._selector, self._sources, self._stops = selector, sources, stops

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        iterators: list[Iterator[Any] | None] = [s.elements(iteration) for s in self._sources]
        for choice in self._selector.elements(iteration):
            if type(choice) is Failure:
                yield choice
                continue
            number = int(choice[0])
            if not 0 <= number < len(iterators):
                yield Failure(
                    errors.invalid_argument(
                        f"Selector index out of range: {number} >= {len(iterators)}"
                    )
                )
                continue
            iterator = iterators[number]
            element = None if iterator is None else next(iterator, None)
            if element is not None:
                yield element
                continue
            iterators[number] = None
            if self._stops or not any(iterators):
                return


@kernel("DirectedInterleaveDataset", "cpu")
def directed_interleave_dataset(
    selector_input_dataset: Any,
    data_input_datasets: list[Any],
    *,
    stop_on_empty_dataset: bool,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    return DirectedDataset(
        selector_input_dataset,
        data_input_datasets,
        stop_on_empty_dataset,
        output_types,
        output_shapes,
    )


@kernel("ExperimentalDirectedInterleaveDataset", "cpu")
def old_directed_interleave_dataset(
    selector_input_dataset: Any,
    data_input_datasets: list[Any],
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    return DirectedDataset(
        selector_input_dataset, data_input_datasets, False, output_types, output_shapes
    )


def _make_same(op_type: str, *inputs: str) -> None:
    """Register an op that says how to run a pipeline, and leaves the elements as they are."""

    def same_dataset(input_dataset: Any, *settings: Any) -> Any:
        return input_dataset

    kernel(op_type, "cpu", host_inputs=inputs)(same_dataset)


_make_same("OptimizeDataset", "optimizations")
_make_same(
    "OptimizeDatasetV2", "optimizations_enabled", "optimizations_disabled", "optimizations_default"
)
_make_same("RewriteDataset", "rewrite_name")
_make_same("ModelDataset")
_make_same("OptionsDataset")
_make_same("FinalizeDataset")
_make_same("PrivateThreadPoolDataset", "num_threads")
_make_same("ExperimentalPrivateThreadPoolDataset", "num_threads")
_make_same("MaxIntraOpParallelismDataset", "max_intra_op_parallelism")
_make_same("ExperimentalMaxIntraOpParallelismDataset", "max_intra_op_parallelism")
_make_same("AssertNextDataset", "transformations")
_make_same("ExperimentalAssertNextDataset", "transformations")
_make_same("NonSerializableDataset")
_make_same("ExperimentalNonSerializableDataset")


class CountedDataset(DerivedDataset):
    """The elements, of which there must be a known number."""

    def __init__(self, source: Dataset, count: int, dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._count = count

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        found = 0
        for element in self.source.elements(iteration):
            found += 1
            if self._count != INFINITE and found > self._count:
                yield from lasting(self._error(f"at least {found} elements"))
            yield element
        if found != self._count:
            yield from lasting(self._error(f"{found} element{'' if found == 1 else 's'}"))

    def _error(self, found: str) -> errors.OpError:
        expected = "an infinite number of" if self._count == INFINITE else str(self._count)
        plural = "" if self._count == 1 else "s"
        return errors.failed_precondition(
            f"Input dataset was expected to contain {expected} element{plural} but contained "
            f"{found}."
        )

    def cardinality(self) -> int:
        return self._count


@kernel("AssertCardinalityDataset", "cpu", host_inputs=("cardinality",))
def assert_cardinality_dataset(
    input_dataset: Any, cardinality: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    return CountedDataset(input_dataset, int(cardinality), output_types, output_shapes)
