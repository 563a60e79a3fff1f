"""Sparse tensors as arrays: to dense and back, reordering, reshaping, joining, slicing."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, as_dims, with_rank
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, shape
from tensormill.ops.basics import placeholder
from tensormill.ops.filling import ones_like, zeros
from tensormill.ops.gathering import gather, where
from tensormill.ops.identities import placeholder_with_default
from tensormill.ops.joining import concat
from tensormill.ops.windows import merge_sizes

sparse_to_dense_op = define(
    "SparseToDense",
    inputs=(
        "sparse_indices: Tindices",
        "output_shape: Tindices",
        "sparse_values: T",
        "default_value: T",
    ),
    outputs=("dense: T",),
    attrs=("validate_indices: bool = true", "T: type", "Tindices: {int32, int64}"),
)
sparse_reorder_op = define(
    "SparseReorder",
    inputs=("input_indices: int64", "input_values: T", "input_shape: int64"),
    outputs=("output_indices: int64", "output_values: T"),
    attrs=("T: type",),
)
sparse_reshape_op = define(
    "SparseReshape",
    inputs=("input_indices: int64", "input_shape: int64", "new_shape: int64"),
    outputs=("output_indices: int64", "output_shape: int64"),
    differentiable=False,
)
sparse_concat_op = define(
    "SparseConcat",
    inputs=("indices: N * int64", "values: N * T", "shapes: N * int64"),
    outputs=("output_indices: int64", "output_values: T", "output_shape: int64"),
    attrs=("concat_dim: int", "N: int >= 2", "T: type"),
    differentiable=False,
)
sparse_split_op = define(
    "SparseSplit",
    inputs=("split_dim: int64", "indices: int64", "values: T", "shape: int64"),
    outputs=(
        "output_indices: num_split * int64",
        "output_values: num_split * T",
        "output_shape: num_split * int64",
    ),
    attrs=("num_split: int >= 1", "T: type"),
    differentiable=False,
)
sparse_slice_op = define(
    "SparseSlice",
    inputs=("indices: int64", "values: T", "shape: int64", "start: int64", "size: int64"),
    outputs=("output_indices: int64", "output_values: T", "output_shape: int64"),
    attrs=("T: type",),
)
sparse_slice_grad_op = define(
    "SparseSliceGrad",
    inputs=(
        "backprop_val_grad: T",
        "input_indices: int64",
        "input_start: int64",
        "output_indices: int64",
    ),
    outputs=("val_grad: T",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, "
        "qint32, bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
    ),
    differentiable=False,
)
sparse_fill_empty_rows_op = define(
    "SparseFillEmptyRows",
    inputs=("indices: int64", "values: T", "dense_shape: int64", "default_value: T"),
    outputs=(
        "output_indices: int64",
        "output_values: T",
        "empty_row_indicator: bool",
        "reverse_index_map: int64",
    ),
    attrs=("T: type",),
)
sparse_fill_empty_rows_grad_op = define(
    "SparseFillEmptyRowsGrad",
    inputs=("reverse_index_map: int64", "grad_values: T"),
    outputs=("d_values: T", "d_default_value: T"),
    attrs=("T: type",),
    differentiable=False,
)


def as_sparse(value: Any) -> SparseTensor:
    """Return a SparseTensor, from a SparseTensorValue where it is one.

    Raises:
      TypeError: `value` is neither.
    """
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def _rank_of(dims: Dims) -> int | None:
    return None if dims is None or not dims else dims[0]


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """Make a sparse tensor whose value must be fed.

    Args:
      dtype: the dtype of the values.
      shape: the dense shape; None for any.
      name: the prefix of the names of the nodes.
    """
    prefix = "" if name is None else name + "/"
    names = {part: prefix + part if name else None for part in ("shape", "values", "indices")}
    dims = None if shape is None else as_dims(shape)
    rank = None if dims is None else len(dims)
    if shape is None:
        dense_shape = placeholder(dtypes.int64, shape=[None], name=names["shape"])
    elif dims is not None and None not in dims:
        const_name = names["shape"] or "Const"
        dense_shape = constant(list(dims), dtypes.int64, shape=[rank], name=const_name)
    else:
        sizes = [-1 if size is None else size for size in dims or ()]
        default_name = prefix + "shape_default" if name else "Const"
        default = constant(sizes, dtypes.int64, shape=[len(sizes)], name=default_name)
        dense_shape = placeholder_with_default(default, [rank], name=names["shape"])
    values = placeholder(dtype, shape=[None], name=names["values"])
    indices = placeholder(dtypes.int64, shape=[None, rank], name=names["indices"])
    made = SparseTensor(indices, values, dense_shape)
    if shape is not None:
        made.set_static_dims(dims)
    return made


@sparse_to_dense_op.shape
def sparse_to_dense_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(1), 1)
    return [ctx.value_as_shape(1)]


@sparse_to_dense_op.gradient
def sparse_to_dense_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    taken = OP_DEFS["GatherNd"].builder(grad, op.input_tensors[0])
    rest = OP_DEFS["Sub"].builder(_total(grad), _total(taken))
    return [None, None, taken, rest]


def _total(value: Tensor) -> Tensor:
    axes = OP_DEFS["Range"].builder(0, OP_DEFS["Rank"].builder(value), 1)
    total: Tensor = OP_DEFS["Sum"].builder(value, axes)
    return total


def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """Return a dense tensor with values at coordinates, and a default elsewhere.

    Args:
      sparse_indices: a scalar, vector or matrix of coordinates.
      output_shape: integer vector.
      sparse_values: a value for each coordinate, or one for all.
      default_value: what the other elements are.
      validate_indices: the coordinates must be sorted and different.
      name: the name of the node.
    """
    return sparse_to_dense_op(
        sparse_indices,
        output_shape,
        sparse_values,
        default_value,
        validate_indices=validate_indices,
        name=name,
    )


def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Tensor:
    """Return a sparse tensor as a dense one, with a default where it has no value."""
    sparse = as_sparse(sp_input)
    if default_value is None:
        default_value = zeros([], sparse.values.dtype)
    return sparse_to_dense(
        sparse.indices, sparse.dense_shape, sparse.values, default_value, validate_indices, name
    )


def _zero_of(dtype: dtypes.DType) -> Tensor:
    if dtype.base_dtype is dtypes.string:
        return constant("", dtypes.string)
    if dtype.base_dtype is dtypes.bool:
        return constant(False)
    return constant(0, dtype.base_dtype)


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """Return the elements of a dense tensor that are not zero."""
    with OpScope(name, "dense_to_sparse", (tensor,)):
        tensor = convert_to_tensor(tensor)
        differs = OP_DEFS["NotEqual"].builder(tensor, _zero_of(tensor.dtype))
        indices = where(differs)
        values = OP_DEFS["GatherNd"].builder(tensor, indices)
        return SparseTensor(indices, values, shape(tensor, out_type=dtypes.int64))


@sparse_reorder_op.shape
def sparse_reorder_shape(ctx: ShapeContext) -> list[Dims]:
    indices, values, _ = (t.dims for t in ctx.op.input_tensors)
    return [
        (None, None) if indices is None else indices,
        (None,) if values is None else values,
    ]


@sparse_reorder_op.gradient
def sparse_reorder_grad(op: Operation, _: Any, values_grad: Tensor) -> list[Tensor | None]:
    indices, _, dense_shape = op.input_tensors
    count = OP_DEFS["GatherV2"].builder(shape(indices), 0, 0)
    places = OP_DEFS["Range"].builder(0, count, 1)
    _, order = sparse_reorder_op(indices, places, dense_shape)
    inverse = OP_DEFS["InvertPermutation"].builder(order)
    return [None, gather(values_grad, inverse), None]


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor with its elements in row-major order."""
    sparse = as_sparse(sp_input)
    indices, values = sparse_reorder_op(
        sparse.indices, sparse.values, sparse.dense_shape, name=name
    )
    if sparse.shape.is_fully_defined():
        return SparseTensor(indices, values, sparse.shape.as_list())
    return SparseTensor(indices, values, OP_DEFS["Identity"].builder(sparse.dense_shape))


