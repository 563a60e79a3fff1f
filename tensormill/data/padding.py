"""The arguments of `Dataset.padded_batch`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.data import nest
from tensormill.data.components import TensorComponent
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value_as_shape
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import Dims, TensorShape, as_dims
from tensormill.graph.tensor import Tensor

__all__ = ["padded_arguments"]


def padded_arguments(
    structure: Any, padded_shapes: Any, padding_values: Any
) -> tuple[list[Tensor], list[Tensor], Any]:
    """Return the padded shapes and the values as tensors, and the components of padded elements.

    Raises:
      TypeError: a component is no dense tensor, or a value has another dtype.
      ValueError: a shape does not fit.
    """
    components = nest.flatten(structure)
    if not all(isinstance(component, TensorComponent) for component in components):
        raise TypeError("Batching of padded sparse tensors is not currently supported")
    given_shapes = _parallel(structure, padded_shapes)
    shapes, made = [], []
    for component, given in zip(components, given_shapes, strict=True):
        tensor, dims = _as_shape(given, component)
        shapes.append(tensor)
        made.append(TensorComponent(component.dtype, dims))
    if padding_values is None:
        given_values: list[Any] = [None] * len(components)
    else:
        given_values = _parallel(structure, padding_values)
    values = [_as_value(c, given) for c, given in zip(components, given_values, strict=True)]
    return shapes, values, nest.pack(structure, made)


def _parallel(structure: Any, given: Any) -> list[Any]:
    found: list[Any] = []
    nest.map_structure_up_to(structure, lambda _, item: found.append(item), structure, given)
    return found


def _as_shape(given: Any, component: TensorComponent) -> tuple[Tensor, Dims]:
    if isinstance(given, Tensor):
        tensor = given
        if tensor.dims is not None and len(tensor.dims) != 1:
            raise ValueError(
                f"Padded shape {given} must be a 1-D tensor of tf.int64 values, but its shape was "
                f"{tensor.shape}."
            )
        if tensor.dtype.base_dtype is not dtypes.int64:
            raise TypeError(
                f"Padded shape {given} must be a 1-D tensor of tf.int64 values, but its element "
                f"type was {tensor.dtype.name}."
            )
        dims = constant_value_as_shape(tensor)
    else:
        dims = as_dims(TensorShape(_with_open_sizes(given)))
        if dims is None:
            raise ValueError(f"Padded shape {given} must have a known rank.")
        sizes = [-1 if size is None else size for size in dims]
        tensor = convert_to_tensor(sizes, dtypes.int64, name="padded_shape")
    own = component.dims
    if own is not None and dims is not None:
        if len(own) != len(dims):
            raise ValueError(
                f"The padded shape {TensorShape.from_dims(dims)} is not compatible with the "
                f"corresponding input component shape {TensorShape.from_dims(own)}."
            )
        for want, have in zip(dims, own, strict=True):
            if want is not None and have is not None and want < have:
                raise ValueError(
                    f"The padded shape {TensorShape.from_dims(dims)} is not compatible with the "
                    f"corresponding input component shape {TensorShape.from_dims(own)}."
                )
    return tensor, dims


def _with_open_sizes(given: Any) -> Any:
    """Return a shape in which -1 stands for a size that is not known, as one with None there."""
    if isinstance(given, (list, tuple, np.ndarray)):
        return [None if size is None or size == -1 else size for size in given]
    return given


def _as_value(component: TensorComponent, given: Any) -> Tensor:
    dtype = component.dtype
    if given is None:
        default: Any = "" if dtype is dtypes.string else dtype.as_numpy_dtype(0)
        return convert_to_tensor(default, dtype, name="padding_value")
    value = convert_to_tensor(given, name="padding_value")
    if value.dims is not None and value.dims != ():
        raise ValueError(f"Padding value should be a scalar, but is not: {value}.")
    if value.dtype.base_dtype is not dtype:
        raise TypeError(f"Padding value tensor ({value}) does not match output type: {dtype.name}")
    return value
