"""Tasks and clients that are killed or stopped in mid step, in processes of their own."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed import direct_frames
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server import Server
from tensormill.testing.server_process import ServerProcess
from tests.clusters import LOST, free_addresses, over_wire, until_it_works
from tests.gates import run_in_thread, wait_until

pytestmark = pytest.mark.timeout(150)

PS = "/job:ps/replica:0/task:0"
OTHER_WORKER = "/job:worker/replica:0/task:1"
WITHIN_S = 20.0


class Cluster:
    """A ps in a process of its own, and a worker here."""

    def __init__(self) -> None:
        ps, worker = free_addresses(2)
        self.spec = {"ps": [ps], "worker": [worker]}

    def ps(self) -> ServerProcess:
        return ServerProcess(self.spec, "ps", 0)

    def worker(self) -> Any:
        return tf.train.Server(self.spec, "worker", 0)


def steps_waiting(target: str, task: str) -> int:
    """Return how many steps wait on a task."""
    reports = {report.task: report for report in tf.cluster_status(target).reports}
    return len(reports[task].status.step)


def shared_memory(process: int | str = "self") -> set[str]:
    """Return what tells the shared memory that a process has mapped from any other."""
    lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    return {line.split()[4] for line in lines if "memfd:tensormill" in line}


@contextmanager
def sessions(target: str) -> Iterator[list[Any]]:
    """Open two sessions: one without a wire, one with."""
    with tf.Session(target) as near, tf.Session(target, config=over_wire()) as far:
        yield [near, far]


@pytest.mark.usefixtures("direct_lane")  # which has the shared memory
def test_a_task_that_is_killed_ends_its_steps_and_can_be_used_when_it_is_back() -> None:
    cluster = Cluster()
    with tf.device("/job:ps/task:0"):
        v = tf.get_variable("v", initializer=np.ones(1_000_000, np.float32), use_resource=False)
        never = tf.FIFOQueue(1, tf.float32, shared_name="never").dequeue()
    with tf.device("/job:worker/task:0"):
        total = tf.reduce_sum(v)
        waits = never * 2.0
    with cluster.worker() as worker, sessions(worker.target) as opened:
        with cluster.ps() as ps:
            opened[0].run(v.initializer)
            kept = [session.run(v) for session in opened]
            steps = [run_in_thread(partial(session.run, waits)) for session in opened]
            wait_until(lambda: steps_waiting(worker.target, PS) == 2)
            assert ps.process_id is not None
            of_ps = shared_memory(ps.process_id) & shared_memory()
            assert of_ps
            ps.kill()
            killed_s = time.monotonic()
            for step in steps:
                error = step()
                assert isinstance(error, LOST)
                assert PS in error.message
            assert time.monotonic() - killed_s < WITHIN_S
            for session in opened:
                with pytest.raises(LOST, match=PS):
                    session.run(total)
                assert session.run(tf.constant(1.0)) == 1.0
        # What came through shared memory outlives who made it, and goes when it is let go.
        assert [value.sum() for value in kept] == [1_000_000] * 2
        del kept, error, steps, step
        gc.collect()
        wait_until(lambda: not of_ps & shared_memory())
        with cluster.ps():
            for session in opened:
                with pytest.raises(tf.errors.FailedPreconditionError, match="started anew") as lost:
                    until_it_works(partial(session.run, total))
                assert PS in lost.value.message
            opened[0].run(v.initializer)
            assert [session.run(total) for session in opened] == [1_000_000] * 2
            opened[1].run(v.assign_add(np.ones(1_000_000, np.float32)))
            assert opened[0].run(total) == 2_000_000
    gc.collect()
    wait_until(lambda: not shared_memory())


def test_a_worker_that_is_killed_ends_the_steps_that_need_it_on_all_tasks() -> None:
    ps_address, *workers = free_addresses(3)
    spec = {"ps": [ps_address], "worker": workers}
    with tf.device("/job:worker/task:1"):
        queue = tf.FIFOQueue(2, tf.float32, shapes=[[]], shared_name="queue")
        taken = queue.dequeue()
        fill = queue.enqueue(3.0)
    with tf.device("/job:ps/task:0"):
        v = tf.get_variable("v", initializer=2.0)
        waits, works = taken * v, v + 1.0
    with (
        ServerProcess(spec, "ps", 0),
        tf.train.Server(spec, "worker", 0) as here,
        sessions(here.target) as opened,
    ):
        with ServerProcess(spec, "worker", 1) as there:
            opened[0].run(v.initializer)
            steps = [run_in_thread(partial(session.run, waits)) for session in opened]
            wait_until(lambda: steps_waiting(here.target, OTHER_WORKER) == 2)
            there.kill()
            killed_s = time.monotonic()
            for step in steps:
                error = step()
                assert isinstance(error, LOST)
                assert OTHER_WORKER in error.message
            assert time.monotonic() - killed_s < WITHIN_S
        wait_until(lambda: steps_waiting(here.target, PS) == 0)
        assert [session.run(works) for session in opened] == [3.0] * 2
        with ServerProcess(spec, "worker", 1):
            for session in opened:
                until_it_works(partial(session.run, fill))
            assert [session.run(waits) for session in opened] == [6.0] * 2


def is_stopped(process_id: int) -> bool:
    """Return whether no thread of a process runs until it is told to go on."""
    threads = Path(f"/proc/{process_id}/task").glob("*/stat")
    return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


def test_a_task_that_is_stopped_holds_up_no_deadline_and_goes_on() -> None:
    cluster = Cluster()
    x = tf.placeholder(tf.float32, [])
    with tf.device("/job:ps/task:0"):
        square = tf.square(x)
    with tf.device("/job:worker/task:0"):
        more = square + 1.0
    with cluster.worker() as worker, cluster.ps() as ps, sessions(worker.target) as opened:
        for session in opened:
            assert session.run(more, {x: 2.0}) == 5.0
        assert ps.process_id is not None
        os.kill(ps.process_id, signal.SIGSTOP)
        wait_until(partial(is_stopped, ps.process_id))
        try:
            steps = [run_in_thread(partial(s.run, more, {x: 3.0})) for s in opened]
            began_s = time.monotonic()
            options = tf.RunOptions(timeout_in_ms=300)
            for session in opened:
                with pytest.raises(tf.errors.DeadlineExceededError, match=PS):
                    session.run(more, {x: 4.0}, options=options)
            assert time.monotonic() - began_s < WITHIN_S
        finally:
            os.kill(ps.process_id, signal.SIGCONT)
        assert [step() for step in steps] == [10.0] * 2
        assert [session.run(more, {x: 4.0}) for session in opened] == [17.0] * 2


@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_no_deadline_is_held_up_where_a_stopped_task_takes_no_more_messages(
    lane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    monkeypatch.setattr(direct_frames, "_SOCKET_BUFFER_BYTES", 1 << 16)
    cluster = Cluster()
    x = tf.placeholder(tf.float32, [None])
    with tf.device("/job:ps/task:0"):
        total = tf.reduce_sum(tf.square(x))
    fed = np.ones(15_000, np.float32)  # 60 kB a step: soon more than the socket holds
    options = tf.RunOptions(timeout_in_ms=20)
    with cluster.worker() as worker, cluster.ps() as ps, sessions(worker.target) as opened:
        for session in opened:
            assert session.run(total, {x: fed}) == 15_000.0
        assert ps.process_id is not None
        os.kill(ps.process_id, signal.SIGSTOP)
        wait_until(partial(is_stopped, ps.process_id))
        try:
            for session in opened * 3:
                with pytest.raises(tf.errors.DeadlineExceededError, match=f"waiting for.*{PS}"):
                    session.run(total, {x: fed}, options=options)
        finally:
            os.kill(ps.process_id, signal.SIGCONT)
        assert [session.run(total, {x: fed}) for session in opened] == [15_000.0] * 2


CLIENT = """
import sys
import tensormill as tf
with tf.device("/job:ps/task:0"):
    never = tf.FIFOQueue(1, tf.float32, shared_name="never").dequeue()
