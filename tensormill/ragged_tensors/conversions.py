"""Ragged tensors from dense and sparse tensors and from variants, and back."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import operator
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import (
    SparseTensor,
    convert_to_tensor_or_sparse_tensor,
    is_sparse,
)
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import broadcast_to, expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, logical_and, not_equal
from tensormill.ops.filling import fill, zeros_like
from tensormill.ops.gathering import gather, where
from tensormill.ops.grids import boolean_mask, sequence_mask
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat
from tensormill.ops.ragged import (
    ragged_tensor_from_variant_op,
    ragged_tensor_to_sparse_op,
    ragged_tensor_to_variant_op,
)
from tensormill.ops.reduction import reduce_all, reduce_any, reduce_max, reduce_prod
from tensormill.ops.scattering import tensor_scatter_update
from tensormill.ops.sequences import range_of
from tensormill.ragged_tensors.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor

__all__ = ["from_tensor", "to_tensor"]


@operator("ragged_from_tensor")
def from_tensor(
    tensor: Any,
    lengths: Any = None,
    padding: Any = None,
    ragged_rank: int = 1,
    name: str | None = None,
    row_splits_dtype: DType = dtypes.int64,
) -> Any:
    """Return the rows of a tensor as a ragged one.

    Args:
      tensor: [rows, columns, ...].
      lengths: how long each row is; a list of such for several ragged dimensions.
      padding: what fills the ends of rows up, and is left out.
      ragged_rank: the number of ragged dimensions.
      name: the name of the nodes.
      row_splits_dtype: the dtype of the splits.

    Raises:
      ValueError: there are both lengths and padding, or the rank is wrong.
      TypeError: `ragged_rank` is no integer.
    """
    if lengths is not None and padding is not None:
        raise ValueError("Specify lengths or padding, but not both")
    if not isinstance(ragged_rank, int):
        raise TypeError(f"ragged_rank expected int, got {ragged_rank!r}")
    if ragged_rank <= 0:
        raise ValueError(f"ragged_rank must be greater than 0; got {ragged_rank}")
    with OpScope(name, "RaggedFromTensor", [tensor, lengths, padding]):
        tensor = convert_to_tensor(tensor, name="tensor")
        tensor.shape.with_rank_at_least(ragged_rank + 1)
        if isinstance(lengths, (list, tuple)) and _is_nested(lengths):
            return _of_nested_lengths(tensor, list(lengths), ragged_rank, row_splits_dtype)
        sizes = shape_of(tensor, out_type=row_splits_dtype)
        if ragged_rank > 1:
            flat = _outer_flattened(tensor, sizes)
            inner = from_tensor(
                flat, lengths, padding, ragged_rank - 1, row_splits_dtype=row_splits_dtype
            )
            splits = range_of(sizes[0] + 1) * sizes[1]
            if tensor.dims is not None and tensor.dims[0] is not None:
                splits.set_shape([tensor.dims[0] + 1])
            return RaggedTensor.from_row_splits(inner, splits, validate=False)
        if padding is not None:
            lengths = _unpadded_lengths(tensor, padding, sizes)
        if lengths is not None:
            lengths = convert_to_tensor(lengths, row_splits_dtype, name="lengths")
            lengths.shape.assert_has_rank(1)
            lengths = maximum(minimum(lengths, sizes[1]), constant(0, lengths.dtype))
            values = boolean_mask(tensor, sequence_mask(lengths, maxlen=sizes[1]))
            return RaggedTensor.from_row_lengths(values, lengths, validate=False)
        splits = range_of(sizes[0] + 1) * sizes[1]
        if tensor.dims is not None and tensor.dims[0] is not None:
            splits.set_shape([tensor.dims[0] + 1])
        return RaggedTensor.from_row_splits(_outer_flattened(tensor, sizes), splits, validate=False)


def _is_nested(lengths: Any) -> bool:
    return bool(lengths) and all(
        isinstance(each, (list, tuple)) or getattr(each, "shape", None) not in (None, ())
        for each in lengths
    )


def _of_nested_lengths(tensor: Tensor, nested: list[Any], rank: int, dtype: DType) -> Any:
    if rank not in (1, len(nested)):
        raise ValueError(
            f"If nested lengths are provided, then ragged_rank must be 1 or the number of them; "
            f"got {rank}"
        )
    first = convert_to_tensor(nested[0], dtype)
    outer = from_tensor(tensor, first, row_splits_dtype=dtype)
    if len(nested) == 1:
        return outer
    return outer.with_values(from_tensor(outer.values, nested[1:], row_splits_dtype=dtype))


def _outer_flattened(tensor: Tensor, sizes: Tensor) -> Tensor:
    """Return a tensor with its first two dimensions made one."""
    rows = sizes[0] * sizes[1]
    flat = reshape(tensor, concat([[rows], sizes[2:]], axis=0))
    dims = tensor.dims
    if dims is not None:
        both = None if dims[0] is None or dims[1] is None else dims[0] * dims[1]
        flat.set_shape(TensorShape([both]).concatenate(list(dims[2:])))
    return flat


def _unpadded_lengths(tensor: Tensor, padding: Any, sizes: Tensor) -> Tensor:
    """Return how long each row is without what is nothing but padding at its end."""
    padding = convert_to_tensor(padding, tensor.dtype, name="padding")
    padding.shape.assert_is_compatible_with(tensor.shape[2:])
    is_default = equal(padding, tensor)
    rank = tensor.shape.ndims
    if rank is None or rank > 2:
        axes: Any = list(range(2, rank)) if rank is not None else range_of(2, 9)
        is_default = reduce_all(is_default, axis=axes)
    columns = range_of(1, sizes[1] + 1)
    places = where(
        is_default,
        zeros_like(is_default, columns.dtype),
        columns + zeros_like(is_default, columns.dtype),
    )
    return maximum(reduce_max(places, axis=1), constant(0, columns.dtype))


@operator("ragged_from_sparse")
def _from_sparse(st_input: Any, name: str | None, row_splits_dtype: DType) -> Any:
    if not is_sparse(st_input):
        raise TypeError(f"Expected SparseTensor, got {type(st_input).__name__}")
    with OpScope(name, "RaggedFromSparse", [st_input.values]):
        st_input = convert_to_tensor_or_sparse_tensor(st_input, name="st_input")
        rank = st_input.dense_shape.shape[0]
        if getattr(rank, "value", rank) is None or st_input.indices.shape.ndims is None:
            raise ValueError("rank(st_input) must be 2")
        if int(rank) != 2:
            raise ValueError("rank(st_input) must be 2")
        checks = _right_ragged_checks(st_input.indices)
        ids = cast(st_input.indices[:, 0], row_splits_dtype)
        count = cast(st_input.dense_shape[0], row_splits_dtype)
        values = with_dependencies(checks, st_input.values)
        return RaggedTensor.from_value_rowids(values, ids, count, validate=False)


def _right_ragged_checks(indices: Tensor) -> list[Any]:
    """Return what asserts that the elements of each row begin at its left, without a gap."""
    prefix, last = indices[:, :-1], indices[:, -1]
    is_new_row = reduce_any(not_equal(prefix[1:], prefix[:-1]), axis=1)
    fits = where(is_new_row, equal(last[1:], 0), equal(last[1:], last[:-1] + 1))
    holds = logical_and(reduce_all(equal(last[:1], 0)), reduce_all(fits))
    text = ["SparseTensor is not right-ragged", "SparseTensor.indices =", indices]
    return [Assert(holds, text)]


@operator("ragged_to_sparse")
def _to_sparse(ragged: RaggedTensor, name: str | None) -> SparseTensor:
    with OpScope(name, "RaggedToSparse", [ragged]) as scope:
        made = ragged_tensor_to_sparse_op(
            list(ragged.nested_row_splits), ragged.flat_values, name=scope
        )
        return SparseTensor(*made)


@operator("ragged_to_tensor")
def to_tensor(rt_input: Any, default_value: Any = None, name: str | None = None) -> Tensor:
    """Return a tensor with rows filled up with a default value.

    Raises:
      ValueError: the shape of the default does not fit the values.
    """
    ragged = convert_to_tensor_or_ragged_tensor(rt_input)
    if not isinstance(ragged, RaggedTensor):
        dense: Tensor = ragged
        return dense
    with OpScope(name, "RaggedToTensor", [ragged, default_value]):
        flat = ragged.flat_values
        if default_value is not None:
            default_value = convert_to_tensor(default_value, flat.dtype, name="default_value")
            rank = flat.shape.ndims
            if rank is not None and (default_value.shape.ndims or 0) > rank - 1:
                raise ValueError(
                    f"default_value.shape={default_value.shape} and "
                    f"rt_input.flat_values.shape={flat.shape} are incompatible: "
                    f"default_value.rank = {default_value.shape.ndims}  must be less than "
                    f"rt_input.flat_values.rank = {rank}"
                )
        box = ragged.bounding_shape()
        inner = shape_of(flat, out_type=box.dtype)[1:]
        rows = _outer_indices(ragged, box)
        count = reduce_prod(box[: ragged.ragged_rank + 1])
        if default_value is None:
            default_value = constant(
                b"" if flat.dtype == dtypes.string else 0,
                dtypes.string if flat.dtype == dtypes.string else flat.dtype,
            )
        shape = concat([[count], inner], axis=0)
        whole = (
            fill(shape, default_value)
            if default_value.shape.ndims == 0
            else broadcast_to(default_value, shape)
        )
        made = reshape(tensor_scatter_update(whole, expand_dims(rows, 1), flat), box)
        made.set_shape(ragged.shape)
        return made


def _outer_indices(ragged: RaggedTensor, box: Tensor) -> Tensor:
    """Return the place of each innermost row among the rows of the whole box."""
    splits = ragged.row_splits
    places = range_of(shape_of(splits, out_type=splits.dtype)[0] - 1)
    level: Any = ragged
    axis = 1
    while isinstance(level, RaggedTensor):
        ids = level.value_rowids()
        starts = gather(level.row_splits, ids)
        count = shape_of(ids, out_type=splits.dtype)[0]
        places = gather(places, ids) * box[axis] + range_of(count) - starts
        level, axis = level.values, axis + 1
    return places


@operator("ragged_to_variant")
def _to_variant(ragged: RaggedTensor, batched_input: bool, name: str | None) -> Tensor:
    with OpScope(name, "RaggedToVariant", [ragged]):
        return ragged_tensor_to_variant_op(
            list(ragged.nested_row_splits),
            ragged.flat_values,
            batched_input=batched_input,
            Tsplits=ragged.row_splits.dtype,
        )


@operator("ragged_from_variant")
def _from_variant(
    variant: Any, dtype: Any, output_ragged_rank: int, input_ragged_rank: Any, name: str | None
) -> Any:
    variant = convert_to_tensor(variant, name="variant", dtype=dtypes.variant)
    rank = variant.shape.ndims
    if None not in (rank, input_ragged_rank) and output_ragged_rank != input_ragged_rank + rank:
        raise ValueError(
            "output_ragged_rank must be equal to input_ragged_rank + variant.shape.ndims, "
            f"found variant.shape.ndims: {rank}, input_ragged_rank: {input_ragged_rank}, "
            f"output_ragged_rank: {output_ragged_rank}"
        )
    with OpScope(name, "RaggedFromVariant", [variant]):
        splits, values = ragged_tensor_from_variant_op(
            variant,
            input_ragged_rank=-1 if input_ragged_rank is None else input_ragged_rank,
            output_ragged_rank=output_ragged_rank,
            Tvalues=dtype,
            Tsplits=dtypes.int64,
        )
        return RaggedTensor.from_nested_row_splits(values, splits, validate=False)
