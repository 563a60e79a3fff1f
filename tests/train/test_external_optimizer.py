"""Optimizers that run outside of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf


class _Descent(tf.contrib.opt.ExternalOptimizerInterface):
    """Fifty steps down the gradient."""

    def _minimize(
        self, initial_val: Any, loss_grad_func: Any, step_callback: Any, **others: Any
    ) -> Any:
        self.given = others
        value = initial_val
        for _ in range(50):
            _, slope = loss_grad_func(value)
            value = value - others["optimizer_kwargs"]["rate"] * slope
            step_callback(value)
        return value


def test_a_subclass_gets_the_loss_as_a_function_of_one_vector() -> None:
    scalar = tf.Variable(3.0)
    matrix = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    goal = tf.placeholder(tf.float32)
    loss = tf.square(scalar - goal) + tf.reduce_sum(tf.square(matrix))
    optimizer = _Descent(loss, rate=0.1)
    steps, losses = [], []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        optimizer.minimize(
            session, {goal: 7.0}, [loss, scalar], steps.append, lambda *v: losses.append(v)
        )
        np.testing.assert_allclose(session.run(scalar), 7.0, rtol=1e-3)
        np.testing.assert_allclose(session.run(matrix), np.zeros((2, 2)), atol=1e-3)
    assert [step.shape for step in steps] == [(5,)] * 50
    assert losses[0] == (46.0, 3.0)


def test_the_base_alone_minimizes_nothing() -> None:
    var = tf.Variable([1.0])
    optimizer = tf.contrib.opt.ExternalOptimizerInterface(tf.reduce_sum(var))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(NotImplementedError, match="subclass from it and implement"):
            optimizer.minimize(session)


def test_scipy_minimizes() -> None:
    vector = tf.Variable([7.0, 7.0])
    unused = tf.Variable([1.0])
    loss = tf.reduce_sum(tf.square(vector))
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss, options={"maxiter": 100})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        optimizer.minimize()
        np.testing.assert_allclose(session.run(vector), [0.0, 0.0], atol=1e-5)
        np.testing.assert_allclose(session.run(unused), [1.0], atol=1e-6)


def test_scipy_keeps_variables_within_bounds() -> None:
    vector = tf.Variable([7.0, 7.0])
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(
        tf.reduce_sum(tf.square(vector)), var_to_bounds={vector: ([1, 2], np.inf)}
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(vector), [1.0, 2.0], atol=1e-5)


def test_scipy_holds_constraints() -> None:
    vector = tf.Variable([7.0, 7.0], dtype=tf.float64)
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(
        tf.reduce_sum(tf.square(vector)),
        equalities=[vector[1] - 1.0],
        inequalities=[vector[0] - 1.0],
        method="SLSQP",
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(vector), [1.0, 1.0], atol=1e-5)


@pytest.mark.parametrize(
    ("given", "text"),
    [({"bounds": None}, "using the var_to_bounds argument"), ({"jac": True}, "'jac' is set auto")],
)
def test_what_is_set_by_the_interface_cannot_be_given(given: dict[str, Any], text: str) -> None:
    var = tf.Variable([1.0])
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(tf.reduce_sum(var * var), **given)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(ValueError, match=text):
            optimizer.minimize(session)
