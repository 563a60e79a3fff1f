"""TensorFlow dtypes to torch dtypes, and values between NumPy and torch without copies."""

from __future__ import annotations

import warnings
from typing import Any

import ml_dtypes
import numpy as np
import torch

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType

_TABLE = {
    dtypes.float16: torch.float16,
    dtypes.float32: torch.float32,
    dtypes.float64: torch.float64,
    dtypes.bfloat16: torch.bfloat16,
    dtypes.int8: torch.int8,
    dtypes.int16: torch.int16,
    dtypes.int32: torch.int32,
    dtypes.int64: torch.int64,
    dtypes.uint8: torch.uint8,
    dtypes.uint16: torch.uint16,
    dtypes.uint32: torch.uint32,
    dtypes.uint64: torch.uint64,
    dtypes.bool: torch.bool,
    dtypes.complex64: torch.complex64,
    dtypes.complex128: torch.complex128,
    dtypes.qint8: torch.int8,
    dtypes.qint16: torch.int16,
    dtypes.qint32: torch.int32,
    dtypes.quint8: torch.uint8,
    dtypes.quint16: torch.uint16,
}
NUMBERS = frozenset(_TABLE)
"""The dtypes whose values are held in torch tensors."""
_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

with warnings.catch_warnings():
    # torch warns once per process that a read-only array is shared; kernels never write to a feed.
    warnings.simplefilter("ignore")
    _read_only = np.zeros(1, np.float32)
    _read_only.flags.writeable = False
    torch.from_numpy(_read_only)


def torch_dtype(dtype: DType) -> torch.dtype:
    """Return the torch dtype that holds values of `dtype`.

    Raises:
      KeyError: values of `dtype` are not numbers.
    """
    return _TABLE[dtype.base_dtype]


def is_number(dtype: DType) -> bool:
    """Return whether values of `dtype` are held in torch tensors."""
    return dtype.base_dtype in _TABLE


_TORCH_TO_DTYPE = {
    held: dtype for dtype, held in _TABLE.items() if not dtype.name.startswith(("qint", "quint"))
}


def dtype_of_value(value: Any) -> DType:
    """Return the dtype of a value: a torch tensor, or a NumPy array or scalar.

    Raises:
      TypeError: it has none.
    """
    if isinstance(value, torch.Tensor):
        return _TORCH_TO_DTYPE[value.dtype]
    if isinstance(value, (np.ndarray, np.generic)):
        return dtypes.as_dtype(value.dtype)
    raise TypeError(f"a {type(value).__name__} has no dtype")


def to_tensor(value: Any) -> torch.Tensor:
    """Return a NumPy array or scalar as a torch tensor that shares its memory where it can."""
    array = value if type(value) is np.ndarray else np.asarray(value)
    if array.dtype.kind == "V":
        return _from_odd_array(array)
    if any(stride < 0 for stride in array.strides) or not array.dtype.isnative:
        array = np.array(array, array.dtype.newbyteorder("="), order="C")
    return torch.from_numpy(array)


def _from_odd_array(array: np.ndarray[Any, Any]) -> torch.Tensor:
    """Return an array of a dtype that NumPy lacks: bfloat16, or quantized numbers."""
    contiguous = np.ascontiguousarray(array)
    if array.dtype == _BFLOAT16:
        bits = torch.from_numpy(contiguous.view(np.int16).reshape(array.shape))
        return bits.view(torch.bfloat16)
    return torch.from_numpy(contiguous.view(array.dtype[0]).reshape(array.shape))


def to_host(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return a torch tensor as a NumPy array, sharing memory where the tensor is on the CPU."""
    if tensor.device.type != "cpu":
        tensor = tensor.cpu()
    if tensor.dtype is torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(_BFLOAT16)
    try:
        return tensor.numpy()
    except RuntimeError:  # a view that negates, or takes the conjugate
        return tensor.resolve_conj().resolve_neg().numpy()