with tf.device("/job:worker/task:0"):
    waits = never * 2.0
session = tf.Session(sys.argv[1])
print(session.run(tf.constant(1.0)), flush=True)
session.run(waits)
"""


@pytest.fixture
def forgetful_cluster() -> Iterator[tuple[Any, Any]]:
    """A ps and a worker, which keeps the sessions of clients that are gone for no time."""
    ps, worker = free_addresses(2)
    spec = {"ps": [ps], "worker": [worker]}
    with (
        Server(spec, "ps", 0) as there,
        Server(spec, "worker", 0, limits=ServerLimits(client_grace_s=0.0)) as here,
    ):
        yield there, here


@contextmanager
def client_process(source: str, target: str, lane: str) -> Iterator[subprocess.Popen[str]]:
    """Run a client that keeps to one lane; it is killed at the end."""
    root = str(Path(tf.__file__).parents[1])
    client = subprocess.Popen(
        [sys.executable, "-c", source, target],
        env={**os.environ, "PYTHONPATH": root, "TENSORMILL_LANE": lane},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with client:
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == "1.0\n"
            yield client
        finally:
            client.kill()


def wait_until_nothing_runs(servers: Sequence[Any]) -> None:
    for server in servers:
        wait_until(lambda task=server._task: not task.master.worker.runs)
        wait_until(lambda task=server._task: not len(task.master.worker.rendezvous))


@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_a_client_that_is_killed_in_mid_step_leaves_nothing_behind(
    forgetful_cluster: tuple[Any, Any], lane: str
) -> None:
    ps, worker = forgetful_cluster
    with client_process(CLIENT, worker.target, lane):
        wait_until(lambda: bool(ps._task.master.worker.runs))
        service = worker._task._master_service
        assert service.session_count == 1
    wait_until_nothing_runs([ps, worker])
    wait_until(lambda: service.session_count == 0)
    for server in (ps, worker):
        wait_until(lambda task=server._task: set(task.own_link._sessions) == {""})


INTERRUPTED_CLIENT = CLIENT.replace(
    "session.run(waits)",
    """
try:
    session.run(waits)
except KeyboardInterrupt:
    print(session.run(tf.constant(2.0)), flush=True)
    sys.stdin.read()
""",
)


@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_ctrl_c_in_a_client_ends_its_step_on_all_tasks(
    forgetful_cluster: tuple[Any, Any], lane: str
) -> None:
    ps, worker = forgetful_cluster
    with client_process(INTERRUPTED_CLIENT, worker.target, lane) as client:
        wait_until(lambda: bool(ps._task.master.worker.runs))
        client.send_signal(signal.SIGINT)
        assert client.stdout is not None
        assert client.stdout.readline() == "2.0\n"  # it lives, and its session works
        wait_until_nothing_runs([ps, worker])
        assert worker._task._master_service.session_count == 1
