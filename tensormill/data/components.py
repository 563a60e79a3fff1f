"""What the components of elements are, and the tensors that stand for them in the graph.

Source: TensorFlow 1.15, python/data/util/structure.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensormill.data import nest
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import Dims, TensorShape, as_dims
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_specs import SparseTensorSpec, TensorSpec
from tensormill.ops.sparse_serialization import deserialize_sparse, serialize_sparse

__all__ = [
    "Component",
    "SparseComponent",
    "TensorComponent",
    "VariantComponent",
    "as_component_value",
    "component_of",
    "components_from",
    "flat_dims",
    "flat_dtypes",
    "most_general",
    "packed",
    "spec_of",
    "structure_of_specs",
    "unpacked",
]


@dataclass(frozen=True)
class TensorComponent:
    """A tensor.

    Attributes:
      dtype: its dtype.
      dims: its static shape.
    """

    dtype: DType
    dims: Dims

    legacy_class = Tensor

    @property
    def flat_dtype(self) -> DType:
        """The dtype of the tensor that stands for it."""
        return self.dtype

    @property
    def flat_dims(self) -> Dims:
        """The static shape of the tensor that stands for it."""
        return self.dims

    def to_tensor(self, value: Any) -> Tensor:
        """Return the tensor that stands for a value."""
        return convert_to_tensor(value, self.dtype)

    def from_tensor(self, tensor: Tensor) -> Any:
        """Return the value for which a tensor stands."""
        tensor.set_shape(TensorShape.from_dims(self.dims))
        return tensor

    def batched(self, size: int | None) -> TensorComponent:
        """Return the component of batches."""
        return TensorComponent(self.dtype, None if self.dims is None else (size, *self.dims))

    def unbatched(self) -> TensorComponent:
        """Return the component of the rows."""
        return TensorComponent(self.dtype, None if self.dims is None else self.dims[1:])


@dataclass(frozen=True)
class SparseComponent:
    """A sparse tensor, for which a variant stands that holds its three parts.

    Attributes:
      dtype: the dtype of its values.
      dims: its static shape.
    """

    dtype: DType
    dims: Dims

    legacy_class = SparseTensor
    flat_dtype = dtypes.variant
    flat_dims: Dims = None

    def to_tensor(self, value: Any) -> Tensor:
        """Return the tensor that stands for a value."""
        return serialize_sparse(value, out_type=dtypes.variant)

    def from_tensor(self, tensor: Tensor) -> Any:
        """Return the value for which a tensor stands."""
        rank = None if self.dims is None else len(self.dims)
        made = deserialize_sparse(tensor, self.dtype, rank)
        if self.dims is not None:
            made.dense_shape.set_shape([rank])
        return made

    def batched(self, size: int | None) -> SparseComponent:
        """Return the component of batches."""
        return SparseComponent(self.dtype, None if self.dims is None else (size, *self.dims))

    def unbatched(self) -> SparseComponent:
        """Return the component of the rows."""
        return SparseComponent(self.dtype, None if self.dims is None else self.dims[1:])


@dataclass(frozen=True)
class VariantComponent:
    """A value that only its own class knows: a nested dataset, an optional value.

    Attributes:
      legacy_class: its class.
      inner: the structure of what is inside.
      make: returns a value of the class from a variant and the inner structure.
    """

    legacy_class: Any
    inner: Any
    make: Any

    flat_dtype = dtypes.variant
    flat_dims: Dims = ()
    dtype = dtypes.variant
    dims: Dims = ()

    def to_tensor(self, value: Any) -> Tensor:
        """Return the tensor that stands for a value."""
        tensor: Tensor = value._variant_tensor
        return tensor

    def from_tensor(self, tensor: Tensor) -> Any:
        """Return the value for which a tensor stands."""
        return self.make(tensor, self.inner)

    def batched(self, size: int | None) -> VariantComponent:
        """Return the component of batches."""
        raise NotImplementedError("Batching of nested datasets and optional values")

    def unbatched(self) -> VariantComponent:
        """Return the component of the rows."""
        return self


Component = TensorComponent | SparseComponent | VariantComponent


def as_component_value(value: Any) -> Any:
    """Return what a program gives for a component: sparse tensors as such, the rest as tensors."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if isinstance(value, SparseTensor) or hasattr(value, "_component"):
        return value
    return convert_to_tensor(value, name="component")


