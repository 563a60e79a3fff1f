"""What is known of a tensor, or of slices, before there is one: shape, dtype and name.

Source: TensorFlow 1.15, python/framework/tensor_spec.py and indexed_slices.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.indexed_slices import IndexedSlices, IndexedSlicesValue
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensorSpec
from tensormill.graph.type_specs import TensorSpec, TypeSpec

__all__ = ["BoundedTensorSpec", "IndexedSlicesSpec", "SparseTensorSpec", "TensorSpec", "TypeSpec"]


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
