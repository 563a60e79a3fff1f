"""What operations see of a variable taken by reference: its memory, when they start."""

from __future__ import annotations

import threading

import pytest

import tensormill as tf

SCALARS = [tf.int32, tf.int64, tf.float32]


@pytest.mark.parametrize("dtype", SCALARS)
def test_an_operation_behind_an_update_sees_it(dtype: tf.DType) -> None:
    variable = tf.Variable(0, dtype=dtype)
    before = variable + 0
    with tf.control_dependencies([before]):
        update = tf.assign_add(variable, 1)
    with tf.control_dependencies([update]):
        after, filled = variable + 0, tf.fill([2], variable)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(3):
            values = session.run([before, after, filled])
            assert [values[0], values[1], *values[2]] == [step, *[step + 1] * 3]


@pytest.mark.parametrize("dtype", SCALARS)
def test_an_operation_behind_an_update_that_waited_sees_it(dtype: tf.DType) -> None:
    begun, queue = (tf.FIFOQueue(1, tf.float32, shapes=()) for _ in range(2))
    variable, other = tf.Variable(0, dtype=dtype), tf.Variable(1.0)
    begin, element = begun.enqueue(0.0), queue.dequeue()
    with tf.control_dependencies([other.assign_add(element)]):
        update = tf.assign_add(variable, 1)
    with tf.control_dependencies([update]):
        after, filled = variable + 0, tf.fill([2], variable)
    has_begun, feed = begun.dequeue(), queue.enqueue(2.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        results: list[list[object]] = []

        def step() -> None:
            _, number, row = session.run([begin, after, filled])
            results.append([number, *row])

        for count in range(1, 4):
            thread = threading.Thread(target=step)
            thread.start()
            session.run(has_begun)
            session.run(feed)
            thread.join()
            assert results[-1] == [count] * 3
