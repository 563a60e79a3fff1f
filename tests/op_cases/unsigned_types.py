"""Cases of uint16, uint32 and uint64, with values beyond those of the signed dtypes."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

_TYPES = (np.uint16, np.uint32, np.uint64)


def _numbers(dtype: type) -> np.ndarray:
    """Return [2, 3] numbers, two of them with the highest bit set."""
    most = int(np.iinfo(dtype).max)
    return np.array([[most, 2, most - 7], [4, 1, 3]], dtype)


def _cases(dtype: type) -> list[OpCase]:
    x = _numbers(dtype)
    zero_axis = as_array([0])
    places = np.array([[0, 1], [1, 2]], np.int64)
    shape = np.array([2, 3], np.int64)
    return [
        OpCase("ReverseV2", [x, as_array([1])]),
        OpCase("StridedSlice", [x, as_array([1, 2]), as_array([-3, -4]), as_array([-1, -2])]),
        OpCase("AddN", [[x, x]]),
        OpCase("BiasAdd", [x, x[0]]),
        OpCase("Cumsum", [x, np.int32(1)], {"reverse": True}),
        OpCase("DynamicStitch", [[np.array([1, 0], np.int32)], [x]]),
        OpCase("SparseToDense", [places, shape, x[0, :2], dtype(5)]),
        OpCase("Where", [x - x[1]]),
        OpCase("TopKV2", [x, np.int32(2)]),
        OpCase("RandomShuffle", [x], {"seed": 3}, compare="shape_dtype"),
        OpCase("SparseReduceSum", [places, x[0, :2], shape, zero_axis]),
        OpCase("SparseReduceMaxSparse", [places, x[0, :2], shape, zero_axis]),
        OpCase("SparseTensorDenseAdd", [places, x[0, :2], shape, x]),
    ]


CASES = [case for dtype in _TYPES for case in _cases(dtype)]
