"""`IndexedSlices`: some slices of a large tensor along its first dimension."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tensormill.graph.constant_value import constant_value, constant_value_as_shape
from tensormill.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor, TensorLike

if TYPE_CHECKING:
    from tensormill.graph.graph import Graph
    from tensormill.graph.operation import Operation

__all__ = [
    "IndexedSlices",
    "IndexedSlicesValue",
    "convert_n_to_tensor_or_indexed_slices",
    "convert_to_tensor_or_indexed_slices",
]

_LARGE_ELEMENT_COUNT = 100_000_000


class IndexedSlicesValue(NamedTuple):
    """The value of an `IndexedSlices`, as a session returns and takes it."""

    values: Any
    indices: Any
    dense_shape: Any


class IndexedSlices(TensorLike):
    """Slices `values[i]` that stand at `indices[i]` of a dense tensor; indices may repeat.

    It is what the gradient of a gather is.

    Attributes:
      is_composite: it is made of several tensors.
      has_dense_form: operators take it for the dense tensor that it stands for.
    """

    __slots__ = ("__weakref__", "_dense_shape", "_indices", "_values")
    is_composite = True
    has_dense_form = True

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        """Make the slices of a dense tensor.

        Args:
          values: a tensor [n, ...].
          indices: an integer tensor [n].
          dense_shape: a 1-D tensor with the shape of the dense tensor, or None if unknown.

        Raises:
          ValueError: the tensors belong to different graphs.
        """
        graphs = {t.graph for t in (values, indices, dense_shape) if isinstance(t, Tensor)}
        if len(graphs) > 1:
            raise ValueError(f"{indices} must be from the same graph as {values}.")
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """The slices, shape [n, ...]."""
        return self._values

    @property
    def indices(self) -> Any:
        """Where the slices stand along the first dimension, shape [n]."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The shape of the dense tensor as a 1-D tensor, or None."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """The static shape of the dense tensor, as far as it is known."""
        if self._dense_shape is None:
            return TensorShape(None)
        return TensorShape.from_dims(constant_value_as_shape(self._dense_shape))

    def get_shape(self) -> TensorShape:
        """Return the static shape of the dense tensor."""
        return self.shape

    @property
    def name(self) -> str:
        """The name of `values`."""
        return str(self._values.name)

    @property
    def device(self) -> str:
        """The device that `values` asks for."""
        return str(self._values.device)

    @property
    def op(self) -> Operation:
        """The operation that produces `values`."""
        found: Operation = self._values.op
        return found

    @property
    def dtype(self) -> DType:
        """The dtype of the slices."""
        found: DType = self._values.dtype
        return found

    @property
    def graph(self) -> Graph:
        """The graph that holds the tensors."""
        found: Graph = self._values.graph
        return found

    def consumers(self) -> list[Operation]:
        """Return the operations that take one of the tensors as an input, each once."""
        parts = (self._values, self._indices, self._dense_shape)
        return list(dict.fromkeys(op for t in parts if t is not None for op in t.consumers()))

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    __repr__ = __str__


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Any:
    """Return `value` as it is where it is a tensor, slices or a sparse tensor; else as a tensor.

    Raises:
      ValueError: the value has another dtype than `dtype`.
    """
    if isinstance(value, Tensor) or getattr(value, "is_composite", False):
        if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {as_dtype(dtype).name} for Tensor with dtype "
                f"{value.dtype.name}: {str(value)!r}"
            )
        return value
    return convert_to_tensor(value, dtype, name=name, as_ref=as_ref)


def convert_n_to_tensor_or_indexed_slices(
    values: Iterable[Any], dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> list[Any]:
    """Convert each value as `convert_to_tensor_or_indexed_slices` does; None stays None."""
    return [
        None
        if value is None
        else convert_to_tensor_or_indexed_slices(
            value, dtype, None if name is None else f"{name}_{index}", as_ref
        )
        for index, value in enumerate(values)
    ]


def _to_dense(
    value: IndexedSlices, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    """Return the dense tensor: the slices summed by index, zero where there are none."""
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype "
            f"{value.dtype.name}"
        )
    if value.dense_shape is None:
        raise ValueError(
            "Tensor conversion requested for IndexedSlices for argument `value` without "
            f"dense_shape: {value}"
        )
    shape = constant_value(value.dense_shape)
    if shape is not None and math.prod(map(int, shape)) >= _LARGE_ELEMENT_COUNT:
        warnings.warn(
            "Converting sparse IndexedSlices to a dense Tensor with "
            f"{math.prod(map(int, shape))} elements. This may consume a large amount of memory.",
            stacklevel=2,
        )
    dense: Tensor = OP_DEFS["UnsortedSegmentSum"].builder(
        value.values, value.indices, value.dense_shape[0], name=name
    )
    return dense


register_tensor_conversion_function(IndexedSlices, _to_dense)
