"""Ctrl-C in a client ends its step on every task."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest

import tensormill as tf
from tensormill.testing.tensorflow_servers import free_addresses


@pytest.mark.parametrize("over_wire", [False, True], ids=["in process", "over the wire"])
def test_ctrl_c_ends_a_loop_on_another_task(over_wire: bool) -> None:
    addresses = free_addresses(2)
    cluster = {"ps": addresses[:1], "worker": addresses[1:]}
    config = tf.ConfigProto()
    config.rpc_options.use_rpc_for_inprocess_master = over_wire
    with tf.device("/job:ps"):
        counter = tf.Variable(0, name="turns")

        def turn(i: Any) -> Any:
            with tf.control_dependencies([counter.assign_add(1)]):
                return i * 1

        endless = tf.while_loop(lambda i: i >= 0, turn, [tf.constant(0)])
    with tf.device("/job:worker"):
        use = endless + 1
    with (
        tf.train.Server(cluster, "ps", 0),
        tf.train.Server(cluster, "worker", 0) as worker,
        tf.Session(worker.target, config=config) as session,
        tf.Session(worker.target, config=config) as watch,
    ):
        watch.run(counter.initializer)

        def interrupt_when_it_turns() -> None:
            while int(watch.run(counter)) < 3:
                pass
            os.kill(os.getpid(), signal.SIGINT)

        interrupter = threading.Thread(target=interrupt_when_it_turns)
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            session.run(use)
        interrupter.join()
        turns, still = int(session.run(counter)), 0
        while still < 10:
            before, turns = turns, int(session.run(counter))
            still = still + 1 if turns == before else 0
