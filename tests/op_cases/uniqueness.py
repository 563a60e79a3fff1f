"""Cases of unique values, set differences, sorted search and edit distances."""

import numpy as np

from tests.op_cases.case import OpCase, as_array, elementwise

WORDS = np.array([b"b", b"a", b"b", b"c"], object)
TABLE = as_array([[1, 0, 1], [2, 2, 2], [1, 0, 1]])

CASES = [
    *elementwise(
        "Unique", "float32 int32 int64", lambda d: [np.array([3, 1, 3, 2, 1], d)], gradient=False
    ),
    OpCase("Unique", [WORDS], {"out_idx": "int64"}),
    OpCase(
        "Unique",
        [TABLE],
        fails=("Shape must be rank 1 but is rank 2", "unique expects a 1D vector."),
    ),
    OpCase("UniqueV2", [TABLE, np.array([0], np.int64)]),
    OpCase("UniqueV2", [TABLE, as_array([1])]),
    OpCase("UniqueV2", [WORDS, np.array([], np.int32)]),
    OpCase("UniqueWithCounts", [as_array([3, 1, 3])]),
    OpCase("UniqueWithCounts", [WORDS]),
    OpCase("UniqueWithCountsV2", [TABLE, as_array([0])]),
    OpCase("ListDiff", [as_array([1, 2, 3, 4, 2]), as_array([2, 5])]),
    OpCase("ListDiff", [WORDS, WORDS[:1]], {"out_idx": "int64"}),
    OpCase("LowerBound", [as_array([[1, 2, 2, 5]]), as_array([[2, 0, 9]])]),
    OpCase(
        "UpperBound",
        [np.array([[1.0, 2.0, 2.0]], np.float32), np.array([[2.0, 1.5]], np.float32)],
        {"out_type": "int64"},
        gradient=False,
    ),
    OpCase(
        "EditDistance",
        [
            np.array([[0, 0], [0, 1], [1, 0]], np.int64),
            np.array([b"a", b"b", b"c"], object),
            np.array([2, 2], np.int64),
            np.array([[0, 0], [1, 0], [1, 1]], np.int64),
            np.array([b"a", b"c", b"c"], object),
            np.array([2, 2], np.int64),
        ],
    ),
    OpCase(
        "EditDistance",
        [
            np.array([[0, 0, 0]], np.int64),
            as_array([1]),
            np.array([1, 2, 2], np.int64),
            np.array([[0, 0, 0], [0, 0, 1]], np.int64),
            as_array([2, 1]),
            np.array([1, 1, 2], np.int64),
        ],
        {"normalize": False},
    ),
    *[
        OpCase(op_type, [np.array([np.nan, 1, np.nan, 1], np.float32)], note="no number")
        for op_type in ("Unique", "UniqueWithCounts")
    ],
    OpCase(
        "UniqueV2",
        [np.array([[b"a\0", b"b"], [b"a", b"\0b"]], object), np.array([0], np.int64)],
        note="zero bytes",
    ),
]
