"""Ctrl-C while a call over gRPC begins: it must not get into gRPC, which could keep locks held."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tensormill.distributed.channels import _called


class Call:
    """A call that goes on until it is cancelled."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self._ended: list[Callable[[Any], None]] = []

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self._ended.append(callback)

    def cancel(self) -> None:
        self.is_cancelled = True

    def end(self) -> None:
        for callback in self._ended:
            callback(self)

    def result(self) -> str:
        return "response"


class Method:
    """A method; Ctrl-C comes while a call of it begins, where it would do harm."""

    def __init__(self, interrupts: bool) -> None:
        self.call = Call()
        self.has_begun = False
        self._interrupts = interrupts

    def future(self, request: Any, timeout: float | None) -> Call:
        if self._interrupts:
            signal.raise_signal(signal.SIGINT)
        self.has_begun = True
        return self.call

    def with_call(self, request: Any, timeout: float | None) -> tuple[str, Call]:
        self.future(request, timeout)
        return self.call.result(), self.call


def test_ctrl_c_ends_a_call_that_has_begun_as_a_whole() -> None:
    method = Method(interrupts=True)
    with pytest.raises(KeyboardInterrupt):
        _called(method, b"", None)
    assert method.has_begun
    assert method.call.is_cancelled
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_ends_the_wait_for_the_response() -> None:
    method = Method(interrupts=False)
    main = threading.main_thread().ident
    assert main is not None
    method.call.add_done_callback = (  # type: ignore[method-assign]
        lambda callback: signal.pthread_kill(main, signal.SIGINT)
    )
    with pytest.raises(KeyboardInterrupt):
        _called(method, b"", None)
    assert method.call.is_cancelled


def test_a_response_comes_from_any_thread() -> None:
    method = Method(interrupts=False)
    ending = threading.Timer(0.01, method.call.end)
    ending.start()
    assert _called(method, b"", None) == ("response", method.call)
    assert not method.call.is_cancelled
    ending.join()
