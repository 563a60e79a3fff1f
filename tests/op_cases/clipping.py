"""Cases of values kept within bounds."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise


def _bounded(dtype: type) -> list[np.ndarray]:
    values = np.array([[1, 5, 3], [7, 2, 0]]).astype(dtype)
    return [values, dtype(2), dtype(4)]


_VALUES = np.float32([[-1, 5, 3.5], [7, 2, 0]])
_LOW, _HIGH = _VALUES * 0 + np.float32([0, 1, 2]), _VALUES * 0 + np.float32([4, 6, 3])

CASES = [
    *elementwise(
        "ClipByValue", "float16 float32 float64 int8 int16 int32 int64 uint8 uint16", _bounded
    ),
    OpCase("ClipByValue", [_VALUES, np.float32(0.5), np.float32(4)]),
    OpCase("ClipByValue", [_VALUES, _LOW, np.float32(4)]),
    OpCase("ClipByValue", [_VALUES, np.float32(0.5), _HIGH]),
    OpCase("ClipByValue", [_VALUES, _LOW, _HIGH]),
    OpCase("ClipByValue", [np.zeros((0, 2), np.float32), np.float32(0), np.float32(1)]),
    OpCase(
        "ClipByValue",
        [np.float32([np.nan, np.inf, -np.inf]), np.float32(0), np.float32(1)],
        gradient=False,
    ),
    OpCase(
        "ClipByValue",
        [_VALUES, _LOW[0], np.float32(4)],
        fails="be either of the same shape as input, or a scalar",
    ),
]
