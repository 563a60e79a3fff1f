"""Queues that are filled from arrays, tables and generators of this process.

Source: TensorFlow Estimator 1.15, python/estimator/inputs/queues/feeding_functions.py.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tensormill.graph import dtypes, errors, tf_logging
from tensormill.graph.default_scopes import name_scope
from tensormill.ops.arithmetic import maximum
from tensormill.ops.basics import placeholder
from tensormill.ops.casting import cast
from tensormill.ops.queue_kinds import FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue
from tensormill.ops.summaries import scalar
from tensormill.train.feeding_queue_runner import FeedingQueueRunner
from tensormill.train.queue_runner import add_queue_runner

__all__ = ["enqueue_data", "is_data_frame"]


def is_data_frame(value: Any) -> bool:
    """Return whether a value is a table of pandas, without loading pandas for it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def has_pandas() -> bool:
    """Return whether pandas is installed."""
    return importlib.util.find_spec("pandas") is not None


def _out_of_epochs(epoch: int) -> errors.OutOfRangeError:
    return errors.OutOfRangeError(None, None, f"Already emitted {epoch} epochs.")


class RowFeed:
    """Feeds the next rows of a source, again from its start at the end of each epoch.

    Args:
      placeholders: of the numbers of the rows, and of each column.
      rows_of: returns the number and the columns of rows.
      length: how many rows there are.
      batch_size: how many to feed at once.
      random_start: begin anywhere.
      seed: of the random start.
      num_epochs: how often to feed all; None has no end.
    """

    def __init__(
        self,
        placeholders: Sequence[Any],
        rows_of: Callable[[list[int]], Sequence[Any]],
        length: int,
        batch_size: int,
        random_start: bool = False,
        seed: int | None = None,
        num_epochs: int | None = None,
    ) -> None:
        self._placeholders = placeholders
        self._rows_of = rows_of
        self._length = length
        self._batch_size = batch_size
        self._left = None if num_epochs is None else num_epochs * length
        self._num_epochs = num_epochs
        self._next = random.Random(seed).randrange(length) if random_start else 0

    def __call__(self) -> dict[Any, Any]:
        """Return what to feed.

        Raises:
          OutOfRangeError: all epochs are over.
        """
        if self._left is not None and self._left <= 0:
            raise _out_of_epochs(self._num_epochs or 0)
        count = self._batch_size if self._left is None else min(self._batch_size, self._left)
        rows = [(self._next + place) % self._length for place in range(count)]
        self._next = (self._next + count) % self._length
        if self._left is not None:
            self._left -= count
        return dict(zip(self._placeholders, self._rows_of(rows), strict=True))


class GeneratorFeed:
    """Feeds what a generator function yields: a dict of arrays for each row.

    Args:
      placeholders: of each key, in the order of the sorted keys.
      generator: returns an iterator of rows.
      batch_size: how many values to feed at once.
      num_epochs: how often to go through the rows; None has no end.
      pad_value: fills up arrays that are shorter than others of their batch.
    """

    def __init__(
        self,
        placeholders: Sequence[Any],
        generator: Callable[[], Iterator[Mapping[str, Any]]],
        batch_size: int,
        num_epochs: int | None = None,
        pad_value: Any = None,
    ) -> None:
        self._keys = sorted(next(generator()))
        self._placeholders = placeholders
        self._generator = generator
        self._rows = generator()
        self._batch_size = batch_size
        self._num_epochs = num_epochs
        self._pad_value = pad_value
        self._epoch = 0

    def _next_row(self) -> Mapping[str, Any]:
        row = next(self._rows, None)
        if row is None:
            self._epoch += 1
            self._rows = self._generator()
            row = next(self._rows)
        if any(key not in row for key in self._keys):
            raise KeyError(
                f"key mismatch between dicts emitted by GenFun Expected {self._keys} keys; got "
                f"{row.keys()}"
            )
        return row

    def __call__(self) -> dict[Any, Any]:
        """Return what to feed.

        Raises:
          OutOfRangeError: all epochs are over.
          KeyError: a row lacks a key of the first.
        """
        if self._num_epochs and self._epoch >= self._num_epochs:
            raise _out_of_epochs(self._epoch)
        columns: dict[Any, list[Any]] = {each: [] for each in self._placeholders}
        size = 0
        while size < self._batch_size:
            row = self._next_row()
            for target, key in zip(self._placeholders, self._keys, strict=True):
                columns[target].append(row[key])
                size += 1
        if self._pad_value is None:
            return {target: np.asarray(column) for target, column in columns.items()}
        return {target: _padded(column, self._pad_value) for target, column in columns.items()}


def _padded(arrays: list[Any], fill: Any) -> Any:
    """Return arrays that differ in their last size as one."""
    outer: list[Any] = [array.shape[:-1] if array.ndim else -1 for array in arrays]
    if any(shape != outer[0] for shape in outer):
        raise ValueError("Array shapes must match.")
    lengths = [array.shape[-1] if array.ndim else 0 for array in arrays]
    if len(set(lengths)) == 1:
        return np.asarray(arrays)
    made = np.full([len(arrays), *outer[0], max(lengths)], fill, arrays[0].dtype)
    for target, array in zip(made, arrays, strict=True):
        target[..., : array.shape[-1]] = array
    return made


_Feeds = Callable[[Sequence[Any], int | None], Any]


