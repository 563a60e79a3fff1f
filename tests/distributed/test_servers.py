"""Servers: how they are made, end, and stand what comes to their ports."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server import Server
from tensormill.proto.services import MASTER_SERVICE, WORKER_SERVICE
from tests.clusters import LOST, free_addresses, over_wire, running_cluster, until_it_works
from tests.gates import Gate, run_in_thread, wait_until
from tests.gates import gate_kernels as gate_kernels

TIMEOUT_S = 60.0


@pytest.fixture
def server() -> Iterator[Any]:
    with tf.train.Server.create_local_server() as server:
        yield server


@pytest.mark.usefixtures("no_gpu")
def test_a_local_server_has_one_task_and_any_port(server: Any) -> None:
    assert server.target.startswith("grpc://localhost:")
    assert server.server_def.job_name == "localhost"
    with tf.Session(server.target) as session:
        names = [device.name for device in session.list_devices()]
    assert names == ["/job:localhost/replica:0/task:0/device:CPU:0"]


def test_a_server_takes_all_that_says_a_cluster() -> None:
    (address,) = free_addresses(1)
    spec = tf.train.ClusterSpec({"local": {37: address}})
    definition = tf.train.ServerDef(
        cluster=spec.as_cluster_def(), job_name="local", task_index=37, protocol="grpc"
    )
    for given in (spec, spec.as_cluster_def(), definition, {"local": {37: address}}):
        with tf.train.Server(given) as server:
            assert server.target == f"grpc://localhost:{address.rpartition(':')[2]}"
            with tf.Session(server.target) as session:
                assert session.list_devices()[0].name == "/job:local/replica:0/task:37/device:CPU:0"


@pytest.mark.usefixtures("no_gpu")
def test_the_config_of_a_server_says_its_devices() -> None:
    config = tf.ConfigProto(device_count={"CPU": 3})
    with tf.train.Server.create_local_server(config) as server, tf.Session(server.target) as s:
        assert len(s.list_devices()) == 3
        with tf.device("/cpu:2"):
            x = tf.constant(1.0) + 1.0
        assert s.run(x) == 2.0


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (({"a": ["h:1"], "b": ["h:2"]},), ValueError, "Must specify an explicit `job_name`."),
        (({"a": ["h:1", "h:2"]},), ValueError, "Must specify an explicit `task_index`."),
        ((7,), TypeError, "Could not convert `server_or_cluster_def`"),
        (
            ({"a": ["host"]},),
            tf.errors.InvalidArgumentError,
            'Could not parse port for local server from "host"',
        ),
        (
            ({"a": ["h:1"]}, "b", 0),
            tf.errors.InvalidArgumentError,
            'Job "b" was not defined in cluster',
        ),
        (
            ({"a": ["h:1"]}, "a", 4),
            tf.errors.InvalidArgumentError,
            'Task 4 was not defined in job "a"',
        ),
        (
            ({"a": ["h:1"]}, "a", 0, "carrier pigeon"),
            tf.errors.NotFoundError,
            "No server factory registered",
        ),
        (({"a": ["h:1"]}, "a", 0, "grpc", "config"), TypeError, "must be a tf.ConfigProto"),
        (
            ({"a": ["127.0.0.1:0"], "b": ["nowhere"]}, "a", 0),
            tf.errors.InvalidArgumentError,
            "Could not parse port for task /job:b/replica:0/task:0",
        ),
    ],
)
def test_what_names_no_task_is_explained(arguments: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as caught:
        tf.train.Server(*arguments)
    assert text in str(caught.value)


def test_two_servers_cannot_have_one_port(server: Any) -> None:
    with pytest.raises(tf.errors.UnknownError, match="Could not start gRPC server"):
        tf.train.Server({"local": [server.address]})
    with tf.Session(server.target, config=over_wire()) as session:
        assert session.run(tf.constant(1.0)) == 1.0


def test_stop_frees_the_port_and_ends_join() -> None:
    (address,) = free_addresses(1)
    server = tf.train.Server({"local": [address]})
    joined = run_in_thread(server.join)
    server.stop()
    server.stop()
    assert joined() is None
    with tf.train.Server({"local": [address]}) as again, tf.Session(again.target) as session:
        assert session.run(tf.constant(2.0)) == 2.0
    with pytest.raises(tf.errors.FailedPreconditionError, match="cannot be started again"):
        server.start()


def test_a_server_starts_when_it_is_told_to() -> None:
    server = tf.train.Server.create_local_server(start=False)
    server.start()
    server.start()
    with tf.Session(server.target) as session:
        assert session.run(tf.constant(3.0)) == 3.0
    server.stop()


def test_stop_ends_steps_that_wait() -> None:
    gate = Gate()
    server = tf.train.Server.create_local_server()
    waiting = gate.node(1.0)
    session = tf.Session(server.target)
    running = run_in_thread(lambda: session.run(waiting))
    gate.wait_for_waiters()
    server.stop()
    assert isinstance(running(), (tf.errors.CancelledError, tf.errors.AbortedError))
    session.close()


def test_a_program_that_ends_without_stopping_its_servers_exits() -> None:
    program = (
        "import tensormill as tf\n"
        "server = tf.train.Server.create_local_server()\n"
        "with tf.Session(server.target) as session:\n"
        "    print(session.run(tf.constant(4.0)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "4.0\n"), done.stderr


def test_garbage_on_the_port_does_no_harm(server: Any) -> None:
    host, _, port = server.address.rpartition(":")
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n",
        np.random.RandomState(0).bytes(4096),
        b"\x00" * 100,
        b"",
    ):
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
            connection.sendall(garbage)
    with tf.Session(server.target, config=over_wire()) as session:
        assert session.run(tf.constant(1.0)) == 1.0


@pytest.mark.parametrize("service", [MASTER_SERVICE, WORKER_SERVICE], ids=lambda s: s.name)
def test_requests_that_are_no_messages_are_refused(server: Any, service: Any) -> None:
    with grpc.insecure_channel(server.address) as channel:
        for method in service.methods.values():
            call = channel.unary_unary(method.path)
            with pytest.raises(grpc.RpcError) as caught:
                call(b"\xff\xff\xff\xff", timeout=TIMEOUT_S)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert f"{method.name} cannot be parsed" in caught.value.details()
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/tensorflow.MasterService/Unheard")(b"", timeout=TIMEOUT_S)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_no_more_sessions_are_opened_than_allowed() -> None:
    with Server({"a": ["127.0.0.1:0"]}, limits=ServerLimits(sessions=2)) as server:
        sessions = [tf.Session(server.target, config=over_wire()) for _ in range(3)]
        x = tf.constant(1.0)
        assert [session.run(x) for session in sessions[:2]] == [1.0, 1.0]
        with pytest.raises(tf.errors.ResourceExhaustedError, match="2 sessions are open"):
            sessions[2].run(x)
        sessions[0].close()
        assert sessions[2].run(x) == 1.0
        for session in sessions:
            session.close()


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_two_hundred_sessions_leave_nothing_behind() -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:ps/task:0"):
            v = tf.get_variable("v", initializer=np.ones(1000, np.float32))
        with tf.device("/job:worker/task:0"):
            total = tf.reduce_sum(v)
        target = cluster.target("worker")

        def use_sessions(count: int) -> None:
            for number in range(count):
                config = over_wire() if number % 2 else None
                with tf.Session(target, config=config) as session:
                    if number == 0:
                        session.run(v.initializer)
                    assert session.run(total) == 1000.0

        use_sessions(10)
        gc.collect()
        threads, descriptors = threading.active_count(), open_descriptors()
        use_sessions(200)
        gc.collect()
        for server in cluster.servers.values():
            task = server._task
            assert task._master_service.session_count == 0
            assert task.master.open_sessions() == []
            assert set(task._worker_service._graphs) == {""}
            assert set(task.own_link._sessions) == {""}
            wait_until(lambda table=task.master.worker.rendezvous: not len(table))
        # Pools of threads grow to what the busiest moment needs.
        assert threading.active_count() <= threads + 16
        assert open_descriptors() <= descriptors + 8


def test_a_task_that_is_lost_is_named() -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        x = tf.placeholder(tf.float32, [])
        with tf.device("/job:ps/task:0"):
            y = tf.square(x)
        with tf.device("/job:worker/task:0"):
            z = y + 1.0
        with tf.Session(cluster.target("worker")) as session:
            assert session.run(z, {x: 2.0}) == 5.0
            cluster.server("ps").stop()
            with pytest.raises(tf.errors.UnavailableError) as caught:
                session.run(z, {x: 2.0})
            assert "/job:ps/replica:0/task:0" in str(caught.value)
            assert session.run(tf.constant(1.0)) == 1.0


def test_a_session_goes_on_when_a_task_has_come_back() -> None:
    x = tf.placeholder(tf.float32, [])
    with running_cluster(ps=1, worker=1) as cluster, ExitStack() as anew:
        with tf.device("/job:ps/task:0"):
            v = tf.get_variable("v", initializer=1.0)
            y = tf.square(x)
        with tf.device("/job:worker/task:0"):
            z = y + v
        for config in (None, over_wire()):
            with tf.Session(cluster.target("worker"), config=config) as session:
                session.run(v.initializer)
                assert session.run(z, {x: 2.0}) == 5.0
                address = cluster.server("ps").address
                cluster.server("ps").stop()
                again = anew.enter_context(tf.train.Server(cluster.spec, "ps", 0))
                cluster.servers[("ps", 0)] = again
                assert again.address == address
                with pytest.raises(LOST, match="/job:ps/replica:0/task:0"):
                    session.run(z, {x: 2.0})
                with pytest.raises(tf.errors.FailedPreconditionError, match="started anew"):
                    until_it_works(lambda session=session: session.run(z, {x: 2.0}))
                session.run(v.initializer)
                assert session.run(z, {x: 3.0}) == 10.0
                parts = session.partial_run_setup([z], [x])
                assert session.partial_run(parts, z, {x: 4.0}) == 17.0


def test_another_job_at_an_address_is_found_out() -> None:
    mine, other = free_addresses(2)
    with tf.device("/job:other/task:0"):
        there = tf.constant(1.0)
    with (
        tf.train.Server({"wrong": [other]}),
        tf.train.Server({"mine": [mine], "other": [other]}, "mine", 0) as server,
        tf.Session(server.target) as session,
        pytest.raises(tf.errors.InvalidArgumentError) as caught,
    ):
        session.run(there)
    assert "/job:other/replica:0/task:0" in str(caught.value)
    assert "/job:wrong/replica:0/task:0/device:CPU:0" in str(caught.value)


@pytest.mark.usefixtures("no_gpu")
def test_device_filters_leave_out_tasks_that_are_not_there() -> None:
    mine, missing = free_addresses(2)
    with tf.train.Server({"mine": [mine], "missing": [missing]}, "mine", 0) as server:
        config = tf.ConfigProto(device_filters=["/job:mine"])
        with tf.Session(server.target, config=config) as session:
            assert session.run(tf.constant(1.0)) == 1.0
            assert len(session.list_devices()) == 1


def test_a_session_may_keep_its_state_to_itself() -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:ps/task:0"):
            v = tf.get_variable("v", initializer=1.0)
        isolated = tf.ConfigProto(isolate_session_state=True)
        target = cluster.target("worker")
        with tf.Session(target, config=isolated) as one, tf.Session(target) as other:
            one.run(v.initializer)
            assert one.run(v) == 1.0
            with pytest.raises(tf.errors.FailedPreconditionError):
                other.run(v)


def test_a_step_over_tasks_is_cancelled_when_its_session_closes() -> None:
    gate = Gate()
    with running_cluster(ps=1, worker=1) as cluster:
        x = tf.placeholder(tf.float32, [])
        with tf.device("/job:worker/task:0"):
            waiting = gate.node(x)
        with tf.device("/job:ps/task:0"):
            y = tf.square(waiting)
        session = tf.Session(cluster.target("worker"))
        running = run_in_thread(lambda: session.run(y, {x: 1.0}))
        gate.wait_for_waiters()
        session.close()
        error = running()
        assert isinstance(error, tf.errors.CancelledError)
        # Tasks are told that a step is over, and nobody waits for what they answer.
        rendezvous = [server._task.master.worker.rendezvous for server in cluster.servers.values()]
        wait_until(lambda: not any(map(len, rendezvous)))


def test_a_step_over_tasks_ends_when_its_time_is_over() -> None:
    gate = Gate()
    with running_cluster(ps=1, worker=1) as cluster:
        x = tf.placeholder(tf.float32, [])
        with tf.device("/job:worker/task:0"):
            waiting = gate.node(x)
        with tf.device("/job:ps/task:0"):
            y = tf.square(waiting)
        with tf.Session(cluster.target("worker")) as session:
            with pytest.raises(tf.errors.DeadlineExceededError) as caught:
                session.run(y, {x: 1.0}, options=tf.RunOptions(timeout_in_ms=200))
            assert "/job:ps/replica:0/task:0" in str(caught.value)
            gate.open()
            assert session.run(y, {x: 3.0}) == 9.0


def test_a_host_that_is_not_this_machine_is_explained() -> None:
    with pytest.raises(tf.errors.UnknownError) as caught:
        tf.train.Server({"local": ["host.invalid:2222"]})
    assert "host.invalid" in str(caught.value)
    assert "a name or number of this machine" in str(caught.value)


def test_clients_that_connect_and_say_nothing_do_not_hold_up_the_end() -> None:
    server = tf.train.Server.create_local_server()
    host, _, _ = server.address.rpartition(":")
    port = server._task._direct._port
    silent = [socket.create_connection((host, port), TIMEOUT_S) for _ in range(3)]
    server.stop()
    for connection in silent:
        connection.close()


_ASKS_AT_THE_END = """
import threading

def ask():
    from tensormill.proto.services import WORKER_SERVICE
    method = WORKER_SERVICE.methods["GetStatus"]
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        try:
            call(method.request(), timeout=5.0)
        except grpc.RpcError as error:
            print(error.code().name)

threading._register_atexit(ask)  # before the pools of threads: what comes first is called last
import grpc
import tensormill as tf
server = tf.train.Server.create_local_server()
"""


def test_a_server_is_stopped_before_its_pools_of_threads_are_closed_at_exit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASKS_AT_THE_END],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("UNAVAILABLE\n", "", 0)
