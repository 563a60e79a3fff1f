"""Partial runs: one step, fed and fetched in several calls."""

import pytest

import tensormill as tf
from tensormill.ops.control_flow import switch
from tests.gates import Calls, Gate, gate_kernels, run_in_thread
from tests.session.ref_variables import make_variable

__all__ = ["gate_kernels"]


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


@pytest.fixture
def graph():
    a, b, c = (tf.placeholder(tf.float32, [], name=name) for name in "abc")
    total = a + b
    return a, b, c, total, total * c


def test_a_step_is_fed_and_fetched_bit_by_bit(session, graph):
    a, b, c, total, product = graph
    handle = session.partial_run_setup([total, product], [a, b, c])
    assert session.partial_run(handle, total, {a: 1.0, b: 2.0}) == 3.0
    assert session.partial_run(handle, [product], {c: 4.0}) == [12.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'"):
        session.partial_run(handle, product, {c: 4.0})


def test_feeds_can_come_before_anything_is_fetched(session, graph):
    a, b, c, total, product = graph
    handle = session.partial_run_setup([total, product], [a, b, c])
    assert session.partial_run(handle, [], {a: 1.0}) == []
    assert session.partial_run(handle, {"t": total}, {b: 2.0}) == {"t": 3.0}
    assert session.partial_run(handle, (product,), {"c:0": 2.0}) == (6.0,)


def test_what_was_computed_before_is_not_computed_again(session, graph):
    a, b, c, total, _ = graph
    calls = []
    counted = Calls.node(lambda value, step: calls.append(1) or value, total)
    product = counted * c
    handle = session.partial_run_setup([counted, product], [a, b, c])
    session.partial_run(handle, counted, {a: 1.0, b: 2.0})
    session.partial_run(handle, product, {c: 4.0})
    assert calls == [1]


def test_operations_that_were_announced_run_with_the_step(session, graph):
    a = graph[0]
    calls = []
    noted = Calls.node(lambda value, step: calls.append(float(value)) or value, a)
    handle = session.partial_run_setup([a + 1.0, noted.op], [a])
    assert calls == []
    session.partial_run(handle, [], {a: 2.0})
    assert calls == [2.0]


def test_several_partial_runs_do_not_disturb_each_other(session, graph):
    a, b, c, total, product = graph
    first = session.partial_run_setup([total, product], [a, b, c])
    second = session.partial_run_setup([total, product], [a, b, c])
    assert first != second
    assert session.partial_run(first, total, {a: 1.0, b: 2.0}) == 3.0
    assert session.partial_run(second, total, {a: 10.0, b: 20.0}) == 30.0
    assert session.partial_run(second, product, {c: 2.0}) == 60.0
    assert session.partial_run(first, product, {c: 2.0}) == 6.0


def test_a_refused_call_leaves_the_partial_run_as_it_was(session, graph):
    a, b, c, total, product = graph
    handle = session.partial_run_setup([total, product], [a, b, c])
    with pytest.raises(tf.errors.InvalidArgumentError, match="can't be computed"):
        session.partial_run(handle, product, {a: 1.0, b: 2.0})
    with pytest.raises(ValueError, match="Cannot feed value of shape"):
        session.partial_run(handle, total, {a: [1.0], b: 2.0})
    assert session.partial_run(handle, total, {a: 1.0, b: 2.0}) == 3.0
    assert session.partial_run(handle, product, {c: 2.0}) == 6.0


def test_strings_and_variables_take_part(session):
    text = tf.placeholder(tf.string, [])
    variable = make_variable(5.0)
    session.run(variable.initializer)
    handle = session.partial_run_setup([tf.identity(text, name="same"), variable.ref], [text])
    assert session.partial_run(handle, variable.ref) == 5.0
    assert session.partial_run(handle, "same:0", {text: "é"}) == "é".encode()


def test_an_operation_that_fails_ends_the_partial_run_with_its_error(session, graph):
    a, b, _, total, _ = graph

    def fail(value, step):
        raise tf.errors.DataLossError(None, None, "broken")

    broken = Calls.node(fail, total, name="broken")
    handle = session.partial_run_setup([broken], [a, b])
    with pytest.raises(tf.errors.DataLossError, match="broken") as caught:
        session.partial_run(handle, broken, {a: 1.0, b: 2.0})
    assert caught.value.record.op_name == "broken"
    assert session.run(total, {a: 1.0, b: 2.0}) == 3.0


def test_a_partial_run_waits_for_what_it_fetches(session, graph):
    a, gate = graph[0], Gate()
    after = gate.node(a) + 1.0
    handle = session.partial_run_setup([after], [a])
    result = run_in_thread(lambda: session.partial_run(handle, after, {a: 1.0}))
    gate.wait_for_waiters()
    gate.open()
    assert result() == 2.0


def test_closing_the_session_ends_partial_runs_that_were_never_finished(graph):
    a, b, c, total, product = graph
    gate = Gate()
    gated = gate.node(total)
    session = tf.Session()
    session.partial_run_setup([product], [a, b, c])
    handle = session.partial_run_setup([gated], [a, b])
    waiting = run_in_thread(lambda: session.partial_run(handle, gated, {a: 1.0, b: 2.0}))
    gate.wait_for_waiters()
    session.close()
    assert isinstance(waiting(), tf.errors.CancelledError)


def test_a_value_that_is_dead_fails_at_once_what_fetches_it(session, graph):
    a, b, _, total, _ = graph
    not_taken, _ = switch(a, a > 0.0)
    dead = tf.identity(not_taken, name="dead")
    handle = session.partial_run_setup([dead, total], [a, b])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"returned for dead:0 was not valid"):
        session.partial_run(handle, dead, {a: 1.0})
    alive = session.partial_run_setup([dead, total], [a, b])
    assert session.partial_run(alive, dead, {a: -1.0}) == -1.0
    assert session.partial_run(alive, total, {b: 3.0}) == 2.0
