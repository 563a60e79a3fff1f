"""Cases of ops that pass a value through."""

import numpy as np

from tests.op_cases.case import OpCase

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
WORDS = np.array([[b"a", b"b"], [b"", b"d"]], object)

CASES = [
    OpCase("IdentityN", [[MATRIX, WORDS, np.int32(1)]], gradient=False),
    OpCase("IdentityN", [[MATRIX, MATRIX[0]]]),
    OpCase("StopGradient", [MATRIX], gradient=False),
    OpCase("PreventGradient", [MATRIX], {"message": "no"}, gradient=False),
    OpCase("PlaceholderWithDefault", [MATRIX], {"shape": [None, 3]}),
    OpCase("PlaceholderWithDefault", [WORDS], {"shape": None}),
    OpCase("Snapshot", [MATRIX]),
    OpCase("GuaranteeConst", [MATRIX]),
]
