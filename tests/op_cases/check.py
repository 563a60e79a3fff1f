"""Cases of assertions and of checks for numbers that are not finite."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise

_DATA = [
    np.array(b"bad", object),
    np.array([1, 2, 3, 4], np.int32),
    np.float32(2.5),
    np.array([[1.5, 2], [3, 1e-7]], np.float64),
    np.array([True, False]),
]

CASES = [
    OpCase("Assert", [np.bool_(True), _DATA]),
    OpCase("Assert", [np.bool_(False), _DATA],
           fails="assertion failed: [bad] [1 2 3...] [2.5] [[1.5 2][3...]...] [1 0]"),
    OpCase("Assert", [np.bool_(False), _DATA], {"summarize": 10},
           fails="assertion failed: [bad] [1 2 3 4] [2.5] [[1.5 2][3 1e-07]] [1 0]"),
    OpCase("Assert", [np.bool_(False), [np.float32(1 / 3), np.float64(1 / 3), np.float32(1e10)]],
           fails="assertion failed: "),
    *elementwise("CheckNumerics", "float16 float32 float64", lambda kind: [kind([1, 2, 3])],
                 attrs={"message": "here"}),
    *elementwise("CheckNumericsV2", "float16 float32 float64", lambda kind: [kind([1, 2, 3])],
                 attrs={"message": "here"}),
    OpCase("CheckNumerics", [np.float32([1, np.nan])], {"message": "here"},
           fails="here : Tensor had NaN values"),
    OpCase("CheckNumerics", [np.float32([np.inf, np.nan])], {"message": "here"},
           fails="here : Tensor had Inf and NaN values"),
    OpCase("CheckNumericsV2", [np.float32([np.inf, -np.inf, np.nan])], {"message": "here"},
           fails="here : Tensor had -Inf, +Inf, and NaN values"),
]  # fmt: skip
