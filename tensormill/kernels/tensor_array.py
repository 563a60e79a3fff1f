"""Kernels of TensorArrays: each run of TensorArrayV3 makes a new one.

It lives as long as something refers to it.

Source: TensorFlow 1.15, core/kernels/tensor_array.h, tensor_array.cc, tensor_array_ops.cc.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims, are_compatible, format_dims, is_fully_defined, merge_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import is_number, torch_dtype

_numbers = itertools.count()
_ABSENT = None
_CLEARED = object()
_ZEROS = object()


class TensorArray:
    """Tensors by number, each written once; arrays of gradients sum what is written.

    Attributes:
      name: for messages.
      dtype: of the elements.
      dims: what is known of the shape of each element.
      values: the elements; absent, cleared, or zeros of the shape in `shapes`, where there is none.
      read_numbers: the elements that were read and not cleared.
      shapes: the shapes of elements of which only that is known, or left.
      has_equal_shapes: the first element says the shape of all.
      is_dynamic: a write behind the end makes the array longer.
      clears_after_read: an element can be read once.
      is_gradient: what is written to one element is summed.
      has_sums: something was summed, so that there is no gradient of this array.
      is_closed: it takes and gives nothing any more.
      gradients: the arrays of gradients by the `tf.gradients` that they belong to.
    """

    __slots__ = (
        "_torch_device",
        "clears_after_read",
        "dims",
        "dtype",
        "gradients",
        "has_equal_shapes",
        "has_sums",
        "is_closed",
        "is_dynamic",
        "is_gradient",
        "name",
        "read_numbers",
        "shapes",
        "values",
    )

    def __init__(
        self,
        name: str,
        dtype: DType,
        size: int,
        dims: Dims,
        torch_device: Any,
        *,
        has_equal_shapes: bool,
        is_dynamic: bool,
        clears_after_read: bool,
        is_gradient: bool = False,
    ) -> None:
        self.name = f"{name}_{next(_numbers)}"
        self.dtype = dtype
        self.dims = dims
        self.values: list[Any] = [_ABSENT] * size
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.read_numbers: set[int] = set()
        self.has_equal_shapes = has_equal_shapes
        self.is_dynamic = is_dynamic
        self.clears_after_read = clears_after_read
        self.is_gradient = is_gradient
        self.has_sums = False
        self.is_closed = False
        self.gradients: dict[bytes, TensorArray] = {}
        self._torch_device = torch_device

    def check_open(self) -> None:
        """Refuse a closed array.

        Raises:
          InvalidArgumentError: the array was closed.
        """
        if self.is_closed:
            raise errors.invalid_argument(f"TensorArray {self.name} has already been closed.")

    def write(self, number: int, value: Any) -> None:
        """Store an element, or add to it in an array of gradients.

        Raises:
          InvalidArgumentError: there is no such element, it was there before, or another shape
          fits.
        """
        self.check_open()
        values = self.values
        if not 0 <= number < len(values):
            self._grow_to(number)
        shape = value.shape
        if shape != self.dims:
            self._check_shape(number, tuple(shape))
        old = values[number]
        if old is not _ABSENT:
            value = self._summed(number, old, value, tuple(shape))
        values[number] = value

    def write_rows(self, numbers: list[int], rows: Sequence[Any]) -> None:
        """Store elements that have one shape, as `write` does one after the other."""
        if not numbers:
            return
        self.write(numbers[0], rows[0])
        values, shape = self.values, tuple(rows[0].shape)
        for number, row in zip(numbers[1:], rows[1:], strict=True):
            if not 0 <= number < len(values):
                self._grow_to(number)
            old = values[number]
            values[number] = row if old is _ABSENT else self._summed(number, old, row, shape)

    def _grow_to(self, number: int) -> None:
        size = len(self.values)
        if number < 0 or not self.is_dynamic:
            raise errors.invalid_argument(
                f"TensorArray {self.name}: Tried to write to index {number} but array is not "
                f"resizeable and size is: {size}"
            )
        self.values.extend([_ABSENT] * (number + 1 - size))

    def _check_shape(self, number: int, shape: tuple[int, ...]) -> None:
        if not are_compatible(self.dims, shape):
            raise errors.invalid_argument(
                f"TensorArray {self.name}: Could not write to TensorArray index {number} because "
                f"the value shape is {format_dims(shape, 'kernel')} which is incompatible with the "
                "TensorArray's inferred element shape: "
                f"{format_dims(self.dims, 'kernel')} (consider setting infer_shape=False)."
            )
        if self.has_equal_shapes:
            self.dims = shape

    def _summed(self, number: int, old: Any, value: Any, shape: tuple[int, ...]) -> Any:
        place = f"TensorArray {self.name}: Could not write to TensorArray index {number}"
        if old is _CLEARED or number in self.read_numbers:
            raise errors.invalid_argument(f"{place} because it has already been read.")
        if not self.is_gradient:
            raise errors.invalid_argument(f"{place} because it has already been written to.")
        is_value = old is not _ZEROS
        old_shape = tuple(old.shape) if is_value else self.shapes[number]
        if old_shape != shape:
            raise errors.invalid_argument(
                f"TensorArray {self.name}: Could not aggregate to TensorArray index {number} "
                f"because the existing shape is {format_dims(old_shape, 'kernel')} but the new "
                f"input shape is {format_dims(shape, 'kernel')}."
            )
        if not is_value:
            return value
        self.has_sums = True
        return old + value

    def read(self, number: int) -> Any:
        """Return an element.

        Raises:
          InvalidArgumentError: there is no such element, or it was cleared.
        """
        self.check_open()
        values = self.values
        if number < 0 or number >= len(values):
            if number < 0 or not self.is_gradient:
                raise errors.invalid_argument(
                    f"Tried to read from index {number} but array size is: {len(values)}"
                )
            values.extend([_ABSENT] * (number + 1 - len(values)))
        value = values[number]
        if value is _ABSENT or value is _ZEROS:
            value = self._zeros(number)
        elif value is _CLEARED:
            raise errors.invalid_argument(
                f"TensorArray {self.name}: Could not read index {number} twice because it was "
                "cleared after a previous read (perhaps try setting clear_after_read = false?)."
            )
        if not self.clears_after_read:
            values[number] = value
            self.read_numbers.add(number)
        else:
            values[number] = _CLEARED
            if not is_fully_defined(self.dims):
                self.shapes[number] = tuple(value.shape)
        return value

    def _zeros(self, number: int) -> Any:
        shape = self.shapes.get(number, self.dims)
        if not is_fully_defined(shape):
            raise errors.invalid_argument(
                f"TensorArray {self.name}: Could not read from TensorArray index {number}.  "
                "Furthermore, the element shape is not fully defined: "
                f"{format_dims(shape, 'kernel')}.  It is possible you are working with a "
                "resizeable TensorArray and stop_gradients is not allowing the gradients to be "
                "written.  If you set the full element_shape property on the forward TensorArray, "
                "the proper all-zeros tensor will be returned instead of incurring this error."
            )
        return self.empty(shape)

    def empty(self, shape: Any) -> Any:
        """Return zeros (of strings: empty ones) with the dtype of the elements."""
        if is_number(self.dtype):
            dtype = torch_dtype(self.dtype)
            return torch.zeros(shape, dtype=dtype, device=self._torch_device)
        return np.full(shape, b"", object)

    def gradient(self, source: bytes, prefix: tuple[int, ...]) -> TensorArray:
        """Return the array of gradients of one `tf.gradients`.

        Args:
          source: the name of the call of `tf.gradients`.
          prefix: what stands before the shape of each element.

        Raises:
          InvalidArgumentError: elements of this array are sums.
        """
        self.check_open()
        found = self.gradients.get(source)
        if found is not None:
            return found
        if self.has_sums:
            raise errors.invalid_argument(
                f"Unable to create a gradients TensorArray for {self.name}.  Perhaps you used the "
                "multiple_writes_aggregate flag on a previous write?  Gradient calculation is "
                "impossible when multiple writes are performed to the same index."
            )
        self.is_dynamic = False
        made = TensorArray(
            f"{self.name}@{source.decode()}",
            self.dtype,
            len(self.values),
            None if self.dims is None else prefix + self.dims,
            self._torch_device,
            has_equal_shapes=self.has_equal_shapes,
            is_dynamic=False,
            clears_after_read=True,
            is_gradient=True,
        )
        for number, value in enumerate(self.values):
            if value is _ABSENT:
                continue
            if value is _CLEARED or value is _ZEROS:
                shape: Any = self.shapes.get(number, self.dims)
            else:
                shape = tuple(value.shape)
            made.shapes[number] = prefix + shape
            made.values[number] = _ZEROS
        self.gradients[source] = made
        return made

    def close(self) -> None:
        """Let go of all elements."""
        self.is_closed = True
        self.values.clear()


def _check_scalar(value: Any, what: str) -> int:
    if np.ndim(value):
        raise errors.invalid_argument(
            f"TensorArray {what} must be scalar, but had shape: "
            f"{format_dims(value.shape, 'kernel')}"
        )
    return int(value)


def _text_of(dtype: DType) -> str:
    return {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)


def _check_dtype(array: TensorArray, dtype: DType, verb: str) -> None:
    if array.dtype is not dtype:
        raise errors.invalid_argument(
            f"TensorArray dtype is {_text_of(array.dtype)} but Op {verb} dtype {_text_of(dtype)}."
        )


@kernel_factory("TensorArrayV3", "cpu", "gpu", host_inputs=["size"], host_outputs=["flow"])
def make_tensor_array(ctx: KernelContext) -> Any:
    new_array = array_maker(ctx, TensorArray)

    def tensor_array(size: Any) -> tuple[TensorArray, Any]:
        return new_array(size), _FLOW

    return tensor_array


def array_maker(ctx: KernelContext, kind: type[TensorArray]) -> Callable[[Any], TensorArray]:
    """Return what makes an array of a size, as the attributes of a node say."""
    attrs = ctx.attrs
    name = attrs["tensor_array_name"].decode() or ctx.node_name
    dtype, dims, torch_device = attrs["dtype"], attrs["element_shape"], ctx.torch_device
    has_equal_shapes = attrs.get("identical_element_shapes", False)  # older ops lack it
    is_dynamic, clears_after_read = attrs["dynamic_size"], attrs["clear_after_read"]

    def new_array(size: Any) -> TensorArray:
        count = _check_scalar(size, "size")
        if count < 0:
            raise errors.invalid_argument("Size should be >= 0.")
        return kind(
            name,
            dtype,
            count,
            dims,
            torch_device,
            has_equal_shapes=has_equal_shapes,
            is_dynamic=is_dynamic,
            clears_after_read=clears_after_read,
        )

    return new_array


_FLOW = np.float32(0.0)


@kernel("TensorArrayGradV3", "cpu", "gpu", host_inputs=["flow_in"], host_outputs=["flow_out"])
def gradient_array(handle: TensorArray, flow_in: Any, *, source: bytes) -> tuple[TensorArray, Any]:
    return handle.gradient(source, ()), flow_in


@kernel(
    "TensorArrayGradWithShape",
    "cpu",
    "gpu",
    host_inputs=["flow_in", "shape_to_prepend"],
    host_outputs=["flow_out"],
)
def gradient_array_with_shape(
    handle: TensorArray, flow_in: Any, shape_to_prepend: Any, *, source: bytes
) -> tuple[TensorArray, Any]:
    return handle.gradient(source, tuple(int(size) for size in shape_to_prepend)), flow_in


@kernel(
    "TensorArrayWriteV3",
    "cpu",
    "gpu",
    host_inputs=["index", "flow_in"],
    host_outputs=["flow_out"],
)
def write(handle: TensorArray, index: Any, value: Any, flow_in: Any, *, T: DType) -> Any:
    number = _check_scalar(index, "index") if type(index) is not np.int32 else int(index)
    if handle.dtype is not T:
        _check_dtype(handle, T, "is trying to write")
    handle.write(number, value)
    return flow_in


@kernel("TensorArrayReadV3", "cpu", "gpu", host_inputs=["index", "flow_in"], aliases=True)
def read(handle: TensorArray, index: Any, flow_in: Any, *, dtype: DType) -> Any:
    number = _check_scalar(index, "index") if type(index) is not np.int32 else int(index)
    if handle.dtype is not dtype:
        _check_dtype(handle, dtype, "requested")
    return handle.read(number)


@kernel("TensorArrayGatherV3", "cpu", "gpu", host_inputs=["indices", "flow_in"])
def gather(
    handle: TensorArray, indices: Any, flow_in: Any, *, dtype: DType, element_shape: Dims
) -> Any:
    _check_dtype(handle, dtype, "requested")
    handle.check_open()
    if np.ndim(indices) != 1:
        raise errors.invalid_argument(
            "Expected indices to be a vector, but received shape: "
            f"{format_dims(np.shape(indices), 'kernel')}"
        )
    dims = _merged(handle, element_shape)
    if not len(indices):
        if not is_fully_defined(dims):
            raise errors.unimplemented(
                f"TensorArray has size zero, but element shape {format_dims(dims, 'kernel')} is "
                "not fully defined. Currently only static shapes are supported when packing "
                "zero-size TensorArrays."
            )
        assert dims is not None
        return handle.empty((0, *dims))
    values = [handle.read(number) for number in indices.tolist()]
    try:
        return torch.stack(values) if is_number(dtype) else np.stack(values)
    except (RuntimeError, ValueError):
        _check_equal_shapes([tuple(value.shape) for value in values], "", "")
        raise


def _merged(handle: TensorArray, dims: Dims) -> Dims:
    if not are_compatible(handle.dims, dims):
        raise errors.invalid_argument(
            f"TensorArray {handle.name}: element shape {format_dims(handle.dims, 'kernel')} is "
            f"incompatible with the requested shape {format_dims(dims, 'kernel')}"
        )
    return merge_dims(handle.dims, dims)


def _check_equal_shapes(shapes: Sequence[tuple[int, ...]], before: str, note: str) -> None:
    for number, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise errors.invalid_argument(
                f"TensorArray has inconsistent shapes.  Index 0 has{note} shape: "
                f"{format_dims(shapes[0], 'kernel')} but index {number} has{note} shape: "
                f"{format_dims(shape, 'kernel')}{before}"
            )


@kernel(
    "TensorArrayScatterV3",
    "cpu",
    "gpu",
    host_inputs=["indices", "flow_in"],
    host_outputs=["flow_out"],
)
def scatter(handle: TensorArray, indices: Any, value: Any, flow_in: Any, *, T: DType) -> Any:
    _check_dtype(handle, T, "is trying to write")
    if not len(value.shape):
        raise errors.invalid_argument(
            "Input value for unpack must be at least a vector but received shape: "
            f"{format_dims(value.shape, 'kernel')}"
        )
    if np.ndim(indices) != 1:
        raise errors.invalid_argument(
            "Expected indices to be a vector, but received shape: "
            f"{format_dims(np.shape(indices), 'kernel')}"
        )
    if len(indices) != len(value):
        raise errors.invalid_argument(
            f"Expected len(indices) == values.shape[0], but saw: {len(indices)} vs. {len(value)}"
        )
    numbers = indices.tolist()
    largest = max(numbers, default=-1)
    size = len(handle.values)
    if largest >= size and not handle.is_dynamic:
        raise errors.invalid_argument(
            f"Max scatter index must be < array size ({largest} vs. {size})"
        )
    if is_number(T):
        handle.write_rows(numbers, value.unbind())
    else:
        handle.write_rows(numbers, [np.asarray(element, object) for element in value])
    return flow_in


@kernel("TensorArrayConcatV3", "cpu", "gpu", host_inputs=["flow_in"])
def concat(
    handle: TensorArray, flow_in: Any, *, dtype: DType, element_shape_except0: Dims
) -> tuple[Any, Any]:
    _check_dtype(handle, dtype, "requested")
    handle.check_open()
    values = [handle.read(number) for number in range(len(handle.values))]
    if not values:
        if not is_fully_defined(element_shape_except0):
            raise errors.unimplemented(
                "TensorArray has size zero, but element_shape_except0 "
                f"{format_dims(element_shape_except0, 'kernel')} is not fully defined. Currently "
                "only static shapes are supported when concatenating zero-size TensorArrays."
            )
        assert element_shape_except0 is not None
        return handle.empty((0, *element_shape_except0)), torch.zeros(0, dtype=torch.int64)
    for number, value in enumerate(values):
        if not len(value.shape):
            raise errors.invalid_argument(
                f"Concat saw a scalar shape at index {number} but requires at least vectors.  "
                "Did you mean to call pack?"
            )
    _check_equal_shapes(
        [tuple(value.shape[1:]) for value in values], "", " (excepting dimension 0)"
    )
    lengths = torch.tensor([len(value) for value in values], dtype=torch.int64)
    return (torch.cat(values) if is_number(dtype) else np.concatenate(values)), lengths


@kernel(
    "TensorArraySplitV3",
    "cpu",
    "gpu",
    host_inputs=["lengths", "flow_in"],
    host_outputs=["flow_out"],
)
def split(handle: TensorArray, value: Any, lengths: Any, flow_in: Any, *, T: DType) -> Any:
    _check_dtype(handle, T, "is trying to write")
    if np.ndim(lengths) != 1:
        raise errors.invalid_argument(
            "Expected lengths to be a vector, received shape: "
            f"{format_dims(np.shape(lengths), 'kernel')}"
        )
    if not len(value.shape):
        raise errors.invalid_argument(
            "Expected value to be at least a vector, but received shape: "
            f"{format_dims(tuple(value.shape), 'kernel')}"
        )
    sizes = lengths.tolist()
    if sum(sizes) != len(value):
        raise errors.invalid_argument(
            "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{sum(sizes)} and value's shape is: {format_dims(tuple(value.shape), 'kernel')} "
        )
    size = len(handle.values)
    if size != len(sizes) and not handle.is_dynamic:
        raise errors.invalid_argument(
            f"TensorArray's size is not equal to the size of lengths ({size} vs. {len(sizes)}), "
            "and the TensorArray is not marked as dynamically resizeable"
        )
    at = 0
    for number, length in enumerate(sizes):
        handle.write(number, value[at : at + length])
        at += length
    return flow_in


@kernel("TensorArraySizeV3", "cpu", "gpu", host_inputs=["flow_in"], host_outputs=["size"])
def size(handle: TensorArray, flow_in: Any) -> Any:
    handle.check_open()
    return np.int32(len(handle.values))


@kernel("TensorArrayCloseV3", "cpu", "gpu")
def close(handle: TensorArray) -> None:
    handle.close()
