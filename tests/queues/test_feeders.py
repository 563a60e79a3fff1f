"""Who waits for a queue that nothing feeds any more is told so, wherever the queue is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed.cluster_status import cluster_status
from tensormill.graph import errors
from tensormill.runtime.resources.feeders import Feeders, Feeding
from tests.clusters import over_wire
from tests.gates import WAIT_S, run_in_thread, wait_until


def test_a_queue_is_fed_until_the_last_one_ends() -> None:
    feeders = Feeders()
    assert feeders.why_none(enqueued=0) is None
    feeders.begin()
    feeders.begin()
    feeders.end("'a' was stopped", enqueued=3)
    assert feeders.why_none(enqueued=3) is None
    feeders.end("'b' was stopped", enqueued=5)
    why = feeders.why_none(enqueued=5)
    assert why == "all 2 that fed it have ended, the last one so: 'b' was stopped"


def test_an_element_of_somebody_else_and_a_new_loop_feed_a_queue_again() -> None:
    feeders = Feeders()
    feeders.begin()
    feeders.end("'a' was stopped", enqueued=3)
    assert feeders.why_none(enqueued=4) is None
    assert feeders.why_none(enqueued=3) is not None
    feeders.begin()
    assert feeders.why_none(enqueued=3) is None


class _Queue:
    def __init__(self) -> None:
        self.told: list[str] = []

    def feeding_begins(self) -> None:
        self.told.append("begin")

    def feeding_ends(self, how: str) -> None:
        self.told.append(how)


@pytest.mark.parametrize(
    ("error", "how"),
    [
        (None, "'put' was stopped"),
        (errors.out_of_range("the end\nof it"), "'put' failed with OutOfRangeError: the end"),
        (KeyboardInterrupt(), "'put' failed with KeyboardInterrupt: "),
    ],
)
def test_a_loop_tells_its_queues_how_it_ended(error: Any, how: str) -> None:
    queue = _Queue()
    Feeding([queue], "put").end(error)
    assert queue.told == ["begin", how]


@pytest.fixture(params=["in this process", "over the wire"])
def session(request: Any, monkeypatch: Any, caplog: Any) -> Iterator[Any]:
    monkeypatch.setattr("tensormill.runtime.resources.queue.WARNING_AFTER_S", 0.0)
    caplog.set_level(logging.WARNING)
    if request.param == "in this process":
        with tf.Session() as session:
            yield session
        return
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=over_wire()) as session,
    ):
        session.run(tf.constant(1))  # the connection is chosen when a first call has succeeded
        yield session


def failing_runner(queue: Any, threads: int) -> Any:
    broken = tf.check_numerics(tf.constant(np.nan), "broken")
    return tf.train.QueueRunner(queue, [queue.enqueue([broken])] * threads)


def warnings_in(caplog: Any) -> list[str]:
    return [r.getMessage() for r in caplog.records if "'take' waits for" in r.getMessage()]


def test_a_dequeue_that_waits_while_all_that_fed_the_queue_has_ended_says_so(
    session: Any, caplog: Any
) -> None:
    queue = tf.FIFOQueue(3, [tf.float32], [[]], name="numbers", shared_name="numbers")
    taking, close = queue.dequeue(name="take"), queue.close()
    runner = failing_runner(queue, threads=1)
    consumer = run_in_thread(lambda: session.run(taking))
    for thread in runner.create_threads(session, start=True):
        thread.join(WAIT_S)
    wait_until(lambda: warnings_in(caplog))
    (warning,) = warnings_in(caplog)
    assert warning.startswith(
        "'take' waits for FIFOQueue 'numbers', which has 0 elements and is not closed; what fed "
        "it has ended: 'numbers_enqueue' failed with InvalidArgumentError: broken"
    )
    session.run(close)
    assert isinstance(consumer(), tf.errors.OutOfRangeError)


def test_the_status_of_a_task_tells_of_queues_that_nothing_feeds() -> None:
    with tf.train.Server.create_local_server() as server, tf.Session(server.target) as session:
        queue = tf.FIFOQueue(3, [tf.float32], [[]], name="numbers", shared_name="numbers")
        close = queue.close()
        for thread in failing_runner(queue, threads=2).create_threads(session, start=True):
            thread.join(WAIT_S)
        told = str(cluster_status(server.target))
        assert "queue 'numbers': FIFOQueue of float32 (all 2 that fed it have ended" in told
        session.run(close)
        assert "that fed it" not in str(cluster_status(server.target))
