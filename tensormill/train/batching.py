"""Batches: queues that collect single examples, or batches of them, filled by queue runners.

Source: TensorFlow 1.15, python/training/input.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.indexed_slices import convert_n_to_tensor_or_indexed_slices
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.partitioning import dynamic_partition
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.queue_kinds import FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue
from tensormill.ops.smart_cond import smart_cond
from tensormill.train.queue_fill import summarize_fill
from tensormill.train.queue_runner import QueueRunner, add_queue_runner
from tensormill.train.sparse_components import SparseComponents

__all__ = [
    "add_filling",
    "batch",
    "batch_join",
    "converted_lists",
    "maybe_batch",
    "maybe_batch_join",
    "maybe_shuffle_batch",
    "maybe_shuffle_batch_join",
    "shuffle_batch",
    "shuffle_batch_join",
]


@dataclass(frozen=True)
class _Pipeline:
    """What becomes of the examples.

    Attributes:
      default_name: the scope of the nodes.
      keep_input: which examples to take: a bool scalar, or a vector with `enqueue_many`.
      batch_size: of the batches.
      capacity: of the queue.
      enqueue_many: the tensors are batches of examples already.
      shapes: of the examples, or None to infer them.
      allow_smaller_final_batch: give what is left at the end.
      name: of the operations.
      make_queue: makes the queue, of dtypes and shapes.
      fill_name: of the summary of the queue.
      least: how many elements stay in the queue, or None.
      threads: how many fill the queue from the same tensors; None for one a list of tensors.
    """

    default_name: str
    keep_input: Any
    batch_size: Any
    capacity: int
    enqueue_many: bool
    shapes: Any
    allow_smaller_final_batch: bool
    name: str | None
    make_queue: Callable[..., QueueBase]
    fill_name: str
    least: int | None = None
    threads: int | None = None

    def build(self, tensors_list: Any) -> Any:
        """Return the batches, structured as one of the lists of tensors.

        Raises:
          ValueError: there is no tensor, or shapes are not known.
          TypeError: the lists differ in their dtypes.
        """
        original = tensors_list[0] if tensors_list else None
        lists = _as_lists(tensors_list)
        flat = [tensor for tensors in lists for tensor in tensors]
        with name_scope(self.name, self.default_name, [*flat, self.keep_input]) as scope:
            converted = converted_lists(lists, self.default_name)
            keep = _checked_keep(self.keep_input, self.enqueue_many)
            sparse = SparseComponents(self.enqueue_many, keep)
            stored = [sparse.store(tensors) for tensors in converted]
            types = _common_dtypes(stored)
            queue = self.make_queue(
                dtypes=types, shapes=_common_shapes(stored, self.shapes, self.enqueue_many)
            )
            add_filling(queue, stored, self.enqueue_many, keep, self.threads or 1)
            summarize_fill(queue, self.capacity, self.fill_name, self.least)
            dequeue = queue.dequeue_up_to if self.allow_smaller_final_batch else queue.dequeue_many
            batch = sparse.restore(dequeue(self.batch_size, name=scope))
            return _structured(original, batch)


def add_filling(
    queue: QueueBase,
    lists: Sequence[Sequence[Any]],
    enqueue_many: bool,
    keep: Tensor,
    threads: int = 1,
) -> None:
    """Add the queue runner that fills a queue.

    Args:
      queue: the queue.
      lists: the components of the examples of each source.
      enqueue_many: they are batches of examples.
      keep: which examples to take: a bool scalar, or a vector.
      threads: how many read each source.
    """
    add = queue.enqueue_many if enqueue_many else queue.enqueue
    adding: list[Operation] = []
    for tensors in lists:
        if keep.shape.ndims == 1:
            adding.append(add(_kept(tensors, keep)))
        else:
            adding.append(smart_cond(keep, partial(add, tensors), no_op))
    add_queue_runner(QueueRunner(queue, adding * threads))


def _as_lists(tensors_list: Any) -> list[list[Any]]:
    if not tensors_list:
        raise ValueError("Expected at least one set of tensors")
    first = tensors_list[0]
    if not isinstance(first, dict):
        return [list(tensors) for tensors in tensors_list]
    if any(tensors.keys() != first.keys() for tensors in tensors_list):
        raise ValueError("All dictionaries in tensors_list must have the same keys")
    return [[tensors[key] for key in sorted(tensors, key=str)] for tensors in tensors_list]


def _structured(original: Any, batch: Any) -> Any:
    if not isinstance(original, dict):
        return batch
    listed = [batch] if len(original) == 1 else batch
    return dict(zip(sorted(original, key=str), listed, strict=True))


def converted_lists(lists: Sequence[Sequence[Any]], where: str) -> list[list[Any]]:
    """Return lists as lists of tensors.

    Raises:
      ValueError: one of them is empty.
    """
    converted = [list(convert_n_to_tensor_or_indexed_slices(tensors)) for tensors in lists]
    if not all(converted):
        raise ValueError(f"Expected at least one tensor in {where}().")
    return converted


def _checked_keep(keep_input: Any, enqueue_many: bool) -> Tensor:
    keep = convert_to_tensor(keep_input)
    rank = keep.shape.ndims
    if rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and rank == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep


def _kept(tensors: Sequence[Tensor], keep: Tensor) -> list[Tensor]:
    chosen = cast(keep, dtypes.int32)
    return [dynamic_partition(tensor, chosen, num_partitions=2)[1] for tensor in tensors]


def _common_dtypes(lists: Sequence[Sequence[Tensor]]) -> list[dtypes.DType]:
    first = [tensor.dtype for tensor in lists[0]]
    for tensors in lists[1:]:
        other = [tensor.dtype for tensor in tensors]
        if other != first:
            raise TypeError(
                "Expected types to be consistent: "
                f"{', '.join(t.name for t in first)} vs. {', '.join(t.name for t in other)}."
            )
    return first


def _common_shapes(lists: Sequence[Sequence[Tensor]], shapes: Any, enqueue_many: bool) -> Any:
    if shapes is not None:
        return shapes
    found = []
    for tensors in zip(*lists, strict=False):
        known = []
        for tensor in tensors:
            if tensor.shape.ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
            known.append(tensor.shape.with_rank_at_least(1)[1:] if enqueue_many else tensor.shape)
        for other in known[1:]:
            known[0].merge_with(other)
        found.append(as_shape(known[0]).as_list())
    return found


def _fifo(capacity: int, dynamic_pad: bool, shared_name: str | None) -> Callable[..., QueueBase]:
    kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
    return lambda dtypes, shapes: kind(
        capacity=capacity, dtypes=dtypes, shapes=shapes, shared_name=shared_name
    )


def _shuffling(
    capacity: int, min_after_dequeue: int, seed: int | None, shared_name: str | None
) -> Callable[..., QueueBase]:
    if capacity <= min_after_dequeue:
        raise ValueError(
            f"capacity {capacity} must be bigger than min_after_dequeue {min_after_dequeue}."
        )
    return lambda dtypes, shapes: RandomShuffleQueue(
        capacity=capacity,
        min_after_dequeue=min_after_dequeue,
        seed=seed,
        dtypes=dtypes,
        shapes=shapes,
        shared_name=shared_name,
    )


def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of those examples for which `keep_input` holds.

    Args:
      tensors: the components of an example: a list, or a dict; with `enqueue_many` of a batch.
      keep_input: bool scalar; with `enqueue_many` also a vector, one an example.
      batch_size: int32 scalar.
      num_threads: how many fill the queue.
      capacity: of the queue.
      enqueue_many: the tensors are batches of examples already.
      shapes: of the components of an example, where the tensors do not tell.
      dynamic_pad: fill components of different sizes up to the largest of their batch.
      allow_smaller_final_batch: give what is left at the end.
      shared_name: of the queue, to share it with other sessions.
      name: of the operations.

    Returns:
      The components of a batch, structured as `tensors`.

    Raises:
      ValueError: there is no tensor, or shapes are not known.
    """
    return _Pipeline(
        "batch",
        keep_input,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        name,
        _fifo(capacity, dynamic_pad, shared_name),
        f"fraction_of_{capacity}_full",
        threads=num_threads,
    ).build([tensors])


