"""Matrices, colors and crops that do not fit: refused where TensorFlow refuses them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.op_table import OP_DEFS

_PAIR = np.stack([np.eye(2), 2 * np.eye(2)])
_NAN = np.full((2, 2), np.nan)
_IMAGE = np.full((2, 3, 3), 0.5, np.float32)
_RHS = np.ones((2, 2, 1))
_ONE = np.ones((2, 1, 2))

_UNKNOWN: list[tuple[str, list[Any], str]] = [
    ("MatrixSolve", [_PAIR, _RHS[0]], "must have the same rank"),
    ("MatrixSolve", [_PAIR, _RHS[:1]], "must have the same outer dimensions"),
    ("MatrixSolve", [_NAN, _RHS[0]], "Input matrix is not invertible"),
    ("MatrixSolveLs", [_PAIR, _RHS[:1], np.array(0.0)], "must have the same outer dimensions"),
    ("MatrixSolveLs", [_PAIR, _RHS, np.array([0.0])], "l2_regularizer must be scalar"),
    ("MatrixSolveLs", [_PAIR, _RHS, np.array(np.nan)], "l2_regularizer must be >= 0"),
    ("MatrixInverse", [_NAN], "Input is not invertible"),
    ("Lu", [_NAN], "Input is not invertible"),
    ("CholeskyGrad", [_PAIR, _PAIR[0]], "must have the same rank"),
    ("TridiagonalMatMul", [_ONE[0], _ONE, _ONE, _RHS], "must have the same rank"),
    ("TridiagonalMatMul", [_ONE[:1], _ONE, _ONE, _RHS], "must have the same outer dimensions"),
    ("TridiagonalSolve", [np.ones((2, 3, 2)), _RHS[:1]], "must have the same outer dimensions"),
    ("AdjustHue", [_IMAGE, np.zeros(1, np.float32)], r"delta must be scalar: \[1\]"),
    ("AdjustSaturation", [_IMAGE, np.zeros(1, np.float32)], r"scale must be scalar: \[1\]"),
    ("AdjustSaturation", [_IMAGE[..., :2], np.float32(0)], "instead has 2 channels"),
    ("AdjustContrastv2", [_IMAGE, np.zeros(1, np.float32)], "contrast_factor must be scalar"),
    (
        "CropAndResize",
        [
            _IMAGE[None],
            np.zeros((1, 4), np.float32),
            np.zeros(1, np.int32),
            np.array([2, 2, 2], np.int32),
        ],
        "crop_size must have two elements",
    ),
    (
        "SampleDistortedBoundingBox",
        [np.array([5, 5, 3], np.int32), np.zeros((2, 4), np.float32)],
        "input boxes must be 3-dimensional",
    ),
    (
        "SampleDistortedBoundingBox",
        [np.array([5, 5, 3], np.int32), np.zeros((1, 2, 5), np.float32)],
        r"must have shape \[4\]",
    ),
]


@pytest.mark.parametrize(("op_type", "values", "words"), _UNKNOWN)
def test_what_only_kernels_can_tell_is_refused_in_the_step(
    op_type: str, values: list[Any], words: str
) -> None:
    feeds = {tf.placeholder(value.dtype): value for value in values}
    names = [arg.name for arg in OP_DEFS[op_type].inputs]
    made = getattr(tf.raw_ops, op_type)(**dict(zip(names, feeds, strict=True)))
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=words):
        session.run(made, feeds)


@pytest.mark.parametrize("convert", [tf.image.rgb_to_hsv, tf.image.hsv_to_rgb])
def test_colors_without_three_channels_are_a_failed_precondition(convert: Any) -> None:
    images = tf.placeholder(tf.float32)
    made = convert(images)
    words = "must have 3 channels but input only has 2 channels"
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match=words):
        session.run(made, {images: _IMAGE[..., :2]})


def test_a_matrix_that_is_no_number_has_a_factor_that_is_none_either() -> None:
    matrices = np.stack([4 * np.eye(2), _NAN])
    with tf.Session() as session:
        made = session.run(tf.linalg.cholesky(matrices))
    np.testing.assert_array_equal(made[0], 2 * np.eye(2))
    assert np.isnan(made[1]).any()


@pytest.mark.parametrize(
    "build",
    [
        lambda: tf.linalg.solve(_PAIR, _RHS[:1]),
        lambda: tf.linalg.lstsq(_PAIR, np.ones((3, 2, 1))),
        lambda: tf.raw_ops.TridiagonalMatMul(
            superdiag=_ONE, maindiag=_ONE[:1], subdiag=_ONE, rhs=_RHS
        ),
    ],
)
def test_stacks_of_different_sizes_are_refused_while_the_graph_is_built(build: Any) -> None:
    with pytest.raises(ValueError, match="must be equal"):
        build()
