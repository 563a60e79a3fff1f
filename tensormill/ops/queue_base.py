"""`QueueBase`: a queue in a graph, and the operations on it.

Source: TensorFlow 1.15, python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dimension, TensorShape, as_dimension, as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.gathering import gather
from tensormill.ops.joining import stack
from tensormill.ops.queues import (
    queue_close_op,
    queue_close_v2_op,
    queue_dequeue_many_op,
    queue_dequeue_many_v2_op,
    queue_dequeue_op,
    queue_dequeue_up_to_op,
    queue_dequeue_up_to_v2_op,
    queue_dequeue_v2_op,
    queue_enqueue_many_op,
    queue_enqueue_many_v2_op,
    queue_enqueue_op,
    queue_enqueue_v2_op,
    queue_is_closed_op,
    queue_is_closed_v2_op,
    queue_size_op,
    queue_size_v2_op,
)

__all__ = ["QueueBase", "as_name_list", "as_shape_list", "as_type_list"]


class QueueBase:
    """A queue: elements that steps put in and others take out, in this session or in another one.

    An element is a tuple of tensors, the components. Its shape may be fixed for each component;
    only then can elements be taken many at a time. Enqueueing waits while the queue is full,
    dequeueing while it is empty.
    """

    def __init__(
        self, dtypes: Sequence[Any], shapes: Any, names: Sequence[str] | None, queue_ref: Tensor
    ) -> None:
        """Make what stands for a queue.

        Args:
          dtypes: of the components.
          shapes: of the components, or None.
          names: of the components, which are then dicts; or None.
          queue_ref: what refers to the queue.

        Raises:
          ValueError: there are not as many of one as of the other.
        """
        self._dtypes = list(dtypes)
        if shapes is None:
            self._shapes = [TensorShape(None) for _ in self._dtypes]
        elif len(shapes) != len(self._dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes")
        else:
            self._shapes = [as_shape(shape) for shape in shapes]
        if names is not None and len(names) != len(self._dtypes):
            raise ValueError("Queue names must have the same length as dtypes")
        self._names = names
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]
        self._is_resource = queue_ref.dtype.name == "resource"

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """Return one of several queues, chosen when a step runs.

        Args:
          index: int32 or int64 scalar.
          queues: queues with the same components.

        Raises:
          TypeError: `queues` is no list of queues, or their components differ.
        """
        if (
            not queues
            or not isinstance(queues, list)
            or not all(isinstance(queue, QueueBase) for queue in queues)
        ):
            raise TypeError("A list of queues expected")
        dtypes, names = queues[0].dtypes, queues[0].names
        if not all(dtypes == queue.dtypes for queue in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if not all(names == queue.names for queue in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        shapes = [
            _common_shape(list(shapes))
            for shapes in zip(*(queue.shapes for queue in queues), strict=True)
        ]
        refs = stack([queue.queue_ref for queue in queues])
        return QueueBase(dtypes, shapes, names, gather(refs, index))

    @property
    def queue_ref(self) -> Tensor:
        """The tensor that refers to the queue."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """The name of the operation that makes the queue."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[DType]:
        """The dtype of each component."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """What is known of the shape of each component."""
        return self._shapes

    @property
    def names(self) -> Any:
        """The name of each component, or None."""
        return self._names

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """Return an operation that adds an element; it waits while there is no room.

        Args:
          vals: a tensor, a list or tuple of them, or a dict where the components have names.
          name: the name of the operation.

        Raises:
          ValueError: the shape of a component is wrong, or names are given but none are wanted.
        """
        with name_scope(name, f"{self._name}_enqueue", _values(vals)) as scope:
            tensors = self._as_components(vals)
            for tensor, shape in zip(tensors, self._shapes, strict=False):
                tensor.shape.assert_is_compatible_with(shape)
            make = queue_enqueue_v2_op if self._is_resource else queue_enqueue_op
            return make.make(self._queue_ref, tensors, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """Return an operation that adds elements, as there is room for them.

        Args:
          vals: as for `enqueue`, with the elements along the first axis of each component.
          name: the name of the operation.

        Raises:
          ValueError: the shape of a component is wrong, or names are given but none are wanted.
        """
        with name_scope(name, f"{self._name}_EnqueueMany", _values(vals)) as scope:
            tensors = self._as_components(vals)
            count = Dimension(None)
            for tensor, shape in zip(tensors, self._shapes, strict=False):
                count = count.merge_with(tensor.shape.with_rank_at_least(1)[0])
                tensor.shape[1:].assert_is_compatible_with(shape)
            make = queue_enqueue_many_v2_op if self._is_resource else queue_enqueue_many_op
            return make.make(self._queue_ref, tensors, name=scope)

    def dequeue(self, name: str | None = None) -> Any:
        """Return the components of the next element; a step waits while there is none.

        Returns:
          A tensor, or a list of them, or a dict where the components have names.
        """
        make = queue_dequeue_v2_op if self._is_resource else queue_dequeue_op
        op = make.make(
            self._queue_ref, component_types=self._dtypes, name=name or f"{self._name}_Dequeue"
        )
        return self._returned(op, TensorShape([]))

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Return the components of the next `n` elements, along a new first axis.

        A step waits until there are so many.

        Args:
          n: int32 scalar.
          name: the name of the operation.
        """
        make = queue_dequeue_many_v2_op if self._is_resource else queue_dequeue_many_op
        op = make.make(
            self._queue_ref,
            n,
            component_types=self._dtypes,
            name=name or f"{self._name}_DequeueMany",
        )
        count = constant_value(op.inputs[1])
        return self._returned(op, TensorShape([as_dimension(count)]))

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Return what `dequeue_many` does, but what is left, if anything, once it is closed.

        Args:
          n: int32 scalar.
          name: the name of the operation.
        """
        make = queue_dequeue_up_to_v2_op if self._is_resource else queue_dequeue_up_to_op
        op = make.make(
            self._queue_ref,
            n,
            component_types=self._dtypes,
            name=name or f"{self._name}_DequeueUpTo",
        )
        return self._returned(op, TensorShape([None]))

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """Return an operation after which nothing comes into the queue any more.

        Args:
          cancel_pending_enqueues: let the enqueues that wait fail; else they are waited for.
          name: the name of the operation.
        """
        make = queue_close_v2_op if self._is_resource else queue_close_op
        return make.make(
            self._queue_ref,
            cancel_pending_enqueues=cancel_pending_enqueues,
            name=name or f"{self._name}_Close",
        )

    def is_closed(self, name: str | None = None) -> Tensor:
        """Return whether the queue is closed: bool scalar."""
        make = queue_is_closed_v2_op if self._is_resource else queue_is_closed_op
        made: Tensor = make(self._queue_ref, name=name or f"{self._name}_Is_Closed")
        return made

    def size(self, name: str | None = None) -> Tensor:
        """Return how many elements are in the queue: int32 scalar."""
        make = queue_size_v2_op if self._is_resource else queue_size_op
        made: Tensor = make(self._queue_ref, name=name or f"{self._name}_Size")
        return made

    def _as_components(self, vals: Any) -> list[Tensor]:
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals.keys(), key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"({sorted(vals.keys())}), Queue: ({sorted(self._names)})"
                )
            vals = [vals[name] for name in self._names]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(vals, (list, tuple)):
            vals = [vals]
        return [
            convert_to_tensor(value, dtype=dtype, name=f"component_{index}")
            for index, (value, dtype) in enumerate(zip(vals, self._dtypes, strict=False))
        ]

    def _returned(self, op: Operation, leading: TensorShape) -> Any:
        tensors = list(op.outputs)
        for tensor, shape in zip(tensors, self._shapes, strict=True):
            tensor.set_shape(leading.concatenate(shape))
        if self._names:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors


def _values(vals: Any) -> Any:
    if isinstance(vals, (list, tuple)):
        return vals
    return vals.values() if isinstance(vals, Mapping) else [vals]


def _common_shape(shapes: Sequence[TensorShape]) -> TensorShape:
    """Return what several shapes have in common."""
    first = shapes[0]
    for other in shapes[1:]:
        if first.dims is None or other.dims is None or len(first) != len(other):
            return TensorShape(None)
        pairs = zip(first.as_list(), other.as_list(), strict=True)
        first = TensorShape([a if a == b else None for a, b in pairs])
    return first


def as_type_list(dtypes: Any) -> list[DType]:
    """Return what a user gives as dtypes, one or several, as a list."""
    return list(map(as_dtype, dtypes if isinstance(dtypes, (list, tuple)) else [dtypes]))


def as_shape_list(shapes: Any, is_partial_allowed: bool = False) -> list[TensorShape] | None:
    """Return what a user gives as shapes, one or several or None, as a list or None.

    Raises:
      ValueError: a shape leaves open what it must say.
      TypeError: they are no shapes.
    """
    if is_partial_allowed and (
        not isinstance(shapes, (list, tuple)) or not shapes or any(map(_is_size, shapes))
    ):
        raise ValueError("When providing partial shapes, a list of shapes must be provided.")
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (list, tuple)):
        raise TypeError("shapes must be a TensorShape or a list or tuple of TensorShapes.")
    if all(map(_is_size, shapes)):
        shapes = [shapes]
    listed = [as_shape(shape) for shape in shapes]
    if not is_partial_allowed and not all(shape.is_fully_defined() for shape in listed):
        raise ValueError(f"All shapes must be fully defined: {listed}")
    if any(shape.dims is None for shape in listed):
        raise ValueError(f"All shapes must have a defined rank: {listed}")
    return listed


def _is_size(value: Any) -> bool:
    return value is None or isinstance(value, int)


def as_name_list(names: Any, dtypes: Sequence[Any]) -> Any:
    """Return what a user gives as names, one or several or None, as a list or None.

    Raises:
      ValueError: there are not as many as dtypes.
    """
    if names is None:
        return None
    if not isinstance(names, (list, tuple)):
        names = [names]
    if len(names) != len(dtypes):
        raise ValueError("List of names must have the same length as the list of dtypes")
    return list(names)
