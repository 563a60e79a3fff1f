"""Optional values: the next element of an iterator, or none.

Source: TensorFlow 1.15, python/data/ops/optional_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.data import nest
from tensormill.data.base import flat_attrs
from tensormill.data.components import (
    VariantComponent,
    packed,
    spec_of,
    structure_of_specs,
    unpacked,
)
from tensormill.data.iterator import Iterator
from tensormill.data.normalizing import normalized_element
from tensormill.graph.tensor import Tensor
from tensormill.ops import iterators

__all__ = ["Optional", "get_next_as_optional"]


class Optional:
    """A value that may be there or not, when the graph runs."""

    def __init__(self, variant_tensor: Tensor, structure: Any) -> None:
        self._variant_tensor = variant_tensor
        self._structure = structure

    @property
    def _component(self) -> VariantComponent:
        return VariantComponent(Optional, self._structure, Optional)

    @property
    def value_structure(self) -> Any:
        """The `tf.TypeSpec` of each component of the value."""
        return nest.map_structure(spec_of, self._structure)

    def has_value(self, name: str | None = None) -> Tensor:
        """Return a bool tensor: whether there is a value."""
        found: Tensor = iterators.optional_has_value_op(self._variant_tensor, name=name)
        return found

    def get_value(self, name: str | None = None) -> Any:
        """Return the value; a run fails where there is none."""
        op = iterators.optional_get_value_op.make(
            self._variant_tensor, name=name, **flat_attrs(self._structure)
        )
        return packed(self._structure, list(op.outputs))

    @staticmethod
    def from_value(value: Any) -> Optional:
        """Return an optional value with a value."""
        element, structure = normalized_element(value)
        return Optional(iterators.optional_from_value_op(unpacked(structure, element)), structure)

    @staticmethod
    def none_from_structure(value_structure: Any) -> Optional:
        """Return an optional value without a value."""
        return Optional(iterators.optional_none_op(), structure_of_specs(value_structure))


def get_next_as_optional(iterator: Iterator) -> Optional:
    """Return the next element of an iterator as an optional value, which is empty at the end."""
    variant = iterators.iterator_get_next_as_optional_op(
        iterator._iterator_resource, **flat_attrs(iterator._structure)
    )
    return Optional(variant, iterator._structure)
