"""Cases of fingerprints and of the clock."""

import numpy as np

from tests.op_cases.case import OpCase

_WORDS = np.array([[b"ab", b""], [b"tensor", b"x" * 70]], object)

CASES = [
    OpCase("Fingerprint", [np.float32([[1, 2, 3], [4, 5, 6]]), b"farmhash64"]),
    OpCase("Fingerprint", [np.int64([7, -8]), b"farmhash64"]),
    OpCase("Fingerprint", [_WORDS, b"farmhash64"]),
    OpCase("Fingerprint", [_WORDS[1], b"farmhash64"]),
    OpCase(
        "Fingerprint",
        [np.float32([1]), b"md5"],
        fails=("Unsupported method: md5", "Unsupported fingerprint method: md5"),
    ),
    OpCase("Timestamp", compare="shape_dtype"),
]
