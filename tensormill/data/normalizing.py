"""What users give as an element: converted to tensors, with the structure that it has."""

from __future__ import annotations

from typing import Any

from tensormill.data import nest
from tensormill.data.components import as_component_value, component_of
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue

__all__ = ["normalized_element"]


def normalized_element(element: Any) -> tuple[Any, Any]:
    """Return an element of tensors, and the structure of its components."""
    with name_scope("normalize_element"):
        values = []
        for index, value in enumerate(nest.flatten(element)):
            if isinstance(value, (SparseTensor, SparseTensorValue)) or hasattr(value, "_component"):
                values.append(as_component_value(value))
            else:
                values.append(convert_to_tensor(value, name=f"component_{index}"))
    structure = nest.pack(element, [component_of(value) for value in values])
    return nest.pack(element, values), structure
