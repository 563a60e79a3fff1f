"""Cases of slices."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
WORDS = np.array([[b"a", b"b"], [b"", b"d"]], object)


def strided(value, first, last, strides=None, **masks):
    attrs = {f"{name}_mask": mask for name, mask in masks.items()}
    return OpCase(
        "StridedSlice", [*map(np.asarray, (value, first, last, strides or [1] * len(first)))], attrs
    )


def strided_grad(first, last, strides, grad, **masks):
    attrs = {f"{name}_mask": mask for name, mask in masks.items()}
    return OpCase(
        "StridedSliceGrad", [*map(np.asarray, ([2, 3, 4], first, last, strides, grad))], attrs
    )


CASES = [
    OpCase("Slice", [CUBE, as_array([0, 1, 1]), as_array([2, 1, 2])]),
    OpCase("Slice", [CUBE, np.array([1, 0, 2], np.int64), np.array([-1, -1, 1], np.int64)]),
    OpCase("Slice", [WORDS, as_array([0, 1]), as_array([2, 1])]),
    OpCase("Slice", [as_array([1, 2, 3]), as_array([1]), as_array([1])]),
    OpCase(
        "Slice",
        [CUBE, as_array([0, 1, 1]), as_array([2, 3, 2])],
        fails="Expected size[1] in [0, 2], but got 3",
    ),
    strided(CUBE, [0, 1], [2, 3]),
    strided(CUBE, [0, 1], [1, 3], shrink_axis=1),
    strided(CUBE, [-1, -2], [0, -1], shrink_axis=3),
    strided(CUBE, [0, 0, 0], [0, 0, 0], [1, 2, 1], begin=7, end=7),
    strided(CUBE, [0, 3], [0, 0], [1, -1], begin=1, end=3, ellipsis=1),
    strided(CUBE, [0, 2, 3], [0, 0, 0], [1, -1, -2], begin=1, end=1),
    strided(CUBE, [0, 0, 1], [0, 0, 2], ellipsis=2, new_axis=1),
    strided(CUBE, [0, 0, 1], [0, 0, 2], ellipsis=1, new_axis=2, shrink_axis=4),
    strided(CUBE, [5], [9]),
    strided(CUBE, [-9], [1]),
    strided(CUBE, [1], [0]),
    strided(CUBE, np.array([1], np.int64), np.array([2], np.int64), np.array([1], np.int64)),
    strided(WORDS, [1, 0], [2, 1], shrink_axis=1),
    strided(WORDS, [0, 1], [0, 0], [1, -1], begin=1, end=3),
    strided([4, 5, 6], [1], [2], shrink_axis=1),
    strided([4, 5, 6], [0], [0], [-1], begin=1, end=1),
    strided([4, 5, 6], [0], [2]),
    OpCase(
        "StridedSlice",
        [CUBE, as_array([2]), as_array([3]), as_array([1])],
        {"shrink_axis_mask": 1},
        fails=(
            "slice index 2 of dimension 0 out of bounds",
            "slice index 2 of dimension 0 out of bounds.",
        ),
    ),
    OpCase(
        "StridedSlice",
        [CUBE, as_array([0]), as_array([2]), as_array([0])],
        fails="strides[0] must be non-zero",
    ),
    OpCase(
        "StridedSlice",
        [as_array([1, 2]), as_array([0, 0]), as_array([1, 1]), as_array([1, 1])],
        fails="Index out of range using input dim 1; input has only 1 dims",
    ),
    strided_grad([0, 1], [1, 2], [1, 1], np.ones(4, np.float32), shrink_axis=3),
    strided_grad(
        [0, 2], [0, 0], [1, -1], np.arange(16, dtype=np.float32).reshape(2, 2, 4), begin=1, end=1
    ),
    strided_grad(
        [0, 0],
        [0, 2],
        [1, 2],
        np.arange(12, dtype=np.float32).reshape(2, 3, 2),
        ellipsis=1,
        begin=2,
        end=2,
    ),
    OpCase(
        "TensorStridedSliceUpdate",
        [
            CUBE,
            as_array([0, 1]),
            as_array([2, 2]),
            as_array([1, 1]),
            np.ones((2, 1, 4), np.float32),
        ],
    ),
    OpCase(
        "StridedSliceAssign",
        [
            CUBE,
            as_array([0, 1]),
            as_array([2, 2]),
            as_array([1, 1]),
            np.ones((2, 1, 4), np.float32),
        ],
        refs=(0,),
        gradient=False,
    ),
    OpCase(
        "ResourceStridedSliceAssign",
        [
            CUBE,
            as_array([0, 2]),
            as_array([0, 0]),
            as_array([1, -1]),
            np.ones((2, 2, 4), np.float32),
        ],
        {"begin_mask": 1, "end_mask": 1},
        resources=(0,),
        gradient=False,
    ),
]
