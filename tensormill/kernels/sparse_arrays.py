"""Kernels of sparse tensors as arrays: coordinates in NumPy, values in torch or as strings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.kernels.value_types import as_ints, check_scalars

Array = np.ndarray[Any, Any]

_OUT_OF_ORDER = (
    "is out of order. Many sparse ops require sorted indices.\n"
    "    Use `tf.sparse.reorder` to create a correctly ordered copy."
)


def take(values: Any, order: Array) -> Any:
    """Return the elements of a vector, torch tensor or string array, at positions."""
    return values[order] if isinstance(values, np.ndarray) else values[torch.from_numpy(order)]


def row_major_order(indices: Array) -> Array:
    """Return the positions of the coordinates in row-major order."""
    return np.lexsort(indices.T[::-1]) if indices.shape[1] else np.arange(len(indices))


def check_sparse(indices: Any, values: Any, shape: Any) -> None:
    """Hold the parts of a sparse tensor against one another."""
    check_sparse_ranks(indices, values, shape)
    if len(indices) != len(values):
        raise errors.invalid_argument(
            "indices and values rows (indexing dimension) must match. (indices = "
            f"{len(indices)}, values = {len(values)})"
        )
    if indices.shape[1] != len(shape):
        raise errors.invalid_argument("Order length must be SparseTensor rank.")


def check_sparse_ranks(indices: Any, values: Any, shape: Any) -> None:
    """Refuse parts of sparse tensors of other ranks."""
    if indices.ndim != 2:
        raise errors.invalid_argument(
            f"Input indices should be a matrix but received shape "
            f"{format_dims(tuple(indices.shape), 'kernel')}"
        )
    if values.ndim != 1:
        raise errors.invalid_argument(
            f"Input values should be a vector but received shape "
            f"{format_dims(tuple(values.shape), 'kernel')}"
        )
    if shape.ndim != 1:
        raise errors.invalid_argument(
            f"Input shape should be a vector but received shape "
            f"{format_dims(tuple(shape.shape), 'kernel')}"
        )


@kernel("SparseToDense", "cpu", host_inputs=("sparse_indices", "output_shape"))
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any,
    *,
    validate_indices: bool,
) -> Any:
    sizes = as_ints(output_shape)
    indices = np.asarray(sparse_indices, np.int64)
    if indices.ndim > 2:
        raise errors.invalid_argument(
            f"sparse_indices should be a scalar, vector, or matrix, got shape "
            f"{format_dims(indices.shape, 'kernel')}"
        )
    indices = indices.reshape(-1, 1) if indices.ndim < 2 else indices
    if indices.shape[1] != len(sizes):
        raise errors.invalid_argument(
            f"output_shape has incorrect number of elements: {len(sizes)} should be: "
            f"{indices.shape[1]}"
        )
    if sparse_values.ndim and sparse_values.shape[0] != len(indices):
        raise errors.invalid_argument(
            f"sparse_values has incorrect shape "
            f"{format_dims(tuple(sparse_values.shape), 'kernel')}, should be [] or "
            f"[{len(indices)}]"
        )
    if default_value.ndim:
        raise errors.invalid_argument("default_value should be a scalar.")
    check_indices(indices, sizes, validate_indices)
    places = np.ravel_multi_index(tuple(indices.T), sizes) if len(indices) else []
    if isinstance(sparse_values, np.ndarray):
        made = np.full(math.prod(sizes), default_value.item(), dtype=object)
        made[places] = sparse_values
        return made.reshape(sizes)
    whole = default_value.expand(math.prod(sizes)).clone()
    whole[torch.as_tensor(np.asarray(places, np.int64))] = sparse_values
    return whole.reshape(sizes)


def check_indices(indices: Array, sizes: list[int], in_order: bool) -> None:
    """Refuse coordinates outside of a shape, and where it matters, ones that are out of order.

    Raises:
      InvalidArgumentError: some are.
    """
    outside = ((indices < 0) | (indices >= np.array(sizes))).any(1)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise errors.invalid_argument(
            f"indices[{at}] = {_coordinates(indices[at])} is out of bounds: need 0 <= index < "
            f"{_coordinates(sizes)}"
        )
    if not in_order or len(indices) < 2:
        return
    places = np.ravel_multi_index(tuple(indices.T), sizes)
    steps = np.diff(places)
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0]) + 1
        what = "is repeated" if steps[at - 1] == 0 else _OUT_OF_ORDER
        raise errors.invalid_argument(f"indices[{at}] = {_coordinates(indices[at])} {what}")


def _coordinates(values: Any) -> str:
    return f"[{','.join(str(int(v)) for v in values)}]"


@kernel(
    "SparseReorder",
    "cpu",
    host_inputs=("input_indices", "input_shape"),
    host_outputs=("output_indices",),
)
def sparse_reorder(input_indices: Any, input_values: Any, input_shape: Any) -> Any:
    check_sparse(input_indices, input_values, input_shape)
    order = row_major_order(input_indices)
    return input_indices[order], take(input_values, order)


@kernel(
    "SparseReshape",
    "cpu",
    host_inputs=("input_indices", "input_shape", "new_shape"),
    host_outputs=("output_indices", "output_shape"),
)
def sparse_reshape(input_indices: Any, input_shape: Any, new_shape: Any) -> Any:
    old, new = as_ints(input_shape), as_ints(new_shape)
    total = math.prod(old)
    if new.count(-1) > 1:
        first = new.index(-1)
        raise errors.invalid_argument(
            f"only one output dimension may be -1, not both {first} and {new.index(-1, first + 1)}"
        )
    if -1 in new:
        known = math.prod(size for size in new if size != -1)
        if known <= 0 or total % known:
            raise errors.invalid_argument(
                f"Input to reshape is a SparseTensor with {total} dense values, but the requested "
                f"shape requires a multiple of {known}."
            )
        new[new.index(-1)] = total // known
    if math.prod(new) != total:
        raise errors.invalid_argument(
            f"Input to reshape is a tensor with {total} dense values, but the requested shape has "
            f"{math.prod(new)}. input_shape={format_dims(tuple(old), 'kernel')} output_shape="
            f"{format_dims(tuple(new), 'kernel')}"
        )
    if input_indices.shape[1] != len(old):
        raise errors.invalid_argument("Input tensor rank must match input shape length.")
    if not len(input_indices):
        return np.empty((0, len(new)), np.int64), np.array(new, np.int64)
    # Coordinates outside of the shape count on, as TensorFlow does not look at them.
    places = input_indices @ np.array([math.prod(old[axis + 1 :]) for axis in range(len(old))])
    made = np.empty((len(places), len(new)), np.int64)
    for axis in range(len(new)):
        made[:, axis], places = np.divmod(places, math.prod(new[axis + 1 :]))
    return made, np.array(new, np.int64)


@kernel(
    "SparseConcat",
    "cpu",
    host_inputs=("indices", "shapes"),
    host_outputs=("output_indices", "output_shape"),
)
def sparse_concat(
    indices: list[Any], values: list[Any], shapes: list[Any], *, concat_dim: int
) -> Any:
    for parts in zip(indices, values, shapes, strict=True):
        check_sparse(*parts)
    sizes = [as_ints(s) for s in shapes]
    rank = len(sizes[0])
    if not -rank <= concat_dim < rank:
        raise errors.invalid_argument(
            f"Concat dimension must be in range [{-rank}, {rank}), got {concat_dim}"
        )
    axis = concat_dim % rank
    start = 0
    moved = []
    for position, (part, size) in enumerate(zip(indices, sizes, strict=True)):
        if len(size) != rank:
            raise errors.invalid_argument(
                f"Ranks of all input tensors must match: expected {rank} but got {len(size)} at "
                f"position {position}"
            )
        for dim in range(rank):
            if dim != axis and size[dim] != sizes[0][dim]:
                raise errors.invalid_argument(
                    f"Input shapes must match: expected {sizes[0][dim]} for dimension {dim} but "
                    f"got {size[dim]} at position {position}"
                )
        shifted = part.copy()
        shifted[:, axis] += start
        moved.append(shifted)
        start += size[axis]
    whole = np.concatenate(moved)
    order = row_major_order(whole)
    is_string = isinstance(values[0], np.ndarray)
    joined: Any = np.concatenate(values) if is_string else torch.cat(values)
    made = list(sizes[0])
    made[axis] = start
    return whole[order], take(joined, order), np.array(made, np.int64)


@kernel("SparseSplit", "cpu", host_inputs=("split_dim", "indices", "shape"))
def sparse_split(split_dim: Any, indices: Any, values: Any, shape: Any, *, num_split: int) -> Any:
    check_sparse(indices, values, shape)
    if split_dim.ndim:
        raise errors.invalid_argument(
            "Input axis should be a scalar but received shape "
            f"{format_dims(split_dim.shape, 'kernel')}"
        )
    sizes = as_ints(shape)
    axis = int(split_dim)
    if not -len(sizes) <= axis < len(sizes):
        raise errors.invalid_argument(
            f"Input split_dim should be between 0 and rank ({len(sizes)}), got {axis}"
        )
    axis %= len(sizes)
    if not 1 <= num_split <= sizes[axis]:
        raise errors.invalid_argument(
            f"Input num_split should be between 1 and the splitting dimension size "
            f"({sizes[axis]}), got {num_split}"
        )
    small, larger = divmod(sizes[axis], num_split)
    parts = []
    start = 0
    for index in range(num_split):
        end = start + small + (1 if index < larger else 0)
        chosen = np.flatnonzero((indices[:, axis] >= start) & (indices[:, axis] < end))
        moved = indices[chosen]
        moved[:, axis] -= start
        part = [*sizes[:axis], end - start, *sizes[axis + 1 :]]
        parts.append((to_tensor(moved), take(values, chosen), torch.tensor(part)))
        start = end
    return [item for column in zip(*parts, strict=True) for item in column]


@kernel(
    "SparseSlice",
    "cpu",
    host_inputs=("indices", "shape", "start", "size"),
    host_outputs=("output_indices", "output_shape"),
)
def sparse_slice(indices: Any, values: Any, shape: Any, start: Any, size: Any) -> Any:
    check_sparse(indices, values, shape)
    _check_corner(len(shape), start=start, size=size)
    if (size < 0).any():
        raise errors.invalid_argument(f"Expected a non-negative size, got {int(size.min())}")
    end = np.minimum(start + size, shape)
    chosen = np.flatnonzero(((indices >= start) & (indices < end)).all(1))
    return indices[chosen] - start, take(values, chosen), np.maximum(end - start, 0)


def _check_corner(rank: int, **vectors: Any) -> None:
    for name, vector in vectors.items():
        if vector.ndim != 1:
            raise errors.invalid_argument(
                f"Input {name} should be a vector but received shape "
                f"{format_dims(vector.shape, 'kernel')}"
            )
        if len(vector) != rank:
            raise errors.invalid_argument(
                f"Expected {name} to be a vector of length {rank} but got length {len(vector)}"
            )


@kernel("SparseSliceGrad", "cpu", host_inputs=("input_indices", "input_start", "output_indices"))
def sparse_slice_grad(
    backprop_val_grad: torch.Tensor, input_indices: Any, input_start: Any, output_indices: Any
) -> torch.Tensor:
    _check_slice_gradient(backprop_val_grad, input_indices, input_start, output_indices)
    made = backprop_val_grad.new_zeros(len(input_indices))
    given = {tuple(row): at for at, row in enumerate((output_indices + input_start).tolist())}
    for at, row in enumerate(input_indices.tolist()):
        source = given.get(tuple(row))
        if source is not None:
            made[at] = backprop_val_grad[source]
    return made


def _check_slice_gradient(grad: Any, whole: Any, start: Any, part: Any) -> None:
    if grad.ndim != 1:
        raise errors.invalid_argument(
            "Input backprop_val_grad should be a vector but received shape: "
            f"{format_dims(tuple(grad.shape), 'kernel')}"
        )
    if whole.ndim != 2 or part.ndim != 2:
        raise errors.invalid_argument(
            "Input and output indices should be matrices but received shapes: "
            f"{format_dims(whole.shape, 'kernel')} and {format_dims(part.shape, 'kernel')}"
        )
    if whole.shape[1] != part.shape[1]:
        raise errors.invalid_argument(
            "The input and output should have the same ndims: got: "
            f"{whole.shape[1]} and {part.shape[1]}"
        )
    if len(part) > len(whole):
        raise errors.invalid_argument(
            "# rows of output_indices should be not greater than of input_indices, got "
            f"{len(part)} and {len(whole)}"
        )
    if len(grad) != len(part):
        raise errors.invalid_argument(
            "# elements of backprop_val_grad and # rows of output_indices should match (#nnz of "
            f"sum): got {len(grad)} and {len(part)}"
        )
    _check_corner(whole.shape[1], input_start=start)


@kernel(
    "SparseFillEmptyRows",
    "cpu",
    host_inputs=("indices", "dense_shape"),
    host_outputs=("output_indices",),
)
def sparse_fill_empty_rows(indices: Any, values: Any, dense_shape: Any, default_value: Any) -> Any:
    _check_rows(indices, values, dense_shape)
    check_scalars(default_value=default_value)
    rows = int(dense_shape[0])
    first = indices[:, 0]
    if len(first) and (first.min() < 0 or first.max() >= rows):
        at = int(np.flatnonzero((first < 0) | (first >= rows))[0])
        raise errors.invalid_argument(f"indices({at}, 0) is invalid: {int(first[at])} >= {rows}")
    is_empty = np.ones(rows, bool)
    is_empty[first] = False
    missing = np.flatnonzero(is_empty)
    added = np.zeros((len(missing), indices.shape[1]), np.int64)
    added[:, 0] = missing
    whole = np.concatenate([indices, added])
    order = np.argsort(whole[:, 0], kind="stable")
    if isinstance(values, np.ndarray):
        filled: Any = np.concatenate([values, np.full(len(missing), default_value.item(), object)])
    else:
        filled = torch.cat([values, default_value.expand(len(missing))])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return (
        whole[order],
        take(filled, order),
        torch.from_numpy(is_empty),
        torch.from_numpy(place[: len(indices)].copy()),
    )


def _check_rows(indices: Any, values: Any, dense_shape: Any) -> None:
    check_sparse_ranks(indices, values, dense_shape)
    if len(indices) != len(values):
        raise errors.invalid_argument(
            f"The length of `values` ({len(values)}) must match the first dimension of `indices` "
            f"({len(indices)})."
        )
    if indices.shape[1] != len(dense_shape):
        raise errors.invalid_argument(
            f"The length of `dense_shape` ({len(dense_shape)}) must match the second dimension of "
            f"`indices` ({indices.shape[1]})."
        )
    if not len(dense_shape):
        raise errors.invalid_argument("Dense shape cannot be empty.")


@kernel("SparseFillEmptyRowsGrad", "cpu")
def sparse_fill_empty_rows_grad(reverse_index_map: torch.Tensor, grad_values: torch.Tensor) -> Any:
    for name, vector in (("reverse_index_map", reverse_index_map), ("grad_values", grad_values)):
        if vector.ndim != 1:
            raise errors.invalid_argument(
                f"{name} must be a vector, saw: {format_dims(tuple(vector.shape), 'kernel')}"
            )
    outside = (reverse_index_map < 0) | (reverse_index_map >= len(grad_values))
    if bool(outside.any()):
        raise errors.invalid_argument(
            f"Elements in reverse index must be in [0, {len(grad_values)}) but got "
            f"{int(reverse_index_map[outside][0])}"
        )
    values = grad_values[reverse_index_map]
    rest = grad_values.clone()
    rest[reverse_index_map] = 0
    return values, rest.sum()
