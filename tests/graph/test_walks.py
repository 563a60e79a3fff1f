"""Walks along the edges of a graph, under the name that programs import them by."""

import pytest

import tensormill as tf
from tensormill.python.ops import op_selector


def test_operations_that_a_tensor_depends_on_are_found_the_nearest_first() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.exp(x, name="y")
    z = tf.negative(y, name="z")
    tf.square(z, name="after")
    assert op_selector.get_backward_walk_ops([z.op]) == [z.op, y.op, x.op]
    assert op_selector.get_backward_walk_ops(z, inclusive=False) == [y.op, x.op]
    assert op_selector.get_backward_walk_ops([]) == []


def test_a_walk_goes_only_where_a_test_allows() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.exp(x, name="y")
    found = op_selector.get_backward_walk_ops(y, within_ops_fn=lambda op: op.type != "Placeholder")
    assert found == [y.op]


def test_a_walk_along_gradients_ends_where_there_are_none() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    whole = tf.floor(x)
    z = tf.negative(tf.cast(tf.cast(whole, tf.int32), tf.float32))
    found = op_selector.get_backward_walk_ops(z, only_differentiable=True)
    assert whole.op in found
    argmax = tf.argmax([x, x])
    assert x.op not in op_selector.get_backward_walk_ops(argmax, only_differentiable=True)


def test_tensors_of_two_graphs_are_refused() -> None:
    x = tf.constant(1.0)
    with tf.Graph().as_default():
        y = tf.constant(1.0)
    with pytest.raises(ValueError, match="does not belong to given graph"):
        op_selector.make_list_of_t([x, y])
    with pytest.raises(TypeError, match="Expected a type in"):
        op_selector.make_list_of_op([x])
