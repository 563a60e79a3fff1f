"""`Barrier`: elements by key whose components come one by one.

Source: TensorFlow 1.15, python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.constant_value import constant_value
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape, as_dimension
from tensormill.graph.tensor import Tensor
from tensormill.ops.barriers import (
    barrier_close_op,
    barrier_incomplete_size_op,
    barrier_insert_many_op,
    barrier_op,
    barrier_ready_size_op,
    barrier_take_many_op,
)
from tensormill.ops.queue_base import as_shape_list, as_type_list

__all__ = ["Barrier"]


class Barrier:
    """Elements by key: a component may come alone, and an element leaves when all are there.

    Args:
      types: of the components.
      shapes: of the components.
      shared_name: finds the same barrier in other sessions and graphs.
      name: of the operation.

    Raises:
      ValueError: a shape is missing or without elements.
    """

    def __init__(
        self, types: Any, shapes: Any = None, shared_name: str | None = None, name: str = "barrier"
    ) -> None:
        self._types = as_type_list(types)
        listed = None if shapes is None else as_shape_list(shapes)
        self._shapes = listed or [TensorShape(None) for _ in self._types]
        for index, shape in enumerate(listed or ()):
            if shape.num_elements() == 0:
                raise ValueError(
                    f"Empty tensors are not supported, but received shape '{shape}' at index "
                    f"{index}"
                )
        self._barrier_ref: Tensor = barrier_op(
            component_types=self._types,
            shapes=self._shapes,
            shared_name=shared_name or "",
            name=name,
        )
        self._name = self._barrier_ref.op.name.split("/")[-1]

    @property
    def barrier_ref(self) -> Tensor:
        """What refers to the barrier."""
        return self._barrier_ref

    @property
    def name(self) -> str:
        """The name of the barrier in its scope."""
        return self._name

    def insert_many(
        self, component_index: int, keys: Any, values: Any, name: str | None = None
    ) -> Operation:
        """Return an operation that adds one component for each of some keys.

        Args:
          component_index: which component.
          keys: strings, [n].
          values: the components, along the first axis.
          name: the name of the operation.
        """
        return barrier_insert_many_op.make(
            self._barrier_ref,
            keys,
            values,
            component_index=component_index,
            name=name or f"{self._name}_BarrierInsertMany",
        )

    def take_many(
        self,
        num_elements: Any,
        allow_small_batch: bool = False,
        timeout: int | None = None,
        name: str | None = None,
    ) -> Any:
        """Return indices, keys and components of complete elements, the oldest first.

        Args:
          num_elements: how many; a step waits until there are as many.
          allow_small_batch: once the barrier is closed, fewer will do.
          timeout: not supported by the kernel, as in TensorFlow.
          name: the name of the operation.
        """
        made = barrier_take_many_op.make(
            self._barrier_ref,
            num_elements,
            component_types=self._types,
            allow_small_batch=allow_small_batch,
            timeout_ms=-1 if timeout is None else timeout,
            name=name or f"{self._name}_BarrierTakeMany",
        )
        count = None if allow_small_batch else constant_value(made.inputs[1])
        leading = TensorShape([as_dimension(count)])
        indices, keys, *values = made.outputs
        indices.set_shape(leading)
        keys.set_shape(leading)
        for tensor, shape in zip(values, self._shapes, strict=True):
            tensor.set_shape(leading.concatenate(shape))
        return indices, keys, values

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """Return an operation after which no new keys come in.

        Args:
          cancel_pending_enqueues: let no components of known keys in either.
          name: the name of the operation.
        """
        return barrier_close_op.make(
            self._barrier_ref,
            cancel_pending_enqueues=cancel_pending_enqueues,
            name=name or f"{self._name}_BarrierClose",
        )

    def ready_size(self, name: str | None = None) -> Tensor:
        """Return how many elements are complete: int32 scalar."""
        made: Tensor = barrier_ready_size_op(
            self._barrier_ref, name=name or f"{self._name}_BarrierReadySize"
        )
        return made

    def incomplete_size(self, name: str | None = None) -> Tensor:
        """Return how many elements wait for components: int32 scalar."""
        made: Tensor = barrier_incomplete_size_op(
            self._barrier_ref, name=name or f"{self._name}_BarrierIncompleteSize"
        )
        return made
