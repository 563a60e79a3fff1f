"""Cases of convolutions of volumes."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.default_rng(17)


def _numbers(*shape: int) -> np.ndarray:
    return _RNG.integers(-8, 9, shape).astype(np.float32) / np.float32(4)


_IMAGE = _numbers(2, 4, 5, 3, 2)
_FILTER = _numbers(2, 3, 2, 2, 3)


def _attrs(padding, stride=1):
    return {"strides": [1, stride, stride, stride, 1], "padding": padding}


_IMAGE_SHAPE = np.array(_IMAGE.shape, np.int32)
_FILTER_SHAPE = np.array(_FILTER.shape, np.int32)
_GRAD = _numbers(2, 2, 3, 2, 3)

CASES = [
    *[
        OpCase("Conv3D", [_IMAGE, _FILTER], _attrs(padding, stride))
        for padding in ("SAME", "VALID")
        for stride in (1, 2)
    ],
    OpCase("Conv3DBackpropInputV2", [_IMAGE_SHAPE, _FILTER, _GRAD], _attrs("SAME", 2)),
    OpCase("Conv3DBackpropFilterV2", [_IMAGE, _FILTER_SHAPE, _GRAD], _attrs("SAME", 2)),
]
