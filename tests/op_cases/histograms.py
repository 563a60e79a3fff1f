"""Cases of counting."""

import numpy as np

from tests.op_cases.case import OpCase


def _ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


CASES = [
    *[
        OpCase(op_type, [_ints(1, 1, 0, 5, 2), np.int32(4), np.array(weights).astype(name)])
        for op_type in ("Bincount", "DenseBincount")
        for name in ("int32", "int64", "float32", "float64")
        for weights in ([], [1, 2, 3, 4, 5])
    ],
    OpCase("Bincount", [np.zeros(0, np.int32), np.int32(3), np.zeros(0, np.float32)]),
    OpCase("Bincount", [_ints(-1), np.int32(3), np.zeros(0, np.float32)], fails="must be non-neg"),
    OpCase(
        "DenseBincount",
        [_ints(1, 1, 0), np.int32(4), np.zeros(0, np.float32)],
        {"binary_output": True},
    ),
    OpCase(
        "DenseBincount", [np.array([[1, 1], [2, 0]], np.int64), np.int64(3), np.zeros(0, np.int32)]
    ),
    *[
        OpCase(
            "HistogramFixedWidth",
            [np.array([-1, 0, 1, 2, 5, 15]).astype(name), np.array([0, 5]).astype(name), 5],
            {"dtype": dtype},
        )
        for name in ("int32", "int64", "float32", "float64")
        for dtype in ("int32", "int64")
    ],
]
