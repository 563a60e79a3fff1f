"""Steps that a master runs again and again for a client, over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

import tensormill as tf
from tensormill.proto import loops_pb2
from tensormill.proto.services import LOOP_SERVICE
from tests.clusters import over_wire, running_cluster
from tests.gates import WAIT_S, wait_until


@pytest.fixture
def server() -> Iterator[Any]:
    with tf.train.Server.create_local_server() as server:
        yield server


def counting_runner(limit: int, capacity: int = 5) -> tuple[Any, Any]:
    counter = tf.Variable(0, name="counter")
    queue = tf.FIFOQueue(capacity, [tf.int32], [[]], name="numbers")
    enqueue = queue.enqueue([counter.count_up_to(limit)])
    return queue, tf.train.QueueRunner(queue, [enqueue] * 2)


def drain(session: Any, tensor: Any) -> tuple[list[int], tf.errors.OutOfRangeError]:
    got: list[int] = []
    while True:
        try:
            got.append(int(session.run(tensor)))
        except tf.errors.OutOfRangeError as error:
            return got, error


def test_a_queue_runner_fills_a_remote_queue_with_a_request_a_thread(server):
    queue, runner = counting_runner(200)
    taking = queue.dequeue()
    coordinator = tf.train.Coordinator()
    with tf.Session(server.target, config=over_wire()) as session:
        session.run(tf.global_variables_initializer())
        sent = []
        client = session._master_session._client
        run_step, run_loop = client.run_step, client.run_loop
        client.run_step = lambda *a, **k: sent.append("RunStep") or run_step(*a, **k)
        client.run_loop = lambda *a, **k: sent.append("RunLoop") or run_loop(*a, **k)
        threads = runner.create_threads(session, coord=coordinator, start=True)
        got, error = drain(session, taking)
        assert sorted(got) == list(range(200))
        assert "is closed and has insufficient elements" in error.message
        coordinator.request_stop()
        coordinator.join(threads)
        assert sent.count("RunLoop") == 2
        # What is left are the dequeues, and the closing.
        assert sent.count("RunStep") <= 200 + 3


def test_a_stop_ends_a_remote_loop_and_gives_up_what_waits(server):
    queue, runner = counting_runner(10_000)
    coordinator = tf.train.Coordinator()
    with tf.Session(server.target, config=over_wire()) as session:
        session.run(tf.global_variables_initializer())
        threads = runner.create_threads(session, coord=coordinator, start=True)
        session.run(queue.dequeue_many(20))
        coordinator.request_stop()
        coordinator.join(threads)
        assert session.run(queue.is_closed())


def test_the_error_of_a_remote_loop_is_that_of_its_step(server):
    queue = tf.FIFOQueue(2, [tf.float32], [[]], name="fed")
    spoilt = tf.check_numerics(tf.constant(float("nan")), "spoilt", name="check")
    runner = tf.train.QueueRunner(queue, [queue.enqueue([spoilt])])
    coordinator = tf.train.Coordinator()
    with tf.Session(server.target, config=over_wire()) as session:
        threads = runner.create_threads(session, coord=coordinator, start=True)
        with pytest.raises(tf.errors.OutOfRangeError, match="failed with InvalidArgumentError"):
            session.run(queue.dequeue())
        with pytest.raises(tf.errors.InvalidArgumentError, match="spoilt") as caught:
            coordinator.join(threads)
        assert caught.value.op is spoilt.op


def test_closing_the_session_ends_a_remote_loop(server):
    queue, runner = counting_runner(10_000)
    coordinator = tf.train.Coordinator()
    with tf.Session(server.target, config=over_wire()) as session:
        session.run(tf.global_variables_initializer())
        threads = runner.create_threads(session, coord=coordinator, start=True)
        session.run(queue.dequeue())
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive()


def test_a_client_that_goes_ends_its_loop(server):
    queue, _ = counting_runner(10_000)
    size = queue.size()
    with tf.Session(server.target, config=over_wire()) as session:
        session.run(tf.global_variables_initializer())
        handle = session._master_session.extend()
        channel = grpc.insecure_channel(server.address)
        method = LOOP_SERVICE.methods["RunLoop"]
        stub = channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        future = stub.future(
            loops_pb2.RunLoopRequest(session_handle=handle, loop_id=1, target=["numbers_enqueue"])
        )
        wait_until(lambda: session.run(size) == 5)
        future.cancel()
        channel.close()
        # The enqueue that waits is cancelled: what is taken now is not filled up again.
        taking = queue.dequeue_up_to(5)
        wait_until(lambda: _loops(server).loop_count == 0)
        session.run(taking)
        assert session.run(size) == 0


def _loops(server: Any) -> Any:
    return server._task._loops


@pytest.mark.parametrize("over_the_wire", [False, True])
def test_a_queue_runner_whose_step_spans_tasks_is_driven_by_the_master(over_the_wire):
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:ps"):
            counter = tf.Variable(0, name="counter")
            number = counter.count_up_to(100)
        with tf.device("/job:worker"):
            queue = tf.FIFOQueue(5, [tf.int32], [[]], name="numbers")
            runner = tf.train.QueueRunner(queue, [queue.enqueue([number])] * 2)
            taking = queue.dequeue()
        coordinator = tf.train.Coordinator()
        config = over_wire() if over_the_wire else None
        with tf.Session(cluster.target("worker"), config=config) as session:
            session.run(counter.initializer)
            made = []
            make_callable = session.make_callable
            session.make_callable = lambda *a, **k: made.append(a) or make_callable(*a, **k)
            threads = runner.create_threads(session, coord=coordinator, start=True)
            got, error = drain(session, taking)
            assert sorted(got) == list(range(100))
            assert "the end of the data: 100 elements" in error.message
            coordinator.request_stop()
            coordinator.join(threads)
            assert made == []  # as what runs one step after the other would be


def test_a_stop_ends_a_loop_over_tasks_that_waits():
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:ps"):
            counter = tf.Variable(0, name="counter")
        with tf.device("/job:worker"):
            queue = tf.FIFOQueue(5, [tf.int32], [[]], name="numbers")
            runner = tf.train.QueueRunner(queue, [queue.enqueue([counter.assign_add(1)])])
            five = queue.dequeue_many(5)
        coordinator = tf.train.Coordinator()
        with tf.Session(cluster.target("worker")) as session:
            session.run(counter.initializer)
            threads = runner.create_threads(session, coord=coordinator, start=True)
            assert session.run(five).tolist() == [1, 2, 3, 4, 5]
            coordinator.request_stop()
            coordinator.join(threads)
            assert session.run(queue.is_closed())


def test_a_looper_that_runs_a_step_is_driven_by_the_server(server):
    queue, _ = counting_runner(200)
    counter = tf.get_default_graph().get_operation_by_name("counter").outputs[0]
    enqueue, taking = queue.enqueue([tf.count_up_to(counter, 200)]), queue.dequeue_many(200)
    coordinator = tf.train.Coordinator()
    with tf.Session(server.target, config=over_wire()) as session:
        session.run(tf.global_variables_initializer())
        sent = []
        client = session._master_session._client
        run_step = client.run_step
        client.run_step = lambda *a, **k: sent.append("RunStep") or run_step(*a, **k)
        tf.train.LooperThread.loop(coordinator, None, session.run, (enqueue,))
        assert session.run(taking).tolist() == list(range(200))
        coordinator.join()  # the end of the input stops it
        assert sent == ["RunStep"]


def test_the_error_of_a_step_that_a_looper_runs_is_that_of_the_coordinator(server):
    broken = tf.check_numerics(tf.constant(float("nan")), "broken")
    coordinator = tf.train.Coordinator()
    with tf.Session(server.target, config=over_wire()) as session:
        tf.train.LooperThread.loop(coordinator, None, session.run, (broken,))
        with pytest.raises(tf.errors.InvalidArgumentError, match="broken"):
            coordinator.join()
