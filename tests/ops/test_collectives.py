"""Collectives that cannot be: errors while the graph is built and in a step."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill.api as tf
from tensormill.ops import collectives

CONFIG = tf.ConfigProto(device_count={"CPU": 2})


def given(number: int, value: Any) -> Any:
    with tf.device(f"/cpu:{number}"):
        return tf.constant(value)


def test_both_devices_get_the_sum() -> None:
    made = []
    for number in range(2):
        with tf.device(f"/cpu:{number}"):
            made.append(collectives.all_reduce(given(number, [1.0 + number]), 2, 1, 1, "Add", "Id"))
    with tf.Session(config=CONFIG) as session:
        for _ in range(3):
            assert [value.tolist() for value in session.run(made)] == [[3.0], [3.0]]


def test_shapes_that_differ_fail_the_step() -> None:
    made = []
    for number in range(2):
        with tf.device(f"/cpu:{number}"):
            made.append(
                collectives.all_reduce(given(number, [1.0] * (1 + number)), 2, 1, 1, "Add", "Id")
            )
    with (
        tf.Session(config=CONFIG) as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="Shape mismatch"),
    ):
        session.run(made)


def test_a_device_that_does_not_come_is_waited_for_until_the_timeout() -> None:
    with tf.device("/cpu:0"):
        alone = collectives.all_gather(given(0, [1.0]), 2, 1, 1)
    options = tf.RunOptions(timeout_in_ms=200)
    with tf.Session(config=CONFIG) as session:
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(alone, options=options)
        assert session.run(tf.constant(1)) == 1


def test_arguments_are_checked_while_the_graph_is_built() -> None:
    with pytest.raises(ValueError, match="Device assignment required"):
        collectives.all_reduce(tf.constant(1.0), 2, 1, 1, "Add", "Id")
    with pytest.raises(ValueError, match="group_size to all_gather must be at least 2"):
        collectives.all_gather(given(0, [1.0]), 1, 1, 1)
    with pytest.raises(ValueError, match="Shape of broadcast_send"):
        collectives.broadcast_send(given(0, [1.0]), [2], tf.float32, 2, 1, 1)
    with pytest.raises(ValueError, match="Type of broadcast_send"):
        collectives.broadcast_send(given(0, [1.0]), [1], tf.int32, 2, 1, 1)
    with pytest.raises(ValueError, match="must be at least 2"):
        collectives.broadcast_recv([1], tf.float32, 1, 1, 1)
