"""Lists of tensors as values (variants): made, grown, read, stacked, split and joined."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dimension, Dims, TensorShape, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.conditional import cond
from tensormill.ops.filling import zeros_like
from tensormill.ops.joining import concat
from tensormill.ops.slicing import slice as slice_of
from tensormill.ops.tensor_list_facts import (
    JOINING,
    POPPING,
    PUSHING,
    asked_dims,
    known_dims,
    known_facts,
    list_of,
    merged_dims,
)

_SHAPE_TYPE = "shape_type: {int32, int64}"
_TYPED = ("element_dtype: type",)
_SHAPED = ("element_dtype: type", _SHAPE_TYPE)

empty_tensor_list_op = define(
    "EmptyTensorList",
    inputs=("element_shape: shape_type", "max_num_elements: int32"),
    outputs=("handle: variant",),
    attrs=_SHAPED,
    differentiable=False,
)
tensor_list_reserve_op = define(
    "TensorListReserve",
    inputs=("element_shape: shape_type", "num_elements: int32"),
    outputs=("handle: variant",),
    attrs=_SHAPED,
    differentiable=False,
)
tensor_list_from_tensor_op = define(
    "TensorListFromTensor",
    inputs=("tensor: element_dtype", "element_shape: shape_type"),
    outputs=("output_handle: variant",),
    attrs=_SHAPED,
)
tensor_list_split_op = define(
    "TensorListSplit",
    inputs=("tensor: element_dtype", "element_shape: shape_type", "lengths: int64"),
    outputs=("output_handle: variant",),
    attrs=_SHAPED,
)
tensor_list_scatter_op = define(
    "TensorListScatter",
    inputs=("tensor: element_dtype", "indices: int32", "element_shape: shape_type"),
    outputs=("output_handle: variant",),
    attrs=_SHAPED,
)
tensor_list_scatter_v2_op = define(
    "TensorListScatterV2",
    inputs=(
        "tensor: element_dtype",
        "indices: int32",
        "element_shape: shape_type",
        "num_elements: int32",
    ),
    outputs=("output_handle: variant",),
    attrs=_SHAPED,
)
tensor_list_scatter_into_op = define(
    "TensorListScatterIntoExistingList",
    inputs=("input_handle: variant", "tensor: element_dtype", "indices: int32"),
    outputs=("output_handle: variant",),
    attrs=_TYPED,
)
tensor_list_push_back_op = define(
    "TensorListPushBack",
    inputs=("input_handle: variant", "tensor: element_dtype"),
    outputs=("output_handle: variant",),
    attrs=_TYPED,
)
tensor_list_push_back_batch_op = define(
    "TensorListPushBackBatch",
    inputs=("input_handles: variant", "tensor: element_dtype"),
    outputs=("output_handles: variant",),
    attrs=_TYPED,
    differentiable=False,
)
tensor_list_pop_back_op = define(
    "TensorListPopBack",
    inputs=("input_handle: variant", "element_shape: int32"),
    outputs=("output_handle: variant", "tensor: element_dtype"),
    attrs=_TYPED,
)
tensor_list_set_item_op = define(
    "TensorListSetItem",
    inputs=("input_handle: variant", "index: int32", "item: element_dtype"),
    outputs=("output_handle: variant",),
    attrs=("element_dtype: type", "resize_if_index_out_of_bounds: bool = false"),
)
tensor_list_get_item_op = define(
    "TensorListGetItem",
    inputs=("input_handle: variant", "index: int32", "element_shape: Tshape"),
    outputs=("item: element_dtype",),
    attrs=("element_dtype: type", "Tshape: {int32, int64} = DT_INT32"),
)
tensor_list_gather_op = define(
    "TensorListGather",
    inputs=("input_handle: variant", "indices: int32", "element_shape: int32"),
    outputs=("values: element_dtype",),
    attrs=_TYPED,
)
tensor_list_stack_op = define(
    "TensorListStack",
    inputs=("input_handle: variant", "element_shape: int32"),
    outputs=("tensor: element_dtype",),
    attrs=("element_dtype: type", "num_elements: int = -1"),
)
tensor_list_concat_op = define(
    "TensorListConcat",
    inputs=("input_handle: variant",),
    outputs=("tensor: element_dtype", "lengths: int64"),
    attrs=("element_dtype: type", "element_shape: shape = {unknown_rank: true}"),
)
tensor_list_concat_v2_op = define(
    "TensorListConcatV2",
    inputs=("input_handle: variant", "element_shape: shape_type", "leading_dims: int64"),
    outputs=("tensor: element_dtype", "lengths: int64"),
    attrs=_SHAPED,
)
tensor_list_concat_lists_op = define(
    "TensorListConcatLists",
    inputs=("input_a: variant", "input_b: variant"),
    outputs=("output: variant",),
    attrs=_TYPED,
    differentiable=False,
)
tensor_list_element_shape_op = define(
    "TensorListElementShape",
    inputs=("input_handle: variant",),
    outputs=("element_shape: shape_type",),
    attrs=(_SHAPE_TYPE,),
    differentiable=False,
)
tensor_list_length_op = define(
    "TensorListLength",
    inputs=("input_handle: variant",),
    outputs=("length: int32",),
    differentiable=False,
)
tensor_list_resize_op = define(
    "TensorListResize",
    inputs=("input_handle: variant", "size: int32"),
    outputs=("output_handle: variant",),
)


@empty_tensor_list_op.shape
@tensor_list_reserve_op.shape
def new_list_shape(ctx: ShapeContext) -> list[Dims]:
    return [list_of(ctx, asked_dims(ctx))]


@tensor_list_from_tensor_op.shape
def from_tensor_shape(ctx: ShapeContext) -> list[Dims]:
    dims, asked = ctx.shape("tensor"), asked_dims(ctx)
    if dims:
        merge_dims(dims[1:], asked)
    return [list_of(ctx, asked)]


@tensor_list_split_op.shape
def split_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape("tensor")
    if dims == ():
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    with_rank(ctx.shape("lengths"), 1)
    asked = asked_dims(ctx)
    if dims is not None:
        merge_dims(asked, (None, *dims[1:]))
    return [list_of(ctx, asked)]


@tensor_list_scatter_op.shape
@tensor_list_scatter_v2_op.shape
def scatter_shape(ctx: ShapeContext) -> list[Dims]:
    return [list_of(ctx, asked_dims(ctx))]


@tensor_list_scatter_into_op.shape
def scatter_into_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("indices"), 1)
    return [list_of(ctx, merged_dims(ctx))]


@tensor_list_push_back_op.shape
def push_back_shape(ctx: ShapeContext) -> list[Dims]:
    return [list_of(ctx, known_dims(ctx, PUSHING))]


@tensor_list_set_item_op.shape
def set_item_shape(ctx: ShapeContext) -> list[Dims]:
    dims = known_facts(ctx)[1]
    merge_dims(ctx.shape("item"), dims)
    return [list_of(ctx, dims)]


@tensor_list_push_back_batch_op.shape
def push_back_batch_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("input_handles")]


@tensor_list_pop_back_op.shape
def pop_back_shape(ctx: ShapeContext) -> list[Dims]:
    dims = known_dims(ctx, POPPING)
    return [list_of(ctx, dims), dims]


@tensor_list_get_item_op.shape
def get_item_shape(ctx: ShapeContext) -> list[Dims]:
    return [merged_dims(ctx, asked_dims(ctx))]


@tensor_list_gather_op.shape
def gather_shape(ctx: ShapeContext) -> list[Dims]:
    dims = merged_dims(ctx, asked_dims(ctx))
    (count,) = with_rank(ctx.shape("indices"), 1)
    return [None if dims is None else (count, *dims)]


@tensor_list_stack_op.shape
def stack_shape(ctx: ShapeContext) -> list[Dims]:
    dims = merged_dims(ctx, asked_dims(ctx))
    count = ctx.attrs["num_elements"]
    return [None if dims is None else (None if count < 0 else count, *dims)]


@tensor_list_concat_op.shape
@tensor_list_concat_v2_op.shape
def concat_shape(ctx: ShapeContext) -> list[Dims]:
    given = ctx.attrs["element_shape"] if "element_shape" in ctx.attrs else asked_dims(ctx)
    dims = merged_dims(ctx, None if given is None else tuple(given))
    if dims == ():
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return [None if dims is None else (None, *dims[1:]), (None,)]


@tensor_list_concat_lists_op.shape
def concat_lists_shape(ctx: ShapeContext) -> list[Dims]:
    names = ("input_a", "input_b")
    a, b = (known_dims(ctx, f"{name}.{JOINING}", name) for name in names)
    list_of(ctx, merge_dims(a, b))
    return [merge_dims(ctx.shape(0), ctx.shape(1))]


@tensor_list_element_shape_op.shape
def element_shape_shape(ctx: ShapeContext) -> list[Dims]:
    dims = known_facts(ctx)[1]
    return [None if dims is None else (len(dims),)]


@tensor_list_length_op.shape
def length_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@tensor_list_resize_op.shape
def resize_shape(ctx: ShapeContext) -> list[Dims]:
    dtype, dims = known_facts(ctx)
    if dtype is not None:
        list_of(ctx, dims, dtype)
    return [()]


def _element_shape(value: Any) -> Any:
    """Return a shape as an input of a node: -1 for what is not known."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, TensorShape):
        value = value.as_list() if value.dims is not None else None
    if value is None:
        return -1
    if not isinstance(value, (list, tuple, np.ndarray)):
        return value
    if len(value) == 0:
        return convert_to_tensor(value, dtypes.int32)
    sizes = [size.value if isinstance(size, Dimension) else size for size in value]
    return [-1 if size is None else size for size in sizes]


