"""`slim.parallel_reader`: several readers that fill one queue.

Source: TensorFlow 1.15, contrib/slim/python/slim/data/parallel_reader.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes as tf_dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.queue_kinds import FIFOQueue, RandomShuffleQueue
from tensormill.ops.summaries import scalar
from tensormill.platform import gfile
from tensormill.train.input_producers import string_input_producer
from tensormill.train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["ParallelReader", "get_data_files", "parallel_read", "single_pass_read"]


class ParallelReader:
    """Readers whose records meet in one queue, which runners fill."""

    def __init__(
        self,
        reader_class: Callable[..., Any],
        common_queue: Any,
        num_readers: int = 4,
        reader_kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Make the readers.

        Raises:
          TypeError: the queue does not hold pairs of strings.
        """
        if len(common_queue.dtypes) != 2:
            raise TypeError("common_queue.dtypes must be [tf.string, tf.string]")
        for dtype in common_queue.dtypes:
            if not dtype.is_compatible_with(tf_dtypes.string):
                raise TypeError(
                    "common_queue.dtypes must be [tf.string, tf.string] instead of "
                    f"{common_queue.dtypes}"
                )
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    def read(self, queue: Any, name: str | None = None) -> Any:
        """Return a key and a value; the readers take names of files from a queue."""
        self._configure_readers_by(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Return keys and values of up to so many records."""
        self._configure_readers_by(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def _configure_readers_by(self, queue: Any) -> None:
        enqueues = [self._common_queue.enqueue(reader.read(queue)) for reader in self._readers]
        add_queue_runner(QueueRunner(self._common_queue, enqueues))

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """Return how many records the readers have read."""
        counts = [reader.num_records_produced() for reader in self._readers]
        total: Tensor = sum(counts[1:], counts[0])
        return total

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """Return how many files the readers have finished."""
        counts = [reader.num_work_units_completed() for reader in self._readers]
        total: Tensor = sum(counts[1:], counts[0])
        return total

    @property
    def common_queue(self) -> Any:
        """The queue of records."""
        return self._common_queue


def parallel_read(
    data_sources: Any,
    reader_class: Callable[..., Any],
    num_epochs: int | None = None,
    num_readers: int = 4,
    reader_kwargs: dict[str, Any] | None = None,
    shuffle: bool = True,
    dtypes: Any = None,
    capacity: int = 256,
    min_after_dequeue: int = 128,
    seed: int | None = None,
    scope: str | None = None,
) -> Any:
    """Return a key and a value of records that several readers read.

    Args:
      data_sources: patterns of files.
      reader_class: such as `tf.TFRecordReader`.
      num_epochs: how often each file is read, None for ever.
      num_readers: how many readers.
      reader_kwargs: what the class is called with.
      shuffle: whether files and records are mixed.
      dtypes: the dtypes of key and value, both strings by default.
      capacity: how many records the queue holds.
      min_after_dequeue: how many stay in the queue, so that they are mixed well.
      seed: makes the mixing repeatable.
      scope: the name of the nodes.
    """
    files = get_data_files(data_sources)
    with name_scope(scope, "parallel_read"):
        names = string_input_producer(
            files, num_epochs=num_epochs, shuffle=shuffle, seed=seed, name="filenames"
        )
        kinds = dtypes or [tf_dtypes.string, tf_dtypes.string]
        queue: Any
        if shuffle:
            queue = RandomShuffleQueue(
                capacity=capacity,
                min_after_dequeue=min_after_dequeue,
                dtypes=kinds,
                seed=seed,
                name="common_queue",
            )
        else:
            queue = FIFOQueue(capacity=capacity, dtypes=kinds, name="common_queue")
        share = cast(queue.size(), tf_dtypes.float32) * (1.0 / capacity)
        scalar(f"fraction_of_{capacity}_full", share)
        return ParallelReader(
            reader_class, queue, num_readers=num_readers, reader_kwargs=reader_kwargs
        ).read(names)


def single_pass_read(
    data_sources: Any,
    reader_class: Callable[..., Any],
    reader_kwargs: dict[str, Any] | None = None,
    scope: str | None = None,
) -> Any:
    """Return a key and a value of records, each read once and in order."""
    files = get_data_files(data_sources)
    with name_scope(scope, "single_pass_read"):
        names = string_input_producer(
            files, num_epochs=1, shuffle=False, capacity=1, name="filenames"
        )
        return reader_class(**(reader_kwargs or {})).read(names)


def get_data_files(data_sources: Any) -> list[str]:
    """Return the files that patterns stand for.

    Raises:
      ValueError: there are none.
    """
    if isinstance(data_sources, (list, tuple)):
        files = [file for source in data_sources for file in get_data_files(source)]
    elif "*" in data_sources or "?" in data_sources or "[" in data_sources:
        files = gfile.Glob(data_sources)
    else:
        files = [data_sources]
    if not files:
        raise ValueError(f"No data files found in {data_sources}")
    return files
