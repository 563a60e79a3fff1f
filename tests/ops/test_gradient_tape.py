"""`tf.GradientTape` in a graph."""

import numpy as np
import pytest

import tensormill as tf


def values(tensors: object) -> object:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


def test_gradients_reach_watched_tensors_and_what_was_made_of_them() -> None:
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    assert values([tape.gradient(z, x), tape.gradient(z, {"y": y})["y"]]) == [108.0, 18.0]


def test_tensors_that_are_not_watched_have_no_gradient() -> None:
    x, y = tf.constant(3.0), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = x * y
    gradient = tape.gradient(z, [x, y])
    assert gradient[1] is None
    assert values(gradient[0]) == 2.0


@pytest.mark.parametrize("use_resource", [False, True])
def test_trainable_variables_watch_themselves(use_resource: bool) -> None:
    w = tf.Variable(2.0, use_resource=use_resource)
    fixed = tf.Variable(5.0, use_resource=use_resource, trainable=False)
    tf.Variable(1.0, use_resource=use_resource)  # not used
    with tf.GradientTape() as tape:
        loss = w * w * fixed
    assert tape.watched_variables() == (w,)
    gradient = tape.gradient(loss, [w, fixed])
    assert gradient[1] is None
    assert values(gradient[0]) == 20.0
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        loss = w * w
    assert tape.gradient(loss, w) is None


def test_operations_outside_of_the_block_count_as_constants() -> None:
    x = tf.constant(3.0)
    before = x * x
    with tf.GradientTape() as tape:
        tape.watch(x)
        first = before * x
        with tape.stop_recording():
            hidden = x * 10.0
        y = first + hidden
    assert values(tape.gradient(y, x)) == 9.0


def test_output_gradients_and_unconnected_sources() -> None:
    x, y = tf.constant([1.0, 2.0]), tf.constant([4.0])
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = 3.0 * x
    dx, dy = tape.gradient(z, [x, y], [tf.constant([1.0, 10.0])], tf.UnconnectedGradients.ZERO)
    np.testing.assert_array_equal(values(dx), [3.0, 30.0])
    np.testing.assert_array_equal(values(dy), [0.0])


def test_a_tape_that_is_not_persistent_is_used_once() -> None:
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="can only be called once on non-persistent tapes"):
        tape.gradient(y, x)
    with pytest.raises(ValueError, match="not recording"), tape.stop_recording():
        pass
    tape.reset()
    assert tape.gradient(tf.constant(1.0), x) is None
