"""Calls that are due at a time."""

from __future__ import annotations

import threading

from tensormill.runtime.deadlines import Deadlines

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
    assert called.wait(60)
