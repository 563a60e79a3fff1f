"""`tf.contrib.learn`: batches of Examples from files, read and parsed by queue runners.

Source: TensorFlow 1.15, contrib/learn/python/learn/learn_io/graph_io.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tensormill.graph import errors
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.io import gfile
from tensormill.io.example_parsing import parse_example
from tensormill.io.readers import TFRecordReader
from tensormill.ops.queue_kinds import FIFOQueue
from tensormill.train.batching import batch_join, shuffle_batch_join
from tensormill.train.input_producers import string_input_producer
from tensormill.train.queue_fill import summarize_fill
from tensormill.train.queue_runner import QueueRunner, add_queue_runner

__all__ = [
    "queue_parsed_features",
    "read_batch_examples",
    "read_batch_features",
    "read_batch_record_features",
    "read_keyed_batch_examples",
    "read_keyed_batch_features",
]

_KEYS = "__key__"
_ENDS = (errors.OutOfRangeError, errors.CancelledError)


def read_batch_examples(
    file_pattern: Any,
    batch_size: Any,
    reader: Callable[[], Any],
    randomize_input: bool = True,
    num_epochs: int | None = None,
    queue_capacity: int = 10000,
    num_threads: int = 1,
    read_batch_size: Any = 1,
    parse_fn: Callable[[Any], Any] | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Any:
    """Return batches of records; see `read_keyed_batch_examples`, which returns keys, too."""
    return read_keyed_batch_examples(
        file_pattern,
        batch_size,
        reader,
        randomize_input,
        num_epochs,
        queue_capacity,
        num_threads,
        read_batch_size,
        parse_fn,
        name,
        seed,
    )[1]


def read_keyed_batch_examples(
    file_pattern: Any,
    batch_size: Any,
    reader: Callable[[], Any],
    randomize_input: bool = True,
    num_epochs: int | None = None,
    queue_capacity: int = 10000,
    num_threads: int = 1,
    read_batch_size: Any = 1,
    parse_fn: Callable[[Any], Any] | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> tuple[Tensor, Any]:
    """Return the keys of records and batches of what is made of them.

    Args:
      file_pattern: which files, a pattern or a list of them.
      batch_size: how many records a batch has.
      reader: makes a reader.
      randomize_input: whether files and records come in random order.
      num_epochs: how often all files are read; None for without end.
      queue_capacity: of the queue of records.
      num_threads: how many readers there are.
      read_batch_size: how many records each reads at a time.
      parse_fn: takes records, returns what to make batches of: a tensor, or a dict of them.
      name: of the scope.
      seed: of the random order.

    Raises:
      ValueError: no file matches, or a size is not possible.
    """
    file_names = _file_names(file_pattern, randomize_input)
    _check_sizes(batch_size, queue_capacity, read_batch_size, num_threads, num_epochs)
    with name_scope(name, "read_batch_examples", [file_pattern]) as scope:
        with name_scope("file_name_queue") as queue_scope:
            queue = string_input_producer(
                constant(file_names, name="input"),
                shuffle=randomize_input,
                num_epochs=num_epochs,
                name=queue_scope,
                seed=seed,
            )
        is_many = read_batch_size > 1
        with name_scope("read"):
            examples = [
                _read(reader(), queue, read_batch_size if is_many else None, parse_fn)
                for _ in range(num_threads)
            ]
        join = partial(batch_join, examples, batch_size)
        if randomize_input:
            join = partial(
                shuffle_batch_join,
                examples,
                batch_size,
                min_after_dequeue=_staying(batch_size, queue_capacity),
                seed=seed,
            )
        made = join(
            capacity=queue_capacity,
            enqueue_many=is_many,
            name=scope,
            allow_smaller_final_batch=num_epochs is not None,
        )
        if isinstance(made, dict):
            return made.pop(_KEYS), made
        keys, batches = made
        return keys, batches


def _file_names(pattern: Any, is_random: bool) -> list[str]:
    if isinstance(pattern, list) and not pattern:
        raise ValueError("No files given to dequeue_examples.")
    patterns = pattern if isinstance(pattern, list) else [pattern]
    names = [name for each in patterns for name in gfile.glob(each)]
    if not names:
        raise ValueError(f"No files match {pattern}.")
    return names if is_random else sorted(names)


def _check_sizes(
    batch_size: Any, capacity: Any, read_batch_size: Any, num_threads: Any, num_epochs: Any
) -> None:
    if not capacity or capacity <= 0:
        raise ValueError(f"Invalid queue_capacity {capacity}.")
    is_static = not isinstance(batch_size, Tensor)
    if batch_size is None or (is_static and not 0 < batch_size < capacity):
        raise ValueError(f"Invalid batch_size {batch_size}, with queue_capacity {capacity}.")
    is_static = not isinstance(read_batch_size, Tensor)
    if read_batch_size is None or (is_static and read_batch_size <= 0):
        raise ValueError(f"Invalid read_batch_size {read_batch_size}.")
    if not num_threads or num_threads <= 0:
        raise ValueError(f"Invalid num_threads {num_threads}.")
    if num_epochs is not None and num_epochs <= 0:
        raise ValueError(f"Invalid num_epochs {num_epochs}.")


def _staying(batch_size: Any, capacity: int) -> int:
    """Return how many records stay in the queue, for a good mixture."""
    if isinstance(batch_size, Tensor):
        return int(capacity * 0.4)
    return max(capacity - 3 * batch_size, batch_size)


def _read(reader: Any, queue: Any, count: Any, parse_fn: Callable[[Any], Any] | None) -> Any:
    """Return keys and what is made of the records; all in one dict where that is one."""
    keys, records = reader.read(queue) if count is None else reader.read_up_to(queue, count)
    if parse_fn is None:
        return keys, records
    parsed = parse_fn(records)
    return {**parsed, _KEYS: keys} if isinstance(parsed, dict) else (keys, parsed)


def read_keyed_batch_features(
    file_pattern: Any,
    batch_size: Any,
    features: Mapping[str, Any],
    reader: Callable[[], Any],
    randomize_input: bool = True,
    num_epochs: int | None = None,
    queue_capacity: int = 10000,
    reader_num_threads: int = 1,
    feature_queue_capacity: int = 100,
    num_enqueue_threads: int = 2,
    parse_fn: Callable[[Any], Any] | None = None,
    name: str | None = None,
    read_batch_size: Any = None,
) -> tuple[Tensor, dict[str, Any]]:
    """Return the keys of Examples and their features, parsed by queue runners.

    Args:
      file_pattern: see `read_keyed_batch_examples`, as for all that is not named here.
      batch_size: how many Examples a batch has.
      features: what to parse, by name.
      reader: makes a reader.
      randomize_input: whether files and records come in random order.
      num_epochs: how often all files are read.
      queue_capacity: of the queue of records.
      reader_num_threads: how many readers there are.
      feature_queue_capacity: of the queue of parsed batches.
      num_enqueue_threads: how many threads parse.
      parse_fn: makes Examples of records.
      name: of the scope.
      read_batch_size: how many records a reader reads at a time; None for `batch_size`.
    """
    with name_scope(name, "read_batch_features", [file_pattern]) as scope:
        keys, examples = read_keyed_batch_examples(
            file_pattern,
            batch_size,
            reader,
            randomize_input=randomize_input,
            num_epochs=num_epochs,
            queue_capacity=queue_capacity,
            num_threads=reader_num_threads,
            read_batch_size=batch_size if read_batch_size is None else read_batch_size,
            parse_fn=parse_fn,
            name=scope,
        )
        parsed = parse_example(examples, features)
        kept, made = queue_parsed_features(
            parsed, keys, feature_queue_capacity, num_enqueue_threads, name=scope
        )
        assert kept is not None
        return kept, made


def queue_parsed_features(
    parsed_features: Mapping[str, Any],
    keys: Any = None,
    feature_queue_capacity: int = 100,
    num_enqueue_threads: int = 2,
    name: str | None = None,
) -> tuple[Tensor | None, dict[str, Any]]:
    """Put parsed features into a queue, and return what comes out of it: keys and features.

    Args:
      parsed_features: tensors and sparse tensors by name.
      keys: of the Examples; None for none.
      feature_queue_capacity: of the queue.
      num_enqueue_threads: how many threads fill it.
      name: of the scope.
    """
    known = [*parsed_features.values(), *([] if keys is None else [keys])]
    with name_scope(name, "queue_parsed_features", known):
        parts: list[Any] = []
        for _, feature in sorted(parsed_features.items()):
            is_sparse = isinstance(feature, SparseTensor)
            parts += (
                [feature.indices, feature.values, feature.dense_shape] if is_sparse else [feature]
            )
        parts += [] if keys is None else [keys]
        queue = FIFOQueue(feature_queue_capacity, [part.dtype for part in parts])
        summarize_fill(
            queue,
            feature_queue_capacity,
            f"queue/parsed_features/{queue.name}/fraction_of_{feature_queue_capacity}_full",
        )
        adding = [queue.enqueue(parts) for _ in range(num_enqueue_threads)]
        add_queue_runner(QueueRunner(queue, adding, queue_closed_exception_types=_ENDS))
        taken = queue.dequeue()
        taken = taken if isinstance(taken, list) else [taken]
        for part, tensor in zip(parts, taken, strict=True):
            tensor.set_shape(part.shape)
        left = iter(taken)
        made: dict[str, Any] = {}
        for key, feature in sorted(parsed_features.items()):
            is_sparse = isinstance(feature, SparseTensor)
            made[key] = (
                SparseTensor(next(left), next(left), next(left)) if is_sparse else next(left)
            )
        return next(left, None), made


def read_batch_features(
    file_pattern: Any,
    batch_size: Any,
    features: Mapping[str, Any],
    reader: Callable[[], Any],
    randomize_input: bool = True,
    num_epochs: int | None = None,
    queue_capacity: int = 10000,
    feature_queue_capacity: int = 100,
    reader_num_threads: int = 1,
    num_enqueue_threads: int = 2,
    parse_fn: Callable[[Any], Any] | None = None,
    name: str | None = None,
    read_batch_size: Any = None,
) -> dict[str, Any]:
    """Return the features of Examples; see `read_keyed_batch_features`, which returns keys, too."""
    return read_keyed_batch_features(
        file_pattern,
        batch_size,
        features,
        reader,
        randomize_input,
        num_epochs,
        queue_capacity,
        reader_num_threads,
        feature_queue_capacity,
        num_enqueue_threads,
        parse_fn,
        name,
        read_batch_size,
    )[1]


def read_batch_record_features(
    file_pattern: Any,
    batch_size: Any,
    features: Mapping[str, Any],
    randomize_input: bool = True,
    num_epochs: int | None = None,
    queue_capacity: int = 10000,
    reader_num_threads: int = 1,
    name: str | None = "dequeue_record_examples",
) -> dict[str, Any]:
    """Return the features of Examples in record files; see `read_batch_features`."""
    return read_batch_features(
        file_pattern,
        batch_size,
        features,
        TFRecordReader,
        randomize_input,
        num_epochs,
        queue_capacity,
        reader_num_threads=reader_num_threads,
        name=name,
    )
