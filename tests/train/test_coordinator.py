"""Threads that stop together."""

import sys
import threading

import pytest

import tensormill as tf
from tests.gates import WAIT_S


def start(function, *args):
    thread = threading.Thread(target=function, args=args, name=function.__name__)
    thread.start()
    return thread


def test_joining_waits_for_the_threads():
    coordinator = tf.train.Coordinator()
    go_on = threading.Event()
    threads = [start(go_on.wait, WAIT_S) for _ in range(3)]
    assert not coordinator.should_stop()
    go_on.set()
    coordinator.join(threads)
    assert not coordinator.should_stop()
    assert coordinator.joined


def test_a_stop_ends_all_threads():
    coordinator = tf.train.Coordinator()
    for _ in range(3):
        coordinator.register_thread(start(coordinator.wait_for_stop, WAIT_S))
    coordinator.request_stop()
    coordinator.join()
    assert coordinator.wait_for_stop(0)


def test_the_first_error_is_raised_where_the_threads_are_joined():
    coordinator = tf.train.Coordinator()

    def fail():
        with coordinator.stop_on_exception():
            raise ValueError("first")

    threads = [start(fail), start(coordinator.wait_for_stop, WAIT_S)]
    assert coordinator.wait_for_stop(WAIT_S)
    coordinator.request_stop(ValueError("second"))
    with pytest.raises(ValueError, match="first"):
        coordinator.join(threads)
    with pytest.raises(ValueError, match="first"):
        coordinator.raise_requested_exception()
    with pytest.raises(KeyError, match="late"):
        coordinator.request_stop(KeyError("late"))


def test_a_triple_tells_of_an_error_as_well():
    coordinator = tf.train.Coordinator()
    try:
        raise LookupError("gone")
    except LookupError:
        coordinator.request_stop(sys.exc_info())
    with pytest.raises(LookupError, match="gone"):
        coordinator.join([])


def test_what_is_no_error_is_refused_as_one():
    coordinator = tf.train.Coordinator()
    coordinator.request_stop(("no", "error"))
    with pytest.raises(ValueError, match=r"must be a tuple or sys\.exc_info"):
        coordinator.join([])


def test_the_end_of_the_input_is_a_clean_stop():
    coordinator = tf.train.Coordinator()
    coordinator.request_stop(tf.errors.OutOfRangeError(None, None, "the end"))
    coordinator.join([])
    own = tf.train.Coordinator(clean_stop_exception_types=(KeyError,))
    own.request_stop(KeyError("clean"))
    own.join([])


def test_threads_that_do_not_end_are_named():
    coordinator = tf.train.Coordinator()
    go_on = threading.Event()

    def stubborn():
        go_on.wait(WAIT_S)

    thread = start(stubborn)
    coordinator.request_stop()
    with pytest.raises(RuntimeError, match="threads still running: stubborn"):
        coordinator.join([thread], stop_grace_period_secs=0.01)
    coordinator.join([thread], stop_grace_period_secs=0.01, ignore_live_threads=True)
    go_on.set()
    thread.join()


def test_a_coordinator_can_be_used_again():
    coordinator = tf.train.Coordinator()
    coordinator.request_stop(ValueError("old"))
    coordinator.clear_stop()
    assert not coordinator.should_stop()
    coordinator.join([])


def test_a_looper_calls_until_the_stop():
    coordinator = tf.train.Coordinator()
    calls = []

    def call(step, stride=1):
        calls.append(step * stride)
        if len(calls) == 3:
            coordinator.request_stop()

    tf.train.LooperThread.loop(coordinator, 0, call, args=(2,), kwargs={"stride": 5})
    coordinator.join()
    assert calls == [10, 10, 10]


def test_the_parts_of_a_looper_can_be_overridden():
    coordinator = tf.train.Coordinator()
    parts = []

    class Looper(tf.train.LooperThread):
        def start_loop(self):
            parts.append("start")

        def run_loop(self):
            parts.append("run")
            coordinator.request_stop()

        def stop_loop(self):
            parts.append("stop")

    Looper(coordinator, None).start()
    coordinator.join()
    assert parts == ["start", "run", "stop"]


def test_a_looper_wants_a_coordinator_and_arguments_only_for_a_target():
    with pytest.raises(ValueError, match="must be a Coordinator"):
        tf.train.LooperThread(None, 1.0)
    with pytest.raises(ValueError, match="require that you also pass 'target'"):
        tf.train.LooperThread(tf.train.Coordinator(), 1.0, args=(1,))
