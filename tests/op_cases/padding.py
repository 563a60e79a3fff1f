"""Cases of borders."""

import numpy as np

from tests.op_cases.case import OpCase, as_array, elementwise

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
WORDS = np.array([b"a", b"b", b"c"], object)
BORDERS = np.array([[1, 1], [0, 2]], np.int32)

CASES = [
    *elementwise(
        "PadV2",
        "float16 float64 int32 uint8 uint16 bool complex64",
        lambda d: [np.ones((2, 1), d), as_array([[1, 0], [0, 1]]), d(1)],
    ),
    OpCase("Pad", [MATRIX, BORDERS]),
    OpCase("Pad", [as_array([1, 2]), np.array([[1, 0]], np.int64)]),
    OpCase("Pad", [WORDS, as_array([[1, 1]])]),
    OpCase(
        "Pad",
        [MATRIX, as_array([[1, -1], [0, 0]])],
        fails=("Paddings must be non-negative", "Paddings must be non-negative: 1 -1"),
    ),
    OpCase("PadV2", [MATRIX, BORDERS, np.float32(9)]),
    OpCase("PadV2", [np.array([True]), as_array([[1, 1]]), np.array(True)]),
    OpCase("MirrorPad", [MATRIX, as_array([[1, 1], [2, 1]])], {"mode": "REFLECT"}),
    OpCase("MirrorPad", [MATRIX, as_array([[2, 1], [3, 0]])], {"mode": "SYMMETRIC"}),
    OpCase("MirrorPad", [WORDS, as_array([[1, 2]])], {"mode": "REFLECT"}),
    OpCase(
        "MirrorPad",
        [MATRIX, as_array([[2, 0], [0, 0]])],
        {"mode": "REFLECT"},
        fails="paddings must be less than the dimension size: 2, 0 not less than 2",
    ),
    OpCase(
        "MirrorPadGrad",
        [np.arange(20, dtype=np.float32).reshape(4, 5), as_array([[1, 1], [1, 1]])],
        {"mode": "REFLECT"},
    ),
    OpCase(
        "MirrorPadGrad",
        [np.arange(20, dtype=np.float32).reshape(4, 5), as_array([[1, 1], [2, 0]])],
        {"mode": "SYMMETRIC"},
    ),
]
