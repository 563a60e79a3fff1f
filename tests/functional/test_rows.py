"""Maps, scans and folds over the rows of tensors."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf

X = np.arange(6, dtype=np.float32).reshape(3, 2)


def test_maps_scans_and_folds() -> None:
    made = [
        tf.map_fn(tf.reduce_sum, X),
        tf.scan(lambda total, row: total + row, X),
        tf.scan(lambda total, row: total + row, X, reverse=True),
        tf.foldl(lambda total, row: total + row, X),
        tf.foldr(lambda total, row: total * 2 + row, X),
    ]
    with tf.Session() as session:
        mapped, forwards, backwards, left, right = session.run(made)
    assert mapped.tolist() == [1, 5, 9]
    np.testing.assert_array_equal(forwards, X.cumsum(0))
    np.testing.assert_array_equal(backwards, X[::-1].cumsum(0)[::-1])
    assert left.tolist() == [6, 9]
    assert right.tolist() == [4 * 4 + 2 * 2 + 0, 4 * 5 + 2 * 3 + 1]


def test_a_map_of_no_rows_is_empty() -> None:
    rows = tf.placeholder(tf.float32, [None, 2])
    mapped = tf.map_fn(lambda row: row * 2, rows)
    with tf.Session() as session:
        assert session.run(mapped, {rows: np.zeros([0, 2])}).shape == (0, 2)


def test_what_a_function_returns_must_have_the_structure_of_dtype() -> None:
    with pytest.raises(ValueError, match="same nested structure"):
        tf.map_fn(lambda row: (row, row), tf.constant(X))


def test_a_scalar_has_no_rows() -> None:
    with pytest.raises(ValueError, match="not scalars"):
        tf.map_fn(tf.identity, 1.0)
