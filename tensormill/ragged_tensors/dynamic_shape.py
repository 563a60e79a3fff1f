"""Shapes of ragged tensors that are known when a step runs, and broadcasting to them.

Source: TensorFlow 1.15, python/ops/ragged/ragged_tensor_shape.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensormill.graph import default_scopes, dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import broadcast_to as broadcast_dense
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, logical_or
from tensormill.ops.filling import ones
from tensormill.ops.gathering import gather, where
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat, stack
from tensormill.ops.reduction import reduce_all, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ragged_tensors.arrays import tile
from tensormill.ragged_tensors.conversions import from_tensor
from tensormill.ragged_tensors.row_partitions import lengths_to_splits, repeat_ranges
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
)

__all__ = ["RaggedTensorDynamicShape", "broadcast_dynamic_shape", "broadcast_to"]

_INTEGERS = (dtypes.int32, dtypes.int64)


class RaggedTensorDynamicShape:
    """The sizes of the dimensions of a tensor, ragged or not.

    The outer dimensions are those that splits say: a scalar where all slices have one size, a
    vector with the size of each slice where they have not. The inner ones are those of the flat
    values.
    """

    def __init__(
        self, partitioned_dim_sizes: Any, inner_dim_sizes: Any, dim_size_dtype: Any = None
    ) -> None:
        """Make a shape.

        Args:
          partitioned_dim_sizes: the sizes of the outer dimensions; the first is a scalar, the
            last a vector.
          inner_dim_sizes: a vector of the sizes of the others.
          dim_size_dtype: the dtype of sizes; by default that of the vectors.

        Raises:
          TypeError: the sizes of the outer dimensions are in no list.
          ValueError: a size has a rank that it may not have, or dtypes differ.
        """
        if not isinstance(partitioned_dim_sizes, (list, tuple)):
            raise TypeError("partitioned_dim_sizes must be a list or tuple")
        inputs = [*partitioned_dim_sizes, inner_dim_sizes]
        with OpScope(None, "RaggedTensorDynamicShape", inputs):
            outer = [
                convert_to_tensor(size, name=f"partitioned_dimension_size_{axis}")
                for axis, size in enumerate(partitioned_dim_sizes)
            ]
            inner = convert_to_tensor(inner_dim_sizes, name="inner_dim_sizes")
            _require_outer_ranks(outer)
            inner.shape.assert_has_rank(1)
            dtype = _dtype_of_sizes(outer) if dim_size_dtype is None else as_dtype(dim_size_dtype)
            self._outer = tuple(cast(size, dtype) for size in outer)
            self._inner = cast(inner, dtype)

    def __repr__(self) -> str:
        return (
            f"RaggedTensorDynamicShape(partitioned_dim_sizes={self._outer!r}, "
            f"inner_dim_sizes={self._inner!r})"
        )

    @staticmethod
    def from_dim_sizes(dim_sizes: Iterable[Any]) -> RaggedTensorDynamicShape:
        """Return the shape of dimensions with these sizes, vectors for those that are ragged.

        Raises:
          ValueError: a size is neither a scalar nor a vector.
        """
        dim_sizes = list(dim_sizes)
        with OpScope(None, "RaggedTensorDynamicShapeFromDimensionSizes", dim_sizes):
            sizes = [
                convert_to_tensor(size, preferred_dtype=dtypes.int64, name="dim_sizes")
                for size in dim_sizes
            ]
            outer_count = 0
            for axis, size in enumerate(sizes):
                if size.shape.ndims == 1:
                    outer_count = axis + 1
                elif size.shape.ndims != 0:
                    raise ValueError("Each dim_size must be a scalar or a vector")
            inner: Any = stack(sizes[outer_count:]) if sizes[outer_count:] else []
            return RaggedTensorDynamicShape(sizes[:outer_count], inner)

    @classmethod
    def from_tensor(cls, rt_input: Any, dim_size_dtype: Any = None) -> RaggedTensorDynamicShape:
        """Return the shape of a tensor, ragged or not."""
        with OpScope(None, "RaggedTensorDynamicShapeFromTensor", [rt_input]):
            tensor = convert_to_tensor_or_ragged_tensor(rt_input)
            if not isinstance(tensor, RaggedTensor):
                return cls([], shape_of(tensor))
            return RaggedTensorDynamicShape(
                (tensor.nrows(), *tensor.nested_row_lengths()),
                shape_of(tensor.flat_values)[1:],
                dim_size_dtype=dim_size_dtype,
            )

    def dimension_size(self, axis: int) -> Tensor:
        """Return the size of a dimension: a scalar, or a vector if it is ragged.

        Raises:
          TypeError: the axis is no int.
        """
        if not isinstance(axis, int):
            raise TypeError("axis must be an integer")
        if axis < len(self._outer):
            return self._outer[axis]
        size: Tensor = self._inner[axis - len(self._outer)]
        return size

    def is_ragged(self, axis: int) -> bool:
        """Return whether the slices of a dimension may have different sizes.

        Raises:
          TypeError: the axis is no int.
          ValueError: there is no such dimension.
        """
        if not isinstance(axis, int):
            raise TypeError("axis must be an integer")
        if axis < 0:
            raise ValueError("Negative axis values are not supported")
        if self.rank is not None and axis >= self.rank:
            raise ValueError(f"Expected axis={axis} < rank={self.rank}")
        return 0 < axis < len(self._outer) and self._outer[axis].shape.ndims == 1

    @property
    def rank(self) -> int | None:
        """The number of dimensions, None if it is not known."""
        inner = self.num_inner_dimensions
        return None if inner is None else len(self._outer) + inner

    @property
    def partitioned_dim_sizes(self) -> tuple[Tensor, ...]:
        """The sizes of the dimensions that splits say."""
        return self._outer

    @property
    def inner_dim_sizes(self) -> Tensor:
        """The sizes of the dimensions of flat values."""
        return self._inner

    @property
    def num_partitioned_dimensions(self) -> int:
        """The number of dimensions that splits say."""
        return len(self._outer)

    @property
    def num_inner_dimensions(self) -> int | None:
        """The number of dimensions of flat values, None if it is not known."""
        count = self._inner.shape.as_list()[0]
        return None if count is None else int(count)

    @property
    def dim_size_dtype(self) -> DType:
        """The dtype of sizes."""
        return self._inner.dtype

    def num_slices_in_dimension(self, axis: int) -> Tensor:
        """Return the number of all slices across a dimension."""
        if axis < 0:
            return constant(1, dtype=self.dim_size_dtype)
        if self.is_ragged(axis):
            return reduce_sum(self._outer[axis])
        total: Tensor = self.dimension_size(axis) * self.num_slices_in_dimension(axis - 1)
        return total

    def with_dim_size_dtype(self, dtype: Any) -> RaggedTensorDynamicShape:
        """Return the same shape, its sizes in another dtype.

        Raises:
          ValueError: it is neither int32 nor int64.
        """
        if dtype not in _INTEGERS:
            raise ValueError("dtype must be int32 or int64")
        if self.dim_size_dtype == dtype:
            return self
        return RaggedTensorDynamicShape(
            [cast(size, dtype) for size in self._outer], cast(self._inner, dtype)
        )

    def broadcast_to_rank(self, rank: int) -> RaggedTensorDynamicShape:
        """Return the shape with outer dimensions of size 1 before it, up to a rank.

        Raises:
          ValueError: it has more dimensions, or their number is not known.
        """
        if self.rank is None:
            raise ValueError("Unable to broadcast: self.rank is unknown")
        missing = rank - self.rank
        if missing < 0:
            raise ValueError(
                f"Unable to broadcast: rank={rank} must be greater than self.rank={self.rank}."
            )
        if missing == 0:
            return self
        if self._outer:
            return RaggedTensorDynamicShape((1,) * missing + self._outer, self._inner)
        return RaggedTensorDynamicShape(
            [], concat([ones([missing], self.dim_size_dtype), self._inner], axis=0)
        )

    def broadcast_dimension(self, axis: int, lengths: Any) -> RaggedTensorDynamicShape:
        """Return the shape whose dimension has sizes that fit others.

        Args:
          axis: which dimension.
          lengths: its other size, or a vector with that of each slice; the step fails if neither
            is 1 and they differ.

        Raises:
          ValueError: `lengths` is neither a scalar nor a vector.
        """
        lengths = cast(convert_to_tensor(lengths, name="lengths"), self.dim_size_dtype)
        rank = lengths.shape.ndims
        if rank is None:
            raise ValueError("lengths must have a known rank.")
        if rank > 1:
            raise ValueError("lengths must be a scalar or vector")
        own = self.dimension_size(axis)
        if self.is_ragged(axis):
            fits = equal(lengths, 1) if rank == 0 else reduce_all(equal(lengths, own))
        elif rank == 0:
            fits = logical_or(logical_or(equal(lengths, 1), equal(own, 1)), equal(own, lengths))
        else:
            fits = equal(own, 1)
        text = "Unable to broadcast: dimension size mismatch in dimension"
        data = [text, axis, "lengths=", lengths, "dim_size=", own]
        with default_scopes.control_dependencies([Assert(fits, data=data, summarize=10)]):
            if axis < len(self._outer):
                if self.is_ragged(axis):
                    return RaggedTensorDynamicShape(self._outer, identity(self._inner))
                return self._outer_stretched(axis, lengths)
            place = axis - len(self._outer)
            if rank == 0:
                size = where(equal(own, 1), lengths, own)
                parts = [self._inner[:place], stack([size]), self._inner[place + 1 :]]
                return RaggedTensorDynamicShape(self._outer, concat(parts, axis=0))
            if axis == 0:
                raise ValueError("Unable to broadcast: outermost dimension must be uniform.")
            between = tuple(self._inner[before] for before in range(place))
            return RaggedTensorDynamicShape(
                (*self._outer, *between, lengths), self._inner[place + 1 :]
            )

    def _outer_stretched(self, axis: int, lengths: Tensor) -> RaggedTensorDynamicShape:
        """Return the shape with other sizes for an outer dimension that is not ragged."""
        own = self.dimension_size(axis)
        dtype = self.dim_size_dtype
        splits: Any
        if lengths.shape.ndims == 0:
            repeats = where(equal(own, 1), lengths, constant(1, dtype))
            lengths = where(equal(own, 1), lengths, own)
            splits = stack([constant(0, dtype), self.num_slices_in_dimension(axis)])
        else:
            splits = range_of(size_of(lengths, out_type=dtype) + 1)
            repeats = lengths
        sizes = [*self._outer[:axis], lengths]
        for size in self._outer[axis + 1 :]:
            if size.shape.ndims == 0:
                sizes.append(size)
                splits = splits * size
            else:
                sizes.append(repeat_ranges(size, splits, repeats))
                splits = gather(lengths_to_splits(size), splits)
        return RaggedTensorDynamicShape(sizes, self._inner)


def _require_outer_ranks(sizes: list[Tensor]) -> None:
    for axis, size in enumerate(sizes):
        if size.shape.ndims is None:
            raise ValueError(f"rank of partitioned_dim_sizes[{axis}] is unknown")
        size.shape.with_rank_at_most(1)
    if sizes and sizes[0].shape.ndims == 1:
        raise ValueError("outermost partitioned dimension must be uniform")
    if sizes and sizes[-1].shape.ndims == 0:
        raise ValueError("innermost partitioned dimension must be ragged")


def _dtype_of_sizes(sizes: list[Tensor]) -> DType:
    found = {size.dtype for size in sizes if size.shape.ndims == 1}
    if len(found) > 1:
        raise ValueError("partitioned_dim_sizes must have matching dtypes")
    return found.pop() if found else dtypes.int64


def _require_shape(*shapes: Any, names: tuple[str, ...]) -> None:
    for shape, name in zip(shapes, names, strict=True):
        if not isinstance(shape, RaggedTensorDynamicShape):
            raise TypeError(f"{name} must be a RaggedTensorDynamicShape")


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> RaggedTensorDynamicShape:
    """Return the shape that two shapes are broadcast to.

    Raises:
      TypeError: one is no `RaggedTensorDynamicShape`.
      ValueError: a rank is not known.
    """
    _require_shape(shape_x, shape_y, names=("shape_x", "shape_y"))
    if shape_x.rank is None or shape_y.rank is None:
        raise ValueError("Unable to broadcast: unknown rank")
    rank = max(shape_x.rank, shape_y.rank)
    x: RaggedTensorDynamicShape = shape_x.broadcast_to_rank(rank)
    y: RaggedTensorDynamicShape = shape_y.broadcast_to_rank(rank)
    for axis in range(rank):
        x = x.broadcast_dimension(axis, y.dimension_size(axis))
        y = y.broadcast_dimension(axis, x.dimension_size(axis))
    return x


def broadcast_to(rt_input: Any, shape: Any, broadcast_inner_dimensions: bool = True) -> Any:
    """Return a tensor, ragged or not, repeated to fill a shape.

    Args:
      rt_input: the tensor.
      shape: a `RaggedTensorDynamicShape` that it can be broadcast to.
      broadcast_inner_dimensions: whether dimensions of flat values are filled as well.

    Raises:
      TypeError: it is no such shape.
      ValueError: ranks or dtypes do not fit.
    """
    _require_shape(shape, names=("shape",))
    tensor = convert_to_tensor_or_ragged_tensor(rt_input)
    if shape.num_partitioned_dimensions > 0:
        return _to_ragged(tensor, shape, broadcast_inner_dimensions)
    if isinstance(tensor, RaggedTensor):
        raise ValueError("Incompatible with shape: ragged rank mismatch")
    return broadcast_dense(tensor, shape.inner_dim_sizes) if broadcast_inner_dimensions else tensor


def _to_ragged(tensor: Any, wanted: RaggedTensorDynamicShape, inner: bool) -> Any:
    dtype = wanted.dim_size_dtype
    if isinstance(tensor, RaggedTensor) and tensor.row_splits.dtype != dtype:
        raise ValueError(
            "rt_input and dst_shape have different row_split dtypes; use "
            "RaggedTensor.with_row_splits_dtype() or "
            "RaggedTensorDynamicShape.with_dim_size_dtype() to convert to a compatible dtype."
        )
    rank, outer_count = wanted.rank, wanted.num_partitioned_dimensions
    if tensor.shape.ndims is None or rank is None:
        raise ValueError("Unable to broadcast: unknown rank")
    if tensor.shape.ndims > rank:
        raise ValueError("Incompatible with shape: rank mismatch")
    if isinstance(tensor, RaggedTensor) and tensor.ragged_rank >= outer_count:
        raise ValueError("Incompatible with shape: ragged rank mismatch")
    own = RaggedTensorDynamicShape.from_tensor(tensor).broadcast_to_rank(rank)
    tensor = _deepened(tensor, wanted)
    tensor = tile(tensor, stack(_multiples(own, wanted)))
    if inner:
        sizes = concat([constant([-1], dtype), wanted.inner_dim_sizes], axis=0)
        tensor = tensor.with_flat_values(reshape(tensor.flat_values, sizes))
    for axis in range(outer_count):
        if wanted.is_ragged(axis) and not own.is_ragged(axis):
            tensor = _tiled(tensor, axis, wanted.dimension_size(axis), dtype)
    return tensor


def _deepened(tensor: Any, wanted: RaggedTensorDynamicShape) -> RaggedTensor:
    """Return the tensor with the rank and the outer dimensions of a shape, the new ones of 1."""
    dtype, rank = wanted.dim_size_dtype, wanted.rank or 0
    inner_count = wanted.num_inner_dimensions or 0
    missing = rank - tensor.shape.ndims
    if missing and tensor.shape.ndims < inner_count + 1:
        sizes = concat([constant([-1], dtype), wanted.inner_dim_sizes], axis=0)
        tensor = reshape(tensor, sizes)
        missing = rank - tensor.shape.ndims
    for _ in range(missing):
        rows = tensor.nrows() if is_ragged(tensor) else shape_of(tensor, out_type=dtype)[0]
        tensor = RaggedTensor.from_row_lengths(tensor, stack([rows]), validate=False)
    if not isinstance(tensor, RaggedTensor):
        return from_tensor(
            tensor,
            ragged_rank=wanted.num_partitioned_dimensions - 1,
            row_splits_dtype=dtype,
        )
    deeper = (tensor.flat_values.shape.ndims or 0) - 1 - inner_count
    if deeper <= 0:
        return tensor
    return tensor.with_flat_values(
        from_tensor(tensor.flat_values, ragged_rank=deeper, row_splits_dtype=dtype)
    )


def _multiples(own: RaggedTensorDynamicShape, wanted: RaggedTensorDynamicShape) -> list[Any]:
    """Return how often each dimension is repeated that is ragged in neither shape."""
    one = constant(1, wanted.dim_size_dtype)
    multiples = [one] * (wanted.rank or 0)
    for axis in range(wanted.num_partitioned_dimensions):
        if own.is_ragged(axis) or wanted.is_ragged(axis):
            continue
        size, target = own.dimension_size(axis), wanted.dimension_size(axis)
        if constant_value(size) in (1, None) and constant_value(target) != 1:
            multiples[axis] = where(equal(size, 1), target, one)
    return multiples


def _tiled(tensor: Any, axis: int, repeats: Tensor, dtype: DType) -> RaggedTensor:
    """Return the tensor, each slice of a dimension repeated as often as a vector says."""
    if not isinstance(tensor, RaggedTensor):
        tensor = from_tensor(tensor, ragged_rank=1, row_splits_dtype=dtype)
    if axis > 1:
        return tensor.with_values(_tiled(tensor.values, axis - 1, repeats, dtype))
    all_splits, all_lengths = tensor.nested_row_splits, tensor.nested_row_lengths()
    splits = all_splits[0]
    lengths = [repeats]
    for own_splits, own_lengths in zip(all_splits[1:], all_lengths[1:], strict=True):
        lengths.append(repeat_ranges(own_lengths, splits, repeats))
        splits = gather(own_splits, splits)
    values = repeat_ranges(tensor.flat_values, splits, repeats)
    return RaggedTensor.from_nested_row_lengths(values, lengths, validate=False)
