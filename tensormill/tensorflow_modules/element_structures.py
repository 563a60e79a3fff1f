"""`tensorflow.python.data.util.structure`: what elements are, as type specifications.

Source: TensorFlow 1.15, python/data/util/structure.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.data import nest
from tensormill.data.components import (
    as_component_value,
    component_of,
    components_from,
    flat_dims,
    flat_dtypes,
    packed,
    spec_of,
    structure_of_specs,
    unpacked,
)
from tensormill.data.normalizing import normalized_element
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_specs import TensorSpec

__all__ = [
    "are_compatible",
    "convert_legacy_structure",
    "from_compatible_tensor_list",
    "from_tensor_list",
    "get_flat_tensor_shapes",
    "get_flat_tensor_specs",
    "get_flat_tensor_types",
    "normalize_element",
    "to_tensor_list",
    "type_spec_from_value",
]


def normalize_element(element: Any) -> Any:
    """Return an element with tensors in the place of arrays and numbers."""
    return normalized_element(element)[0]


def type_spec_from_value(element: Any, use_fallback: bool = True) -> Any:
    """Return the structure of type specifications of an element.

    Args:
      element: the element.
      use_fallback: whether what is no tensor is taken for one where it can become one.

    Raises:
      TypeError: it cannot.
    """

    def spec(value: Any) -> Any:
        is_known = hasattr(value, "_component") or hasattr(value, "_type_spec")
        if not (is_known or isinstance(value, Tensor) or use_fallback):
            raise TypeError(f"Could not build a TypeSpec for {value!r}")
        try:
            return spec_of(component_of(as_component_value(value)))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Could not build a TypeSpec for {value!r} with type {type(value).__name__}"
            ) from error

    return nest.map_structure(spec, element)


def convert_legacy_structure(output_types: Any, output_shapes: Any, output_classes: Any) -> Any:
    """Return the type specifications that dtypes, shapes and classes mean."""
    structure = components_from(output_types, output_shapes, output_classes)
    return nest.map_structure(spec_of, structure)


def are_compatible(spec1: Any, spec2: Any) -> bool:
    """Return whether two structures of type specifications are alike, and go with each other."""
    try:
        nest.assert_same_structure(spec1, spec2)
    except (TypeError, ValueError):
        return False
    pairs = zip(nest.flatten(spec1), nest.flatten(spec2), strict=True)
    return all(
        one.is_compatible_with(other) and other.is_compatible_with(one) for one, other in pairs
    )


def get_flat_tensor_types(element_spec: Any) -> list[DType]:
    """Return the dtypes of the tensors that stand for an element."""
    return flat_dtypes(structure_of_specs(element_spec))


def get_flat_tensor_shapes(element_spec: Any) -> list[TensorShape]:
    """Return the static shapes of the tensors that stand for an element."""
    return [TensorShape.from_dims(dims) for dims in flat_dims(structure_of_specs(element_spec))]


def get_flat_tensor_specs(element_spec: Any) -> list[TensorSpec]:
    """Return the specifications of the tensors that stand for an element."""
    pairs = zip(
        get_flat_tensor_shapes(element_spec), get_flat_tensor_types(element_spec), strict=True
    )
    return [TensorSpec(shape, dtype) for shape, dtype in pairs]


def to_tensor_list(element_spec: Any, element: Any) -> list[Tensor]:
    """Return the tensors that stand for an element.

    Raises:
      ValueError: it is nested in another way, or a component is not as it is specified.
      TypeError: it is made of other types.
    """
    nest.assert_same_structure(element_spec, element)
    given = nest.flatten(element)
    for spec, value in zip(nest.flatten(element_spec), given, strict=True):
        if not spec.is_compatible_with(value):
            raise ValueError(f"The value {value} is not convertible to a tensor with {spec}.")
    return unpacked(structure_of_specs(element_spec), element)


def from_compatible_tensor_list(element_spec: Any, tensor_list: list[Tensor]) -> Any:
    """Return the element for which tensors stand.

    Raises:
      ValueError: there are more or fewer of them.
    """
    structure = structure_of_specs(element_spec)
    expected = len(nest.flatten(structure))
    if expected != len(tensor_list):
        raise ValueError(f"Expected {expected} tensors but got {len(tensor_list)}.")
    return packed(structure, list(tensor_list))


def from_tensor_list(element_spec: Any, tensor_list: list[Tensor]) -> Any:
    """Return the element for which tensors stand, which are looked at.

    Raises:
      ValueError: there are more or fewer of them, or one is not as it is specified.
    """
    specs = get_flat_tensor_specs(element_spec)
    for spec, tensor in zip(specs, tensor_list, strict=False):
        if not spec.is_compatible_with(tensor):
            raise ValueError(f"Incompatible input: {tensor} (expected {spec}).")
    return from_compatible_tensor_list(element_spec, tensor_list)
