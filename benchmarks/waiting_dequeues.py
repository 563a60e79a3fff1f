"""`python -m benchmarks.waiting_dequeues`: what 10,000 dequeues that wait on one server cost.

Prints a JSON line: memory of the server for each of them, and the time to wake one.
"""

from __future__ import annotations

import json
import time
from typing import Any

import grpc
import numpy as np

import tensormill as tf
from benchmarks.case import expect
from benchmarks.server_process import ServerProcess

WAITING = 10_000
ROUNDS = 3


def _field(number: int, value: bytes) -> bytes:
    """Return a field of a message: TensorFlow ships no Python classes for those of its services."""
    size = bytearray()
    length = len(value)
    while length >= 128:
        size.append(length % 128 + 128)
        length //= 128
    size.append(length)
    return bytes([number << 3 | 2, *size]) + value


class Waiters:
    """Steps of a client that wait on a server of their own, as requests without a thread each."""

    def __init__(self) -> None:
        self.server = ServerProcess("tensormill")
        queue = tf.FIFOQueue(WAITING, [tf.float32], [[]], name="waited", shared_name="waited")
        self._x = tf.placeholder(tf.float32, [None])
        queue.dequeue(name="one")
        self._fill, size = queue.enqueue_many([self._x]), queue.size()
        self.session = tf.Session(self.server.target)
        expect(self.session.run(size) == 0, "an empty queue")
        self._channel = grpc.insecure_channel(self.server.target[len("grpc://") :])
        graph_def = tf.get_default_graph().as_graph_def().SerializeToString()
        created = self._call("CreateSession", _field(1, graph_def)).result()
        handle = created[2 : 2 + created[1]]  # the first field
        self._step = _field(1, handle) + _field(3, b"one:0")
        self._probe = _field(1, handle)

    def _call(self, method: str, request: bytes) -> Any:
        return self._channel.unary_unary(f"/tensorflow.MasterService/{method}").future(request)

    def start(self) -> list[Any]:
        """Let the steps wait; return when the server has all of them."""
        steps = [self._call("RunStep", self._step) for _ in range(WAITING)]
        # Requests of one connection are read in their order: this one is behind all of them.
        self._call("ListDevices", self._probe).result()
        return steps

    def wake(self, steps: list[Any]) -> float:
        """Give every step an element; return the seconds until all have theirs."""
        start = time.perf_counter()
        self.session.run(self._fill, {self._x: np.zeros(WAITING, np.float32)})
        for step in steps:
            expect(len(step.result()) > 0, "one element")
        return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    waiters = Waiters()
    before = waiters.server.memory_bytes()
    seconds = []
    for _ in range(ROUNDS):
        steps = waiters.start()
        held = waiters.server.memory_bytes() - before
        seconds.append(waiters.wake(steps))
    record = {
        "case": f"{WAITING} waiting dequeues",
        "kilobytes_each": held / WAITING / 1e3,
        "microseconds_to_wake_each": 1e6 * min(seconds) / WAITING,
        "rounds": ROUNDS,
    }
    print(json.dumps(record))
    waiters.server.close()


if __name__ == "__main__":
    main()
