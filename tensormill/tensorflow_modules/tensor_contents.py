"""How `tensorflow.python.framework.tensor_util` writes values of NumPy into a TensorProto.

Source: TensorFlow 1.15, python/framework/tensor_util.py, fast_tensor_util.pyx.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tensormill.graph import dtypes

__all__ = [
    "APPENDERS",
    "AppendBFloat16ArrayToTensorProto",
    "AppendBoolArrayToTensorProto",
    "AppendComplex64ArrayToTensorProto",
    "AppendComplex128ArrayToTensorProto",
    "AppendFloat16ArrayToTensorProto",
    "AppendFloat32ArrayToTensorProto",
    "AppendFloat64ArrayToTensorProto",
    "AppendInt8ArrayToTensorProto",
    "AppendInt16ArrayToTensorProto",
    "AppendInt32ArrayToTensorProto",
    "AppendInt64ArrayToTensorProto",
    "AppendObjectArrayToTensorProto",
    "AppendUInt8ArrayToTensorProto",
    "AppendUInt16ArrayToTensorProto",
    "AppendUInt32ArrayToTensorProto",
    "AppendUInt64ArrayToTensorProto",
    "ExtractBitsFromBFloat16",
    "ExtractBitsFromFloat16",
    "FastAppendBFloat16ArrayToTensorProto",
    "GetFromNumpyDTypeDict",
    "GetNumpyAppendFn",
    "SlowAppendBFloat16ArrayToTensorProto",
    "SlowAppendFloat16ArrayToTensorProto",
]

Appender = Callable[[Any, Any], None]


def _appender(field: str, as_numbers: Callable[[np.ndarray[Any, Any]], Any]) -> Appender:
    """Return what extends a field of a TensorProto by the numbers that stand for an array."""

    def append(tensor_proto: Any, nparray: Any) -> None:
        getattr(tensor_proto, field).extend(as_numbers(np.asarray(nparray).ravel()))

    append.__doc__ = f"Append the values of an array to `{field}`."
    return append


def _bits_of(dtype: Any) -> Callable[[np.ndarray[Any, Any]], Any]:
    return lambda values: values.astype(dtype, copy=False).view(np.uint16).tolist()


def _integers(values: np.ndarray[Any, Any]) -> Any:
    # Quantized numbers are records of one field.
    return values.view(values.dtype[0]).tolist() if values.dtype.names else values.tolist()


def _parts_of(dtype: Any) -> Callable[[np.ndarray[Any, Any]], Any]:
    """Return what gives the real and the imaginary parts, by turns."""
    return lambda values: values.astype(np.complex128).view(np.float64).astype(dtype).tolist()


def _as_bytes(values: np.ndarray[Any, Any]) -> Any:
    return [value.encode() if isinstance(value, str) else value for value in values.tolist()]


_BFLOAT16 = dtypes.bfloat16.as_numpy_dtype

AppendFloat16ArrayToTensorProto = _appender("half_val", _bits_of(np.float16))
FastAppendBFloat16ArrayToTensorProto = _appender("half_val", _bits_of(_BFLOAT16))
SlowAppendFloat16ArrayToTensorProto = AppendFloat16ArrayToTensorProto
SlowAppendBFloat16ArrayToTensorProto = FastAppendBFloat16ArrayToTensorProto
# Of this one the caller has the bits already.
AppendBFloat16ArrayToTensorProto = _appender("half_val", _integers)
AppendFloat32ArrayToTensorProto = _appender("float_val", _integers)
AppendFloat64ArrayToTensorProto = _appender("double_val", _integers)
AppendInt8ArrayToTensorProto = _appender("int_val", _integers)
AppendInt16ArrayToTensorProto = AppendInt8ArrayToTensorProto
AppendInt32ArrayToTensorProto = AppendInt8ArrayToTensorProto
AppendUInt8ArrayToTensorProto = AppendInt8ArrayToTensorProto
AppendUInt16ArrayToTensorProto = AppendInt8ArrayToTensorProto
AppendInt64ArrayToTensorProto = _appender("int64_val", _integers)
AppendUInt32ArrayToTensorProto = _appender("uint32_val", _integers)
AppendUInt64ArrayToTensorProto = _appender("uint64_val", _integers)
AppendComplex64ArrayToTensorProto = _appender("scomplex_val", _parts_of(np.float32))
AppendComplex128ArrayToTensorProto = _appender("dcomplex_val", _parts_of(np.float64))
AppendObjectArrayToTensorProto = _appender("string_val", _as_bytes)
AppendBoolArrayToTensorProto = _appender("bool_val", _integers)

APPENDERS: dict[Any, Appender] = {
    _BFLOAT16: FastAppendBFloat16ArrayToTensorProto,
    np.float16: AppendFloat16ArrayToTensorProto,
    np.float32: AppendFloat32ArrayToTensorProto,
    np.float64: AppendFloat64ArrayToTensorProto,
    np.int8: AppendInt8ArrayToTensorProto,
    np.int16: AppendInt16ArrayToTensorProto,
    np.int32: AppendInt32ArrayToTensorProto,
    np.int64: AppendInt64ArrayToTensorProto,
    np.uint8: AppendUInt8ArrayToTensorProto,
    np.uint16: AppendUInt16ArrayToTensorProto,
    np.uint32: AppendUInt32ArrayToTensorProto,
    np.uint64: AppendUInt64ArrayToTensorProto,
    np.complex64: AppendComplex64ArrayToTensorProto,
    np.complex128: AppendComplex128ArrayToTensorProto,
    np.object_: AppendObjectArrayToTensorProto,
    np.bool_: AppendBoolArrayToTensorProto,
    dtypes.qint8.as_numpy_dtype: AppendInt8ArrayToTensorProto,
    dtypes.quint8.as_numpy_dtype: AppendUInt8ArrayToTensorProto,
    dtypes.qint16.as_numpy_dtype: AppendInt16ArrayToTensorProto,
    dtypes.quint16.as_numpy_dtype: AppendUInt16ArrayToTensorProto,
    dtypes.qint32.as_numpy_dtype: AppendInt32ArrayToTensorProto,
}


def ExtractBitsFromFloat16(x: Any) -> int:
    """Return the bits of a number of half precision as an integer."""
    return int(np.asarray(x, dtype=np.float16).view(np.uint16).item())


def ExtractBitsFromBFloat16(x: Any) -> int:
    """Return the bits of a bfloat16 number as an integer."""
    return int(np.asarray(x, dtype=_BFLOAT16).view(np.uint16).item())


def GetFromNumpyDTypeDict(dtype_dict: Mapping[Any, Any], dtype: Any) -> Any:
    """Return what a dictionary has under a dtype of NumPy, else None."""
    return next((value for key, value in dtype_dict.items() if key == dtype), None)


def GetNumpyAppendFn(dtype: Any) -> Appender | None:
    """Return what appends arrays of a dtype to a TensorProto, None where it has no such values."""
    if np.dtype(dtype).type in (np.bytes_, np.str_):
        return AppendObjectArrayToTensorProto
    found: Appender | None = GetFromNumpyDTypeDict(APPENDERS, dtype)
    return found
