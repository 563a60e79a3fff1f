"""What the garbage collector ends may end within any call, one of the same resource among them."""

from __future__ import annotations

import threading
from typing import Any

from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.resources.mutex import Mutex
from tensormill.runtime.resources.session_tensors import SessionTensors


class Attempt:
    """What is called when a lock is there; it holds the lock."""

    instruction = None

    def __init__(self) -> None:
        self.step = self
        self.cancellation = CancellationScope()
        self.lock: Any = None
        self.is_there = threading.Event()

    def __call__(self, outputs: Any = None) -> None:
        self.lock = outputs
        self.is_there.set()

    def fail(self, error: BaseException) -> None:
        raise error


def test_a_lock_that_ends_while_the_mutex_is_used_frees_it() -> None:
    mutex = Mutex()
    first, second = Attempt(), Attempt()
    mutex.lock(first)
    mutex.lock(second)
    assert first.is_there.is_set()
    assert not second.is_there.is_set()
    with mutex._waiting.lock:
        first.lock = None
        first.cancellation = CancellationScope()  # its step is over
    assert second.is_there.wait(60)


def test_a_lock_that_is_released_is_not_freed_again_when_it_ends() -> None:
    mutex = Mutex()
    first, second, third = Attempt(), Attempt(), Attempt()
    for attempt in (first, second, third):
        mutex.lock(attempt)
    first.lock.release()
    first.lock.release()
    assert second.is_there.is_set()
    assert not third.is_there.is_set()


def test_a_handle_that_ends_while_tensors_are_kept_lets_its_tensor_go() -> None:
    tensors = SessionTensors()
    handle = tensors.add("node", "/device:CPU:0", [1.0])
    with tensors._lock:
        assert tensors.discard(handle)
    assert not tensors.discard(handle)
