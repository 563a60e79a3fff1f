"""`tensormill server`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import tensormill as tf
from tensormill.cli.main import main
from tests.clusters import free_addresses
from tests.gates import WAIT_S


@contextmanager
def server_process(*arguments: str, **environment: str) -> Iterator[tuple[Any, str]]:
    """Run the command; yield the process and the target that it reports."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tensormill", "server", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_until_a_signal_ends_it(number: int, status: int) -> None:
    cluster = json.dumps({"local": ["127.0.0.1:0"]})
    with server_process("--cluster", cluster) as (process, target):
        with tf.Session(target) as session:
            assert session.run(tf.constant(2.0) * 3.0) == 6.0
        process.send_signal(number)
        assert process.wait(WAIT_S) == status


def test_it_takes_cluster_and_task_from_the_environment() -> None:
    addresses = free_addresses(2)
    config = {"cluster": {"ps": addresses}, "task": {"type": "ps", "index": 1}}
    with server_process(TF_CONFIG=json.dumps(config)) as (process, target):
        assert target == f"grpc://localhost:{addresses[1].rpartition(':')[2]}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "no cluster: give --cluster, or set TF_CONFIG"),
        (["--cluster", "{"], "the cluster is no JSON"),
        (["--cluster", "@/nowhere/at/all"], "the cluster cannot be read"),
        (["--cluster", '{"a": ["h:1"], "b": ["h:2"]}'], "Must specify an explicit `job_name`."),
        (["--cluster", '{"a": ["host"]}'], "Could not parse port for local server from"),
        (
            ["--cluster", '{"a": ["h:1"]}', "--job", "a", "--task", "3"],
            'Task 3 was not defined in job "a"',
        ),
        (["--cluster", '{"a": ["h:1"]}', "--job", "b", "--task", "0"], "was not defined in clust"),
    ],
)
def test_arguments_that_name_no_task_are_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: Any, text: str
) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert main(["server", *arguments]) == 2
    assert text in capsys.readouterr().err


def test_a_task_in_the_environment_that_is_none_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"ps": ["127.0.0.1:0"]}, "task": 5}')
    assert main(["server"]) == 2
    assert "the task in TF_CONFIG must be a JSON object, but is 5" in capsys.readouterr().err
