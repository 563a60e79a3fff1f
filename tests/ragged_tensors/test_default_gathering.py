"""Elements gathered with a value for indices that name none."""

from __future__ import annotations

import pytest

import tensormill.api as tf
from tensormill.ragged_tensors.default_gathering import batch_gather_with_default


def test_indices_outside_of_a_row_give_the_default() -> None:
    words = tf.ragged.constant([["a", "b", "c"], ["d"], [], ["e"]])
    places = tf.ragged.constant([[1, 2, -1], [], [], [0, 10]])
    with tf.Session() as session:
        found = session.run(batch_gather_with_default(words, places, "none"))
    assert found.to_list() == [[b"b", b"c", b"none"], [], [], [b"e", b"none"]]


def test_whole_rows_are_gathered_as_well() -> None:
    rows = tf.ragged.constant([[[1], [2]], [[3]]])
    with tf.Session() as session:
        found = session.run(batch_gather_with_default(rows, [[0, 1], [0, 7]], 0))
        flat = session.run(batch_gather_with_default(rows[0], [1, 9], 5))
    assert found.to_list() == [[[1], [2]], [[3], [0]]]
    assert flat.to_list() == [[2], [5]]


def test_dense_elements_need_no_rows() -> None:
    with tf.Session() as session:
        found = session.run(batch_gather_with_default([[1, 2], [3, 4]], [[0, 5], [-1, 1]], 0))
    assert found.tolist() == [[1, 0], [0, 4]]


def test_a_default_of_two_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match='"default_value" must be a scalar or vector'):
        batch_gather_with_default(tf.ragged.constant([[1]]), [[0]], [[1]])
