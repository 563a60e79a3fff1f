"""Kernels of sets: the last dimension of dense and sparse tensors as Python sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.sparse_arrays import check_indices, check_sparse
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.kernels.value_types import NUMBER_TYPES, STRING_TYPES, as_ints, as_object_array

Sets = dict[tuple[int, ...], set[Any]]

_OPERATIONS: dict[bytes, Callable[[set[Any], set[Any]], set[Any]]] = {
    b"a-b": set.difference,
    b"b-a": lambda a, b: b - a,
    b"intersection": set.intersection,
    b"union": set.union,
}


def _dense_sets(value: Any) -> tuple[Sets, list[int]]:
    if value.ndim < 2:
        shape = format_dims(value.shape, "kernel")
        raise errors.invalid_argument(f"Shape {shape} has rank {value.ndim} < 2")
    rows = value.reshape(math.prod(value.shape[:-1]), value.shape[-1]).tolist()
    groups = np.ndindex(*value.shape[:-1])
    return {g: set(row) for g, row in zip(groups, rows, strict=True)}, list(value.shape[:-1])


def _sparse_sets(
    indices: Any, values: Any, shape: Any, validate_indices: bool
) -> tuple[Sets, list[int]]:
    if shape.ndim != 1:
        raise errors.invalid_argument("Shape must be a 1D tensor.")
    if shape.size < 2:
        raise errors.invalid_argument(f"Invalid rank {shape.size}.")
    if (shape < 0).any():
        raise errors.invalid_argument(
            f"Expected shape dimensions to be non-negative, got {shape[shape < 0][0]}"
        )
    check_sparse(indices, values, shape)
    if validate_indices:
        check_indices(indices, as_ints(shape), in_order=True)
    made: Sets = {}
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        made.setdefault(tuple(index[:-1]), set()).add(value)
    return made, as_ints(shape)[:-1]


def _operate(
    first: tuple[Sets, list[int]], second: tuple[Sets, list[int]], operation: bytes, dtype: Any
) -> Any:
    if first[1] != second[1]:
        shapes = [format_dims(tuple(sizes), "kernel") for _, sizes in (first, second)]
        raise errors.invalid_argument(f"Mismatched shapes {shapes[0]} vs {shapes[1]}")
    operate = _OPERATIONS.get(operation.lower())
    if operate is None:
        raise errors.invalid_argument(f"Invalid set_operation {operation.decode()}.")
    indices, values, widest = [], [], 0
    for group in sorted(first[0].keys() | second[0].keys()):
        found = sorted(operate(first[0].get(group, set()), second[0].get(group, set())))
        widest = max(widest, len(found))
        indices += [(*group, place) for place in range(len(found))]
        values += found
    rank = len(first[1]) + 1
    is_string = np.dtype(dtype).kind == "O"
    made: Any = as_object_array(values) if is_string else to_tensor(np.array(values, dtype))
    return (
        torch.from_numpy(np.array(indices, np.int64).reshape(-1, rank)),
        made,
        torch.tensor([*first[1], widest], dtype=torch.int64),
    )


def _dense_to_dense(set1: Any, set2: Any, *, set_operation: bytes, validate_indices: bool) -> Any:
    return _operate(_dense_sets(set1), _dense_sets(set2), set_operation, set1.dtype)


def _dense_to_sparse(
    set1: Any,
    set2_indices: Any,
    set2_values: Any,
    set2_shape: Any,
    *,
    set_operation: bytes,
    validate_indices: bool,
) -> Any:
    second = _sparse_sets(set2_indices, set2_values, set2_shape, validate_indices)
    return _operate(_dense_sets(set1), second, set_operation, set1.dtype)


def _sparse_to_sparse(
    set1_indices: Any,
    set1_values: Any,
    set1_shape: Any,
    set2_indices: Any,
    set2_values: Any,
    set2_shape: Any,
    *,
    set_operation: bytes,
    validate_indices: bool,
) -> Any:
    first = _sparse_sets(set1_indices, set1_values, set1_shape, validate_indices)
    second = _sparse_sets(set2_indices, set2_values, set2_shape, validate_indices)
    return _operate(first, second, set_operation, set1_values.dtype)


def _set_size(
    set_indices: Any, set_values: Any, set_shape: Any, *, validate_indices: bool
) -> torch.Tensor:
    sets, sizes = _sparse_sets(set_indices, set_values, set_shape, validate_indices)
    made = np.zeros(sizes, np.int32)
    for group, found in sets.items():
        made[group] = len(found)
    return torch.from_numpy(made)


_SECOND = ("set2_indices", "set2_values", "set2_shape")
for _types in (NUMBER_TYPES, STRING_TYPES):
    kernel("DenseToDenseSetOperation", "cpu", types={"T": _types}, host_inputs=("set1", "set2"))(
        _dense_to_dense
    )
    kernel("DenseToSparseSetOperation", "cpu", types={"T": _types}, host_inputs=("set1", *_SECOND))(
        _dense_to_sparse
    )
    kernel(
        "SparseToSparseSetOperation",
        "cpu",
        types={"T": _types},
        host_inputs=("set1_indices", "set1_values", "set1_shape", *_SECOND),
    )(_sparse_to_sparse)
    kernel(
        "SetSize",
        "cpu",
        types={"T": _types},
        host_inputs=("set_indices", "set_values", "set_shape"),
    )(_set_size)
