"""Cases of max and average pooling of volumes."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.default_rng(5)
_IMAGE = (_RNG.permutation(2 * 4 * 3 * 5 * 2).reshape(2, 4, 3, 5, 2) / 8).astype(np.float32)
_SHAPE = np.array(_IMAGE.shape, np.int32)


def _attrs(padding, window=2, stride=2):
    return {
        "ksize": [1, window, window, window, 1],
        "strides": [1, stride, stride, stride, 1],
        "padding": padding,
    }


# The windows of 2 x 2 x 2 begin at even places, so their maxima follow from padding at the end.
_PADDED = np.pad(_IMAGE, [(0, 0), (0, 0), (0, 1), (0, 1), (0, 0)], constant_values=-1)
_LARGEST = _PADDED.reshape(2, 2, 2, 2, 2, 3, 2, 2).max((2, 4, 6))
_SLOPES = (_LARGEST - 4) / 2

CASES = [
    *[
        OpCase(op_type, [_IMAGE], _attrs(padding, window, stride))
        for op_type in ("MaxPool3D", "AvgPool3D")
        for padding in ("SAME", "VALID")
        for window, stride in ((2, 2), (3, 2), (2, 1))
    ],
    OpCase("MaxPool3DGrad", [_IMAGE, _LARGEST, _SLOPES], _attrs("SAME")),
    OpCase("MaxPool3DGradGrad", [_IMAGE, _LARGEST, _IMAGE[::-1] - 4], _attrs("SAME")),
    OpCase("AvgPool3DGrad", [_SHAPE, _IMAGE[:, ::2, ::2, ::2]], _attrs("SAME")),
]
