"""`functional_ops.For`: loops over numbers, as one node."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.functional.defun import Defun
from tensormill.tensorflow_modules.functional_control_flow import For


@pytest.mark.parametrize("of_while", [False, True])
@pytest.mark.parametrize(("numbers", "wanted"), [((0, 4, 1), 12.0), ((4, 0, -2), 12.0)])
def test_a_body_may_capture_tensors(
    of_while: bool, numbers: tuple[int, int, int], wanted: float
) -> None:
    factor = tf.constant(2.0)

    @Defun(tf.int32, tf.float32)
    def body(i: tf.Tensor, total: tf.Tensor) -> tf.Tensor:
        return total + factor * tf.cast(i, tf.float32)

    start, limit, delta = numbers
    (total,) = For(start, limit, delta, [0.0], body, rewrite_with_while=of_while)
    with tf.Session() as session:
        assert session.run(total) == wanted
    assert total.op.type == ("While" if of_while else "For")


def test_the_numbers_may_be_fed_and_the_loop_be_in_a_function() -> None:
    limit = tf.placeholder(tf.int32, [])

    @Defun(tf.int32, tf.float32, tf.float32)
    def body(i: tf.Tensor, before: tf.Tensor, last: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return last, before + last

    @Defun(tf.int32)
    def fibonacci(count: tf.Tensor) -> tf.Tensor:
        return For(0, count, 1, [0.0, 1.0], body)[0]

    value = fibonacci(limit)
    with tf.Session() as session:
        found = [session.run(value, {limit: count}) for count in (0, 1, 2, 10)]
    np.testing.assert_array_equal(found, [0.0, 1.0, 1.0, 55.0])


def test_a_loop_in_a_branch_that_is_not_taken_does_not_run() -> None:
    taken, delta = tf.placeholder(tf.bool, []), tf.placeholder(tf.int32, [])

    @Defun(tf.int32, tf.int32)
    def body(i: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
        return last + i

    value = tf.cond(taken, lambda: For(0, 3, delta, [1], body)[0], lambda: tf.constant(7))
    with tf.Session() as session:
        assert session.run(value, {taken: True, delta: 1}) == 4
        assert session.run(value, {taken: False, delta: -1}) == 7
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid start/limit/delta"):
            session.run(value, {taken: True, delta: -1})
