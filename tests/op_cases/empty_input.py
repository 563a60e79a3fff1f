"""Inputs without elements, or without a number: what comes out has a shape, and no process dies."""

from typing import Any

import numpy as np

from tests.op_cases.case import OpCase


def _nothing(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


_VECTOR = np.float32([1, 2, 3])
_WINDOW: dict[str, Any] = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}

CASES = [
    OpCase("Lu", [_nothing(0, 0)]),
    OpCase("Lu", [_nothing(2, 0, 0)]),
    *[
        OpCase(
            "FusedBatchNormGrad",
            [_nothing(0, 4, 4, 3), _nothing(0, 4, 4, 3), _VECTOR, _VECTOR, _VECTOR],
            {"is_training": is_training},
            gradient=False,
        )
        for is_training in (True, False)
    ],
    OpCase(
        "FusedBatchNorm",
        [_nothing(0, 4, 4, 3), _VECTOR, _VECTOR, _nothing(0), _nothing(0)],
        compare="shape_dtype",
        gradient=False,
    ),
    OpCase(
        "FusedBatchNorm",
        [_nothing(2, 4, 4, 0), _nothing(0), _nothing(0), _nothing(0), _nothing(0)],
        gradient=False,
    ),
    OpCase(
        "Dilation2D",
        [np.full((1, 3, 3, 1), np.nan, np.float32), np.ones((2, 2, 1), np.float32)],
        {"strides": [1, 1, 1, 1], "rates": [1, 1, 1, 1], "padding": "SAME"},
        gradient=False,
    ),
    *[
        OpCase(op_type, [_nothing(1, 4, 4, 0)], _WINDOW, gradient=False)
        for op_type in ("AvgPool", "MaxPool")
    ],
    OpCase(
        "MaxPoolGrad",
        [_nothing(1, 4, 0, 2), _nothing(1, 2, 0, 2), _nothing(1, 2, 0, 2)],
        _WINDOW,
        gradient=False,
    ),
    OpCase("QuantizeAndDequantizeV2", [_nothing(0), 0.0, 0.0], gradient=False),
    OpCase(
        "DynamicStitch", [[np.int32([0, 1, 2, 3]), np.int32([])], [_nothing(4, 0), _nothing(0, 0)]]
    ),
    OpCase("DynamicPartition", [np.uint32([1, 2, 3]), np.int32([0, 1, 0])], {"num_partitions": 2}),
    OpCase("MatrixDiagV3", [_nothing(0, 2), 0, -1, -1, np.float32(1)]),
    OpCase("UniqueV2", [_nothing(0, 3), np.int64([0])]),
    OpCase("UniqueWithCountsV2", [_nothing(0, 3), np.int64([0])]),
    OpCase(
        "UnsortedSegmentJoin",
        [np.empty((0, 2), object), np.int32([]), np.int32(2)],
        {"separator": ","},
    ),
    OpCase("Roll", [np.float32([1, 2, 3]), np.int32([]), np.int32([])]),
    OpCase(
        "DenseToDenseSetOperation",
        [np.zeros((2, 0), np.int32), np.int32([[2, 5], [3, 9]])],
        {"set_operation": "union"},
    ),
    OpCase("RandomPoissonV2", [np.int32([2]), np.float32(-1)]),
    OpCase("SparseReshape", [np.int64([[5, 0]]), np.int64([2, 3]), np.int64([3, 2])]),
]
