"""Sends drawn requests to a server, and watches that it neither dies, hangs nor grows."""

from __future__ import annotations

import random
import re
import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import tensormill as tf
from tensormill.distributed.channels import open_channel
from tensormill.graph import errors
from tensormill.proto import master_pb2, worker_pb2
from tensormill.proto.services import (
    CLUSTER_SERVICE,
    DIRECT_SERVICE,
    LOOP_SERVICE,
    MASTER_SERVICE,
    WORKER_SERVICE,
    Method,
)
from tests.fuzz.request_strategies import damaged, messages, sound_graph, with_live_names

__all__ = ["Footprint", "Fuzzer"]

# These may wait as long as their client: for a queue, or for a tensor.
MAY_WAIT = {"RunStep", "RunGraph", "RecvTensor", "RunCallable", "RunLoop"}
PATIENCE_S = 0.5
ANSWER_S = 60.0
# `Finish` ends the server, as it should.
METHODS = [
    method
    for service in (MASTER_SERVICE, WORKER_SERVICE, CLUSTER_SERVICE, LOOP_SERVICE)
    for method in service.methods.values()
    if method.name != "Finish"
]


# How errors look that were made of Python's, such as "RunStep: KeyError: 'x'".
_BUG = re.compile(r"\b(Key|Type|Attribute|Index|Value|Assertion|Unicode\w*|Recursion)Error\b")
WEIGHTS = {"RunStep": 8, "PartialRunSetup": 3, "RunCallable": 3, "MakeCallable": 3, "RunGraph": 4}
RARE = {"Reset", "CloseSession"}
# What ends sessions comes seldom, so that others find some.
DRAWN = [
    method
    for method in METHODS
    for _ in range(WEIGHTS.get(method.name, 1) * (1 if method.name in RARE else 4))
]
KEPT_NAMES = 8


@dataclass(frozen=True)
class Footprint:
    """What a process takes of the machine."""

    threads: int
    descriptors: int
    resident_bytes: int

    @classmethod
    def of(cls, process_id: int) -> Footprint:
        """Measure a process."""
        folder = Path(f"/proc/{process_id}")
        pages = int((folder / "statm").read_text().split()[1])
        return cls(
            len(list((folder / "task").iterdir())),
            len(list((folder / "fd").iterdir())),
            pages * 4096,
        )


def check_no_bug(method: Method, code: int, details: str, request: bytes) -> None:
    """Fail for an error of ours that covers up a bug of ours."""
    if code == errors.INTERNAL and _BUG.search(details):
        raise AssertionError(f"{method.name}: {details}\n{request!r}")


class Fuzzer:
    """Sends requests to one server.

    Attributes:
      count: how many were sent.
      outcomes: how many ended how, by method.
    """

    def __init__(self, target: str, *, over_grpc: bool = False) -> None:
        """Connect.

        Args:
          target: the server.
          over_grpc: keep to gRPC, instead of the connection that the server offers beside it.
        """
        self._target = target
        self._address = target.removeprefix("grpc://")
        self._channel: Any = (
            grpc.insecure_channel(self._address) if over_grpc else open_channel(self._address)
        )
        self._names: dict[str, list[str]] = {}  # by the field that they stand in
        self._random = random.Random(0)
        self.count = 0
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def run(self, number: int, examples: int) -> None:
        """Send drawn requests; another number draws others."""

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def send_drawn(data: st.DataObject) -> None:
            method = data.draw(st.sampled_from(DRAWN))
            message = data.draw(messages(method.request))
            live = {field: self._random.choice(names) for field, names in self._names.items()}
            request = with_live_names(message, live).SerializeToString()
            self.send(method, data.draw(damaged(request)))

        send_drawn()

    def send(self, method: Method, request: bytes) -> None:
        """Send one request, which the server must answer, whatever it says."""
        self.count += 1
        timeout_s = PATIENCE_S if method.name in MAY_WAIT else ANSWER_S
        call = self._channel.unary_unary(method.path)
        try:
            response = method.response.FromString(call(request, timeout=timeout_s))
        except grpc.RpcError as error:
            self._take_error(method, request, error)
            return
        status = getattr(response, "status_code", 0)
        self.outcomes[method.name, f"in the body: {status}" if status else "ok"] += 1
        check_no_bug(method, status, getattr(response, "status_error_message", ""), request)
        for field in ("session_handle", "graph_handle", "partial_run_handle"):
            name = getattr(response, field, "")
            if name:
                self._names[field] = [*self._names.get(field, [])[-KEPT_NAMES:], name]

    def _take_error(self, method: Method, request: bytes, error: Any) -> None:
        code, details = error.code(), error.details() or ""
        self.outcomes[method.name, code.name] += 1
        if code is grpc.StatusCode.UNAVAILABLE:
            raise AssertionError(f"{method.name} kills the server: {details}\n{request!r}")
        if code is grpc.StatusCode.DEADLINE_EXCEEDED and method.name not in MAY_WAIT:
            raise AssertionError(f"{method.name} hangs\n{request!r}")
        check_no_bug(method, code.value[0], details, request)

    def send_garbage(self, number: int) -> None:
        """Send bytes that mean nothing, to the port and to a connection that the server offered."""
        garbage = random.Random(number).randbytes(200)
        host, _, port = self._address.rpartition(":")
        with socket.create_connection((host, int(port)), ANSWER_S) as connected:
            connected.sendall(garbage)
        method = DIRECT_SERVICE.methods["Offer"]
        with grpc.insecure_channel(self._address) as channel:
            offer = channel.unary_unary(
                method.path, method.request.SerializeToString, method.response.FromString
            )(method.request(), timeout=ANSWER_S)
        with socket.create_connection((host, offer.port), ANSWER_S) as connected:
            connected.sendall(garbage if number % 2 else offer.token + garbage)

    def check_that_it_serves(self) -> None:
        """Run a step of a new session."""
        with tf.Graph().as_default():
            x = tf.placeholder(tf.float32, [2])
            y = x * 2.0
            config = tf.ConfigProto(operation_timeout_in_ms=int(ANSWER_S * 1000))
            with tf.Session(self._target, config=config) as session:
                assert session.run(y, {x: [1.0, 2.0]}).tolist() == [2.0, 4.0]

    def reset(self) -> None:
        """Let the server go of all sessions and state that were made."""
        names = self._names.pop("session_handle", [])
        self._names.clear()
        stub = self._channel.unary_unary(MASTER_SERVICE.methods["Reset"].path)
        for container in ("", "localhost"):
            request = master_pb2.ResetRequest(container=[container] if container else [])
            stub(request.SerializeToString(), timeout=ANSWER_S)
        delete = self._channel.unary_unary(WORKER_SERVICE.methods["DeleteWorkerSession"].path)
        for name in names:
            try:
                delete(
                    worker_pb2.DeleteWorkerSessionRequest(session_handle=name).SerializeToString(),
                    timeout=ANSWER_S,
                )
            except grpc.RpcError:
                continue  # it was no worker session

    def open_a_session(self) -> None:
        """Let requests find a session to work on."""
        method = MASTER_SERVICE.methods["CreateSession"]
        request = master_pb2.CreateSessionRequest(graph_def=sound_graph())
        self.send(method, request.SerializeToString())
