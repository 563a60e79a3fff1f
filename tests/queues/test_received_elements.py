"""Elements that came in messages: a queue keeps what nobody else reads, without a copy."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.runtime.resources import received_memory
from tensormill.runtime.resources.received_memory import keep_received, mark_received
from tests.clusters import over_wire
from tests.gates import wait_until

ROWS, COLUMNS = 64, 512  # 128 kB of float32


@pytest.fixture
def session() -> Iterator[Any]:
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=over_wire()) as session,
    ):
        yield session


@pytest.fixture
def few_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process keep two blocks."""
    gc.collect()
    size_bytes = sum(received_memory._kept.values()) + 4 * ROWS * COLUMNS * 2
    monkeypatch.setattr(received_memory, "MAX_KEPT_BYTES", size_bytes)


def block(number: int) -> np.ndarray:
    return np.arange(ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS) + number


def kept_count() -> int:
    return len(received_memory._kept)


def test_blocks_come_out_as_they_went_in(session: Any, few_kept: None) -> None:
    queue = tf.FIFOQueue(1000, [tf.float32], [[COLUMNS]])
    x = tf.placeholder(tf.float32, [None, COLUMNS])
    adding, taking, one = queue.enqueue_many([x]), queue.dequeue_many(ROWS), queue.dequeue()
    before = kept_count()
    for number in range(6):
        value = block(number)
        session.run(adding, {x: value})
        value[:] = -1
    assert kept_count() == before + 2
    for number in range(5):
        np.testing.assert_array_equal(session.run(taking), block(number))
    np.testing.assert_array_equal(session.run(one), block(5)[0])
    session.run(queue.close())
    np.testing.assert_array_equal(session.run(queue.dequeue_up_to(ROWS)), block(5)[1:])


def test_what_is_kept_is_counted_until_it_goes(session: Any) -> None:
    queue = tf.FIFOQueue(1000, [tf.float32], [[ROWS, COLUMNS]])
    x = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    adding, size, taking = queue.enqueue([x]), queue.size(), queue.dequeue()
    before = kept_count()
    for number in range(3):
        session.run(adding, {x: block(number)})
    assert kept_count() == before + 3
    for number in range(3):
        np.testing.assert_array_equal(session.run(taking), block(number))
    session.run(size)  # the server now knows that all have arrived
    gc.collect()
    wait_until(lambda: kept_count() == before)  # the thread that answered lets go of them last


@pytest.mark.parametrize("use", ["two queues", "an identity", "a variable", "a fetch"])
def test_what_others_read_too_is_copied(session: Any, use: str) -> None:
    x = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    queue = tf.FIFOQueue(9, [tf.float32], [[ROWS, COLUMNS]])
    adding, taking = queue.enqueue([x]), queue.dequeue()
    total = tf.Variable(tf.zeros([ROWS, COLUMNS]))
    others: dict[str, Any] = {
        "two queues": tf.FIFOQueue(9, [tf.float32], [[ROWS, COLUMNS]]).enqueue([x]),
        "an identity": tf.identity(x),
        "a variable": tf.assign(total, x).op,
        "a fetch": x + 1.0,
    }
    session.run(total.initializer)
    before = kept_count()
    for number in range(3):
        session.run([adding, others[use]], {x: block(number)})
    assert kept_count() == before
    session.run(total.assign_add(tf.ones_like(total)).op)
    for number in range(3):
        np.testing.assert_array_equal(session.run(taking), block(number))


def test_what_a_local_session_feeds_is_copied() -> None:
    queue = tf.FIFOQueue(ROWS, [tf.float32], [[COLUMNS]])
    x = tf.placeholder(tf.float32, [None, COLUMNS])
    adding, taking = queue.enqueue_many([x]), queue.dequeue_many(ROWS)
    with tf.Session() as session:
        value = block(1)
        session.run(adding, {x: value})
        value[:] = -1
        np.testing.assert_array_equal(session.run(taking), block(1))


def test_what_a_step_computes_for_the_queue_alone_is_kept_and_stays() -> None:
    queue = tf.FIFOQueue(9, [tf.float32], [[ROWS, COLUMNS]])
    x = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    both = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    doubled = tf.exp(both) * 2.0
    adding, adding_both = queue.enqueue([tf.sqrt(x) * 3.0]), queue.enqueue([doubled])
    taking = queue.dequeue()
    with tf.Session() as session:
        for number in range(4):  # walked, measured, compiled
            session.run(adding, {x: block(number)})
            fetched = session.run([adding_both, doubled], {both: np.zeros([ROWS, COLUMNS])})[1]
            fetched[:] = -1
        for number in range(4):
            np.testing.assert_allclose(session.run(taking), np.sqrt(block(number)) * 3, 1e-6)
            np.testing.assert_array_equal(session.run(taking), np.full([ROWS, COLUMNS], 2.0))


def test_a_small_part_of_a_large_message_is_not_kept() -> None:
    part = torch.zeros(1 << 15)
    mark_received(part, 10 * part.nbytes)
    whole = torch.zeros(1 << 15)
    mark_received(whole, whole.nbytes + 100)
    small = torch.zeros(10)
    mark_received(small, 50)
    assert [keep_received(tensor) for tensor in (part, whole, small)] == [False, True, False]
