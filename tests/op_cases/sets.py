"""Cases of sets."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

A = as_array([[1, 2, 2], [3, 4, 5]])
B = as_array([[2, 9], [5, 3]])
SPARSE = [
    np.array([[0, 0], [0, 1], [1, 0]], np.int64),
    as_array([2, 7, 3]),
    np.array([2, 2], np.int64),
]
OTHER = [
    np.array([[0, 0], [1, 0], [1, 1]], np.int64),
    as_array([7, 3, 8]),
    np.array([2, 2], np.int64),
]
WORDS = np.array([[b"a", b"b"]], object)

CASES = [
    *[
        OpCase("DenseToDenseSetOperation", [A, B], {"set_operation": how})
        for how in ("a-b", "b-a", "intersection", "union")
    ],
    OpCase("DenseToDenseSetOperation", [WORDS, WORDS[:, :1]], {"set_operation": "a-b"}),
    OpCase("DenseToSparseSetOperation", [A, *SPARSE], {"set_operation": "union"}),
    OpCase("SparseToSparseSetOperation", [*SPARSE, *OTHER], {"set_operation": "intersection"}),
    OpCase("SparseToSparseSetOperation", [*SPARSE, *OTHER], {"set_operation": "a-b"}),
    OpCase("SetSize", SPARSE),
]
