"""Cases of tensors joined and taken apart."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram, as_array, elementwise

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
WORDS = np.array([[b"a", b"b"], [b"", b"d"]], object)

CASES = [
    *elementwise(
        "ConcatV2",
        "float32 int32 int64 bool uint8 uint16 complex64",
        lambda d: [[np.ones((2, 1), d), np.zeros((2, 2), d)], 1],
    ),
    OpCase("ConcatV2", [[MATRIX, MATRIX, MATRIX], -2]),
    OpCase("ConcatV2", [[CUBE, CUBE[:, :1]], np.int64(1)]),
    OpCase("ConcatV2", [[WORDS, WORDS], 0]),
    OpCase("ConcatV2", [[np.zeros((0,), np.float32), MATRIX[0]], 0], gradient=False),
    OpCase(
        "ConcatV2",
        [[MATRIX, MATRIX], 2],
        fails=(
            "Shape must be at least rank 3 but is rank 2",
            "ConcatOp : Expected concatenating dimensions in the range [-2, 2), but got 2",
        ),
    ),
    OpCase(
        "ConcatV2",
        [[MATRIX, MATRIX[:1]], 1],
        fails=(
            "Dimension 0 in both shapes must be equal, but are 2 and 1. Shapes are [2] and [1]",
            "ConcatOp : Dimension 0 in both shapes must be equal: shape[0] = [2,3] vs. shape[1]",
        ),
    ),
    OpCase(
        "ConcatV2",
        [[MATRIX, MATRIX[0]], 0],
        fails=(
            "Shape must be rank 2 but is rank 1",
            "ConcatOp : Ranks of all input tensors should match: shape[0] = [2,3] vs. shape[1] =",
        ),
    ),
    OpCase(
        "ConcatV2",
        [[[1, 2], [[3]]], 0],
        fails=(
            "Shape must be rank 1 but is rank 2",
            "ConcatOp : Ranks of all input tensors should match: shape[0] = [2] vs. shape[1] =",
        ),
    ),
    OpCase("Concat", [0, [MATRIX, MATRIX]]),
    OpCase("Concat", [1, [WORDS, WORDS]]),
    OpCase("Concat", [0, [[1], [2, 3]]]),
    OpCase("ConcatOffset", [1, [[2, 3, 4], [2, 1, 4], [2, 5, 4]]]),
    OpCase(
        "ConcatOffset",
        [1, [[2, 3], [3, 1]]],
        fails="All dimensions except 1 must match. Input 1 has shape [3 1] and doesn't match",
    ),
    *elementwise("Pack", "float32 int32 int64 bool", lambda d: [[d(1), d(0), d(1)]]),
    OpCase("Pack", [[MATRIX, MATRIX]], {"axis": 1}),
    OpCase("Pack", [[MATRIX, MATRIX]], {"axis": -1}),
    OpCase("Pack", [[[1, 2], [3, 4]]], {"axis": 1}),
    OpCase("Pack", [[WORDS, WORDS]], {"axis": 1}),
    OpCase("Pack", [[np.array(b"a", object), np.array(b"b", object)]]),
    OpCase(
        "Pack",
        [[MATRIX, MATRIX[0]]],
        fails=(
            "Shapes must be equal rank, but are 2 and 1",
            "Shapes of all inputs must match: values[0].shape = [2,3] != values[1].shape = [3]",
        ),
    ),
    OpCase("Unpack", [CUBE], {"num": 2}),
    OpCase("Unpack", [CUBE], {"num": 3, "axis": -2}),
    OpCase("Unpack", [as_array([5, 6])], {"num": 2}),
    OpCase("Unpack", [WORDS], {"num": 2, "axis": 1}),
    OpProgram(
        ("ParallelConcat",),
        """
        result = tf.Session().run(tf.parallel_stack([tf.constant([1, 2]), tf.constant([3, 4])]))
        """,
    ),
    OpCase("Split", [1, MATRIX], {"num_split": 3}),
    OpCase("Split", [-1, CUBE], {"num_split": 2}),
    OpCase("Split", [0, WORDS], {"num_split": 2}),
    OpCase("Split", [0, as_array([1, 2, 3, 4])], {"num_split": 2}),
    OpCase(
        "Split",
        [1, MATRIX],
        {"num_split": 2},
        fails=(
            "Dimension size must be evenly divisible by 2 but is 3",
            "Number of ways to split should evenly divide the split dimension, but got split_dim",
        ),
    ),
    OpCase("SplitV", [MATRIX, as_array([1, 2]), 1], {"num_split": 2}),
    OpCase("SplitV", [CUBE, np.array([1, -1], np.int64), -1], {"num_split": 2}),
    OpCase("SplitV", [WORDS, as_array([0, 2]), 0], {"num_split": 2}),
    OpCase(
        "SplitV",
        [MATRIX, as_array([1, 1]), 1],
        {"num_split": 2},
        fails=(
            "can't split axis of size 3 into pieces of size [1,1]",
            "Determined shape must either match input shape along split_dim exactly if fully",
        ),
    ),
    OpCase("Tile", [MATRIX, as_array([2, 1])]),
    OpCase("Tile", [MATRIX, np.array([1, 3], np.int64)]),
    OpCase("Tile", [WORDS, as_array([1, 2])]),
    OpCase("Tile", [as_array([1, 2]), as_array([3])]),
    OpCase(
        "Tile",
        [MATRIX, as_array([2])],
        fails=(
            "Shape must be rank 2 but is rank 1",
            "Expected multiples argument to be a vector of length 2 but got length 1",
        ),
    ),
]
