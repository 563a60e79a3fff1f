"""Cases of printing, and of texts made of values."""

import numpy as np

from tests.op_cases.case import OpCase

_LONG = np.arange(10, dtype=np.int32)
_MATRIX = np.arange(30, dtype=np.float32).reshape(3, 10) / 4
_CUBE = np.arange(8, dtype=np.int64).reshape(2, 2, 2)

CASES = [
    OpCase("Print", [np.float32([1, 2]), [_LONG, _MATRIX]], {"message": "seen: "}),
    OpCase("PrintV2", [np.array(b"text", object)]),
    *[
        OpCase(
            "StringFormat",
            [values],
            {"template": " and ".join(["%s"] * len(values)), "summarize": summarize},
        )
        for values in (
            [_LONG],
            [_MATRIX, np.float32(0.1)],
            [_CUBE],
            [np.array([b"a", b"b"], object), np.array(b"c", object)],
            [np.array([True, False]), np.float64(1e-9)],
        )
        for summarize in (3, -1, 1)
    ],
]
