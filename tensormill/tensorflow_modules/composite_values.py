"""`tensorflow.python.framework.composite_tensor_utils`: joins composite values.

Source: TensorFlow 1.15, python/framework/composite_tensor_utils.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.nest import is_nested, map_structure
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.type_specs import CompositeTensor
from tensormill.ops.sparse_arrays import sparse_concat
from tensormill.ragged_tensors.joining import concat as ragged_concat
from tensormill.ragged_tensors.tensor import RaggedTensor
from tensormill.ragged_tensors.value import RaggedTensorValue

__all__ = [
    "append_composite_tensor",
    "convert_n_to_tensor_or_composite",
    "convert_to_tensor_or_composite",
    "get_shape",
    "is_composite_or_composite_value",
    "replace_composites_with_components",
]


def replace_composites_with_components(structure: Any) -> Any:
    """Return a structure with the components of each composite tensor in its place."""
    if isinstance(structure, CompositeTensor):
        return replace_composites_with_components(structure._type_spec._to_components(structure))
    if not is_nested(structure):
        return structure
    return map_structure(replace_composites_with_components, structure, expand_composites=False)


def is_composite_or_composite_value(tensor: Any) -> bool:
    """Return whether something is a composite tensor, or the value of one."""
    return isinstance(tensor, (CompositeTensor, SparseTensorValue, RaggedTensorValue))


def get_shape(tensor: Any) -> Any:
    """Return the shape of a composite tensor or value."""
    return tensor.dense_shape if isinstance(tensor, SparseTensorValue) else tensor.shape


def append_composite_tensor(target: Any, to_append: Any) -> Any:
    """Return two composite tensors or values of one kind, joined along the first axis.

    Raises:
      RuntimeError: they are of different kinds, or their shapes do not fit.
    """
    if type(target) is not type(to_append):
        raise RuntimeError(f"Unable to concatenate {type(target)} and {type(to_append)}")
    if isinstance(target, SparseTensor):
        return sparse_concat(sp_inputs=[target, to_append], axis=0)
    if isinstance(target, RaggedTensor):
        return ragged_concat([target, to_append], axis=0)
    if isinstance(target, SparseTensorValue):
        return _append_sparse(target, to_append)
    if isinstance(target, RaggedTensorValue):
        return _append_ragged(target, to_append)
    raise RuntimeError(f"Attempted to concatenate unsupported object {type(target)}.")


def _append_sparse(target: SparseTensorValue, to_append: SparseTensorValue) -> SparseTensorValue:
    first, second = tuple(target.dense_shape), tuple(to_append.dense_shape)
    said = f"Unable to concatenate {target} and {to_append}. The inner dense shapes do not "
    if len(first) != len(second):
        raise RuntimeError(f"{said}have the same number of dimensions ({first} vs {second})")
    if first[1:] != second[1:]:
        raise RuntimeError(f"{said}match inner dimensions ({first[1:]} vs {second[1:]})")
    moved = np.array(to_append.indices, copy=True)
    moved[:, 0] += first[0]
    # As in TensorFlow, rows without values at the end of what is appended are not counted.
    rows = max([first[0], *moved[:, 0]]) + 1
    return SparseTensorValue(
        indices=np.append(target.indices, moved, axis=0),
        values=np.concatenate((target.values, to_append.values), axis=0),
        dense_shape=(rows, *first[1:]),
    )


def _append_ragged(target: RaggedTensorValue, to_append: RaggedTensorValue) -> RaggedTensorValue:
    if len(target.shape) != len(to_append.shape) or target.shape[1:] != to_append.shape[1:]:
        raise RuntimeError(f"Unable to concatenate {target} and {to_append}")
    splits = np.append(target.row_splits, to_append.row_splits[1:] + target.row_splits[-1])
    if isinstance(target.values, RaggedTensorValue):
        return RaggedTensorValue(_append_ragged(target.values, to_append.values), splits)
    return RaggedTensorValue(np.concatenate((target.values, to_append.values), axis=0), splits)


def convert_to_tensor_or_composite(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Any:
    """Return a value as a tensor; a composite tensor as it is.

    Args:
      value: what can be converted to a tensor, or a composite tensor.
      dtype: the wanted dtype, or None.
      name: of a tensor that is made.
      as_ref: a tensor of a reference dtype is wanted.

    Raises:
      ValueError: it has another dtype.
    """
    if not isinstance(value, CompositeTensor):
        return convert_to_tensor(value, dtype=dtype, name=name, as_ref=as_ref)
    of_value = getattr(value, "dtype", None)
    if dtype is not None and not as_dtype(dtype).is_compatible_with(of_value):
        raise ValueError(
            f"Tensor conversion requested dtype {as_dtype(dtype).name} for Tensor with dtype "
            f"{getattr(of_value, 'name', of_value)}: {str(value)!r}"
        )
    return value


def convert_n_to_tensor_or_composite(
    values: Sequence[Any], dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> list[Any]:
    """Return values as tensors; composite tensors and None as they are.

    Args:
      values: the values.
      dtype: the wanted dtype, or None.
      name: what the names of tensors that are made begin with.
      as_ref: tensors of reference dtypes are wanted.

    Raises:
      TypeError: the values are no sequence.
      ValueError: one has another dtype.
    """
    if not isinstance(values, Sequence):
        raise TypeError("values must be a sequence.")
    return [
        None
        if value is None
        else convert_to_tensor_or_composite(
            value, dtype, None if name is None else f"{name}_{position}", as_ref
        )
        for position, value in enumerate(values)
    ]
