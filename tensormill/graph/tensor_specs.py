"""What is known of a tensor, or of slices, before there is one: shape, dtype and name.

Source: TensorFlow 1.15, python/framework/tensor_spec.py and indexed_slices.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.indexed_slices import IndexedSlices, IndexedSlicesValue
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.graph.type_specs import TypeSpec

__all__ = ["BoundedTensorSpec", "IndexedSlicesSpec", "SparseTensorSpec", "TensorSpec", "TypeSpec"]


class TensorSpec(TypeSpec):
    """Shape, dtype and name of a tensor.

    Attributes:
      shape: the static shape.
      dtype: the dtype.
      name: the name, or None.
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self.shape = TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)
        self.name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """Return that of another one, under another name where one is given."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """Return that of a tensor.

        Raises:
          ValueError: it is no tensor.
        """
        if not isinstance(tensor, Tensor):
            raise ValueError("`tensor` should be a tf.Tensor")
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    @property
    def value_type(self) -> type:
        """The class of the values."""
        return Tensor

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Return whether a tensor, or what is known of one, may stand for this."""
        return (
            isinstance(spec_or_tensor, (TensorSpec, Tensor))
            and self.dtype.is_compatible_with(spec_or_tensor.dtype)
            and self.shape.is_compatible_with(spec_or_tensor.shape)
        )

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype, self.name)

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"


class BoundedTensorSpec(TensorSpec):
    """A spec with bounds of the elements, which must fit the shape.

    Attributes:
      minimum: the least values.
      maximum: the greatest values.
    """

    __slots__ = ("maximum", "minimum")

    def __init__(
        self, shape: Any, dtype: Any, minimum: Any, maximum: Any, name: str | None = None
    ) -> None:
        super().__init__(shape, dtype, name)
        if minimum is None or maximum is None:
            raise ValueError("minimum and maximum must be provided; but saw None")
        bounds = []
        for bound in (minimum, maximum):
            try:
                np.broadcast_to(bound, self.shape.as_list())  # type: ignore[arg-type]
            except ValueError as error:
                raise ValueError(f"a bound is not compatible with the shape: {error}") from None
            made = np.array(bound, dtype=self.dtype.as_numpy_dtype)
            made.setflags(write=False)
            bounds.append(made)
        self.minimum, self.maximum = bounds

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> BoundedTensorSpec:
        """Return that of another one; without bounds there, those of the dtype."""
        dtype = as_dtype(spec.dtype)
        minimum = getattr(spec, "minimum", dtype.min)
        maximum = getattr(spec, "maximum", dtype.max)
        return cls(spec.shape, dtype, minimum, maximum, name or spec.name)

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype, self.minimum, self.maximum, self.name)

    def __repr__(self) -> str:
        return (
            f"BoundedTensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r}, "
            f"minimum={self.minimum!r}, maximum={self.maximum!r})"
        )


class SparseTensorSpec(TypeSpec):
    """Shape and dtype of a sparse tensor.

    Attributes:
      shape: the static shape of the whole.
      dtype: the dtype of the values.
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self.shape = TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)

    @property
    def value_type(self) -> type:
        """The class of the values."""
        return SparseTensor

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a sparse tensor, or what is known of one, may stand for this."""
        if isinstance(spec_or_value, SparseTensorValue):
            spec_or_value = SparseTensor.from_value(spec_or_value)
        if not isinstance(spec_or_value, (SparseTensorSpec, SparseTensor)):
            return False
        return self.dtype.is_compatible_with(spec_or_value.dtype) and self.shape.is_compatible_with(
            spec_or_value.shape
        )

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self.shape.rank
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self.dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _to_components(self, value: Any) -> list[Any]:
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: Any) -> Any:
        is_array = all(isinstance(part, np.ndarray) for part in components)
        return (SparseTensorValue if is_array else SparseTensor)(*components)


class IndexedSlicesSpec(TypeSpec):
    """Shapes and dtypes of slices."""

    __slots__ = (
        "_dense_shape_dtype",
        "_indices_dtype",
        "_indices_shape",
        "_shape",
        "_values_dtype",
    )

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        """Say what is known.

        Args:
          shape: the shape of the whole.
          dtype: the dtype of the values.
          indices_dtype: the dtype of the indices.
          dense_shape_dtype: the dtype of the shape; None where it is left out.
          indices_shape: the shape of the indices; by default a vector of some length.
        """
        self._shape = TensorShape(shape)
        self._values_dtype = as_dtype(dtype)
        self._indices_dtype = as_dtype(indices_dtype)
        self._dense_shape_dtype = None if dense_shape_dtype is None else as_dtype(dense_shape_dtype)
        self._indices_shape = TensorShape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> type:
        """The class of the values."""
        return IndexedSlices

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._values_dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )

    @property
    def _component_specs(self) -> tuple[TensorSpec, ...]:
        values_shape = self._indices_shape.concatenate(self._shape[1:])
        specs = [
            TensorSpec(values_shape, self._values_dtype),
            TensorSpec(self._indices_shape, self._indices_dtype),
        ]
        if self._dense_shape_dtype is not None:
            specs.append(TensorSpec([self._shape.ndims], self._dense_shape_dtype))
        return tuple(specs)

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        parts = (value.values, value.indices)
        return parts if value.dense_shape is None else (*parts, value.dense_shape)

    def _from_components(self, parts: Any) -> Any:
        made: Any = IndexedSlices
        if all(isinstance(part, np.ndarray) for part in parts):
            made = IndexedSlicesValue
        return made(*parts, *([None] if len(parts) == 2 else []))
