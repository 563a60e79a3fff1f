"""Cases of diagonals and bands of matrices."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_ALL = (
    "bool float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
    " complex64 complex128"
).split()
_ALIGNS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")


def _array(name: str, *shape: int) -> np.ndarray:
    dtype = numpy_dtype(name)
    return (np.arange(np.prod(shape)) + 1).reshape(shape).astype(dtype)


def _floats(*shape: int) -> np.ndarray:
    return _array("float32", *shape)


def _ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


_ZERO, _NINE, _ANY_SIZE = np.float32(0), np.float32(9), np.int32(-1)

CASES = [
    *[
        OpCase("Diag", [_array(name, 3)])
        for name in "float32 float64 float16 int32 int64 complex64 complex128".split()
    ],
    OpCase("Diag", [_floats(2, 3)]),
    *[
        OpCase("DiagPart", [_array(name, 3, 3)])
        for name in "float32 float64 float16 int32 int64 complex64 complex128".split()
    ],
    OpCase("DiagPart", [_floats(2, 3, 2, 3)]),
    *[OpCase("MatrixBandPart", [_array(name, 2, 3, 4), 1, 0]) for name in _ALL],
    *[
        OpCase("MatrixBandPart", [_floats(3, 4), np.int64(lower), np.int64(upper)])
        for lower, upper in ((-1, 0), (0, -1), (-1, -1), (0, 0), (2, 1))
    ],
    OpCase("MatrixBandPart", [_floats(2, 2), 5, 0], fails="num_lower must be negative"),
    *[OpCase("MatrixDiag", [_array(name, 2, 3)]) for name in _ALL],
    *[OpCase("MatrixDiagPart", [_array(name, 2, 3, 4)]) for name in _ALL],
    *[OpCase("MatrixSetDiag", [_array(name, 2, 3, 4), _array(name, 2, 3)]) for name in _ALL],
    *[
        OpCase("MatrixDiagV3", [_array(n, 3), 0, _ANY_SIZE, _ANY_SIZE, _array(n, 1)[0]])
        for n in _ALL
    ],
    *[
        OpCase(
            "MatrixDiagV3",
            [_floats(2, 2, 3), _ints(-1, 0), _ANY_SIZE, _ANY_SIZE, _ZERO],
            {"align": align},
        )
        for align in _ALIGNS
    ],
    OpCase("MatrixDiagV3", [_floats(3), 1, np.int32(3), np.int32(5), _NINE]),
    OpCase("MatrixDiagV3", [_floats(3), -2, _ANY_SIZE, np.int32(4), _NINE]),
    # TensorFlow's gradient aligns the diagonals as version 3 does, which is not what was put in.
    OpCase(
        "MatrixDiagV2",
        [_floats(2, 3), _ints(0, 1), _ANY_SIZE, _ANY_SIZE, _ZERO],
        gradient=False,
    ),
    *[OpCase("MatrixDiagPartV3", [_array(n, 3, 4), 1, _array(n, 1)[0]]) for n in _ALL],
    *[
        OpCase("MatrixDiagPartV3", [_floats(2, 3, 4), _ints(-2, 2), _NINE], {"align": align})
        for align in _ALIGNS
    ],
    OpCase("MatrixDiagPartV2", [_floats(3, 4), _ints(-1, 1), _NINE]),
    *[OpCase("MatrixSetDiagV3", [_array(n, 3, 4), _array(n, 3), 1]) for n in _ALL],
    *[
        OpCase("MatrixSetDiagV3", [_floats(3, 4), _floats(3, 3), _ints(-1, 1)], {"align": align})
        for align in _ALIGNS
    ],
    OpCase("MatrixSetDiagV2", [_floats(3, 4), _floats(3, 3), _ints(-1, 1)]),
]
