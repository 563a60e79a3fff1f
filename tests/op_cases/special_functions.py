"""Cases of special functions."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype


def _rough(name: str) -> float | None:
    """Return the tolerance of functions that float32 gives roughly: that of the dtype in others."""
    return 2e-4 if name == "float32" else None


def _over(op_type: str, names: str, low: float, high: float, **options: object) -> list[OpCase]:
    return [
        OpCase(
            op_type,
            [np.linspace(low, high, 5).astype(numpy_dtype(name))],
            **options,
        )
        for name in names.split()
    ]


def _pair(op_type: str, a: list[float], x: list[float], **options: object) -> list[OpCase]:
    return [
        OpCase(
            op_type,
            [np.array(a).astype(name), np.array(x).astype(name)],
            tolerance=_rough(name),
            **options,
        )
        for name in ("float32", "float64")
    ]


CASES = [
    *_over("Erf", "float32 float64 float16 bfloat16", -2, 2),
    *_over("Erfc", "float32 float64 float16 bfloat16", -2, 2),
    *_over("Erfinv", "float32", -0.9, 0.9, tolerance=_rough("float32")),
    *_over("Erfinv", "float64", -0.9, 0.9),
    *_over("Ndtri", "float32", 0.05, 0.95, tolerance=_rough("float32")),
    *_over("Ndtri", "float64", 0.05, 0.95),
    *_over("Lgamma", "float32 float64 float16", 0.3, 4),
    *_over("Digamma", "float32 float64", 0.3, 4),
    *_over("Digamma", "float16", 0.3, 4, gradient=False, tolerance=5e-3),
    *[
        case
        for op_type in ("BesselI0", "BesselI0e", "BesselI1", "BesselI1e")
        for case in _over(op_type, "float32 float64", -3, 2)
    ],
    *_pair("Igamma", [0.5, 2.0, 3.5], [0.3, 1.5, 4.0]),
    *_pair("Igammac", [0.5, 2.0, 3.5], [0.3, 1.5, 4.0]),
    *_pair("IgammaGradA", [0.5, 2.0, 3.5], [0.3, 1.5, 4.0], gradient=False),
    *_pair("Polygamma", [0.0, 1.0, 3.0], [0.7, 1.5, 2.0]),
    *_pair("Zeta", [1.5, 2.0, 4.0], [0.7, 1.5, 2.0]),
    *[
        OpCase(
            "Betainc",
            [
                np.array([0.5, 2.0, 3.5, 1.0]).astype(name),
                np.array([1.5, 0.8, 3.0, 1.0]).astype(name),
                np.array([0.2, 0.9, 0.5, 0.25]).astype(name),
            ],
            tolerance=_rough(name),
        )
        for name in ("float32", "float64")
    ],
    OpCase("Betainc", [np.float64(2), np.float64(3), np.array([0.0, 0.5, 1.0])], gradient=False),
]
