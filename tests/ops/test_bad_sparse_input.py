"""Parts of sparse tensors, and boxes, that do not fit: refused in the step, by TensorFlow's words.

No shape is known while the graph is built, so that only the kernels can tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

_PLACES = np.array([[0, 1], [1, 0], [1, 2]])
_VALUES = np.array([1.0, 2.0, 3.0], np.float32)
_SIZES = np.array([2, 3])
_DENSE = np.ones((2, 3), np.float32)
_PARTS = {"indices": _PLACES, "values": _VALUES, "shape": _SIZES}
_ROWS = "indexing dimension. must match. .indices = 3, values = 2"
_RANK = "Order length must be SparseTensor rank"

_INPUTS: dict[str, dict[str, Any]] = {
    "SparseReorder": {
        "input_indices": _PLACES, "input_values": _VALUES, "input_shape": _SIZES,
    },
    "SparseReduceSum": {
        "input_indices": _PLACES, "input_values": _VALUES, "input_shape": _SIZES,
        "reduction_axes": np.array([0], np.int32),
    },
    "SparseSoftmax": {"sp_indices": _PLACES, "sp_values": _VALUES, "sp_shape": _SIZES},
    "SparseSplit": {"split_dim": np.array(0), **_PARTS, "num_split": 2},
    "SparseSlice": {**_PARTS, "start": np.array([0, 0]), "size": np.array([1, 2])},
    "SparseSliceGrad": {
        "backprop_val_grad": _VALUES[:1], "input_indices": _PLACES,
        "input_start": np.array([0, 0]), "output_indices": np.array([[0, 1]]),
    },
    "SparseFillEmptyRows": {
        "indices": _PLACES, "values": _VALUES, "dense_shape": _SIZES,
        "default_value": np.float32(0),
    },
    "SparseFillEmptyRowsGrad": {
        "reverse_index_map": np.array([0, 2]), "grad_values": _VALUES,
    },
    "SparseTensorDenseAdd": {
        "a_indices": _PLACES, "a_values": _VALUES, "a_shape": _SIZES, "b": _DENSE,
    },
    "SparseTensorDenseMatMul": {
        "a_indices": _PLACES, "a_values": _VALUES, "a_shape": _SIZES, "b": _DENSE.T,
    },
    "SparseDenseCwiseMul": {
        "sp_indices": _PLACES, "sp_values": _VALUES, "sp_shape": _SIZES, "dense": _DENSE,
    },
    "NonMaxSuppressionV3": {
        "boxes": np.zeros((3, 4), np.float32), "scores": _VALUES,
        "max_output_size": np.int32(2), "iou_threshold": np.float32(0.5),
        "score_threshold": np.float32(0),
    },
    "CombinedNonMaxSuppression": {
        "boxes": np.zeros((2, 3, 1, 4), np.float32), "scores": np.zeros((2, 3, 2), np.float32),
        "max_output_size_per_class": np.int32(2), "max_total_size": np.int32(3),
        "iou_threshold": np.float32(0.5), "score_threshold": np.float32(0),
    },
}  # fmt: skip
"""Inputs that fit, of each op."""

_WRONG: list[tuple[str, str, Any, str]] = [
    ("SparseReorder", "input_values", _VALUES[:2], _ROWS),
    ("SparseReorder", "input_shape", _SIZES[:1], _RANK),
    ("SparseReduceSum", "input_values", _VALUES[:2], _ROWS),
    ("SparseReduceSum", "input_indices", _PLACES[:, :1], _RANK),
    ("SparseSoftmax", "sp_values", _VALUES[:2], _ROWS),
    ("SparseSplit", "values", _VALUES[:2], _ROWS),
    ("SparseSplit", "split_dim", np.array([0]), "axis should be a scalar"),
    ("SparseSlice", "values", _VALUES[:2], _ROWS),
    ("SparseSlice", "start", np.array(0), "Input start should be a vector"),
    ("SparseSlice", "size", np.array([1]), "vector of length 2 but got length 1"),
    ("SparseSlice", "size", np.array([1, -2]), "Expected a non-negative size, got -2"),
    ("SparseSliceGrad", "backprop_val_grad", _VALUES[:2], "got 2 and 1"),
    ("SparseSliceGrad", "output_indices", np.array([[0]]), "same ndims: got: 2 and 1"),
    ("SparseSliceGrad", "input_indices", _PLACES[:0], "not greater than of input_indices"),
    ("SparseSliceGrad", "input_start", np.array([0]), "input_start to be a vector of length 2"),
    ("SparseFillEmptyRows", "values", _VALUES[:2], "length of `values` .2. must match"),
    ("SparseFillEmptyRows", "dense_shape", _SIZES[:1], "length of `dense_shape` .1. must match"),
    ("SparseFillEmptyRows", "default_value", _VALUES[:1], "default_value must be "),
    ("SparseFillEmptyRowsGrad", "reverse_index_map", np.array([-1]), "in .0, 3. but got -1"),
    ("SparseFillEmptyRowsGrad", "reverse_index_map", np.array(0), "must be a vector, saw: "),
    ("SparseTensorDenseAdd", "a_indices", -_PLACES, "invalid index on dimension 1: .*0,1. = -1"),
    ("SparseTensorDenseMatMul", "a_values", _VALUES[:2], "entries in a_values"),
    ("SparseTensorDenseMatMul", "b", _VALUES, "Tensor 'b' is not a matrix"),
    ("SparseDenseCwiseMul", "sp_indices", -_PLACES, "out-of-bounds w.r.t. dense side"),
    ("NonMaxSuppressionV3", "max_output_size", np.int32(-1), "must be non-negative"),
    ("NonMaxSuppressionV3", "max_output_size", np.array([1], np.int32), "must be 0-D, got shape"),
    ("NonMaxSuppressionV3", "iou_threshold", np.float32(np.nan), r"must be in \[0, 1\]"),
    ("NonMaxSuppressionV3", "score_threshold", _VALUES[:1], "score_threshold must be 0-D"),
    ("NonMaxSuppressionV3", "scores", _VALUES[:2], "scores has incompatible shape"),
    ("CombinedNonMaxSuppression", "scores", np.zeros((1, 3, 2), np.float32), "same batch size"),
    ("CombinedNonMaxSuppression", "max_output_size_per_class", np.int32(0), "must be positive"),
    (
        "CombinedNonMaxSuppression",
        "boxes",
        np.zeros((2, 3, 3, 4), np.float32),
        "either 1 or num classes",
    ),
]


def _make(op_type: str, given: dict[str, Any]) -> tuple[Any, dict[Any, Any]]:
    arguments: dict[str, Any] = {}
    feeds = {}
    for name, value in given.items():
        if isinstance(value, (np.ndarray, np.generic)):
            arguments[name] = tf.placeholder(value.dtype)
            feeds[arguments[name]] = value
        else:
            arguments[name] = value
    return getattr(tf.raw_ops, op_type)(**arguments), feeds


@pytest.mark.parametrize("op_type", sorted(_INPUTS))
def test_inputs_that_fit_are_taken(op_type: str) -> None:
    made, feeds = _make(op_type, _INPUTS[op_type])
    with tf.Session() as session:
        session.run(made, feeds)


@pytest.mark.parametrize(("op_type", "name", "value", "words"), _WRONG)
def test_inputs_that_do_not_fit_are_refused(
    op_type: str, name: str, value: Any, words: str
) -> None:
    made, feeds = _make(op_type, {**_INPUTS[op_type], name: value})
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=words):
        session.run(made, feeds)
