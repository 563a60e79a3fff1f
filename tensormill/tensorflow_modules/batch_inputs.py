"""The helpers of `tensorflow.python.training.input` for what is batched.

Source: TensorFlow 1.15, python/training/input.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.shapes import as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.queue_kinds import FIFOQueue, PaddingFIFOQueue
from tensormill.train.batching import add_filling, converted_lists

__all__ = [
    "as_original_type",
    "as_tensor_list",
    "enqueue",
    "enqueue_join",
    "flatten",
    "merge_shapes",
    "validate",
    "validate_join",
    "which_queue",
]


def as_tensor_list(tensors: Any) -> Any:
    """Return the values of a dictionary in the order of its keys; anything else as it is."""
    if isinstance(tensors, dict):
        return [tensors[key] for key in sorted(tensors, key=str)]
    return tensors


def as_original_type(original_tensors: Any, tensor_list: Any) -> Any:
    """Return a list of tensors in the form of what `as_tensor_list` took."""
    if isinstance(original_tensors, dict):
        if len(original_tensors) == 1:
            # What batches a single tensor gives no list.
            tensor_list = [tensor_list]
        return dict(zip(sorted(original_tensors, key=str), tensor_list, strict=False))
    return tensor_list


def flatten(tensor_list_list: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the tensors of all lists."""
    return [tensor for tensors in tensor_list_list for tensor in tensors]


def validate(tensor_list: Sequence[Any]) -> list[Any]:
    """Return a list as tensors.

    Raises:
      ValueError: it is empty.
    """
    return converted_lists([tensor_list], "batch")[0]


def validate_join(tensor_list_list: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return lists as lists of tensors.

    Raises:
      ValueError: there is none.
    """
    if not tensor_list_list:
        raise ValueError("Expected at least one input in batch_join().")
    return converted_lists(tensor_list_list, "batch_join")


def merge_shapes(shape_list: Sequence[Any], enqueue_many: bool) -> Any:
    """Return the first of shapes that are to be compatible, as a list of sizes.

    Args:
      shape_list: the shapes.
      enqueue_many: they are those of batches; that of an example is asked for.

    Raises:
      ValueError: they are not compatible.
    """
    shapes = [as_shape(shape) for shape in shape_list]
    if enqueue_many:
        shapes = [shape.with_rank_at_least(1)[1:] for shape in shapes]
    for other in shapes[1:]:
        shapes[0].merge_with(other)
    return shapes[0].as_list()


def enqueue(
    queue: QueueBase,
    tensor_list: Sequence[Any],
    threads: int,
    enqueue_many: bool,
    keep_input: Tensor,
) -> None:
    """Let several threads add the examples of one list to a queue."""
    add_filling(queue, [tensor_list], enqueue_many, keep_input, threads)


def enqueue_join(
    queue: QueueBase,
    tensor_list_list: Sequence[Sequence[Any]],
    enqueue_many: bool,
    keep_input: Tensor,
) -> None:
    """Let a thread for each list add its examples to a queue."""
    add_filling(queue, tensor_list_list, enqueue_many, keep_input)


def which_queue(dynamic_pad: bool) -> type[QueueBase]:
    """Return the kind of queue for examples of one size, or to be padded."""
    return PaddingFIFOQueue if dynamic_pad else FIFOQueue