def empty_tensor_list(
    element_shape: Any, element_dtype: Any, max_num_elements: Any = None, name: str | None = None
) -> Tensor:
    """Return a list without elements.

    Args:
      element_shape: the shape of elements; None or -1 where it is not known.
      element_dtype: their dtype.
      max_num_elements: how many elements the list may hold; None for any number.
      name: the name of the node.
    """
    most = -1 if max_num_elements is None else max_num_elements
    return empty_tensor_list_op(
        _element_shape(element_shape), most, element_dtype=element_dtype, name=name
    )


def tensor_list_reserve(
    element_shape: Any, num_elements: Any, element_dtype: Any, name: str | None = None
) -> Tensor:
    """Return a list of elements that are to be set."""
    return tensor_list_reserve_op(
        _element_shape(element_shape), num_elements, element_dtype=element_dtype, name=name
    )


def tensor_list_from_tensor(tensor: Any, element_shape: Any, name: str | None = None) -> Tensor:
    """Return the rows of a tensor as a list."""
    return tensor_list_from_tensor_op(tensor, _element_shape(element_shape), name=name)


def tensor_list_get_item(
    input_handle: Any,
    index: Any,
    element_dtype: Any,
    element_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return an element of a list; zeros where none was set."""
    return tensor_list_get_item_op(
        input_handle, index, _element_shape(element_shape), element_dtype=element_dtype, name=name
    )


def tensor_list_set_item(
    input_handle: Any,
    index: Any,
    item: Any,
    resize_if_index_out_of_bounds: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return a list with another element at a place; it can be made to grow so far."""
    if resize_if_index_out_of_bounds:
        size = tensor_list_length(input_handle)
        input_handle = cond(
            index >= size,
            lambda: tensor_list_resize(input_handle, index + 1),
            lambda: input_handle,
        )
    return tensor_list_set_item_op(input_handle, index, item, name=name)


def tensor_list_push_back(input_handle: Any, tensor: Any, name: str | None = None) -> Tensor:
    """Return a list with one more element at its end."""
    return tensor_list_push_back_op(input_handle, tensor, name=name)


def tensor_list_push_back_batch(input_handles: Any, tensor: Any, name: str | None = None) -> Tensor:
    """Return lists, each with one more element: that row of a tensor."""
    return tensor_list_push_back_batch_op(input_handles, tensor, name=name)


def tensor_list_pop_back(input_handle: Any, element_dtype: Any, name: str | None = None) -> Any:
    """Return a list without its last element, and that element."""
    return tensor_list_pop_back_op(input_handle, -1, element_dtype=element_dtype, name=name)


def tensor_list_gather(
    input_handle: Any,
    indices: Any,
    element_dtype: Any,
    element_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return elements of a list, stacked."""
    return tensor_list_gather_op(
        input_handle,
        indices,
        _element_shape(element_shape),
        element_dtype=element_dtype,
        name=name,
    )


def tensor_list_scatter(
    tensor: Any,
    indices: Any,
    element_shape: Any = None,
    input_handle: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return a list whose elements at the indices are the rows of a tensor.

    They go into `input_handle`, or into a new list of elements of the given shape.
    """
    if input_handle is not None:
        return tensor_list_scatter_into_op(input_handle, tensor, indices, name=name)
    return tensor_list_scatter_v2_op(tensor, indices, _element_shape(element_shape), -1, name=name)


def tensor_list_stack(
    input_handle: Any,
    element_dtype: Any,
    num_elements: int | None = -1,
    element_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return all elements of a list, stacked."""
    return tensor_list_stack_op(
        input_handle,
        _element_shape(element_shape),
        element_dtype=element_dtype,
        num_elements=-1 if num_elements is None else num_elements,
        name=name,
    )


def tensor_list_concat(
    input_handle: Any, element_dtype: Any, element_shape: Any = None, name: str | None = None
) -> Tensor:
    """Return all elements of a list, joined along their first dimension."""
    made: list[Tensor] = tensor_list_concat_v2_op(
        input_handle,
        _element_shape(element_shape),
        convert_to_tensor([], dtypes.int64),
        element_dtype=element_dtype,
        name=name,
    )
    return made[0]


def tensor_list_split(
    tensor: Any, element_shape: Any, lengths: Any, name: str | None = None
) -> Tensor:
    """Return a tensor cut along its first dimension into pieces of the given lengths."""
    return tensor_list_split_op(tensor, _element_shape(element_shape), lengths, name=name)


def tensor_list_concat_lists(
    input_a: Any, input_b: Any, element_dtype: Any, name: str | None = None
) -> Tensor:
    """Return a list with the elements of one, then those of another."""
    return tensor_list_concat_lists_op(input_a, input_b, element_dtype=element_dtype, name=name)


def tensor_list_element_shape(
    input_handle: Any, shape_type: Any, name: str | None = None
) -> Tensor:
    """Return the shape of the elements of a list, -1 for what is not known."""
    return tensor_list_element_shape_op(input_handle, shape_type=shape_type, name=name)


def tensor_list_length(input_handle: Any, name: str | None = None) -> Tensor:
    """Return the number of elements of a list."""
    return tensor_list_length_op(input_handle, name=name)


def tensor_list_resize(input_handle: Any, size: Any, name: str | None = None) -> Tensor:
    """Return a list that is cut, or lengthened by elements that are to be set."""
    return tensor_list_resize_op(input_handle, size, name=name)


def _shape_of_list(handle: Tensor) -> Tensor:
    return tensor_list_element_shape(handle, shape_type=dtypes.int32)


def _row_shape(tensor: Tensor) -> Tensor:
    return slice_of(shape(tensor), [1], [-1])


@tensor_list_push_back_op.gradient
def push_back_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    made: list[Tensor] = tensor_list_pop_back_op(
        grad, shape(op.input_tensors[1]), element_dtype=op.attrs["element_dtype"]
    )
    return made


@tensor_list_pop_back_op.gradient
def pop_back_grad(op: Operation, list_grad: Any, item_grad: Tensor) -> list[Tensor | None]:
    if list_grad is None:
        list_grad = empty_tensor_list(_shape_of_list(op.outputs[0]), item_grad.dtype)
    return [tensor_list_push_back(list_grad, item_grad), None]


@tensor_list_stack_op.gradient
def stack_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [tensor_list_from_tensor(grad, grad.shape[1:]), None]


def _concat_grad(op: Operation, grad: Tensor) -> Tensor:
    return tensor_list_split(grad, _shape_of_list(op.input_tensors[0]), op.outputs[1])


@tensor_list_concat_op.gradient
def concat_grad(op: Operation, grad: Tensor, lengths_grad: Any) -> list[Tensor]:
    return [_concat_grad(op, grad)]


@tensor_list_concat_v2_op.gradient
def concat_v2_grad(op: Operation, grad: Tensor, lengths_grad: Any) -> list[Tensor | None]:
    return [_concat_grad(op, grad), None, None]


@tensor_list_split_op.gradient
def split_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    tensor, _, lengths = op.input_tensors
    dims = concat([[-1], _row_shape(tensor)], axis=0)
    joined = tensor_list_concat_v2_op(grad, dims, lengths, element_dtype=tensor.dtype)
    return [joined[0], None, None]


@tensor_list_from_tensor_op.gradient
def from_tensor_grad(op: Operation, grad: Any) -> list[Tensor | None]:
    tensor = op.input_tensors[0]
    if grad is None:
        grad = empty_tensor_list(_shape_of_list(op.outputs[0]), tensor.dtype)
    count = tensor.dims[0] if tensor.dims else None
    rows = tensor_list_stack(grad, tensor.dtype, count, _row_shape(tensor))
    return [rows, None]


@tensor_list_get_item_op.gradient
def get_item_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    handle, index, _ = op.input_tensors
    size = tensor_list_length(handle)
    empty = tensor_list_reserve(_shape_of_list(handle), size, grad.dtype)
    return [tensor_list_set_item(empty, index, grad), None, None]


@tensor_list_set_item_op.gradient
def set_item_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    _, index, item = op.input_tensors
    list_grad = tensor_list_set_item(grad, index, zeros_like(item))
    item_grad = tensor_list_get_item(grad, index, item.dtype, shape(item))
    return [list_grad, None, item_grad]


@tensor_list_resize_op.gradient
def resize_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [tensor_list_resize(grad, tensor_list_length(op.input_tensors[0])), None]


@tensor_list_gather_op.gradient
def gather_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    handle, indices, _ = op.input_tensors
    dims = _shape_of_list(handle)
    empty = tensor_list_reserve(dims, tensor_list_length(handle), grad.dtype)
    return [tensor_list_scatter(grad, indices, input_handle=empty), None, None]


def _scattered_grad(op: Operation, grad: Tensor, tensor: Tensor, indices: Tensor) -> Tensor:
    return tensor_list_gather(grad, indices, tensor.dtype, _row_shape(tensor))


@tensor_list_scatter_op.gradient
@tensor_list_scatter_v2_op.gradient
def scatter_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    tensor, indices = op.input_tensors[:2]
    rest: list[Tensor | None] = [None] * (len(op.input_tensors) - 1)
    return [_scattered_grad(op, grad, tensor, indices), *rest]


@tensor_list_scatter_into_op.gradient
def scatter_into_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    _, tensor, indices = op.input_tensors
    tensor_grad = _scattered_grad(op, grad, tensor, indices)
    zeros = zeros_like(tensor)
    list_grad = tensor_list_scatter(zeros, indices, indices, input_handle=grad)
    return [list_grad, tensor_grad, None]
