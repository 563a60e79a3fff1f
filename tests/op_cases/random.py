"""Cases of random ops: with seeds the numbers are TensorFlow's, without only shapes and dtypes."""

import numpy as np

from tests.op_cases.case import OpCase

SEEDS = {"seed": 3, "seed2": 5}
LOGITS = np.log(np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]], np.float32))
# A float32 logarithm may differ from the C library's in its last bit.
ROUNDING = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-14}

CASES = [
    *[
        OpCase("RandomUniform", [np.int32([3, 5])], {"dtype": dtype, **SEEDS})
        for dtype in ("float16", "bfloat16", "float32", "float64")
    ],
    *[
        OpCase(op_type, [np.int64([7])], {"dtype": dtype, **SEEDS}, tolerance=tolerance)
        for op_type in ("RandomStandardNormal", "TruncatedNormal")
        for dtype, tolerance in ROUNDING.items()
    ],
    *[
        OpCase(op_type, [np.int32([2, 3])], {"dtype": "float32"}, compare="shape_dtype")
        for op_type in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal")
    ],
    OpCase("RandomUniformInt", [np.int32([9]), np.int32(-5), np.int32(1000)], SEEDS),
    OpCase("RandomUniformInt", [np.int32([9]), np.int64(-5), np.int64(1 << 40)], SEEDS),
    OpCase("RandomUniformInt", [np.int32([2]), np.int32(0), np.int32(9)], compare="shape_dtype"),
    OpCase(
        "RandomUniformInt",
        [np.int32([2]), np.int32(5), np.int32(3)],
        fails="Need minval < maxval, got 5 >= 3",
    ),
    OpCase(
        "ParameterizedTruncatedNormal",
        [np.int32([2, 4]), *(np.float32(v) for v in ([0, 1], [1, 2], [-1, 0], [1, 5]))],
        compare="shape_dtype",
    ),
    OpCase(
        "RandomGamma", [np.int32([5]), np.float32([0.5, 2])], compare="shape_dtype", gradient=False
    ),
    # torch approximates it.
    OpCase(
        "RandomGammaGrad",
        [np.float32([0.5, 2, 8]), np.float32([0.3, 1.5, 9])],
        tolerance=5e-4,
    ),
    OpCase(
        "RandomPoissonV2",
        [np.int32([5]), np.float32([0.5, 20])],
        {"dtype": "int64"},
        compare="shape_dtype",
    ),
    OpCase("RandomShuffle", [np.arange(11)], SEEDS),
    OpCase(
        "RandomShuffle",
        [np.arange(10, dtype=np.float32).reshape(5, 2)],
        SEEDS,
        gradient=False,
    ),
    OpCase("RandomShuffle", [np.arange(4)], compare="shape_dtype"),
    OpCase("Multinomial", [LOGITS, np.int32(7)], {"output_dtype": "int64", **SEEDS}),
    OpCase("Multinomial", [LOGITS, np.int32(2)], {"output_dtype": "int32"}, compare="shape_dtype"),
    *[
        OpCase("StatelessRandomUniform", [np.int32([3, 5]), np.int64([-3, 5])], {"dtype": dtype})
        for dtype in ("float16", "bfloat16", "float32", "float64")
    ],
    *[
        OpCase(op_type, [np.int32([7]), np.int32([3, 5])], {"dtype": dtype}, tolerance=tolerance)
        for op_type in ("StatelessRandomNormal", "StatelessTruncatedNormal")
        for dtype, tolerance in ROUNDING.items()
    ],
    OpCase(
        "StatelessRandomUniformInt",
        [np.int32([9]), np.int64([3, 5]), np.int32(-5), np.int32(1000)],
    ),
    *[
        OpCase("StatelessRandomUniformFullInt", [np.int32([9]), np.int64([3, 5])], {"dtype": dtype})
        for dtype in ("int32", "int64", "uint32", "uint64")
    ],
    OpCase(
        "StatelessMultinomial", [LOGITS, np.int32(7), np.int64([3, 5])], {"output_dtype": "int64"}
    ),
]
