"""Cases of rows that are overwritten, and of values without content."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

_X = np.arange(8, dtype=np.float32).reshape(4, 2)
_V = np.float32([[10, 20], [30, 40]])

CASES = [
    *[
        OpCase(op_type, [_X, as_array([2, 0]), _V])
        for op_type in ("InplaceUpdate", "InplaceAdd", "InplaceSub")
    ],
    OpCase("InplaceAdd", [_X.astype(np.int32), as_array([1, 1]), _V.astype(np.int32)]),
    OpCase("InplaceUpdate", [_X, as_array([-1, 6]), _V], note="rows wrap around"),
    OpCase("DeepCopy", [_X]),
    OpCase("Empty", [as_array([2, 3])], {"dtype": "float32", "init": True}),
    OpCase("Empty", [as_array([2])], {"dtype": "string", "init": True}),
    OpCase("Empty", [as_array([2, 3])], {"dtype": "int32"}, compare="shape_dtype"),
]
