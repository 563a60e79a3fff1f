"""Input producers: queues that give the slices of tensors, epoch after epoch.

A queue runner fills each queue; `tf.train.start_queue_runners` starts it.

Source: TensorFlow 1.15, python/training/input.py.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.indexed_slices import convert_n_to_tensor_or_indexed_slices
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape, size
from tensormill.ops.check import Assert
from tensormill.ops.comparison import greater
from tensormill.ops.gathering import gather
from tensormill.ops.identities import identity
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.queue_kinds import FIFOQueue
from tensormill.ops.random import random_shuffle
from tensormill.ops.sequences import range_of
from tensormill.train.queue_fill import summarize_fill
from tensormill.train.queue_runner import QueueRunner, add_queue_runner
from tensormill.variables.creation import Variable

__all__ = [
    "input_producer",
    "limit_epochs",
    "range_input_producer",
    "slice_input_producer",
    "string_input_producer",
]


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """Return a tensor that can be computed `num_epochs` times, and then raises OutOfRangeError.

    Args:
      tensor: any tensor.
      num_epochs: how often; None for any number of times.
      name: of the operation. A local variable `epochs` in its scope counts.

    Raises:
      ValueError: `num_epochs` is not positive.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        epochs: Any = Variable(
            constant(0, dtype=dtypes.int64),
            name="epochs",
            trainable=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )
        with control_dependencies([epochs.count_up_to(num_epochs)]):
            return identity(tensor, name=scope)


def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> QueueBase:
    """Return a queue of the rows of a tensor.

    Args:
      input_tensor: the rows along its first axis.
      element_shape: the shape of a row, where the tensor does not tell.
      num_epochs: how often every row is given; None for ever.
      shuffle: the order is new in each epoch.
      seed: of the order.
      capacity: of the queue.
      shared_name: of the queue, to share it with other sessions.
      summary_name: of a summary of how full the queue is.
      name: of the queue.
      cancel_op: what cancels the filling.

    Raises:
      ValueError: the shape of a row is not known.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        rows = convert_to_tensor(input_tensor, name="input_tensor")
        row_shape = rows.shape[1:].merge_with(element_shape)
        if not row_shape.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be "
                "specified"
            )
        if shuffle:
            rows = random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(
            capacity=capacity,
            dtypes=[rows.dtype.base_dtype],
            shapes=[row_shape],
            shared_name=shared_name,
            name=name,
        )
        enqueue = queue.enqueue_many([rows])
        add_queue_runner(QueueRunner(queue, [enqueue], cancel_op=cancel_op))
        if summary_name is not None:
            summarize_fill(queue, capacity, summary_name)
        return queue


def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> QueueBase:
    """Return a queue of strings, most often names of files.

    Args:
      string_tensor: a string vector.
      num_epochs: how often every string is given; None for ever.
      shuffle: the order is new in each epoch.
      seed: of the order.
      capacity: of the queue.
      shared_name: of the queue, to share it with other sessions.
      name: of the queue.
      cancel_op: what cancels the filling.

    Raises:
      ValueError: there is no string.
    """
    refusal = "string_input_producer requires a non-null input tensor"
    # A variable, as of `match_filenames_once`, is asked when the step runs.
    is_plain = isinstance(string_tensor, Sized) and not isinstance(string_tensor, Tensor)
    if is_plain and not len(string_tensor):
        raise ValueError(refusal)
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        strings = convert_to_tensor(string_tensor, dtype=dtypes.string)
        with control_dependencies([Assert(greater(size(strings), 0), [refusal])]):
            strings = identity(strings)
        return input_producer(
            strings,
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
            cancel_op,
        )


def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> QueueBase:
    """Return a queue of the numbers from 0 up to `limit`, an int32 scalar.

    The other arguments are those of `string_input_producer`.
    """
    with name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(
            range_of(limit),
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
        )


def slice_input_producer(
    tensor_list: Sequence[Any],
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """Return the next row of each of several tensors with the same first size.

    The other arguments are those of `string_input_producer`.

    Raises:
      ValueError: there is no tensor.
    """
    with name_scope(name, "input_producer", tensor_list):
        tensors = convert_n_to_tensor_or_indexed_slices(tensor_list)
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        count = shape(tensors[0])[0]
        queue = range_input_producer(
            count,
            num_epochs=num_epochs,
            shuffle=shuffle,
            seed=seed,
            capacity=capacity,
            shared_name=shared_name,
        )
        index = queue.dequeue()
        return [gather(tensor, index) for tensor in tensors]
