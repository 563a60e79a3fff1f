"""Steps that may wait, as one function while they need not."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.session.fetches import FetchMapper
from tests.gates import run_in_thread, wait_until

RUNS = 6
"""After three the one function runs."""


def program_of(session, fetch):
    return session._signature(FetchMapper(session.graph, fetch), []).step.program


def test_a_step_goes_on_from_where_it_waited() -> None:
    first, second = (tf.FIFOQueue(20, [tf.float32], [()], name=name) for name in "ab")
    a = first.dequeue() * 2
    b = second.dequeue()
    total = a + b
    fill = [queue.enqueue_many([np.arange(8.0)]) for queue in (first, second)]
    with tf.Session() as session:
        session.run(fill)
        assert [session.run(total) for _ in range(RUNS)] == [3.0 * i for i in range(RUNS)]
        assert program_of(session, total)._at_once is not None
        session.run(second.dequeue_many(2))  # the second waits, the first need not
        waiting = run_in_thread(lambda: session.run(total))
        wait_until(lambda: session.run(first.size()) == 1)
        session.run(second.enqueue(100.0))
        assert waiting() == 2 * RUNS + 100
        session.run([first.dequeue(), second.enqueue(5.0)])  # now the first waits
        waiting = run_in_thread(lambda: session.run(total))
        wait_until(lambda: session.run(second.size()) == 0)
        session.run(first.enqueue(7.0))
        assert waiting() == 19


def test_an_error_names_the_operation_that_failed() -> None:
    queue = tf.FIFOQueue(20, [tf.string], [()])
    number = tf.string_to_number(queue.dequeue(), name="reads")
    with tf.Session() as session:
        session.run(queue.enqueue_many([[b"1"] * RUNS + [b"x"]]))
        for _ in range(RUNS):
            assert session.run(number) == 1
        assert program_of(session, number)._at_once is not None
        with pytest.raises(tf.errors.InvalidArgumentError, match="string: x") as failed:
            session.run(number)
        assert failed.value.op.name == "reads"
        session.run(queue.close())
        with pytest.raises(tf.errors.OutOfRangeError, match="insufficient elements") as failed:
            session.run(number)
        assert failed.value.op.type == "QueueDequeueV2"


def test_what_follows_control_dependencies_waits_for_them() -> None:
    queue = tf.FIFOQueue(20, [tf.float32], [()])
    counter = tf.get_variable("counter", (), initializer=tf.zeros_initializer())
    with tf.control_dependencies([queue.enqueue(counter)]):
        after = tf.assign_add(counter, 1.0)
    with tf.Session() as session:
        session.run(counter.initializer)
        for count in range(RUNS):
            assert session.run(after) == count + 1
        assert session.run(queue.dequeue_many(RUNS)).tolist() == list(range(RUNS))
