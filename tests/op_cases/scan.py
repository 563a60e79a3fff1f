"""Cases of running sums and products."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_NUMBER = (
    "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
    " complex64 complex128"
)


def _array(name: str) -> np.ndarray:
    dtype = numpy_dtype(name)
    return np.array([[1, 2, 3], [2, 1, 2]]).astype(dtype)


CASES = [
    *[
        OpCase(op_type, [_array(name), np.int32(1)])
        for op_type in ("Cumsum", "Cumprod")
        for name in _NUMBER.split()
    ],
    *[
        OpCase("CumulativeLogsumexp", [_array(name), np.int32(1)])
        for name in ("float32", "float64", "float16")
    ],
    *[
        OpCase(op_type, [_array("float32"), np.int64(axis)], {"exclusive": e, "reverse": r})
        for op_type in ("Cumsum", "Cumprod", "CumulativeLogsumexp")
        for axis, e, r in ((0, True, False), (-1, False, True), (1, True, True))
    ],
    OpCase("Cumsum", [np.zeros((2, 0), np.float32), np.int32(1)], {"exclusive": True}),
    OpCase(
        "Cumsum",
        [_array("float32"), np.int32(2)],
        fails="Expected scan axis in the range [-2, 2), but got 2",
    ),
]
