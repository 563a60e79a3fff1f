"""Cases of elements taken by index, coordinates or condition."""

import numpy as np

from tests.op_cases.case import OpCase, as_array, elementwise

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
WORDS = np.array([[b"a", b"b"], [b"", b"d"]], object)

CASES = [
    *elementwise(
        "GatherV2",
        "float32 float16 int32 int64 uint8 uint16 bool complex64",
        lambda d: [np.array([[1, 0], [0, 1]]).astype(d), as_array([1, 0, 1]), 0],
    ),
    OpCase("GatherV2", [MATRIX, np.int64(1), 0]),
    OpCase("GatherV2", [CUBE, as_array([[2, 0], [1, 1]]), 1]),
    OpCase("GatherV2", [CUBE, as_array([3]), -1]),
    OpCase("GatherV2", [CUBE, as_array([[0, 1], [2, 2]]), 1], {"batch_dims": 1}),
    OpCase("GatherV2", [CUBE, as_array([[0, 1], [2, 2]]), 2], {"batch_dims": 1}),
    OpCase("GatherV2", [WORDS, as_array([1, 0, 1]), 1]),
    OpCase("GatherV2", [WORDS, 0, 0]),
    OpCase("GatherV2", [MATRIX, as_array([0, 5]), 0], fails="indices[1] = 5 is not in [0, 2)"),
    OpCase("GatherV2", [MATRIX, as_array([[-1]]), 1], fails="indices[0,0] = -1 is not in [0, 3)"),
    OpCase("Gather", [MATRIX, as_array([1, 1])]),
    OpCase("Gather", [WORDS, as_array([1])]),
    OpCase("GatherNd", [CUBE, as_array([[1, 2], [0, 0]])]),
    OpCase("GatherNd", [CUBE, as_array([[[1], [0]]])]),
    OpCase("GatherNd", [CUBE, as_array([1, 2, 3])]),
    OpCase("GatherNd", [WORDS, as_array([[1, 1], [0, 1]])]),
    OpCase(
        "GatherNd",
        [MATRIX, as_array([[0, 1], [2, 0]])],
        fails="indices[1] = [2, 0] does not index into param shape [2,3]",
    ),
    OpCase("Where", [np.array([[True, False], [True, True]])]),
    OpCase("Where", [np.array([0.0, 1.5, -2.0], np.float32)]),
    OpCase("Select", [np.array([[True, False, True], [False, True, False]]), MATRIX, -MATRIX]),
    OpCase("Select", [np.array([True, False]), MATRIX, -MATRIX]),
    OpCase("Select", [np.array(True), MATRIX, -MATRIX]),
    OpCase("Select", [np.array([[True, False], [False, True]]), WORDS, WORDS[::-1]]),
    OpCase(
        "Select",
        [np.array([True, False, True]), MATRIX, MATRIX],
        fails=(
            "Dimension 0 in both shapes must be equal, but are 3 and 2. Shapes are [3] and [2]",
            "Number of batches of 'then' must match size of 'cond', but saw: 2 vs. 3",
        ),
    ),
    OpCase("SelectV2", [np.array([[True], [False]]), MATRIX, np.float32(7)]),
    OpCase("SelectV2", [np.array([True, False, True]), MATRIX[:1], -MATRIX]),
    OpCase("SelectV2", [np.array([True, False]), WORDS, np.array(b"z", object)]),
]
