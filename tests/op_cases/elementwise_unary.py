"""Cases of functions of one tensor."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_REAL = "float32 float64 float16 bfloat16"
_COMPLEX = "complex64 complex128"
_INT = "int8 int16 int32 int64"
_UINT = "uint8 uint16 uint32 uint64"


def _values(name: str, low: float, high: float) -> np.ndarray:
    dtype = numpy_dtype(name)
    if dtype.kind == "c":
        real = np.linspace(low, high, 6)
        return (real + 1j * np.linspace(0.3, 0.9, 6)).reshape(2, 3).astype(dtype)
    return np.linspace(low, high, 6).reshape(2, 3).astype(dtype)


def _over(op_type: str, names: str, low: float, high: float, **options: object) -> list[OpCase]:
    return [OpCase(op_type, [_values(name, low, high)], **options) for name in names.split()]


CASES = [
    *_over("Abs", f"{_REAL} {_INT}", -3, 4),
    *_over("Neg", f"{_REAL} {_COMPLEX} {_INT}", -3, 4),
    *_over("Sign", f"{_REAL} {_COMPLEX} {_INT}", -3, 4),
    OpCase("Sign", [np.array([0.0, -0.0, np.nan, np.inf], np.float32)], gradient=False),
    *_over("Square", f"{_REAL} {_COMPLEX} {_INT} {_UINT}", 1, 12),
    OpCase("Square", [np.array([2**16, -(2**17) + 1], np.int32)], note="wraps"),
    *_over("Sqrt", f"{_REAL} {_COMPLEX}", 0.5, 4),
    *_over("Rsqrt", f"{_REAL} {_COMPLEX}", 0.5, 4),
    *_over("Exp", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Expm1", f"{_REAL} {_COMPLEX}", -1, 1),
    *_over("Log", f"{_REAL} {_COMPLEX}", 0.1, 3),
    *_over("Log1p", f"{_REAL} {_COMPLEX}", -0.5, 3),
    *_over("Sin", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Cos", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Tan", f"{_REAL} {_COMPLEX}", -1, 1),
    *_over("Asin", f"{_REAL} {_COMPLEX}", -0.8, 0.9),
    *_over("Acos", f"{_REAL} {_COMPLEX}", -0.8, 0.9),
    *_over("Atan", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Sinh", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Cosh", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Tanh", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Asinh", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Acosh", f"{_REAL} {_COMPLEX}", 1.5, 4),
    *_over("Atanh", f"{_REAL} {_COMPLEX}", -0.8, 0.9),
    *_over("Sigmoid", f"{_REAL} {_COMPLEX}", -2, 2),
    *_over("Reciprocal", f"{_REAL} {_COMPLEX}", 0.5, 3),
    *_over("Inv", f"{_REAL} {_COMPLEX}", 0.5, 3),
    *_over("Ceil", _REAL, -2.4, 2.9, gradient=False),
    *_over("Floor", _REAL, -2.4, 2.9, gradient=False),
    *_over("Rint", "float32 float64", -2.5, 2.5, gradient=False),
    *_over("Round", _REAL, -2.5, 2.5, gradient=False),
    OpCase("Round", [np.array([0.5, 1.5, 2.5, -0.5], np.float32)], gradient=False),
    *[
        OpCase(op_type, [np.array([1.0, np.nan, np.inf, -np.inf]).astype(numpy_dtype(name))])
        for op_type in ("IsNan", "IsInf", "IsFinite")
        for name in _REAL.split()
    ],
    *_over("Invert", f"{_INT} {_UINT}", 0, 100),
    *_over("PopulationCount", f"{_INT} {_UINT}", 0, 100),
    OpCase("PopulationCount", [np.array([-1, -128], np.int8)]),
    OpCase("LogicalNot", [np.array([True, False])]),
    OpCase("LogicalNot", [True], note="scalar"),
    *[
        OpCase(op_type, [_values(name, -1, 2)], {"Tout": tout})
        for op_type in ("Real", "Imag", "Angle", "ComplexAbs")
        for name, tout in (("complex64", "float32"), ("complex128", "float64"))
    ],
    *_over("Conj", _COMPLEX, -1, 2),
    *[
        OpCase(op_type, [_values(name, 0.2, 0.9), _values(name, -1, 2)])
        for op_type in (
            "SigmoidGrad",
            "TanhGrad",
            "SqrtGrad",
            "RsqrtGrad",
            "InvGrad",
            "ReciprocalGrad",
        )
        for name in f"{_REAL} {_COMPLEX}".split()
    ],
    *[
        OpCase(op_type, [np.float32(0.6)], note="scalar")
        for op_type in "Abs Neg Square Sqrt Exp Log Sin Cos Tanh Floor Ceil Rint Reciprocal".split()
    ],
    *[OpCase(op_type, [np.float64(np.nan)]) for op_type in ("IsNan", "IsFinite")],
    OpCase("Neg", [np.int32(-(2**31))], note="scalar wraps"),
    OpCase("Square", [np.int32(2**16)], note="scalar wraps"),
    OpCase("Abs", [np.int64(-5)], note="scalar"),
    OpCase("Exp", [np.zeros((0, 3), np.float32)], note="empty"),
]
