"""Direct connections: frames on a socket, calls over it, and who may open one."""

from __future__ import annotations

import gc
import os
import select
import socket
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
import numpy as np
import pytest

import tensormill.api as tf
from tensormill.distributed.call import Call
from tensormill.distributed.channels import open_channel
from tensormill.distributed.direct_client import CallFailed, DirectClient
from tensormill.distributed.direct_frames import ConnectionBroken, FrameKind, FrameSocket
from tensormill.distributed.direct_listener import TOKEN_BYTES
from tensormill.distributed.direct_server import DirectConnection, DirectMethod
from tensormill.distributed.limits import DEFAULT_LIMITS
from tensormill.distributed.server_threads import ServerThreads
from tensormill.distributed.shared_memory import map_shared, shared_file
from tensormill.graph import errors
from tensormill.proto import direct_pb2, worker_pb2
from tensormill.proto.services import CLUSTER_SERVICE, DIRECT_SERVICE, WORKER_SERVICE
from tests.clusters import direct_connection, over_wire
from tests.gates import wait_until

WAIT_S = 30.0
MAX_BODY_BYTES = 1 << 24


@pytest.fixture
def frames() -> Iterator[tuple[FrameSocket, FrameSocket]]:
    ends = [FrameSocket(end, MAX_BODY_BYTES) for end in socket.socketpair()]
    yield ends[0], ends[1]
    for end in ends:
        end.close()


@pytest.mark.parametrize("sizes", [[], [0], [3], [65_536], [10, 3_000_000, 7], [1] * 600])
def test_a_frame_arrives_as_it_was_sent(frames, sizes) -> None:
    pieces = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    received = []
    reader = threading.Thread(target=lambda: received.append(frames[1].receive(WAIT_S)))
    reader.start()
    frames[0].send(FrameKind.REQUEST, 7, 8, 9, pieces)
    reader.join(WAIT_S)
    frame = received[0]
    assert (frame.kind, frame.code, frame.aux, frame.call) == (FrameKind.REQUEST, 7, 8, 9)
    assert bytes(frame.body) == b"".join(pieces)


def test_frames_that_arrive_together_are_told_apart(frames) -> None:
    for call in range(5):
        frames[0].send(FrameKind.REPLY, 0, 0, call, [b"x" * call])
    assert [len(frames[1].receive(WAIT_S).body) for _ in range(5)] == list(range(5))


def test_a_receive_that_took_too_long_goes_on_later() -> None:
    ends = socket.socketpair()
    frames = FrameSocket(ends[1], MAX_BODY_BYTES)
    other = socket.socketpair()
    sender = FrameSocket(other[0], MAX_BODY_BYTES)
    sender.send(FrameKind.REPLY, 1, 0, 2, [b"abc"])
    whole = other[1].recv(1000)
    for byte in whole[:-1]:
        ends[0].sendall(bytes([byte]))
        with pytest.raises(TimeoutError):
            frames.receive(0.0)
    ends[0].sendall(whole[-1:])
    assert bytes(frames.receive(WAIT_S).body) == b"abc"
    for end in (*ends, *other):
        end.close()


def test_a_large_body_is_shared_and_given_back(frames) -> None:
    before = len(os.listdir("/proc/self/fd"))
    large = np.arange(1 << 19, dtype=np.float64)
    frames[0].send(FrameKind.REPLY, 0, 0, 1, [b"abc", large.data.cast("B"), b"de"])
    frames[0].send(FrameKind.REPLY, 0, 0, 2, [b"small"])
    frame = frames[1].receive(WAIT_S)
    values = np.frombuffer(frame.body[3:-2], np.float64)
    np.testing.assert_array_equal(values, large)
    assert values.flags.aligned
    assert values.flags.writeable
    assert bytes(frame.body[:3]) + bytes(frame.body[-2:]) == b"abcde"
    assert bytes(frames[1].receive(WAIT_S).body) == b"small"
    del frame, values
    for end in frames:
        end.close()
    assert len(os.listdir("/proc/self/fd")) == before - 2


def test_shared_memory_that_could_be_cut_is_refused() -> None:
    file = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.ftruncate(file, 100)
    with pytest.raises(ValueError, match="not sealed"):
        map_shared(file, 0, 100)
    os.close(file)
    file = shared_file(0, [b"x" * 100])
    with pytest.raises(ValueError, match="too small"):
        map_shared(file, 1, 100)
    os.close(file)


