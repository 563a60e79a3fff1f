"""Tensors joined and taken apart along a dimension: concat, stack, unstack, split, tile."""

from __future__ import annotations

import numbers
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dimension, Dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, shape, shape_n

concat_op = define(
    "Concat",
    inputs=("concat_dim: int32", "values: N * T"),
    outputs=("output: T",),
    attrs=("N: int >= 2", "T: type"),
)
concat_v2 = define(
    "ConcatV2",
    inputs=("values: N * T", "axis: Tidx"),
    outputs=("output: T",),
    attrs=("N: int >= 2", "T: type", "Tidx: {int32, int64} = DT_INT32"),
)
concat_offset_op = define(
    "ConcatOffset",
    inputs=("concat_dim: int32", "shape: N * shape_type"),
    outputs=("offset: N * shape_type",),
    attrs=("N: int >= 2", "shape_type: {int32, int64} = DT_INT32"),
    differentiable=False,
)


@concat_v2.shape
def concat_v2_shape(ctx: ShapeContext) -> list[Dims]:
    tensors = ctx.op.input_tensors
    with_rank(tensors[-1].dims, 0)
    return [_joined_shape([t.dims for t in tensors[:-1]], constant_value(tensors[-1]))]


@concat_op.shape
def concat_shape(ctx: ShapeContext) -> list[Dims]:
    tensors = ctx.op.input_tensors
    with_rank(tensors[0].dims, 0)
    return [_joined_shape([t.dims for t in tensors[1:]], constant_value(tensors[0]))]


def _joined_shape(shapes: list[Dims], axis_value: Any) -> Dims:
    known = next((dims for dims in shapes if dims is not None), None)
    if known is None:
        return None
    rank_of = len(known)
    for dims in shapes:
        if dims is not None and len(dims) != rank_of:
            raise ValueError(f"Shape must be rank {rank_of} but is rank {len(dims)}")
    if axis_value is None:
        if rank_of == 0:
            raise ValueError("Can't concatenate scalars (use tf.stack instead)")
        return (None,) * rank_of
    axis = int(axis_value.ravel()[0])
    if rank_of == 0:
        raise ValueError("Can't concatenate scalars (use tf.stack instead)")
    if not -rank_of <= axis < rank_of:
        wanted = axis + 1 if axis >= 0 else -axis
        raise ValueError(f"Shape must be at least rank {wanted} but is rank {rank_of}")
    axis %= rank_of
    total: int | None = 0
    before: Dims = None
    after: Dims = None
    for index, dims in enumerate(shapes):
        size_of = None if dims is None else dims[axis]
        total = None if total is None or size_of is None else total + size_of
        if dims is None:
            continue
        try:
            before = merge_dims(before, dims[:axis])
            after = merge_dims(after, dims[axis + 1 :])
        except ValueError as error:
            raise ValueError(
                f"{error}\n\tFrom merging shape {index - 1} with other shapes."
            ) from None
    assert before is not None
    assert after is not None
    return (*before, total, *after)


@concat_offset_op.shape
def concat_offset_shape(ctx: ShapeContext) -> list[Dims]:
    return [t.dims for t in ctx.op.input_tensors[1:]]


def concat_offset(concat_dim: Any, shape: Any, name: str | None = None) -> list[Tensor]:
    """Return where each of several tensors of these shapes starts in their concatenation."""
    return concat_offset_op(concat_dim, shape, name=name)


@concat_op.gradient
def concat_grad(op: Operation, grad: Any) -> list[Any]:
    return [None, *_split_gradient(op, grad, op.input_tensors[0], op.input_tensors[1:])]


@concat_v2.gradient
def concat_v2_grad(op: Operation, grad: Any) -> list[Any]:
    return [*_split_gradient(op, grad, op.input_tensors[-1], op.input_tensors[:-1]), None]


