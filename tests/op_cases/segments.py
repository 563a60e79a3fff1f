"""Cases of reductions of rows that belong together."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_REAL = "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
_NUMBER = f"{_REAL} complex64 complex128"
_IDS = np.array([0, 0, 2, 2], np.int32)


def _array(name: str) -> np.ndarray:
    dtype = numpy_dtype(name)
    return np.array([[3, 1], [2, 2], [5, 1], [1, 4]]).astype(dtype)


def _ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


_DATA = _array("float32")

CASES = [
    *[
        # Later versions of TensorFlow have a gradient of SegmentProd.
        OpCase(op_type, [_array(name), _IDS], gradient=op_type != "SegmentProd")
        for op_type, names in (
            ("SegmentSum", _NUMBER),
            ("SegmentMean", f"{_REAL} complex64"),
            ("SegmentProd", _NUMBER),
            ("SegmentMax", _REAL),
            ("SegmentMin", _REAL),
        )
        for name in names.split()
    ],
    *[
        OpCase(f"Segment{kind}", [_DATA, np.array([1, 1, 1, 4], np.int64)], gradient=kind != "Prod")
        for kind in ("Sum", "Mean", "Prod", "Max", "Min")
    ],
    OpCase("SegmentSum", [np.zeros((0, 2), np.float32), np.zeros(0, np.int32)]),
    OpCase("SegmentMax", [np.array([2.0, 2.0], np.float32), _ints(0, 0)], note="ties"),
    OpCase("SegmentSum", [_DATA, _ints(0, 2, 1, 3)], fails="segment ids are not increasing"),
    *[
        OpCase(op_type, [_array(name), _ints(2, 0, -1, 2), np.int32(4)])
        for op_type, names in (
            ("UnsortedSegmentSum", _NUMBER),
            ("UnsortedSegmentProd", _NUMBER),
            ("UnsortedSegmentMax", _REAL),
            ("UnsortedSegmentMin", _REAL),
        )
        for name in names.split()
    ],
    OpCase("UnsortedSegmentSum", [_DATA, np.array([[0, 1]] * 4, np.int64), np.int64(2)]),
    OpCase("UnsortedSegmentSum", [np.float32(3), np.int32(1), np.int32(2)]),
    OpCase("UnsortedSegmentProd", [_DATA * [[0], [1], [0], [1]], _ints(0, 0, 1, 1), np.int32(2)]),
    OpCase(
        "UnsortedSegmentSum", [_DATA, _ints(0, 1, 2, 5), np.int32(3)], fails="out of range [0, 3)"
    ),
    *[
        OpCase(f"SparseSegment{kind}", [_array(name), _ints(0, 1, 3, 3), _ints(0, 0, 0, 2)])
        for kind, names in (
            ("Sum", _REAL),
            ("Mean", "float32 float64"),
            ("SqrtN", "float32 float64"),
        )
        for name in names.split()
    ],
    *[
        OpCase(
            f"SparseSegment{kind}WithNumSegments",
            [_DATA, np.array([2, 0, 1], np.int64), _ints(0, 0, 2), np.int32(4)],
        )
        for kind in ("Sum", "Mean", "SqrtN")
    ],
    *[
        OpCase(
            f"SparseSegment{kind}Grad",
            [_array(name), _ints(2, 0, 2), _ints(0, 0, 2), np.int32(3)],
            gradient=False,
        )
        for kind in ("Sum", "Mean", "SqrtN")
        for name in ("float32", "float64")
    ],
    OpCase(
        "SparseSegmentSum",
        [_DATA, _ints(0, 9), _ints(0, 1)],
        fails="out of range [0, 4)",
    ),
]
