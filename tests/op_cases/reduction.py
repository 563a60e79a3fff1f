"""Cases of reductions over axes."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_REAL = "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
_NUMBER = f"{_REAL} complex64 complex128"
_AXES = [0, 2]


def _array(name: str) -> np.ndarray:
    dtype = numpy_dtype(name)
    array = np.array([3, 1, 2, 1, 2, 4, 1, 1, 3, 5, 2, 1]).reshape(2, 3, 2)
    return (array + 0.5j * array if dtype.kind == "c" else array).astype(dtype)


def _ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


CASES = [
    *[
        OpCase(op_type, [_array(name), _ints(0, 2)])
        for op_type, names in (
            ("Sum", _NUMBER),
            ("Mean", _NUMBER),
            ("Prod", _NUMBER),
            ("Max", _REAL),
            ("Min", _REAL),
            ("EuclideanNorm", _NUMBER),
        )
        for name in names.split()
    ],
    *[
        OpCase(op_type, [_array("float32"), axes], {"keep_dims": keep})
        for op_type in ("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm")
        for axes in (
            _ints(0, 1, 2),
            _ints(1),
            _ints(-1),
            np.int32(1),
            np.array([], np.int32),
            np.array([0, -1], np.int64),
        )
        for keep in (False, True)
    ],
    *[
        OpCase(op_type, [_array("int32") > 1, axes], {"keep_dims": keep})
        for op_type in ("All", "Any")
        for axes in (_ints(0, 1, 2), _ints(1), np.array([], np.int32))
        for keep in (False, True)
    ],
    *[
        OpCase(op_type, [np.zeros((0, 3), np.float32), _ints(0)], gradient=False)
        for op_type in ("Sum", "Prod", "Max", "Min", "EuclideanNorm")
    ],
    *[OpCase(op_type, [np.zeros((0, 3), np.int32), _ints(0)]) for op_type in ("Max", "Min")],
    *[OpCase(op_type, [np.zeros((0, 3), bool), _ints(0)]) for op_type in ("All", "Any")],
    *[OpCase(op_type, [np.float32(3), np.array([], np.int32)]) for op_type in ("Sum", "Mean")],
    OpCase("Prod", [np.array([[2.0, 0.0, 3.0]], np.float32), _ints(1)], note="with a zero"),
    OpCase("Max", [np.array([1.0, 3.0, 3.0], np.float32), _ints(0)], note="ties"),
    OpCase(
        "Sum",
        [np.ones((2, 3), np.float32), _ints(2)],
        fails=(
            "Invalid reduction dimension 2 for input with 2 dimensions",
            "Invalid reduction dimension (2 for input with 2 dimension(s)",
        ),
    ),
    *[
        OpCase(op_type, [_array(name), np.int32(axis)])
        for op_type in ("ArgMax", "ArgMin")
        for name in _REAL.split()
        for axis in (0, -1)
    ],
    OpCase("ArgMax", [_array("int32") > 1, np.int32(1)]),
    OpCase("ArgMin", [_array("int32") > 1, np.int64(1)]),
    OpCase("ArgMax", [_array("float32"), np.int32(1)], {"output_type": "int32"}),
    OpCase("ArgMin", [_array("float32"), np.int32(1)], {"output_type": "int32"}),
    OpCase("ArgMax", [np.array([1, 5, 5], np.float32), np.int32(0)], note="first of ties"),
    *[
        OpCase(
            op_type, [np.array([[np.nan, 1, 3], [np.nan] * 3], name), np.int32(1)], note="no number"
        )
        for op_type in ("ArgMax", "ArgMin")
        for name in ("float16", "float32")
    ],
    OpCase(
        "ArgMax",
        [_array("float32"), np.int32(3)],
        fails=("Dimension (3) must be in the range [-3, 3)", "Expected dimension in the range"),
    ),
]
