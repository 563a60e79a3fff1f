"""Waiting in tests for what other threads bring about."""

import threading
import time

from tests.gates import WAIT_S


def wait_for(condition):
    """Return once a condition holds that other threads bring about."""
    pause = threading.Event()
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        pause.wait(0.001)
