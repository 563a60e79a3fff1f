"""Closing, deadlines and interrupts: every step ends, and the session stays usable."""

import signal
import threading

import pytest

import tensormill as tf
from tensormill.runtime.step import ProgramRun
from tests.gates import WAIT_S, Calls, Gate, gate_kernels, run_in_thread

__all__ = ["gate_kernels"]


def raise_interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_a_gate_that_opens_lets_the_step_end():
    gate = Gate()
    after = gate.node(2.0) + 1.0
    session = tf.Session()
    result = run_in_thread(lambda: session.run(after))
    gate.wait_for_waiters()
    gate.open()
    assert result() == 3.0


def test_closing_a_session_cancels_its_blocked_step():
    gate = Gate()
    output = gate.node(1.0)
    session = tf.Session()
    result = run_in_thread(lambda: session.run(output))
    gate.wait_for_waiters()
    session.close()
    error = result()
    assert isinstance(error, tf.errors.CancelledError)
    assert "Gate was cancelled" in error.message
    assert error.record.op_name == "gate"


def test_closing_ends_a_thousand_blocked_steps():
    gate = Gate()
    output = gate.node(1.0)
    session = tf.Session()
    steps = [run_in_thread(lambda: session.run(output)) for _ in range(40)]
    gate.wait_for_waiters(40)
    prepared = next(iter(session._steps.values()))
    ended = []

    def note(values, error):
        ended.append(error)
        session._master_session.running.leave()

    # A blocked step is an entry, not a thread: most of them are started by this one.
    for _ in range(960):
        session._master_session.running.enter()
        ProgramRun(prepared.program, session._master_session.new_step(), [], note).start()
    assert gate.waiter_count == 1000
    session.close()
    assert gate.waiter_count == 0
    assert len(ended) == 960
    assert all(isinstance(step(), tf.errors.CancelledError) for step in steps)


def test_closing_waits_for_a_step_that_computes():
    entered, leave = threading.Event(), threading.Event()

    def compute(value, step):
        entered.set()
        assert leave.wait(WAIT_S)
        return value

    output = Calls.node(compute, 1.0)
    session = tf.Session()
    step = run_in_thread(lambda: session.run(output))
    assert entered.wait(WAIT_S)
    close = run_in_thread(session.close)
    assert session._master_session.running.entries
    leave.set()
    assert step() == 1.0
    assert close() is None
    assert not session._master_session.running.entries


def test_a_computation_can_see_that_its_step_is_cancelled():
    entered = threading.Event()

    def compute(value, step):
        entered.set()
        cancelled = threading.Event()
        step.cancellation.register(lambda reason: cancelled.set())
        assert cancelled.wait(WAIT_S)
        step.check()

    output = Calls.node(compute, 1.0)
    session = tf.Session()
    step = run_in_thread(lambda: session.run(output))
    assert entered.wait(WAIT_S)
    session.close()
    assert isinstance(step(), tf.errors.CancelledError)


def test_an_idle_session_is_closed_and_may_be_closed_twice():
    one = tf.constant(1.0)
    session = tf.Session()
    for _ in range(2):
        session.close()
        with pytest.raises(RuntimeError, match="closed Session"):
            session.run(one)


def test_a_step_that_takes_too_long_raises_deadline_exceeded_and_names_what_it_waited_for():
    gate = Gate()
    output = gate.node(1.0, name="slow_gate")
    session = tf.Session()
    with pytest.raises(tf.errors.DeadlineExceededError) as caught:
        session.run(output, options=tf.RunOptions(timeout_in_ms=20))
    assert "Timed out waiting for notification" in caught.value.message
    assert "'slow_gate' (_TestGate)" in caught.value.message
    assert gate.waiter_count == 0
    gate.open()
    assert session.run(output, options=tf.RunOptions(timeout_in_ms=20_000)) == 1.0


def test_the_timeout_of_the_config_holds_for_every_step_and_that_of_the_step_wins():
    gate = Gate()
    output = gate.node(1.0)
    session = tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=20))
    with pytest.raises(tf.errors.DeadlineExceededError):
        session.run(output)
    with pytest.raises(tf.errors.DeadlineExceededError):
        session.make_callable(output)()
    step = run_in_thread(lambda: session.run(output, options=tf.RunOptions(timeout_in_ms=20_000)))
    gate.wait_for_waiters()
    gate.open()
    assert step() == 1.0
    assert session.run(output) == 1.0


