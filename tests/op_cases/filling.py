"""Cases of tensors made of one or two values."""

import numpy as np

from tests.op_cases.case import OpCase, as_array, elementwise

CASES = [
    *elementwise(
        "Fill",
        "float32 float64 float16 int32 int64 uint8 bool complex64",
        lambda dtype: [np.array([2, 3], np.int32), dtype(1)],
    ),
    OpCase("Fill", [np.array([2], np.int64), np.array(b"x", object)]),
    OpCase("Fill", [np.array([], np.int32), np.float32(2)]),
    OpCase(
        "Fill",
        [as_array([-1]), np.float32(2)],
        fails=("Fill dimensions must be >= 0", "Dimension -1 must be >= 0"),
    ),
    *elementwise(
        "ZerosLike", "float32 int32 bool complex128", lambda d: [np.ones((2, 2), d)], gradient=False
    ),
    OpCase("ZerosLike", [np.array([b"a", b"b"], object)]),
    *elementwise(
        "OnesLike", "float32 int32 bool complex128", lambda d: [np.zeros((2, 2), d)], gradient=False
    ),
    OpCase("OneHot", [as_array([0, 2, -1, 5]), 3, np.float32(1), np.float32(0)]),
    OpCase("OneHot", [as_array([[0, 2]]), 3, np.float32(5), np.float32(1)], {"axis": 0}),
    OpCase("OneHot", [as_array([[0, 2]]), 3, np.float32(5), np.float32(1)], {"axis": 1}),
    OpCase("OneHot", [np.uint8(1), 2, np.int32(5), np.int32(1)]),
    OpCase("OneHot", [as_array([1, 0]), 2, np.array(b"y", object), np.array(b"n", object)]),
    OpCase(
        "OneHot",
        [as_array([1, 0]), -2, 1, 0],
        fails=(
            "Dimension size, given by scalar input 1, must be non-negative but is -2",
            "depth must be non-negative, got: -2",
        ),
    ),
]
