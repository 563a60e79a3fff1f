"""`tf.sets`: the last dimension of a tensor as sets."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank, with_rank_at_least
from tensormill.graph.sparse_tensor import (
    SparseTensor,
    convert_to_tensor_or_sparse_tensor,
)
from tensormill.graph.tensor import Tensor

dense_to_dense_set_op = define(
    "DenseToDenseSetOperation",
    inputs=("set1: T", "set2: T"),
    outputs=("result_indices: int64", "result_values: T", "result_shape: int64"),
    attrs=(
        "set_operation: string",
        "validate_indices: bool = true",
        "T: {int8, int16, int32, int64, uint8, uint16, string}",
    ),
    differentiable=False,
)
dense_to_sparse_set_op = define(
    "DenseToSparseSetOperation",
    inputs=("set1: T", "set2_indices: int64", "set2_values: T", "set2_shape: int64"),
    outputs=("result_indices: int64", "result_values: T", "result_shape: int64"),
    attrs=(
        "set_operation: string",
        "validate_indices: bool = true",
        "T: {int8, int16, int32, int64, uint8, uint16, string}",
    ),
    differentiable=False,
)
sparse_to_sparse_set_op = define(
    "SparseToSparseSetOperation",
    inputs=(
        "set1_indices: int64",
        "set1_values: T",
        "set1_shape: int64",
        "set2_indices: int64",
        "set2_values: T",
        "set2_shape: int64",
    ),
    outputs=("result_indices: int64", "result_values: T", "result_shape: int64"),
    attrs=(
        "set_operation: string",
        "validate_indices: bool = true",
        "T: {int8, int16, int32, int64, uint8, uint16, string}",
    ),
    differentiable=False,
)
set_size_op = define(
    "SetSize",
    inputs=("set_indices: int64", "set_values: T", "set_shape: int64"),
    outputs=("size: int32",),
    attrs=(
        "validate_indices: bool = true",
        "T: {int8, int16, int32, int64, uint8, uint16, string}",
    ),
    differentiable=False,
)


def _common_rank(first: int | None, second: int | None) -> int | None:
    """Return the rank of both inputs, as far as it is known.

    Raises:
      ValueError: it is less than 2, or they differ.
    """
    for place, rank in enumerate((first, second)):
        if rank is not None and rank < 2:
            raise ValueError(f"Input {place}, expected rank >= 2, got {rank}.")
        if rank is not None:
            break
    if None not in (first, second) and first != second:
        raise ValueError(f"Dimension must be {first} but is {second}")
    return second if first is None else first


@dense_to_dense_set_op.shape
def dense_to_dense_set_shape(ctx: ShapeContext) -> list[Dims]:
    first, second = ctx.shapes()
    with_rank_at_least(first if first is not None else second, 2)
    rank = _common_rank(*(None if dims is None else len(dims) for dims in (first, second)))
    if first is not None and second is not None:
        merge_dims(first[:-1], second[:-1])
    return [(None, rank), (None,), (rank,)]


@dense_to_sparse_set_op.shape
def dense_to_sparse_set_shape(ctx: ShapeContext) -> list[Dims]:
    first = ctx.shape("set1")
    rank = _common_rank(None if first is None else len(first), with_rank(ctx.shape(3), 1)[0])
    return [(None, rank), (None,), (rank,)]


@sparse_to_sparse_set_op.shape
def sparse_to_sparse_set_shape(ctx: ShapeContext) -> list[Dims]:
    rank = _common_rank(*(with_rank(ctx.shape(at), 1)[0] for at in (2, 5)))
    return [(None, rank), (None,), (rank,)]


@set_size_op.shape
def set_size_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]


def _operation(a: Any, b: Any, set_operation: str, validate_indices: bool) -> SparseTensor:
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    b = convert_to_tensor_or_sparse_tensor(b, name="b")
    options: dict[str, Any] = {"set_operation": set_operation, "validate_indices": validate_indices}
    if isinstance(a, SparseTensor):
        if not isinstance(b, SparseTensor):
            raise ValueError("Sparse,Dense is not supported, but you can swap the arguments.")
        made = sparse_to_sparse_set_op(
            a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, **options
        )
    elif isinstance(b, SparseTensor):
        made = dense_to_sparse_set_op(a, b.indices, b.values, b.dense_shape, **options)
    else:
        made = dense_to_dense_set_op(a, b, **options)
    return SparseTensor(*made)


def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """Return how many different elements each set of a sparse tensor has.

    Raises:
      TypeError: `a` is not sparse.
    """
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    return set_size_op(a.indices, a.values, a.dense_shape, validate_indices=validate_indices)


def _in_order(a: Any, b: Any) -> tuple[Any, Any, bool]:
    """Put a dense tensor before a sparse one, as the ops want them."""
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        return b, a, True
    return a, b, False


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Return the elements that are in the sets of both `a` and `b`."""
    a, b, _ = _in_order(a, b)
    return _operation(a, b, "intersection", validate_indices)


def set_difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """Return the elements that are in the sets of `a` but not in those of `b`, or the reverse."""
    a, b, flipped = _in_order(a, b)
    operation = "a-b" if aminusb is not flipped else "b-a"
    return _operation(a, b, operation, validate_indices)


def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Return the elements that are in the sets of `a` or of `b`."""
    a, b, _ = _in_order(a, b)
    return _operation(a, b, "union", validate_indices)
