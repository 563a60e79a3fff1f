"""TensorProto on the wire: written and read around protobuf, so that large contents are not copied.

A message is written as pieces, of which the content of a tensor is a view of the array's own
memory; whoever sends it joins them, which is the only copy. It is read from a view of the received
bytes. The form is the one that TensorFlow's clients and servers use between each other: dtype,
shape and `tensor_content`, strings included (all lengths as varints, then the bytes).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from tensorboard.compat.proto import tensor_pb2, tensor_shape_pb2

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_codec import array_from_proto, strings_from_content

__all__ = [
    "Piece",
    "decode_tensor",
    "encode_named_tensor",
    "encode_tensor",
    "encode_varint",
    "field_head",
    "read_varint",
    "scan_fields",
    "scan_places",
    "size_of",
    "split_fields",
    "string_content",
    "usable_array",
]

Piece = bytes | memoryview
"""A run of bytes of a message."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10
_LARGE_BYTES = 1 << 16
_TINY_BYTES = 1 << 12  # up to this size, a copy costs less than a view
_DTYPE, _SHAPE, _VERSION, _CONTENT = 1, 2, 3, 4
_NAME, _NAMED_TENSOR = 1, 2  # fields of NamedTensorProto


def encode_varint(value: int) -> bytes:
    """Return a number, 0 or larger, as a varint."""
    if value < 0x80:
        return bytes((value,))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def field_head(number: int, size_bytes: int) -> bytes:
    """Return what stands before the bytes of a field: its tag and their number."""
    return encode_varint(number << 3 | _BYTES) + encode_varint(size_bytes)


def size_of(pieces: Sequence[Piece]) -> int:
    """Return the number of bytes in pieces."""
    return sum(map(len, pieces))


