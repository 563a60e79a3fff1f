"""Values of the runtime as TensorProto messages, as they travel between tasks, and back.

Numbers travel as raw little-endian bytes, strings as their lengths followed by their bytes, as
TensorFlow writes tensors inside a runtime. What others write is read in every form there is.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from tensorboard.compat.proto import tensor_pb2

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_codec import array_from_proto
from tensormill.graph.tensor_wire_codec import (
    Piece,
    encode_named_tensor,
    encode_tensor,
    encode_varint,
    field_head,
    size_of,
)
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.resources.received_memory import mark_received

__all__ = [
    "check_proto_dtype",
    "empty_proto",
    "named_value_pieces",
    "received_value",
    "value_array",
    "value_from_array",
    "value_from_proto",
    "value_pieces",
    "value_to_proto",
]


def value_array(value: Any, dtype: DType) -> np.ndarray[Any, Any]:
    """Return a value in any form as an array, which may share its memory.

    Raises:
      UnimplementedError: the value is a handle, which means something on its own task only.
    """
    if isinstance(value, torch.Tensor):
        return to_host(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    if isinstance(value, bytes):
        return np.array(value, dtype=object)
    raise errors.unimplemented(f"A value of dtype {dtype.name} cannot leave the task that holds it")


def value_pieces(field: int, value: Any, dtype: DType) -> list[Piece]:
    """Return a field of a message that holds a value as a TensorProto; large ones are not copied.

    Args:
      field: the number of the field.
      value: the value, in any form.
      dtype: its dtype.

    Raises:
      UnimplementedError: the value is a handle.
    """
    tensor = encode_tensor(value_array(value, dtype.base_dtype), dtype.base_dtype)
    return [field_head(field, size_of(tensor)), *tensor]


def named_value_pieces(field: int, name: str, value: Any, dtype: DType) -> list[Piece]:
    """Return a field of a message that holds a value as a NamedTensorProto.

    Args:
      field: the number of the field.
      name: what the value is called.
      value: the value, in any form.
      dtype: its dtype.

    Raises:
      UnimplementedError: the value is a handle.
    """
    dtype = dtype.base_dtype
    return encode_named_tensor(field, name, value_array(value, dtype), dtype)


def value_to_proto(value: Any, dtype: DType) -> Any:
    """Return a TensorProto for a value in any form.

    Raises:
      UnimplementedError: the value is a handle, which means something on its own task only.
    """
    dtype = dtype.base_dtype
    array = value_array(value, dtype)
    message = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    message.tensor_shape.SetInParent()
    for size in array.shape:
        message.tensor_shape.dim.add(size=size)
    if dtype is dtypes.string:
        items = array.ravel().tolist()
        message.tensor_content = b"".join([*map(encode_varint, map(len, items)), *items])
    elif array.size:
        message.tensor_content = array.tobytes()
    return message


def empty_proto() -> Any:
    """Return the tensor that stands for a dead one: float32, of shape [0]."""
    message = tensor_pb2.TensorProto(dtype=dtypes.float32.as_datatype_enum)
    message.tensor_shape.dim.add(size=0)
    return message


def check_proto_dtype(proto: Any, dtype: DType, what: str) -> None:
    """Refuse a TensorProto of another dtype.

    Raises:
      InternalError: as TensorFlow does for what is fed under a wrong dtype.
    """
    if proto.dtype != dtype.base_dtype.as_datatype_enum:
        try:
            given = as_dtype(proto.dtype).name
        except TypeError:
            given = str(proto.dtype)
        raise errors.internal(
            f"Output 0 of type {_text(given)} does not match declared output type "
            f"{_text(dtype.base_dtype.name)} for node {{{{node {what}}}}}"
        )


def _text(name: str) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(name, name)


def value_from_proto(
    proto: Any,
    form: Form,
    max_bytes: int = (1 << 31) - 1,
    content: memoryview | None = None,
) -> Any:
    """Return the value of a TensorProto in a form of the runtime.

    Args:
      proto: the message.
      form: the form.
      max_bytes: a larger tensor is refused.
      content: its `tensor_content`, where that is not in the message.

    Raises:
      InvalidArgumentError: the message is not sound, or its tensor takes more than `max_bytes`.
      UnimplementedError: values of the dtype do not travel.
    """
    try:
        dtype, numpy_type = _held_as(proto.dtype)
        shape = [dim.size for dim in proto.tensor_shape.dim]
        count = math.prod(shape)
        item_bytes = 1 if numpy_type is None else numpy_type.itemsize
        size_bytes = count * item_bytes
        if abs(size_bytes) > max_bytes:
            raise errors.invalid_argument(f"A tensor of shape {shape} is too large to be received")
        if content is not None and len(content) != size_bytes:
            raise ValueError(f"a tensor's content has {len(content)} bytes")
        given: Any = content
        if given is None and numpy_type is not None:
            given = proto.tensor_content
        if given and len(given) == size_bytes and numpy_type is not None:
            array = np.frombuffer(given, numpy_type).reshape(shape)
        else:
            array, content = array_from_proto(proto), None
    except (TypeError, ValueError, OverflowError) as error:
        raise errors.invalid_argument(f"Cannot parse tensor from proto: {error}") from error
    return received_value(array, dtype, form, content)


def received_value(
    array: np.ndarray[Any, Any], dtype: DType, form: Form, content: memoryview | None
) -> Any:
    """Return a value that was received, in a form of the runtime; it stays where it is if it can.

    Args:
      array: the value, whose memory nobody else changes.
      dtype: its dtype.
      form: the form.
      content: the part of the message that the array is a view of, if it is one.

    Raises:
      UnimplementedError: values of the dtype do not travel.
    """
    if not array.flags.aligned:
        array, content = array.copy(), None
    value = value_from_array(array, dtype, form)
    if content is not None and isinstance(value, torch.Tensor):
        mark_received(value, _message_bytes(content))
    return value


@cache
def _held_as(dtype_enum: int) -> tuple[DType, np.dtype[Any] | None]:
    """Return a dtype, and how arrays hold it; None where values are no numbers.

    Raises:
      TypeError: there is no such dtype.
    """
    dtype = as_dtype(dtype_enum)
    return dtype, np.dtype(dtype.as_numpy_dtype) if is_number(dtype) else None


def _message_bytes(content: memoryview) -> int:
    """Return the size of the memory that a part of a message belongs to."""
    owner: Any = content.obj
    return len(owner)


def value_from_array(array: np.ndarray[Any, Any], dtype: DType, form: Form) -> Any:
    """Return a value in a form of the runtime; it shares the memory of the array.

    Raises:
      UnimplementedError: values of the dtype do not travel.
    """
    numbers = is_number(dtype)
    if form is Form.TENSOR and numbers:
        if not all(array.strides) and array.size > 1:
            array = np.ascontiguousarray(array)
        return to_tensor(array)
    if form is Form.HOST or dtype is dtypes.string:
        return array if array.ndim or dtype is dtypes.string else array[()]
    raise errors.unimplemented(f"A value of dtype {dtype.name} cannot be received")
