"""Ragged tensors: what sessions make of them, assertions of a step, mapping, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.ragged_tensors.mapping import RaggedTensorType, map_fn


def test_a_session_takes_and_gives_values_of_ragged_tensors() -> None:
    numbers = tf.ragged.placeholder(tf.float32, 1, [])
    value = tf.ragged.constant_value([[1, 2], [], [3]], dtype=np.float32)
    with tf.Session() as session:
        found = session.run(numbers * 2.0, {numbers: value})
    assert found.to_list() == [[2.0, 4.0], [], [6.0]]
    assert found.shape == (3, None)
    assert found.ragged_rank == 1


def test_branches_and_loops_carry_ragged_tensors() -> None:
    rows = tf.ragged.constant([[1, 2], [3]])
    flag = tf.placeholder_with_default(True, [])
    chosen = tf.cond(flag, lambda: rows + 1, lambda: rows * 10)
    with tf.Session() as session:
        assert session.run(chosen).to_list() == [[2, 3], [4]]
        assert session.run(chosen, {flag: False}).to_list() == [[10, 20], [30]]


def test_splits_that_are_wrong_fail_when_the_step_runs() -> None:
    splits = tf.placeholder_with_default(np.int64([0, 3, 2]), [3])
    rows = tf.RaggedTensor.from_row_splits([1, 2], splits)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="do not form a valid RaggedTensor"),
    ):
        session.run(rows)


def test_a_function_maps_rows_to_rows_of_other_lengths() -> None:
    rows = tf.ragged.constant([[3, 1, 4], [], [5]])
    sums = map_fn(tf.reduce_sum, rows)
    doubled = map_fn(lambda row: tf.concat([row, row], 0), rows, RaggedTensorType(tf.int32, 1))
    with tf.Session() as session:
        assert session.run(sums).tolist() == [8, 0, 5]
        assert session.run(doubled).to_list() == [[3, 1, 4, 3, 1, 4], [], [5, 5]]


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="identical ragged splits"):
        tf.ragged.map_flat_values(tf.add, tf.ragged.constant([[1]]), tf.ragged.constant([[[1]]]))
    uneven = tf.ragged.constant([[1, 2], [3]]) + tf.ragged.constant([[1, 2], [3, 4, 5]])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError):
        session.run(tf.ragged.constant([[1, 2, 3], [4]]) + tf.ragged.constant([[1, 2], [3, 4, 5]]))
    assert uneven.shape.as_list() == [2, None]


def test_a_ragged_tensor_is_no_dense_one() -> None:
    rows = tf.ragged.constant([[1, 2], [3]])
    with pytest.raises(TypeError):
        tf.convert_to_tensor(rows)
    with pytest.raises(TypeError, match="may not be used as a boolean"):
        bool(rows)
    with pytest.raises(ValueError, match="only supported in eager"):
        rows.to_list()
    with pytest.raises(ValueError, match="constructor is private"):
        tf.RaggedTensor(rows.values, rows.row_splits)
    with pytest.raises(ValueError, match="inner ragged dimension"):
        rows[:, 0]


def test_lists_of_different_depths_are_refused() -> None:
    with pytest.raises(ValueError, match="same nesting depth"):
        tf.ragged.constant([1, [2]])
