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


CASES = [
    *[
        OpCase(op_type, [_IMAGE], _attrs(padding, window, stride))
        for op_type in ("MaxPool3D", "AvgPool3D")
        for padding in ("SAME", "VALID")
        for window, stride in ((2, 2), (3, 2), (2, 1))
    ],
    OpCase("AvgPool3DGrad", [_SHAPE, _IMAGE[:, ::2, ::2, ::2]], _attrs("SAME")),
]
