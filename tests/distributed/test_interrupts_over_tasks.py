"""Ctrl-C in a client ends its step on every task."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import pytest

import tensormill as tf
from tests.clusters import free_addresses, over_wire
from tests.gates import wait_until


def nothing_runs(servers: Sequence[Any]) -> bool:
    """Return whether no step runs, neither as a whole nor in part."""
    tasks = [server._task for server in servers]
    steps = [
        e.served.session.running.entries for t in tasks for e in t._master_service._entries.values()
    ]
    parts = [part.cancellation._callbacks for t in tasks for part in t.own_link._sessions.values()]
    return not any(steps) and not any(parts)


@pytest.mark.parametrize("job", ["ps", "worker"])
@pytest.mark.parametrize(
    ("uses_wire", "lane"), [(False, ""), (True, "direct"), (True, "grpc")], ids=str
)
def test_ctrl_c_ends_a_loop_on_every_task(
    uses_wire: bool, lane: str, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    addresses = free_addresses(2)
    cluster = {"ps": addresses[:1], "worker": addresses[1:]}
    config = over_wire() if uses_wire else None
    with tf.device(f"/job:{job}"):
        counter = tf.Variable(0, name="turns")

        def turn(i: Any) -> Any:
            with tf.control_dependencies([counter.assign_add(1)]):
                return i * 1

        endless = tf.while_loop(lambda i: i >= 0, turn, [tf.constant(0)])
    with tf.device("/job:worker"):
        use = endless + 1
    with (
        tf.train.Server(cluster, "ps", 0) as ps,
        tf.train.Server(cluster, "worker", 0) as worker,
        tf.Session(worker.target, config=config) as session,
        tf.Session(worker.target, config=config) as watch,
    ):
        watch.run(counter.initializer)

        def interrupt_when_it_turns() -> None:
            wait_until(lambda: watch.run(counter) >= 3)
            os.kill(os.getpid(), signal.SIGINT)

        interrupter = threading.Thread(target=interrupt_when_it_turns)
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            session.run(use)
        interrupter.join()
        wait_until(lambda: nothing_runs([ps, worker]))
        turns = int(session.run(counter))
        assert int(watch.run(counter)) == turns
