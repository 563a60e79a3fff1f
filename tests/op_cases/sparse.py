"""Cases of sparse tensors."""

import numpy as np

from tests.op_cases.case import OpCase, as_array

INDICES = np.array([[0, 1], [1, 0], [1, 2]], np.int64)
VALUES = np.array([1.0, 2.0, 3.0], np.float32)
SHAPE = np.array([2, 3], np.int64)
OTHER_INDICES = np.array([[0, 0], [1, 2]], np.int64)
OTHER_VALUES = np.array([5.0, -3.0], np.float32)
SPARSE = [INDICES, VALUES, SHAPE]
OTHER = [OTHER_INDICES, OTHER_VALUES, SHAPE]
DENSE = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
WORDS = np.array([b"a", b"b", b"c"], object)

CASES = [
    OpCase("SparseToDense", [INDICES, SHAPE, VALUES, np.float32(9)]),
    OpCase(
        "SparseToDense",
        [as_array([1, 3]), as_array([5]), np.float32(1), np.float32(0)],
        gradient=False,
    ),
    OpCase("SparseToDense", [INDICES, SHAPE, WORDS, np.array(b"-", object)]),
    OpCase(
        "SparseToDense", [INDICES[::-1], SHAPE, VALUES, np.float32(0)], {"validate_indices": False}
    ),
    OpCase(
        "SparseToDense",
        [INDICES[::-1].copy(), SHAPE, VALUES, np.float32(0)],
        fails="indices[1] = [1,0] is out of order. Many sparse ops require sorted indices.",
    ),
    OpCase(
        "SparseToDense",
        [INDICES + 1, SHAPE, VALUES, np.float32(0)],
        fails="indices[1] = [2,1] is out of bounds: need 0 <= index < [2,3]",
    ),
    OpCase("SparseReorder", [INDICES[::-1].copy(), VALUES, SHAPE]),
    OpCase("SparseReorder", [INDICES[[2, 0, 1]], WORDS, SHAPE]),
    OpCase("SparseReshape", [INDICES, SHAPE, np.array([3, -1], np.int64)]),
    OpCase(
        "SparseReshape",
        [INDICES, SHAPE, np.array([4, 2], np.int64)],
        fails="Input to reshape is a tensor with 6 dense values, but the requested shape has 8.",
    ),
    OpCase(
        "SparseConcat",
        [[INDICES, OTHER_INDICES], [VALUES, OTHER_VALUES], [SHAPE, SHAPE]],
        {"concat_dim": 1},
        gradient=False,
    ),
    OpCase(
        "SparseConcat",
        [[INDICES, OTHER_INDICES], [WORDS, WORDS[:2]], [SHAPE, SHAPE]],
        {"concat_dim": -2},
    ),
    OpCase("SparseSplit", [np.int64(1), *SPARSE], {"num_split": 2}),
    OpCase("SparseSlice", [*SPARSE, np.array([1, 0], np.int64), np.array([1, 2], np.int64)]),
    OpCase(
        "SparseSliceGrad",
        [VALUES[:1], INDICES, np.array([1, 0], np.int64), np.array([[0, 0]], np.int64)],
        gradient=False,
    ),
    OpCase("SparseFillEmptyRows", [INDICES, VALUES, np.array([4, 3], np.int64), np.float32(-1)]),
    OpCase(
        "SparseFillEmptyRows", [INDICES, WORDS, np.array([3, 3], np.int64), np.array(b"x", object)]
    ),
    OpCase("SparseFillEmptyRowsGrad", [np.array([0, 2], np.int64), VALUES], gradient=False),
    OpCase("SparseTensorDenseMatMul", [*SPARSE, np.arange(6, dtype=np.float32).reshape(3, 2)]),
    OpCase("SparseTensorDenseMatMul", [*SPARSE, DENSE], {"adjoint_a": True}),
    OpCase("SparseTensorDenseMatMul", [*SPARSE, DENSE], {"adjoint_b": True}),
    OpCase(
        "SparseTensorDenseMatMul",
        [*SPARSE, DENSE],
        fails=(
            "Dimensions must be equal, but are 3 and 2",
            "Cannot multiply A and B because inner dimension does not match: 3 vs. 2.  Did you",
        ),
    ),
    OpCase("SparseTensorDenseAdd", [*SPARSE, DENSE]),
    OpCase("SparseAdd", [*SPARSE, *OTHER, np.float32(0.5)]),
    OpCase("SparseAddGrad", [VALUES, INDICES, OTHER_INDICES, INDICES], gradient=False),
    OpCase("SparseReduceSum", [*SPARSE, as_array([1])]),
    OpCase("SparseReduceSum", [*SPARSE, as_array([0, -1])], {"keep_dims": True}),
    OpCase("SparseReduceSum", [*SPARSE, as_array([0])]),
    OpCase("SparseReduceMax", [*SPARSE, as_array([1])], gradient=False),
    OpCase("SparseReduceSumSparse", [*SPARSE, as_array([0])], gradient=False),
    OpCase("SparseReduceMaxSparse", [*SPARSE, as_array([1])], {"keep_dims": True}, gradient=False),
    OpCase("SparseSoftmax", SPARSE),
    OpCase("SparseSparseMaximum", [*SPARSE, *OTHER], gradient=False),
    OpCase("SparseSparseMinimum", [*SPARSE, *OTHER], gradient=False),
    OpCase("SparseDenseCwiseMul", [*SPARSE, DENSE]),
    OpCase("SparseDenseCwiseMul", [*SPARSE, DENSE[0]]),
    OpCase("SparseDenseCwiseDiv", [*SPARSE, DENSE[:, :1]]),
    OpCase("SparseDenseCwiseAdd", [*SPARSE, np.float32(2)], gradient=False),
]
