"""Linear equations and least squares by iteration."""

from __future__ import annotations

import numpy as np

import tensormill as tf
from tensormill.ops import iterative_solvers as solvers


def _positive_definite() -> np.ndarray:
    root = np.random.RandomState(0).randn(5, 5)
    return root @ root.T + 5 * np.eye(5)


def test_conjugate_gradients_solve_linear_equations() -> None:
    matrix, right = _positive_definite(), np.arange(5.0)
    operator = solvers.create_operator(tf.constant(matrix))
    inverse = solvers.create_operator(tf.constant(np.diag(1 / np.diag(matrix))))
    plain = solvers.conjugate_gradient(operator, right, tol=1e-10)
    better = solvers.conjugate_gradient(operator, right, inverse, x=tf.ones([5], tf.float64))
    with tf.Session() as session:
        found, conditioned = session.run([plain, better])
    np.testing.assert_allclose(found.x, np.linalg.solve(matrix, right), atol=1e-9)
    assert found.i <= 6
    assert np.abs(matrix @ conditioned.x - right).max() < 1e-2


def test_no_step_is_made_after_the_last() -> None:
    operator = solvers.create_operator(tf.constant(_positive_definite()))
    state = solvers.conjugate_gradient(operator, np.arange(5.0), tol=0.0, max_iter=2)
    with tf.Session() as session:
        assert session.run(state.i) == 2


def test_least_squares_are_found() -> None:
    matrix, right = np.random.RandomState(1).randn(6, 3), np.arange(6.0)
    found = solvers.cgls(solvers.create_operator(tf.constant(matrix)), right, tol=1e-12)
    with tf.Session() as session:
        np.testing.assert_allclose(
            session.run(found.x), np.linalg.lstsq(matrix, right, rcond=None)[0], atol=1e-9
        )


def test_vectors_are_measured() -> None:
    v = tf.constant([3.0, 4.0])
    operator = solvers.identity_operator(tf.eye(2))
    with tf.Session() as session:
        direction, length = session.run(solvers.l2normalize(v))
        assert session.run(solvers.dot(v, operator.apply(v))) == 25.0
    np.testing.assert_allclose([*direction, length], [0.6, 0.8, 5.0], rtol=1e-6)
