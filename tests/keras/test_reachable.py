"""What can be reached from tensors, under the name by which the package Keras asks for it."""

import pytest

import tensormill as tf
from tensormill.python.keras.utils import tf_utils


def test_all_that_depends_on_an_input_is_reached() -> None:
    x, other = tf.placeholder(tf.float32, []), tf.constant(1.0)
    y = tf.exp(x)
    total = tf.add(y, other)
    with tf.control_dependencies([y]):
        last = tf.no_op()
    reached = tf_utils.get_reachable_from_inputs([x])
    assert all(each in reached for each in (x, y, y.op, total, last))
    assert other not in reached


def test_a_variable_reaches_what_reads_it() -> None:
    weight = tf.get_variable("w", shape=[2])
    loss = tf.reduce_sum(tf.square(weight))
    assert loss in tf_utils.get_reachable_from_inputs(weight, targets=[loss])


def test_the_search_ends_at_its_targets() -> None:
    x = tf.constant(1.0)
    y = tf.exp(x)
    z = tf.exp(y)
    reached = tf_utils.get_reachable_from_inputs([x], targets=[y])
    assert y in reached
    assert z not in reached
    with pytest.raises(TypeError, match="Expected Operation, Variable, or Tensor"):
        tf_utils.get_reachable_from_inputs(["x"])
