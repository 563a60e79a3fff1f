"""A constant that an update takes may be fed in place of its value."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_constant_learning_rate_can_be_fed(use_resource: bool) -> None:
    weights = tf.Variable([1.0], use_resource=use_resource)
    update = tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_sum(weights))
    rate = tf.get_default_graph().get_tensor_by_name("GradientDescent/learning_rate:0")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        session.run(update, {rate: 0.125})
        session.run(update)
        np.testing.assert_allclose(session.run(weights), [1.0 - 0.5 - 0.125 - 0.5])
