"""Cases of Fourier transforms."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.RandomState(6)
_REAL = _RNG.rand(2, 3, 4, 6)
_COMPLEX = _REAL + 1j * _RNG.rand(2, 3, 4, 6)
_LOOSE = {"complex64": 1e-4, "complex128": 1e-9, "float32": 1e-4, "float64": 1e-9}

CASES = [
    *[
        OpCase(op_type, [_COMPLEX.astype(dtype)], tolerance=_LOOSE[dtype])
        for op_type in ("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D")
        for dtype in ("complex64", "complex128")
    ],
    *[
        OpCase(
            op_type,
            [_REAL.astype(dtype), np.int32(length)],
            {"Tcomplex": wide},
            tolerance=_LOOSE[dtype],
        )
        for op_type, length in (("RFFT", [6]), ("RFFT2D", [4, 6]), ("RFFT3D", [3, 4, 6]))
        for dtype, wide in (("float32", "complex64"), ("float64", "complex128"))
    ],
    OpCase("RFFT", [_REAL[0, 0].astype(np.float32), np.int32([5])], gradient=False, tolerance=1e-4),
    *[
        OpCase(
            op_type,
            [_COMPLEX[..., :4].astype(wide), np.int32(length)],
            {"Treal": dtype},
            tolerance=_LOOSE[dtype],
            # Where the redundant half does not fit, libraries differ.
            gradient=op_type != "IRFFT3D",
        )
        for op_type, length in (
            ("IRFFT", [6]),
            ("IRFFT", [7]),
            ("IRFFT2D", [4, 6]),
            ("IRFFT3D", [3, 4, 6]),
        )
        for dtype, wide in (("float32", "complex64"), ("float64", "complex128"))
    ],
    OpCase(
        "FFT2D",
        [np.complex64([1, 2])],
        fails=(
            "Shape must be at least rank 2 but is rank 1",
            "Input must have rank of at least 2 but got",
        ),
    ),
    OpCase(
        "RFFT",
        [np.float32([1, 2, 3]), np.int32([4])],
        fails="Input dimension 0 must have length of at least 4 but got: 3",
    ),
]
