"""What a cluster tells of itself: tasks, sessions, steps that wait, resources, queues, the end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

import tensormill as tf
from tensormill.cli.main import main
from tensormill.testing.server_process import ServerProcess
from tensormill.testing.tensorflow_servers import TensorFlowServer
from tests.clusters import free_addresses, over_wire
from tests.gates import WAIT_S, run_in_thread, wait_until


@pytest.fixture
def server() -> Iterator[Any]:
    with tf.train.Server.create_local_server() as server:
        yield server


def only_report(server: Any) -> Any:
    (report,) = tf.cluster_status(server.target).reports
    return report


def test_the_task_and_its_devices_are_told(server: Any) -> None:
    report = only_report(server)
    assert report.task == report.status.task == "/job:localhost/replica:0/task:0"
    assert f"grpc://{report.address}" == server.target
    assert report.status.device[0].name == "/job:localhost/replica:0/task:0/device:CPU:0"
    assert not report.status.is_finished


@pytest.mark.parametrize("config", [None, over_wire()], ids=["in process", "over the wire"])
def test_a_step_that_waits_is_told_with_what_it_waits_for(server: Any, config: Any) -> None:
    queue = tf.FIFOQueue(3, tf.float32, shared_name="letters")
    wait = queue.dequeue(name="take")
    with tf.Session(server.target, config=config) as session:
        session.run(tf.constant(0.0))
        step = run_in_thread(lambda: session.run(wait))
        wait_until(lambda: only_report(server).status.step)
        report = only_report(server)
        (told,) = report.status.step
        (waiting,) = told.waiting
        assert (waiting.name, waiting.op_type) == ("take", "QueueDequeueV2")
        assert waiting.resource == "FIFOQueue 'letters', 0 of 3"
        assert told.age_s >= 0
        (opened,) = report.status.session
        assert (opened.handle, opened.running_steps) == (told.session_handle, 1)
        text = str(tf.cluster_status(server.target))
        assert "'take' (QueueDequeueV2) on CPU:0 waits for FIFOQueue 'letters', 0 of 3" in text
        assert "queue 'letters': FIFOQueue of float32, 0 of 3, 1 waiting to dequeue" in text
        session.run(queue.enqueue(2.5))
        assert step() == 2.5
    assert not only_report(server).status.step


def test_resources_are_told_with_their_sizes(server: Any) -> None:
    with tf.container("models"):
        weights = tf.Variable(tf.zeros([100, 10]), name="weights")
    texts = tf.Variable(["a", "bc"], name="texts")
    tf.Variable(1.0, name="never")
    private = tf.FIFOQueue(5, tf.int32)
    with tf.Session(server.target) as session:
        session.run([weights.initializer, texts.initializer, private.enqueue_many([[1, 2]])])
        told = {(r.container, r.name): r for r in only_report(server).status.resource}
        found = told["models", "weights"]
        assert (found.description, found.size_bytes) == ("float32[100,10]", 4000)
        assert told["localhost", "texts"].description == "string[2]"
        (queue,) = [r for r in told.values() if r.HasField("queue")]
        assert (queue.queue.size, queue.queue.capacity) == (2, 5)


def test_metrics_are_in_the_format_of_prometheus(server: Any) -> None:
    queue = tf.FIFOQueue(3, tf.float32, shared_name='quoted"')
    with tf.Session(server.target) as session:
        session.run(queue.size())
        lines = tf.cluster_status(server.target).metrics().splitlines()
    assert 'tensormill_task_up{task="/job:localhost/task:0"} 1' in lines
    assert any('name="quoted\\""' in line for line in lines)
    sample = re.compile(r'[a-z_]+\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\} [-+.e0-9]+')
    for line in lines:
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line


def test_missing_tasks_are_named_with_the_reason() -> None:
    first, second = free_addresses(2)
    cluster = {"ps": [first, second], "worker": ["127.0.0.1:0"]}
    with (
        tf.train.Server(cluster, "worker", 0) as server,
        tf.train.Server({"other": [first]}, "other", 0),
    ):
        status = tf.cluster_status(server.target)
        assert status.missing == {
            "/job:ps/replica:0/task:0": "answers as /job:other/replica:0/task:0",
            "/job:ps/replica:0/task:1": "connection refused, nothing listens there",
        }
        assert f"/job:ps/task:1 at {second}: MISSING, connection refused" in str(status)


def test_join_returns_on_every_task_when_the_job_is_finished() -> None:
    addresses = free_addresses(3)
    cluster = {"ps": addresses[:2], "worker": addresses[2:]}
    with (
        tf.train.Server(cluster, "ps", 0) as ps0,
        tf.train.Server(cluster, "ps", 1) as ps1,
        tf.train.Server(cluster, "worker", 0) as worker,
    ):
        waiting = [threading.Thread(target=server.join) for server in (ps0, ps1, worker)]
        for thread in waiting:
            thread.start()
        assert tf.finish(worker.target) == []
        for thread in waiting:
            thread.join(WAIT_S)
            assert not thread.is_alive()
        assert {r.problem for r in tf.cluster_status(ps0.target).reports} == {"already finished"}


def test_tasks_that_cannot_be_told_of_the_end_are_named() -> None:
    (gone,) = free_addresses(1)
    with tf.train.Server({"ps": [gone], "worker": ["127.0.0.1:0"]}, "worker", 0) as server:
        (untold,) = tf.finish(server.target)
        assert untold == (
            f"/job:ps/replica:0/task:0 at {gone}: connection refused, nothing listens there"
        )
        server.join()


@pytest.mark.parametrize("ask", [tf.finish, tf.cluster_status])
def test_what_is_no_target_is_refused(ask: Any) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="grpc://host:port"):
        ask("localhost:2222")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(tf.errors.UnavailableError):
        tf.cluster_status(f"grpc://{free_addresses(1)[0]}")


def test_the_command_shows_the_status(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", server.target]) == 0
    assert capsys.readouterr().out.startswith(f"/job:localhost/task:0 at {server.address}: ")
    assert main(["status", server.target, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["task"] == "/job:localhost/replica:0/task:0"


def test_the_command_fails_where_a_task_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    (gone,) = free_addresses(1)
    assert main(["status", f"grpc://{gone}"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"No server answers at {gone}: connection refused, nothing listens")
    assert "step" not in told
    with tf.train.Server({"ps": [gone], "worker": ["127.0.0.1:0"]}, "worker", 0) as server:
        assert main(["status", server.target]) == 1
    assert f"/job:ps/task:0 at {gone}: MISSING" in capsys.readouterr().out


def test_processes_end_with_the_job_and_metrics_are_served_over_http() -> None:
    with ServerProcess() as server:
        command = [sys.executable, "-m", "tensormill", "status", server.target]
        with subprocess.Popen(
            [*command, "--serve-metrics", "0"], stdout=subprocess.PIPE, text=True
        ) as exporter:
            assert exporter.stdout is not None
            url = exporter.stdout.readline().split()[-1]
            with urllib.request.urlopen(url) as response:
                assert b"tensormill_task_up" in response.read()
            exporter.send_signal(signal.SIGINT)
            assert exporter.wait() == -signal.SIGINT  # for a shell, 130
        assert tf.finish(server.target) == []
        assert server.wait(WAIT_S) == 0


def test_metrics_cannot_be_served_where_somebody_listens_already(
    server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (server.address, "127.0.0.1:99999"):
        assert main(["status", server.target, "--serve-metrics", place]) == 2
        assert f"{place} cannot be listened at: " in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "nan"])
def test_the_status_is_not_watched_without_a_pause(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["status", "grpc://127.0.0.1:1", f"--watch={text}"])
    assert f"--watch: {text} is no time to wait" in capsys.readouterr().err


def test_the_command_finishes_the_job(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["finish", server.target]) == 0
    server.join()
    assert main(["finish", f"grpc://{free_addresses(1)[0]}"]) == 1
    assert "No server answers at" in capsys.readouterr().err


@pytest.mark.oracle
def test_tasks_of_tensorflow_are_told_apart() -> None:
    addresses = free_addresses(2)
    cluster = {"ps": addresses[:1], "worker": addresses[1:]}
    with TensorFlowServer(cluster, "ps", 0) as ps, tf.train.Server(cluster, "worker", 0) as worker:
        status = tf.cluster_status(worker.target)
        assert status.missing == {}
        ps_report = status.reports[0]
        assert ps_report.problem == "no tensormill task, its devices are all it tells"
        assert ps_report.status.device[0].name == "/job:ps/replica:0/task:0/device:CPU:0"
        with pytest.raises(tf.errors.UnimplementedError, match="is none of tensormill"):
            tf.cluster_status(ps.target)
        (untold,) = tf.finish(worker.target)
        assert "no tensormill task" in untold
