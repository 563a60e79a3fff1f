"""TensorProto to NumPy array and back: TensorFlow's two ways of writing a tensor, raw bytes and typed lists."""

from __future__ import annotations

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
_MAX_LIST_ELEMENTS = 1


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


def array_to_proto(array: np.ndarray[Any, Any], dtype: DType) -> Any:
    """Return a TensorProto as TensorFlow's `make_tensor_proto` writes it.

    Scalars go into the typed list, larger tensors of numbers as raw little-endian bytes, strings as a list.
    """
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.CopyFrom(shape_to_proto(array.shape))
    name = dtype.name
    if name == "string":
        proto.string_val.extend(
            item if isinstance(item, bytes) else item.encode() for item in array.ravel()
        )
        return proto
    if dtype.is_quantized:
        array = array.view(array.dtype[0])
    if array.size > _MAX_LIST_ELEMENTS and not any(array.strides):
        array = array.ravel()[:1]  # one element, repeated
    if array.size > _MAX_LIST_ELEMENTS:
        proto.tensor_content = np.ascontiguousarray(array).tobytes()
        return proto
    field = getattr(proto, _LIST_FIELDS[name])
    if name in _HALF:
        field.extend(np.ascontiguousarray(array).view(np.uint16).ravel().tolist())
    elif dtype.is_complex:
        for item in array.ravel():
            field.extend((item.real, item.imag))
    else:
        field.extend(array.ravel().tolist())
    return proto


def array_from_proto(proto: Any) -> np.ndarray[Any, Any]:
    """Return the tensor that a TensorProto holds; short typed lists are filled up with their last element.

    Raises:
      ValueError: the content does not fit the shape.
      TypeError: the dtype cannot be held by an array.
    """
    dtype = as_dtype(proto.dtype)
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if any(size < 0 for size in shape) or proto.tensor_shape.unknown_rank:
        raise ValueError("a tensor's shape must be fully defined")
    count = int(np.prod(shape, dtype=np.int64)) if shape else 1
    numpy_type = dtype.as_numpy_dtype
    if proto.tensor_content:
        if dtype == dtypes.string:
            raise ValueError("a string tensor has no raw content")
        content = np.frombuffer(proto.tensor_content, dtype=numpy_type)
        if content.size != count:
            raise ValueError(
                f"tensor content has {content.size} elements, its shape {shape} wants {count}"
            )
        return content.reshape(shape).copy()
    name = dtype.name
    if name not in _LIST_FIELDS:
        raise TypeError(f"Unsupported type {name} in a TensorProto")
    values = getattr(proto, _LIST_FIELDS[name])
    if dtype == dtypes.string:
        listed = np.empty(len(values), dtype=object)
        listed[:] = list(values)
    elif name in _HALF:
        listed = np.array(values, dtype=np.uint16).view(numpy_type)
    elif dtype.is_complex:
        pairs = np.array(values, dtype=np.float64).reshape(-1, 2)
        listed = (pairs[:, 0] + 1j * pairs[:, 1]).astype(numpy_type)
    else:
        listed = np.array(values).astype(numpy_type) if len(values) else np.empty(0, numpy_type)
    if listed.size > count:
        raise ValueError(f"a tensor lists {listed.size} elements, its shape {shape} wants {count}")
    full = np.empty(count, dtype=listed.dtype)
    full[: listed.size] = listed
    full[listed.size :] = listed[-1] if listed.size else (b"" if dtype == dtypes.string else 0)
    return full.reshape(shape)
