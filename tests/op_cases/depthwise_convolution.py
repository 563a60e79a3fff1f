"""Cases of convolutions of every channel on its own."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.default_rng(13)


def _numbers(*shape: int) -> np.ndarray:
    return _RNG.integers(-8, 9, shape).astype(np.float32) / np.float32(4)


_IMAGE = _numbers(2, 6, 5, 3)
_FILTER = _numbers(3, 2, 3, 2)


def _attrs(padding, stride=1):
    return {"strides": [1, stride, stride, 1], "padding": padding}


_IMAGE_SHAPE = np.array(_IMAGE.shape, np.int32)
_FILTER_SHAPE = np.array(_FILTER.shape, np.int32)

CASES = [
    *[
        OpCase("DepthwiseConv2dNative", [_IMAGE, _FILTER], _attrs(padding, stride))
        for padding in ("SAME", "VALID")
        for stride in (1, 2)
    ],
    OpCase("DepthwiseConv2dNative", [_IMAGE, _numbers(3, 2, 2, 2)], _attrs("SAME"),
           fails=("Dimensions must be equal", "")),
    OpCase(
        "DepthwiseConv2dNativeBackpropInput",
        [_IMAGE_SHAPE, _FILTER, _numbers(2, 3, 3, 6)],
        _attrs("SAME", 2),
    ),
    OpCase(
        "DepthwiseConv2dNativeBackpropFilter",
        [_IMAGE, _FILTER_SHAPE, _numbers(2, 3, 3, 6)],
        _attrs("SAME", 2),
    ),
]  # fmt: skip
