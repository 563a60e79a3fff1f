"""Losses that are scaled by what a manager says."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def test_the_factor_follows_good_and_bad_steps() -> None:
    mixed = tf.contrib.mixed_precision
    manager = mixed.ExponentialUpdateLossScaleManager(8.0, 2, decr_every_n_nan_or_inf=1)
    optimizer = mixed.LossScaleOptimizer(tf.train.GradientDescentOptimizer(0.5), manager)
    weight = tf.Variable(4.0)
    slope = tf.placeholder(tf.float32, [])
    step = optimizer.minimize(weight * slope)
    seen = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for value in (1.0, 1.0, np.inf, 1.0, 1.0):
            session.run(step, {slope: value})
            seen.append(session.run([weight, manager.get_loss_scale()]))
    weights, factors = zip(*seen, strict=True)
    assert weights == (3.5, 3.0, 3.0, 2.5, 2.0)
    np.testing.assert_allclose(factors, [8.0, 16.0, 12.8, 12.8, 25.6], rtol=1e-6)


def test_a_fixed_factor_changes_neither_itself_nor_the_step() -> None:
    mixed = tf.contrib.mixed_precision
    manager = mixed.FixedLossScaleManager(128.0)
    optimizer = mixed.LossScaleOptimizer(tf.train.GradientDescentOptimizer(1.0), manager)
    table = tf.Variable([[1.0], [2.0]])
    step = optimizer.minimize(tf.reduce_sum(tf.gather(table, [1])))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        assert session.run(table).tolist() == [[1.0], [1.0]]
        assert session.run(manager.get_loss_scale()) == 128.0
    with pytest.raises(ValueError, match="loss scale must be at least 1"):
        mixed.FixedLossScaleManager(0.5)