@pytest.mark.parametrize("head", [b"\xff" * 64, b"GET / HTTP/1.1\r\n\r\n" + b" " * 32])
def test_what_is_no_frame_breaks_the_connection(head) -> None:
    ends = socket.socketpair()
    ends[0].sendall(head)
    frames = FrameSocket(ends[1], MAX_BODY_BYTES)
    with pytest.raises(ConnectionBroken, match="a frame of kind"):
        frames.receive(WAIT_S)
    for end in ends:
        end.close()


class Held:
    """Something that a callback holds on to."""


@dataclass
class Echo:
    """A service: what it answers depends on the key of the request."""

    held: list[weakref.ref[Held]] = field(default_factory=list)
    waiting: list[Call] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def handle(self, request: Any, call: Call) -> None:
        key = request.rendezvous_key
        if key == "wait":
            call.on_cancel(self.cancelled.set)
            self.waiting.append(call)
            self.arrived.release()
        elif key == "hold":
            held = Held()
            self.held.append(weakref.ref(held))
            call.on_cancel(partial(repr, held))
            call.reply(worker_pb2.RecvTensorResponse())
        elif key == "fail":
            raise errors.not_found("no such thing", hint="look elsewhere")
        elif key == "bug":
            raise KeyError(key)
        else:
            call.reply(worker_pb2.RecvTensorResponse(send_start_micros=request.step_id + 1))


@pytest.fixture
def served() -> Iterator[tuple[DirectClient, Echo]]:
    echo = Echo()
    method = WORKER_SERVICE.methods["RecvTensor"]
    ours, theirs = socket.socketpair()
    threads = ServerThreads("test", DEFAULT_LIMITS)
    ended = threading.Event()
    connection = DirectConnection(
        FrameSocket(theirs, MAX_BODY_BYTES),
        [DirectMethod(method, echo.handle, False)],
        threads,
        "test",
        lambda connection: ended.set(),
    )
    connection.start()
    client = DirectClient(FrameSocket(ours, MAX_BODY_BYTES), [method.path], "test")
    yield client, echo
    client.close()
    assert ended.wait(WAIT_S)
    connection.join()
    threads.close()


PATH = WORKER_SERVICE.methods["RecvTensor"].path


def request(key: str = "", number: int = 0) -> list[bytes]:
    message = worker_pb2.RecvTensorRequest(rendezvous_key=key, step_id=number)
    return [message.SerializeToString()]


def answer(reply: Any) -> int:
    return int(worker_pb2.RecvTensorResponse.FromString(reply.data).send_start_micros)


def test_calls_are_answered(served) -> None:
    client, _ = served
    assert [answer(client.call(PATH, request(number=i))) for i in range(10)] == [*range(1, 11)]


def test_a_call_that_was_answered_holds_on_to_nothing(served) -> None:
    client, echo = served
    gc.disable()  # which would break a circle, too, but later
    try:
        client.call(PATH, request("hold"))
        wait_until(lambda: echo.held[0]() is None)
    finally:
        gc.enable()


def test_an_error_arrives_with_its_facts(served) -> None:
    client, _ = served
    with pytest.raises(CallFailed) as caught:
        client.call(PATH, request("fail"))
    assert (caught.value.code, caught.value.text) == (errors.NOT_FOUND, "no such thing")
    assert b"look elsewhere" in caught.value.trailer


def test_the_server_survives_a_handler_that_raises_and_a_request_that_is_none(served) -> None:
    client, _ = served
    for body in (request("bug"), [b"\xff\xff\xff"]):
        with pytest.raises(CallFailed):
            client.call(PATH, body)
    assert answer(client.call(PATH, request())) == 1


@pytest.mark.parametrize("attempt", range(10))
def test_a_request_and_its_cancel_that_come_together_leave_nothing_behind(attempt) -> None:
    echo, ended = Echo(), threading.Event()
    ours, theirs = socket.socketpair()
    client = FrameSocket(ours, MAX_BODY_BYTES)
    client.send(FrameKind.REQUEST, 0, 0, 1, request("wait"))
    client.send(FrameKind.CANCEL, 0, 0, 1, [])
    threads = ServerThreads("test", DEFAULT_LIMITS)
    connection = DirectConnection(
        FrameSocket(theirs, MAX_BODY_BYTES),
        [DirectMethod(WORKER_SERVICE.methods["RecvTensor"], echo.handle, False)],
        threads,
        "test",
        lambda connection: ended.set(),
    )
    connection.start()
    assert echo.arrived.acquire(timeout=WAIT_S)
    assert echo.cancelled.wait(WAIT_S)
    client.close()
    assert ended.wait(WAIT_S)
    connection.join()
    threads.close()


