"""Many steps and many clients on one server at the same time."""

from __future__ import annotations

import threading

import grpc
import pytest

import tensormill as tf
from tensormill.distributed.run_step_codec import RunStepWriter, read_run_step_reply
from tensormill.proto.services import MASTER_SERVICE
from tests.clusters import over_wire
from tests.gates import run_in_thread, wait_until

STEPS = 1000
CLIENTS = 50


@pytest.mark.timeout(150)
def test_a_thousand_steps_wait_without_threads_and_end_when_the_session_is_closed() -> None:
    take = tf.FIFOQueue(1, tf.float32).dequeue(name="take")
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=over_wire()) as session,
        grpc.insecure_channel(server.address) as channel,
    ):
        session.run(tf.no_op())
        writer = RunStepWriter(session._master_session.extend(), [], [take.name])
        run_step = channel.unary_unary(MASTER_SERVICE.methods["RunStep"].path)
        threads = threading.active_count()
        steps = [run_step.future(b"".join(writer.write([]))) for _ in range(STEPS)]
        worker = server.master.worker
        wait_until(lambda: len(worker.runs) == STEPS)
        assert threading.active_count() < threads + 100
        session.close()
        codes = {read_run_step_reply(step.result(60)).status_code for step in steps}
        assert codes == {tf.errors.CANCELLED}
        assert not worker.runs
        assert server._task._master_service.session_count == 0


@pytest.mark.timeout(150)
def test_fifty_clients_at_once_count_right() -> None:
    counter = tf.Variable(0, name="counter", use_resource=True)
    add = counter.assign_add(1, use_locking=True)
    with tf.train.Server.create_local_server() as server:
        with tf.Session(server.target) as session:
            session.run(counter.initializer)

        def count() -> None:
            with tf.Session(server.target, config=over_wire()) as session:
                for _ in range(5):
                    session.run(add.op)

        clients = [run_in_thread(count) for _ in range(CLIENTS)]
        assert [client() for client in clients] == [None] * CLIENTS
        with tf.Session(server.target) as session:
            assert session.run(counter) == 5 * CLIENTS
        assert server._task._master_service.session_count == 0
