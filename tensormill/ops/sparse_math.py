"""Arithmetic of sparse tensors: sums, products with dense ones, softmax, extremes."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.operators import operator
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.gathering import gather
from tensormill.ops.sparse_arrays import as_sparse

sparse_tensor_dense_mat_mul_op = define(
    "SparseTensorDenseMatMul",
    inputs=("a_indices: Tindices", "a_values: T", "a_shape: int64", "b: T"),
    outputs=("product: T",),
    attrs=(
        "T: type",
        "Tindices: {int32, int64} = DT_INT64",
        "adjoint_a: bool = false",
        "adjoint_b: bool = false",
    ),
)
sparse_tensor_dense_add_op = define(
    "SparseTensorDenseAdd",
    inputs=("a_indices: Tindices", "a_values: T", "a_shape: Tindices", "b: T"),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
        "Tindices: {int32, int64}",
    ),
)
sparse_add_op = define(
    "SparseAdd",
    inputs=(
        "a_indices: int64",
        "a_values: T",
        "a_shape: int64",
        "b_indices: int64",
        "b_values: T",
        "b_shape: int64",
        "thresh: Treal",
    ),
    outputs=("sum_indices: int64", "sum_values: T", "sum_shape: int64"),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
        "Treal: realnumbertype",
    ),
)
sparse_add_grad_op = define(
    "SparseAddGrad",
    inputs=("backprop_val_grad: T", "a_indices: int64", "b_indices: int64", "sum_indices: int64"),
    outputs=("a_val_grad: T", "b_val_grad: T"),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
    differentiable=False,
)
sparse_reduce_sum_op = define(
    "SparseReduceSum",
    inputs=(
        "input_indices: int64",
        "input_values: T",
        "input_shape: int64",
        "reduction_axes: int32",
    ),
    outputs=("output: T",),
    attrs=(
        "keep_dims: bool = false",
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
)
sparse_reduce_sum_sparse_op = define(
    "SparseReduceSumSparse",
    inputs=(
        "input_indices: int64",
        "input_values: T",
        "input_shape: int64",
        "reduction_axes: int32",
    ),
    outputs=("output_indices: int64", "output_values: T", "output_shape: int64"),
    attrs=(
        "keep_dims: bool = false",
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
    differentiable=False,
)
sparse_reduce_max_op = define(
    "SparseReduceMax",
    inputs=(
        "input_indices: int64",
        "input_values: T",
        "input_shape: int64",
        "reduction_axes: int32",
    ),
    outputs=("output: T",),
    attrs=("keep_dims: bool = false", "T: realnumbertype"),
    differentiable=False,
)
sparse_reduce_max_sparse_op = define(
    "SparseReduceMaxSparse",
    inputs=(
        "input_indices: int64",
        "input_values: T",
        "input_shape: int64",
        "reduction_axes: int32",
    ),
    outputs=("output_indices: int64", "output_values: T", "output_shape: int64"),
    attrs=("keep_dims: bool = false", "T: realnumbertype"),
    differentiable=False,
)
sparse_softmax_op = define(
    "SparseSoftmax",
    inputs=("sp_indices: int64", "sp_values: T", "sp_shape: int64"),
    outputs=("output: T",),
    attrs=("T: {float16, float32, float64}",),
)
sparse_sparse_maximum_op = define(
    "SparseSparseMaximum",
    inputs=(
        "a_indices: int64",
        "a_values: T",
        "a_shape: int64",
        "b_indices: int64",
        "b_values: T",
        "b_shape: int64",
    ),
    outputs=("output_indices: int64", "output_values: T"),
    attrs=("T: realnumbertype",),
    differentiable=False,
)
sparse_sparse_minimum_op = define(
    "SparseSparseMinimum",
    inputs=(
        "a_indices: int64",
        "a_values: T",
        "a_shape: int64",
        "b_indices: int64",
        "b_values: T",
        "b_shape: int64",
    ),
    outputs=("output_indices: int64", "output_values: T"),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
    differentiable=False,
)
sparse_dense_cwise_mul_op = define(
    "SparseDenseCwiseMul",
    inputs=("sp_indices: int64", "sp_values: T", "sp_shape: int64", "dense: T"),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
)
sparse_dense_cwise_div_op = define(
    "SparseDenseCwiseDiv",
    inputs=("sp_indices: int64", "sp_values: T", "sp_shape: int64", "dense: T"),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
)
sparse_dense_cwise_add_op = define(
    "SparseDenseCwiseAdd",
    inputs=("sp_indices: int64", "sp_values: T", "sp_shape: int64", "dense: T"),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
    differentiable=False,
)


@sparse_tensor_dense_mat_mul_op.shape
def sparse_tensor_dense_mat_mul_shape(ctx: ShapeContext) -> list[Dims]:
    a = ctx.value_as_shape(2)
    b = ctx.op.input_tensors[3].dims
    for dims in (a, b):
        if dims is not None and len(dims) != 2:
            raise ValueError(f"Shape must be rank 2 but is rank {len(dims)}")
    adjoint_a, adjoint_b = ctx.attrs["adjoint_a"], ctx.attrs["adjoint_b"]
    left = (None, None) if a is None else a[::-1] if adjoint_a else a
    right = (None, None) if b is None else b[::-1] if adjoint_b else b
    if left[1] is not None and right[0] is not None and left[1] != right[0]:
        raise ValueError(f"Dimensions must be equal, but are {left[1]} and {right[0]}")
    return [(left[0], right[1])]


@sparse_tensor_dense_mat_mul_op.gradient
def sparse_tensor_dense_mat_mul_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, values, dense_shape, b = op.input_tensors
    adjoint_a, adjoint_b = op.attrs["adjoint_a"], op.attrs["adjoint_b"]
    b_grad = sparse_tensor_dense_mat_mul_op(
        indices, values, dense_shape, grad, adjoint_a=not adjoint_a
    )
    transpose = OP_DEFS["ConjugateTranspose" if b.dtype.is_complex else "Transpose"].builder
    if adjoint_b:
        b_grad = transpose(b_grad, [1, 0])
    rows, columns = indices[:, 0], indices[:, 1]
    if adjoint_a:
        rows, columns = columns, rows
    left = gather(grad, rows)
    right = gather(transpose(b, [1, 0]) if adjoint_b else b, columns)
    if values.dtype.is_complex:
        right = OP_DEFS["Conj"].builder(right)
    products = OP_DEFS["Mul"].builder(left, right)
    a_grad = OP_DEFS["Sum"].builder(products, 1)
    if adjoint_a and values.dtype.is_complex:
        a_grad = OP_DEFS["Conj"].builder(a_grad)
    return [None, a_grad, None, b_grad]


def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Tensor:
    """Return the product of a sparse matrix and a dense one.

    Args:
      sp_a: the sparse matrix.
      b: the dense matrix.
      adjoint_a: use the adjoint of the sparse matrix.
      adjoint_b: use the adjoint of the dense one.
      name: the name of the node.
    """
    sparse = as_sparse(sp_a)
    with OpScope(name, "SparseTensorDenseMatMul", (sparse.indices, b)):
        b = convert_to_tensor(b, name="b")
        return sparse_tensor_dense_mat_mul_op(
            sparse.indices,
            sparse.values,
            sparse.dense_shape,
            b,
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )


@sparse_tensor_dense_add_op.shape
def sparse_tensor_dense_add_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[3].dims]


@sparse_tensor_dense_add_op.gradient
def sparse_tensor_dense_add_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, OP_DEFS["GatherNd"].builder(grad, op.input_tensors[0]), None, grad]


@sparse_add_op.shape
def sparse_add_shape(ctx: ShapeContext) -> list[Dims]:
    dense = ctx.op.input_tensors[2].dims
    rank = None if not dense else dense[0]
    return [(None, rank), (None,), (rank,)]


@sparse_add_grad_op.shape
def sparse_add_grad_shape(ctx: ShapeContext) -> list[Dims]:
    tensors = ctx.op.input_tensors
    return [(t.dims[0] if t.dims else None,) for t in tensors[1:3]]


@sparse_add_op.gradient
def sparse_add_gradient(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    a_indices, b_indices = op.input_tensors[0], op.input_tensors[3]
    a_grad, b_grad = sparse_add_grad_op(grads[1], a_indices, b_indices, op.outputs[0])
    return [None, a_grad, None, None, b_grad, None, None]


def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """Return the sum of two tensors, one of which is sparse at least.

    Args:
      a: sparse or dense.
      b: sparse or dense.
      threshold: sums of two sparse tensors with a smaller magnitude are left out.
      thresh: the old name of `threshold`.

    Raises:
      TypeError: both are dense.
    """
    sparse_kinds = (SparseTensor, SparseTensorValue)
    threshold = one_of_two(threshold, thresh, "threshold", "thresh")
    if not isinstance(a, sparse_kinds) and not isinstance(b, sparse_kinds):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, sparse_kinds) and isinstance(b, sparse_kinds):
        a, b = as_sparse(a), as_sparse(b)
        real = a.values.dtype.real_dtype.base_dtype
        limit = convert_to_tensor(0 if threshold is None else threshold, real, name="thresh")
        made = sparse_add_op(
            a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, limit
        )
        return SparseTensor(*made)
    if isinstance(b, sparse_kinds):
        a, b = b, a
    a = as_sparse(a)
    return sparse_tensor_dense_add_op(a.indices, a.values, a.dense_shape, b)


def _reduced_dims(ctx: ShapeContext) -> list[Dims]:
    dims, axes = ctx.value_as_shape(2), ctx.value(3)
    if dims is None or axes is None:
        return [None]
    reduced = {axis % len(dims) for axis in axes.ravel().tolist()} or set(range(len(dims)))
    if ctx.attrs["keep_dims"]:
        return [tuple(1 if i in reduced else size for i, size in enumerate(dims))]
    return [tuple(size for i, size in enumerate(dims) if i not in reduced)]


@sparse_reduce_sum_op.shape
@sparse_reduce_max_op.shape
def sparse_reduce_shape(ctx: ShapeContext) -> list[Dims]:
    return _reduced_dims(ctx)


@sparse_reduce_sum_sparse_op.shape
@sparse_reduce_max_sparse_op.shape
def sparse_reduce_sparse_shape(ctx: ShapeContext) -> list[Dims]:
    return [None, None, None]


@sparse_reduce_sum_op.gradient
def sparse_reduce_sum_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, _, dense_shape, axes = op.input_tensors
    # Each dimension that was summed over has size 1 in the gradient, which is repeated over it.
    sizes = OP_DEFS["Cast"].builder(dense_shape, DstT=dtypes.int32)
    count = OP_DEFS["Size"].builder(sizes)
    places = OP_DEFS["FloorMod"].builder(OP_DEFS["AddV2"].builder(axes, count), count)
    everywhere = OP_DEFS["Range"].builder(0, count, 1)
    ones = OP_DEFS["OnesLike"].builder(places)
    kept = OP_DEFS["DynamicStitch"].builder([everywhere, places], [sizes, ones])
    whole = OP_DEFS["Reshape"].builder(grad, kept)
    scaled = OP_DEFS["FloorDiv"].builder(sizes, OP_DEFS["Maximum"].builder(kept, 1))
    shrunk = OP_DEFS["FloorDiv"].builder(
        indices, OP_DEFS["Cast"].builder(scaled, DstT=dtypes.int64)
    )
    return [None, OP_DEFS["GatherNd"].builder(whole, shrunk), None, None]


def _axes(sparse: SparseTensor, axis: Any) -> Any:
    if axis is not None:
        return axis
    rank = sparse.shape.ndims
    if rank is not None:
        return list(range(rank))
    return OP_DEFS["Range"].builder(0, OP_DEFS["Size"].builder(sparse.dense_shape), 1)


def sparse_reduce_sum(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Return the sums of a sparse tensor along dimensions, all by default, as a dense tensor."""
    sparse = as_sparse(sp_input)
    keep = one_of_two(keepdims, keep_dims, "keepdims", "keep_dims")
    axis = one_of_two(axis, reduction_axes, "axis", "reduction_axes")
    return sparse_reduce_sum_op(
        sparse.indices, sparse.values, sparse.dense_shape, _axes(sparse, axis), keep_dims=bool(keep)
    )


