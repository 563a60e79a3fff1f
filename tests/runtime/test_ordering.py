"""Small updates run one after another where nothing can tell the difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tests.runtime.plans import instructions_of


def node_names(session: tf.Session, fetches: list[tf.Tensor], target: tf.Operation) -> list[str]:
    made = instructions_of(session, fetches, targets=[target])
    return [i.node.name for i in made if not i.is_conversion]


@pytest.mark.parametrize(
    ("optimizer", "op_type"),
    [
        (tf.train.MomentumOptimizer(0.1, 0.9), "ApplyMomentum"),
        (tf.train.AdamOptimizer(0.1), "ApplyAdam"),  # whose rate is computed in the step
    ],
)
def test_updates_of_small_variables_follow_each_other(optimizer: Any, op_type: str) -> None:
    weights = [tf.Variable(tf.ones([3, 3]), name=f"w{i}") for i in range(4)]
    product = tf.ones([2, 3])
    for variable in weights:
        product = tf.tanh(product @ variable)
    train = optimizer.minimize(tf.reduce_sum(product))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        names = node_names(session, [], train)
        places = [at for at, name in enumerate(names) if op_type in name]
        assert len(places) == 4
        assert places == list(range(places[0], places[0] + 4))


def test_what_runs_after_one_update_and_before_another_stays_between_them() -> None:
    first = tf.get_variable("first", initializer=[1.0, 2.0], use_resource=False)
    second = tf.get_variable("second", initializer=[0.0, 0.0], use_resource=False)
    optimizer = tf.train.GradientDescentOptimizer(0.5)
    one = optimizer.apply_gradients([(tf.constant([2.0, 2.0]), first)])
    with tf.control_dependencies([one]):
        seen = tf.multiply(first.read_value(), 1.0, name="seen")
    other = optimizer.apply_gradients([(-seen, second)])
    with tf.Session() as session:
        for _ in range(3):  # walked, measured, compiled
            session.run(tf.global_variables_initializer())
            np.testing.assert_array_equal(session.run([seen, other])[0], [0.0, 1.0])
            np.testing.assert_array_equal(session.run(second), [0.0, 0.5])
        names = node_names(session, [seen], other)
        updates = [at for at, name in enumerate(names) if "ApplyGradientDescent" in name]
        assert updates[0] < names.index("seen") < updates[1]


def test_updates_that_follow_each_other_read_their_common_scalars_once() -> None:
    weights = [tf.Variable(tf.ones([3, 3]), name=f"w{i}") for i in range(4)]
    product = tf.ones([2, 3])
    for variable in weights:
        product = tf.tanh(product @ variable)
    train = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(product))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made = instructions_of(session, [], targets=[train])
        powers = [i for i in made if i.is_conversion and i.node.op_type == "ApplyAdam"]
        assert len(powers) == len({(i.function, *i.arguments) for i in powers})
        updates = [i for i in made if i.node.op_type == "ApplyAdam" and not i.is_conversion]
        assert len(updates) == 4
        assert len({tuple(i.arguments[3:5]) for i in updates}) == 1
        for _ in range(3):
            session.run(train)
        assert all(np.isfinite(session.run(weights)).ravel())


@pytest.mark.parametrize("optimizer", [tf.train.AdamOptimizer, tf.train.GradientDescentOptimizer])
def test_a_large_update_between_small_ones_reads_the_same_fed_rate(optimizer: Any) -> None:
    rate = tf.placeholder(tf.float32, [])
    weights = [tf.Variable(tf.ones([size]), name=f"w{size}") for size in (2, 1 << 17, 3)]
    gradients, _ = tf.clip_by_global_norm([tf.ones_like(w) for w in weights], 1.0)
    train = optimizer(rate).apply_gradients(list(zip(gradients, weights, strict=True)))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):  # walked, measured, compiled
            session.run(train, {rate: 0.5})
        values = session.run([w[0] for w in weights])
    assert values[0] < 1.0
    np.testing.assert_allclose(values, values[:1] * 3, rtol=1e-5)
