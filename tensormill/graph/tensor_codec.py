"""TensorProto to NumPy array and back, in both forms: raw bytes and typed lists."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tensorboard.compat.proto import tensor_pb2, tensor_shape_pb2

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import Dims

_LIST_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int32": "int_val",
    "int16": "int_val",
    "int8": "int_val",
    "uint8": "int_val",
    "uint16": "int_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "string": "string_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "float16": "half_val",
    "bfloat16": "half_val",
    "qint8": "int_val",
    "quint8": "int_val",
    "qint16": "int_val",
    "quint16": "int_val",
    "qint32": "int_val",
}
_HALF = ("float16", "bfloat16")
# Arrays of these go out as raw bytes; the others as typed lists, whatever their size.
_RAW = frozenset(
    "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint32 uint64 qint8 qint16 "
    "qint32 quint8 "
    "quint16".split()
)
_MAX_FILLED_BYTES = 1 << 31


def shape_to_proto(dims: Dims) -> Any:
    """Return a TensorShapeProto for a static shape."""
    if dims is None:
        return tensor_shape_pb2.TensorShapeProto(unknown_rank=True)
    proto = tensor_shape_pb2.TensorShapeProto()
    for size in dims:
        proto.dim.add(size=-1 if size is None else size)
    return proto


def shape_from_proto(proto: Any) -> Dims:
    """Return the static shape that a TensorShapeProto says."""
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in proto.dim)


def array_to_proto(array: np.ndarray[Any, Any], dtype: DType, as_list: bool = False) -> Any:
    """Return a TensorProto as TensorFlow's `make_tensor_proto` writes it.

    Scalars, and arrays that repeat one element (those that `np.broadcast_to` makes), go into the
    typed list as that element; larger tensors of numbers as raw little-endian bytes, or with
    `as_list` as the typed list of all elements.
    """
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.CopyFrom(shape_to_proto(array.shape))
    name = dtype.name
    if array.size > 1 and not as_list:
        if not any(array.strides):
            array = array[(slice(0, 1),) * array.ndim]
        elif name in _RAW:
            proto.tensor_content = np.ascontiguousarray(array).tobytes()
            return proto
    field = getattr(proto, _LIST_FIELDS[name])
    if name == "string":
        field.extend(x if isinstance(x, bytes) else x.encode() for x in array.ravel())
    elif name in _HALF:
        field.extend(np.ascontiguousarray(array).view(np.uint16).ravel().tolist())
    elif dtype.is_complex:
        flat = array.ravel()
        field.extend(np.stack([flat.real, flat.imag], axis=1).ravel().tolist())
    else:
        field.extend(array.ravel().tolist())
    return proto


def array_from_proto(proto: Any) -> np.ndarray[Any, Any]:
    """Return the tensor that a TensorProto holds; a short list is filled up with its last element.

    A single element that is repeated takes no more memory than itself: the array is a read-only
    view with strides of zero, however large the shape.

    Raises:
      ValueError: the content does not fit the shape.
      TypeError: the dtype cannot be held by an array.
    """
    dtype = as_dtype(proto.dtype)
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if any(size < 0 for size in shape) or proto.tensor_shape.unknown_rank:
        raise ValueError("a tensor's shape must be fully defined")
    count = math.prod(shape)
    content = proto.tensor_content  # each access makes a copy
    if content:
        if dtype == dtypes.string:
            return strings_from_content(memoryview(content), count).reshape(shape)
        numpy_type = np.dtype(dtype.as_numpy_dtype)
        if len(content) != count * numpy_type.itemsize:
            raise ValueError(
                f"a tensor's content has {len(content)} bytes, its shape "
                f"{list(shape)} "
                f"wants {count} elements of {numpy_type.itemsize} bytes"
            )
        return np.frombuffer(content, dtype=numpy_type).reshape(shape).copy()
    listed = _listed_elements(proto, dtype)
    if listed.size > count:
        raise ValueError(
            f"a tensor lists {listed.size} elements, its shape {list(shape)} wants {count}"
        )
    if listed.size == count:
        return listed.reshape(shape)
    if listed.size < 2:
        if not listed.size:
            listed = np.array([b"" if dtype == dtypes.string else 0], dtype=listed.dtype)
        return np.broadcast_to(listed.reshape(()), shape)
    if count * listed.itemsize > _MAX_FILLED_BYTES:
        raise ValueError(f"a tensor of shape {list(shape)} lists {listed.size} elements only")
    full = np.empty(count, dtype=listed.dtype)
    full[: listed.size] = listed
    full[listed.size :] = listed[-1]
    return full.reshape(shape)


def strings_from_content(content: memoryview, count: int) -> np.ndarray[Any, Any]:
    """Return the strings of a raw content: all lengths as varints, then the bytes.

    Raises:
      ValueError: the content does not hold so many strings.
    """
    if count > len(content):
        raise ValueError(f"a content of {len(content)} bytes does not hold {count} strings")
    lengths: list[int] = []
    at = value = shift = 0
    while len(lengths) < count and at < len(content) and shift < 64:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            lengths.append(value)
            value = shift = 0
        else:
            shift += 7
    if len(lengths) != count or at + sum(lengths) != len(content):
        raise ValueError(f"a content of {len(content)} bytes does not hold {count} strings")
    strings = np.empty(count, dtype=object)
    for index, length in enumerate(lengths):
        strings[index] = bytes(content[at : at + length])
        at += length
    return strings


def _listed_elements(proto: Any, dtype: DType) -> np.ndarray[Any, Any]:
    name = dtype.name
    if name not in _LIST_FIELDS:
        raise TypeError(f"Unsupported type {name} in a TensorProto")
    numpy_type = dtype.as_numpy_dtype
    values = getattr(proto, _LIST_FIELDS[name])
    if name == "string":
        listed = np.empty(len(values), dtype=object)
        listed[:] = list(values)
        return listed
    if name in _HALF:
        return np.array(values, dtype=np.uint16).view(numpy_type)
    if dtype.is_complex:
        pairs = np.array(values, dtype=np.float64).reshape(-1, 2)
        return (pairs[:, 0] + 1j * pairs[:, 1]).astype(numpy_type)
    return np.array(values).astype(numpy_type) if len(values) else np.empty(0, numpy_type)
