"""Cases of comparisons and logic."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_REAL = "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
_STRINGS = np.array([[b"a", b"b"], [b"c", b""]], object)
_BOOLS = np.array([True, True, False, False])
_OTHER = np.array([True, False, True, False])


def _numbers(name: str, values: list[int]) -> np.ndarray:
    return np.array(values).astype(numpy_dtype(name))


def _pair(name: str) -> list[np.ndarray]:
    return [_numbers(name, [[1, 2, 3], [3, 2, 1]]), _numbers(name, [2, 2, 1])]


CASES = [
    *[
        OpCase(op_type, _pair(name))
        for op_type in ("Less", "LessEqual", "Greater", "GreaterEqual")
        for name in _REAL.split()
    ],
    *[
        OpCase(op_type, _pair(name))
        for op_type in ("Equal", "NotEqual")
        for name in f"{_REAL} complex64 complex128 bool".split()
    ],
    *[
        OpCase(op_type, inputs)
        for op_type in ("Equal", "NotEqual")
        for inputs in (
            [_STRINGS, np.array([b"a", b""], object)],
            [np.float32(2), np.float32(2)],
            [np.array(b"x", object), np.array(b"x", object)],
            [np.array([np.nan, 1], np.float32), np.array([np.nan, 1], np.float32)],
            [np.bool_(True), np.bool_(False)],
        )
    ],
    *[
        OpCase(
            op_type,
            [np.ones(2, np.float32), np.ones(3, np.float32)],
            {"incompatible_shape_error": False},
        )
        for op_type in ("Equal", "NotEqual")
    ],
    OpCase(
        "Equal",
        [np.ones(2, np.float32), np.ones(3, np.float32)],
        fails=("Dimensions must be equal, but are 2 and 3", "Incompatible shapes: [2] vs. [3]"),
    ),
    *[
        OpCase(op_type, [np.dtype(name).type(3), np.dtype(name).type(4)], note="scalar")
        for op_type in ("Less", "LessEqual", "Greater", "GreaterEqual")
        for name in ("float32", "int64")
    ],
    OpCase("LogicalAnd", [_BOOLS, _OTHER]),
    OpCase("LogicalOr", [_BOOLS, _OTHER]),
    OpCase("LogicalAnd", [np.bool_(True), np.bool_(False)]),
    OpCase("LogicalOr", [np.bool_(True), np.bool_(False)]),
    OpCase("LogicalAnd", [_BOOLS.reshape(2, 2), np.array([True, False])]),
    *[
        OpCase(
            "ApproximateEqual",
            [np.array([1.0, 2.0]).astype(name), np.array([1.05, 2.2]).astype(name)],
            {"tolerance": 0.1},
        )
        for name in ("float32", "float64")
    ],
]
