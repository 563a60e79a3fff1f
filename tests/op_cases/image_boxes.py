"""Cases of boxes in images."""

import numpy as np

from tests.op_cases.case import OpCase

_BOXES = np.array(
    [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [1, 11.1, 0, 10.1]],
    np.float32,
)
_SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5], np.float32)

CASES = [
    *[
        OpCase("NonMaxSuppression", [_BOXES, _SCORES, np.int32(k)], {"iou_threshold": share})
        for k in (0, 2, 5)
        for share in (0.5, 0.95)
    ],
    OpCase("NonMaxSuppressionV2", [_BOXES, _SCORES, np.int32(3), np.float32(0.5)]),
    *[
        OpCase(
            "NonMaxSuppressionV3",
            [_BOXES, _SCORES, np.int32(5), np.float32(0.5), np.float32(least)],
        )
        for least in (0.0, 0.7)
    ],
]
