"""Dequeues that wait on one server: what each costs there, and how long it takes to wake one."""

from __future__ import annotations

import importlib
import time
from typing import Any

import grpc
import numpy as np

from benchmarks.case import Sample, expect
from benchmarks.server_process import ServerProcess
from benchmarks.side import side_of

__all__ = ["memory_of_waiting", "time_to_wake"]


def _field(number: int, value: bytes) -> bytes:
    """Return a field of a message: TensorFlow ships no Python classes for those of its services."""
    size = bytearray()
    length = len(value)
    while length >= 128:
        size.append(length % 128 + 128)
        length //= 128
    size.append(length)
    return bytes([number << 3 | 2, *size]) + value


def _open_channel(tf: Any, address: str) -> Any:
    """Return a channel of the kind that the library's own sessions use."""
    if side_of(tf) == "tensorflow":
        return grpc.insecure_channel(address)
    channels = importlib.import_module("tensormill.distributed.channels")
    return channels.open_channel(address)


class Waiters:
    """Steps of a client that wait on a server of their own, as requests without a thread each."""

    def __init__(self, tf: Any, count: int) -> None:
        self._count = count
        self.server = ServerProcess(side_of(tf))
        queue = tf.FIFOQueue(count, [tf.float32], [[]], name="waited", shared_name="waited")
        self._x = tf.placeholder(tf.float32, [None])
        queue.dequeue(name="one")
        self._fill, size = queue.enqueue_many([self._x]), queue.size()
        self.session = tf.Session(self.server.target)
        expect(self.session.run(size) == 0, "an empty queue")
        self._channel = _open_channel(tf, self.server.target[len("grpc://") :])
        graph_def = tf.get_default_graph().as_graph_def().SerializeToString()
        created = self._call("CreateSession", _field(1, graph_def)).result()
        handle = created[2 : 2 + created[1]]  # the first field
        self._step = _field(1, handle) + _field(3, b"one:0")
        self._probe = _field(1, handle)

    def _call(self, method: str, request: bytes) -> Any:
        return self._channel.unary_unary(f"/tensorflow.MasterService/{method}").future(request)

    def start(self) -> list[Any]:
        """Let the steps wait; return when the server has all of them."""
        steps = [self._call("RunStep", self._step) for _ in range(self._count)]
        # Requests of one connection are read in their order: this one is behind all of them.
        self._call("ListDevices", self._probe).result()
        return steps

    def wake(self, steps: list[Any]) -> float:
        """Give every step an element; return the seconds until all have theirs."""
        start = time.perf_counter()
        self.session.run(self._fill, {self._x: np.zeros(self._count, np.float32)})
        for step in steps:
            expect(len(step.result()) > 0, "one element")
        return time.perf_counter() - start


def memory_of_waiting(tf: Any, count: int) -> Sample:
    """Return what samples the kilobytes of the server that each waiting dequeue takes."""
    waiters = Waiters(tf, count)
    before = waiters.server.memory_bytes()

    def sample() -> float:
        steps = waiters.start()
        held = waiters.server.memory_bytes() - before
        waiters.wake(steps)
        return held / count / 1e3

    return sample


def time_to_wake(tf: Any, count: int) -> Sample:
    """Return what samples the microseconds from an enqueue of all to the answer, for each."""
    waiters = Waiters(tf, count)
    return lambda: 1e6 * waiters.wake(waiters.start()) / count
