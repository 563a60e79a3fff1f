"""Queues of one kind of client on the other kind of server, and local ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tensormill.testing.server_process import ServerProcess
from tensormill.testing.tensorflow_servers import TensorFlowServer
from tests.oracle import queue_programs
from tests.oracle.both import as_sent

pytestmark = pytest.mark.oracle

SOURCE = Path(queue_programs.__file__).read_text()


@pytest.fixture(scope="module")
def expected(oracle: Oracle) -> Any:
    """What real TensorFlow gives in a local session, by program."""
    answers: dict[str, Any] = {}

    def ask(name: str) -> Any:
        if name not in answers:
            answers[name] = run_with_tensorflow(oracle, name, "")
        return answers[name]

    return ask


def run_with_tensorflow(oracle: Oracle, name: str, target: str) -> Any:
    reset = "tf.Session.reset(target)\n" if target else ""
    return oracle.run(
        f"{SOURCE}\n{reset}result = run_program(name, tf, np, target)", name=name, target=target
    )


def run_here(name: str, target: str) -> Any:
    if target:
        tf.Session.reset(target)
    return as_sent(queue_programs.run_program(name, tf, np, target))


@pytest.mark.parametrize("name", queue_programs.PROGRAMS)
def test_a_local_session(name: str, expected: Any) -> None:
    assert run_here(name, "") == as_sent(expected(name))


@pytest.mark.parametrize("name", queue_programs.PROGRAMS)
def test_a_server_of_the_same_process(name: str, expected: Any) -> None:
    with tf.train.Server.create_local_server() as server:
        assert run_here(name, server.target) == as_sent(expected(name))


@pytest.mark.parametrize("name", queue_programs.PROGRAMS)
def test_a_tensormill_client_on_a_tensormill_server(
    name: str, expected: Any, tensormill_server: ServerProcess
) -> None:
    assert run_here(name, tensormill_server.target) == as_sent(expected(name))


@pytest.mark.parametrize("name", queue_programs.PROGRAMS)
def test_a_tensormill_client_on_a_tensorflow_server(
    name: str, expected: Any, tensorflow_server: TensorFlowServer
) -> None:
    assert run_here(name, tensorflow_server.target) == as_sent(expected(name))


@pytest.mark.parametrize("name", queue_programs.PROGRAMS)
def test_a_tensorflow_client_on_a_tensormill_server(
    name: str, expected: Any, oracle: Oracle, tensormill_server: ServerProcess
) -> None:
    theirs = run_with_tensorflow(oracle, name, tensormill_server.target)
    assert as_sent(theirs) == as_sent(expected(name))