def _split_gradient(op: Operation, grad: Any, axis: Tensor, values: list[Tensor]) -> list[Any]:
    if len(values) == 1:
        return [grad]
    grad = convert_to_tensor(grad)
    axis_value = constant_value(axis)
    if axis_value is not None:
        rank_of = len(grad.dims) if grad.dims is not None else None
        if rank_of is None:
            known = next((v.dims for v in values if v.dims is not None), None)
            rank_of = None if known is None else len(known)
        at = int(axis_value.ravel()[0])
        if rank_of is not None:
            at %= rank_of
            sizes = [None if v.dims is None else v.dims[at] for v in values]
            if None not in sizes:
                return (
                    split(grad, sizes, at) if len(set(sizes)) > 1 else split(grad, len(sizes), at)
                )
    rank_tensor = OP_DEFS["Rank"].builder(values[0], name="Rank")
    axis = OP_DEFS["FloorMod"].builder(axis, _cast(rank_tensor, axis.dtype), name="mod")
    sizes_of = shape_n(values)
    if len(values) > 16:
        begin = stack([axis, constant(0, axis.dtype)])
        row = OP_DEFS["Slice"].builder(stack(sizes_of, axis=1), begin, [1, -1])
        return split(grad, OP_DEFS["Squeeze"].builder(row), axis)
    offsets = concat_offset(axis, sizes_of)
    return [
        OP_DEFS["Slice"].builder(grad, begin, size)
        for begin, size in zip(offsets, sizes_of, strict=True)
    ]


def _cast(tensor: Tensor, dtype: dtypes.DType) -> Tensor:
    if tensor.dtype.base_dtype is dtype.base_dtype:
        return tensor
    return OP_DEFS["Cast"].builder(tensor, DstT=dtype, name="Cast")


