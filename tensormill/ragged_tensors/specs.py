"""`RaggedTensorSpec`: what is known of a ragged tensor before there is one.

Source: TensorFlow 1.15, python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.operators import operator
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.graph.type_specs import TensorSpec, TypeSpec
from tensormill.ragged_tensors.tensor import RaggedTensor, is_ragged
from tensormill.ragged_tensors.value import RaggedTensorValue

__all__ = ["RaggedTensorSpec"]


class RaggedTensorSpec(TypeSpec):
    """Shape, dtypes and number of ragged dimensions."""

    __slots__ = ("_dtype", "_ragged_rank", "_row_splits_dtype", "_shape")

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = dtypes.int64,
    ) -> None:
        """Say what is known.

        Args:
          shape: the static shape, with None for each ragged dimension.
          dtype: the dtype of the values.
          ragged_rank: the number of ragged dimensions; by default all but the first.
          row_splits_dtype: the dtype of the splits.

        Raises:
          TypeError: `ragged_rank` is no int.
          ValueError: `ragged_rank` does not fit the shape, or nothing says it.
        """
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)
        self._row_splits_dtype = as_dtype(row_splits_dtype)
        rank = self._shape.ndims
        if ragged_rank is None:
            if rank is None:
                raise ValueError("Must specify ragged_rank or a shape with a known rank.")
            ragged_rank = rank - 1
        self._ragged_rank = ragged_rank
        if not isinstance(ragged_rank, int):
            raise TypeError("ragged_rank must be an int")
        if rank is not None and ragged_rank >= rank:
            raise ValueError("ragged_rank must be less than rank.")

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensorSpec:
        """Return that of a ragged tensor, or of the value of one."""
        return cls(value.shape, value.values.dtype, value.ragged_rank, value.row_splits.dtype)

    @property
    def value_type(self) -> type:
        """The class of the values."""
        return RaggedTensor if self._ragged_rank > 0 else Tensor

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        if self._ragged_rank == 0:
            return [TensorSpec(self._shape, self._dtype)]
        values = TensorShape([None]).concatenate(self._shape[self._ragged_rank + 1 :])
        dims = self._shape.as_list() if self._shape.ndims is not None else [None]
        rows = None if dims[0] is None else dims[0] + 1
        return [
            TensorSpec(values, self._dtype),
            TensorSpec([rows], self._row_splits_dtype),
            *[TensorSpec([None], self._row_splits_dtype)] * (self._ragged_rank - 1),
        ]

    def _to_components(self, value: Any) -> list[Any]:
        if is_ragged(value):
            return [value.flat_values, *value.nested_row_splits]
        return [value]

    def _from_components(self, components: Any) -> Any:
        made, *nested = components
        if all(isinstance(part, np.ndarray) for part in components):
            for splits in reversed(nested):
                made = RaggedTensorValue(made, splits)
            return made
        made = convert_to_tensor(made)
        for splits in reversed(nested):
            made = RaggedTensor(made, convert_to_tensor(splits), internal=True)
        return made

    @property
    def _flat_tensor_specs(self) -> list[TensorSpec]:
        return [TensorSpec(None, dtypes.variant)]

    def _to_tensor_list(self, value: Any) -> list[Tensor]:
        return [value._to_variant(batched_input=False)]

    def _to_batched_tensor_list(self, value: Any) -> list[Tensor]:
        return [value._to_variant(batched_input=True)]

    def _from_compatible_tensor_list(self, tensor_list: Any) -> Any:
        if self._ragged_rank <= 0:
            raise ValueError(f"ragged_rank must be non-negative; got {self._ragged_rank}.")
        made = RaggedTensor._from_variant(tensor_list[0], self._dtype, self._ragged_rank)
        if self._shape.ndims is not None:
            rows = self._shape.as_list()[0]
            if rows is not None:
                made.row_splits.set_shape([rows + 1])
            inner = TensorShape([None]).concatenate(self._shape[1 + self._ragged_rank :])
            made.flat_values.set_shape(inner)
        return made

    def _batch(self, batch_size: Any) -> RaggedTensorSpec:
        shape = TensorShape([batch_size]).concatenate(self._shape)
        return RaggedTensorSpec(shape, self._dtype, self._ragged_rank + 1)

    def _unbatch(self) -> RaggedTensorSpec:
        return RaggedTensorSpec(self._shape[1:], self._dtype, self._ragged_rank - 1)

    def _to_legacy_output_types(self) -> Any:
        return self._dtype

    def _to_legacy_output_shapes(self) -> Any:
        return self._shape

    def _to_legacy_output_classes(self) -> Any:
        return self


@operator("ragged_spec")
def spec_of(value: Any) -> RaggedTensorSpec:
    """Return what is known of a ragged tensor."""
    return RaggedTensorSpec.from_value(value)
