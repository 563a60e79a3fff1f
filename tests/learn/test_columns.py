"""Feature columns in the manner of `tf.contrib.layers`."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill as tf

layers = tf.contrib.layers


def _features() -> dict[str, Any]:
    words = tf.SparseTensor([[0, 0], [1, 0]], ["tea", "milk"], [2, 1])
    sizes = tf.SparseTensor([[0, 0], [1, 0]], ["small", "large"], [2, 1])
    return {"word": words, "size": sizes, "price": tf.constant([[1.0], [30.0]])}


def test_columns_of_hashed_categories_can_be_crossed() -> None:
    word = layers.sparse_column_with_hash_bucket("word", hash_bucket_size=10)
    size = layers.sparse_column_with_keys(column_name="size", keys=["small", "large"])
    price = layers.bucketized_column(layers.real_valued_column("price"), boundaries=[10.0])
    crossed = layers.crossed_column(columns=[word, size, price], hash_bucket_size=50)
    same = tf.feature_column.crossed_column(["word", "size", price], 50)
    rows = [
        tf.feature_column.input_layer(_features(), [tf.feature_column.indicator_column(column)])
        for column in (crossed, same)
    ]
    with tf.Session() as session:
        ours, wanted = session.run(rows)
    np.testing.assert_array_equal(ours, wanted)
    assert ours.sum(1).tolist() == [1, 1]


def test_columns_become_the_input_of_a_network() -> None:
    size = layers.sparse_column_with_keys("size", ["small", "large"])
    parts: dict[Any, Any] = {}
    columns = [
        layers.real_valued_column("price"),
        layers.one_hot_column(sparse_id_column=size),
        layers.embedding_column(sparse_id_column=size, dimension=3),
    ]
    made = layers.input_from_feature_columns(
        _features(), columns, scope="network", cols_to_outs=parts
    )
    assert made.shape.as_list() == [2, 6]
    assert set(parts) == set(columns)
    (table,) = tf.trainable_variables()
    assert table.op.name.startswith("network/")
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        np.testing.assert_array_equal(session.run(parts[columns[1]]), [[1, 0], [0, 1]])


def test_columns_are_added_up_with_weights() -> None:
    price = layers.real_valued_column("price")
    size = layers.sparse_column_with_keys("size", ["small", "large"])
    total, variables, bias = layers.weighted_sum_from_feature_columns(
        _features(), [price, size], num_outputs=1
    )
    (weight,) = variables[price]
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        session.run([weight.assign([[2.0]]), bias.assign([1.0])])
        np.testing.assert_allclose(session.run(total), [[3.0], [61.0]])
