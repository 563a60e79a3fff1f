"""Shapes of tensors as values; reshaping and broadcasting."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import (
    Dims,
    TensorShape,
    as_dims,
    broadcast_dims,
    format_dims,
    merge_dims,
    num_elements,
    with_rank,
)
from tensormill.graph.tensor import Tensor

shape_op = define(
    "Shape",
    inputs=("input: T",),
    outputs=("output: out_type",),
    attrs=("T: type", "out_type: {int32, int64} = DT_INT32"),
    differentiable=False,
)
shape_n_op = define(
    "ShapeN",
    inputs=("input: N * T",),
    outputs=("output: N * out_type",),
    attrs=("N: int >= 1", "T: type", "out_type: {int32, int64} = DT_INT32"),
    differentiable=False,
)
size_op = define(
    "Size",
    inputs=("input: T",),
    outputs=("output: out_type",),
    attrs=("T: type", "out_type: {int32, int64} = DT_INT32"),
    differentiable=False,
)
rank_op = define(
    "Rank",
    inputs=("input: T",),
    outputs=("output: int32",),
    attrs=("T: type",),
    differentiable=False,
)


@shape_op.shape
def shape_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    return [(None if dims is None else len(dims),)]


@shape_n_op.shape
def shape_n_shape(ctx: ShapeContext) -> list[Dims]:
    return [(None if t.dims is None else len(t.dims),) for t in ctx.op.input_tensors]


@size_op.shape
@rank_op.shape
def scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def _sparse_shape(value: Any) -> Any:
    """Return the shape that a sparse tensor or value carries; None for everything else."""
    return getattr(value, "dense_shape", None) if hasattr(value, "indices") else None


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """Return the shape of a tensor as a vector: a constant where it is static.

    Args:
      input: a tensor or sparse tensor.
      name: the name of the node.
      out_type: int32 or int64.
    """
    return shape_internal(input, name, optimize=True, out_type=out_type)


def shape_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = dtypes.int32
) -> Tensor:
    """Return the shape of a tensor; with `optimize`, as a constant where it is static."""
    with OpScope(name, "Shape", (input,)) as scope:
        carried = _sparse_shape(input)
        if carried is not None:
            return _cast(convert_to_tensor(carried, dtypes.int64), out_type)
        tensor = convert_to_tensor(input)
        dims = tensor.dims
        if optimize and dims is not None and None not in dims:
            return constant(list(dims), out_type, name=scope)
        return shape_op(tensor, out_type=out_type, name=scope)


def _cast(tensor: Tensor, dtype: Any) -> Tensor:
    dtype = dtypes.as_dtype(dtype)
    if tensor.dtype.base_dtype is dtype:
        return tensor
    return OP_DEFS["Cast"].builder(tensor, DstT=dtype, name="Cast")


def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """Return the shapes of several tensors."""
    return shape_n_op(input, out_type=out_type, name=name)


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """Return the number of elements of a tensor: a constant where it is static."""
    return size_internal(input, name, optimize=True, out_type=out_type)


def size_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = dtypes.int32
) -> Tensor:
    """Return the number of elements; with `optimize`, as a constant where it is static."""
    with OpScope(name, "Size", (input,)) as scope:
        carried = _sparse_shape(input)
        if carried is not None:
            factors = _cast(convert_to_tensor(carried, dtypes.int64), out_type)
            return OP_DEFS["Prod"].builder(factors, 0, name=scope)
        tensor = convert_to_tensor(input)
        count = num_elements(tensor.dims)
        if optimize and count is not None:
            return constant(count, out_type, name=scope)
        return size_op(tensor, out_type=out_type, name=scope)


def rank(input: Any, name: str | None = None) -> Tensor:
    """Return the rank of a tensor: a constant where it is static."""
    return rank_internal(input, name, optimize=True)


def rank_internal(input: Any, name: str | None = None, optimize: bool = True) -> Tensor:
    """Return the rank of a tensor; with `optimize`, as a constant where it is static."""
    with OpScope(name, "Rank", (input,)) as scope:
        carried = _sparse_shape(input)
        if carried is not None:
            return size_internal(carried, name=scope)
        tensor = convert_to_tensor(input)
        if optimize and tensor.dims is not None:
            return constant(len(tensor.dims), dtypes.int32, name=scope)
        return rank_op(tensor, name=scope)


reshape_op = define(
    "Reshape",
    inputs=("tensor: T", "shape: Tshape"),
    outputs=("output: T",),
    attrs=("T: type", "Tshape: {int32, int64} = DT_INT32"),
)


@reshape_op.shape
def reshape_shape(ctx: ShapeContext) -> list[Dims]:
    tensor = ctx.op.input_tensors[0]
    wanted = ctx.value_as_shape(1)
    given = tensor.dims
    if wanted is None or given is None:
        return [wanted]
    elements = 1
    unknown_inputs = 0
    for size_of in given:
        if size_of is None:
            unknown_inputs += 1
        else:
            elements *= size_of
    known = 1
    unknown_at = -1
    for axis, size_of in enumerate(wanted):
        if size_of is not None:
            known *= size_of
        elif unknown_at >= 0:
            return [wanted]
        else:
            unknown_at = axis
    if unknown_inputs:
        return [wanted]
    if unknown_at < 0:
        if known != elements:
            raise ValueError(
                f"Cannot reshape a tensor with {elements} elements to shape "
                f"{format_dims(wanted, 'kernel')} ({known} elements)"
            )
        return [wanted]
    if known == 0:
        return [wanted]
    if elements % known:
        raise ValueError(f"Dimension size must be evenly divisible by {known} but is {elements}")
    return [(*wanted[:unknown_at], elements // known, *wanted[unknown_at + 1 :])]


@reshape_op.gradient
def reshape_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [reshape(convert_to_tensor(grad), shape(op.input_tensors[0])), None]


quantized_reshape_op = define(
    "QuantizedReshape",
    inputs=("tensor: T", "shape: Tshape", "input_min: float32", "input_max: float32"),
    outputs=("output: T", "output_min: float32", "output_max: float32"),
    attrs=("T: type", "Tshape: {int32, int64} = DT_INT32"),
    differentiable=False,
)


@quantized_reshape_op.shape
def quantized_reshape_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("input_min"), 0)
    with_rank(ctx.shape("input_max"), 0)
    return [*reshape_shape(ctx), (), ()]


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """Return the elements of `tensor` in another shape.

    Args:
      tensor: any shape.
      shape: int32 or int64 vector; one entry may be -1, which is worked out.
      name: the name of the node.

    Raises:
      ValueError: the static shapes do not fit.
    """
    return reshape_op(tensor, shape, name=name)


squeeze_op = define(
    "Squeeze",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type", "squeeze_dims: list(int) >= 0 = []"),
)


@squeeze_op.shape
def squeeze_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    axes = ctx.attrs["squeeze_dims"]
    if dims is None:
        return [None]
    if not axes:
        return [None if None in dims else tuple([d for d in dims if d != 1])]
    rank_of = len(dims)
    wanted = set()
    for axis in axes:
        if not -rank_of <= axis < rank_of:
            raise ValueError(
                f"Tried to squeeze dim index {axis} for tensor with {rank_of} dimensions."
            )
        wanted.add(axis % rank_of)
    kept = []
    for axis, size_of in enumerate(dims):
        if axis not in wanted:
            kept.append(size_of)
        elif size_of is not None and size_of != 1:
            raise ValueError(
                f"Can not squeeze dim[{axis}], expected a dimension of 1, got {size_of}"
            )
    return [tuple(kept)]


@squeeze_op.gradient
def squeeze_grad(op: Operation, grad: Tensor) -> Tensor:
    return reshape(grad, shape(op.input_tensors[0]))


def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor:
    """Remove dimensions of size 1: all, or those of `axis`.

    Raises:
      ValueError: a dimension of `axis` has another size, or both names of the argument are used.
    """
    axis = one_of_two(axis, squeeze_dims, "axis", "squeeze_dims")
    if axis is None:
        return squeeze_op(input, name=name)
    return squeeze_op(input, axis if hasattr(axis, "__iter__") else [axis], name=name)


def positive_axis(axis: Any, rank: int | None) -> int:
    """Return an axis counted from the front.

    Raises:
      TypeError: it is no integer.
      ValueError: there is no such axis.
    """
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int; got {type(axis).__name__}")
    if rank is None:
        if axis < 0:
            raise ValueError("axis may only be negative if ndims is statically known.")
        return axis
    if not -rank <= axis < rank:
        raise ValueError(f"axis={axis} out of bounds: expected {-rank}<=axis<{rank}")
    return axis % rank


def one_of_two(new: Any, old: Any, new_name: str, old_name: str) -> Any:
    """Return what was given under the new or the old name of an argument.

    Raises:
      ValueError: both were given.
    """
    if old is None:
        return new
    if new is not None:
        raise ValueError(f"Cannot specify both '{new_name}' and '{old_name}'")
    return old


expand_dims_op = define(
    "ExpandDims",
    inputs=("input: T", "dim: Tdim"),
    outputs=("output: T",),
    attrs=("T: type", "Tdim: {int32, int64} = DT_INT32"),
)


@expand_dims_op.shape
def expand_dims_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    value = ctx.value(1)
    if dims is None:
        return [None]
    if value is None:
        return [None]
    if value.size != 1:
        raise ValueError("'dim' input must be a tensor with a single value")
    axis, rank_of = int(value.ravel()[0]), len(dims)
    if not -1 - rank_of <= axis <= rank_of:
        raise ValueError(f"dim {axis} not in the interval [{-1 - rank_of}, {rank_of}].")
    if axis < 0:
        axis += rank_of + 1
    return [(*dims[:axis], 1, *dims[axis:])]


@expand_dims_op.gradient
def expand_dims_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [reshape(grad, shape(op.input_tensors[0])), None]


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Add a dimension of size 1 at `axis`.

    Raises:
      ValueError: `axis` is missing, out of range, or given twice.
    """
    axis = one_of_two(axis, dim, "axis", "dim")
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return expand_dims_op(input, axis, name=name)


