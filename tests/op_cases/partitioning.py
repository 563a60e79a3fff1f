"""Cases of dynamic partitions."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)
WORDS = np.array([b"a", b"b", b"c"], object)

CASES = [
    OpCase("DynamicPartition", [MATRIX, as_array([1, 0, 1])], {"num_partitions": 3}),
    OpCase("DynamicPartition", [MATRIX, as_array([[1, 0], [0, 0], [1, 1]])], {"num_partitions": 2}),
    OpCase("DynamicPartition", [WORDS, as_array([1, 0, 1])], {"num_partitions": 2}),
    OpCase(
        "DynamicPartition",
        [MATRIX, as_array([1, 5, 1])],
        {"num_partitions": 2},
        fails="partitions[1] = 5 is not in [0, 2)",
    ),
    OpCase("DynamicStitch", [[as_array([2, 0]), as_array([1])], [MATRIX[:2], MATRIX[2:]]]),
    OpCase("DynamicStitch", [[as_array(1), as_array([[0, 3]])], [as_array(5), as_array([[6, 7]])]]),
    OpCase("DynamicStitch", [[as_array([1, 0])], [WORDS[:2]]]),
    OpCase("ParallelDynamicStitch", [[as_array([2, 0]), as_array([1])], [MATRIX[:2], MATRIX[2:]]]),
]
