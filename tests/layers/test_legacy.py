"""`tf.contrib.layers.legacy_fully_connected`."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def test_the_last_axis_is_connected_and_all_is_in_its_collections():
    x = tf.ones([2, 3, 4])
    outputs = tf.contrib.layers.legacy_relu(
        x, 5, weight_init=tf.ones_initializer(), bias_init=tf.constant_initializer(-1.5)
    )
    assert outputs.shape.as_list() == [2, 3, 5]
    keys = tf.GraphKeys
    assert [v.op.name for v in tf.get_collection(keys.WEIGHTS)] == ["fully_connected/weights"]
    assert [v.op.name for v in tf.get_collection(keys.BIASES)] == ["fully_connected/bias"]
    assert tf.get_collection(keys.ACTIVATIONS) == [outputs]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(outputs), np.full((2, 3, 5), 2.5))


def test_inputs_without_a_last_size_are_refused():
    with pytest.raises(ValueError, match="rank of x must be at least 2 not: 1"):
        tf.contrib.layers.legacy_linear(tf.ones([3]), 5)
    with pytest.raises(ValueError, match="last dimension of x must be known"):
        tf.contrib.layers.legacy_linear(tf.placeholder(tf.float32, [2, None]), 5)
    with pytest.raises(ValueError, match="dims of x must be known"):
        tf.contrib.layers.legacy_fully_connected(tf.placeholder(tf.float32), 5)
