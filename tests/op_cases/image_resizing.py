"""Cases of images in another size."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.default_rng(23)
_IMAGE = _RNG.integers(0, 64, (2, 4, 5, 3)).astype(np.float32) / np.float32(8)
_SIZES = [(8, 10), (3, 3), (2, 7), (1, 1), (9, 2)]
_CENTERS = [{}, {"align_corners": True}, {"half_pixel_centers": True}]


def _size(height: int, width: int) -> np.ndarray:
    return np.array([height, width], np.int32)


CASES = [
    *[
        OpCase(op_type, [_IMAGE, _size(*size)], attrs, tolerance=1e-4)
        for op_type in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic")
        for size in _SIZES
        for attrs in _CENTERS
    ],
    *[
        OpCase("ResizeArea", [_IMAGE, _size(*size)], attrs, tolerance=1e-4)
        for size in _SIZES
        for attrs in _CENTERS[:2]
    ],
    *[
        OpCase(op_type, [(_IMAGE * 8).astype(kind), _size(3, 7)], gradient=False)
        for op_type in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea")
        for kind in (np.uint8, np.int32, np.float64)
    ],
    *[
        OpCase(op_type, [_IMAGE, np.zeros((2, 3, 7, 3), np.float32)], attrs, gradient=False)
        for op_type in ("ResizeBilinearGrad", "ResizeBicubicGrad")
        for attrs in _CENTERS
    ],
    OpCase("ResizeNearestNeighborGrad", [_IMAGE, _size(2, 9)], gradient=False),
    OpCase("ResizeBilinear", [_IMAGE[0], _size(2, 2)], fails=("rank 4", "4-dimensional")),
]
