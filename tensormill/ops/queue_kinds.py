"""The four kinds of queues that users make.

Source: TensorFlow 1.15, python/ops/data_flow_ops.py.
"""

from __future__ import annotations

import hashlib
from typing import Any

from tensormill.graph.dtypes import int64
from tensormill.graph.shapes import TensorShape
from tensormill.ops.queue_base import QueueBase, as_name_list, as_shape_list, as_type_list
from tensormill.ops.queues import (
    fifo_queue_v2_op,
    padding_fifo_queue_v2_op,
    priority_queue_v2_op,
    random_shuffle_queue_v2_op,
)
from tensormill.ops.random_seeds import get_seed

__all__ = ["FIFOQueue", "PaddingFIFOQueue", "PriorityQueue", "RandomShuffleQueue"]


class FIFOQueue(QueueBase):
    """A queue whose elements leave in the order in which they came.

    Args:
      capacity: how many elements fit; negative for any number.
      dtypes: of the components.
      shapes: of the components; without them elements are taken one by one.
      names: of the components.
      shared_name: finds the same queue in other sessions and graphs.
      name: of the operation.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str | None = "fifo_queue",
    ) -> None:
        dtypes = as_type_list(dtypes)
        shapes = as_shape_list(shapes)
        names = as_name_list(names, dtypes)
        ref = fifo_queue_v2_op(
            component_types=dtypes,
            shapes=shapes or [],
            capacity=capacity,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(dtypes, shapes, names, ref)


class RandomShuffleQueue(QueueBase):
    """A queue whose elements leave in random order.

    Args:
      capacity: how many elements fit; negative for any number.
      min_after_dequeue: how many elements stay in it until it is closed, so that they mix.
      dtypes: of the components.
      shapes: of the components; without them elements are taken one by one.
      names: of the components.
      seed: the same seed gives the same order.
      shared_name: finds the same queue in other sessions and graphs.
      name: of the operation.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        dtypes = as_type_list(dtypes)
        shapes = as_shape_list(shapes)
        names = as_name_list(names, dtypes)
        first, second = get_seed(seed)
        if first is None or second is None:
            first, second = 0, 0
        elif seed is None and shared_name is not None:
            # All who share the queue must ask for the same seed, whatever else is in their graphs.
            digest = hashlib.md5(f"{first}{shared_name}".encode()).hexdigest()
            second = int(digest[:8], 16) & 0x7FFFFFFF
        ref = random_shuffle_queue_v2_op(
            component_types=dtypes,
            shapes=shapes or [],
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=first,
            seed2=second,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(dtypes, shapes, names, ref)


class PaddingFIFOQueue(QueueBase):
    """A FIFO queue of elements of different sizes, which are filled up when many are taken.

    Args:
      capacity: how many elements fit; negative for any number.
      dtypes: of the components.
      shapes: of the components; None stands for a size that differs.
      names: of the components.
      shared_name: finds the same queue in other sessions and graphs.
      name: of the operation.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        dtypes = as_type_list(dtypes)
        shapes = as_shape_list(shapes, is_partial_allowed=True)
        names = as_name_list(names, dtypes)
        assert shapes is not None
        if len(dtypes) != len(shapes):
            raise ValueError(
                "Shapes must be provided for all components, but received "
                f"{len(dtypes)} dtypes and {len(shapes)} shapes."
            )
        ref = padding_fifo_queue_v2_op(
            component_types=dtypes,
            shapes=shapes,
            capacity=capacity,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(dtypes, shapes, names, ref)


class PriorityQueue(QueueBase):
    """A queue of which the element with the lowest priority leaves first.

    The priority is one component more, in front of the others: an int64 scalar.

    Args:
      capacity: how many elements fit; negative for any number.
      types: the dtypes of the other components.
      shapes: of the other components.
      names: of all components.
      shared_name: finds the same queue in other sessions and graphs.
      name: of the operation.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        types = as_type_list(types)
        shapes = as_shape_list(shapes)
        ref = priority_queue_v2_op(
            component_types=types,
            shapes=shapes or [],
            capacity=capacity,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(
            [int64, *types], [TensorShape([]), *shapes] if shapes else shapes, names, ref
        )
