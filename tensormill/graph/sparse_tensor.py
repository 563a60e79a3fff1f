"""`SparseTensor`: the elements of a tensor that are not zero, with their coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value_as_shape
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import OPERATORS
from tensormill.graph.shapes import Dims, TensorShape
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.graph.type_specs import CompositeTensor, TensorSpec, TypeSpec

if TYPE_CHECKING:
    from tensormill.graph.graph import Graph
    from tensormill.graph.operation import Operation

__all__ = [
    "SparseTensor",
    "SparseTensorSpec",
    "SparseTensorValue",
    "convert_to_tensor_or_sparse_tensor",
    "is_sparse",
]


class SparseTensorValue(NamedTuple):
    """The value of a `SparseTensor`, as a session returns and takes it."""

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor(TensorLike, CompositeTensor):
    """The elements `values[i]` that stand at the coordinates `indices[i]` of a dense tensor.

    Most ops want the indices in row-major order (`tf.sparse.reorder`).

    Attributes:
      is_composite: it is made of several tensors.
      indices: int64 [n, rank].
      values: [n].
      dense_shape: int64 [rank].
    """

    __slots__ = ("__dict__", "__weakref__", "_indices", "_shape_tensor", "_static_dims", "_values")
    is_composite = True

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        """Make a sparse tensor.

        Args:
          indices: int64 [n, rank].
          values: [n].
          dense_shape: int64 [rank].

        Raises:
          ValueError: the static shapes do not fit.
        """
        with OpScope(None, "SparseTensor", (indices, values, dense_shape)):
            indices = convert_to_tensor(indices, dtypes.int64, name="indices")
            values = convert_to_tensor(values, name="values")
            dense_shape = convert_to_tensor(dense_shape, dtypes.int64, name="dense_shape")
        self._indices: Tensor = indices
        self._values: Tensor = values
        self._shape_tensor: Tensor = dense_shape
        self._static_dims: Dims = None
        count, rank = indices.shape.with_rank(2).dims
        count.merge_with(values.shape.with_rank(1)[0])
        rank.merge_with(dense_shape.shape.with_rank(1)[0])

    @classmethod
    def from_value(cls, value: Any) -> SparseTensor:
        """Return a sparse tensor of constants from a SparseTensorValue.

        Raises:
          TypeError: `value` is neither that nor a SparseTensor.
        """
        if isinstance(value, SparseTensor):
            return value
        if not isinstance(value, SparseTensorValue):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {value}.")
        return cls(value.indices, value.values, value.dense_shape)

    @property
    def indices(self) -> Tensor:
        """The coordinates, int64 [n, rank]."""
        return self._indices

    @property
    def values(self) -> Tensor:
        """The elements, [n]."""
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        """The shape of the dense tensor, int64 [rank]."""
        return self._shape_tensor

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._values.dtype

    @property
    def op(self) -> Operation:
        """The operation that produces `values`."""
        return self._values.op

    @property
    def graph(self) -> Graph:
        """The graph that holds the tensors."""
        return self._indices.graph

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name

    @property
    def shape(self) -> TensorShape:
        """The static shape of the dense tensor."""
        if self._static_dims is not None:
            return TensorShape.from_dims(self._static_dims)
        return TensorShape.from_dims(constant_value_as_shape(self._shape_tensor))

    def set_static_dims(self, dims: Dims) -> None:
        """Say what is known of the dense shape beyond the value of `dense_shape`."""
        self._static_dims = dims

    def get_shape(self) -> TensorShape:
        """Return the static shape of the dense tensor."""
        return self.shape

    def with_values(self, new_values: Any) -> SparseTensor:
        """Return a sparse tensor with other elements at the same places."""
        return SparseTensor(self._indices, new_values, self._shape_tensor)

    def consumers(self) -> list[Operation]:
        """Return the operations that take one of the tensors as an input, each once."""
        parts = (self._indices, self._values, self._shape_tensor)
        return list(dict.fromkeys(op for t in parts for op in t.consumers()))

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """Run the three tensors and return their values.

        Raises:
          ValueError: there is no session to run them in.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Cannot evaluate tensor using `eval()`: No default session is registered."
            )
        parts = [self._indices, self._values, self._shape_tensor]
        return SparseTensorValue(*session.run(parts, feed_dict))

    @property
    def _type_spec(self) -> SparseTensorSpec:
        return SparseTensorSpec(self.shape, self.dtype)

    def _component_tensors(self) -> list[Tensor]:
        return [self._indices, self._values, self._shape_tensor]

    def _from_components(self, parts: list[Tensor]) -> SparseTensor:
        return SparseTensor(*parts)

    def __mul__(self, other: Any) -> Any:
        return OPERATORS["sparse_mul"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return self * other if isinstance(other, Tensor) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return OPERATORS["sparse_truediv"](self, other)

    __div__ = __truediv__

    def __str__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices}, values={self._values}, "
            f"dense_shape={self._shape_tensor})"
        )

    __repr__ = __str__


class SparseTensorSpec(TypeSpec):
    """Shape of the whole and dtype of the elements of a sparse tensor."""

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)

    @property
    def value_type(self) -> type:
        """The class of the values."""
        return SparseTensor

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole."""
        return self._shape

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a sparse tensor, or what is known of one, may stand for this."""
        if isinstance(spec_or_value, SparseTensorValue):
            spec_or_value = SparseTensor.from_value(spec_or_value)
        return (
            isinstance(spec_or_value, (SparseTensorSpec, SparseTensor))
            and self._dtype.is_compatible_with(spec_or_value.dtype)
            and self._shape.is_compatible_with(spec_or_value.shape)
        )

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self._shape.ndims
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _to_components(self, value: Any) -> list[Any]:
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: Any) -> Any:
        if all(isinstance(part, np.ndarray) for part in components):
            return SparseTensorValue(*components)
        return SparseTensor(*components)

    @property
    def _flat_tensor_specs(self) -> list[TensorSpec]:
        return [TensorSpec(None, dtypes.variant)]

    def _batch(self, batch_size: int | None) -> SparseTensorSpec:
        return SparseTensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> SparseTensorSpec:
        if self._shape.ndims == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        return SparseTensorSpec(self._shape[1:], self._dtype)

    def _to_legacy_output_types(self) -> DType:
        return self._dtype

    def _to_legacy_output_shapes(self) -> TensorShape:
        return self._shape

    def _to_legacy_output_classes(self) -> type:
        return SparseTensor


def is_sparse(value: Any) -> bool:
    """Return whether `value` is a SparseTensor or SparseTensorValue."""
    return isinstance(value, (SparseTensor, SparseTensorValue))


def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Tensor | SparseTensor:
    """Return `value` as a tensor, or as a sparse tensor where it is one.

    Raises:
      RuntimeError: `value` is sparse and of another dtype.
    """
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise RuntimeError(
                f"Sparse dtype: requested = {dtypes.as_dtype(dtype).name}, "
                f"actual = {value.dtype.name}"
            )
        return value
    return convert_to_tensor(value, dtype, name)
