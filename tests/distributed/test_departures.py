"""Clients and masters that go without a word: what they leave behind is cleaned up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

import tensormill as tf
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server import Server
from tensormill.proto import worker_pb2
from tensormill.proto.services import PRESENCE_SERVICE, WORKER_SERVICE
from tests.clusters import direct_connection, free_addresses, over_wire, running_cluster
from tests.gates import wait_until

WORKER = "/job:worker/replica:0/task:0"


@pytest.fixture
def server() -> Iterator[Any]:
    """A server that gives clients no time to come back."""
    limits = ServerLimits(client_grace_s=0.0)
    with Server({"a": ["127.0.0.1:0"]}, limits=limits) as server:
        yield server


def session_count(server: Any) -> int:
    count: int = server._task._master_service.session_count
    return count


def open_session(server: Any) -> tuple[Any, Any]:
    """Return a session that uses a direct connection, and the connection."""
    session = tf.Session(server.target, config=over_wire())
    return session, direct_connection(session)


@pytest.mark.usefixtures("direct_lane")
def test_the_sessions_of_a_client_that_is_gone_are_closed(server: Any) -> None:
    session, direct = open_session(server)
    other, _ = open_session(server)
    assert session_count(server) == 2
    direct._frames.shut_down()  # as the system does for a process that ends
    wait_until(lambda: session_count(server) == 1)
    assert other.run(tf.constant(2.0)) == 2.0
    other.close()
    session.close()


@pytest.mark.usefixtures("direct_lane")
def test_a_client_that_was_interrupted_in_mid_call_keeps_its_session(server: Any) -> None:
    session, direct = open_session(server)
    direct._say_living_on()
    direct._frames.shut_down()
    connections = server._task._direct._connections
    wait_until(lambda: not connections and not server._task._master_service._calls_off)
    with pytest.raises(tf.errors.UnavailableError):
        session.run(tf.constant(1.0))  # it finds the connection broken
    assert session.run(tf.constant(2.0)) == 2.0
    session.close()


@pytest.mark.usefixtures("direct_lane")
def test_a_session_that_goes_on_over_another_connection_is_kept() -> None:
    with Server({"a": ["127.0.0.1:0"]}, limits=ServerLimits(client_grace_s=3600.0)) as server:
        session, direct = open_session(server)
        direct._frames.shut_down()
        service = server._task._master_service
        wait_until(lambda: bool(service._calls_off))
        (entry,) = service._entries.values()
        gone = entry.peer
        with pytest.raises(tf.errors.UnavailableError):
            session.run(tf.constant(1.0))
        assert session.run(tf.constant(2.0)) == 2.0
        service._close_left(gone)
        assert session.run(tf.constant(3.0)) == 3.0
        session.close()


def attended(server: Any) -> Any:
    """Return the only session of a server, once its client attends it."""
    (entry,) = server._task._master_service._entries.values()
    wait_until(lambda: entry.attendance is not None)
    return entry


def test_a_client_over_grpc_attends_its_session(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", "grpc")
    session = tf.Session(server.target, config=over_wire())
    assert session.run(tf.constant(1.0)) == 1.0
    call = attended(server).attendance.call
    assert session_count(server) == 1
    session._master_session._open.is_closed = True  # nobody says so to the master
    session._master_session._client.close()
    wait_until(lambda: session_count(server) == 0)
    assert not call._take()  # its end was seen
    session.close()


def test_a_session_that_is_attended_anew_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", "grpc")
    with Server({"a": ["127.0.0.1:0"]}, limits=ServerLimits(client_grace_s=3600.0)) as server:
        session = tf.Session(server.target, config=over_wire())
        session.run(tf.constant(1.0))
        entry = attended(server)
        earlier = entry.attendance
        client = session._master_session._client
        client.attend(session._master_session._open.handle)
        wait_until(lambda: entry.attendance is not earlier)
        service = server._task._master_service
        service.client_gone(earlier)
        assert not service._calls_off
        service._close_left(earlier)
        assert session.run(tf.constant(2.0)) == 2.0
        assert entry.peer is entry.attendance
        session.close()
        assert session_count(server) == 0
        assert not entry.attendance.call._take()  # it was answered


def test_what_is_no_session_cannot_be_attended(server: Any) -> None:
    method = PRESENCE_SERVICE.methods["Attend"]
    with grpc.insecure_channel(server.address) as channel:
        attend = channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        with pytest.raises(grpc.RpcError, match="is not found"):
            attend(method.request(session_handle="none"), timeout=20)


def create_worker_session(server: Any, handle: str, task: str, incarnation: int) -> None:
    """Open a session on a worker, as a master of some name does."""
    method = WORKER_SERVICE.methods["CreateWorkerSession"]
    request = worker_pb2.CreateWorkerSessionRequest(
        session_handle=handle, master_task=task, master_incarnation=incarnation
    )
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        call(request, timeout=20)


def handles(server: Any) -> set[str]:
    return set(server._task._worker_service._graphs) - {""}


@pytest.mark.usefixtures("direct_lane")
def test_the_sessions_of_a_master_that_was_started_anew_are_deleted() -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        ps = cluster.server("ps")
        create_worker_session(ps, "old", WORKER, 1)
        create_worker_session(ps, "foreign", "/job:other/replica:0/task:0", 1)
        with tf.device("/job:ps"):
            there = tf.constant(1.0)
        with tf.Session(cluster.target("worker")) as session:
            session.run(there)
            # The new session tells that its master is another one than that of the old session.
            wait_until(lambda: "old" not in handles(ps))
            assert len(handles(ps)) == 2
            create_worker_session(ps, "other", WORKER, 2)
            wait_until(lambda: len(handles(ps)) == 2)
            assert handles(ps) == {"foreign", "other"}
            ps._task._worker_service.masters.check()
            assert handles(ps) == {"foreign"}


@pytest.mark.usefixtures("direct_lane")
def test_the_sessions_of_a_master_that_is_there_stay() -> None:
    with (
        running_cluster(ps=1, worker=1) as cluster,
        tf.Session(cluster.target("worker")) as session,
    ):
        with tf.device("/job:ps/task:0"):
            value = tf.square(tf.constant(3.0))
        session.run(value)
        ps = cluster.server("ps")
        ps._task._worker_service.masters.check()
        assert len(handles(ps)) == 1
        assert session.run(value) == 9.0


def test_the_sessions_of_a_master_that_does_not_listen_any_more_are_deleted() -> None:
    ps, worker = free_addresses(2)
    limits = ServerLimits(master_check_s=0.0)
    with Server({"ps": [ps], "worker": [worker]}, "ps", 0, limits=limits) as server:
        create_worker_session(server, "left", WORKER, 1)
        wait_until(lambda: not handles(server))
        assert not server._task._worker_service.masters._masters