def test_a_computation_past_its_deadline_ends_before_the_next_operation():
    ran = []

    def wait_for_deadline(value, step):
        passed = threading.Event()
        assert not passed.wait(0.03)
        return value

    slow = Calls.node(wait_for_deadline, 1.0, name="slow")
    after = Calls.node(lambda value, step: ran.append(1) or value, slow, name="after")
    session = tf.Session()
    with pytest.raises(tf.errors.DeadlineExceededError, match=r"'after' \(_TestCall\)"):
        session.run(after, options=tf.RunOptions(timeout_in_ms=10))
    assert not ran


def test_the_first_error_wins_and_wakes_what_waits():
    gate, other = Gate(), Gate()
    session = tf.Session()
    outputs = [gate.node(1.0, name="first"), other.node(1.0, name="second")]
    step = run_in_thread(lambda: session.run(outputs))
    gate.wait_for_waiters()
    other.wait_for_waiters()
    gate.fail(tf.errors.OutOfRangeError(None, None, "the end"))
    error = step()
    assert isinstance(error, tf.errors.OutOfRangeError)
    assert error.record.op_name == "first"
    assert other.waiter_count == 0
    assert session.run(tf.constant(4.0)) == 4.0


def test_an_interrupt_while_waiting_cancels_the_step_and_leaves_the_session_usable():
    gate = Gate()
    output = gate.node(1.0)
    session = tf.Session()

    def interrupt() -> None:
        gate.wait_for_waiters()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    interrupter = run_in_thread(interrupt)
    with pytest.raises(KeyboardInterrupt):
        session.run(output)
    interrupter()
    assert gate.waiter_count == 0
    gate.open()
    assert session.run(output) == 1.0
    session.close()


def test_an_interrupt_while_computing_ends_the_step_and_leaves_the_session_usable():
    interrupts = [True]

    def compute(value, step):
        if interrupts.pop() if interrupts else False:
            raise_interrupt()
        return value

    output = Calls.node(compute, 5.0)
    session = tf.Session()
    with pytest.raises(KeyboardInterrupt):
        session.run(output)
    assert session.run(output) == 5.0
    session.close()


def test_an_interrupt_in_a_program_that_waits_elsewhere_cancels_what_waits():
    gate = Gate()
    waiting = gate.node(1.0)

    def compute(value, step):
        gate.wait_for_waiters()
        raise_interrupt()
        return value

    opener = Gate()
    opener.open()
    interrupted = Calls.node(compute, opener.node(1.0))
    session = tf.Session()
    with pytest.raises(KeyboardInterrupt):
        session.run([waiting, interrupted])
    assert gate.waiter_count == 0
    session.close()


def test_runs_that_wake_each_other_do_not_pile_up_on_the_stack():
    gates = [Gate() for _ in range(400)]
    session = tf.Session()
    ended = []
    for number, gate in enumerate(gates):
        following = gates[number + 1] if number + 1 < len(gates) else None

        def wake(value, step, following=following):
            if following is not None:
                following.open()
            return value

        output = Calls.node(wake, gate.node(1.0))
        program = session._master_session.prepare([], [output], []).program
        step = session._master_session.new_step()
        ProgramRun(program, step, [], lambda values, error: ended.append(error)).start()
    gates[0].open()
    assert ended == [None] * 400
    session.close()


def endless_loop(start):
    return tf.while_loop(lambda i: tf.less(i, 10), lambda i: i * 1, [start])


def test_an_endless_loop_ends_at_its_deadline():
    loop = endless_loop(tf.constant(0))
    with tf.Session() as session:
        for _ in range(3):
            with pytest.raises(tf.errors.DeadlineExceededError, match="after 20 ms the step was"):
                session.run(loop, options=tf.RunOptions(timeout_in_ms=20))


def test_closing_a_session_ends_an_endless_loop():
    begun = threading.Event()
    loop = endless_loop(Calls.node(lambda value, step: begun.set() or value, 0))
    session = tf.Session()
    step = run_in_thread(lambda: session.run(loop))
    assert begun.wait(WAIT_S)
    session.close()
    assert isinstance(step(), tf.errors.CancelledError)
