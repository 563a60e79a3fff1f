"""Loops: what an iteration costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call

ITERATIONS = 1000
STEPS, BATCH, DEPTH, UNITS = 50, 32, 32, 64


def counter(tf: Any) -> Sample:
    limit = tf.placeholder(tf.int32, [])
    count = tf.while_loop(lambda i: i < limit, lambda i: i + 1, [tf.constant(0)])
    session = tf.Session()
    call = session.make_callable(count, [limit])
    expect(call(ITERATIONS) == ITERATIONS, "the count")
    return lambda: ITERATIONS / seconds_per_call(lambda: call(ITERATIONS), 10)


def matmul_loop(tf: Any) -> Sample:
    matrix = np.random.RandomState(0).rand(64, 64).astype(np.float32) / 32
    limit = tf.placeholder(tf.int32, [])
    _, product = tf.while_loop(
        lambda i, m: i < limit,
        lambda i, m: (i + 1, tf.matmul(m, matrix)),
        [tf.constant(0), tf.constant(matrix)],
    )
    session = tf.Session()
    call = session.make_callable(product, [limit])
    expect(np.allclose(call(2), matrix @ matrix @ matrix, rtol=1e-4), "the cube")
    call(ITERATIONS)
    return lambda: ITERATIONS / seconds_per_call(lambda: call(ITERATIONS), 3)


def lstm(tf: Any) -> Sample:
    random = np.random.RandomState(0)
    given = random.uniform(-1, 1, [STEPS, BATCH, DEPTH]).astype(np.float32)
    kernel_value = random.uniform(-0.1, 0.1, [DEPTH + UNITS, 4 * UNITS]).astype(np.float32)
    x = tf.placeholder(tf.float32, given.shape)
    kernel = tf.Variable(kernel_value)
    bias = tf.Variable(np.zeros(4 * UNITS, np.float32))
    rows = tf.TensorArray(tf.float32, size=STEPS).unstack(x)

    def step(t: Any, c: Any, h: Any, outputs: Any) -> tuple[Any, ...]:
        gates = tf.matmul(tf.concat([rows.read(t), h], 1), kernel) + bias
        i, j, f, o = tf.split(gates, 4, axis=1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return t + 1, c, h, outputs.write(t, h)

    first = tf.zeros([BATCH, UNITS])
    outputs = tf.TensorArray(tf.float32, size=STEPS)
    _, _, _, outputs = tf.while_loop(
        lambda t, *_: t < STEPS, step, (tf.constant(0), first, first, outputs)
    )
    loss = tf.reduce_mean(tf.square(outputs.stack() - 0.5))
    train = tf.train.GradientDescentOptimizer(10.0).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    call = session.make_callable([loss, train], [x])
    start = call(given)[0]
    for _ in range(20):
        end = call(given)[0]
    expect(end < 0.9 * start, "the loss after 20 steps")
    return lambda: 1 / seconds_per_call(lambda: call(given), 10)


CASES = [
    Case("while_loop counting to 1000", "iters/s", 2, counter, higher_is_better=True),
    Case("while_loop with a 64x64 matmul", "iters/s", 1, matmul_loop, higher_is_better=True),
    Case("training of an LSTM of 50 steps", "steps/s", 1, lstm, higher_is_better=True),
]
