"""`tf.ConditionalAccumulator` and `tf.SparseConditionalAccumulator`.

Source: TensorFlow 1.15, python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype, int64
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape, as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.accumulators import (
    accumulator_num_accumulated_op,
    accumulator_set_global_step_op,
    resource_accumulator_apply_gradient_op,
    resource_accumulator_num_accumulated_op,
    resource_accumulator_set_global_step_op,
    resource_accumulator_take_gradient_op,
    resource_conditional_accumulator_op,
    sparse_accumulator_apply_gradient_op,
    sparse_accumulator_take_gradient_op,
    sparse_conditional_accumulator_op,
)
from tensormill.ops.casting import cast

__all__ = [
    "ConditionalAccumulator",
    "ConditionalAccumulatorBase",
    "SparseConditionalAccumulator",
]


class SparseGradient(NamedTuple):
    """A sparse gradient.

    Attributes:
      indices: of the rows.
      values: the rows.
      shape: of the dense gradient.
    """

    indices: Tensor
    values: Tensor
    shape: Tensor


class ConditionalAccumulatorBase:
    """Gradients that are added up until somebody takes them, once there are as many as they want.

    A gradient says of which step it is; those of steps before the last taking are dropped.
    """

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor) -> None:
        """Make what stands for an accumulator.

        Args:
          dtype: of the gradients.
          shape: what is known of their shape.
          accumulator_ref: what refers to the accumulator.
        """
        self._dtype = as_dtype(dtype)
        self._shape = TensorShape(None) if shape is None else as_shape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.split("/")[-1]

    @property
    def accumulator_ref(self) -> Tensor:
        """What refers to the accumulator."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """The name of the accumulator in its scope."""
        return self._name

    @property
    def dtype(self) -> DType:
        """The dtype of the gradients."""
        return self._dtype

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """Return how many gradients there are: int32 scalar."""
        made: Tensor = resource_accumulator_num_accumulated_op(
            self._accumulator_ref, name=name or f"{self._name}_NumAccumulated"
        )
        return made

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """Return an operation after which gradients of earlier steps are dropped."""
        return resource_accumulator_set_global_step_op.make(
            self._accumulator_ref, _as_step(new_global_step), name=name
        )


def _as_step(step: Any) -> Tensor:
    return cast(convert_to_tensor(step), int64)


class ConditionalAccumulator(ConditionalAccumulatorBase):
    """An accumulator of dense gradients.

    Args:
      dtype: of the gradients.
      shape: what is known of their shape.
      shared_name: finds the same accumulator in other sessions and graphs.
      name: of the operation.
      reduction_type: "MEAN" or "SUM", what is taken.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        ref = resource_conditional_accumulator_op(
            dtype=dtype,
            shape=TensorShape(None) if shape is None else shape,
            shared_name=shared_name or "",
            name=name,
            reduction_type=reduction_type,
        )
        super().__init__(dtype, shape, ref)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """Return an operation that adds a gradient.

        Args:
          grad: the gradient.
          local_step: the step of which it is.
          name: the name of the operation.

        Raises:
          ValueError: the shape is wrong.
        """
        grad = convert_to_tensor(grad, self._dtype)
        grad.shape.assert_is_compatible_with(self._shape)
        return resource_accumulator_apply_gradient_op.make(
            self._accumulator_ref, _as_step(local_step), grad, name=name
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """Return the mean or sum of the gradients; a step waits until there are so many.

        Args:
          num_required: int32 scalar.
          name: the name of the operation.
        """
        made: Tensor = resource_accumulator_take_gradient_op(
            self._accumulator_ref, num_required, dtype=self._dtype, name=name
        )
        made.set_shape(self._shape)
        return made


class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """An accumulator of sparse gradients: rows by their index.

    Args:
      dtype: of the gradients.
      shape: what is known of the shape of the dense gradient.
      shared_name: finds the same accumulator in other sessions and graphs.
      name: of the operation.
      reduction_type: "MEAN" or "SUM", what is taken; the mean is that of each row.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "sparse_conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        ref = sparse_conditional_accumulator_op(
            dtype=dtype,
            shape=TensorShape(None) if shape is None else shape,
            shared_name=shared_name or "",
            name=name,
            reduction_type=reduction_type,
        )
        super().__init__(dtype, shape, ref)

    def apply_indexed_slices_grad(
        self, grad: IndexedSlices, local_step: Any = 0, name: str | None = None
    ) -> Operation:
        """Return an operation that adds a gradient."""
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    def apply_grad(
        self,
        grad_indices: Any,
        grad_values: Any,
        grad_shape: Any = None,
        local_step: Any = 0,
        name: str | None = None,
    ) -> Operation:
        """Return an operation that adds a gradient.

        Args:
          grad_indices: the indices of the rows, in ascending order.
          grad_values: the rows.
          grad_shape: the shape of the dense gradient.
          local_step: the step of which it is.
          name: the name of the operation.
        """
        step = _as_step(local_step)
        indices = cast(grad_indices, int64)
        shape = cast([] if grad_shape is None else grad_shape, int64)
        return sparse_accumulator_apply_gradient_op.make(
            self._accumulator_ref,
            step,
            indices,
            grad_values,
            shape,
            has_known_shape=grad_shape is not None,
            name=name,
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> SparseGradient:
        """Return indices, rows and shape of the mean or sum; a step waits until there are so many.

        Args:
          num_required: int32 scalar.
          name: the name of the operation.
        """
        return SparseGradient(
            *sparse_accumulator_take_gradient_op(
                self._accumulator_ref, num_required, dtype=self._dtype, name=name
            )
        )

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """Return what `take_grad` does as slices."""
        indices, values, shape = self.take_grad(num_required, name)
        return IndexedSlices(values=values, indices=indices, dense_shape=shape)

    # A sparse accumulator is a reference, not a resource.

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """Return how many gradients there are: int32 scalar."""
        made: Tensor = accumulator_num_accumulated_op(
            self._accumulator_ref, name=name or f"{self._name}_NumAccumulated"
        )
        return made

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """Return an operation after which gradients of earlier steps are dropped."""
        return accumulator_set_global_step_op.make(
            self._accumulator_ref, _as_step(new_global_step), name=name
        )