ensure_shape_op = define(
    "EnsureShape", inputs=("input: T",), outputs=("output: T",), attrs=("shape: shape", "T: type")
)


@ensure_shape_op.shape
def ensure_shape_shape(ctx: ShapeContext) -> list[Dims]:
    return [merge_dims(ctx.op.input_tensors[0].dims, ctx.attrs["shape"])]


@ensure_shape_op.gradient
def ensure_shape_grad(op: Operation, grad: Tensor) -> Tensor:
    return grad


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """Return `x`, whose shape must be `shape`.

    It is checked when the graph is built and when it runs.
    """
    return ensure_shape_op(x, shape=as_dims(shape), name=name)


broadcast_to_op = define(
    "BroadcastTo",
    inputs=("input: T", "shape: Tidx"),
    outputs=("output: T",),
    attrs=("T: type", "Tidx: {int32, int64} = DT_INT32"),
)


@broadcast_to_op.shape
def broadcast_to_shape(ctx: ShapeContext) -> list[Dims]:
    wanted = ctx.value_as_shape(1)
    given = ctx.op.input_tensors[0].dims
    if wanted is None or given is None:
        return [wanted]
    made = list(wanted)
    if len(given) > len(wanted):
        raise ValueError(f"Shape must be at most rank {len(wanted)} but is rank {len(given)}")
    lead = len(wanted) - len(given)
    for axis, size_of in enumerate(given):
        target = wanted[lead + axis]
        if size_of is not None and target is not None and size_of not in (1, target):
            raise ValueError(f"Dimensions must be equal, but are {size_of} and {target}")
        if target is None and size_of != 1:
            made[lead + axis] = size_of
    return [tuple(made)]


