"""Control dependencies on what is fed."""

import numpy as np

import tensormill as tf


def test_waiting_for_a_fed_placeholder_does_not_run_it() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        with tf.control_dependencies([x]):
            y = tf.constant(2.0) * tf.constant([1.0, 2.0])
        np.testing.assert_array_equal(session.run(y, {x: 1.0}), [2.0, 4.0])
        product, value = session.run([y, x], {x: 3.0})
        np.testing.assert_array_equal(product, [2.0, 4.0])
        assert value == 3.0