def test_calls_of_several_threads_overlap(served) -> None:
    client, echo = served
    answers: list[int] = []
    waiting = threading.Thread(
        target=lambda: answers.append(answer(client.call(PATH, request("wait"))))
    )
    waiting.start()
    assert echo.arrived.acquire(timeout=WAIT_S)

    def ask(number: int) -> None:
        answers.append(answer(client.call(PATH, request(number=number))))

    others = [threading.Thread(target=ask, args=(i,)) for i in range(20)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(WAIT_S)
    assert sorted(answers) == [*range(1, 21)]
    echo.waiting[0].reply(worker_pb2.RecvTensorResponse(send_start_micros=99))
    waiting.join(WAIT_S)
    assert answers[-1] == 99


def test_a_call_that_takes_too_long_is_cancelled(served) -> None:
    client, echo = served
    with pytest.raises(TimeoutError):
        client.call(PATH, request("wait"), timeout_s=0.01)
    assert echo.cancelled.wait(WAIT_S)
    assert answer(client.call(PATH, request())) == 1


def test_a_call_that_was_begun_can_be_cancelled(served) -> None:
    client, echo = served
    cancel = client.start(PATH, request("wait"), lambda outcome: None)
    assert echo.arrived.acquire(timeout=WAIT_S)
    cancel()
    assert echo.cancelled.wait(WAIT_S)


def test_calls_end_when_the_other_side_is_gone(served) -> None:
    client, echo = served
    outcomes: list[Any] = []
    done = threading.Event()
    client.start(PATH, request("wait"), lambda outcome: (outcomes.append(outcome), done.set()))
    assert echo.arrived.acquire(timeout=WAIT_S)
    client._frames.shut_down()
    assert done.wait(WAIT_S)
    assert isinstance(outcomes[0], ConnectionBroken)
    assert echo.cancelled.wait(WAIT_S)
    with pytest.raises(ConnectionBroken):
        client.call(PATH, request())


has_turns = pytest.mark.skipif(not hasattr(select, "epoll"), reason="turns of the system")


def take_turn(client: DirectClient) -> None:
    """Begin calls until the client's own thread shares its reading, and take the turn."""
    while not client.try_take_turn():
        done = threading.Event()
        client.start(PATH, request(), lambda outcome, done=done: done.set())
        assert done.wait(WAIT_S)


@has_turns
def test_who_takes_the_turn_reads_the_answers_of_calls_that_were_begun(served) -> None:
    client, _ = served
    take_turn(client)
    assert not client.try_take_turn(), "one thread reads at a time"
    told: list[tuple[threading.Thread, int]] = []
    told_of = threading.Semaphore(0)

    def tell(outcome: Any) -> None:
        told.append((threading.current_thread(), answer(outcome)))
        told_of.release()

    client.start(PATH, request(number=4), tell)
    assert client._frames.has_arrivals(WAIT_S * 1000)
    client.read_answers()
    client.start(PATH, request(number=5), tell)
    for _ in range(2):
        assert told_of.acquire(timeout=WAIT_S)
    assert told[0] == (threading.current_thread(), 5)
    assert told[1] == (client._reader, 6)


@has_turns
def test_a_turn_without_an_answer_is_passed_on(served) -> None:
    client, echo = served
    take_turn(client)
    answers: list[int] = []
    done = threading.Event()
    client.start(PATH, request("wait"), lambda o: (answers.append(answer(o)), done.set()))
    assert echo.arrived.acquire(timeout=WAIT_S)
    assert not client.has_answers()
    client.pass_turn_on()
    echo.waiting[0].reply(worker_pb2.RecvTensorResponse(send_start_micros=99))
    assert done.wait(WAIT_S)
    assert answers == [99]


@has_turns
def test_who_has_the_turn_sees_the_end(served) -> None:
    client, echo = served
    take_turn(client)
    outcomes: list[Any] = []
    client.start(PATH, request("wait"), outcomes.append)
    assert echo.arrived.acquire(timeout=WAIT_S)
    client._frames.shut_down()
    assert client.has_answers()
    client.read_answers()
    assert isinstance(outcomes[0], ConnectionBroken)
    assert client.is_broken
    assert not client.try_take_turn()


@has_turns
def test_who_is_told_of_the_end_may_close_the_connection(served) -> None:
    client, echo = served
    take_turn(client)
    client.pass_turn_on()
    closed = threading.Event()
    client.start(PATH, request("wait"), lambda outcome: (client.close(), closed.set()))
    assert echo.arrived.acquire(timeout=WAIT_S)
    client._frames.shut_down()
    assert closed.wait(WAIT_S)


@has_turns
def test_a_channel_finds_a_connection_broken_while_its_reader_waits_for_a_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", "direct")
    with tf.train.Server.create_local_server() as server, open_channel(server.address) as channel:
        path = CLUSTER_SERVICE.methods["TaskStatus"].path
        assert channel.can_tell(path)
        direct = channel.direct()
        assert direct is not None
        while not direct.try_take_turn():
            channel.unary_unary(path).future(b"").result(WAIT_S)
        direct._break(ConnectionBroken("a message could not be sent"))
        assert channel.direct() is None, "it waits for a turn that the caller has"
        direct.read_answers()
        assert channel.can_tell(path)


def offer(address: str) -> Any:
    method = DIRECT_SERVICE.methods["Offer"]
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        return call(direct_pb2.OfferRequest(), timeout=WAIT_S)


def connect(port: int, token: bytes) -> bytes:
    with socket.create_connection(("localhost", port), WAIT_S) as connected:
        connected.sendall(token)
        return connected.recv(1)


def test_a_token_is_good_for_one_connection() -> None:
    with tf.train.Server.create_local_server() as server:
        offered = offer(server.target.removeprefix("grpc://"))
        assert connect(offered.port, b"\0" * TOKEN_BYTES) == b""
        assert connect(offered.port, offered.token) == b"\x01"
        assert connect(offered.port, offered.token) == b""


def test_other_hosts_are_told_no_name_of_this_one() -> None:
    with tf.train.Server.create_local_server() as server:
        assert offer(server.target.removeprefix("grpc://")).local_name == ""


@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_the_first_call_chooses_the_kind_of_the_channel(lane, monkeypatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    method = WORKER_SERVICE.methods["GetStatus"]
    with (
        tf.train.Server.create_local_server() as server,
        open_channel(server.target.removeprefix("grpc://")) as channel,
    ):
        call = channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        for _ in range(3):
            response = call(worker_pb2.GetStatusRequest(), timeout=WAIT_S)
            assert response.device_attributes[0].name.startswith("/job:localhost")
        assert (channel.direct() is not None) is (lane == "direct")
        assert channel.is_tensormill


@pytest.mark.usefixtures("direct_lane")
def test_a_session_goes_on_over_grpc_when_its_direct_connection_breaks() -> None:
    value = tf.placeholder(tf.float32, [None])
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=over_wire()) as session,
    ):
        double = value * 2
        given = np.arange(3, dtype=np.float32)
        direct_connection(session)._frames.shut_down()
        with pytest.raises(tf.errors.UnavailableError):
            session.run(double, {value: given})
        np.testing.assert_array_equal(session.run(double, {value: given}), given * 2)


@pytest.mark.parametrize("lane", ["direct", "grpc"])
@pytest.mark.parametrize("kind", [np.bool_, np.int16, np.float32, np.complex128, np.bytes_])
def test_large_values_arrive_whole_and_can_be_written_to(lane, kind, monkeypatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    given = np.random.RandomState(0).randint(0, 100, [5, 30_000]).astype(kind)
    if kind is np.bytes_:
        given = given.astype(object)
    value = tf.placeholder(given.dtype, given.shape)
    small = tf.shape(value)
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=over_wire()) as session,
    ):
        fetches = [small, tf.reverse(value, [0]), tf.identity(value)]
        for _ in range(3):
            shape, backwards, same = session.run(fetches, {value: given})
            assert shape.tolist() == [5, 30_000]
            np.testing.assert_array_equal(backwards, given[::-1])
            np.testing.assert_array_equal(same, given)
            assert same.flags.writeable
            assert same.flags.aligned
