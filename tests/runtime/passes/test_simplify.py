"""What a step computes stays the same when its graph is simplified."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tests.runtime.plans import instructions_of


@pytest.mark.parametrize(("value", "chosen"), [(1000, b"large"), (10, b"small")])
def test_constants_in_branches_keep_their_side(value: int, chosen: bytes) -> None:
    number = tf.placeholder(tf.int32, [])
    size = tf.cond(number > 100, lambda: tf.constant("large"), lambda: tf.constant("small"))
    with tf.Session() as session:
        assert session.run(size, {number: value}) == chosen


def test_what_constants_wait_for_stays_when_they_are_folded() -> None:
    v = tf.get_variable("v", initializer=0.0, use_resource=False)
    changed = tf.assign(v, 4.0)
    with tf.control_dependencies([changed]):
        total = tf.constant(1.0) + 1.0
    with tf.control_dependencies([total]):
        value = v.read_value()
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(value) == 4.0


def test_what_only_idle_nodes_read_is_left_out_too() -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.control_dependencies([tf.reduce_sum(-x, name="idle")]):
        result = tf.identity(2 * x, "result")
    with tf.Session() as session:
        names = {i.node.name for i in instructions_of(session, [result], [x])}
        assert not names & {"Neg", "idle"}
        np.testing.assert_array_equal(session.run(result, {x: [1.0, 2.0]}), [2.0, 4.0])


@pytest.mark.parametrize(("rows", "is_kept"), [(100, True), (10_000, False)])
def test_large_values_made_of_small_ones_are_not_kept_between_steps(
    rows: int, is_kept: bool
) -> None:
    zeros = tf.fill([rows, 100], 3.0)
    x = tf.placeholder(tf.float32, [])
    result = zeros * x
    with tf.Session() as session:
        op_types = {i.node.op_type for i in instructions_of(session, [result], [x])}
        assert ("Fill" not in op_types) is is_kept
        for _ in range(3):
            found = session.run(result, {x: 2.0})
            assert found.shape == (rows, 100)
            assert (found == 6.0).all()
