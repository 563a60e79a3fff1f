"""Cases of the sum of several tensors."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise


def _terms(dtype: type) -> list[object]:
    return [
        [
            np.arange(6).reshape(2, 3).astype(dtype),
            np.ones((2, 3), dtype),
            np.full((2, 3), 2, dtype),
        ]
    ]


CASES = [
    *elementwise("AddN", "float32 float64 float16 int32 int64 uint8 complex64", _terms),
    OpCase("AddN", [[np.array([1.5, -2.0], np.float32)]], note="one"),
    OpCase("AddN", [[np.array([2**31 - 1], np.int32), np.array([1], np.int32)]], note="wraps"),
    OpCase("AddN", [[np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)]], note="empty"),
    OpCase(
        "AddN",
        [[np.ones(2, np.float32), np.ones(3, np.float32)]],
        fails=("From merging shape 0 with other shapes", "must have the same size and shape"),
    ),
    *[
        OpCase("AccumulateNV2", _terms(np.dtype(name).type), {"shape": [2, 3]})
        for name in ("float32", "float64", "int32", "int64")
    ],
    OpCase("AccumulateNV2", [[np.array([1.5, -2.0], np.float32)]], {"shape": [2]}, note="one"),
]
