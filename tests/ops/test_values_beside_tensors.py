"""What is no tensor where tensors are expected, and sparse ones where dense ones are."""

from __future__ import annotations

import numpy as np

import tensormill as tf
from tensormill.contrib.seq2seq.python.ops import decoder
from tensormill.python.ops import rnn


def test_what_is_no_tensor_is_its_own_static_value() -> None:
    for value in (3, 2.5, [1, 2], None, "text", np.float32(1.0)):
        assert tf.get_static_value(value) is value
    assert tf.get_static_value(tf.constant(3)) == 3
    assert tf.get_static_value(tf.Variable(3)) is None
    assert tf.get_static_value(tf.SparseTensor([[0]], [1.0], [2])) is None


def test_a_dense_tensor_times_a_sparse_one_is_sparse() -> None:
    sparse = tf.SparseTensor([[0, 1], [1, 0]], [2.0, 3.0], [2, 2])
    product = tf.constant([[1.0, 10.0], [100.0, 1000.0]]) * sparse
    assert isinstance(product, tf.SparseTensor)
    with tf.Session() as session:
        assert session.run(product).values.tolist() == [20.0, 300.0]


def test_inner_names_that_programs_use_are_found() -> None:
    x = tf.zeros([2, 3, 4])
    assert rnn._transpose_batch_time(x).shape.as_list() == [3, 2, 4]
    assert decoder._transpose_batch_time(x).shape.as_list() == [3, 2, 4]
    assert tf.distribute.Server is tf.train.Server


def test_elements_of_a_sparse_tensor_may_be_tensors_in_a_list() -> None:
    elements = tf.data.Dataset.range(3).map(lambda x: tf.SparseTensor([[0], [2]], [x, x * x], [4]))
    following = elements.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(following).values.tolist() for _ in range(3)] == [
            [0, 0],
            [1, 1],
            [2, 4],
        ]
