"""Steps of servers that take too long: they end in time, and say what they waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tensormill as tf
from tests.clusters import free_addresses, over_wire

AFTER = "after 300 ms the step was waiting for: "


@pytest.fixture
def target() -> Iterator[str]:
    addresses = free_addresses(2)
    cluster = {"ps": addresses[:1], "worker": addresses[1:]}
    with tf.train.Server(cluster, "ps", 0), tf.train.Server(cluster, "worker", 0) as worker:
        yield worker.target


@pytest.fixture(params=[False, True], ids=["in process", "over the wire"])
def config(request: pytest.FixtureRequest) -> Any:
    return over_wire() if request.param else tf.ConfigProto()


def late_message(session: Any, fetch: Any) -> str:
    session.run(tf.no_op())
    with pytest.raises(tf.errors.DeadlineExceededError) as caught:
        session.run(fetch, options=tf.RunOptions(timeout_in_ms=300))
    return caught.value.message


def test_a_queue_of_the_masters_own_task(target: str, config: Any) -> None:
    with tf.device("/job:worker"):
        take = tf.FIFOQueue(1, tf.float32).dequeue(name="take")
    with tf.Session(target, config=config) as session:
        message = late_message(session, take)
        device = "/job:worker/replica:0/task:0/device:CPU:0"
        assert AFTER + f"'take' (QueueDequeueV2) on {device}" in message
        assert session.run(tf.constant(2.0)) == 2.0


@pytest.mark.parametrize("lane", ["", "direct"])
def test_a_queue_of_another_task(
    target: str, config: Any, lane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    with tf.device("/job:ps"):
        take = tf.FIFOQueue(1, tf.float32).dequeue(name="take")
    with tf.device("/job:worker"):
        use = take + 1.0
    with tf.Session(target, config=config) as session:
        message = late_message(session, use)
        assert AFTER in message
        device = "/job:ps/replica:0/task:0/device:CPU:0"
        assert f"'take' (QueueDequeueV2) on {device}" in message
        assert session.run(tf.constant(2.0)) == 2.0


def test_a_loop_without_end(target: str, config: Any) -> None:
    with tf.device("/job:worker"):
        endless = tf.while_loop(lambda i: i >= 0, lambda i: i * 1, [tf.constant(0)], name="endless")
    with tf.Session(target, config=config) as session:
        assert AFTER + "'endless" in late_message(session, endless)


def test_the_timeout_of_the_session_counts_where_the_step_says_none(
    target: str, config: Any
) -> None:
    config.operation_timeout_in_ms = 300
    with tf.device("/job:worker"):
        take = tf.FIFOQueue(1, tf.float32).dequeue(name="take")
    with tf.Session(target, config=config) as session:
        session.list_devices()
        session.run(tf.no_op())
        with pytest.raises(tf.errors.DeadlineExceededError, match="'take'"):
            session.run(take)
