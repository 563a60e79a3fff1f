"""Cases of elements in another order."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
WORDS = np.array([[b"a", b"b"], [b"", b"d"]], object)
WAVES = np.array([[1 + 2j, 3 - 1j]], np.complex64)

CASES = [
    OpCase("Transpose", [MATRIX, as_array([1, 0])]),
    OpCase("Transpose", [CUBE, as_array([2, 0, 1])]),
    OpCase("Transpose", [CUBE, np.array([0, 2, 1], np.int64)]),
    OpCase("Transpose", [WORDS, as_array([1, 0])]),
    OpCase(
        "Transpose",
        [MATRIX, as_array([0])],
        fails=(
            "Dimension must be 2 but is 1",
            "transpose expects a vector of size 2. But input(1) is a vector of size 1",
        ),
    ),
    OpCase("Transpose", [MATRIX, as_array([0, 0])], fails="1 is missing from {0,0}."),
    OpCase("ConjugateTranspose", [WAVES, as_array([1, 0])]),
    OpCase("ConjugateTranspose", [MATRIX, as_array([1, 0])]),
    OpCase("InvertPermutation", [as_array([2, 0, 1, 3])]),
    OpCase("InvertPermutation", [np.array([1, 0], np.int64)]),
    OpCase("InvertPermutation", [as_array([0, 0])], fails="0 is duplicated in the input."),
    OpCase("Reverse", [MATRIX, np.array([True, False])]),
    OpCase("Reverse", [WORDS, np.array([False, True])]),
    OpCase("ReverseV2", [CUBE, as_array([0, -1])]),
    OpCase("ReverseV2", [WORDS, as_array([1])]),
    OpCase("ReverseV2", [MATRIX, np.array([], np.int32)]),
    OpCase(
        "ReverseV2",
        [MATRIX, as_array([2])],
        fails="'axis'[0] = 2 is out of valid range [0, 1",
    ),
    OpCase("ReverseSequence", [MATRIX, as_array([2, 3])], {"seq_dim": 1}),
    OpCase("ReverseSequence", [CUBE, as_array([1, 3, 0, 2])], {"seq_dim": 1, "batch_dim": 2}),
    OpCase("ReverseSequence", [WORDS, np.array([2, 1], np.int64)], {"seq_dim": 1}),
    OpCase(
        "ReverseSequence",
        [MATRIX, as_array([4, 1])],
        {"seq_dim": 1},
        fails="seq_lens(0) > input.dims(1)",
    ),
    OpCase("Roll", [MATRIX, 1, 1]),
    OpCase("Roll", [MATRIX, as_array([1, -1]), as_array([0, 1])]),
    OpCase("Roll", [WORDS, as_array([1]), as_array([0])]),
    OpCase("Roll", [as_array([1, 2, 3]), 4, 0]),
]
