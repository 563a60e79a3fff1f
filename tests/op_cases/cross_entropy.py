"""Cases of the softmax cross entropies."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise

_LOGITS = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]
_LABELS = [[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]


def _dense(kind):
    return [np.array(_LOGITS, kind), np.array(_LABELS, kind)]


CASES = [
    *elementwise(
        "SoftmaxCrossEntropyWithLogits", "float16 float32 float64", _dense, gradient=False
    ),
    OpCase(
        "SoftmaxCrossEntropyWithLogits",
        [np.array(_LOGITS, np.float32), np.array(_LABELS[:1], np.float32)],
        gradient=False,
        note="broadcast",
    ),
    OpCase(
        "SoftmaxCrossEntropyWithLogits",
        [np.zeros((2, 3), np.float32), np.zeros((2, 4), np.float32)],
        fails=("", "logits and labels must be broadcastable"),
    ),
    *[
        OpCase(
            "SparseSoftmaxCrossEntropyWithLogits",
            [np.array(_LOGITS, kind), np.array([2, 0], labels)],
            gradient=False,
        )
        for kind in (np.float16, np.float32, np.float64)
        for labels in (np.int32, np.int64)
    ],
    OpCase(
        "SparseSoftmaxCrossEntropyWithLogits",
        [np.array(_LOGITS, np.float32), np.array([0, 7])],
        fails="Received a label value of 7 which is outside the valid range of [0, 3).  "
        "Label values: 0 7",
    ),
    OpCase(
        "SparseSoftmaxCrossEntropyWithLogits",
        [np.array(_LOGITS, np.float32), np.array([0, -1])],
        fails="Received a label value of -1 which is outside the valid range of [0, 3).  "
        "Label values: 0 -1",
    ),
    OpCase(
        "SparseSoftmaxCrossEntropyWithLogits",
        [np.array(_LOGITS, np.float32), np.array([0, 1, 2])],
        fails=("Dimensions must be equal", "must have the same first dimension"),
    ),
]
