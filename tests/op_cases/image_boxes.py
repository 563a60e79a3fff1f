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
    *[
        OpCase(
            "NonMaxSuppressionV4",
            [_BOXES, _SCORES, np.int32(5), np.float32(0.5), np.float32(0.0)],
            {"pad_to_max_output_size": is_padded},
        )
        for is_padded in (True, False)
    ],
    *[
        OpCase(
            "NonMaxSuppressionV5",
            [_BOXES, _SCORES, np.int32(4), np.float32(most), np.float32(0.0), np.float32(sigma)],
            {"pad_to_max_output_size": is_padded},
        )
        for is_padded in (True, False)
        for sigma, most in ((0.0, 0.5), (0.5, 1.0))
    ],
    OpCase(
        "NonMaxSuppressionWithOverlaps",
        [
            np.float32(np.random.RandomState(0).rand(5, 5)),
            _SCORES,
            np.int32(4),
            np.float32(0.6),
            np.float32(0.0),
        ],
    ),
    *[
        OpCase(
            "CombinedNonMaxSuppression",
            [
                np.random.RandomState(1).rand(2, 6, classes, 4).astype(np.float32) * 1.3,
                np.random.RandomState(2).rand(2, 6, 3).astype(np.float32),
                *(np.int32(2), np.int32(total), np.float32(0.3), np.float32(0.2)),
            ],
            {"pad_per_class": is_padded, "clip_boxes": not is_padded},
        )
        for is_padded, classes, total in ((True, 1, 9), (False, 3, 4))
    ],
]
