"""Cases of arithmetic of two tensors."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_REAL = "float32 float64 float16 bfloat16"
_COMPLEX = "complex64 complex128"
_INT = "int8 int16 int32 int64"
_UINT = "uint8 uint16 uint32 uint64"
_ALL = f"{_REAL} {_COMPLEX} {_INT} {_UINT}"


def _array(name: str, values: list[float], shape: tuple[int, ...]) -> np.ndarray:
    dtype = numpy_dtype(name)
    array = np.array(values).reshape(shape)
    if dtype.kind == "u":
        array = np.abs(array)
    if dtype.kind == "c":
        array = array + 0.5j * array[..., ::-1]
    return array.astype(dtype)


def _left(name: str) -> np.ndarray:
    return _array(name, [7, -7, 5.5, 9, -3.5, 2], (2, 3))


def _right(name: str) -> np.ndarray:
    return _array(name, [2, 3.5, -4], (3,))


def _pairs(op_type: str, names: str, **options: object) -> list[OpCase]:
    return [OpCase(op_type, [_left(name), _right(name)], **options) for name in names.split()]


def _positive(op_type: str, names: str) -> list[OpCase]:
    return [
        OpCase(op_type, [np.abs(_left(name)), np.abs(_array(name, [1, 1.75, -2], (3,)))])
        for name in names.split()
    ]


def _floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


CASES = [
    *_pairs("AddV2", _ALL),
    *_pairs("Add", f"{_REAL} {_COMPLEX} {_INT} uint8"),
    OpCase("Add", [np.array([b"a", b"b"], object), np.array(b"c", object)]),
    *_pairs("Sub", _ALL),
    *_pairs("Mul", _ALL),
    *_pairs("MulNoNan", f"{_REAL} {_COMPLEX}"),
    OpCase("MulNoNan", [_floats(np.nan, np.inf, 2), _floats(0, 0, 3)], gradient=False),
    *_pairs("RealDiv", f"{_REAL} {_COMPLEX}"),
    *_pairs("Div", _ALL),
    *_pairs("TruncateDiv", f"{_REAL} {_INT} {_UINT}", gradient=False),
    *_pairs("FloorDiv", f"{_REAL} {_INT} {_UINT}", gradient=False),
    *_pairs("FloorMod", f"{_REAL} {_INT} {_UINT}"),
    *_pairs("Mod", "float32 float64 int32 int64", gradient=False),
    *_pairs("TruncateMod", "float32 float64 int32 int64", gradient=False),
    *_pairs("DivNoNan", f"{_REAL} {_COMPLEX}"),
    OpCase("DivNoNan", [_floats(1, np.nan, 3), _floats(0, 0, 2)], gradient=False),
    *_positive("Pow", f"{_REAL} {_COMPLEX}"),
    *[
        OpCase("Pow", [np.array([2, 3, -2]).astype(n), np.array([3, 0, 5]).astype(n)])
        for n in _INT.split()
    ],
    *_pairs("Maximum", f"{_REAL} {_INT} {_UINT}"),
    *_pairs("Minimum", f"{_REAL} {_INT} {_UINT}"),
    OpCase("Maximum", [_floats(np.nan, 1), _floats(1, np.nan)], gradient=False, note="nan"),
    OpCase("Minimum", [_floats(np.nan, 1), _floats(1, np.nan)], gradient=False, note="nan"),
    *_pairs("SquaredDifference", f"{_REAL} {_COMPLEX} int32 int64"),
    *_pairs("Atan2", _REAL),
    *_positive("Xdivy", f"{_REAL} {_COMPLEX}"),
    *_positive("Xlogy", f"{_REAL} {_COMPLEX}"),
    *_positive("Xlog1py", f"{_REAL} {_COMPLEX}"),
    *[
        OpCase(op_type, [_floats(0, 0, 2), _floats(0, np.nan, 3)], gradient=False, note="zero")
        for op_type in ("Xdivy", "Xlogy", "Xlog1py")
    ],
    *_pairs("NextAfter", "float32 float64", gradient=False),
    *[
        OpCase(op_type, [_left(name), _right(name)])
        for op_type in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")
        for name in f"{_INT} {_UINT}".split()
    ],
    *[
        OpCase(op_type, [_left(name), np.array([1, 2, 3]).astype(name)])
        for op_type in ("LeftShift", "RightShift")
        for name in f"{_INT} {_UINT}".split()
    ],
    *[
        OpCase("Complex", [_left(name), _left(name) * 2], {"Tout": tout})
        for name, tout in (("float32", "complex64"), ("float64", "complex128"))
    ],
    OpCase("Complex", [_left("float32"), np.float32(2)], note="broadcasts"),
    *[
        OpCase("Cross", [_left(name), _left(name)[::-1]])
        for name in f"{_REAL} {_INT} {_UINT}".split()
    ],
    # scalars, which host kernels compute
    *[
        OpCase(op_type, [np.dtype(name).type(7), np.dtype(name).type(-2)], note="scalar")
        for op_type in "AddV2 Sub Mul FloorDiv FloorMod Maximum Minimum".split()
        for name in ("float32", "float64", "int32", "int64")
    ],
    *[
        OpCase(op_type, [np.float32(7), np.float32(-2)], note="scalar")
        for op_type in ("RealDiv", "DivNoNan", "Pow")
    ],
    OpCase("DivNoNan", [np.float32(7), np.float32(0)], gradient=False, note="scalar zero"),
    OpCase("RealDiv", [np.float32(7), np.float32(0)], gradient=False, note="scalar zero"),
    OpCase("AddV2", [np.int32(2**31 - 1), np.int32(5)], note="scalar wraps"),
    OpCase("Mul", [np.int64(2**62), np.int64(6)], note="scalar wraps"),
    OpCase("Maximum", [np.float32(np.nan), np.float32(1)], gradient=False, note="scalar nan"),
    OpCase("Minimum", [np.float32(1), np.float32(np.nan)], gradient=False, note="scalar nan"),
    # shapes
    OpCase("AddV2", [np.zeros((2, 1, 3), np.float32), np.ones((4, 1), np.float32)]),
    OpCase("Mul", [np.ones((1, 3), np.float32) * 2, np.ones((2, 3), np.float32)]),
    OpCase("Sub", [np.float32(3), np.ones((2, 3), np.float32)]),
    OpCase("Mul", [np.zeros((0, 3), np.float32), np.ones((1, 3), np.float32)]),
    OpCase("AddV2", [np.array([2**31 - 1], np.int32), np.array([1], np.int32)], note="wraps"),
    OpCase("AddV2", [np.array([255], np.uint8), np.array([1], np.uint8)], note="wraps"),
    # failures
    *[
        OpCase(
            op_type,
            [np.ones(2, np.float32), np.ones(3, np.float32)],
            fails=("Dimensions must be equal, but are 2 and 3", "Incompatible shapes: [2] vs. [3]"),
        )
        for op_type in ("AddV2", "Mul", "Maximum", "DivNoNan", "SquaredDifference")
    ],
    *[
        OpCase(
            op_type,
            [np.array([1, 2], np.int32), np.array([1, 0], np.int32)],
            fails="nteger division by zero",
        )
        for op_type in ("FloorDiv", "FloorMod")
    ],
    OpCase("FloorDiv", [np.int32(3), np.int32(0)], fails="nteger division by zero"),
    OpCase("FloorMod", [np.int64(3), np.int64(0)], fails="nteger division by zero"),
    OpCase(
        "Pow",
        [np.array([2], np.int32), np.array([-1], np.int32)],
        fails="Integers to negative integer powers are not allowed",
    ),
]