def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples; the arguments are those of `maybe_batch`."""
    return maybe_batch(
        tensors,
        True,
        batch_size,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples of several sources, each of which a thread reads.

    Args:
      tensors_list: the components of an example of each source.
      keep_input: as for `maybe_batch`, as are the other arguments.
      batch_size: int32 scalar.
      capacity: of the queue.
      enqueue_many: the tensors are batches of examples already.
      shapes: of the components of an example.
      dynamic_pad: fill components of different sizes up.
      allow_smaller_final_batch: give what is left at the end.
      shared_name: of the queue.
      name: of the operations.

    Raises:
      ValueError: there is no tensor, or shapes are not known.
      TypeError: the sources differ in their dtypes.
    """
    return _Pipeline(
        "batch_join",
        keep_input,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        name,
        _fifo(capacity, dynamic_pad, shared_name),
        f"fraction_of_{capacity}_full",
    ).build(tensors_list)


def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples of several sources; see `maybe_batch_join`."""
    return maybe_batch_join(
        tensors_list,
        True,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples in random order; see `maybe_batch`.

    Args:
      tensors: the components of an example.
      batch_size: int32 scalar.
      capacity: of the queue.
      min_after_dequeue: how many examples stay in the queue, so that they mix.
      keep_input: as for `maybe_batch`, as are the other arguments.
      num_threads: how many fill the queue.
      seed: of the order.
      enqueue_many: the tensors are batches of examples already.
      shapes: of the components of an example.
      allow_smaller_final_batch: give what is left at the end.
      shared_name: of the queue.
      name: of the operations.

    Raises:
      ValueError: there is no tensor, shapes are not known, or the capacity is too small.
    """
    return _Pipeline(
        "shuffle_batch",
        keep_input,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        name,
        _shuffling(capacity, min_after_dequeue, seed, shared_name),
        f"fraction_over_{min_after_dequeue}_of_{capacity - min_after_dequeue}_full",
        min_after_dequeue,
        num_threads,
    ).build([tensors])


def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples in random order; see `maybe_shuffle_batch`."""
    return maybe_shuffle_batch(
        tensors,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        num_threads,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples of several sources in random order.

    The arguments are those of `maybe_batch_join` and `maybe_shuffle_batch`.
    """
    return _Pipeline(
        "shuffle_batch_join",
        keep_input,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        name,
        _shuffling(capacity, min_after_dequeue, seed, shared_name),
        f"fraction_over_{min_after_dequeue}_of_{capacity - min_after_dequeue}_full",
        min_after_dequeue,
    ).build(tensors_list)


def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples of several sources in random order.

    The arguments are those of `maybe_shuffle_batch_join`.
    """
    return maybe_shuffle_batch_join(
        tensors_list,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )
