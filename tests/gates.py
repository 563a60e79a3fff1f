"""Op types for tests of steps that wait: a gate that the test opens, and a call of Python code."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import torch

import tensormill as tf
from tensormill.graph import errors
from tensormill.graph.op_def import OpDef
from tensormill.kernels import registry
from tensormill.kernels.registry import async_kernel, kernel

WAIT_S = 60.0
"""How long a test waits for what must come at once, on a machine that is busy with other things."""


def wait_until(condition: Callable[[], Any]) -> None:
    """Return once a condition holds that other threads or processes bring about."""
    pause = threading.Event()
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        pause.wait(0.001)


GATE = OpDef(
    "_TestGate", ("input: T",), ("output: T",), ("T: type", "number: int"), is_stateful=True
)
CALL = OpDef(
    "_TestCall", ("input: T",), ("output: T",), ("T: type", "number: int"), is_stateful=True
)
_numbers = itertools.count()


class Gate:
    """Lets values through once it is open; until then a step that comes to it waits."""

    by_number: ClassVar[dict[int, Gate]] = {}

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.by_number[self.number] = self
        self._changed = threading.Condition()
        self._waiting: list[tuple[Any, Any]] = []
        self._is_open = False

    def node(self, value: Any, name: str = "gate") -> Any:
        """Return a tensor that is `value` once the gate is open."""
        return _add_node(GATE, value, self.number, name)

    def arrive(self, value: Any, done: Any) -> None:
        """Let a step through, or keep it waiting."""
        with self._changed:
            if not self._is_open:
                entry = (value, done)
                self._waiting.append(entry)
                self._changed.notify_all()
                done.step.cancellation.register(lambda reason: self._cancel(entry))
                return
        done(value)

    def _cancel(self, entry: tuple[Any, Any]) -> None:
        with self._changed:
            if entry not in self._waiting:
                return
            self._waiting.remove(entry)
        entry[1].fail(errors.cancelled("Gate was cancelled"))

    def wait_for_waiters(self, count: int = 1) -> None:
        """Return when so many steps wait at the gate."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._waiting) >= count, WAIT_S)

    @property
    def waiter_count(self) -> int:
        return len(self._waiting)

    def open(self) -> None:
        """Let everybody through, now and later."""
        with self._changed:
            self._is_open = True
            waiting, self._waiting = self._waiting, []
        for value, done in waiting:
            done(value)

    def fail(self, error: Exception) -> None:
        """Let the kernels of those who wait fail."""
        with self._changed:
            waiting, self._waiting = self._waiting, []
        for _, done in waiting:
            done.fail(error)


class Calls:
    """Functions that nodes call, by number."""

    by_number: ClassVar[dict[int, Callable[[Any, Any], Any]]] = {}

    @classmethod
    def node(cls, function: Callable[[Any, Any], Any], value: Any, name: str = "call") -> Any:
        """Return a tensor that is `function(value, step)`."""
        number = next(_numbers)
        cls.by_number[number] = function
        return _add_node(CALL, value, number, name)


def _add_node(op_def: OpDef, value: Any, number: int, name: str) -> Any:
    tensor = tf.convert_to_tensor(value)
    graph = tensor.graph
    attrs = {"T": tensor.dtype.base_dtype, "number": number}
    output = graph.add_operation(op_def, [tensor], attrs, graph.unique_name(name)).outputs[0]
    output.dims = tensor.dims
    return output


def _pass_gate(value: torch.Tensor, *, number: int, done: Any) -> None:
    Gate.by_number[number].arrive(value, done)


def _call(value: torch.Tensor, *, number: int, step: Any) -> Any:
    return Calls.by_number[number](value, step)


# Attributes are bound by name for kernels of the package.
_pass_gate.__module__ = _call.__module__ = "tensormill.testing"


@pytest.fixture(autouse=True)
def gate_kernels() -> Iterator[None]:
    """Register the kernels for the time of a test: the package's registry holds none of tests."""
    async_kernel("_TestGate", "cpu")(_pass_gate)
    kernel("_TestCall", "cpu")(_call)
    yield
    for op_type in ("_TestGate", "_TestCall"):
        del registry._KERNELS[op_type]
    Gate.by_number.clear()
    Calls.by_number.clear()


def run_in_thread(function: Callable[[], Any]) -> Callable[[], Any]:
    """Run a function in a thread; return what waits for it and gives its result or exception."""
    outcome: list[Any] = []

    def target() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=target)
    thread.start()

    def result() -> Any:
        thread.join(WAIT_S)
        assert not thread.is_alive(), "the thread did not end"
        return outcome[0]

    return result
