"""Ctrl-C is kept back where it would do harm, and comes through as soon as it does not."""

import signal
import threading

import pytest

from tensormill.runtime.interrupts import DeferredInterrupts, interruptible, wait_interruptibly


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_an_interrupt_within_a_deferral_is_raised_at_its_end():
    reached = []

    def run():
        with DeferredInterrupts():
            interrupt()
            reached.append(1)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reached == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_a_deferral_is_open_an_interrupt_is_raised_at_once():
    reached = []

    def run():
        with DeferredInterrupts():
            with interruptible():
                interrupt()
            reached.append(1)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reached == []
    with interruptible(), pytest.raises(KeyboardInterrupt):
        interrupt()


def test_a_second_interrupt_gets_through():
    reached = []

    def run():
        with DeferredInterrupts():
            interrupt()
            reached.append(1)
            interrupt()
            reached.append(2)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reached == [1]


def test_a_handler_of_the_program_is_left_alone():
    calls = []
    before = signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    try:
        with DeferredInterrupts():
            interrupt()
            assert calls == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_and_nested_deferrals_change_nothing():
    def defer():
        with DeferredInterrupts(), interruptible():
            pass

    with DeferredInterrupts():
        handler = signal.getsignal(signal.SIGINT)
        thread = threading.Thread(target=defer)
        thread.start()
        thread.join()
        defer()
        assert signal.getsignal(signal.SIGINT) is handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_wait_ends_with_its_event_or_its_time():
    event = threading.Event()
    assert not wait_interruptibly(event, 0.01)
    event.set()
    assert wait_interruptibly(event, None)
    assert wait_interruptibly(event, 0.0)