def _source(
    data: Any, shuffle: bool, batch_size: int, num_epochs: int | None, pad_value: Any
) -> tuple[list[Any], list[Any], _Feeds]:
    """Return dtypes, shapes and what feeds placeholders, for data of any kind."""

    def rows_feed(length: int, rows_of: Callable[[list[int]], Sequence[Any]]) -> _Feeds:
        return lambda targets, seed: RowFeed(
            targets, rows_of, length, batch_size, shuffle, seed, num_epochs
        )

    if isinstance(data, np.ndarray):
        kinds = [dtypes.int64, dtypes.as_dtype(data.dtype)]
        feed = rows_feed(len(data), lambda rows: (rows, data[rows]))
        return kinds, [(), data.shape[1:]], feed
    if isinstance(data, OrderedDict):
        arrays = list(data.values())
        if len({len(array) for array in arrays}) != 1:
            raise ValueError("Array lengths must match.")
        kinds = [dtypes.int64, *(dtypes.as_dtype(array.dtype) for array in arrays)]
        shapes = [(), *(array.shape[1:] for array in arrays)]
        feed = rows_feed(len(arrays[0]), lambda rows: (rows, *(array[rows] for array in arrays)))
        return kinds, shapes, feed
    if isinstance(data, types.FunctionType):
        first = next(data())
        values = [first[key] for key in sorted(first)]
        kinds = [dtypes.as_dtype(value.dtype) for value in values]
        return (
            kinds,
            [value.shape for value in values],
            lambda targets, _: GeneratorFeed(targets, data, batch_size, num_epochs, pad_value),
        )
    if is_data_frame(data):
        kinds = [dtypes.as_dtype(kind) for kind in (data.index.dtype, *data.dtypes)]

        def table_rows(rows: list[int]) -> list[Any]:
            part = data.iloc[rows]
            return [part.index.values, *(part[column].values for column in part.columns)]

        return kinds, [()] * len(kinds), rows_feed(len(data), table_rows)
    raise TypeError(
        "data must be either a numpy array or pandas DataFrame if pandas is installed; got "
        f"{type(data).__name__}"
    )


def _warn_of_threads(shuffle: bool, num_threads: int, num_epochs: int | None) -> None:
    if num_threads <= 1:
        return
    if num_epochs is not None:
        tf_logging.warning(
            "enqueue_data was called with num_epochs and num_threads > 1. num_epochs is applied "
            "per thread, so this will produce more epochs than you probably intend. If you want "
            "to limit epochs, use one thread."
        )
    if shuffle and num_epochs is not None:
        tf_logging.warning(
            "enqueue_data was called with shuffle=True, num_threads > 1, and num_epochs. This "
            "will create multiple threads, all reading the array/dataframe in order adding to the "
            "same shuffling queue; the results will likely not be sufficiently shuffled."
        )
    if not shuffle:
        tf_logging.warning(
            "enqueue_data was called with shuffle=False and num_threads > 1. This will create "
            "multiple threads, all reading the array/dataframe in order. If you want examples "
            "read in order, use one thread; if you want multiple threads, enable shuffling."
        )


def enqueue_data(
    data: Any,
    capacity: int,
    shuffle: bool = False,
    min_after_dequeue: float | None = None,
    num_threads: int = 1,
    seed: int | None = None,
    name: str = "enqueue_input",
    enqueue_size: int = 1,
    num_epochs: int | None = None,
    pad_value: Any = None,
) -> Any:
    """Return a queue that threads fill with the rows of data.

    Args:
      data: an array, an `OrderedDict` of arrays, a pandas table, or a generator function of dicts.
      capacity: of the queue.
      shuffle: in any order, from any row on.
      min_after_dequeue: how many rows stay in the queue to be mixed; by default a quarter.
      num_threads: how many threads fill it, each with all rows.
      seed: of the order.
      name: the name scope.
      enqueue_size: how many rows to enqueue at once.
      num_epochs: how often to go through the rows; None has no end.
      pad_value: fills up arrays of a generator that are shorter than others.

    Returns:
      A queue of the number of the row and its columns; of a generator, of its values.

    Raises:
      TypeError: the data is of another kind.
      NotImplementedError: padding is asked for of another kind, or in random order.
    """
    with name_scope(name):
        kinds, shapes, feed = _source(data, shuffle, enqueue_size, num_epochs, pad_value)
        if pad_value is not None and not isinstance(data, types.FunctionType):
            raise NotImplementedError("padding is only available with generator usage")
        if pad_value is not None and shuffle:
            raise NotImplementedError(
                "padding and shuffling data at the same time is not implemented"
            )
        _warn_of_threads(shuffle, num_threads, num_epochs)
        queue: Any
        kept = 0
        if shuffle:
            kept = int(capacity / 4 if min_after_dequeue is None else min_after_dequeue)
            queue = RandomShuffleQueue(capacity, kept, dtypes=kinds, shapes=shapes, seed=seed)
        elif pad_value is not None:
            free = [(*shape[:-1], None) if shape else shape for shape in shapes]
            queue = PaddingFIFOQueue(capacity, dtypes=kinds, shapes=free)
        else:
            queue = FIFOQueue(capacity, dtypes=kinds, shapes=shapes)
        operations, feeds = [], []
        for number in range(1, num_threads + 1):
            targets = [placeholder(kind) for kind in kinds]
            operations.append(queue.enqueue_many(targets))
            feeds.append(feed(targets, None if seed is None else number * seed))
        add_queue_runner(FeedingQueueRunner(queue, operations, feed_fns=feeds))
        _summarize_fill(queue, kept, capacity)
        return queue


def _summarize_fill(queue: Any, kept: int, capacity: int) -> None:
    full = cast(maximum(0, queue.size() - kept), dtypes.float32) * (1.0 / (capacity - kept))
    scalar(f"queue/{queue.name}fraction_over_{kept}_of_{capacity - kept}_full", full)
