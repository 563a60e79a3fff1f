"""TensorArrays in loops and branches, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf

X = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)


def test_an_array_is_a_variable_of_a_loop() -> None:
    squares = tf.TensorArray(tf.int32, size=4)
    _, squares = tf.while_loop(
        lambda i, _: i < 4, lambda i, a: (i + 1, a.write(i, i * i)), (0, squares)
    )
    with tf.Session() as session:
        assert session.run(squares.stack()).tolist() == [0, 1, 4, 9]


def test_each_step_has_an_array_of_its_own() -> None:
    array = tf.TensorArray(tf.float32, size=1).write(0, 1.0).stack()
    with tf.Session() as session:
        assert session.run(array).tolist() == session.run(array).tolist() == [1.0]


def test_gradients_of_elements_read_in_a_loop_are_summed() -> None:
    x = tf.constant(X)
    rows = tf.TensorArray(tf.float32, size=2, clear_after_read=False).unstack(x)
    _, total = tf.while_loop(
        lambda i, _: i < 4,
        lambda i, t: (i + 1, t + rows.read(i % 2) * rows.read(0)),
        (0, tf.zeros([2])),
    )
    with tf.Session() as session:
        gradient = session.run(tf.gradients(total, x)[0])
    np.testing.assert_allclose(gradient, [[4 * 1 + 2 * 3, 4 * 2 + 2 * 4], [2 * 1, 2 * 2]])


def test_two_gradients_of_one_array_do_not_mix() -> None:
    x = tf.constant(X)
    rows = tf.TensorArray(tf.float32, size=2, clear_after_read=False).unstack(x)
    value = rows.read(0)
    gradients = [tf.gradients(value * 2, x)[0], tf.gradients(value * 3, x)[0]]
    with tf.Session() as session:
        first, second = session.run(gradients)
    assert first.tolist() == [[2, 2], [0, 0]]
    assert second.tolist() == [[3, 3], [0, 0]]


def test_an_array_is_the_result_of_branches() -> None:
    flag = tf.placeholder(tf.bool, [])
    array = tf.TensorArray(tf.float32, size=1, element_shape=[])
    chosen = tf.cond(flag, lambda: array.write(0, 5.0), lambda: array)
    with tf.Session() as session:
        assert session.run(chosen.read(0), {flag: True}) == 5.0
        assert session.run(chosen.read(0), {flag: False}) == 0.0


def test_what_was_read_does_not_share_memory_with_a_feed() -> None:
    feed = tf.placeholder(tf.float32, [2, 2])
    given = X.copy()
    with tf.Session() as session:
        row = session.run(tf.TensorArray(tf.float32, 2).unstack(feed).read(0), {feed: given})
    given[:] = 0
    assert row.tolist() == [1.0, 2.0]


def test_a_gradient_outside_of_a_scope_of_gradients_is_refused() -> None:
    x = tf.constant(X)
    row = tf.TensorArray(tf.float32, 2).unstack(x).read(0)
    with pytest.raises(ValueError, match="start with gradients"):
        tf.gradients(row, x, name="slopes")
