"""Losses that are scaled, and optimizers that leave out steps whose gradients are not finite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.train import loss_scale as loss_scales

experimental = tf.train.experimental


@pytest.fixture
def session() -> Any:
    with tf.Session() as session:
        yield session


def test_a_fixed_factor_stays() -> None:
    factor = experimental.FixedLossScale(7)
    update, is_good = factor.update([tf.constant(np.nan)])
    with tf.Session() as session:
        assert session.run(factor()) == 7.0
        assert session.run(update) is None
    assert is_good is True
    assert repr(factor) == "FixedLossScale(7.0)"
    assert experimental.FixedLossScale.from_config(factor.get_config())._loss_scale_value == 7.0
    with pytest.raises(ValueError, match="must be at least 1"):
        experimental.FixedLossScale(0)
    with pytest.raises(ValueError, match="must be a Python int or float"):
        experimental.FixedLossScale("1000")


def test_a_dynamic_factor_follows_the_gradients(session: Any) -> None:
    factor = experimental.DynamicLossScale(2.0, increment_period=3, multiplier=2)
    value = tf.placeholder(tf.float32, [])
    update, is_good = factor.update([value, None])
    session.run(tf.global_variables_initializer())
    seen = []
    for gradient in (0.0, 0.0, 0.0, 0.0, np.nan, 0.0, 0.0, 0.0, np.inf, np.inf, np.inf):
        session.run(update, {value: gradient})
        seen.append(session.run(factor()))
    assert seen == [2.0, 2.0, 4.0, 4.0, 2.0, 2.0, 2.0, 4.0, 2.0, 1.0, 1.0]
    assert session.run(is_good, {value: 1.0})
    assert not session.run(is_good, {value: np.inf})
    names = [variable.op.name for variable in loss_scales.get_loss_scale_weights(factor)]
    assert names == ["current_loss_scale", "good_steps"]
    with pytest.raises(RuntimeError, match="Duplicate variables detected"):
        factor._add_weight("good_steps", 1.0)


def test_a_dynamic_factor_never_becomes_infinite(session: Any) -> None:
    factor = experimental.DynamicLossScale(np.finfo(np.float32).max / 2, 1, 4.0)
    update, _ = factor.update([tf.constant(1.0)])
    session.run(tf.global_variables_initializer())
    before = session.run(factor())
    session.run(update)
    assert session.run(factor()) == before


def test_identifiers_mean_factors() -> None:
    assert loss_scales.get(None) is None
    assert isinstance(loss_scales.get(5), experimental.FixedLossScale)
    made = loss_scales.get("dynamic")
    assert isinstance(made, experimental.DynamicLossScale)
    assert loss_scales.get(made) is made
    with pytest.raises(ValueError, match="Could not interpret loss scale identifier"):
        loss_scales.get("other")


@pytest.mark.parametrize("use_resource", [False, True])
def test_gradients_are_those_of_the_loss_itself(session: Any, use_resource: bool) -> None:
    weight = tf.Variable([5.0, 1.0], use_resource=use_resource)
    rows = tf.nn.embedding_lookup(weight, [0])
    optimizer = experimental.MixedPrecisionLossScaleOptimizer(
        tf.train.GradientDescentOptimizer(2.0), 10
    )
    [(gradient, _)] = optimizer.compute_gradients(tf.reduce_sum(rows * 3.0))
    train = optimizer.minimize(tf.reduce_sum(weight * 4.0))
    session.run(tf.global_variables_initializer())
    assert np.allclose(session.run(gradient.values), [3.0])
    session.run(train)
    assert np.allclose(session.run(weight), [-3.0, -7.0])


def test_steps_with_infinite_gradients_are_left_out(session: Any) -> None:
    weight = tf.Variable(1.0)
    slope = tf.placeholder(tf.float32, [])
    step = tf.train.get_or_create_global_step()
    optimizer = experimental.MixedPrecisionLossScaleOptimizer(
        tf.train.MomentumOptimizer(1.0, 0.5), experimental.DynamicLossScale(4.0, 1)
    )
    train = optimizer.minimize(weight * slope, global_step=step)
    session.run(tf.global_variables_initializer())
    states = []
    for value in (1.0, np.inf, 1.0):
        session.run(train, {slope: value})
        states.append(session.run([weight, step, optimizer._loss_scale()]))
    assert states == [[0.0, 1, 8.0], [0.0, 1, 4.0], [-1.5, 2, 8.0]]


def test_checkpoints_hold_the_factor_and_the_wrapped_optimizer(session: Any, tmp_path: Any) -> None:
    optimizer = experimental.MixedPrecisionLossScaleOptimizer(
        tf.train.AdamOptimizer(), experimental.DynamicLossScale(4.0, 1)
    )
    weight = tf.Variable(1.0)
    train = optimizer.minimize(weight)
    checkpoint = tf.train.Checkpoint(optimizer=optimizer, weight=weight)
    session.run(tf.global_variables_initializer())
    session.run(train)
    path = checkpoint.save(str(tmp_path / "model"), session=session)
    session.run(optimizer._loss_scale._current_loss_scale.assign(1.0))
    checkpoint.restore(path).assert_consumed().run_restore_ops(session)
    assert session.run(optimizer._loss_scale()) == 8.0


def test_optimizers_are_wrapped_once() -> None:
    made = experimental.enable_mixed_precision_graph_rewrite(tf.train.AdamOptimizer(), 2.0)
    try:
        assert isinstance(made, experimental.MixedPrecisionLossScaleOptimizer)
        with pytest.raises(ValueError, match="must not already be an instance"):
            experimental.enable_mixed_precision_graph_rewrite(made)
        with pytest.raises(ValueError, match="but got: 3"):
            experimental.enable_mixed_precision_graph_rewrite(3)
    finally:
        experimental.disable_mixed_precision_graph_rewrite()
    with pytest.raises(ValueError, match="must be an instance of Optimizer"):
        experimental.MixedPrecisionLossScaleOptimizer(1, 2.0)
