"""Optimizers of `tf.contrib.opt` against their rules written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

_START = np.float32([[1, 2], [3, 4], [5, 6]])


def _run(optimizer: Any, loss_of: Any, steps: int, use_resource: bool) -> np.ndarray:
    var = tf.Variable(_START, use_resource=use_resource)
    train = optimizer.minimize(loss_of(var))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(train)
        return session.run(var)


def _adam(gradient: Any, steps: int, decay: float = 0.0, nesterov: bool = False) -> np.ndarray:
    w, m, v = _START.astype(np.float64), 0.0, 0.0
    for t in range(1, steps + 1):
        w = w * (1 - decay)
        g = gradient(w / (1 - decay) if decay else w)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        rate = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        step = 0.9 * m + 0.1 * g if nesterov else m
        w = w - rate * step / (np.sqrt(v) + 1e-8)
    return w


@pytest.mark.parametrize("use_resource", [False, True])
def test_adam_with_weight_decay_shrinks_first(use_resource: bool) -> None:
    optimizer = tf.contrib.opt.AdamWOptimizer(0.01, learning_rate=0.1)
    made = _run(optimizer, lambda v: tf.reduce_sum(v), 3, use_resource)
    np.testing.assert_allclose(made, _adam(np.ones_like, 3, 0.01), rtol=1e-4)


def test_only_listed_variables_decay() -> None:
    a, b = tf.Variable(_START), tf.Variable(_START)
    optimizer = tf.contrib.opt.MomentumWOptimizer(0.5, 0.0, 0.9)
    train = optimizer.minimize(tf.reduce_sum(a + b), decay_var_list=[b])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        kept, shrunk = session.run([a, b])
    np.testing.assert_array_equal(kept, _START)
    np.testing.assert_array_equal(shrunk, _START / 2)


def test_nadam_looks_ahead() -> None:
    optimizer = tf.contrib.opt.NadamOptimizer(0.1)
    made = _run(optimizer, lambda v: tf.reduce_sum(v * v), 3, False)
    np.testing.assert_allclose(made, _adam(lambda w: 2 * w, 3, nesterov=True), rtol=1e-4)


@pytest.mark.parametrize("use_resource", [False, True])
def test_lazy_adam_leaves_other_rows_alone(use_resource: bool) -> None:
    optimizer = tf.contrib.opt.LazyAdamOptimizer(0.1)
    loss_of = lambda v: tf.reduce_sum(tf.gather(v, [0, 2, 0]))  # noqa: E731
    made = _run(optimizer, loss_of, 3, use_resource)
    gradient = np.float32([[2, 2], [0, 0], [1, 1]])
    wanted = _adam(lambda w: gradient, 3)
    np.testing.assert_allclose(made, wanted, rtol=1e-4)
    np.testing.assert_array_equal(made[1], _START[1])


def test_averages_follow_and_can_be_swapped(tmp_path: Path) -> None:
    optimizer = tf.contrib.opt.MovingAverageOptimizer(
        tf.train.GradientDescentOptimizer(1.0), average_decay=0.5
    )
    var = tf.Variable([4.0], name="var")
    with pytest.raises(RuntimeError, match="Must call apply_gradients"):
        optimizer.swapping_saver()
    train = optimizer.minimize(var)
    average = optimizer.average(var)
    saver = optimizer.swapping_saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run([var, average]), [[3.0], [3.5]])
        path = saver.save(session, str(tmp_path / "swapped"))
        tf.train.Saver([var, average]).restore(session, path)
        np.testing.assert_allclose(session.run([var, average]), [[3.5], [3.0]])


def test_variables_are_clipped_after_the_step() -> None:
    var = tf.Variable(_START)
    optimizer = tf.contrib.opt.VariableClippingOptimizer(
        tf.train.GradientDescentOptimizer(0.0), {var: [1]}, 1.0
    )
    train = optimizer.minimize(tf.reduce_sum(var))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        made = session.run(var)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), np.ones(3), rtol=1e-5)