def sparse_reduce_max(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Return the largest elements of a sparse tensor along dimensions, as a dense tensor."""
    sparse = as_sparse(sp_input)
    keep = one_of_two(keepdims, keep_dims, "keepdims", "keep_dims")
    axis = one_of_two(axis, reduction_axes, "axis", "reduction_axes")
    return sparse_reduce_max_op(
        sparse.indices, sparse.values, sparse.dense_shape, _axes(sparse, axis), keep_dims=bool(keep)
    )


def sparse_reduce_sum_sparse(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, reduction_axes: Any = None
) -> SparseTensor:
    """Return the sums of a sparse tensor along dimensions as a sparse tensor."""
    sparse = as_sparse(sp_input)
    axis = one_of_two(axis, reduction_axes, "axis", "reduction_axes")
    made = sparse_reduce_sum_sparse_op(
        sparse.indices,
        sparse.values,
        sparse.dense_shape,
        _axes(sparse, axis),
        keep_dims=bool(keepdims),
    )
    return SparseTensor(*made)


def sparse_reduce_max_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> SparseTensor:
    """Return the largest entries of a sparse tensor along dimensions as a sparse tensor."""
    sparse = as_sparse(sp_input)
    axis = one_of_two(axis, reduction_axes, "axis", "reduction_axes")
    made = sparse_reduce_max_sparse_op(
        sparse.indices,
        sparse.values,
        sparse.dense_shape,
        _axes(sparse, axis),
        keep_dims=bool(keepdims or keep_dims),
    )
    return SparseTensor(*made)


@sparse_softmax_op.shape
@sparse_dense_cwise_mul_op.shape
@sparse_dense_cwise_div_op.shape
@sparse_dense_cwise_add_op.shape
def values_shape(ctx: ShapeContext) -> list[Dims]:
    indices, values = (t.dims for t in ctx.op.input_tensors[:2])
    count = None if indices is None else indices[0]
    if values and values[0] is not None:
        count = values[0]
    return [(count,)]


@sparse_sparse_maximum_op.shape
@sparse_sparse_minimum_op.shape
def sparse_extreme_shape(ctx: ShapeContext) -> list[Dims]:
    return [(None, None), (None,)]


@sparse_softmax_op.gradient
def sparse_softmax_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, _, dense_shape = op.input_tensors
    softmax = op.outputs[0]
    product = SparseTensor(indices, OP_DEFS["Mul"].builder(softmax, grad), dense_shape)
    sums = OP_DEFS["Neg"].builder(
        sparse_reduce_sum_op(product.indices, product.values, dense_shape, [-1], keep_dims=True)
    )
    shifted = sparse_dense_cwise_add_op(indices, grad, dense_shape, sums)
    return [None, OP_DEFS["Mul"].builder(shifted, softmax), None]


def _dense_gradient(op: Operation, grad: Tensor, multiplies: bool) -> list[Tensor | None]:
    indices, values, dense_shape, dense = op.input_tensors
    sizes = OP_DEFS["Shape"].builder(dense, out_type=dtypes.int64)
    count = OP_DEFS["Size"].builder(dense_shape)
    lead = OP_DEFS["Sub"].builder(count, OP_DEFS["Size"].builder(sizes))
    padding = OP_DEFS["Fill"].builder(
        OP_DEFS["ExpandDims"].builder(lead, 0), convert_to_tensor(1, dtypes.int64)
    )
    augmented = OP_DEFS["ConcatV2"].builder([padding, sizes], 0)
    scaling = OP_DEFS["FloorDiv"].builder(dense_shape, augmented)
    scaled = OP_DEFS["FloorDiv"].builder(indices, scaling)
    places = OP_DEFS["Slice"].builder(
        scaled, OP_DEFS["Pack"].builder([0, lead]), OP_DEFS["Pack"].builder([-1, -1])
    )
    taken = OP_DEFS["GatherNd"].builder(dense, places)
    if multiplies:
        values_grad = OP_DEFS["Mul"].builder(grad, taken)
        dense_part = OP_DEFS["Mul"].builder(grad, values)
    else:
        values_grad = OP_DEFS["RealDiv"].builder(grad, taken)
        ratio = OP_DEFS["RealDiv"].builder(values, OP_DEFS["Square"].builder(taken))
        dense_part = OP_DEFS["Mul"].builder(grad, OP_DEFS["Neg"].builder(ratio))
    summed = OP_DEFS["ScatterNd"].builder(places, dense_part, sizes)
    return [None, values_grad, None, summed]


@sparse_dense_cwise_mul_op.gradient
def sparse_dense_cwise_mul_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return _dense_gradient(op, grad, multiplies=True)


@sparse_dense_cwise_div_op.gradient
def sparse_dense_cwise_div_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return _dense_gradient(op, grad, multiplies=False)


@operator("sparse_mul")
def sparse_mul(sparse: SparseTensor, other: Any) -> SparseTensor:
    """Multiply the elements of a sparse tensor by those of a dense one, broadcast."""
    with OpScope(None, "mul", (sparse.indices, other)) as scope:
        other = convert_to_tensor(other, sparse.dtype.base_dtype, name="y")
        return sparse.with_values(
            sparse_dense_cwise_mul_op(
                sparse.indices, sparse.values, sparse.dense_shape, other, name=scope
            )
        )


@operator("sparse_truediv")
def sparse_truediv(sparse: SparseTensor, other: Any) -> SparseTensor:
    """Divide the elements of a sparse tensor by those of a dense one, broadcast."""
    with OpScope(None, "truediv", (sparse.indices, other)) as scope:
        other = convert_to_tensor(other, sparse.dtype.base_dtype, name="y")
        return sparse.with_values(
            sparse_dense_cwise_div_op(
                sparse.indices, sparse.values, sparse.dense_shape, other, name=scope
            )
        )


def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Return the softmax along the last dimension over the elements that are there."""
    sparse = as_sparse(sp_input)
    with OpScope(name, "SparseSoftmax", (sparse.indices,)):
        values = sparse_softmax_op(sparse.indices, sparse.values, sparse.dense_shape)
        return SparseTensor(sparse.indices, values, sparse.dense_shape)


def _extreme(build: Any, a: Any, b: Any, name: str | None) -> SparseTensor:
    a, b = as_sparse(a), as_sparse(b)
    indices, values = build(
        a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, name=name
    )
    return SparseTensor(indices, values, a.dense_shape)


def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """Return the larger of the elements of two sparse tensors; missing ones count as zero."""
    return _extreme(sparse_sparse_maximum_op, sp_a, sp_b, name or "SparseSparseMaximum")


def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """Return the smaller of the elements of two sparse tensors; missing ones count as zero."""
    return _extreme(sparse_sparse_minimum_op, sp_a, sp_b, name or "SparseSparseMinimum")
