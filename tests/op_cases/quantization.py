"""Cases of rounding as if quantized."""

import numpy as np

from tests.op_cases.case import OpCase
from tests.op_cases.old_graphs import old_program

X = np.array([[-7.0, -1.3, 0.0], [0.49, 2.51, 9.0]], np.float32)
LOW = np.array([-1.0, -3.0, 0.0], np.float32)
HIGH = np.array([1.0, 3.0, 6.0], np.float32)
LIMITS = [np.float32(-2.0), np.float32(3.0)]

CASES = [
    OpCase("FakeQuantWithMinMaxArgs", [X]),
    OpCase(
        "FakeQuantWithMinMaxArgs",
        [X],
        {"min": -1.0, "max": 4.0, "num_bits": 4, "narrow_range": True},
    ),
    OpCase("FakeQuantWithMinMaxArgsGradient", [X, X], gradient=False),
    OpCase("FakeQuantWithMinMaxVars", [X, *LIMITS]),
    OpCase("FakeQuantWithMinMaxVarsGradient", [X, X, *LIMITS], gradient=False),
    OpCase("FakeQuantWithMinMaxVarsPerChannel", [X, LOW, HIGH]),
    OpCase("FakeQuantWithMinMaxVarsPerChannelGradient", [X, X, LOW, HIGH], gradient=False),
    OpCase("QuantizeAndDequantizeV2", [X, *LIMITS]),
    OpCase("QuantizeAndDequantizeV2", [X, *LIMITS], {"range_given": True, "num_bits": 4}),
    OpCase("QuantizeAndDequantizeV2", [X, *LIMITS], {"range_given": True, "signed_input": False}),
    OpCase(
        "QuantizeAndDequantizeV2",
        [X, LOW, HIGH],
        {"axis": 1, "narrow_range": True},
    ),
    OpCase("QuantizeAndDequantizeV2", [X, *LIMITS], {"round_mode": "HALF_UP"}),
    OpCase("QuantizeAndDequantizeV3", [X, *LIMITS, np.int32(6)]),
    old_program(
        ("QuantizeAndDequantize",),
        """
        values = np.array([-1.25, -0.2, 0.0, 0.7, 2.6], np.float32)
        for attrs in ({}, {"num_bits": 3}, {"signed_input": False},
                      {"range_given": True, "input_min": -1.0, "input_max": 2.0}):
            node = ("node", "QuantizeAndDequantize", [values], {"T": tf.float32, **attrs})
            run(20, node, fetches=["node"])
        """,
    ),
]
