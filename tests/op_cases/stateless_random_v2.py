"""Cases of random ops that take a key and a counter: the numbers are TensorFlow's."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram
from tests.op_cases.random import ROUNDING

KEY = [np.array([123456789012345], np.uint64), np.array([7, 1 << 63], np.uint64), np.int32(1)]

CASES = [
    *[
        OpCase("StatelessRandomUniformV2", [np.int32([3, 5]), *KEY], {"dtype": dtype})
        for dtype in ("float16", "bfloat16", "float32", "float64")
    ],
    *[
        OpCase(op_type, [np.int32([7]), *KEY], {"dtype": dtype}, tolerance=tolerance)
        for op_type in ("StatelessRandomNormalV2", "StatelessTruncatedNormalV2")
        for dtype, tolerance in ROUNDING.items()
    ],
    *[
        OpCase("StatelessRandomUniformIntV2", [np.int32([9]), *KEY, kind(5), kind(1000)])
        for kind in (np.int32, np.int64)
    ],
    *[
        OpCase("StatelessRandomUniformFullIntV2", [np.int32([9]), *KEY], {"dtype": dtype})
        for dtype in ("int32", "int64", "uint32", "uint64")
    ],
    OpCase("StatelessRandomGetKeyCounter", [np.int64([-3, 5])]),
    OpCase("StatelessRandomGetKeyCounterAlg", [np.int32([3, 5])]),
    OpProgram(
        ("StatelessRandomGetAlg",),
        """
with tf.Session() as session:
    result = session.run(tf.raw_ops.StatelessRandomGetAlg())
""",
    ),
]
