"""Cases of images resampled with filters."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

_IMAGE = np.random.default_rng(3).random((2, 5, 4, 2), np.float32)
_KERNELS = "lanczos1 lanczos3 lanczos5 gaussian box triangle keyscubic mitchellcubic".split()


def _case(kernel_type: str, size: list[int], scale: list[float], antialias: bool) -> OpCase:
    return OpCase(
        "ScaleAndTranslate",
        [_IMAGE, as_array(size), np.float32(scale), np.float32([0.25, -0.5])],
        {"kernel_type": kernel_type, "antialias": antialias},
        tolerance=1e-4,
    )


CASES = [
    *[_case(kernel_type, [3, 7], [0.6, 1.75], True) for kernel_type in _KERNELS],
    *[_case(kernel_type, [3, 7], [0.6, 1.75], False) for kernel_type in _KERNELS],
    OpCase(
        "ScaleAndTranslate",
        [
            (_IMAGE * 255).astype(np.uint8),
            as_array([2, 2]),
            np.float32([0.4, 0.5]),
            np.float32([0, 0]),
        ],
        tolerance=1e-4,
    ),
    OpCase(
        "ScaleAndTranslateGrad",
        [_IMAGE[:, :3, :2], _IMAGE, np.float32([0.6, 0.5]), np.float32([0, 0])],
        {"kernel_type": "triangle"},
        tolerance=1e-4,
    ),
    OpCase(
        "ScaleAndTranslate",
        [_IMAGE, as_array([2, 2]), np.float32([0.4, 0.5]), np.float32([0, 0])],
        {"kernel_type": "sharp"},
        fails="Unrecognized kernel type: sharp",
    ),
]
