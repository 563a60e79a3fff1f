"""Cases of dense tensors made of the parts of ragged ones."""

from typing import Any

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_VALUES = np.float32([1, 2, 3, 4, 5, 6, 7, 8, 9])
_SPLITS = np.int64([0, 2, 2, 3, 9])
_OUTER = np.int64([0, 1, 4])
_IDS = np.int64([0, 0, 2, 3, 3, 3, 3, 3, 3])


def _any(rank: int) -> np.ndarray:
    return np.full(rank, -1, np.int64)


def _case(shape: Any, values: Any, default: Any, parts: list, types: str, **more: Any) -> OpCase:
    attrs = {"row_partition_types": types.split()}
    return OpCase("RaggedTensorToTensor", [shape, values, default, parts], attrs, **more)


CASES = [
    _case(np.int64([-1, -1]), _VALUES, np.float32(-1), [_SPLITS], "ROW_SPLITS"),
    _case(np.int64([4, 3]), _VALUES, np.float32(-1), [_SPLITS], "ROW_SPLITS", note="cut"),
    _case(np.int64([6, 8]), _VALUES, np.float32(-1), [_SPLITS], "ROW_SPLITS", note="longer"),
    _case(np.int32([-1, 4]), _VALUES, np.float32(0), [_SPLITS.astype(np.int32)], "ROW_SPLITS"),
    _case(_any(2), _VALUES, np.float32(-1), [np.int64(5), _IDS], "FIRST_DIM_SIZE VALUE_ROWIDS"),
    _case(_any(3), _VALUES, np.float32(0), [_OUTER, _SPLITS], "ROW_SPLITS ROW_SPLITS"),
    _case(np.int64([3, 2, 4]), _VALUES, np.float32(0), [_OUTER, _IDS], "ROW_SPLITS VALUE_ROWIDS"),
    _case(
        _any(3),
        np.arange(18).reshape(9, 2).astype(np.float32),
        np.float32([-1, -2]),
        [_SPLITS],
        "ROW_SPLITS",
        note="with inner sizes",
    ),
    _case(
        np.int64([5, 3, 2]),
        np.arange(18).reshape(9, 2),
        np.int64(7),
        [_SPLITS],
        "ROW_SPLITS",
    ),
    _case(_any(2), np.array([b"a", b"b", b"c"], object), b"-", [np.int64([0, 1, 3])], "ROW_SPLITS"),
    _case(_any(2), np.zeros(0, np.float32), np.float32(2), [np.int64([0, 0, 0])], "ROW_SPLITS"),
    OpProgram(
        ("RaggedTensorToTensor",),
        """
result = []
for shape, splits, types in (
    (-1, [[0, 2, 3]], ["ROW_SPLITS"]),
    (-1, [[0, 2, 4]], ["ROW_SPLITS"]),
    (-1, [[0, 2, 3]], ["ROWS"]),
    (-1, [[0, 0, 1]], ["VALUE_ROWIDS"]),
    ([2], [[0, 2, 3]], ["ROW_SPLITS"]),
    ([2, 2, 2], [[0, 2, 3]], ["ROW_SPLITS"]),
):
    with tf.Graph().as_default():
        try:
            made = tf.raw_ops.RaggedTensorToTensor(
                shape=shape, values=[1.0, 2.0, 3.0], default_value=0.0,
                row_partition_tensors=splits, row_partition_types=types)
            with tf.Session() as session:
                result.append([str(made.shape), session.run(made)])
        except (tf.errors.OpError, ValueError) as error:
            result.append(type(error).__name__)
""",
    ),
]
