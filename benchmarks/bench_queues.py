"""Queues: elements one by one, in blocks and by queue runners, in this process and on a server."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call
from benchmarks.server_process import shared_server
from benchmarks.waiting_dequeues import memory_of_waiting, time_to_wake

WAITING = 10_000
BLOCK = np.arange(128 * 1024, dtype=np.float32).reshape(128, 1024)


def pairs(tf: Any, target: str, calls: int) -> Sample:
    queue = tf.FIFOQueue(100, [tf.float32], [[]], shared_name="pairs")
    x = tf.placeholder(tf.float32, [])
    enqueue, dequeue = queue.enqueue([x]), queue.dequeue()
    session = tf.Session(target)
    session.run(enqueue, {x: 3.0})
    expect(session.run(dequeue) == 3.0, "what was put in")

    def pair() -> None:
        session.run(enqueue, {x: 3.0})
        session.run(dequeue)

    return lambda: 1.0 / seconds_per_call(pair, calls)


def blocks(tf: Any, target: str, calls: int) -> Sample:
    queue = tf.FIFOQueue(1000, [tf.float32], [[1024]], shared_name="blocks")
    x = tf.placeholder(tf.float32, [None, 1024])
    enqueue, dequeue = queue.enqueue_many([x]), queue.dequeue_many(len(BLOCK))
    session = tf.Session(target)
    session.run(enqueue, {x: BLOCK})
    expect(bool((session.run(dequeue) == BLOCK).all()), "the block that was put in")

    def pair() -> None:
        session.run(enqueue, {x: BLOCK})
        session.run(dequeue)

    return lambda: BLOCK.nbytes / seconds_per_call(pair, calls) / 1e9


def runner(tf: Any, target: str, elements: int) -> Sample:
    """How fast a queue runner fills a queue, while one step takes all of it."""
    counter = tf.Variable(0, name="runner_counter")
    queue = tf.FIFOQueue(50, [tf.int32], [[]], name="runner", shared_name="runner")
    filling = tf.train.QueueRunner(queue, [queue.enqueue([counter.assign_add(1)])])
    taking = queue.dequeue_many(elements)
    session = tf.Session(target)
    session.run(counter.initializer)
    coordinator = tf.train.Coordinator()
    filling.create_threads(session, coord=coordinator, daemon=True, start=True)
    expect(len(session.run(taking)) == elements, "as many as were asked for")

    def sample() -> float:
        start = time.perf_counter()
        session.run(taking)
        return elements / (time.perf_counter() - start)

    return sample


CASES = [
    Case(
        "enqueue and dequeue, local",
        "pairs/s",
        10,
        lambda tf: pairs(tf, "", 1000),
        higher_is_better=True,
    ),
    Case(
        "enqueue and dequeue, remote",
        "pairs/s",
        3,
        lambda tf: pairs(tf, shared_server(tf).target, 200),
        higher_is_better=True,
    ),
    Case(
        "blocks of 512 kB, local",
        "GB/s",
        3,
        lambda tf: blocks(tf, "", 100),
        higher_is_better=True,
    ),
    Case(
        "blocks of 512 kB, remote",
        "GB/s",
        3,
        lambda tf: blocks(tf, shared_server(tf).target, 50),
        higher_is_better=True,
    ),
    Case(
        "queue runner, local",
        "elements/s",
        3,
        lambda tf: runner(tf, "", 2000),
        higher_is_better=True,
    ),
    Case(
        "queue runner, remote",
        "elements/s",
        3,
        lambda tf: runner(tf, shared_server(tf).target, 1000),
        higher_is_better=True,
    ),
    Case(
        "10,000 waiting dequeues: memory",
        "kB each",
        1,
        lambda tf: memory_of_waiting(tf, WAITING),
        rounds=2,
    ),
    Case(
        "10,000 waiting dequeues: waking",
        "us each",
        1,
        lambda tf: time_to_wake(tf, WAITING),
        rounds=3,
    ),
]
