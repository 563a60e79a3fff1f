"""Cases of constants, identities and placeholders."""

import numpy as np

from tests.op_cases.case import OpCase

CASES = [
    OpCase("Const", [], {"value": np.array([1.5, 2.5], np.float32), "dtype": "float32"}),
    OpCase("Const", [], {"value": np.array([[1], [2]], np.int64), "dtype": "int64"}),
    OpCase("Identity", [np.array([1.0, -2.0], np.float32)]),
    OpCase("Identity", [np.array([[b"a", b""]], object)]),
    OpCase("Identity", [np.array([True, False])]),
]