@sparse_reshape_op.shape
def sparse_reshape_shape(ctx: ShapeContext) -> list[Dims]:
    indices, _, new_shape = (t.dims for t in ctx.op.input_tensors)
    rank = None if new_shape is None else new_shape[0]
    return [(None if indices is None else indices[0], rank), (rank,)]


@sparse_concat_op.shape
def sparse_concat_shape(ctx: ShapeContext) -> list[Dims]:
    count: int | None = 0
    rank: int | None = None
    parts = (ctx.shapes(name) for name in ("indices", "values", "shapes"))
    for indices, values, sizes in zip(*parts, strict=True):
        first, own_rank = with_rank(indices, 2)
        first = merge_sizes(first, with_rank(values, 1)[0])
        count = None if count is None or first is None else count + first
        rank = merge_sizes(rank, merge_sizes(own_rank, with_rank(sizes, 1)[0]))
    return [(count, rank), (count,), (rank,)]


def sparse_concat(
    axis: int,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: int | None = None,
    expand_nonconcat_dims: bool | None = None,
) -> SparseTensor:
    """Join sparse tensors along a dimension.

    Args:
      axis: the dimension.
      sp_inputs: the sparse tensors.
      name: the name of the node.
      expand_nonconcat_dim: let the other dimensions differ; the largest sizes count.
      concat_dim: the old name of `axis`.
      expand_nonconcat_dims: the new name of `expand_nonconcat_dim`.
    """
    axis = concat_dim if concat_dim is not None else axis
    expands = expand_nonconcat_dim if expand_nonconcat_dims is None else expand_nonconcat_dims
    parts = [as_sparse(part) for part in sp_inputs]
    if len(parts) == 1:
        return parts[0]
    shapes = [part.dense_shape for part in parts]
    if expands:
        largest = OP_DEFS["Max"].builder(OP_DEFS["Pack"].builder(shapes), [0])
        shapes = [
            concat(
                [largest[:axis], sizes[axis : axis + 1] if axis != -1 else sizes[axis:]]
                + ([] if axis == -1 else [largest[axis + 1 :]]),
                0,
            )
            for sizes in shapes
        ]
    made = sparse_concat_op(
        [part.indices for part in parts],
        [part.values for part in parts],
        shapes,
        concat_dim=axis,
        name=name,
    )
    return SparseTensor(*made)