@broadcast_to_op.gradient
def broadcast_to_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    value, wanted = op.input_tensors
    value_shape = shape_op(value, out_type=wanted.dtype)
    _, axes = broadcast_gradient_args(wanted, value_shape)
    summed = OP_DEFS["Sum"].builder(grad, axes, keep_dims=True)
    return [reshape(summed, value_shape), None]


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Return `input` repeated along new or single dimensions until it has `shape`."""
    return broadcast_to_op(input, shape, name=name)


broadcast_args_op = define(
    "BroadcastArgs",
    inputs=("s0: T", "s1: T"),
    outputs=("r0: T",),
    attrs=("T: {int32, int64} = DT_INT32",),
    differentiable=False,
)
broadcast_gradient_args_op = define(
    "BroadcastGradientArgs",
    inputs=("s0: T", "s1: T"),
    outputs=("r0: T", "r1: T"),
    attrs=("T: {int32, int64} = DT_INT32",),
    differentiable=False,
)


@broadcast_args_op.shape
def broadcast_args_shape(ctx: ShapeContext) -> list[Dims]:
    a, b = (t.dims for t in ctx.op.input_tensors)
    for dims in (a, b):
        if dims is not None and len(dims) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    if a is None or b is None or a[0] is None or b[0] is None:
        return [(None,)]
    return [(max(a[0], b[0]),)]


@broadcast_gradient_args_op.shape
def broadcast_gradient_args_shape(ctx: ShapeContext) -> list[Dims]:
    for dims in (t.dims for t in ctx.op.input_tensors):
        if dims is not None and len(dims) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [(None,), (None,)]


def broadcast_gradient_args(s0: Any, s1: Any, name: str | None = None) -> list[Tensor]:
    """Return the axes over which the gradients of two broadcast inputs are summed."""
    return broadcast_gradient_args_op(s0, s1, name=name)


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """Return the shape to which two shapes, given as integer vectors, broadcast."""
    return broadcast_args_op(shape_x, shape_y)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """Return the static shape to which two static shapes broadcast.

    Raises:
      ValueError: they do not.
    """
    a, b = as_dims(shape_x), as_dims(shape_y)
    try:
        return TensorShape.from_dims(broadcast_dims(a, b))
    except ValueError:
        raise ValueError(
            f"Incompatible shapes for broadcasting: {format_dims(a)} and {format_dims(b)}"
        ) from None
