"""Cases of the colors of images."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise

_RNG = np.random.default_rng(29)
_IMAGE = np.concatenate(
    [
        _RNG.random((1, 4, 4, 3)).astype(np.float32),
        np.array([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0]] * 4, np.float32).reshape(
            (1, 4, 4, 3)
        ),
    ]
)

CASES = [
    *[
        case
        for op_type in ("RGBToHSV", "HSVToRGB")
        for case in elementwise(
            op_type, "float32 float64", lambda kind: [_IMAGE.astype(kind)], gradient=False
        )
    ],
    *[
        OpCase("AdjustHue", [_IMAGE, np.float32(delta)], tolerance=1e-4)
        for delta in (-0.75, -0.2, 0, 0.3)
    ],
    *[
        OpCase("AdjustSaturation", [_IMAGE, np.float32(scale)], tolerance=1e-4)
        for scale in (0, 0.5, 2)
    ],
    *[
        OpCase("AdjustContrastv2", [_IMAGE, np.float32(factor)], tolerance=1e-4)
        for factor in (0, 0.5, 2)
    ],
]
