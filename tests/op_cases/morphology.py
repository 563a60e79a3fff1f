"""Cases of dilation."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.RandomState(8)
_IMAGES = _RNG.rand(2, 5, 6, 2)
_FILTER = _RNG.rand(2, 3, 2)
_WINDOWS = (
    {"strides": [1, 1, 1, 1], "rates": [1, 1, 1, 1], "padding": "VALID"},
    {"strides": [1, 2, 1, 1], "rates": [1, 1, 2, 1], "padding": "SAME"},
)

CASES = [
    *[
        OpCase("Dilation2D", [_IMAGES.astype(dtype), _FILTER.astype(dtype)], window)
        for dtype in ("float32", "float64")
        for window in _WINDOWS
    ],
    OpCase(
        "Dilation2D", [(_IMAGES * 9).astype(np.int32), (_FILTER * 5).astype(np.int32)], _WINDOWS[1]
    ),
    *[
        OpCase(
            op_type,
            [_IMAGES, _FILTER, _RNG.rand(2, *size, 2)],
            window,
        )
        for op_type in ("Dilation2DBackpropInput", "Dilation2DBackpropFilter")
        for window, size in zip(_WINDOWS, ((4, 4), (3, 6)), strict=True)
    ],
]
