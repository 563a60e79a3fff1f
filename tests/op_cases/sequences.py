"""Cases of sequences of numbers."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype


def _array(name: str, *values: float) -> np.ndarray:
    return np.array(values).astype(numpy_dtype(name))


def _range(name: str, *values: float) -> OpCase:
    return OpCase("Range", [_array(name, value).reshape(()) for value in values])


CASES = [
    *[_range(name, 1, 8, 3) for name in "int32 int64 float32 float64 bfloat16".split()],
    _range("int32", 5, 1, -2),
    _range("int32", 2, 2, 1),
    _range("float32", 0, 1, 0.3),
    _range("float64", 1, -1, -0.25),
    OpCase("Range", [np.int32(0), np.int32(3), np.int32(0)], fails="Requires delta != 0"),
    OpCase(
        "Range",
        [np.int32(3), np.int32(0), np.int32(1)],
        fails="Requires start <= limit when delta > 0: 3/0",
    ),
    *[
        OpCase("LinSpace", [_array(name, 1).reshape(()), _array(name, 2).reshape(()), np.int32(n)])
        for name in ("float32", "float64")
        for n in (1, 2, 5)
    ],
    OpCase("LinSpace", [np.float32(1), np.float32(2), np.int32(0)], fails="Requires num > 0: 0"),
    _range("int64", -(2**63), 2**63 - 1, 2**62),
    _range("int64", 2**62, -(2**62), -(2**61)),
    OpCase("LinSpace", [np.float32(0), np.float32(np.inf), np.int32(3)]),
]
