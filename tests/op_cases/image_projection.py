"""Cases of images under projective maps."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.RandomState(3)
_IMAGES = _RNG.rand(2, 5, 6, 3).astype(np.float32)
_TURN = np.float32([[0.8, -0.6, 1.5, 0.6, 0.8, -0.4, 0, 0]])
_TWO = np.float32([[1, 0, -1.25, 0, 1, 0.5, 0, 0], [0.9, 0.1, 0.3, -0.2, 1.1, 0.2, 0.02, -0.03]])
_SIZE = np.int32([4, 7])
_OP = "ImageProjectiveTransformV2"

CASES = [
    *[
        OpCase(_OP, [_IMAGES, maps, _SIZE], {"interpolation": how, "fill_mode": mode})
        for maps in (_TURN, _TWO)
        for how in ("NEAREST", "BILINEAR")
        for mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST")
    ],
    *[
        OpCase(_OP, [(_IMAGES * 255).astype(dtype), _TURN, _SIZE], {"interpolation": how})
        for dtype in (np.uint8, np.int32, np.int64, np.float16, np.float64)
        for how in ("NEAREST", "BILINEAR")
    ],
    OpCase(
        _OP,
        [_IMAGES, _TURN[:, :7], _SIZE],
        {"interpolation": "NEAREST"},
        fails="Input transform should be num_images x 8 or 1 x 8",
    ),
    OpCase(
        _OP,
        [_IMAGES, np.concatenate([_TWO, _TURN]), _SIZE],
        {"interpolation": "NEAREST"},
        fails="Input transform should be num_images x 8 or 1 x 8",
    ),
    OpCase(
        _OP,
        [_IMAGES, _TURN, np.int32([0, 3])],
        {"interpolation": "NEAREST"},
        fails="output dimensions must be positive",
    ),
]
