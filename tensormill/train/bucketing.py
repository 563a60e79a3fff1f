"""`tf.contrib.training.bucket` and `bucket_by_sequence_length`: batches of elements that are alike.

Source: TensorFlow 1.15, contrib/training/python/training/bucket_ops.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensormill.graph import dtypes, errors
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast, to_int32
from tensormill.ops.comparison import equal, less, less_equal, logical_and
from tensormill.ops.conditional import cond
from tensormill.ops.gathering import where
from tensormill.ops.grouping import group
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.queue_kinds import FIFOQueue, PaddingFIFOQueue
from tensormill.ops.reduction import reduce_min
from tensormill.ops.smart_cond import smart_cond
from tensormill.ops.summaries import scalar
from tensormill.train.queue_runner import QueueRunner, add_queue_runner
from tensormill.train.sparse_components import SparseComponents

__all__ = ["bucket", "bucket_by_sequence_length"]

_ENDS = (errors.OutOfRangeError, errors.CancelledError)


def bucket(
    tensors: Any,
    which_bucket: Any,
    batch_size: Any,
    num_buckets: int,
    num_threads: int = 1,
    capacity: int = 32,
    bucket_capacities: Sequence[int] | None = None,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    keep_input: Any = True,
    shared_name: str | None = None,
    name: str | None = None,
) -> tuple[Tensor, Any]:
    """Collect elements in buckets, and return a bucket's number and a batch once it has enough.

    Args:
      tensors: an element: a list, a tuple or a dict of tensors, or one tensor.
      which_bucket: the number of its bucket.
      batch_size: of all buckets, or a list with one for each.
      num_buckets: how many there are.
      num_threads: how many fill them.
      capacity: how many batches may wait.
      bucket_capacities: how many elements each bucket may hold; `capacity` by default.
      shapes: of the tensors, where they are not known.
      dynamic_pad: fill elements of different sizes up to the largest of a batch.
      allow_smaller_final_batch: the last batch of each bucket may be smaller.
      keep_input: whether the element is taken at all.
      shared_name: of the queues, for other sessions.
      name: prefix of the nodes.

    Raises:
      ValueError: there is no element, a shape is not known, or lists have other lengths than
        there are buckets.
      TypeError: sizes are no list.
    """
    sizes = _per_bucket(batch_size, num_buckets, "batch_size")
    capacities = _per_bucket(
        capacity if bucket_capacities is None else bucket_capacities,
        num_buckets,
        "bucket_capacities",
    )
    components = _as_list(tensors)
    with name_scope(name, "bucket", components):
        converted = [convert_to_tensor(item) for item in _checked(components)]
        keep = convert_to_tensor(keep_input)
        if keep.shape.ndims != 0:
            raise ValueError("`keep_input` must be a scalar.")
        sparse = SparseComponents(False, constant(True))
        stored = sparse.store(converted)
        sizes = [_static(size) for size in sizes]
        shapes = _shapes(stored) if shapes is None else shapes
        which_bucket = convert_to_tensor(which_bucket, dtype=dtypes.int32, name="which_bucket")
        buckets = _bucket_queues(stored, capacities, shapes, dynamic_pad, shared_name)
        top = _top_queue(buckets, sizes, capacity, allow_smaller_final_batch, shared_name)
        _fill_buckets(buckets, stored, which_bucket, keep, num_threads)
        _fill_top(top, buckets, sizes, allow_smaller_final_batch)
        size = cast(top.size(), dtypes.float32)
        for queue in buckets:
            scalar(f"bucket/{queue.name}/size", cast(queue.size(), dtypes.float32))
        scalar(f"bucket/{top.name}/fraction_of_{capacity}_full", size * (1.0 / capacity))
        number, *batch = top.dequeue(name="dequeue_top")
        restored = sparse.restore(batch if len(batch) > 1 else batch[0])
        return number, _structured(tensors, restored)


def bucket_by_sequence_length(
    input_length: Any,
    tensors: Any,
    batch_size: Any,
    bucket_boundaries: Sequence[int],
    num_threads: int = 1,
    capacity: int = 32,
    bucket_capacities: Sequence[int] | None = None,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    keep_input: Any = True,
    shared_name: str | None = None,
    name: str | None = None,
) -> tuple[Tensor, Any]:
    """Return batches of elements of about the same length, and the lengths of their elements.

    Args:
      input_length: the length of an element.
      tensors: the element.
      batch_size: of all buckets, or a list with one for each.
      bucket_boundaries: ascending lengths; there is a bucket before each, and one after the last.
      num_threads: as for `bucket`, like what follows.
      capacity: how many batches may wait.
      bucket_capacities: how many elements each bucket may hold.
      shapes: of the tensors, where they are not known.
      dynamic_pad: fill elements up to the longest of a batch.
      allow_smaller_final_batch: the last batch of each bucket may be smaller.
      keep_input: whether the element is taken at all.
      shared_name: of the queues.
      name: prefix of the nodes.

    Raises:
      TypeError: the boundaries are no list of integers.
      ValueError: there are none, or they do not ascend.
    """
    components = _as_list(tensors)
    _check_boundaries(bucket_boundaries)
    with name_scope(name, "bucket_by_sequence_length", [input_length, *components]) as scope:
        input_length = convert_to_tensor(input_length, dtype=dtypes.int32, name="input_length")
        limits = np.iinfo(np.int32)
        lowest = constant([limits.min, *bucket_boundaries], dtypes.int32)
        highest = constant([*bucket_boundaries, limits.max], dtypes.int32)
        is_in = logical_and(less_equal(lowest, input_length), less(input_length, highest))
        which_bucket = to_int32(reduce_min(where(is_in)))
        _, dequeued = bucket(
            [input_length, *components],
            which_bucket,
            batch_size,
            len(bucket_boundaries) + 1,
            num_threads=num_threads,
            capacity=capacity,
            bucket_capacities=bucket_capacities,
            shapes=None if shapes is None else [[], *shapes],
            dynamic_pad=dynamic_pad,
            allow_smaller_final_batch=allow_smaller_final_batch,
            keep_input=keep_input,
            shared_name=shared_name,
            name=scope,
        )
        rest = dequeued[1:]
        return dequeued[0], _structured(tensors, rest if len(rest) > 1 else rest[0])


def _check_boundaries(boundaries: Any) -> None:
    if not isinstance(boundaries, list | tuple):
        raise TypeError(f"bucket_boundaries must be a list or tuple, but received: {boundaries}")
    if not boundaries:
        raise ValueError("bucket_boundaries must not be empty")
    for start, end in itertools.pairwise(boundaries):
        if not isinstance(start, int) or not isinstance(end, int):
            raise TypeError(f"bucket boundaries must be integers, but saw: {start} and {end}")
        if start >= end:
            raise ValueError(
                f"Buckets must contain sequential increasing lengths, but saw: {start} before {end}"
            )


def _per_bucket(value: Any, count: int, name: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"If {name} is a list it must have num_buckets elements, but has {len(value)} "
            f"for {count} buckets"
        )
    return list(value)


def _as_list(tensors: Any) -> list[Any]:
    if isinstance(tensors, dict):
        return [tensors[key] for key in sorted(tensors, key=str)]
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]


def _checked(components: list[Any]) -> list[Any]:
    if not components:
        raise ValueError("Expected at least one tensor in bucket().")
    return components


def _structured(original: Any, found: Any) -> Any:
    listed = list(found) if isinstance(found, list | tuple) else [found]
    if isinstance(original, dict):
        return dict(zip(sorted(original, key=str), listed, strict=True))
    return listed if isinstance(original, list | tuple) else listed[0]


def _static(size: Any) -> Any:
    tensor = convert_to_tensor(size, dtype=dtypes.int32, name="batch_size")
    known = constant_value(tensor)
    return tensor if known is None else int(known)


def _shapes(components: Sequence[Tensor]) -> list[Any]:
    for component in components:
        if component.shape.ndims is None:
            raise ValueError(f"Cannot infer Tensor's rank: {component}")
    return [component.shape for component in components]


def _bucket_queues(
    components: Sequence[Tensor],
    capacities: Sequence[int],
    shapes: Any,
    dynamic_pad: bool,
    shared_name: str | None,
) -> list[QueueBase]:
    kind: Callable[..., QueueBase] = PaddingFIFOQueue if dynamic_pad else FIFOQueue
    return [
        kind(
            capacity=capacity,
            dtypes=[component.dtype for component in components],
            shapes=shapes,
            shared_name=None if shared_name is None else f"{shared_name}_{index}",
            name=f"bucket_queue_{index}",
        )
        for index, capacity in enumerate(capacities)
    ]


def _top_queue(
    buckets: Sequence[QueueBase],
    sizes: Sequence[Any],
    capacity: int,
    allows_smaller: bool,
    shared_name: str | None,
) -> QueueBase:
    first = buckets[0]
    known = {size for size in sizes if isinstance(size, int)}
    is_same = len(known) == 1 and all(isinstance(size, int) for size in sizes)
    size = None if allows_smaller or not is_same else next(iter(known))
    return PaddingFIFOQueue(
        capacity=capacity,
        dtypes=[dtypes.int32, *first.dtypes],
        shapes=[[], *([size, *shape.as_list()] for shape in first.shapes)],
        shared_name=shared_name,
        name="top_queue",
    )


def _fill_buckets(
    buckets: Sequence[QueueBase],
    components: Sequence[Tensor],
    which_bucket: Tensor,
    keep: Tensor,
    threads: int,
) -> None:
    def enqueue() -> Any:
        adding = [
            cond(equal(which_bucket, index), partial(queue.enqueue, components), no_op)
            for index, queue in enumerate(buckets)
        ]
        return group(*adding, name="group_enqueues")

    adding = smart_cond(keep, enqueue, no_op)
    add_queue_runner(
        QueueRunner(
            buckets[0],
            [adding] * threads,
            close_op=group(*(queue.close() for queue in buckets)),
            cancel_op=group(*(queue.close(cancel_pending_enqueues=True) for queue in buckets)),
            queue_closed_exception_types=_ENDS,
        )
    )


def _fill_top(
    top: QueueBase, buckets: Sequence[QueueBase], sizes: Sequence[Any], allows_smaller: bool
) -> None:
    adding = []
    for index, (queue, size) in enumerate(zip(buckets, sizes, strict=True)):
        dequeue = queue.dequeue_up_to if allows_smaller else queue.dequeue_many
        batch = dequeue(size, name=f"read_bucket_{index}")
        listed = batch if isinstance(batch, list | tuple) else [batch]
        adding.append(top.enqueue([constant(index), *listed], name=f"enqueue_from_bucket_{index}"))
    add_queue_runner(QueueRunner(top, adding, queue_closed_exception_types=_ENDS))
