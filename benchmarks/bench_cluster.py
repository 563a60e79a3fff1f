"""Clusters: what a remote step costs, what the wire carries, asynchronous training."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call
from benchmarks.cluster import Cluster

LARGE_ELEMENTS = 25 << 20
LARGE_GB = LARGE_ELEMENTS * 4 / 1e9
TRAINING_STEPS = 100
Prepare = Callable[[Any, Cluster], Sample]


def remote_run(tf: Any, cluster: Cluster) -> Sample:
    value = tf.placeholder(tf.float32, [])
    with tf.device("/job:worker/task:0"):
        more = value + 1.0
    session = cluster.session("worker", 0)
    expect(session.run(more, {value: 1.0}) == 2.0, "the sum")
    return lambda: seconds_per_call(lambda: session.run(more, {value: 1.0}), 300) * 1e6


def sum_of_two(tf: Any, cluster: Cluster) -> Sample:
    parts = []
    for index in range(2):
        with tf.device(f"/job:ps/task:{index}"):
            parts.append(tf.Variable(float(index + 1), name=f"part{index}"))
    with tf.device("/job:worker/task:0"):
        total = parts[0] + parts[1]
    session = cluster.session("worker", 0)
    session.run(tf.global_variables_initializer())
    expect(session.run(total) == 3.0, "the sum")
    return lambda: seconds_per_call(lambda: session.run(total), 100) * 1e3


def _large(tf: Any) -> Any:
    with tf.device("/job:ps/task:0"):
        return tf.Variable(tf.zeros([LARGE_ELEMENTS]), name="large")


def add_large(tf: Any, cluster: Cluster) -> Sample:
    large = _large(tf)
    with tf.device("/job:worker/task:0"):
        more = tf.fill([LARGE_ELEMENTS], tf.placeholder_with_default(1.0, []))
    add = tf.assign_add(large, more).op
    session = cluster.session("worker", 0)
    session.run(large.initializer)
    session.run(add)
    expect(session.run(large[0]) == 1.0, "the sum")
    return lambda: LARGE_GB / seconds_per_call(lambda: session.run(add), 5)


def fetch_large(job: str) -> Prepare:
    def prepare(tf: Any, cluster: Cluster) -> Sample:
        large = _large(tf)
        session = cluster.session(job, 0)
        session.run(large.initializer)
        expect(session.run(large).shape == (LARGE_ELEMENTS,), "what is fetched")
        return lambda: LARGE_GB / seconds_per_call(lambda: session.run(large), 3)

    return prepare


def train_asynchronously(tf: Any, cluster: Cluster) -> Sample:
    images = np.random.RandomState(0).rand(50, 784).astype(np.float32)
    labels = np.random.RandomState(1).randint(0, 10, 50)
    workers = []
    for index in range(2):
        graph = tf.Graph()
        with (
            graph.as_default(),
            tf.device(
                tf.train.replica_device_setter(
                    cluster=cluster.spec, worker_device=f"/job:worker/task:{index}"
                )
            ),
        ):
            x = tf.placeholder(tf.float32, [None, 784])
            y = tf.placeholder(tf.int64, [None])
            hidden = x
            for number, units in enumerate((300, 100, 10)):
                hidden = _dense(tf, hidden, units, number)
            loss = tf.losses.sparse_softmax_cross_entropy(y, hidden)
            train = tf.train.GradientDescentOptimizer(0.01).minimize(
                loss, tf.train.get_or_create_global_step()
            )
            session = cluster.session("worker", index)
            if not index:
                session.run(tf.global_variables_initializer())
            workers.append((session, train, {x: images, y: labels}))

    def steps(worker: Any, count: int) -> None:
        session, train, fed = worker
        for _ in range(count):
            session.run(train, fed)

    def sample() -> float:
        def both() -> None:
            threads = [
                threading.Thread(target=steps, args=(worker, TRAINING_STEPS)) for worker in workers
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return 2 * TRAINING_STEPS / seconds_per_call(both, 1)

    return sample


def _dense(tf: Any, x: Any, units: int, number: int) -> Any:
    size = int(x.shape[1])
    kernel = tf.get_variable(f"layer{number}/kernel", [size, units])
    bias = tf.get_variable(f"layer{number}/bias", [units], initializer=tf.zeros_initializer())
    made = tf.matmul(x, kernel) + bias
    return made if units == 10 else tf.nn.relu(made)


def _on(prepare: Prepare, in_process: bool) -> Callable[[Any], Sample]:
    def prepare_on_cluster(tf: Any) -> Sample:
        cluster = Cluster(tf, in_process)
        sample = prepare(tf, cluster)
        return partial(cluster.measure, sample)

    return prepare_on_cluster


_PROCESSES = (
    ("remote run", "us", 3, remote_run),
    ("sum of variables on two ps", "ms", 3, sum_of_two),
    ("adding 100 MB to a variable on a ps", "GB/s", 2, add_large),
    ("fetching 100 MB from a ps", "GB/s", 3, fetch_large("ps")),
    ("the same through a worker", "GB/s", 3, fetch_large("worker")),
    ("asynchronous training", "steps/s", 2, train_asynchronously),
)

CASES = [
    Case(name, unit, wanted, _on(prepare, False), higher_is_better=unit.endswith("/s"), rounds=5)
    for name, unit, wanted, prepare in _PROCESSES
] + [
    Case(
        f"{name}, one process", unit, wanted, _on(prepare, True),
        higher_is_better=unit.endswith("/s"), rounds=5,
    )
    for name, unit, wanted, prepare in _PROCESSES
    if unit != "GB/s"
]  # fmt: skip
