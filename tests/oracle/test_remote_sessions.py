"""A client of one kind, a server of the other: they give what TensorFlow gives with itself."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tensormill.testing.server_process import ServerProcess
from tensormill.testing.tensorflow_servers import TensorFlowServer
from tests.oracle import remote_programs
from tests.oracle.both import as_sent

pytestmark = pytest.mark.oracle

SOURCE = Path(remote_programs.__file__).read_text()


@pytest.fixture(scope="module")
def expected(oracle: Oracle, tensorflow_server: TensorFlowServer) -> Any:
    """What real TensorFlow's client gets of real TensorFlow's server, by program."""
    answers: dict[str, Any] = {}

    def ask(name: str) -> Any:
        if name not in answers:
            answers[name] = run_with_tensorflow(oracle, name, tensorflow_server.target)
        return answers[name]

    return ask


def run_with_tensorflow(oracle: Oracle, name: str, target: str) -> Any:
    return oracle.run(
        f"{SOURCE}\nresult = run_program(name, tf, np, target)", name=name, target=target
    )


@pytest.mark.parametrize("name", remote_programs.PROGRAMS)
def test_a_tensormill_client_drives_a_tensorflow_server(
    name: str, expected: Any, tensorflow_server: TensorFlowServer
) -> None:
    ours = remote_programs.run_program(name, tf, np, tensorflow_server.target)
    assert as_sent(ours) == as_sent(expected(name))


@pytest.mark.parametrize("name", remote_programs.PROGRAMS)
def test_a_tensorflow_client_drives_a_tensormill_server(
    name: str, expected: Any, oracle: Oracle, tensormill_server: ServerProcess
) -> None:
    theirs = run_with_tensorflow(oracle, name, tensormill_server.target)
    assert as_sent(theirs) == as_sent(expected(name))


@pytest.mark.parametrize("name", remote_programs.PROGRAMS)
def test_a_tensormill_client_drives_a_tensormill_server(
    name: str, expected: Any, tensormill_server: ServerProcess
) -> None:
    ours = remote_programs.run_program(name, tf, np, tensormill_server.target)
    assert as_sent(ours) == as_sent(expected(name))


# Without a wire, steps that were prepared stay as they are when the graph grows.
@pytest.mark.parametrize(
    "name", sorted(remote_programs.PROGRAMS.keys() - {"unplaceable_nodes_stay"})
)
def test_a_session_on_a_server_of_its_own_process_needs_no_wire(name: str, expected: Any) -> None:
    with tf.train.Server.create_local_server() as server:
        ours = remote_programs.run_program(name, tf, np, server.target)
    assert as_sent(ours) == as_sent(expected(name))


def test_ctrl_c_cancels_the_step_on_a_tensormill_server(tensormill_server: ServerProcess) -> None:
    check_ctrl_c(tensormill_server.target)


def test_ctrl_c_cancels_the_step_on_a_tensorflow_server(
    tensorflow_server: TensorFlowServer,
) -> None:
    check_ctrl_c(tensorflow_server.target)


def check_ctrl_c(target: str) -> None:
    counter, endless = remote_programs.endless_step(tf)
    with tf.Session(target) as session, tf.Session(target) as watch:
        watch.run(counter.initializer)

        def interrupt_when_it_turns() -> None:
            while int(watch.run(counter)) < 3:
                pass
            os.kill(os.getpid(), signal.SIGINT)

        interrupter = threading.Thread(target=interrupt_when_it_turns)
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            session.run(endless)
        interrupter.join()
        still = 0
        turns = int(session.run(counter))
        while still < 20:
            before, turns = turns, int(session.run(counter))
            still = still + 1 if turns == before else 0
