"""What layers know while a graph is built, sparse tensors of dense ones, sums of penalties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.layers import sparse_values, static_values


def test_conditions_are_taken_where_their_value_is_known() -> None:
    assert static_values.static_cond(1, lambda: "a", lambda: "b") == "a"
    assert static_values.smart_cond(tf.constant(False), lambda: "a", lambda: "b") == "b"
    chosen = static_values.smart_cond(
        tf.placeholder_with_default(True, []), lambda: tf.constant(1), lambda: tf.constant(2)
    )
    with tf.Session() as session:
        assert session.run(chosen) == 1
    with pytest.raises(TypeError, match="fn2 must be callable"):
        static_values.static_cond(True, lambda: 1, 2)  # type: ignore[arg-type]


def test_constants_are_known_and_variables_are_not() -> None:
    assert static_values.constant_value(1.5) == 1.5
    assert static_values.constant_value(tf.constant(3), tf.int32) == 3
    assert static_values.constant_value(tf.get_variable("v", initializer=1)) is None
    with pytest.raises(ValueError, match="wrong type"):
        static_values.constant_value(tf.constant(3), tf.float32)
    with pytest.raises(ValueError, match="cannot be None"):
        static_values.constant_value(None)


def test_integers_are_repeated_or_checked() -> None:
    assert static_values.n_positive_integers(2, 3) == (3, 3)
    assert static_values.n_positive_integers(2, tf.TensorShape([4, 5])) == (4, 5)
    assert static_values.two_element_tuple(7) == (7, 7)
    for n, value in ((0, 1), (2, 0), (2, [1, 2, 3]), (2, [1, -2])):
        with pytest.raises(ValueError, match="positive integer"):
            static_values.n_positive_integers(n, value)
    shape = tf.TensorShape([2, None, 4])
    assert static_values.channel_dimension(shape, "channels_last") == 4
    with pytest.raises(ValueError, match="must be known"):
        static_values.channel_dimension(shape, "channels_first")
    with pytest.raises(ValueError, match="at least 4 not: 3"):
        static_values.last_dimension(shape, min_rank=4)


@pytest.mark.parametrize(
    ("dense", "ignored", "values"),
    [
        ([[0, 3], [4, 0]], None, [3, 4]),
        ([[0, 3], [4, 0]], 4, [0, 3, 0]),
        (["a", "", "b"], None, [b"a", b"b"]),
        ([True, False], None, [True]),
    ],
)
def test_entries_that_differ_are_kept(dense: Any, ignored: Any, values: Any) -> None:
    sparse = sparse_values.dense_to_sparse_tensor(dense, ignored)
    with tf.Session() as session:
        found = session.run(sparse)
    assert list(found.values) == values
    assert list(found.dense_shape) == list(np.shape(dense))


def test_indicators_become_ids_and_rows_have_an_envelope() -> None:
    indicators = [[[0, 0, 1, 0], [0, 0, 0, 0]], [[1, 0, 1, 1], [0, 0, 1, 0]]]
    sparse = sparse_values.indicators_to_sparse_ids(indicators)
    reach = sparse_values.sparse_row_envelope(
        tf.SparseTensor([[0, 0], [2, 0], [2, 1], [2, 2]], [0, 1, 2, 3], [3, 3])
    )
    with tf.Session() as session:
        found, rows = session.run([sparse, reach])
    assert found.indices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 0, 2], [1, 1, 0]]
    assert found.values.tolist() == [2, 0, 2, 3, 2]
    assert found.dense_shape.tolist() == [2, 2, 3]
    assert rows.tolist() == [1, 0, 3]
    with pytest.raises(ValueError, match="not integer"):
        sparse_values.indicators_to_sparse_ids(indicators, dtype=tf.float32)


def test_penalties_that_are_none_count_as_zero_and_must_be_scalars() -> None:
    layers = tf.contrib.layers
    weights = [tf.constant([1.0, 2.0])]
    assert layers.sum_regularizer([None]) is None
    total = layers.apply_regularization(layers.l1_regularizer(0.0), weights)
    with tf.Session() as session:
        assert session.run(total) == 0.0
    with pytest.raises(ValueError, match="Tensor with rank 1"):
        layers.apply_regularization(lambda tensor: tensor, weights)


def test_integers_have_no_scaled_initializer_and_lookups_no_mixed_dtypes() -> None:
    layers = tf.contrib.layers
    with pytest.raises(TypeError, match="non-floating point"):
        layers.xavier_initializer(dtype=tf.int32)
    with pytest.raises(TypeError, match="non-floating point"):
        layers.variance_scaling_initializer(dtype=tf.string)
    ids = tf.SparseTensor([[0, 0]], tf.constant([0], tf.int64), [1, 1])
    weights = tf.SparseTensor([[0, 0]], tf.constant([1.0], tf.float64), [1, 1])
    table = [tf.constant([[1.0]]), tf.constant([[2.0]])]
    with pytest.raises(ValueError, match="float"):
        layers.safe_embedding_lookup_sparse(table, ids, weights)
