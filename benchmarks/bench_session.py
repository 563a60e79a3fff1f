"""What a step costs besides its kernels.

Run, callables, long chains, wide graphs, building and first runs.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call

CHAIN = 1000
WIDE = 64
WARM_CALLS = 20  # a plan tries its forms first
COLUMNS, ROWS = 100, 50


def run_one_op(tf: Any) -> Sample:
    x = tf.placeholder(tf.float32, [])
    y = x + 1.0
    session = tf.Session()
    expect(session.run(y, {x: 2.0}) == 3.0, "2 + 1")
    return lambda: 1e6 * seconds_per_call(lambda: session.run(y, {x: 2.0}), 1000)


def callable_without_feeds(tf: Any) -> Sample:
    variable = tf.Variable(2.0, use_resource=True)
    y = variable + 1.0
    session = tf.Session()
    session.run(variable.initializer)
    call = session.make_callable(y)
    expect(call() == 3.0, "2 + 1")
    return lambda: 1e6 * seconds_per_call(call, 3000)


def chain_of_scalars(tf: Any) -> Sample:
    x = tf.placeholder(tf.float32, [])
    y = x
    for _ in range(CHAIN // 2):
        y = y * 0.5 + 1.0
    session = tf.Session()
    call = session.make_callable(y, [x])
    expect(abs(call(3.0) - 2.0) < 1e-5, "the fixed point of x / 2 + 1")
    return lambda: 1e6 * seconds_per_call(lambda: call(3.0), 50) / CHAIN


def independent_matmuls(tf: Any) -> Sample:
    x = tf.placeholder(tf.float32, [256, 256])
    factors = [
        tf.constant(np.random.RandomState(i).rand(256, 256), tf.float32) for i in range(WIDE)
    ]
    products = [tf.matmul(x, factor) for factor in factors]
    corners = tf.stack([product[0, 0] for product in products])
    session = tf.Session()
    value = np.eye(256, dtype=np.float32)
    expect(
        np.allclose(session.run(products[5], {x: value}), np.random.RandomState(5).rand(256, 256)),
        "x I",
    )
    call = session.make_callable(corners, [x])
    seconds_per_call(lambda: call(value), WARM_CALLS)
    return lambda: 1e3 * seconds_per_call(lambda: call(value), 5)


def build(tf: Any, graph: Any) -> tuple[Any, Any]:
    """Build 10,000 ops: 100 equal columns of 100 ops (a constant and an op, 50 times)."""
    with graph.as_default():
        x = tf.placeholder(tf.float32, [])
        ends = []
        for _ in range(COLUMNS):
            y = x
            for _ in range(ROWS):
                y = y + 1.0
            ends.append(y)
        return x, tf.add_n(ends)


def build_graph(tf: Any) -> Sample:
    def sample() -> float:
        graph = tf.Graph()
        start = time.perf_counter()
        build(tf, graph)
        return len(graph.get_operations()) / (time.perf_counter() - start)

    return sample


def first_run(tf: Any) -> Sample:
    def sample() -> float:
        graph = tf.Graph()
        x, y = build(tf, graph)
        with tf.Session(graph=graph) as session:
            start = time.perf_counter()
            value = session.run(y, {x: 1.0})
            elapsed = time.perf_counter() - start
        expect(value == COLUMNS * (ROWS + 1), "the sum of the columns")
        return 1e3 * elapsed

    return sample


def second_run(tf: Any) -> Sample:
    graph = tf.Graph()
    x, y = build(tf, graph)
    session = tf.Session(graph=graph)
    session.run(y, {x: 1.0})
    return lambda: 1e3 * seconds_per_call(lambda: session.run(y, {x: 1.0}), 20)


CASES = [
    Case("session.run, one op, one feed", "us", 5, run_one_op),
    Case("callable, one op, no feed", "us", 5, callable_without_feeds),
    Case("chain of 1000 scalar ops, an op", "us", 1, chain_of_scalars),
    Case("64 independent 256x256 matmuls", "ms", 1, independent_matmuls),
    Case("building 10,000 ops", "ops/s", 5, build_graph, higher_is_better=True, rounds=5),
    Case("first run of 10,000 ops", "ms", 1, first_run, rounds=5),
    Case("second run of 10,000 ops", "ms", 1, second_run),
]
