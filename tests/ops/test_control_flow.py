"""Loops and branches: how deep and long they may be, and how they are stopped."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tests.gates import run_in_thread, wait_until


def test_loops_nest_ten_deep() -> None:
    def level(depth: int, total: tf.Tensor) -> tf.Tensor:
        if depth == 0:
            return total + 1
        _, total = tf.while_loop(
            lambda i, _: i < 2, lambda i, t: (i + 1, level(depth - 1, t)), (0, total)
        )
        return total

    with tf.Session() as session:
        assert session.run(level(10, tf.constant(0))) == 2**10


def test_a_long_loop_needs_no_more_memory_than_a_short_one() -> None:
    limit = tf.placeholder(tf.int32, [])
    count = tf.while_loop(lambda i: i < limit, lambda i: i + 1, [tf.constant(0)])
    with tf.Session() as session:
        session.run(count, {limit: 10})
        tracemalloc.start()
        assert session.run(count, {limit: 30_000}) == 30_000
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak_bytes < 500_000


def peak_kib() -> int:
    """Return the most memory that the process has had since its peak was begun anew."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def begin_peak_kib() -> int:
    """Begin the peak anew, which other tests may have made high, and return where it begins."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pytest.skip("this system keeps the peak of a process")
    return peak_kib()


def test_many_iterations_on_tensors_leave_memory_flat() -> None:
    limit = tf.placeholder(tf.int32, [])
    _, total = tf.while_loop(
        lambda i, x: i < limit,
        lambda i, x: (i + 1, x + 1.0),
        [tf.constant(0), tf.zeros([1000])],
    )
    with tf.Session() as session:
        for _ in range(3):
            session.run(total, {limit: 1000})
        before_kib = begin_peak_kib()
        np.testing.assert_array_equal(session.run(total, {limit: 100_000}), np.full(1000, 1e5))
        grown_kib = peak_kib() - before_kib
    assert grown_kib < 100_000  # a value an iteration would be 400 MB


def endless_loop() -> tf.Tensor:
    return tf.while_loop(lambda i: i >= 0, lambda i: i * 0, [tf.constant(0)])


def test_an_endless_loop_ends_with_the_steps_time() -> None:
    loop = endless_loop()
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(loop, options=tf.RunOptions(timeout_in_ms=50))


def test_closing_the_session_ends_an_endless_loop() -> None:
    loop = endless_loop()
    session = tf.Session()
    session.run(tf.constant(1))
    step = run_in_thread(lambda: session.run(loop))
    wait_until(lambda: session._master_session.running.entries)
    session.close()
    assert isinstance(step(), tf.errors.CancelledError)


def test_a_predicate_that_is_no_scalar_is_refused_in_the_step() -> None:
    predicate = tf.placeholder(tf.bool)
    chosen = tf.cond(predicate, lambda: tf.constant(1), lambda: tf.constant(2))
    with tf.Session() as session:
        assert session.run(chosen, {predicate: False}) == 2
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be a scalar"):
            session.run(chosen, {predicate: [True, False]})


def test_a_condition_that_is_no_scalar_is_refused() -> None:
    with pytest.raises(ValueError, match="must be rank 0 but is rank 1"):
        tf.while_loop(lambda i: tf.constant([True]), lambda i: i + 1, [0])


def test_a_value_inside_of_a_loop_is_refused_outside() -> None:
    inside = []

    def body(i: tf.Tensor) -> tf.Tensor:
        inside.append(i + 1)
        return inside[0]

    tf.while_loop(lambda i: i < 3, body, [0])
    with pytest.raises(ValueError, match="'while/add' is in a while loop"):
        inside[0] * 2


def test_a_value_of_one_loop_is_refused_in_another() -> None:
    inside = []

    def body(i: tf.Tensor) -> tf.Tensor:
        inside.append(i + 1)
        return inside[0]

    tf.while_loop(lambda i: i < 3, body, [0])
    with pytest.raises(ValueError, match="they are in different while loops"):
        tf.while_loop(lambda i: i < 3, lambda i: i + inside[0], [0])


def test_a_dead_value_cannot_be_fetched() -> None:
    live_if_false, _ = tf.raw_ops.Switch(data=1.0, pred=tf.placeholder_with_default(True, []))
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Retval"):
        session.run(tf.identity(live_if_false))


def test_a_loop_variable_keeps_its_shape() -> None:
    with pytest.raises(ValueError, match="has shape \\(2,\\) after one iteration"):
        tf.while_loop(lambda v: v[0] < 3, lambda v: tf.concat([v, v], 0), [tf.ones([1])])


@pytest.mark.parametrize("in_branch", [False, True])
def test_gradients_in_a_loop_do_not_lead_out_of_it_through_a_variable(in_branch: bool) -> None:
    x = tf.constant(3.0, name="start")

    def slope(y: Any) -> Any:
        return tf.gradients(y * y, x)[0]

    def body(i: Any, y: Any) -> Any:
        return i + 1, tf.cond(y > 0.0, lambda: slope(y), lambda: y) if in_branch else slope(y)

    with pytest.raises(ValueError, match="inside while loop with respect to op 'start'"):
        tf.while_loop(lambda i, y: i < 2, body, (0, x * 2.0))