def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """Join tensors along a dimension that they have.

    Args:
      values: tensors of equal shapes except along `axis`.
      axis: scalar, in [-rank, rank).
      name: the name of the node.

    Raises:
      ValueError: the static shapes do not fit.
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if len(values) == 1:
        with OpScope(name, "concat", values):
            axis_tensor = convert_to_tensor(axis, dtypes.int32, name="concat_dim")
            if axis_tensor.dims != ():
                raise ValueError(f"Shapes {axis_tensor.shape} and () are incompatible")
            return OP_DEFS["Identity"].builder(values[0], name=name)
    return concat_v2(values, axis, name=name)


pack_op = define(
    "Pack",
    inputs=("values: N * T",),
    outputs=("output: T",),
    attrs=("N: int >= 1", "T: type", "axis: int = 0"),
)
unpack_op = define(
    "Unpack",
    inputs=("value: T",),
    outputs=("output: num * T",),
    attrs=("num: int >= 0", "T: type", "axis: int = 0"),
)


@pack_op.shape
def pack_shape(ctx: ShapeContext) -> list[Dims]:
    tensors = ctx.op.input_tensors
    merged = tensors[-1].dims
    for index in range(len(tensors) - 2, -1, -1):
        dims = tensors[index].dims
        if dims is merged:
            continue
        try:
            merged = merge_dims(dims, merged)
        except ValueError as error:
            raise ValueError(f"{error}\n\tFrom merging shape {index} with other shapes.") from None
    if merged is None:
        return [None]
    axis = _new_axis(ctx.attrs["axis"], len(merged) + 1)
    return [(*merged[:axis], len(tensors), *merged[axis:])]


def _new_axis(axis: int, rank_of: int) -> int:
    if not -rank_of <= axis < rank_of:
        raise ValueError(f"Invalid axis: {axis}; must be in [{-rank_of},{rank_of})")
    return axis % rank_of


@pack_op.gradient
def pack_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    return unstack(grad, num=op.attrs["N"], axis=op.attrs["axis"])


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Join tensors of one shape along a new dimension.

    Args:
      values: tensors of one shape and dtype.
      axis: where the new dimension stands.
      name: the name of the node.

    Raises:
      ValueError: `axis` is out of range.
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass  # not a constant
    dims = convert_to_tensor(values[0], name=name).dims
    if dims is not None:
        rank_of = len(dims) + 1
        if not -rank_of <= axis < rank_of:
            raise ValueError(f"axis = {axis} not in [{-rank_of}, {rank_of})")
    return pack_op(values, axis=axis, name=name)


@unpack_op.shape
def unpack_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    count = ctx.attrs["num"]
    if dims is None:
        return [None] * count
    axis = _new_axis(ctx.attrs["axis"], len(dims)) if dims else -1
    if not dims:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if dims[axis] is not None and dims[axis] != count:
        raise ValueError(f"Dimension must be {count} but is {dims[axis]}")
    return [dims[:axis] + dims[axis + 1 :]] * count


@unpack_op.gradient
def unpack_grad(op: Operation, *grads: Tensor) -> Tensor:
    return stack(list(grads), axis=op.attrs["axis"])


def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str = "unstack"
) -> list[Tensor]:
    """Take a tensor apart along a dimension, which its parts do not have.

    Args:
      value: rank 1 or more.
      num: the size of the dimension; taken from the static shape by default.
      axis: the dimension.
      name: the name of the node.

    Raises:
      ValueError: `num` is not given and not known, or `axis` is out of range.
    """
    if num is None:
        value = convert_to_tensor(value)
        dims = value.dims
        if dims is not None:
            if not -len(dims) <= axis < len(dims):
                raise ValueError(f"axis = {axis} not in [{-len(dims)}, {len(dims)})")
            num = dims[axis]
    if num is None:
        raise ValueError(f"Cannot infer num from shape {value.shape}")
    return unpack_op(value, num=num, axis=axis, name=name)


parallel_concat_op = define(
    "ParallelConcat",
    inputs=("values: N * T",),
    outputs=("output: T",),
    attrs=("N: int >= 1", "T: type", "shape: shape"),
    differentiable=False,
)


@parallel_concat_op.shape
def parallel_concat_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.attrs["shape"]
    for given in ctx.shapes():
        if given is not None and given[1:] != dims[1:]:
            raise ValueError("All input shapes must be fully defined and match the shape attribute")
    return [dims]


def parallel_stack(values: Any, name: str = "parallel_stack") -> Tensor:
    """Stack tensors of one, fully known shape along a new first dimension.

    Raises:
      ValueError: the shape is not fully known.
    """
    with OpScope(name, "parallel_stack", (values,)):
        first = convert_to_tensor(values[0])
        dims = first.dims
        if dims is None or None in dims:
            raise ValueError("the shape of the values must be fully defined for parallel_stack")
        parts = [expand_dims(value, 0) for value in values]
        return parallel_concat_op(parts, shape=(len(values), *dims))


split_op = define(
    "Split",
    inputs=("split_dim: int32", "value: T"),
    outputs=("output: num_split * T",),
    attrs=("num_split: int >= 1", "T: type"),
)
split_v_op = define(
    "SplitV",
    inputs=("value: T", "size_splits: Tlen", "split_dim: int32"),
    outputs=("output: num_split * T",),
    attrs=("num_split: int >= 1", "T: type", "Tlen: {int8, int32, int64} = DT_INT64"),
)


@split_op.shape
def split_shape(ctx: ShapeContext) -> list[Dims]:
    axis_tensor, value = ctx.op.input_tensors
    count = ctx.attrs["num_split"]
    dims, axis_value = value.dims, constant_value(axis_tensor)
    if dims is None:
        return [None] * count
    if axis_value is None:
        return [(None,) * len(dims)] * count
    axis = _split_axis(int(axis_value.ravel()[0]), len(dims))
    size_of = dims[axis]
    if size_of is not None and size_of % count:
        raise ValueError(
            f"Dimension size must be evenly divisible by {count} but is {size_of}\n\t"
            f"Number of ways to split should evenly divide the split dimension"
        )
    part = None if size_of is None else size_of // count
    return [(*dims[:axis], part, *dims[axis + 1 :])] * count


def _split_axis(axis: int, rank_of: int) -> int:
    if not -rank_of <= axis < rank_of:
        if axis < 0:
            raise ValueError(
                f"Dimension size, given by scalar input {axis} must be in range "
                f"[-{rank_of}, {rank_of})"
            )
        raise ValueError(f"Shape must be at least rank {axis + 1} but is rank {rank_of}")
    return axis % rank_of


@split_op.gradient
def split_grad(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    return [None, concat(list(grads), op.input_tensors[0])]


@split_v_op.shape
def split_v_shape(ctx: ShapeContext) -> list[Dims]:
    value, sizes_tensor, axis_tensor = ctx.op.input_tensors
    count = ctx.attrs["num_split"]
    dims = value.dims
    axis_value, sizes = constant_value(axis_tensor), constant_value(sizes_tensor)
    if dims is None:
        return [None] * count
    if axis_value is None:
        return [(None,) * len(dims)] * count if count > 1 else [dims]
    axis = _split_axis(int(axis_value.ravel()[0]), len(dims))
    if sizes is None:
        parts: list[int | None] = [None] * count
    else:
        parts = _resolved_sizes(sizes.tolist(), dims[axis])
    return [(*dims[:axis], part, *dims[axis + 1 :]) for part in parts]


def _resolved_sizes(sizes: list[int], total: int | None) -> list[int | None]:
    if sizes.count(-1) > 1:
        raise ValueError("size_splits can only have one -1")
    known = sum(s for s in sizes if s != -1)
    if -1 in sizes:
        rest = None if total is None else total - known
        if rest is not None and rest < 0:
            raise ValueError(f"can't split axis of size {total} into pieces of size {sizes}")
        return [rest if s == -1 else s for s in sizes]
    if total is not None and known != total:
        raise ValueError(
            f"can't split axis of size {total} into pieces of size [{','.join(map(str, sizes))}]"
        )
    return list(sizes)


@split_v_op.gradient
def split_v_grad(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    return [concat(list(grads), op.input_tensors[2]), None, None]


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> list[Tensor]:
    """Cut a tensor along a dimension.

    Args:
      value: the tensor.
      num_or_size_splits: the number of equal pieces, or a vector with the size of each piece.
      axis: the dimension.
      num: how many pieces, where that cannot be seen.
      name: the name of the node.

    Raises:
      ValueError: the number of pieces is not known, or the sizes do not fit.
    """
    if isinstance(num_or_size_splits, (numbers.Integral, Dimension)):
        return split_op(axis, value, num_split=num_or_size_splits, name=name)
    sizes = convert_to_tensor(num_or_size_splits)
    if sizes.dims == ():
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split."
        )
    if num is None:
        if sizes.dims is None or sizes.dims[0] is None:
            raise ValueError(f"Cannot infer num from shape {num_or_size_splits}")
        num = sizes.dims[0]
    return split_v_op(value, sizes, axis, num_split=num, name=name)


tile_op = define(
    "Tile",
    inputs=("input: T", "multiples: Tmultiples"),
    outputs=("output: T",),
    attrs=("T: type", "Tmultiples: {int32, int64} = DT_INT32"),
)


@tile_op.shape
def tile_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    times = ctx.value_as_shape(1)
    if dims is not None and times is None:
        given = ctx.op.input_tensors[1].dims
        if given is not None and len(given) == 1 and given[0] not in (None, len(dims)):
            raise ValueError(f"Shape must be rank {len(dims)} but is rank {given[0]}")
    if dims is None or times is None:
        known = dims if dims is not None else times
        return [None if known is None else (None,) * len(known)]
    if len(dims) != len(times):
        raise ValueError(f"Shape must be rank {len(dims)} but is rank {len(times)}")
    return [
        tuple([None if d is None or t is None else d * t for d, t in zip(dims, times, strict=True)])
    ]


@tile_op.gradient
def tile_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    value, multiples = op.input_tensors
    sizes = shape(value, out_type=multiples.dtype)
    # Each dimension is taken apart into its repetitions and itself; the repetitions are summed.
    apart = reshape(
        OP_DEFS["Transpose"].builder(stack([multiples, sizes]), [1, 0], name="transpose"), [-1]
    )
    count = OP_DEFS["Size"].builder(apart, name="Size")
    axes = OP_DEFS["Range"].builder(0, count, 2, name="range")
    summed = OP_DEFS["Sum"].builder(reshape(grad, apart), axes, name="Sum")
    summed.set_shape(value.dims)
    return [summed, None]


tile_grad_op = define(
    "TileGrad",
    inputs=("input: T", "multiples: int32"),
    outputs=("output: T",),
    attrs=("T: type",),
    differentiable=False,
)


@tile_grad_op.shape
def tile_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]


def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """Return `input` repeated `multiples[d]` times along each dimension d."""
    return tile_op(input, multiples, name=name)
