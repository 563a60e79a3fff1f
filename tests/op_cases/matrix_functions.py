"""Cases of functions of matrices."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.RandomState(7)
_SQUARE = _RNG.rand(2, 4, 4) + np.eye(4)
_DIAGONALS = _RNG.rand(2, 3, 5) + np.array([0, 2, 0])[:, None]
_RHS = _RNG.rand(2, 5, 3)

CASES = [
    *[OpCase("Lu", [_SQUARE.astype(dtype)]) for dtype in ("float32", "float64", "complex128")],
    OpCase("Lu", [_SQUARE[0, ::-1].copy()], {"output_idx_type": "int64"}),
    OpCase("Lu", [np.zeros((2, 2))], fails="Input is not invertible."),
    *[
        OpCase("TridiagonalSolve", [_DIAGONALS.astype(d), _RHS.astype(d)], tolerance=t)
        for d, t in (("float32", 1e-4), ("float64", None))
    ],
    OpCase(
        "TridiagonalSolve",
        [_DIAGONALS * np.array([1, 0, 1])[:, None] + 0.1, _RHS],
        note="rows are exchanged",
    ),
    OpCase("TridiagonalSolve", [_DIAGONALS, _RHS], {"partial_pivoting": False}),
    OpCase("TridiagonalSolve", [_DIAGONALS + 0.5j, _RHS + 0j], gradient=False),
    OpCase(
        "TridiagonalMatMul",
        [*(_RNG.rand(2, 1, 5) for _ in range(3)), _RHS],
    ),
    OpCase(
        "TridiagonalMatMul",
        [*(_RNG.rand(2, 1, 5).astype(np.float32) for _ in range(3)), _RHS.astype(np.float32)],
    ),
]