def scan_fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Yield number and value of each field: an int, or a view of the bytes.

    Raises:
      ValueError: it is not a message.
    """
    for number, value, *_ in _scan(message):
        yield number, value


def scan_places(message: memoryview, start: int) -> Iterator[tuple[int, Any, int]]:
    """Yield number, value and place of each field: where in a larger message its value begins.

    Args:
      message: the message.
      start: where it begins in the larger one.

    Raises:
      ValueError: it is not a message.
    """
    for number, value, _, at, _ in _scan(message):
        yield number, value, start + at


def split_fields(message: memoryview, number: int) -> tuple[list[memoryview], bytes]:
    """Return the values of the fields of one number, which hold bytes, and the rest of the message.

    Raises:
      ValueError: it is not a message.
    """
    found: list[memoryview] = []
    rest: list[memoryview] = []
    for field, value, start, _, end in _scan(message):
        if field == number and not isinstance(value, int):
            found.append(value)
        else:
            rest.append(message[start:end])
    return found, b"".join(rest)


def _scan(message: memoryview) -> Iterator[tuple[int, Any, int, int, int]]:
    """Yield number and value of each field, where it and its value begin, and where they end."""
    at, end = 0, len(message)
    while at < end:
        start = at
        tag, at = _read_varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value_start = at
            value, at = _read_varint(message, at)
            yield tag >> 3, value, start, value_start, at
            continue
        if kind == _BYTES:
            size, at = _read_varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field has the unknown wire type {kind}")
        if size > end - at:
            raise ValueError("a message ends within a field")
        yield tag >> 3, message[at : at + size], start, at, at + size
        at += size


def read_varint(message: memoryview) -> int:
    """Return the number that a varint stands for.

    Raises:
      ValueError: it is none.
    """
    return _read_varint(message, 0)[0]


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    for position in range(at, min(at + _MAX_VARINT_BYTES, len(message))):
        byte = message[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
    raise ValueError("a message ends within a number, or a number is too long")


@functools.lru_cache(maxsize=4096)
def _tensor_head(dtype_enum: int, shape: tuple[int, ...]) -> bytes:
    proto = tensor_pb2.TensorProto(dtype=dtype_enum)
    proto.tensor_shape.SetInParent()
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    encoded: bytes = proto.SerializeToString()
    return encoded


def encode_tensor(array: np.ndarray[Any, Any], dtype: DType) -> list[Piece]:
    """Return a TensorProto in pieces, which share the memory of a contiguous array of numbers.

    Args:
      array: numbers of the dtype, or bytes objects.
      dtype: its dtype.
    """
    head = _tensor_head(dtype.as_datatype_enum, array.shape)
    if not array.size:
        return [head]
    if dtype == dtypes.string:
        content = string_content(array)
        return [head, field_head(_CONTENT, len(content)), content]
    return [head, field_head(_CONTENT, array.nbytes), _content(array)]


def encode_named_tensor(
    field: int, name: str, array: np.ndarray[Any, Any], dtype: DType
) -> list[Piece]:
    """Return a field that holds a NamedTensorProto, in pieces; see `encode_tensor`.

    Args:
      field: the number of the field.
      name: what the tensor is called.
      array: numbers of the dtype, or bytes objects.
      dtype: its dtype.
    """
    if array.size and dtype != dtypes.string:
        enum = dtype.as_datatype_enum
        return [_named_start(field, name, enum, array.shape, array.nbytes), _content(array)]
    tensor = encode_tensor(array, dtype)
    size_bytes = size_of(tensor)
    return [_named_head(field, name, size_bytes), *tensor]


@functools.lru_cache(maxsize=4096)
def _named_start(
    field: int, name: str, dtype_enum: int, shape: tuple[int, ...], content_bytes: int
) -> bytes:
    """Return all that stands before the content: the same from step to step."""
    tensor = _tensor_head(dtype_enum, shape) + field_head(_CONTENT, content_bytes)
    return _named_head(field, name, len(tensor) + content_bytes) + tensor


def _named_head(field: int, name: str, tensor_bytes: int) -> bytes:
    text = name.encode()
    named = field_head(_NAME, len(text)) + text + field_head(_NAMED_TENSOR, tensor_bytes)
    return field_head(field, len(named) + tensor_bytes) + named


def _content(array: np.ndarray[Any, Any]) -> Piece:
    if array.nbytes <= _TINY_BYTES:
        return array.tobytes()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def string_content(array: np.ndarray[Any, Any]) -> bytes:
    """Return the content of a tensor of strings: all lengths as varints, then the bytes."""
    items = array.ravel().tolist()
    return b"".join([*map(encode_varint, map(len, items)), *items])


def decode_tensor(message: memoryview) -> np.ndarray[Any, Any]:
    """Return the tensor of a TensorProto.

    A large content that can be written to and is aligned is not copied: the array is a view of it.

    Raises:
      ValueError: it is not a message, or its content does not fit its shape.
      TypeError: the dtype cannot be held by an array.
    """
    dtype_enum = 0
    shape, content = memoryview(b""), memoryview(b"")
    for number, value in scan_fields(message):
        if number == _DTYPE and isinstance(value, int):
            dtype_enum = value
        elif number == _SHAPE and not isinstance(value, int):
            shape = value
        elif number == _CONTENT and not isinstance(value, int):
            content = value
        elif number != _VERSION:
            return array_from_proto(_parsed(tensor_pb2.TensorProto, message))
    if not content:
        return array_from_proto(_parsed(tensor_pb2.TensorProto, message))
    dims = tuple(dim.size for dim in _parsed(tensor_shape_pb2.TensorShapeProto, shape).dim)
    count = math.prod(dims)
    if any(size < 0 for size in dims):
        raise ValueError("a tensor's shape must be fully defined")
    dtype = as_dtype(dtype_enum)
    if dtype == dtypes.string:
        return strings_from_content(content, count).reshape(dims)
    numpy_type = np.dtype(dtype.as_numpy_dtype)
    if numpy_type.hasobject or len(content) != count * numpy_type.itemsize:
        raise ValueError(
            f"a tensor's content has {len(content)} bytes, its shape {list(dims)} of {dtype.name} "
            f"wants {count * numpy_type.itemsize}"
        )
    return usable_array(np.frombuffer(content, dtype=numpy_type).reshape(dims))


def usable_array(view: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a view of a message, if it is large, aligned and can be written to; else a copy."""
    flags = view.flags
    is_usable = view.nbytes >= _LARGE_BYTES and flags.writeable and flags.aligned
    return view if is_usable else view.copy()


def _parsed(kind: Any, message: memoryview) -> Any:
    try:
        return kind.FromString(bytes(message))
    except Exception as error:
        raise ValueError(f"a {kind.DESCRIPTOR.name} cannot be read: {error}") from error
