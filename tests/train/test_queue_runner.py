"""Threads that keep a queue filled."""

import subprocess
import sys

import pytest

import tensormill as tf
from tests.gates import WAIT_S


def counting_runner(limit=5, threads=1, capacity=2):
    """Return a queue of the numbers from 1 to `limit` that a runner fills."""
    counter = tf.Variable(0, name="counter")
    queue = tf.FIFOQueue(capacity, [tf.int32], [[]], name="numbers")
    enqueue = queue.enqueue([counter.count_up_to(limit)])
    return queue, tf.train.QueueRunner(queue, [enqueue] * threads)


def join(threads):
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive()


def drain(session, tensor):
    got = []
    while True:
        try:
            got.append(int(session.run(tensor)))
        except tf.errors.OutOfRangeError as error:
            return got, error


def test_a_runner_fills_the_queue_and_closes_it_at_the_end():
    queue, runner = counting_runner(threads=3)
    taking = queue.dequeue()
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = runner.create_threads(session, coord=coordinator, start=True)
        assert [t.name for t in threads] == [
            *["QueueRunnerThread-numbers-numbers_enqueue"] * 3,
            "QueueRunnerThread-numbers-close_on_stop",
        ]
        got, error = drain(session, taking)
        assert sorted(got) == [0, 1, 2, 3, 4]
        assert "is closed and has insufficient elements" in error.message
        coordinator.request_stop()
        coordinator.join(threads)
    assert runner.exceptions_raised == []


def test_a_runner_does_not_start_twice_in_a_session():
    queue, runner = counting_runner()
    with tf.Session() as session, tf.Session() as other:
        for one in (session, other):
            one.run(tf.global_variables_initializer())
        first = runner.create_threads(session, start=True)
        assert runner.create_threads(session) == []
        second = runner.create_threads(other, start=True)
        assert len(first) == len(second) == 1
        drain(session, queue.dequeue())
        drain(other, queue.dequeue())
        join(first + second)
        assert len(runner.create_threads(session)) == 1


def test_a_stop_cancels_what_waits_to_be_enqueued():
    queue, runner = counting_runner(limit=100)
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = runner.create_threads(session, coord=coordinator, start=True)
        session.run(queue.dequeue())
        coordinator.request_stop()
        coordinator.join(threads)
        assert session.run(queue.is_closed())


def test_an_error_of_a_thread_stops_the_others_and_is_what_a_consumer_is_told():
    queue = tf.FIFOQueue(2, [tf.float32], [[]], name="fed")
    bad = queue.enqueue([tf.check_numerics(tf.constant(float("nan")), "spoilt", name="check")])
    waiting = tf.FIFOQueue(2, [tf.float32], [[]], name="never").dequeue()
    runner = tf.train.QueueRunner(queue, [bad, queue.enqueue([waiting])])
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        threads = runner.create_threads(session, coord=coordinator, start=True)
        with pytest.raises(tf.errors.OutOfRangeError) as caught:
            session.run(queue.dequeue())
        assert "is closed and has insufficient elements" in caught.value.message
        assert "QueueRunnerThread-fed-fed_enqueue failed with Invalid" in caught.value.message
        assert "spoilt : Tensor had NaN" in caught.value.message
        assert "in operation 'check'" in str(caught.value)
        session.close()
    with pytest.raises(tf.errors.InvalidArgumentError, match="spoilt"):
        coordinator.join(threads)


def test_without_a_coordinator_errors_are_collected(caplog):
    queue = tf.FIFOQueue(2, [tf.float32], [[]], name="fed")
    bad = queue.enqueue([tf.check_numerics(tf.constant(float("nan")), "spoilt")])
    runner = tf.train.QueueRunner(queue, [bad])
    with tf.Session() as session:
        join(runner.create_threads(session, start=True))
        assert not session.run(queue.is_closed())
    (error,) = runner.exceptions_raised
    assert isinstance(error, tf.errors.InvalidArgumentError)


def test_the_end_of_the_input_can_be_another_error():
    queue = tf.FIFOQueue(2, [tf.float32], [[]])
    bad = queue.enqueue([tf.check_numerics(tf.constant(float("nan")), "spoilt")])
    runner = tf.train.QueueRunner(
        queue, [bad], queue_closed_exception_types=(tf.errors.InvalidArgumentError,)
    )
    with tf.Session() as session:
        join(runner.create_threads(session, start=True))
        assert session.run(queue.is_closed())
    assert runner.exceptions_raised == []


