"""Kernels of datasets that hold elements of others: shuffled, kept, or computed ahead."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.background_work import Work
from tensormill.kernels.dataset_base import Chunk, Dataset, Failure, Iteration, Seeds
from tensormill.kernels.dataset_cache_files import FileCache
from tensormill.kernels.dataset_transformations import (
    ChunkedDataset,
    DerivedDataset,
    RepeatedDataset,
)
from tensormill.kernels.philox import PhiloxWords
from tensormill.kernels.registry import kernel

__all__ = ["WORTH_A_THREAD_NS"]


class MemoryCache(DerivedDataset):
    """The elements, kept in memory by the first iteration that reaches the end."""

    def __init__(self, source: Dataset, dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._kept: list[Any] | None = None

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        if self._kept is not None:
            yield from self._kept
            return
        kept = []
        for element in self.source.elements(iteration):
            if type(element) is not Failure:
                kept.append(element)
            yield element
        if self._kept is None:
            self._kept = kept

    def cardinality(self) -> int:
        return self.source.cardinality()


@kernel("CacheDataset", "cpu", host_inputs=("filename",))
def cache_dataset(
    input_dataset: Any, filename: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    name = os.fsdecode(np.ravel(filename)[0])
    if not name:
        if input_dataset.has_rows:
            return input_dataset  # it is in memory already
        return MemoryCache(input_dataset, output_types, output_shapes)
    return FileCache(input_dataset, name, output_types, output_shapes)


class ShuffledDataset(ChunkedDataset):
    """The elements in random order, as a buffer of some size allows it."""

    def __init__(
        self,
        source: Dataset,
        buffer_size: int,
        seeds: tuple[Any, Any],
        reshuffles: bool,
        dtypes: Any,
        dims: Any,
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._buffer_size = buffer_size
        self._seeds = Seeds(seeds, is_fixed=not reshuffles)

    def items(self, iteration: Iteration) -> Iterator[Any]:
        words = PhiloxWords(*iteration.drawn(self._seeds))
        return _shuffled(self.source.elements(iteration), self._buffer_size, words)

    def chunks(self, chunks: Iterator[Chunk], iteration: Iteration) -> Iterator[Chunk]:
        words = PhiloxWords(*iteration.drawn(self._seeds))
        size = self._buffer_size
        held: list[Chunk] = []
        count = 0
        for chunk in chunks:
            held.append(chunk)
            count += len(chunk)
            if count > size:
                break
        else:  # the buffer holds all
            numbers = [np.asarray(chunk, np.int64) for chunk in held]
            if numbers:
                yield np.array(_in_random_order(np.concatenate(numbers).tolist(), words), np.int64)
            return
        numbers_one_by_one = itertools.chain.from_iterable(itertools.chain(held, chunks))
        shuffled = _shuffled(numbers_one_by_one, size, words)
        while block := list(itertools.islice(shuffled, 256)):
            yield np.array(block, np.int64)

    def cardinality(self) -> int:
        return self.source.cardinality()


def _shuffled(items: Iterator[Any], buffer_size: int, words: PhiloxWords) -> Iterator[Any]:
    """Yield items in random order: each time one of a full buffer, which the next item follows.

    The order is TensorFlow's for the same words. The buffer is a ring: the chosen item gives its
    place to the oldest one, whose place is the next item's.
    """
    ring: list[Any] = []
    for item in items:
        if type(item) is Failure:
            yield item
            continue
        ring.append(item)
        if len(ring) == buffer_size:
            break
    else:
        yield from _in_random_order(ring, words)
        return
    oldest, used = 0, words.position
    for offset in _offsets(buffer_size, words):
        used += 1
        place = (oldest + offset) % buffer_size
        chosen, ring[place] = ring[place], ring[oldest]
        yield chosen
        following = _MISSING
        for item in items:
            if type(item) is not Failure:
                following = item
                break
            yield item
        if following is _MISSING:
            break
        ring[oldest] = following
        oldest = (oldest + 1) % buffer_size
    words.position = used
    yield from _in_random_order(ring[oldest + 1 :] + ring[:oldest], words)


_MISSING = object()


def _offsets(count: int, words: PhiloxWords) -> Iterator[int]:
    """Yield random numbers below `count`, each of one word; more words are taken than used."""
    while True:
        numbers: Any = (words.take(_DRAWN_AT_ONCE).astype(np.int64) % count).tolist()
        yield from numbers


_DRAWN_AT_ONCE = 1024


def _in_random_order(items: list[Any], words: PhiloxWords) -> list[Any]:
    """Return all items in random order."""
    places = np.arange(len(items), dtype=np.int64)
    chosen = places + words.take(len(items)) % (len(items) - places)
    for place, other in enumerate(chosen.tolist()):
        items[place], items[other] = items[other], items[place]
    return items


def _checked_buffer(buffer_size: Any) -> int:
    size = int(buffer_size)
    if size <= 0:
        raise errors.invalid_argument(
            "buffer_size must be greater than zero or UNKNOWN_CARDINALITY"
        )
    return size


@kernel("ShuffleDataset", "cpu", host_inputs=("buffer_size", "seed", "seed2"))
def shuffle_dataset(
    input_dataset: Any,
    buffer_size: Any,
    seed: Any,
    seed2: Any,
    *,
    reshuffle_each_iteration: bool,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    return ShuffledDataset(
        input_dataset,
        _checked_buffer(buffer_size),
        (seed, seed2),
        reshuffle_each_iteration,
        output_types,
        output_shapes,
    )


@kernel("ShuffleAndRepeatDataset", "cpu", host_inputs=("buffer_size", "seed", "seed2", "count"))
def shuffle_and_repeat_dataset(
    input_dataset: Any,
    buffer_size: Any,
    seed: Any,
    seed2: Any,
    count: Any,
    *,
    reshuffle_each_iteration: bool,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    shuffled = ShuffledDataset(
        input_dataset,
        _checked_buffer(buffer_size),
        (seed, seed2),
        reshuffle_each_iteration,
        output_types,
        output_shapes,
    )
    return RepeatedDataset(shuffled, int(count), output_types, output_shapes)


class PrefetchDataset(DerivedDataset):
    """The elements, some of them computed ahead where that is worth a change of threads."""

    def __init__(self, source: Dataset, buffer_size: int, dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._buffer_size = buffer_size

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        source = self.source.elements(iteration)
        mean_ns = 0.0
        for count in itertools.count():
            started = time.perf_counter_ns()
            element = next(source, None)
            spent_ns = time.perf_counter_ns() - started
            if element is None:
                return
            if count >= _FIRST_ELEMENTS:  # before that, plans are being tuned
                mean_ns += (spent_ns - mean_ns) / min(count - _FIRST_ELEMENTS + 1, 8)
            if count > _FIRST_ELEMENTS and mean_ns > WORTH_A_THREAD_NS:
                break
            yield element
        ahead = _Ahead(source, self._buffer_size, iteration)
        try:
            yield element
            yield from ahead.elements()
        finally:
            ahead.close()

    def cardinality(self) -> int:
        return self.source.cardinality()


_FIRST_ELEMENTS = 3
WORTH_A_THREAD_NS = 300_000
"""What an element must take, so that it is computed on another thread."""


class _Ahead:
    """A buffer that background work fills.

    The work ends when the buffer is full, and begins again when half of it was taken.
    """

    def __init__(self, source: Iterator[Any], size: int, iteration: Iteration) -> None:
        self._source = source
        self._size = size
        self._iteration = iteration
        self._changed = threading.Condition()
        self._buffer: deque[Any] = deque()  # guarded by _changed
        self._is_filling = False  # guarded by _changed
        self._is_finished = False  # guarded by _changed
        self._error: BaseException | None = None  # guarded by _changed
        self._work: Work | None = None

    def elements(self) -> Iterator[Any]:
        while True:
            with self._changed:
                if not self._is_filling and not self._is_finished and self._is_low():
                    self._is_filling = True
                    self._work = Work(self._fill)
                if not self._buffer:
                    if self._error is not None:
                        raise self._error
                    if self._is_finished:
                        return
            if not self._buffer:
                self._wait()
                continue
            with self._changed:
                element = self._buffer.popleft()
            yield element

    def _is_low(self) -> bool:
        return 2 * len(self._buffer) <= self._size

    def _wait(self) -> None:
        """Wait for an element; where nobody has begun to compute it, that is done here."""
        work = self._work
        if work is not None and work.cancel():
            self._fill(most=1)
            return
        token = self._iteration.register(self._wake)
        try:
            with self._changed:
                while self._is_filling and not self._buffer:
                    if self._iteration.interruption is not None:
                        raise errors.CancelledError(None, None, self._iteration.interruption)
                    if not self._changed.wait(self._iteration.remaining_s()):
                        raise errors.DeadlineExceededError(
                            None, None, "Timed out waiting for notification"
                        )
        finally:
            self._iteration.deregister(token)

    def _wake(self, reason: str) -> None:
        with self._changed:
            self._changed.notify_all()

    def _fill(self, most: int | None = None) -> None:
        """Compute elements until the buffer has `most`, or is full."""
        wanted = self._size if most is None else most
        try:
            while not self._iteration.is_closed:
                element = next(self._source, None)
                with self._changed:
                    if element is None:
                        self._is_finished = True
                        return
                    self._buffer.append(element)
                    self._changed.notify_all()
                    if len(self._buffer) >= wanted:
                        return
        except BaseException as error:  # noqa: BLE001 - whoever asks next gets it
            with self._changed:
                self._error = error
                self._is_finished = True
        finally:
            with self._changed:
                self._is_filling = False
                self._changed.notify_all()

    def close(self) -> None:
        """Take no more elements from the source."""
        if self._work is not None:
            self._work.cancel()


@kernel("PrefetchDataset", "cpu", host_inputs=("buffer_size",))
def prefetch_dataset(
    input_dataset: Any, buffer_size: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    size = int(buffer_size)
    if size < -1:
        raise errors.invalid_argument(
            "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning"
        )
    if size == 0 or input_dataset.has_rows:
        return input_dataset  # there is nothing to compute ahead
    return PrefetchDataset(
        input_dataset, _AUTOTUNED_ELEMENTS if size < 0 else size, output_types, output_shapes
    )


_AUTOTUNED_ELEMENTS = 8
