"""`tf.py_function`: operations of a Python function run when a node calls it."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.framework import ops


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_operations_run_at_once_and_have_values(session: tf.Session) -> None:
    seen = []

    def double(rows):
        assert isinstance(rows, ops.EagerTensor)
        seen.append((rows.numpy().tolist(), rows.shape.as_list(), rows.dtype, len(rows)))
        total = tf.reduce_sum(rows)
        seen.append((int(total), float(total), bool(total > 100.0), f"{total:.1f}"))
        return tf.stack([2 * row for row in rows])

    made = tf.py_function(double, [tf.constant([[1.0], [2.0]])], tf.float32)
    assert made.op.type == "EagerPyFunc"
    assert session.run(made).tolist() == [[2.0], [4.0]]
    assert seen == [([[1.0], [2.0]], [2, 1], tf.float32, 2), (3, 3.0, False, "3.0")]


def test_numpy_takes_the_tensors_too(session: tf.Session) -> None:
    made = tf.py_function(
        lambda x, y: np.sinh(x) + np.cosh(y), [tf.constant(1.0), tf.constant(2.0)], [tf.float32]
    )
    np.testing.assert_allclose(session.run(made), [np.sinh(1) + np.cosh(2)], rtol=1e-6)
    text = tf.py_function(
        lambda a: tf.strings.join([a, str(a.dtype)]), [tf.constant("a")], "string"
    )
    assert session.run(text) == b"a<dtype: 'string'>"


def test_what_has_effects_runs(session: tf.Session, capfd: pytest.CaptureFixture[str]) -> None:
    def show(x):
        tf.print("the value is", x)

    made = tf.py_function(show, [tf.constant(7)], [])
    assert isinstance(made, tf.Operation)
    session.run(made)
    assert "the value is 7" in capfd.readouterr().err


def test_gradients_go_through_the_branch_that_was_taken(session: tf.Session) -> None:
    def log_huber(x, m):
        if tf.abs(x) <= m:
            return x**2
        return m**2 * (1 - 2 * tf.log(m) + tf.log(x**2))

    x, m = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    y = tf.py_function(log_huber, [x, m], tf.float32)
    slopes = tf.gradients(y, [x, m])
    assert session.run([y, *slopes], {x: 1.0, m: 2.0}) == [1.0, 2.0, 0.0]
    np.testing.assert_allclose(session.run(slopes, {x: 4.0, m: 2.0}), [2.0, 5.545177], rtol=1e-5)


def test_gradients_of_several_results(session: tf.Session) -> None:
    x, y = tf.constant(3.0), tf.constant(2.0)
    first, second = tf.py_function(lambda a, b: (a * b, a / b), [x, y], [tf.float32] * 2)
    assert session.run(tf.gradients(first + second, x)) == [2.5]
    with tf.GradientTape() as tape:
        tape.watch(x)
        square = tf.py_function(lambda a: a**2, [x], tf.float32)
    assert session.run(tape.gradient(square, x)) == 6.0


def test_what_may_not_be_returned(session: tf.Session) -> None:
    made = tf.py_function(lambda: tf.Variable(0.0), [], tf.float32)
    with pytest.raises(tf.errors.UnknownError, match="Attempting to return a variable"):
        session.run(made)
    with pytest.raises(tf.errors.InvalidArgumentError, match="requested dtype float32"):
        session.run(tf.py_function(lambda: tf.constant(1), [], tf.float32))
    with pytest.raises(ValueError, match="callable"):
        tf.py_function(3, [], tf.float32)


def test_in_a_pipeline(session: tf.Session) -> None:
    def half(x):
        return tf.py_function(lambda value: tf.cast(value, tf.float32) / 2, [x], tf.float32)

    element = tf.data.make_one_shot_iterator(tf.data.Dataset.range(3).map(half)).get_next()
    assert [session.run(element) for _ in range(3)] == [0.0, 0.5, 1.0]
