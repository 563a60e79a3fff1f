"""Kernels of lists of tensors. A list is never changed: what changes it makes another one.

Source: TensorFlow 1.15, core/kernels/list_kernels.cc, list_kernels.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import Dims, are_compatible, format_dims, merge_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.tensor_list_value import TensorList, as_list, zeros_of

_SHAPE = ("element_shape",)


def _dims(value: Any) -> Dims:
    """Return a shape from the value of an input; a scalar -1 says nothing.

    Raises:
      InvalidArgumentError: it is another scalar.
    """
    array = np.asarray(value)
    if array.ndim == 0:
        if int(array) != -1:
            raise errors.invalid_argument(
                "The only valid scalar shape tensor is the fully unknown shape specified as -1."
            )
        return None
    return tuple(None if size < 0 else size for size in array.tolist())


def _text(dims: Dims) -> str:
    return format_dims(dims, "kernel")


def _checked(value: Any, element_dtype: DType) -> TensorList:
    found = as_list(value)
    if found.dtype != element_dtype:
        raise errors.invalid_argument(
            f"Invalid data types; op elements {dtype_text(element_dtype)} but list elements "
            f"{dtype_text(found.dtype)}"
        )
    return found


def _merged(dims: Dims, other: Dims) -> Dims:
    """Return what two shapes say together.

    Raises:
      InvalidArgumentError: they contradict one another.
    """
    if are_compatible(dims, other):
        return merge_dims(dims, other)
    assert dims is not None
    assert other is not None
    if len(dims) != len(other):
        raise errors.invalid_argument(
            f"PartialTensorShape: Incompatible ranks during merge: {len(dims)} vs. {len(other)}"
        )
    raise errors.invalid_argument(
        f"PartialTensorShape: Incompatible shapes during merge: {_text(dims)} vs. {_text(other)}"
    )


def _is_open(dims: Dims) -> bool:
    return dims is None or None in dims


def _element_dims(found: TensorList, asked: Any, items: Sequence[Any]) -> Dims:
    """Return what the input, the list and those of some elements that are set say of a shape."""
    dims = _merged(_dims(asked), found.dims)
    if _is_open(found.dims):
        for item in items:
            if item is not None:
                dims = _merged(dims, tuple(item.shape))
    return dims


def _stacked(found: TensorList, items: Sequence[Any], dims: Dims) -> Any:
    """Return elements along a new first dimension; those that are not set are zeros."""
    assert dims is not None
    if not items:
        return zeros_of(found, (0, *dims))
    zeros = zeros_of(found, dims) if None in items else None
    whole: list[Any] = [zeros if item is None else item for item in items]
    return np.stack(whole) if isinstance(whole[0], np.ndarray) else torch.stack(whole)


def _fits(found: TensorList, item: Any) -> bool:
    return are_compatible(found.dims, tuple(item.shape))


@kernel("EmptyTensorList", "cpu", "gpu", host_inputs=("element_shape", "max_num_elements"))
def empty_tensor_list(
    element_shape: Any, max_num_elements: Any, *, element_dtype: DType
) -> TensorList:
    return TensorList(element_dtype, _dims(element_shape), [], int(max_num_elements))


@kernel("TensorListReserve", "cpu", "gpu", host_inputs=("element_shape", "num_elements"))
def tensor_list_reserve(
    element_shape: Any, num_elements: Any, *, element_dtype: DType
) -> TensorList:
    count = int(num_elements)
    if count < 0:
        raise errors.invalid_argument(
            f"The num_elements to reserve must be a non negative number, but got {count}"
        )
    return TensorList(element_dtype, _dims(element_shape), [None] * count)


@kernel("TensorListFromTensor", "cpu", "gpu", host_inputs=_SHAPE)
def tensor_list_from_tensor(tensor: Any, element_shape: Any, *, element_dtype: DType) -> TensorList:
    if tensor.ndim < 1:
        raise errors.invalid_argument(
            f"Tensor must be at least a vector, but saw shape: {_text(tuple(tensor.shape))}"
        )
    dims, rows = _dims(element_shape), tuple(tensor.shape[1:])
    if not are_compatible(dims, rows):
        raise errors.invalid_argument(
            f"Specified a list with shape {_text(dims)} from a tensor with shape {_text(rows)}"
        )
    return TensorList(element_dtype, merge_dims(dims, rows), list(_rows(tensor)))


def _rows(tensor: Any) -> Sequence[Any]:
    if isinstance(tensor, torch.Tensor):
        return tensor.clone().unbind(0)
    return [np.array(tensor[index], object) for index in range(len(tensor))]


@kernel("TensorListSplit", "cpu", "gpu", host_inputs=("element_shape", "lengths"))
def tensor_list_split(
    tensor: Any, element_shape: Any, lengths: Any, *, element_dtype: DType
) -> TensorList:
    if tensor.ndim < 1:
        raise errors.invalid_argument(
            f"Tensor must be at least a vector, but saw shape: {_text(tuple(tensor.shape))}"
        )
    if np.ndim(lengths) != 1:
        raise errors.invalid_argument(
            f"Expected lengths to be a vector, received shape: {_text(np.shape(lengths))}"
        )
    dims, whole = _dims(element_shape), (None, *tensor.shape[1:])
    if not are_compatible(dims, whole):
        raise errors.invalid_argument(
            "tensor shape "
            f"{_text(tuple(tensor.shape))} is not compatible with element_shape {_text(dims)}"
        )
    items, at = [], 0
    for length in lengths.tolist():
        if length < 0:
            raise errors.invalid_argument(f"Invalid value in lengths: {length}")
        if at + length > tensor.shape[0]:
            raise errors.invalid_argument(
                f"Attempting to slice [{at}, {at + length}] from tensor with length "
                f"{tensor.shape[0]}"
            )
        items.append(tensor[at : at + length])
        at += length
    if at != tensor.shape[0]:
        raise errors.invalid_argument(
            f"Unused values in tensor. Length of tensor: {tensor.shape[0]} Values used: {at}"
        )
    return TensorList(element_dtype, merge_dims(dims, whole), items)


def _put(found: TensorList, tensor: Any, indices: list[int]) -> TensorList:
    items = list(found.items)
    for row, index in zip(_rows(tensor), indices, strict=True):
        items[index] = row
    return found.with_items(items)


def _check_scatter(tensor: Any, indices: Any) -> list[int]:
    if tensor.ndim < 1:
        raise errors.invalid_argument(
            f"Tensor must be at least a vector, but saw shape: {_text(tuple(tensor.shape))}"
        )
    numbers: list[int] = indices.tolist()
    if len(numbers) != tensor.shape[0]:
        raise errors.invalid_argument(
            f"Invalid number of rows in input tensor. Expected: {len(numbers)} Actual: "
            f"{tensor.shape[0]}"
        )
    return numbers


def _scattered(
    tensor: Any, indices: Any, element_shape: Any, element_dtype: DType, count: int
) -> TensorList:
    numbers = _check_scatter(tensor, indices)
    dims, rows = _dims(element_shape), tuple(tensor.shape[1:])
    if not are_compatible(dims, rows):
        raise errors.invalid_argument(
            f"Specified a list with shape {_text(dims)} from a tensor with shape {_text(rows)}"
        )
    if count < -1:
        raise errors.invalid_argument(
            f"TensorListScatter expects num_elements >= -1, found: {count}"
        )
    for index in numbers:
        if index < 0:
            raise errors.invalid_argument("Indices in TensorListScatter must all be non-negative.")
        if count != -1 and index >= count:
            raise errors.invalid_argument(
                f"TensorListScatter: Trying to scatter at index {index} in list with size {count}"
            )
    size = max(numbers, default=-1) + 1 if count == -1 else count
    return _put(TensorList(element_dtype, dims, [None] * size), tensor, numbers)


@kernel("TensorListScatter", "cpu", "gpu", host_inputs=("indices", "element_shape"))
def tensor_list_scatter(
    tensor: Any, indices: Any, element_shape: Any, *, element_dtype: DType
) -> TensorList:
    return _scattered(tensor, indices, element_shape, element_dtype, -1)


@kernel(
    "TensorListScatterV2", "cpu", "gpu", host_inputs=("indices", "element_shape", "num_elements")
)
def tensor_list_scatter_v2(
    tensor: Any, indices: Any, element_shape: Any, num_elements: Any, *, element_dtype: DType
) -> TensorList:
    return _scattered(tensor, indices, element_shape, element_dtype, int(num_elements))


@kernel("TensorListScatterIntoExistingList", "cpu", "gpu", host_inputs=("indices",))
def tensor_list_scatter_into(
    input_handle: Any, tensor: Any, indices: Any, *, element_dtype: DType
) -> TensorList:
    found = _checked(input_handle, element_dtype)
    numbers = _check_scatter(tensor, indices)
    rows = tuple(tensor.shape[1:])
    if not are_compatible(found.dims, rows):
        raise errors.invalid_argument(
            f"Specified a list with shape {_text(found.dims)} from a tensor with shape "
            f"{_text(rows)}"
        )
    if any(index < 0 for index in numbers):
        raise errors.invalid_argument("Indices in TensorListScatter must all be non-negative.")
    missing = max(numbers, default=-1) + 1 - len(found.items)
    if missing > 0:
        found = found.with_items([*found.items, *[None] * missing])
    return _put(found, tensor, numbers)


@kernel("TensorListPushBack", "cpu", "gpu")
def tensor_list_push_back(input_handle: Any, tensor: Any, *, element_dtype: DType) -> TensorList:
    found = _checked(input_handle, element_dtype)
    if not _fits(found, tensor):
        raise errors.invalid_argument(
            "Tried to append a tensor with incompatible shape to a list. Op element shape: "
            f"{_text(tuple(tensor.shape))} list shape: {_text(found.dims)}"
        )
    if found.most != -1 and len(found.items) >= found.most:
        raise errors.invalid_argument(
            f"Tried to push item into a full list list size: {len(found.items)} "
            f"max_num_elements: {found.most}"
        )
    return found.with_items([*found.items, tensor])


@kernel("TensorListPushBackBatch", "cpu", "gpu")
def tensor_list_push_back_batch(input_handles: Any, tensor: Any, *, element_dtype: DType) -> Any:
    handles = np.asarray(input_handles, object)
    if tensor.ndim < 1 or handles.ndim != 1 or tensor.shape[0] != handles.size:
        raise errors.invalid_argument(
            "Expected tensor.shape[0] == input_handles.size, but saw "
            f"{tensor.shape[0] if tensor.ndim else 0} vs. {handles.size}"
        )
    made = np.empty(handles.shape, object)
    for place, (handle, row) in enumerate(zip(handles.tolist(), _rows(tensor), strict=True)):
        made[place] = tensor_list_push_back(handle, row, element_dtype=element_dtype)
    return made


@kernel("TensorListPopBack", "cpu", "gpu", host_inputs=_SHAPE)
def tensor_list_pop_back(
    input_handle: Any, element_shape: Any, *, element_dtype: DType
) -> tuple[TensorList, Any]:
    found = _checked(input_handle, element_dtype)
    if not found.items:
        raise errors.invalid_argument("Trying to pop from an empty list.")
    last = found.items[-1]
    if last is None:
        last = _zeros_for(found, _element_dims(found, element_shape, ()), ".{}")
    return found.with_items(found.items[:-1]), last


def _zeros_for(found: TensorList, dims: Dims, ending: str) -> Any:
    if dims is None or None in dims:
        raise errors.invalid_argument(
            "Trying to read an uninitialized tensor but element_shape is not fully defined"
            f"{ending.format(_text(dims))}"
        )
    return zeros_of(found, dims)


@kernel("TensorListGetItem", "cpu", "gpu", host_inputs=("index", "element_shape"))
def tensor_list_get_item(
    input_handle: Any, index: Any, element_shape: Any, *, element_dtype: DType
) -> Any:
    found = _checked(input_handle, element_dtype)
    at = int(index)
    if not 0 <= at < len(found.items):
        raise errors.invalid_argument(
            f"Trying to access element {at} in a list with {len(found.items)} elements."
        )
    item = found.items[at]
    if item is not None:
        return item
    dims = _element_dims(found, element_shape, found.items)
    return _zeros_for(found, dims, ": {} and no list element is set.")


@kernel("TensorListSetItem", "cpu", "gpu", host_inputs=("index",))
def tensor_list_set_item(
    input_handle: Any,
    index: Any,
    item: Any,
    *,
    element_dtype: DType,
    resize_if_index_out_of_bounds: bool,
) -> TensorList:
    found = _checked(input_handle, element_dtype)
    at, items = int(index), list(found.items)
    if resize_if_index_out_of_bounds and at >= len(items):
        items += [None] * (at + 1 - len(items))
    if not 0 <= at < len(items):
        raise errors.invalid_argument(
            f"Trying to modify element {at} in a list with {len(items)} elements."
        )
    if not _fits(found, item):
        raise errors.invalid_argument(
            "Tried to set a tensor with incompatible shape at a list index. Item element shape: "
            f"{_text(tuple(item.shape))} list shape: {_text(found.dims)}"
        )
    items[at] = item
    return found.with_items(items)


@kernel("TensorListGather", "cpu", "gpu", host_inputs=("indices", "element_shape"))
def tensor_list_gather(
    input_handle: Any, indices: Any, element_shape: Any, *, element_dtype: DType
) -> Any:
    found = _checked(input_handle, element_dtype)
    items = []
    for index in indices.tolist():
        if not 0 <= index < len(found.items):
            raise errors.invalid_argument(
                f"Trying to gather element {index} in a list with {len(found.items)} elements."
            )
        items.append(found.items[index])
    dims = _element_dims(found, element_shape, items)
    if _is_open(dims):
        what = "uninitialized tensors" if items else "0-elements"
        of_what = "element_shape" if items else "shape"
        raise errors.invalid_argument(
            f"Tried to gather {what} from a list with non-fully-defined {of_what}: {_text(dims)}"
        )
    return _stacked(found, items, dims)


@kernel("TensorListStack", "cpu", "gpu", host_inputs=_SHAPE)
def tensor_list_stack(
    input_handle: Any, element_shape: Any, *, element_dtype: DType, num_elements: int
) -> Any:
    found = _checked(input_handle, element_dtype)
    if num_elements not in (-1, len(found.items)):
        raise errors.invalid_argument(
            f"Operation expected a list with {num_elements} elements but got a list with "
            f"{len(found.items)} elements."
        )
    dims = _element_dims(found, element_shape, found.items)
    if _is_open(dims):
        what = (
            "list which only contains uninitialized tensors and has a"
            if found.items
            else "elements of an empty list with"
        )
        raise errors.invalid_argument(
            f"Tried to stack {what} non-fully-defined element_shape: {_text(dims)}"
        )
    return _stacked(found, found.items, dims)


def _joined(found: TensorList, asked: Dims, leading: list[int]) -> tuple[Any, Any]:
    """Return the elements joined along their first dimension, and their lengths there."""
    rest: Dims = None if asked is None else asked[1:]
    sizes = set()
    if found.dims is not None:
        if not found.dims:
            raise errors.invalid_argument(
                "Concat requires elements to be at least vectors, found scalars instead."
            )
        rest = _merged(rest, found.dims[1:])
    for item in found.items:
        if item is None:
            continue
        if item.ndim == 0:
            raise errors.invalid_argument(
                "Concat saw a scalar shape at index 0 but requires at least vectors."
            )
        rest = _merged(rest, tuple(item.shape[1:]))
        sizes.add(item.shape[0])
    first = asked[0] if asked else None
    if first is None and found.dims:
        first = found.dims[0]
    if first is None and len(sizes) == 1:
        (first,) = sizes
    parts = [
        _unset_part(found, place, leading, first, rest) if item is None else item
        for place, item in enumerate(found.items)
    ]
    lengths = np.array([part.shape[0] for part in parts], np.int64)
    if not parts:
        if rest is None or None in rest:
            raise errors.invalid_argument(
                "All except the first dimension must be fully defined when concating an empty "
                f"tensor list. element_shape: {_text(None if rest is None else (first, *rest))}"
            )
        return zeros_of(found, (0, *rest)), lengths
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts), lengths
    return torch.cat(parts), lengths


def _unset_part(
    found: TensorList, place: int, leading: list[int], first: int | None, rest: Dims
) -> Any:
    """Return what stands for an element that is not set among those that are joined."""
    if rest is None or None in rest:
        raise errors.invalid_argument(
            "Trying to concat list with only uninitialized tensors but "
            f"element_shape_except_first_dim is not fully defined: {_text(rest)}"
        )
    rows = leading[place] if place < len(leading) else first
    if rows is None:
        raise errors.invalid_argument(
            f"List contains uninitialized tensor at index {place} but leading_dims has only "
            f"{len(leading)} elements."
        )
    return zeros_of(found, (rows, *rest))


@kernel("TensorListConcat", "cpu", "gpu", host_outputs=("lengths",))
def tensor_list_concat(
    input_handle: Any, *, element_dtype: DType, element_shape: Any
) -> tuple[Any, Any]:
    asked = None if element_shape is None else tuple(element_shape)
    return _joined(_checked(input_handle, element_dtype), asked, [])


@kernel(
    "TensorListConcatV2",
    "cpu",
    "gpu",
    host_inputs=("element_shape", "leading_dims"),
    host_outputs=("lengths",),
)
def tensor_list_concat_v2(
    input_handle: Any, element_shape: Any, leading_dims: Any, *, element_dtype: DType
) -> tuple[Any, Any]:
    found = _checked(input_handle, element_dtype)
    return _joined(found, _dims(element_shape), leading_dims.tolist())


@kernel("TensorListConcatLists", "cpu", "gpu")
def tensor_list_concat_lists(input_a: Any, input_b: Any, *, element_dtype: DType) -> Any:
    if isinstance(input_a, np.ndarray):
        if input_a.shape != input_b.shape:
            raise errors.invalid_argument(
                "input_a and input_b must have the same shape, but saw "
                f"{_text(input_a.shape)} vs. {_text(input_b.shape)}"
            )
        made = np.empty(input_a.size, object)
        for place, (a, b) in enumerate(zip(input_a.ravel(), input_b.ravel(), strict=True)):
            made[place] = tensor_list_concat_lists(a, b, element_dtype=element_dtype)
        return made.reshape(input_a.shape)
    a, b = as_list(input_a), as_list(input_b)
    for found, letter in ((a, "a"), (b, "b")):
        if found.dtype != element_dtype:
            raise errors.invalid_argument(
                f"input_{letter}.type != element_dtype: {dtype_text(found.dtype)} vs. "
                f"{dtype_text(element_dtype)}"
            )
    if a.dims != b.dims:
        raise errors.invalid_argument(
            "input_a and input_b TensorList element shapes are not identical: "
            f"{_text(a.dims)} vs. {_text(b.dims)}"
        )
    return a.with_items([*a.items, *b.items])


@kernel("TensorListElementShape", "cpu", "gpu", host_outputs=("element_shape",))
def tensor_list_element_shape(input_handle: Any, *, shape_type: DType) -> Any:
    dims = as_list(input_handle).dims
    kind = shape_type.as_numpy_dtype
    if dims is None:
        return np.array(-1, kind)
    return np.array([-1 if size is None else size for size in dims], kind)


@kernel("TensorListLength", "cpu", "gpu", host_outputs=("length",))
def tensor_list_length(input_handle: Any) -> Any:
    return np.int32(len(as_list(input_handle).items))


@kernel("TensorListResize", "cpu", "gpu", host_inputs=("size",))
def tensor_list_resize(input_handle: Any, size: Any) -> TensorList:
    found, wanted = as_list(input_handle), int(size)
    if wanted < 0:
        raise errors.invalid_argument(
            f"TensorListSlice expects size to be non-negative. Got: {wanted}"
        )
    missing = max(wanted - len(found.items), 0)
    return found.with_items([*found.items[:wanted], *[None] * missing])
