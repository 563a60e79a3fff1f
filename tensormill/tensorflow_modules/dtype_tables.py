"""The tables of dtypes in `tensorflow.python.framework.dtypes`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType

__all__ = ["NP_TO_TF", "TF_TO_NP", "TYPE_TO_STRING", "np_bfloat16"]

_ALL = [value for value in vars(dtypes).values() if isinstance(value, DType)]

np_bfloat16 = dtypes.bfloat16.as_numpy_dtype
TYPE_TO_STRING = {dtype.as_datatype_enum: dtype.name for dtype in _ALL}
TF_TO_NP = {dtype.as_datatype_enum: dtype.as_numpy_dtype for dtype in _ALL}
NP_TO_TF: dict[Any, DType] = {
    np.dtype(dtype.as_numpy_dtype).type: dtype
    for dtype in _ALL
    if dtype is dtype.base_dtype and dtype.is_numpy_compatible
}
