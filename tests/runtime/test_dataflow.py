"""The general executor gives what compiled loops and branches give, and runs what they cannot."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.op_table import OP_DEFS
from tensormill.runtime.plan import control_flow
from tests.gates import Gate, run_in_thread
from tests.gates import gate_kernels as gate_kernels


@pytest.fixture
def no_structure(monkeypatch):
    """Leave every graph with control flow to the general executor."""
    monkeypatch.setattr(control_flow, "find_structure", lambda graph, may_wait: None)


def node(op_type, *inputs, **attrs):
    return OP_DEFS[op_type].builder(*inputs, **attrs)


def programs():
    x = tf.placeholder(tf.float32, [])
    flag = tf.placeholder(tf.bool, [])

    def nested(i, total):
        _, inner = tf.while_loop(
            lambda j, t: j < i,
            lambda j, t: (j + 1, t + tf.cond(flag, lambda: x, lambda: tf.cast(j, tf.float32))),
            [tf.constant(0), total],
        )
        return i + 1, inner * 0.5 + tf.cond(i > 1, lambda: tf.constant(1.0), lambda: x)

    _, total = tf.while_loop(lambda i, t: i < 4, nested, [tf.constant(0), x])
    branch = tf.cond(flag, lambda: tf.cond(x > 1.0, lambda: x * x, lambda: -x), lambda: x + 3.0)
    never, _ = tf.while_loop(lambda v, i: v > 1e9, lambda v, i: (v * 2.0, i + 1), [x, 0])
    gradients = tf.gradients(total + branch, [x])
    return x, flag, [total, branch, never, *gradients]


def test_both_ways_give_the_same_values(monkeypatch):
    x, flag, fetches = programs()
    feeds = [{x: value, flag: taken} for value in (0.5, 2.0) for taken in (True, False)]
    with tf.Session() as session:
        compiled = [session.run(fetches, feed) for feed in feeds]
    monkeypatch.setattr(control_flow, "find_structure", lambda graph, may_wait: None)
    with tf.Session() as session:
        for feed, expected in zip(feeds, compiled, strict=True):
            np.testing.assert_allclose(session.run(fetches, feed), expected, rtol=1e-6)


@pytest.mark.usefixtures("no_structure")
def test_a_loop_in_a_branch_not_taken_leaves_nothing_behind():
    flag = tf.placeholder(tf.bool, [])
    result = tf.cond(
        flag,
        lambda: tf.while_loop(lambda i: i < 5, lambda i: i + 1, [tf.constant(0)]),
        lambda: tf.constant(-1),
    )
    with tf.Session() as session:
        assert session.run(result, {flag: True}) == 5
        assert session.run(result, {flag: False}) == -1
        assert session.run(result, {flag: True}) == 5


@pytest.mark.usefixtures("no_structure")
def test_more_iterations_than_may_run_at_once_all_run():
    count, total = tf.while_loop(
        lambda i, t: i < 100, lambda i, t: (i + 1, t + i), [0, 0], parallel_iterations=2
    )
    with tf.Session() as session:
        assert session.run([count, total]) == [100, 4950]


@pytest.mark.usefixtures("no_structure")
def test_a_dead_fetch_is_refused():
    flag = tf.placeholder(tf.bool, [])
    when_false, _ = node("Switch", tf.constant(1.0), flag)
    with tf.Session() as session:
        assert session.run(when_false, {flag: False}) == 1.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            session.run(when_false, {flag: True})


@pytest.mark.usefixtures("no_gpu", "no_structure")
def test_an_error_in_a_loop_ends_the_step_and_names_its_operation():
    _, broken = tf.while_loop(
        lambda i, v: i < 3, lambda i, v: (i + 1, v // (1 - i)), [tf.constant(0), tf.constant(8)]
    )
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="division by zero") as caught:
            session.run(broken)
        assert "while/floordiv" in str(caught.value)


@pytest.mark.usefixtures("no_structure")
def test_a_loop_without_end_is_stopped_by_the_timeout():
    forever = tf.while_loop(lambda i: i >= 0, lambda i: i * 0, [tf.constant(0)])
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(forever, options=tf.RunOptions(timeout_in_ms=50))


def test_variables_keep_their_state_across_both_ways(monkeypatch):
    flag = tf.placeholder(tf.bool, [])
    variable = tf.Variable(0.0)
    update = tf.cond(flag, lambda: tf.assign_add(variable, 1.0), lambda: tf.identity(variable))
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(update, {flag: True}) == 1.0
        monkeypatch.setattr(control_flow, "find_structure", lambda graph, may_wait: None)
        doubled = update * 2.0
        assert session.run(doubled, {flag: True}) == 4.0
        assert session.run(doubled, {flag: False}) == 4.0


def test_a_kernel_that_waits_may_stand_in_a_branch_and_in_a_loop():
    gate = Gate()
    flag = tf.placeholder(tf.bool, [])
    branch = tf.cond(flag, lambda: gate.node(tf.identity(3.0)) + 1.0, lambda: tf.constant(0.0))
    loop = tf.while_loop(lambda v: v < 3.0, lambda v: gate.node(v) + 1.0, [branch])
    with tf.Session() as session:
        answer = run_in_thread(lambda: session.run([branch, loop], {flag: True}))
        gate.wait_for_waiters()
        gate.open()
        assert answer() == [4.0, 4.0]
        assert session.run([branch, loop], {flag: False}) == [0.0, 3.0]
