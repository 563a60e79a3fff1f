"""Optimizers that leave out gradients: those that are too old, or rows that have none."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

opt = tf.contrib.opt


@pytest.mark.parametrize(("staleness", "dropped"), [(0, 0.0), (-1, 2.0)])
def test_gradients_that_are_too_old_are_left_out(staleness: int, dropped: float) -> None:
    step = tf.train.get_or_create_global_step()
    var = tf.get_variable("v", initializer=[1.0, 2.0])
    inner = tf.train.MomentumOptimizer(0.1, 0.9)
    optimizer = opt.DropStaleGradientOptimizer(inner, staleness)
    loss = tf.reduce_sum(var * [3.0, -1.0])
    train = optimizer.apply_gradients(optimizer.compute_gradients(loss, [var]), step)
    assert optimizer.get_slot_names() == ["momentum"]
    assert optimizer.get_slot(var, "momentum") is inner.get_slot(var, "momentum")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(2):
            session.run(train)
        values, steps = session.run([var, step])
        (counter,) = [v for v in tf.global_variables() if v.op.name == "stale_counter"]
        assert session.run(counter) == dropped
    moved = np.zeros(2) if dropped else 0.1 * 2.9 * np.array([3.0, -1.0])
    np.testing.assert_allclose(values, np.array([1.0, 2.0]) - moved, rtol=1e-6)
    assert steps == 2 - dropped


@pytest.mark.parametrize("use_resource", [False, True])
def test_lazy_adam_of_a_step_leaves_other_rows_alone(use_resource: bool) -> None:
    step = tf.train.get_or_create_global_step()
    rows = np.arange(6.0, dtype=np.float32).reshape(3, 2)
    plain = tf.get_variable("plain", initializer=rows, use_resource=use_resource)
    lazy = tf.get_variable("lazy", initializer=rows, use_resource=use_resource)
    optimizers = [opt.LazyAdamOptimizer(0.1), opt.LazyAdamGSOptimizer(step, 0.1)]
    index = tf.placeholder(tf.int32, [])
    trains = []
    for var, optimizer in zip((plain, lazy), optimizers, strict=True):
        loss = tf.reduce_sum(tf.gather(var, [index]) ** 2)
        trains.append(optimizer.apply_gradients(optimizer.compute_gradients(loss, [var])))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for number in (0, 1, 0):
            session.run(trains, {index: number})
            session.run(step.assign_add(1))
        expected, made = session.run([plain, lazy])
    np.testing.assert_allclose(made, expected, rtol=1e-5)
    np.testing.assert_array_equal(made[2], rows[2])
    assert not np.allclose(made[:2], rows[:2])
