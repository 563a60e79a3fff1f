"""Handles of variables and lists can be put into arrays and taken out again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tensormill as tf


@pytest.mark.parametrize(
    ("take", "wanted"),
    [
        (lambda h: h[1], 1.0),
        (lambda h: h[::-1][0], 2.0),
        (lambda h: tf.reshape(h, [3, 1])[2][0], 2.0),
        (lambda h: tf.unstack(h)[2], 2.0),
        (lambda h: tf.stack([h, h], 1)[1, 0], 1.0),
        (lambda h: tf.split(h, 3)[1][0], 1.0),
        (lambda h: tf.split(h, [1, 2])[1][1], 2.0),
        (lambda h: tf.transpose(h)[0], 0.0),
        (lambda h: tf.expand_dims(h, 0)[0][1], 1.0),
        (lambda h: tf.squeeze(h[:1]), 0.0),
        (lambda h: tf.reshape(h[2:], []), 2.0),
        (lambda h: tf.gather(h, [0, 1])[1], 1.0),
    ],
)
def test_one_of_the_handles_of_variables(take: Callable[..., tf.Tensor], wanted: float) -> None:
    variables = [tf.Variable(float(i), use_resource=True) for i in range(3)]
    handle = take(tf.stack([variable.handle for variable in variables]))
    read = tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(read) == wanted


def test_one_of_several_lists() -> None:
    lists = [
        tf.raw_ops.TensorListFromTensor(tensor=np.arange(size), element_shape=np.int32([]))
        for size in (1, 2, 3)
    ]
    stacked = tf.stack(lists)
    taken = [stacked[2], tf.gather(stacked, 0), tf.unstack(stacked)[1]]
    lengths = [tf.raw_ops.TensorListLength(input_handle=one) for one in taken]
    with tf.Session() as session:
        assert session.run(lengths) == [3, 1, 2]


def test_coordinates_of_batches() -> None:
    params = np.arange(8).reshape(2, 2, 2)
    batch_dims = tf.constant([1])
    with tf.Session() as session:
        taken = session.run(tf.gather_nd(params, [[1], [0]], batch_dims=batch_dims))
    assert taken.tolist() == [[2, 3], [4, 5]]
    with pytest.raises(TypeError, match="batch_dims must be an int"):
        tf.gather_nd(params, [[1], [0]], batch_dims=tf.constant((0, 1)))
    for wrong, message in ((-1, "negative"), (2, r"rank\(indices\) = 2")):
        with pytest.raises(ValueError, match=message):
            tf.gather_nd(params, [[1], [0]], batch_dims=wrong)
