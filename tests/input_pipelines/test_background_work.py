"""Work that pipelines do ahead: it runs beside the program, in order, and ends with it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.kernels import dataset_buffers
from tensormill.kernels.background_work import Work
from tests.gates import WAIT_S


@pytest.fixture(autouse=True)
def eager_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every stage that may change threads do so."""
    monkeypatch.setattr(dataset_buffers, "WORTH_A_THREAD_NS", -1)


def elements(dataset: Any, count: int) -> list[Any]:
    element = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        return [session.run(element) for _ in range(count)]


def test_prefetched_elements_come_in_order() -> None:
    dataset = tf.data.Dataset.range(100).map(lambda x: x * 2).prefetch(3)
    assert elements(dataset, 100) == list(range(0, 200, 2))


def test_prefetching_computes_on_another_thread_until_the_buffer_is_full() -> None:
    threads: list[str] = []
    enough = threading.Event()

    def note(x: Any) -> Any:
        threads.append(threading.current_thread().name)
        if x >= 7:
            enough.set()
        return x

    dataset = tf.data.Dataset.range(50).map(lambda x: tf.py_func(note, [x], tf.int64)).prefetch(4)
    element = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(6)] == list(range(6))
        assert enough.wait(WAIT_S)  # nobody asks meanwhile
    assert any("tensormill-process-data" in name for name in threads)
    assert len(threads) < 20


def test_an_error_that_was_prefetched_comes_in_its_place() -> None:
    dataset = tf.data.Dataset.range(9).map(
        lambda x: tf.check_numerics(1.0 / tf.cast(x - 6, tf.float32), "bad")
    )
    element = dataset.prefetch(2).make_one_shot_iterator().get_next()
    kinds = []
    with tf.Session() as session:
        for _ in range(10):
            try:
                session.run(element)
                kinds.append("value")
            except tf.errors.OpError as error:
                kinds.append(type(error).__name__)
    expected = ["value"] * 6 + ["InvalidArgumentError"] + ["value"] * 2 + ["OutOfRangeError"]
    assert kinds == expected


def test_nested_prefetching_finishes_with_few_threads() -> None:
    dataset = tf.data.Dataset.range(40)
    for _ in range(30):
        dataset = dataset.map(lambda x: x + 1, num_parallel_calls=2).prefetch(1)
    assert elements(dataset, 40) == list(range(30, 70))


def test_parallel_calls_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=WAIT_S)

    def meet(x: Any) -> Any:
        both.wait()
        return x

    dataset = tf.data.Dataset.range(6).map(
        lambda x: tf.py_func(meet, [x], tf.int64), num_parallel_calls=2
    )
    assert elements(dataset, 6) == list(range(6))


def test_a_closed_session_ends_the_work_ahead() -> None:
    calls = []
    gate = threading.Event()

    def wait(x: Any) -> Any:
        calls.append(int(x))
        if x >= 8:
            gate.wait(WAIT_S)
        return x

    dataset = tf.data.Dataset.range(1000).map(lambda x: tf.py_func(wait, [x], tf.int64))
    element = dataset.prefetch(500).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        for _ in range(7):
            session.run(element)
    gate.set()
    assert len(calls) < 1000


def test_work_that_nobody_began_is_done_by_who_waits() -> None:
    here = threading.current_thread()
    gates = [threading.Event() for _ in range(200)]
    busy = [Work(gate.wait) for gate in gates]
    mine = Work(threading.current_thread)
    try:
        assert mine.wait() is here
    finally:
        for gate in gates:
            gate.set()
        for work in busy:
            work.wait()


def test_a_dequeue_in_a_map_waits_for_its_queue_and_ends_with_the_timeout() -> None:
    queue = tf.FIFOQueue(10, tf.float32)
    item = tf.placeholder(tf.float32, [])
    put = queue.enqueue(item)
    dataset = tf.data.Dataset.range(5).map(lambda x: queue.dequeue())
    iterator = dataset.make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run(iterator.initializer)
        session.run(put, {item: 2.5})
        assert session.run(element) == np.float32(2.5)
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(element, options=tf.RunOptions(timeout_in_ms=50))
        session.run(put, {item: 3.5})
        assert session.run(element) == np.float32(3.5)
