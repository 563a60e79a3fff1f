"""Names that Python and NumPy had when programs for TensorFlow 1 were written, and dropped since.

`tensormill run` puts them back: such a program says `np.float` or `collections.Mapping`. A name
that is there is left alone.
"""

from __future__ import annotations

import collections
import collections.abc
import importlib
import inspect
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from tensormill.tensorflow_modules import inspection

__all__ = ["restore"]


class _Cast:
    """`np.cast["float32"](x)`: what makes an array of a dtype of something."""

    def __getitem__(self, dtype: Any) -> Callable[[Any], Any]:
        return lambda value: np.asarray(value).astype(dtype)


def _as_float_array(a: Any, dtype: Any = np.float64) -> Any:
    """Return an array of floats: of `dtype`, or of float64 where that is no such dtype."""
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _as_bytes(text: Any) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode("latin1")


def _as_text(text: Any) -> str:
    return text.decode("latin1") if isinstance(text, bytes) else str(text)


_NUMPY: dict[str, Any] = {
    "Inf": np.inf,
    "Infinity": np.inf,
    "NAN": np.nan,
    "NINF": -np.inf,
    "NaN": np.nan,
    "PINF": np.inf,
    "alltrue": np.all,
    "asfarray": _as_float_array,
    "asscalar": lambda a: np.asarray(a).item(),
    "bool": bool,
    "cast": _Cast(),
    "cfloat": np.complex128,
    "compat": types.SimpleNamespace(
        asbytes=_as_bytes, asstr=_as_text, long=int, unicode=str, basestring=str
    ),
    "complex": complex,
    "complex_": np.complex128,
    "cumproduct": np.cumprod,
    "find_common_type": lambda array_types, scalar_types: np.result_type(
        *array_types, *scalar_types
    ),
    "float": float,
    "float_": np.float64,
    "in1d": lambda ar1, ar2, *args, **kwargs: np.isin(np.ravel(ar1), ar2, *args, **kwargs),
    "infty": np.inf,
    "int": int,
    "int0": np.intp,
    "int_": np.int64,
    "issubsctype": np.issubdtype,
    "long": int,
    "longfloat": np.longdouble,
    "mat": np.asmatrix,
    "msort": lambda a: np.sort(a, axis=0),
    "object": object,
    "object0": np.object_,
    "product": np.prod,
    "rank": np.ndim,
    "round_": np.round,
    "row_stack": np.vstack,
    "sctypes": {
        "int": [np.int8, np.int16, np.int32, np.int64],
        "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
        "float": [np.float16, np.float32, np.float64, np.longdouble],
        "complex": [np.complex64, np.complex128, np.clongdouble],
        "others": [bool, object, bytes, str, np.void],
    },
    "singlecomplex": np.complex64,
    "sometrue": np.any,
    "str": str,
    "string_": np.bytes_,
    "trapz": getattr(np, "trapezoid", None),
    "typeDict": np.sctypeDict,
    "unicode": str,
    "unicode_": np.str_,
}
_PILLOW = {
    "ANTIALIAS": Image.Resampling.LANCZOS,
    "CUBIC": Image.Resampling.BICUBIC,
    "LINEAR": Image.Resampling.BILINEAR,
}
_ABSTRACT = (
    "Callable Collection Container Hashable ItemsView Iterable Iterator KeysView Mapping "
    "MappingView MutableMapping MutableSequence MutableSet Sequence Set Sized ValuesView"
).split()


def restore() -> None:
    """Put the names back where they are missing, in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of names that it is about to drop
        for name, value in _NUMPY.items():
            if value is not None and not hasattr(np, name):
                setattr(np, name, value)
        if not hasattr(np.lib, "pad"):
            np.lib.pad = np.pad  # type: ignore[attr-defined]
    for name in _ABSTRACT:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(inspect, "getargspec"):
        inspect.getargspec = inspection.getargspec  # type: ignore[attr-defined]
    if not hasattr(time, "clock"):
        time.clock = time.process_time  # type: ignore[attr-defined]
    for name, value in _PILLOW.items():
        if not hasattr(Image, name):
            setattr(Image, name, value)
    if "imp" not in sys.modules and sys.version_info >= (3, 12):
        sys.modules["imp"] = _imp()


def _imp() -> types.ModuleType:
    """Return what programs use of the module `imp`."""
    module = types.ModuleType("imp")
    module.reload = importlib.reload  # type: ignore[attr-defined]
    module.new_module = types.ModuleType  # type: ignore[attr-defined]
    return module
