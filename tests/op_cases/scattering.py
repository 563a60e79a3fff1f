"""Cases of updates by index."""

import numpy as np

from tests.op_cases.case import OpCase, as_array, elementwise

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
UPDATES = np.array([10.0, 20.0], np.float32)
PLACES = np.array([[0, 1], [1, 2]], np.int32)

CASES = [
    *elementwise(
        "ScatterNd",
        "float32 int32 int64 uint8 complex64",
        lambda d: [as_array([[1], [3], [1]]), np.array([1, 2, 4]).astype(d), as_array([5])],
    ),
    OpCase("ScatterNd", [np.array([[1], [0]], np.int64), MATRIX, np.array([3, 3], np.int64)]),
    OpCase("ScatterNd", [PLACES, UPDATES, as_array([2, 3])]),
    OpCase(
        "ScatterNd",
        [as_array([[0], [7]]), UPDATES, as_array([4])],
        fails="indices[1] = [7] does not index into shape [4]",
    ),
    OpCase(
        "ScatterNd",
        [as_array([[0], [1]]), MATRIX, as_array([4])],
        fails=(
            "Dimensions [1,1) of input[shape=",
            "Dimensions [1,1) of input[shape=[4]] must match dimensions [1,2) of",
        ),
    ),
    OpCase("ScatterNdNonAliasingAdd", [MATRIX, PLACES, UPDATES]),
    OpCase("TensorScatterUpdate", [MATRIX, PLACES, UPDATES]),
    OpCase("TensorScatterUpdate", [MATRIX, as_array([[1]]), MATRIX[:1]]),
    OpCase(
        "TensorScatterUpdate",
        [np.array([b"a", b"b"], object), as_array([[1]]), np.array([b"z"], object)],
    ),
    OpCase("TensorScatterAdd", [MATRIX, as_array([[1], [1]]), MATRIX]),
    OpCase("TensorScatterSub", [MATRIX, PLACES, UPDATES]),
    OpCase("TensorScatterMin", [MATRIX, PLACES, -UPDATES]),
    OpCase("TensorScatterMax", [MATRIX, PLACES, UPDATES]),
    OpCase(
        "TensorScatterAdd",
        [MATRIX, as_array([[2, 0]]), UPDATES[:1]],
        fails="indices[0] = [2, 0] does not index into shape [2,3]",
    ),
    *[
        OpCase(
            op_type,
            [np.uint64([1, 2**63]), as_array([[0], [1]]), np.uint64([2**63 + 5, 7])],
            note="more than signed",
        )
        for op_type in ("TensorScatterMin", "TensorScatterMax")
    ],
    *[
        OpCase(
            op_type,
            [np.float32([np.nan, 1]), as_array([[0], [1]]), np.float32([1, np.nan])],
            gradient=False,
            note="no number",
        )
        for op_type in ("TensorScatterMin", "TensorScatterMax")
    ],
    OpCase(
        "ScatterNd",
        [as_array([[0], [0]]), np.array([b"a", b"b"], object), as_array([2])],
        note="joined",
    ),
]
