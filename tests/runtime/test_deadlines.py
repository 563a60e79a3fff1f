"""Calls that are due at a time."""

from __future__ import annotations

import threading
import time
import weakref

from tensormill.runtime.deadlines import Deadlines
from tests.gates import WAIT_S

HOUR_S = 3600.0


def test_what_was_called_off_takes_no_memory_until_it_would_have_been_due() -> None:
    deadlines = Deadlines("tensormill-process-deadlines-of-a-test")
    for _ in range(20_000):
        deadlines.after(HOUR_S, lambda: None)()
    assert len(deadlines) == 0
    assert len(deadlines._heap) < 5_000


def test_what_is_due_is_called_among_much_that_was_called_off() -> None:
    deadlines = Deadlines("tensormill-process-deadlines-of-a-test")
    called = threading.Event()
    calls_off = [deadlines.after(HOUR_S, lambda: None) for _ in range(3_000)]
    deadlines.after(0.05, called.set)
    for call_off in calls_off:
        call_off()
    assert called.wait(WAIT_S)


def test_deadlines_come_in_their_order_and_can_be_called_off() -> None:
    deadlines = Deadlines("tensormill-process-deadlines-of-a-test")
    seen: list[int] = []
    done = threading.Event()
    now_s = time.monotonic()
    with deadlines._changed:  # nothing is called before all are known
        deadlines.after(now_s + 0.02 - time.monotonic(), done.set)
        deadlines.after(now_s + 0.01 - time.monotonic(), lambda: seen.append(2))
        deadlines.after(now_s - time.monotonic(), lambda: seen.append(1))
        deadlines.after(now_s + 0.005 - time.monotonic(), lambda: seen.append(0))()
    assert done.wait(WAIT_S)
    assert seen == [1, 2]
    assert not len(deadlines)


class Held:
    """Something that a callback holds on to."""


def test_what_a_deadline_called_is_let_go_before_the_next_one_comes() -> None:
    deadlines = Deadlines("tensormill-process-deadlines-of-a-test")
    held, done = Held(), threading.Event()
    gone = threading.Event()
    weakref.finalize(held, gone.set)
    deadlines.after(0.0, lambda held=held: done.set())
    del held
    assert done.wait(WAIT_S)
    assert gone.wait(WAIT_S)
