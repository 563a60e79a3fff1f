"""Ordinary differential equations within the graph."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def test_decay_follows_the_exponential_function() -> None:
    times = [0.0, 1.0, 2.0]
    solution = tf.contrib.integrate.odeint(lambda y, _: -y, 1.0, times)
    assert solution.op.name == "odeint"
    assert solution.shape.as_list() == [3]
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(solution), np.exp([0.0, -1.0, -2.0]), rtol=1e-5)


def test_complex_states_turn() -> None:
    start = tf.constant(1.0, tf.complex128)
    solution = tf.contrib.integrate.odeint(lambda y, _: 1j * y, start, [0.0, np.pi])
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(solution), [1.0, -1.0], atol=1e-5)


def test_what_was_tried_is_told() -> None:
    _, info = tf.contrib.integrate.odeint(
        lambda y, _: -y, tf.constant(1.0, tf.float64), [0.0, 1.0], full_output=True,
        method="dopri5", options={"first_step": 0.5},
    )  # fmt: skip
    with tf.Session() as session:
        told = session.run(info)
    assert told["num_func_evals"] == 6 * len(told["integrate_points"]) + 1
    assert told["integrate_points"][0] == 0.5
    assert told["error_ratio"].shape == told["integrate_points"].shape


@pytest.mark.parametrize(("method", "decimals"), [("rk4", 7), ("midpoint", 3)])
@pytest.mark.parametrize("dt", [0.05, [0.1, 0.04]])
def test_fixed_steps_reach_the_times(method: str, decimals: int, dt: object) -> None:
    def growth(y: tf.Tensor, t: tf.Tensor) -> tf.Tensor:
        return y * t

    start = tf.constant(1.0, tf.float64)
    solution = tf.contrib.integrate.odeint_fixed(growth, start, [0.0, 0.5, 1.0], dt, method)
    with tf.Session() as session:
        found = session.run(solution)
    np.testing.assert_allclose(found, np.exp([0.0, 0.125, 0.5]), atol=10.0**-decimals * 5)


def test_the_solution_is_differentiated_by_what_the_derivative_uses() -> None:
    rate = tf.constant(2.0)
    solution = tf.contrib.integrate.odeint_fixed(lambda y, _: -rate * y, 1.0, [0.0, 1.0], 0.1)
    (gradient,) = tf.gradients(solution[-1], rate)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(gradient), -np.exp(-2.0), rtol=1e-3)


def test_times_that_do_not_increase_fail() -> None:
    solution = tf.contrib.integrate.odeint(lambda y, _: -y, 1.0, [0.0, 2.0, 1.0])
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="must be monotonic increasing"),
    ):
        session.run(solution)


def test_wrong_arguments_are_refused() -> None:
    odeint, odeint_fixed = tf.contrib.integrate.odeint, tf.contrib.integrate.odeint_fixed
    with pytest.raises(ValueError, match="invalid method: 'euler'"):
        odeint(lambda y, _: -y, 1.0, [0.0, 1.0], method="euler")
    with pytest.raises(ValueError, match="cannot supply `options` without"):
        odeint(lambda y, _: -y, 1.0, [0.0, 1.0], options={"first_step": 1.0})
    with pytest.raises(TypeError, match="`y0` must have a floating point"):
        odeint(lambda y, _: -y, 1, [0.0, 1.0])
    with pytest.raises(ValueError, match="method not supported: euler"):
        odeint_fixed(lambda y, _: -y, 1.0, [0.0, 1.0], method="euler")