def component_of(value: Any) -> Component:
    """Return what a value of the graph is."""
    own = getattr(value, "_component", None)
    if own is not None:
        component: Component = own
        return component
    if isinstance(value, SparseTensor):
        return SparseComponent(value.dtype.base_dtype, as_dims(value.get_shape()))
    return TensorComponent(value.dtype.base_dtype, value.dims)


def spec_of(component: Component) -> Any:
    """Return what programs see of a component; one that only its class knows stands for itself."""
    if isinstance(component, VariantComponent):
        return component
    kind = SparseTensorSpec if isinstance(component, SparseComponent) else TensorSpec
    return kind(TensorShape.from_dims(component.dims), component.dtype)


def structure_of_specs(specs: Any) -> Any:
    """Return the structure of components that a structure of `tf.TypeSpec`s means."""

    def component(spec: Any) -> Any:
        if isinstance(spec, SparseTensorSpec):
            return SparseComponent(spec.dtype, as_dims(spec.shape))
        if isinstance(spec, TensorSpec):
            return TensorComponent(spec.dtype, as_dims(spec.shape))
        return spec

    return nest.map_structure(component, specs)


def components_from(types: Any, shapes: Any, classes: Any) -> Any:
    """Return the structure of components that a legacy description says."""

    def make(kind: Any, dtype: Any, shape: Any) -> Any:
        if kind is SparseTensor:
            return SparseComponent(as_dtype(dtype), as_dims(shape))
        if isinstance(kind, VariantComponent):
            return kind
        return TensorComponent(as_dtype(dtype), as_dims(shape))

    flat_types = nest.flatten(types)
    flat_classes = nest.flatten(classes)
    flat_shapes = [TensorShape(s) for s in _up_to_shapes(types, shapes)]
    made = [
        make(kind, dtype, shape)
        for kind, dtype, shape in zip(flat_classes, flat_types, flat_shapes, strict=True)
    ]
    return nest.pack(types, made)


def _up_to_shapes(types: Any, shapes: Any) -> list[Any]:
    found: list[Any] = []
    nest.map_structure_up_to(types, lambda _, shape: found.append(shape), types, shapes)
    return found


def flat_dtypes(structure: Any) -> list[DType]:
    """Return the dtypes of the tensors that stand for an element."""
    return [component.flat_dtype for component in nest.flatten(structure)]


def flat_dims(structure: Any) -> list[Dims]:
    """Return the static shapes of the tensors that stand for an element."""
    return [component.flat_dims for component in nest.flatten(structure)]


def packed(structure: Any, tensors: list[Tensor]) -> Any:
    """Return the element for which tensors stand."""
    components = nest.flatten(structure)
    return nest.pack(
        structure, [c.from_tensor(t) for c, t in zip(components, tensors, strict=True)]
    )


def unpacked(structure: Any, element: Any) -> list[Tensor]:
    """Return the tensors that stand for an element."""
    values = _up_to_shapes(structure, element)
    components = nest.flatten(structure)
    return [c.to_tensor(v) for c, v in zip(components, values, strict=True)]


def most_general(first: Any, second: Any) -> Any:
    """Return the structure of components that the elements of two structures fit."""

    def join(a: Component, b: Component) -> Component:
        if isinstance(a, VariantComponent) or isinstance(b, VariantComponent):
            return a
        return type(a)(a.dtype, _common(a.dims, b.dims))

    return nest.map_structure(join, first, second)


def _common(a: Dims, b: Dims) -> Dims:
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(x if x == y else None for x, y in zip(a, b, strict=True))
