"""Kernels of the arithmetic of sparse tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.sparse_arrays import check_sparse, check_sparse_ranks
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.kernels.value_types import as_ints

Array = np.ndarray[Any, Any]


def _check_product_indices(
    rows: torch.Tensor, columns: torch.Tensor, size: list[int], is_adjoint: bool
) -> None:
    """Refuse an index that is outside of the matrix of the given size."""
    for letter, places, bound, column in (
        ("k", columns, size[1], 0 if is_adjoint else 1),
        ("m", rows, size[0], 1 if is_adjoint else 0),
    ):
        outside = (places < 0) | (places >= bound)
        if places.numel() and bool(outside.any()):
            at = int(outside.nonzero()[0])
            raise errors.invalid_argument(
                f"{letter} ({int(places[at])}) from index[{at},{column}] out of bounds (>={bound})"
            )


@kernel("SparseTensorDenseMatMul", "cpu", "gpu", host_inputs=("a_shape",))
def sparse_tensor_dense_mat_mul(
    a_indices: torch.Tensor,
    a_values: torch.Tensor,
    a_shape: Any,
    b: torch.Tensor,
    *,
    adjoint_a: bool,
    adjoint_b: bool,
) -> torch.Tensor:
    check_sparse_ranks(a_indices, a_values, a_shape)
    size = as_ints(a_shape)
    if len(size) != 2:
        raise errors.invalid_argument("Tensor 'a_shape' must have 2 elements")
    if b.ndim != 2:
        raise errors.invalid_argument("Tensor 'b' is not a matrix")
    if a_indices.shape[1] != 2:
        raise errors.invalid_argument(
            "Number of columns of a_indices does not match number of entries in a_shape"
        )
    if len(a_indices) != len(a_values):
        raise errors.invalid_argument(
            "Number of rows of a_indices does not match number of entries in a_values"
        )
    rows, columns = a_indices[:, 0].long(), a_indices[:, 1].long()
    if adjoint_a:
        rows, columns = columns, rows
        size = size[::-1]
        a_values = a_values.conj_physical()
    if adjoint_b:
        b = b.mH
    if size[1] != b.shape[0]:
        raise errors.invalid_argument(
            f"Cannot multiply A and B because inner dimension does not match: {size[1]} vs. "
            f"{b.shape[0]}.  Did you forget a transpose?  Dimensions of A: "
            f"[{size[0]}, {size[1]}).  Dimensions of B: "
            f"{format_dims(tuple(b.shape), 'kernel')}"
        )
    _check_product_indices(rows, columns, size, adjoint_a)
    made = b.new_zeros((size[0], b.shape[1]))
    return made.index_add_(0, rows, a_values.unsqueeze(1) * b.index_select(0, columns))


@kernel("SparseTensorDenseAdd", "cpu")
def sparse_tensor_dense_add(
    a_indices: torch.Tensor, a_values: torch.Tensor, a_shape: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    if tuple(a_shape.tolist()) != tuple(b.shape):
        raise errors.invalid_argument(
            f"Dimensions don't match: a_shape = {a_shape.tolist()}, b has shape "
            f"{format_dims(tuple(b.shape), 'kernel')}"
        )
    check_sparse(a_indices, a_values, a_shape)
    outside = (a_indices < 0) | (a_indices >= a_shape)
    if bool(outside.any()):
        row, axis = outside.nonzero()[0].tolist()
        raise errors.invalid_argument(
            f"Sparse tensor has an invalid index on dimension {axis}: a_indices({row},{axis}) = "
            f"{int(a_indices[row, axis])}, dense tensor shape: "
            f"{format_dims(tuple(b.shape), 'kernel')}"
        )
    return b.index_put(tuple(a_indices.long().unbind(1)), a_values, accumulate=True)


def _union(a: Array, b: Array, shape: list[int]) -> tuple[Array, Array, Array]:
    """Return the coordinates of both, in order, and where those of each stand among them."""
    places = [np.ravel_multi_index(tuple(part.T), shape) for part in (a, b)]
    joined, inverse = np.unique(np.concatenate(places), return_inverse=True)
    inverse = inverse.reshape(-1)
    indices = np.stack(np.unravel_index(joined, shape), axis=1).astype(np.int64)
    return indices.reshape(-1, len(shape)), inverse[: len(a)], inverse[len(a) :]


def _check_same_shape(a_shape: Any, b_shape: Any) -> list[int]:
    if a_shape.tolist() != b_shape.tolist():
        raise errors.invalid_argument(
            f"Operands do not have the same ranks or sizes; got shapes: "
            f"{a_shape.tolist()} and {b_shape.tolist()}"
        )
    return as_ints(a_shape)


@kernel(
    "SparseAdd",
    "cpu",
    host_inputs=("a_indices", "a_shape", "b_indices", "b_shape", "thresh"),
    host_outputs=("sum_indices", "sum_shape"),
    aliases=True,
)
def sparse_add(
    a_indices: Any,
    a_values: Any,
    a_shape: Any,
    b_indices: Any,
    b_values: Any,
    b_shape: Any,
    thresh: Any,
) -> Any:
    check_sparse(a_indices, a_values, a_shape)
    check_sparse(b_indices, b_values, b_shape)
    if thresh.ndim:
        raise errors.invalid_argument(
            "The magnitude threshold must be a scalar: got shape "
            f"{format_dims(thresh.shape, 'kernel')}"
        )
    shape = _check_same_shape(a_shape, b_shape)
    indices, at_a, at_b = _union(a_indices, b_indices, shape)
    sums = a_values.new_zeros(len(indices))
    sums.index_add_(0, torch.from_numpy(at_a), a_values)
    sums.index_add_(0, torch.from_numpy(at_b), b_values)
    kept = (sums.abs() >= float(thresh)).numpy()
    if not kept.all():
        return indices[kept], sums[torch.from_numpy(kept)], a_shape
    return indices, sums, a_shape


@kernel("SparseAddGrad", "cpu", host_inputs=("a_indices", "b_indices", "sum_indices"))
def sparse_add_grad(
    backprop_val_grad: torch.Tensor, a_indices: Any, b_indices: Any, sum_indices: Any
) -> Any:
    ranks = [
        part.shape[1] if part.ndim == 2 else -1 for part in (a_indices, b_indices, sum_indices)
    ]
    if len(set(ranks)) > 1:
        raise errors.invalid_argument(
            f"The densified operands should have the same ndims; for A, B, sum got: {ranks}"
        )
    if backprop_val_grad.ndim != 1 or len(backprop_val_grad) != len(sum_indices):
        raise errors.invalid_argument(
            "# elements of backprop_val_grad and # rows of sum_indices should match (#nnz of sum): "
            f"got {backprop_val_grad.numel()} and {len(sum_indices)}"
        )
    at = {tuple(row): place for place, row in enumerate(sum_indices.tolist())}

    def taken(indices: Any) -> torch.Tensor:
        made = backprop_val_grad.new_zeros(len(indices))
        for place, row in enumerate(indices.tolist()):
            source = at.get(tuple(row))
            if source is not None:
                made[place] = backprop_val_grad[source]
        return made

    return taken(a_indices), taken(b_indices)


def _groups(indices: Array, shape: list[int], axes: Any) -> tuple[Array, list[int], list[int]]:
    """Return the place of each element among the results, the kept sizes, the reduced axes."""
    rank = len(shape)
    listed = as_ints(axes)
    for axis in listed:
        if not -rank <= axis < rank:
            raise errors.invalid_argument(
                f"Invalid reduction dimension {axis}, for input with {rank} dimensions."
            )
    reduced = sorted({axis % rank for axis in listed}) or list(range(rank))
    kept = [axis for axis in range(rank) if axis not in reduced]
    sizes = [shape[axis] for axis in kept]
    if kept and len(indices):
        places = np.ravel_multi_index(tuple(indices[:, kept].T), sizes)
    else:
        places = np.zeros(len(indices), np.int64)
    return places, sizes, reduced


def _gathered_in(values: torch.Tensor, places: Array, count: int, how: str) -> torch.Tensor:
    """Return `count` sums ("sum") or maxima of the values with the same place."""
    made = values.new_zeros(count)
    index = torch.from_numpy(places.astype(np.int64))
    if how == "sum":
        return made.index_add_(0, index, values)
    return made.scatter_reduce_(0, index, values, "amax", include_self=False)


def _with_reduced(whole: list[int], reduced: list[int]) -> list[int]:
    """Return the sizes of a result that keeps reduced dimensions, as 1."""
    return [1 if axis in reduced else size for axis, size in enumerate(whole)]


def _reduced(
    indices: Any, values: torch.Tensor, shape: Any, axes: Any, keep_dims: bool, how: str
) -> torch.Tensor:
    check_sparse(indices, values, shape)
    whole = as_ints(shape)
    places, sizes, reduced = _groups(indices, whole, axes)
    made = _gathered_in(values, places, math.prod(sizes), how)
    return made.reshape(_with_reduced(whole, reduced) if keep_dims else sizes)


@kernel("SparseReduceSum", "cpu", host_inputs=("input_indices", "input_shape", "reduction_axes"))
def sparse_reduce_sum(
    input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *, keep_dims: bool
) -> torch.Tensor:
    return _reduced(input_indices, input_values, input_shape, reduction_axes, keep_dims, "sum")


@kernel("SparseReduceMax", "cpu", host_inputs=("input_indices", "input_shape", "reduction_axes"))
def sparse_reduce_max(
    input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *, keep_dims: bool
) -> torch.Tensor:
    return _reduced(input_indices, input_values, input_shape, reduction_axes, keep_dims, "max")


def _reduced_sparse(
    indices: Any, values: torch.Tensor, shape: Any, axes: Any, keep_dims: bool, how: str
) -> Any:
    check_sparse(indices, values, shape)
    whole = as_ints(shape)
    places, sizes, reduced = _groups(indices, whole, axes)
    present, inverse = np.unique(places, return_inverse=True)
    made = _gathered_in(values, inverse.reshape(-1), len(present), how)
    if keep_dims:
        sizes = _with_reduced(whole, reduced)
    rows = (
        np.stack(np.unravel_index(present, sizes), axis=1) if sizes else np.zeros((len(present), 0))
    )
    return to_tensor(rows.astype(np.int64)), made, torch.tensor(sizes, dtype=torch.int64)


@kernel(
    "SparseReduceSumSparse", "cpu", host_inputs=("input_indices", "input_shape", "reduction_axes")
)
def sparse_reduce_sum_sparse(
    input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *, keep_dims: bool
) -> Any:
    return _reduced_sparse(
        input_indices, input_values, input_shape, reduction_axes, keep_dims, "sum"
    )


@kernel(
    "SparseReduceMaxSparse", "cpu", host_inputs=("input_indices", "input_shape", "reduction_axes")
)
def sparse_reduce_max_sparse(
    input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *, keep_dims: bool
) -> Any:
    return _reduced_sparse(
        input_indices, input_values, input_shape, reduction_axes, keep_dims, "max"
    )


@kernel("SparseSoftmax", "cpu", host_inputs=("sp_indices", "sp_shape"))
def sparse_softmax(sp_indices: Any, sp_values: torch.Tensor, sp_shape: Any) -> torch.Tensor:
    check_sparse(sp_indices, sp_values, sp_shape)
    shape = as_ints(sp_shape)
    if len(shape) < 2:
        raise errors.invalid_argument(f"Input should have rank >= 2, but received shape: {shape}")
    if not len(sp_indices):
        return sp_values
    rows = np.ravel_multi_index(tuple(sp_indices[:, :-1].T), shape[:-1])
    _, inverse = np.unique(rows, return_inverse=True)
    index = torch.from_numpy(inverse.reshape(-1).astype(np.int64))
    count = int(index.max()) + 1
    largest = sp_values.new_zeros(count).scatter_reduce_(
        0, index, sp_values, "amax", include_self=False
    )
    powers = (sp_values - largest[index]).exp()
    return powers / powers.new_zeros(count).index_add_(0, index, powers)[index]


def _extreme(
    choose: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    a_indices: Any,
    a_values: torch.Tensor,
    a_shape: Any,
    b_indices: Any,
    b_values: torch.Tensor,
    b_shape: Any,
) -> Any:
    check_sparse(a_indices, a_values, a_shape)
    check_sparse(b_indices, b_values, b_shape)
    shape = _check_same_shape(a_shape, b_shape)
    indices, at_a, at_b = _union(a_indices, b_indices, shape)
    left, right = a_values.new_zeros(len(indices)), a_values.new_zeros(len(indices))
    left[torch.from_numpy(at_a)] = a_values
    right[torch.from_numpy(at_b)] = b_values
    return indices, choose(left, right)


_PAIR = ("a_indices", "a_shape", "b_indices", "b_shape")


@kernel("SparseSparseMaximum", "cpu", host_inputs=_PAIR, host_outputs=("output_indices",))
def sparse_sparse_maximum(
    a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any
) -> Any:
    return _extreme(torch.maximum, a_indices, a_values, a_shape, b_indices, b_values, b_shape)


@kernel("SparseSparseMinimum", "cpu", host_inputs=_PAIR, host_outputs=("output_indices",))
def sparse_sparse_minimum(
    a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any
) -> Any:
    return _extreme(torch.minimum, a_indices, a_values, a_shape, b_indices, b_values, b_shape)


def _dense_at(indices: Any, values: torch.Tensor, shape: Any, dense: torch.Tensor) -> torch.Tensor:
    """Return the elements of a dense tensor, broadcast to a shape, at coordinates."""
    check_sparse(indices, values, shape)
    if ((indices < 0) | (indices >= shape)).any():
        raise errors.invalid_argument(
            "Provided indices are out-of-bounds w.r.t. dense side with broadcasted shape"
        )
    sizes = as_ints(shape)
    try:
        whole = dense.expand(sizes)
    except RuntimeError:
        raise errors.invalid_argument(
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"[{','.join(map(str, sizes))}] vs. [{','.join(map(str, dense.shape))}]"
        ) from None
    return whole[tuple(torch.from_numpy(np.ascontiguousarray(indices)).unbind(1))]


_SPARSE = ("sp_indices", "sp_shape")


@kernel("SparseDenseCwiseMul", "cpu", host_inputs=_SPARSE)
def sparse_dense_cwise_mul(
    sp_indices: Any, sp_values: torch.Tensor, sp_shape: Any, dense: torch.Tensor
) -> torch.Tensor:
    return sp_values * _dense_at(sp_indices, sp_values, sp_shape, dense)


@kernel("SparseDenseCwiseDiv", "cpu", host_inputs=_SPARSE)
def sparse_dense_cwise_div(
    sp_indices: Any, sp_values: torch.Tensor, sp_shape: Any, dense: torch.Tensor
) -> torch.Tensor:
    divisors = _dense_at(sp_indices, sp_values, sp_shape, dense)
    if sp_values.dtype.is_floating_point or sp_values.dtype.is_complex:
        return sp_values / divisors
    return torch.div(sp_values, divisors, rounding_mode="trunc")


@kernel("SparseDenseCwiseAdd", "cpu", host_inputs=_SPARSE)
def sparse_dense_cwise_add(
    sp_indices: Any, sp_values: torch.Tensor, sp_shape: Any, dense: torch.Tensor
) -> torch.Tensor:
    return sp_values + _dense_at(sp_indices, sp_values, sp_shape, dense)
