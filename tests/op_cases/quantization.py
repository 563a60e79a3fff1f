"""Cases of rounding as if quantized."""

import numpy as np

from tests.op_cases.case import OpCase

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
]
