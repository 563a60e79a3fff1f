"""`tf.sets`: the last dimension of a tensor as sets."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
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


@dense_to_dense_set_op.shape
def dense_to_dense_set_shape(ctx: ShapeContext) -> list[Dims]:
    first, second = (t.dims for t in ctx.op.input_tensors)
    known = first if first is not None else second
    rank = None if known is None else len(known)
    return [(None, rank), (None,), (rank,)]


@dense_to_sparse_set_op.shape
def dense_to_sparse_set_shape(ctx: ShapeContext) -> list[Dims]:
    first, shape = ctx.op.input_tensors[0].dims, ctx.op.input_tensors[3].dims
    rank = len(first) if first is not None else shape[0] if shape else None
    return [(None, rank), (None,), (rank,)]


@sparse_to_sparse_set_op.shape
def sparse_to_sparse_set_shape(ctx: ShapeContext) -> list[Dims]:
    shapes = [ctx.op.input_tensors[at].dims for at in (2, 5)]
    rank = next((dims[0] for dims in shapes if dims and dims[0] is not None), None)
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
