"""Cases of the largest entries, and of targets among them."""

import numpy as np

from tests.op_cases.case import OpCase

_TIED = np.array([[1, 3, 3, 2, 3, 0], [5, 5, 5, 5, 5, 5]], np.float32)
_DIFFERENT = np.random.default_rng(2).permutation(24).reshape(2, 3, 4).astype(np.float32)
_PREDICTIONS = np.array([[0.1, 0.3, 0.2, 0.4], [0.5, 0.5, 0.0, 0.0], [1, np.nan, 2, 3]], np.float32)

CASES = [
    *[OpCase("TopKV2", [_TIED, np.int32(k)], gradient=False) for k in range(7)],
    *[OpCase("TopKV2", [_DIFFERENT, np.int32(k)], gradient=False) for k in (0, 1, 3)],
    *[OpCase("TopKV2", [_DIFFERENT.astype(kind), np.int32(2)]) for kind in (np.int32, np.float64)],
    OpCase("TopKV2", [_TIED, np.int32(9)], fails=(
           "input must have last dimension >= k = 9 but is 6", "must have at least k columns")),
    *[
        OpCase("InTopK", [_PREDICTIONS, np.array([1, 0, 3], np.int32)], {"k": k})
        for k in (1, 2, 4)
    ],
    *[
        OpCase("InTopKV2", [_PREDICTIONS, np.array(targets), np.int64(k)])
        for targets in ([0, 1, 2], [-1, 4, 3])
        for k in (1, 2)
    ],
    *[
        OpCase("NthElement", [_DIFFERENT, np.int32(n)], {"reverse": reverse}, gradient=False)
        for n in (0, 2)
        for reverse in (False, True)
    ],
    OpCase("NthElement", [_DIFFERENT, np.int32(4)],
           fails=("Input must have last dimension > n = 4", "must have")),
]  # fmt: skip
