"""`TypeSpec`: what is known of a value before there is one; and values made of several tensors.

Source: TensorFlow 1.15, python/framework/type_spec.py and composite_tensor.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor

__all__ = ["BatchableTypeSpec", "CompositeTensor", "TensorSpec", "TypeSpec"]


class TypeSpec:
    """What is known of a value; equal to one of the same class that knows the same."""

    __slots__ = ()

    @property
    def value_type(self) -> Any:
        """The class of the values."""
        raise NotImplementedError

    def _serialize(self) -> tuple[Any, ...]:
        """Return the arguments that make an equal one."""
        raise NotImplementedError

    @classmethod
    def _deserialize(cls, serialization: Any) -> Any:
        """Return one from what `_serialize` returned."""
        return cls(*serialization)

    @property
    def _component_specs(self) -> Any:
        """What is known of the tensors that a value is made of."""
        raise NotImplementedError

    def _to_components(self, value: Any) -> Any:
        """Return the tensors that a value is made of."""
        raise NotImplementedError

    def _from_components(self, components: Any) -> Any:
        """Return the value made of some tensors."""
        raise NotImplementedError

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a value, or what is known of one, may stand for this."""
        spec = spec_or_value
        if not isinstance(spec, TypeSpec):
            spec = getattr(spec_or_value, "_type_spec", None)
        return type(spec) is type(self) and _fits(self._serialize(), spec._serialize())

    def most_specific_compatible_type(self, other: TypeSpec) -> Any:
        """Return one that says what both say.

        Raises:
          ValueError: there is none.
        """
        text = f"No TypeSpec is compatible with both {self} and {other}"
        if type(self) is not type(other):
            raise ValueError(text)
        try:
            merged = _common(self._serialize(), other._serialize())
        except ValueError as error:
            raise ValueError(text) from error
        return self._deserialize(merged)

    def __eq__(self, other: object) -> bool:
        # Shapes that are not known are not equal to each other, but their texts are.
        return type(other) is type(self) and repr(self._serialize()) == repr(other._serialize())

    def __hash__(self) -> int:
        return hash((type(self), repr(self._serialize())))

    def __reduce__(self) -> Any:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"


class BatchableTypeSpec(TypeSpec):
    """What is known of values that can be put together to batches, and taken apart."""

    __slots__ = ()

    def _batch(self, batch_size: int | None) -> Any:
        """Return what is known of a batch of such values."""
        raise NotImplementedError(f"{type(self).__name__}._batch")

    def _unbatch(self) -> Any:
        """Return what is known of the parts of such a value."""
        raise NotImplementedError(f"{type(self).__name__}._unbatch")


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


class CompositeTensor:
    """A value made of several tensors, as its `_type_spec` says."""

    __slots__ = ()

    @property
    def _type_spec(self) -> Any:
        raise NotImplementedError

    @property
    def _is_graph_tensor(self) -> bool:
        """Whether its tensors are of a graph: always."""
        return True

    def _to_components(self) -> Any:
        return self._type_spec._to_components(self)

    def _component_metadata(self) -> Any:
        return self._type_spec

    def consumers(self) -> list[Any]:
        """Return the operations that take one of its tensors."""
        found: list[Any] = []
        for part in self._type_spec._to_components(self):
            found += [op for op in part.consumers() if op not in found]
        return found


def _fits(a: Any, b: Any) -> bool:
    """Return whether what two specs say can be true of one value."""
    if isinstance(a, (TypeSpec, TensorShape, DType)):
        return bool(a.is_compatible_with(b))
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_fits, a, b))
    if isinstance(a, dict):
        return sorted(a) == sorted(b) and all(_fits(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return bool((a == b).all())
    return bool(a == b)


def _common(a: Any, b: Any) -> Any:
    """Return what two specs both say.

    Raises:
      ValueError: they contradict each other.
    """
    if isinstance(a, TensorShape):
        return a.most_specific_compatible_shape(b)
    if isinstance(a, (list, tuple)) and type(a) is type(b) and len(a) == len(b):
        return type(a)(map(_common, a, b))
    if isinstance(a, dict) and type(a) is type(b) and sorted(a) == sorted(b):
        return {key: _common(a[key], b[key]) for key in a}
    if isinstance(a, TypeSpec):
        return a.most_specific_compatible_type(b)
    if type(a) is not type(b) or a != b:
        raise ValueError(f"Types are not compatible: {a!r} vs {b!r}")
    return a
