"""Steps that a master runs again and again for a client, over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

import tensormill as tf
from tensormill.proto import loops_pb2
from tensormill.proto.services import LOOP_SERVICE
from tensormill.runtime.any_master import StepOutcome
from tensormill.runtime.resources.feeders import Feeding
from tensormill.runtime.step_loops import LoopTurns, StepLoop
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


class Steps:
    """A step that ends as a test says."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.at_once = 0
        self.cancelled: list[str] = []
        self.may_share_thread = True

    def run_block(self) -> int:
        """Run nothing by the block."""
        return 0

    def begin_feeding(self) -> Feeding:
        return Feeding()

    def repeat_once(self, on_done: Any, may_repeat: Any) -> Any:
        if self.at_once:
            self.at_once -= 1
            on_done(StepOutcome([]), None)
            return None
        self.waiting.append(on_done)
        return self

    def cancel(self, reason: str) -> None:
        self.cancelled.append(reason)
        self.waiting.pop()(None, tf.errors.CancelledError(None, None, reason))


def make_loop(steps: Steps) -> tuple[StepLoop, list[Any]]:
    ends: list[Any] = []
    loop = StepLoop(
        steps, LoopTurns(), lambda function: function(), lambda n, error: ends.append((n, error))
    )
    return loop, ends


def test_a_loop_goes_on_when_a_step_that_waited_has_ended():
    steps = Steps()
    steps.at_once = 3
    loop, ends = make_loop(steps)
    loop.start()
    assert len(steps.waiting) == 1
    steps.at_once = 2
    steps.waiting.pop()(StepOutcome([]), None)
    assert len(steps.waiting) == 1
    loop.stop()
    assert ends == []
    steps.waiting.pop()(StepOutcome([]), None)
    assert ends == [(7, None)]


def test_the_first_error_ends_a_loop():
    steps = Steps()
    loop, ends = make_loop(steps)
    loop.start()
    error = tf.errors.OutOfRangeError(None, None, "the end")
    steps.waiting.pop()(None, error)
    assert ends == [(0, error)]


def test_cancelling_a_loop_cancels_the_step_that_waits():
    steps = Steps()
    loop, ends = make_loop(steps)
    loop.start()
    loop.cancel("gone")
    assert steps.cancelled == ["gone"]
    assert [type(error) for _, error in ends] == [tf.errors.CancelledError]


def test_a_loop_that_was_cancelled_before_it_began_runs_nothing():
    steps = Steps()
    loop, ends = make_loop(steps)
    loop.cancel("gone")
    loop.start()
    assert (steps.waiting, ends) == ([], [(0, None)])


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
