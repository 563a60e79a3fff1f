"""Cases of clusters."""

import numpy as np

from tests.op_cases.case import OpCase

POINTS = np.float32([[0, 0], [1, 0], [4, 4], [5, 4], [-3, 2]])
CENTERS = np.float32([[0.5, 0], [4.5, 4], [-3, 1]])

CASES = [
    OpCase("NearestNeighbors", [POINTS, CENTERS, np.int64(1)]),
    OpCase("NearestNeighbors", [POINTS, CENTERS, np.int64(2)], tolerance=1e-5),
    OpCase(
        "KmeansPlusPlusInitialization",
        [POINTS, np.int64(3), np.int64(7), np.int64(2)],
        compare="shape_dtype",
    ),
    OpCase(
        "KmeansPlusPlusInitialization",
        [np.float32([[2, 3]]), np.int64(1), np.int64(7), np.int64(0)],
    ),
    OpCase("KMC2ChainInitialization", [np.float32([0, 2, 8]), np.int64(3)], compare="shape_dtype"),
    OpCase("KMC2ChainInitialization", [np.float32([5]), np.int64(3)]),
]
