"""The tables of dtypes in `tensorflow.python.framework.dtypes`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType

__all__ = [
    "ANY_TO_TF",
    "INTERN_TABLE",
    "NP_TO_TF",
    "PYTHON_TO_TF",
    "STRING_TO_TF",
    "TF_TO_NP",
    "TYPE_TO_STRING",
    "np_bfloat16",
]

_ALL = [value for value in vars(dtypes).values() if isinstance(value, DType)]

np_bfloat16 = dtypes.bfloat16.as_numpy_dtype
TYPE_TO_STRING = {dtype.as_datatype_enum: dtype.name for dtype in _ALL}
TF_TO_NP = {dtype.as_datatype_enum: dtype.as_numpy_dtype for dtype in _ALL}
NP_TO_TF: dict[Any, DType] = {
    np.dtype(dtype.as_numpy_dtype).type: dtype
    for dtype in _ALL
    if dtype is dtype.base_dtype and dtype.is_numpy_compatible
}

INTERN_TABLE = {dtype.as_datatype_enum: dtype for dtype in _ALL}
STRING_TO_TF = {dtype.name: dtype for dtype in _ALL}
for _other, _name in (("half", "float16"), ("float", "float32"), ("double", "float64")):
    for _suffix in ("", "_ref"):
        if _name + _suffix in STRING_TO_TF:
            STRING_TO_TF[_other + _suffix] = STRING_TO_TF[_name + _suffix]
PYTHON_TO_TF: dict[Any, DType] = {float: dtypes.float32, bool: dtypes.bool, object: dtypes.string}
ANY_TO_TF: dict[Any, DType] = {**INTERN_TABLE, **STRING_TO_TF, **PYTHON_TO_TF, **NP_TO_TF}
