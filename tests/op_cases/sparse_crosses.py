"""Cases of crosses."""

import numpy as np

from tests.op_cases.case import OpCase

INDICES = np.array([[0, 0], [0, 1], [1, 0]], np.int64)
OTHER_INDICES = np.array([[0, 0], [1, 0], [1, 1]], np.int64)
SHAPE = np.array([2, 2], np.int64)
WORDS = np.array([b"a", b"b", b"c"], object)
NUMBERS = np.array([7, -3, 2**40], np.int64)
DENSE_WORDS = np.array([[b"x"], [b"y"]], object)
DENSE_NUMBERS = np.array([[4, 5], [6, 7]], np.int64)

HASHED = {"hashed_output": True, "hash_key": 0xDECAFCAFFE, "out_type": "int64"}
JOINED = {
    "hashed_output": False,
    "num_buckets": 0,
    "hash_key": 0,
    "out_type": "string",
    "internal_type": "string",
}

CASES = [
    OpCase(
        "SparseCross",
        [[INDICES, OTHER_INDICES], [WORDS, WORDS], [SHAPE, SHAPE], [DENSE_WORDS]],
        JOINED,
    ),
    OpCase(
        "SparseCross",
        [[INDICES], [NUMBERS], [SHAPE], [DENSE_WORDS, DENSE_NUMBERS]],
        {**JOINED, "internal_type": "int64"},
    ),
    OpCase(
        "SparseCross",
        [[INDICES, OTHER_INDICES], [WORDS, WORDS], [SHAPE, SHAPE], []],
        {**HASHED, "num_buckets": 100, "internal_type": "string"},
    ),
    OpCase(
        "SparseCross",
        [[INDICES, OTHER_INDICES], [NUMBERS, WORDS], [SHAPE, SHAPE], [DENSE_NUMBERS]],
        {**HASHED, "num_buckets": 0, "internal_type": "int64"},
    ),
    OpCase(
        "SparseCross",
        [[INDICES[:1]], [WORDS[:1]], [SHAPE], [DENSE_WORDS]],
        {**HASHED, "num_buckets": 5, "internal_type": "string"},
    ),
]
