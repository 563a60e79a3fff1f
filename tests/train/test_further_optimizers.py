"""Further optimizers of `tf.contrib.opt` against what the code of TensorFlow 1.15.5 gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf

_START = np.float32([[1, 2], [3, -4], [5, 6]])

# The weights after three steps down their squares, or (names with an s at the end) down those of
# the first and the last row.
_WEIGHTS: dict[str, list[list[float]]] = {
    "adamax": [[0.7155, 1.70765], [2.70501, -3.70369], [4.70289, 5.70236]],
    "adamaxs": [[0.7155, 1.70765], [3.0, -4.0], [4.70289, 5.70236]],
    "adamgs": [[0.70159, 1.70062], [2.70038, -3.70027], [4.70021, 5.70017]],
    "adamgss": [[0.70159, 1.70062], [3.0, -4.0], [4.70021, 5.70017]],
    "add": [[0.216, 0.432], [0.648, -0.864], [1.08, 1.296]],
    "pow": [[0.216, 0.432], [0.648, -0.864], [1.08, 1.296]],
    "addd": [[0.308, 0.616], [0.924, -1.232], [1.54, 1.848]],
    "reg": [[0.7823, 1.7763], [2.77457, -3.77376], [4.7733, 5.77299]],
    "regs": [[0.7823, 1.7763], [3.0, -4.0], [4.7733, 5.77299]],
    "lars": [[0.99944, 1.99888], [2.99832, -3.99776], [4.9972, 5.99663]],
    "larss": [[-0.10835, -0.2167], [-0.32506, 0.43341], [-0.54176, -0.65011]],
    "larsp": [[0.062, 0.124], [3.0, -4.0], [0.31, 0.372]],
    "multi": [[0.062, 0.124], [0.186, -0.248], [0.31, 0.372]],
    "adds": [[0.216, 0.432], [3.0, -4.0], [1.08, 1.296]],
    "pows": [[0.216, 0.432], [3.0, -4.0], [1.08, 1.296]],
}


def _decay(step: Any) -> Any:
    return 1 / (1 + tf.cast(step, tf.float32))


_MAKE: dict[str, Callable[[Any, Any], Any]] = {
    "adamax": lambda o, step: o.AdaMaxOptimizer(0.1),
    "adamaxs": lambda o, step: o.AdaMaxOptimizer(0.1),
    "adamgs": lambda o, step: o.AdamGSOptimizer(step, 0.1),
    "adamgss": lambda o, step: o.AdamGSOptimizer(step, 0.1),
    "add": lambda o, step: o.AddSignOptimizer(0.1),
    "pow": lambda o, step: o.PowerSignOptimizer(0.1, base=2.0),
    "addd": lambda o, step: o.AddSignOptimizer(0.1, sign_decay_fn=_decay),
    "reg": lambda o, step: o.RegAdagradOptimizer(0.1),
    "regs": lambda o, step: o.RegAdagradOptimizer(0.1),
    "lars": lambda o, step: o.LARSOptimizer(0.1),
    "larss": lambda o, step: o.LARSOptimizer(0.1, skip_list=["w"], use_nesterov=True),
    "larsp": lambda o, step: o.LARSOptimizer(0.1),
    "multi": lambda o, step: o.MultitaskOptimizerWrapper(tf.train.MomentumOptimizer(0.1, 0.9)),
    "adds": lambda o, step: o.AddSignOptimizer(0.1),
    "pows": lambda o, step: o.PowerSignOptimizer(0.1, base=2.0),
}
_SPARSE = ("adamaxs", "adamgss", "regs", "larsp", "adds", "pows")
_REF_ALONE = ("adds", "pows")


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("name", _MAKE)
def test_three_steps_are_those_of_tensorflow(name: str, use_resource: bool) -> None:
    step = tf.train.get_or_create_global_step()
    weights = tf.get_variable("w", initializer=_START, use_resource=use_resource)
    chosen = tf.gather(weights, [0, 2]) if name in _SPARSE else weights
    optimizer = _MAKE[name](tf.contrib.opt, step)
    if use_resource and name in _REF_ALONE:
        with pytest.raises(NotImplementedError):
            optimizer.minimize(tf.reduce_sum(tf.square(chosen)), global_step=step)
        return
    train = optimizer.minimize(tf.reduce_sum(tf.square(chosen)), global_step=step)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(train)
        np.testing.assert_allclose(session.run(weights), _WEIGHTS[name], rtol=1e-4, atol=1e-5)


def test_sums_of_squares_stay_where_they_are_not_to_be_counted() -> None:
    weights = tf.Variable(_START)
    optimizer = tf.contrib.opt.RegAdagradOptimizer(0.1)
    counted = optimizer.minimize(tf.reduce_sum(weights))
    with optimizer.avoid_updating_slots():
        uncounted = optimizer.minimize(tf.reduce_sum(weights))
    sums = optimizer.get_slot(weights, "accumulator")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(uncounted)
        np.testing.assert_allclose(session.run(sums), np.full((3, 2), 0.1))
        session.run(counted)
        np.testing.assert_allclose(session.run(sums), np.full((3, 2), 1.1))


def test_a_gradient_of_zeros_moves_nothing_and_keeps_the_momentum() -> None:
    weights, factor = tf.Variable(_START), tf.placeholder(tf.float32)
    optimizer = tf.contrib.opt.MultitaskOptimizerWrapper(tf.train.MomentumOptimizer(0.1, 0.9))
    train = optimizer.minimize(tf.reduce_sum(weights * factor))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {factor: 1.0})
        moved = session.run(weights)
        session.run(train, {factor: 0.0})
        np.testing.assert_array_equal(session.run(weights), moved)
        session.run(train, {factor: 1.0})
        np.testing.assert_allclose(session.run(weights), moved - 0.19, rtol=1e-5)


def test_clipping_by_the_common_norm_passes_over_what_is_missing() -> None:
    gradients = [(tf.constant([3.0, 4.0]), None), (None, None), (tf.zeros([3]), None)]
    clipped, norm = tf.contrib.opt.clip_gradients_by_global_norm(gradients, 1.0)
    assert clipped[1][0] is None
    with tf.Session() as session:
        one, other, total = session.run([clipped[0][0], clipped[2][0], norm])
    np.testing.assert_allclose(one, [0.6, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(other, [0, 0, 0])
    assert total == 5


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="momentum should be positive"):
        tf.contrib.opt.LARSOptimizer(0.1, momentum=-1.0)
    with pytest.raises(TypeError, match="Supplied optimizer must be"):
        tf.contrib.opt.MultitaskOptimizerWrapper(3)