@sparse_split_op.shape
def sparse_split_shape(ctx: ShapeContext) -> list[Dims]:
    count = ctx.attrs["num_split"]
    dense = ctx.op.input_tensors[3].dims
    rank = _rank_of(dense)
    return [(None, rank)] * count + [(None,)] * count + [dense] * count


class KeywordRequired:
    """What stands where nothing may be given by position."""

    def __repr__(self) -> str:
        return "KeywordRequired()"


_KEYWORDS_ONLY = KeywordRequired()


def sparse_split(
    keyword_required: Any = _KEYWORDS_ONLY,
    sp_input: Any = None,
    num_split: int | None = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """Cut a sparse tensor into `num_split` pieces along a dimension.

    Raises:
      ValueError: an argument is missing, or not given by name.
    """
    if not isinstance(keyword_required, KeywordRequired):
        raise ValueError("Keyword arguments are required for this function.")
    if sp_input is None:
        raise ValueError("sp_input is required")
    if num_split is None:
        raise ValueError("num_split is required")
    axis = axis if axis is not None else split_dim
    if axis is None:
        raise ValueError("axis is required")
    sparse = as_sparse(sp_input)
    axis = convert_to_tensor(axis, dtypes.int64)
    indices, values, shapes = sparse_split_op(
        axis, sparse.indices, sparse.values, sparse.dense_shape, num_split=num_split, name=name
    )
    return [SparseTensor(*part) for part in zip(indices, values, shapes, strict=True)]


@sparse_slice_op.shape
def sparse_slice_shape(ctx: ShapeContext) -> list[Dims]:
    dense = ctx.op.input_tensors[2].dims
    return [(None, _rank_of(dense)), (None,), dense]


@sparse_slice_grad_op.shape
def sparse_slice_grad_shape(ctx: ShapeContext) -> list[Dims]:
    indices = ctx.op.input_tensors[1].dims
    return [(None if indices is None else indices[0],)]


@sparse_slice_op.gradient
def sparse_slice_gradient(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    indices, _, _, start, _ = op.input_tensors
    made = sparse_slice_grad_op(grads[1], indices, start, op.outputs[0])
    return [None, made, None, None, None]


def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """Return the part of a sparse tensor that starts at `start` and has the shape `size`."""
    sparse = as_sparse(sp_input)
    start = convert_to_tensor(start, dtypes.int64)
    size = convert_to_tensor(size, dtypes.int64)
    with OpScope(name, "SparseSlice", (sparse.indices,)) as scope:
        made = sparse_slice_op(
            sparse.indices, sparse.values, sparse.dense_shape, start, size, name=scope
        )
        return SparseTensor(*made)


def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Return the elements of a sparse tensor where the bool vector `to_retain` is True."""
    sparse = as_sparse(sp_input)
    kept = convert_to_tensor(to_retain)
    kept.shape.assert_has_rank(1)
    sparse.values.shape[0].merge_with(kept.shape[0])
    chosen = reshape(where(kept), [-1])
    return SparseTensor(
        gather(sparse.indices, chosen),
        gather(sparse.values, chosen),
        OP_DEFS["Identity"].builder(sparse.dense_shape),
    )


@sparse_fill_empty_rows_op.shape
def sparse_fill_empty_rows_shape(ctx: ShapeContext) -> list[Dims]:
    indices, values, dense, default = (t.dims for t in ctx.op.input_tensors)
    with_rank(default, 0)
    rows = ctx.value_as_shape(2)
    merge_sizes(with_rank(indices, 2)[0], with_rank(values, 1)[0])
    merge_sizes(with_rank(indices, 2)[1], with_rank(dense, 1)[0])
    rank = None if indices is None else indices[1]
    if rank is None:
        rank = _rank_of(dense)
    return [
        (None, rank),
        (None,),
        (rows[0] if rows else None,),
        (None if indices is None else indices[0],),
    ]


@sparse_fill_empty_rows_op.gradient
def sparse_fill_empty_rows_gradient(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    values, default = sparse_fill_empty_rows_grad_op(op.outputs[3], grads[1])
    return [None, values, None, default]


@sparse_fill_empty_rows_grad_op.shape
def sparse_fill_empty_rows_grad_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    return [(None,) if dims is None else dims, ()]


def sparse_fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """Return a sparse matrix with a default in each empty row, and which rows were empty."""
    sparse = as_sparse(sp_input)
    with OpScope(name, "SparseFillEmptyRows", (sparse.indices,)):
        default = convert_to_tensor(default_value, sparse.values.dtype.base_dtype)
        indices, values, is_empty, _ = sparse_fill_empty_rows_op(
            sparse.indices, sparse.values, sparse.dense_shape, default
        )
        return SparseTensor(indices, values, sparse.dense_shape), is_empty


def sparse_to_indicator(sp_input: Any, vocab_size: int, name: str | None = None) -> Tensor:
    """Return a bool tensor that is True at the ids that a sparse tensor of ids holds."""
    sparse = as_sparse(sp_input)
    with OpScope(name, "SparseToIndicator", (sparse.indices,)) as scope:
        count = shape(sparse.indices)[0]
        flags = OP_DEFS["Fill"].builder(expand_dims(count, 0), True)
        with_ids = sparse_merge(sparse, sparse.with_values(flags), vocab_size)
        return sparse_tensor_to_dense(with_ids, False, validate_indices=False, name=scope)


def sparse_merge(
    sp_ids: Any,
    sp_values: Any,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """Return a sparse tensor whose last coordinates are the ids of one, with the values of another.

    Args:
      sp_ids: ids, or a list of sparse tensors of ids.
      sp_values: as many values.
      vocab_size: how many ids there are, for each.
      name: the name of the scope.
      already_sorted: the ids are in order.
    """
    id_list = (
        list(sp_ids)
        if isinstance(sp_ids, (list, tuple)) and not isinstance(sp_ids, SparseTensorValue)
        else [sp_ids]
    )
    sizes = vocab_size if isinstance(vocab_size, (list, tuple)) else [vocab_size]
    values = as_sparse(sp_values)
    with OpScope(name, "SparseMerge", (values.indices,)):
        cast = OP_DEFS["Cast"].builder
        parts = [as_sparse(ids) for ids in id_list]
        columns = []
        for ids in parts:
            column = ids.values
            if column.dtype.base_dtype is not dtypes.int64:
                column = cast(column, DstT=dtypes.int64)
            columns.append(expand_dims(column, 1))
        indices = concat([parts[0].indices[:, :-1], *columns], 1)
        last = [cast(convert_to_tensor(size), DstT=dtypes.int64) for size in sizes]
        new_shape = concat([parts[0].dense_shape[:-1], last], 0)
        made = SparseTensor(indices, values.values, new_shape)
        return made if already_sorted else sparse_reorder(made)


def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> SparseTensor:
    """Return a sparse matrix with ones on the diagonal."""
    with OpScope(name, "eye", ()):
        cast = OP_DEFS["Cast"].builder
        rows = cast(convert_to_tensor(num_rows), DstT=dtypes.int64)
        columns = (
            rows if num_columns is None else cast(convert_to_tensor(num_columns), DstT=dtypes.int64)
        )
        count = OP_DEFS["Minimum"].builder(rows, columns)
        zero, one = constant(0, dtypes.int64), constant(1, dtypes.int64)
        places = OP_DEFS["Range"].builder(zero, count, one)
        indices = OP_DEFS["Pack"].builder([places, places], axis=1)
        values = cast(ones_like(places), DstT=dtypes.as_dtype(dtype))
        return SparseTensor(indices, values, OP_DEFS["Pack"].builder([rows, columns]))


def sparse_expand_dims(
    sp_input: Any, axis: int | None = None, name: str | None = None
) -> SparseTensor:
    """Return a sparse tensor with a dimension of size 1 at `axis`; the last by default."""
    sparse = as_sparse(sp_input)
    with OpScope(name, "expand_dims", (sparse.indices,)):
        rank = sparse.dense_shape.dims[0] if sparse.dense_shape.dims else None
        if rank is None:
            raise ValueError("sparse_expand_dims needs a sparse tensor of static rank")
        at = rank if axis is None else axis % (rank + 1)
        column = OP_DEFS["ZerosLike"].builder(sparse.indices[:, :1])
        indices = concat([sparse.indices[:, :at], column, sparse.indices[:, at:]], 1)
        one = constant([1], dtypes.int64)
        dense_shape = concat([sparse.dense_shape[:at], one, sparse.dense_shape[at:]], 0)
        return SparseTensor(indices, sparse.values, dense_shape)
