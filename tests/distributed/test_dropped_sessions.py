"""Sessions that are dropped, or left open at the end of a program, leave nothing on the server."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tensormill as tf
from tests.clusters import over_wire
from tests.gates import wait_until

PROGRAM = """
import sys
import tensormill as tf
session = tf.Session(sys.argv[1])
print(session.run(tf.constant(1.0)))
"""


def open_count(server: Any) -> int:
    return len(tf.cluster_status(server.target).reports[0].status.session)


@pytest.mark.parametrize("config", [None, over_wire()], ids=["in process", "over the wire"])
def test_dropped_sessions_are_closed(config: Any) -> None:
    x = tf.constant(1.0)
    with tf.train.Server.create_local_server() as server:
        for _ in range(5):
            tf.Session(server.target, config=config).run(x)

        def are_closed() -> bool:
            gc.collect()
            return open_count(server) == 0

        wait_until(are_closed)
        assert not server._task.master.open_sessions()
        assert set(server._task.own_link._sessions) == {""}


def test_a_program_that_ends_closes_its_sessions() -> None:
    with tf.train.Server.create_local_server() as server:
        root = str(Path(tf.__file__).parents[1])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.target],
            env={**os.environ, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.returncode) == ("1.0\n", 0), done.stderr
        assert open_count(server) == 0
