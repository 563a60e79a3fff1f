"""Parts of tensors: slice, strided_slice, and assignment to slices of variables."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims
from tensormill.graph.strided_slicing import SliceMasks, sliced_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape, shape
from tensormill.ops.filling import ones_like
from tensormill.ops.joining import concat, stack

slice_op = define(
    "Slice",
    inputs=("input: T", "begin: Index", "size: Index"),
    outputs=("output: T",),
    attrs=("T: type", "Index: {int32, int64}"),
)


@slice_op.shape
def slice_shape(ctx: ShapeContext) -> list[Dims]:
    tensor, begin_tensor, size_tensor = ctx.op.input_tensors
    dims = tensor.dims
    for given in (begin_tensor.dims, size_tensor.dims):
        if given is not None and len(given) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(given)}")
    begin, sizes = constant_value(begin_tensor), constant_value(size_tensor)
    if sizes is None:
        partly = ctx.value_as_shape(2)
        count = None if dims is None else len(dims)
        for given in (begin_tensor.dims, size_tensor.dims):
            if count is None and given is not None:
                count = given[0]
        if count is None:
            return [None]
        # An unknown size may stand for -1 ("to the end") as well; a known one holds whatever begin
        # is.
        return [(None,) * count if partly is None or len(partly) != count else partly]
    wanted = sizes.ravel().tolist()
    if min(wanted, default=0) < -1:
        raise ValueError(f"Invalid value in tensor used for shape: {min(wanted)}")
    if dims is None:
        return [tuple([None if s < 0 else s for s in wanted])]
    if len(dims) != len(wanted):
        raise ValueError(f"Shape must be rank {len(wanted)} but is rank {len(dims)}")
    if begin is None:
        return [tuple([None if s < 0 else s for s in wanted])]
    made: list[int | None] = []
    for axis, (size_of, start) in enumerate(zip(wanted, begin.ravel().tolist(), strict=True)):
        total = dims[axis]
        if size_of != -1:
            made.append(size_of)
        elif total is None or start < 0:
            made.append(None)
        elif start > total:
            raise ValueError(f"Negative dimension size caused by subtracting {start} from {total}")
        else:
            made.append(total - start)
    return [tuple(made)]


@slice_op.gradient
def slice_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    value, begin, _ = op.input_tensors
    count = rank(value)
    column = stack([count, 1])
    before = reshape(begin, column)
    taken = shape(op.outputs[0])
    whole = shape(value)
    if begin.dtype.base_dtype is dtypes.int64:
        cast = OP_DEFS["Cast"].builder
        taken, whole = cast(taken, DstT=dtypes.int64), cast(whole, DstT=dtypes.int64)
    subtract = OP_DEFS["Sub"].builder
    rest = subtract(subtract(whole, taken, name="sub"), begin, name="sub")
    after = reshape(rest, column)
    return [OP_DEFS["Pad"].builder(grad, concat([before, after], 1)), None, None]


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """Return the part of a tensor that starts at `begin`, of shape `size` (-1: the rest)."""
    return slice_op(input_, begin, size, name=name)


strided_slice_op = define(
    "StridedSlice",
    inputs=("input: T", "begin: Index", "end: Index", "strides: Index"),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "Index: {int16, int32, int64}",
        "begin_mask: int = 0",
        "end_mask: int = 0",
        "ellipsis_mask: int = 0",
        "new_axis_mask: int = 0",
        "shrink_axis_mask: int = 0",
    ),
)
strided_slice_grad_op = define(
    "StridedSliceGrad",
    inputs=("shape: Index", "begin: Index", "end: Index", "strides: Index", "dy: T"),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "Index: {int32, int64}",
        "begin_mask: int = 0",
        "end_mask: int = 0",
        "ellipsis_mask: int = 0",
        "new_axis_mask: int = 0",
        "shrink_axis_mask: int = 0",
    ),
)
strided_slice_assign_op = define(
    "StridedSliceAssign",
    inputs=("ref: Ref(T)", "begin: Index", "end: Index", "strides: Index", "value: T"),
    outputs=("output_ref: Ref(T)",),
    attrs=(
        "T: type",
        "Index: {int32, int64}",
        "begin_mask: int = 0",
        "end_mask: int = 0",
        "ellipsis_mask: int = 0",
        "new_axis_mask: int = 0",
        "shrink_axis_mask: int = 0",
    ),
    differentiable=False,
)
resource_strided_slice_assign_op = define(
    "ResourceStridedSliceAssign",
    inputs=("ref: resource", "begin: Index", "end: Index", "strides: Index", "value: T"),
    attrs=(
        "T: type",
        "Index: {int32, int64}",
        "begin_mask: int = 0",
        "end_mask: int = 0",
        "ellipsis_mask: int = 0",
        "new_axis_mask: int = 0",
        "shrink_axis_mask: int = 0",
    ),
    stateful=True,
    differentiable=False,
)
tensor_strided_slice_update_op = define(
    "TensorStridedSliceUpdate",
    inputs=("input: T", "begin: Index", "end: Index", "strides: Index", "value: T"),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "Index: {int32, int64}",
        "begin_mask: int = 0",
        "end_mask: int = 0",
        "ellipsis_mask: int = 0",
        "new_axis_mask: int = 0",
        "shrink_axis_mask: int = 0",
    ),
)


def _known_list(tensor: Tensor) -> list[int] | None:
    value = constant_value(tensor)
    return None if value is None else value.ravel().tolist()


@strided_slice_op.shape
def strided_slice_shape(ctx: ShapeContext) -> list[Dims]:
    tensor, begin, end, strides = ctx.op.input_tensors
    merge_dims(merge_dims(begin.dims, end.dims), strides.dims)
    return [
        sliced_dims(
            tensor.dims,
            _known_list(begin),
            _known_list(end),
            _known_list(strides),
            SliceMasks.of(ctx.attrs),
        )
    ]


@strided_slice_grad_op.shape
def strided_slice_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.value_as_shape(0)]


@strided_slice_assign_op.shape
@tensor_strided_slice_update_op.shape
def strided_slice_assign_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


@resource_strided_slice_assign_op.shape
def resource_strided_slice_assign_shape(ctx: ShapeContext) -> list[Dims]:
    return []


def _mask_attrs(op: Operation) -> dict[str, Any]:
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return {name: op.attrs[name] for name in names}


@strided_slice_op.gradient
def strided_slice_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    value, begin, end, strides = op.input_tensors
    sizes = shape(value, out_type=begin.dtype)
    made = strided_slice_grad_op(sizes, begin, end, strides, grad, **_mask_attrs(op))
    made.set_shape(value.dims)
    return [made, None, None, None]


@strided_slice_grad_op.gradient
def strided_slice_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    _, begin, end, strides, _ = op.input_tensors
    return [
        None,
        None,
        None,
        None,
        strided_slice_op(grad, begin, end, strides, **_mask_attrs(op)),
    ]


@tensor_strided_slice_update_op.gradient
def tensor_strided_slice_update_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    _, begin, end, strides, value = op.input_tensors
    masks = _mask_attrs(op)
    sliced = strided_slice_op(grad, begin, end, strides, **masks)
    zeros = OP_DEFS["ZerosLike"].builder(value, name="zeros_like")
    rest = tensor_strided_slice_update_op(grad, begin, end, strides, zeros, **masks)
    return [rest, None, None, None, sliced]


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any = None,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return the part of a tensor that Python's `input_[begin:end:strides, ...]` would.

    Args:
      input_: the tensor.
      begin: integer vector.
      end: integer vector.
      strides: integer vector; ones by default.
      begin_mask: bit i: ignore begin[i], start at the end of the dimension.
      end_mask: bit i: ignore end[i], go on to the other end.
      ellipsis_mask: bit i: the i-th index is `...`.
      new_axis_mask: bit i: the i-th index is `None`.
      shrink_axis_mask: bit i: the i-th index is one number, its dimension is dropped.
      var: not used; a slice that can be assigned to is made by `variable[...]`.
      name: the name of the node.
    """
    if strides is None:
        strides = ones_like(begin)
    masks: dict[str, Any] = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    return strided_slice_op(input_, begin, end, strides, name=name or "StridedSlice", **masks)
