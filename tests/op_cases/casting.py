"""Cases of changes of dtype."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_TYPES = (
    "bool float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
    " complex64 complex128"
).split()


def _values(name: str) -> np.ndarray:
    return np.array([0, 1, 2.5, 3]).astype(numpy_dtype(name))


CASES = [
    *[
        OpCase("Cast", [_values(source)], {"DstT": target})
        for source in _TYPES
        for target in _TYPES
        if source != target
    ],
    OpCase("Cast", [np.array([-1, 300, 2.9, -2.9], np.float32)], {"DstT": "int32"}),
    OpCase("Cast", [np.array([-1, 300], np.int32)], {"DstT": "uint8"}, note="wraps"),
    OpCase("Cast", [np.array([-1, 300], np.int64)], {"DstT": "uint16"}, note="wraps"),
    OpCase("Cast", [np.array([np.nan, 0, np.inf], np.float32)], {"DstT": "bool"}),
    OpCase("Cast", [np.float32(2.7)], {"DstT": "int64"}, note="scalar"),
    OpCase("Cast", [np.int32(7)], {"DstT": "float16"}, note="scalar"),
    OpCase("Cast", [np.bool_(True)], {"DstT": "float32"}, note="scalar"),
    OpCase("Cast", [np.int64(2**40 + 3)], {"DstT": "int32"}, note="scalar wraps"),
    OpCase("Bitcast", [np.array([1.0, -2.0], np.float32)], {"type": "int32"}),
    OpCase("Bitcast", [np.array([1, 2], np.int64)], {"type": "uint8"}),
    OpCase("Bitcast", [np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.uint8)], {"type": "int32"}),
    OpCase("Bitcast", [np.array([1 + 2j], np.complex64)], {"type": "float64"}),
    OpCase("Bitcast", [np.array([1.5, 2.5], np.float16)], {"type": "bfloat16"}),
]