def test_closing_the_session_ends_all_threads():
    queue, runner = counting_runner(limit=100)
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = runner.create_threads(session, coord=coordinator, start=True)
        session.run(queue.dequeue())
    join(threads)


def test_wrong_arguments_are_refused():
    queue, runner = counting_runner()
    with pytest.raises(ValueError, match="Must provide queue and enqueue_ops"):
        tf.train.QueueRunner(queue, [])
    with pytest.raises(ValueError, match="mutually exclusive"):
        tf.train.QueueRunner(queue, queue_runner_def=runner.to_proto())
    for wrong in ([tf.errors.OutOfRangeError], (), (ValueError,)):
        with pytest.raises(TypeError, match=r"must be a tuple of tf\.error types"):
            tf.train.QueueRunner(queue, [queue.close()], queue_closed_exception_types=wrong)


def test_the_runners_of_a_graph_are_started_together():
    queue, runner = counting_runner()
    tf.train.add_queue_runner(runner)
    taking = queue.dequeue()
    with pytest.raises(ValueError, match="No default session is registered"):
        tf.train.start_queue_runners()
    with pytest.raises(TypeError, match=r"must be a `tf\.Session` object"):
        tf.train.start_queue_runners(sess="session")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = tf.train.start_queue_runners()
        assert drain(session, taking)[0] == [0, 1, 2, 3, 4]
        join(threads)


def test_a_runner_travels_in_a_meta_graph():
    queue, runner = counting_runner(threads=2)
    tf.train.add_queue_runner(runner)
    taking = queue.dequeue()
    meta_graph = tf.train.export_meta_graph()
    with tf.Graph().as_default() as graph:
        tf.train.import_meta_graph(meta_graph)
        (other,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        assert other.name == "numbers"
        assert [op.name for op in other.enqueue_ops] == ["numbers_enqueue"] * 2
        assert other.queue_closed_exception_types == (tf.errors.OutOfRangeError,)
        with tf.Session() as session:
            session.run(graph.get_operation_by_name("counter/Assign"))
            threads = tf.train.start_queue_runners()
            assert sorted(drain(session, taking.name)[0]) == [0, 1, 2, 3, 4]
            join(threads)


def test_a_message_in_a_scope():
    with tf.name_scope("outer"):
        queue = tf.FIFOQueue(2, [tf.float32], [[]], name="scoped")
        runner = tf.train.QueueRunner(queue, [queue.enqueue([1.0])])
    assert runner.to_proto(export_scope="other") is None
    proto = runner.to_proto()
    assert proto.enqueue_op_name == ["outer/scoped_enqueue"]
    assert (proto.close_op_name, proto.cancel_op_name) == (
        "outer/scoped_Close",
        "outer/scoped_Close_1",
    )
    assert list(proto.queue_closed_exception_types) == [tf.errors.OUT_OF_RANGE]


_SCRIPT = """
import tensormill as tf
queue = tf.FIFOQueue(2, [tf.float32], [[]])
never = tf.FIFOQueue(2, [tf.float32], [[]], name="never")
runner = tf.train.QueueRunner(queue, [queue.enqueue([1.0])] * 2)
starved = tf.train.QueueRunner(queue, [queue.enqueue([never.dequeue()])])
session = tf.Session()
coordinator = tf.train.Coordinator()
for one in (runner, starved):
    one.create_threads(session, coord=coordinator, start=True, daemon=DAEMON)
print(session.run(queue.dequeue()))
"""


@pytest.mark.parametrize("daemon", [True, False])
def test_a_script_ends_though_its_threads_wait(daemon):
    script = _SCRIPT.replace("DAEMON", str(daemon))
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1.0\n", "")


def test_a_script_does_not_end_while_a_thread_that_is_no_daemon_goes_on():
    script = """
import tensormill as tf
queue = tf.FIFOQueue(100, [tf.int32], [[]])
counter = tf.Variable(0)
printed = tf.print("number", counter.count_up_to(30))
with tf.control_dependencies([printed]):
    adding = queue.enqueue([1])
session = tf.Session()
session.run(tf.global_variables_initializer())
tf.train.QueueRunner(queue, [adding]).create_threads(session, start=True)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0
    assert ran.stderr.count("number") == 30
